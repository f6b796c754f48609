"""Each rule of each pack: an object that breaks it, one that does not, and the same two as an object
of which nothing is told."""

from datetime import date
from typing import Any

import pytest

from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment
from inventory.policies.loader import load, shipped
from inventory.policies.records import Declaration, Records
from tests.inventory.policies.builder import CLOUD, ROOM, City
from tests.inventory.policies.rule_cases import CASES, CZ, DL, HOME, JL, NEW, SAID, SHARES, XN, XZ

DAYS = {CZ: date(2019, 6, 3), DL: date(2019, 6, 3), JL: date(2016, 6, 1), XN: date(2020, 6, 1)}
DAYS[XZ] = date(2021, 6, 1)
ELSEWHERE = {(XZ, "XZ-16")}  # about counties: test_samples.py


def test_every_rule_has_a_case() -> None:
    rules = {(named, rule.id) for named in shipped() for rule in load(named).rules}
    assert {case[:2] for case in CASES} | ELSEWHERE == rules


def judged(case: tuple[Any, ...], told: dict[str, Any]) -> tuple[str, Assessment]:
    """The object made from `told` in a city, and how it is judged."""
    named, rule, kind, level, *_ = case
    marks = {key: told.get(key) for key in (NEW, SAID, "said_of", "host", "again", HOME, SHARES)}
    facts = {key: value for key, value in told.items() if key not in marks}
    city = City()
    (owner,) = city.departments(1, county="青县" if level == "county" else None)
    if marks[HOME]:
        city.node("county_platform", county=marks[HOME])
    if "purchases" in facts:
        city.change("clouds", CLOUD, offers=("计算", "存储"))
    if "function_tags" in facts:
        city.system(None, citywide_unified=True, function_tags=("协同办公", "公文"))
    before = city.estate()
    if named == XN and kind in ("project", "system"):  # what the 办法 is about (第二条)
        facts = {"funding_source": "municipal_fiscal"} | facts
    code = made(city, kind, owner, facts)
    if marks[SHARES]:
        city.resource("信息", owner, system=code, shared_with=("市公安局",))
    if marks["host"]:
        city.host(place=code, role=marks["host"])
    if marks["again"]:
        city.resource(facts["name"], city.departments(1)[0])
    said = [marks["said_of"]] if marks["said_of"] else [rule] if marks[SAID] else []
    records = Records(
        declarations=tuple(
            Declaration(
                policy=named, entry=entry, code=code, on=date(2016, 1, 2), by="办", evidence="件"
            )
            for entry in said
        )
    )
    estate = city.estate()
    pack = load(named)
    baseline = (pack.validity.effective_from, before if marks[NEW] else estate)
    return code, assess(pack, estate, records, DAYS[named], baseline)


def made(city: City, kind: str, owner: str, facts: dict[str, Any]) -> str:
    if kind == "system":
        return city.system(owner, **facts)
    if kind == "host":
        system = city.system(owner, secrecy="none", **facts)
        return city.host(place=ROOM, system=system, purchased=date(2016, 5, 1))
    if kind == "exchange_platform":
        return city.node(kind, organisation=owner, **facts)
    if kind == "resource":
        return city.resource(
            facts.get("name", "信息"), owner, **{k: v for k, v in facts.items() if k != "name"}
        )
    if kind in ("cloud", "room", "project"):
        return str(getattr(city, kind)(owner, **facts))
    return city.line(kind, owner, **facts)


def broken(rule: str, code: str, found: Assessment) -> bool:
    return any((v.entry, v.code) == (rule, code) for v in found.violations)


def unsure(rule: str, code: str, found: Assessment) -> bool:
    return any(u.entry == rule and code in u.codes for u in found.unjudged)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].split('-')[0]}-{case[1]}")
def test_what_breaks_it_and_what_does_not(case: tuple[Any, ...]) -> None:
    rule, bad, good = case[1], case[4], case[5]
    code, found = judged(case, bad)
    assert broken(rule, code, found)
    code, found = judged(case, good)
    assert not broken(rule, code, found)
    assert not unsure(rule, code, found)

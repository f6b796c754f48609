"""A classified system is counted, and its name is told nowhere."""

from datetime import date
from typing import Any

from inventory.model import Resource, System
from inventory.policies.assess import assess
from inventory.policies.holds import holds
from inventory.policies.loader import load
from inventory.policies.phases import lifecycle
from inventory.policies.records import Records
from inventory.secrecy import CLASSIFIED_NAME, is_classified, shown_name
from tests.inventory.policies.builder import City, told

NAME, WHY = "绝密档案库", "存放绝密档案"


def secret(owner: str, city: City, **facts: Any) -> str:
    code = city.system(owner, moved=False, secrecy="classified", **facts)
    city.change("systems", code, name=NAME, provenance=told("migratable", 7))
    return code


def test_what_it_is_called() -> None:
    clear, hidden = (
        System(code="S", name=NAME, secrecy=secrecy) for secrecy in ("none", "classified")
    )
    assert (shown_name(clear), shown_name(hidden)) == (NAME, CLASSIFIED_NAME)
    assert not is_classified(Resource(code="R", name=NAME))
    assert is_classified(clear.model_copy(update={"secrecy": "classified"}))


def test_no_judgement_tells_the_name_or_what_was_written_about_it() -> None:
    """A ratio that it is late for, a rule that it breaks, and the phases of its way."""
    before, city = City(), City()
    for made in (before, city):
        (owner,) = made.departments(1)
        code = secret(owner, made, migratable=made is before, migratable_reason=WHY)
        secret(owner, made, must_connect=True, connected=False, om_funds_per_year=5)
    baseline, day = (date(2018, 1, 1), before.estate()), date(2020, 1, 1)
    estate = city.estate()
    for named in ("cangzhou-2017-157", "dalian-2017-135", "xianning-2019-5", "xinzhou-2020-98"):
        pack = load(named)
        found = assess(pack, estate, Records(), day, baseline)
        stopped = holds(pack, estate, found, Records(), baseline)
        ways = lifecycle(pack, estate, Records(), day, baseline)
        for told_ in (found, *stopped, *ways):
            answer = told_.model_dump_json()
            assert NAME not in answer
            assert WHY not in answer
    cangzhou = assess(load("cangzhou-2017-157"), estate, Records(), day, baseline)
    (target,) = (t for t in cangzhou.targets if t.entry == "CZ-12")
    assert target.lineage is not None
    assert target.lineage.excluded == ((code, CLASSIFIED_NAME),)
    pack = load("xianning-2019-5")
    found = assess(pack, estate, Records(), day)
    (held,) = (h for h in holds(pack, estate, found, Records()) if h.entry == "V-57")
    assert (held.name, held.amount) == (CLASSIFIED_NAME, 5)
    assert {e.source for e in held.evidence} == {""}

"""What a policy does not reach: other people's money, what was done before it held, days that were past
when it was born, numbers that one county makes up for another."""

from datetime import date
from typing import Any

import pytest

from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment, TargetResult, Verdict
from inventory.policies.holds import holds, total
from inventory.policies.loader import load
from inventory.policies.phases import lifecycle
from inventory.policies.records import Event, Records
from tests.inventory.policies.builder import City
from tests.inventory.policies.rule_cases import CZ, DL, XN, XZ

NONE = Records()
PROJECT: dict[str, Any] = {
    "budget_at_requirement": 600_000,
    "budget_at_technical": 900_000,
    "approval_date": date(2019, 3, 1),
    "contract_signed_on": date(2019, 4, 4),
    "acceptance_applied_on": date(2019, 10, 1),
    "project_state": "built",
    "in_annual_plan": False,
    "om_funds_per_year": 77,
}
OF_THE_MEASURES = ("V-12", "V-13", "V-16", "V-20", "XN-04", "XN-07", "XN-08")


def judged(named: str, city: City, day: date, **more: Any) -> Assessment:
    return assess(load(named), city.estate(), more.pop("records", NONE), day, **more)


def target(found: Assessment, entry: str) -> TargetResult:
    return next(t for t in found.targets if t.entry == entry)


def broken(found: Assessment, *entries: str) -> set[tuple[str, str]]:
    return {(v.entry, v.code) for v in found.violations if not entries or v.entry in entries}


def counties(of_b: int) -> City:
    """A县 has nine of ten shared, B县 `of_b` of ten."""
    city = City()
    for name, shared in (("A县", 9), ("B县", of_b)):
        (owner,) = city.departments(1, county=name)
        for n in range(10):
            city.resource(f"{name}{n}", owner, shared_with=("市局",) if n < shared else None)
    return city


@pytest.mark.parametrize(
    ("of_b", "verdict", "to_go"), [(0, Verdict.LATE, 3), (2, Verdict.LATE, 1), (3, Verdict.MET, 0)]
)
def test_what_one_county_shares_makes_up_for_no_other(
    of_b: int, verdict: Verdict, to_go: int
) -> None:
    found = target(judged(XZ, counties(of_b), date(2020, 11, 1)), "XZ-15")
    assert (found.verdict, found.to_go) == (verdict, to_go)
    assert [(g.name, g.ratio.done, g.to_go) for g in found.groups] == [
        ("A县", 9, 0),
        ("B县", of_b, to_go),
    ]
    told = [zh for zh, _ in found.notes if zh.startswith("未达到")]
    assert told == ([f"未达到：B县 {of_b}/10（还差 {to_go}）"] if to_go else [])


def test_a_county_of_which_nothing_is_told_has_not_shared() -> None:
    city, day = counties(10), date(2020, 11, 1)
    city.departments(1, county="C县")
    found = target(judged(XZ, city, day), "XZ-15")
    assert (found.verdict, found.unsettled) == (Verdict.UNJUDGED, True)
    assert any("C县" in zh for zh, _ in found.notes)


def test_each_county_against_the_baseline() -> None:
    """B县 lost the five that it had not shared: by the baseline it has not reached its share."""
    city, day = counties(2), date(2020, 11, 1)
    then = city.estate()
    for resource in [r for r in city.parts["resources"] if r.name.startswith("B县")][5:]:
        city.drop("resources", resource.code)
    found = target(judged(XZ, city, day, baseline=(date(2020, 8, 19), then)), "XZ-15")
    assert found.verdict is Verdict.DISPUTED


@pytest.mark.parametrize("source", ["county_fiscal", "social", "own", "upper_level", None])
def test_the_measures_on_projects_are_about_the_city_s_money(source: str | None) -> None:
    city, day, pack = City(), date(2020, 1, 10), load(XN)
    (owner,) = city.departments(1, county="赤壁市")
    code = city.project(owner, funding_source=source, **PROJECT)
    found = judged(XN, city, day)
    assert broken(found) == set()
    assert [t for t in found.timed if t.code == code] == []
    assert total(holds(pack, city.estate(), found, NONE)) == (0, 0)
    unsure = {u.entry for u in found.unjudged if code in u.codes}
    assert unsure >= {*OF_THE_MEASURES, "XN-06"} if source is None else not unsure
    if source is not None:
        (way,) = (s for s in lifecycle(pack, city.estate(), NONE, day) if s.code == code)
        assert {state.stage.value for state in way.phases} == {"skipped"}
    city.change("projects", code, funding_source="municipal_fiscal")
    now = judged(XN, city, day)
    assert {entry for entry, _ in broken(now)} >= set(OF_THE_MEASURES)
    assert [t.entry for t in now.timed if t.code == code] == ["XN-06"]


def test_a_clock_of_events_of_a_project_that_is_no_concern_of_it() -> None:
    city, day = City(), date(2020, 1, 10)
    (owner,) = city.departments(1)
    codes = [city.project(owner, funding_source=s) for s in ("social", "municipal_fiscal", None)]
    events = tuple(
        Event(policy=XN, entry="XN-02", code=code, started=date(2019, 3, 4), evidence="函")
        for code in codes
    )
    found = judged(XN, city, day, records=Records(events=events))
    assert [t.code for t in found.timed if t.entry == "XN-02"] == codes[1:]


def test_what_was_done_before_the_policy_held_is_left_alone() -> None:
    city = City()
    (owner,) = city.departments(1)
    city.project(
        owner,
        funding_source="municipal_fiscal",
        budget_at_requirement=600_000,
        budget_at_technical=900_000,
        acceptance_applied_on=date(2016, 7, 1),
    )
    assert broken(judged(XN, city, date(2019, 2, 1)), "XN-04", "XN-08") == set()
    city = City()
    (owner,) = city.departments(1)
    city.system(owner, connected=True, connection_date=date(2015, 1, 1))
    undated = city.system(owner, connected=True)
    late = city.system(owner, connected=True, connection_date=date(2017, 12, 20))
    for named in (CZ, DL):
        found = judged(named, city, date(2018, 1, 1))
        assert broken(found, "V-49") == {("V-49", late)}
        assert [u.codes for u in found.unjudged if u.entry == "V-49"] == [(undated,)]


def test_a_baseline_from_before_the_policy_makes_nothing_new() -> None:
    city = City()
    (office,) = city.departments(1)
    (county,) = city.departments(1, county="赤壁市")
    then = city.estate()
    money = {"funding_source": "municipal_fiscal"}
    node = city.node("exchange_platform", organisation=county)
    line = city.line("private_business", office)
    city.system(office, moved=False, secrecy="none", approval_date=date(2018, 6, 1), **money)
    after = city.system(
        office, moved=False, secrecy="none", approval_date=date(2019, 6, 1), **money
    )
    day = date(2020, 2, 1)
    old = judged(XN, city, day, baseline=(date(2018, 1, 1), then))
    assert broken(old, "V-10", "V-35", "V-44") == {("V-35", after)}
    unsure = {(u.entry, code) for u in old.unjudged for code in u.codes}
    assert {("V-10", line), ("V-44", node)} <= unsure
    new = judged(XN, city, day, baseline=(date(2019, 1, 30), then))
    wanted = {("V-10", line), ("V-44", node), ("V-35", after)}
    assert broken(new, "V-10", "V-35", "V-44") == wanted


def test_an_inherited_day_that_was_past_at_birth_calls_nobody() -> None:
    pack = load(XN)
    young = pack.validity.model_copy(update={"effective_from": date(2021, 1, 1)})
    county = pack.model_copy(update={"id": "county-2022", "validity": young})
    found = assess(county, City().estate(), NONE, date(2021, 6, 1))
    past = [t for t in found.targets if t.days is not None and t.days < 0]
    assert past
    assert all(t.born_late for t in past)
    assert [t.entry for t in found.targets if t.unsettled] == []
    assert found.alarms == 0
    older = assess(pack, City().estate(), NONE, date(2021, 6, 1))
    assert any(t.unsettled for t in older.targets)


def test_fewer_systems_because_a_row_was_lost_is_disputed() -> None:
    city, day = City(), date(2020, 1, 2)
    (owner,) = city.departments(1)
    codes = [city.system(owner) for _ in range(5)]
    base = (date(2019, 1, 30), city.estate())
    city.drop("systems", codes[0])
    found = target(judged(XN, city, day, baseline=base), "XN-21a")
    assert found.verdict is Verdict.DISPUTED
    assert found.lineage is not None
    assert found.lineage.gone == (codes[0],)
    city.change("systems", codes[1], merged_into=codes[2])
    merged = target(judged(XN, city, day, baseline=base), "XN-21a")
    assert merged.verdict is Verdict.MET
    assert merged.lineage is not None
    assert merged.lineage.merged == ((codes[1], codes[2]),)

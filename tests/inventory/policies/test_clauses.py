"""What single clauses say of cases at their edges: whose cloud, whose platform, who is named, what is
not yet due, money that a clause stops in principle."""

from datetime import date
from typing import Any

import pytest

from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment, TargetResult, Verdict
from inventory.policies.holds import holds, total
from inventory.policies.loader import load
from inventory.policies.records import Declaration, Event, Exempt, Records
from tests.inventory.policies.builder import CLOUD, City
from tests.inventory.policies.rule_cases import CZ, DL, XN, XZ

NONE = Records()
FISCAL = {"funding_source": "municipal_fiscal"}


def judged(named: str, city: City, day: date, records: Records = NONE, **more: Any) -> Assessment:
    return assess(load(named), city.estate(), records, day, **more)


def target(found: Assessment, entry: str) -> TargetResult:
    return next(t for t in found.targets if t.entry == entry)


def broken(found: Assessment, entry: str) -> set[str]:
    return {v.code for v in found.violations if v.entry == entry}


def unsure(found: Assessment, entry: str) -> set[str]:
    return {code for u in found.unjudged if u.entry == entry for code in u.codes}


@pytest.mark.parametrize(
    ("told", "done"),
    [
        ({}, None),  # its own, and nobody said what it is
        ({"kind": "industry"}, False),
        ({"kind": "county"}, False),
        ({"kind": "industry", "managed_by_city": True}, True),
        ({"kind": "city"}, True),
        ({"kind": "city", "managed_by_city": False}, False),
    ],
)
def test_whose_cloud_it_runs_on(told: dict[str, Any], done: bool | None) -> None:
    city, day = City(), date(2021, 1, 5)
    (owner,) = city.departments(1)
    code = city.system(owner, secrecy="none", project_state="under_construction")
    city.change("systems", code, room=city.cloud(owner, **told))
    found = judged(XZ, city, day)
    ratio = target(found, "XZ-09").today
    assert ratio is not None
    assert (ratio.done, ratio.unknown) == (int(done is True), int(done is None))
    wrong, doubtful = broken(found, "V-35"), unsure(found, "V-35")
    assert (code in wrong, code in doubtful) == (done is False, done is None)


def test_a_room_and_a_status_that_disagree_prove_nothing() -> None:
    """DL-17: what the inventory has in a room is not moved, whatever its status says."""
    city, day = City(), date(2020, 1, 5)
    (owner,) = city.departments(1)
    code = city.system(owner, moved=False, secrecy="none", cloud_status="verified")
    then = target(judged(DL, city, day), "DL-17").today
    city.change("systems", code, room=CLOUD, cloud_status="verified")
    now = target(judged(DL, city, day), "DL-17").today
    assert then is not None
    assert now is not None
    assert (then.done, then.unknown, now.done) == (0, 1, 1)


def test_an_approval_of_a_day_to_come_keeps_nothing_yet() -> None:
    city = City()
    (owner,) = city.departments(1)
    kept = {"keep_approval": "批复", "keep_approved_by": "部委", "keep_review_on": date(2031, 1, 1)}
    early = city.line("private_business", owner, keep_approved_on=date(2018, 12, 1), **kept)
    late = city.line("private_business", owner, keep_approved_on=date(2030, 1, 1), **kept)
    found = judged(CZ, city, date(2019, 6, 1))
    assert broken(found, "V-25") == {late}
    assert early not in target(found, "CZ-15").open


def test_a_county_s_system_goes_through_its_own_platform() -> None:
    city, day = City(), date(2021, 1, 5)
    (owner,) = city.departments(1, county="代县")
    other = city.node("county_platform", county="五寨县")
    told = {"secrecy": "none", "connected": True}
    without = city.system(owner, **told)
    assert broken(judged(XZ, city, day), "V-48") == {without}
    own = city.node("county_platform", county="代县")
    through = {named: city.system(owner, exchange_node=named, **told) for named in (own, other)}
    assert broken(judged(XZ, city, day), "V-48") == {through[other]}


@pytest.mark.parametrize("how", ["name", "alias", "other name"])
def test_a_body_is_found_by_its_name_or_its_alias(how: str) -> None:
    """XN-36 and XN-01 are 市政务办's, V-46 leaves out the platform that it builds (细则 第六条)."""
    city, day = City(), date(2019, 6, 1)
    name = {"name": "市政府大数据中心"}.get(how, "咸宁市政务服务和大数据管理局")
    aliases = ("市政务办",) if how == "alias" else ()
    office = city.organisation(name, aliases=aliases, level="city")
    before = (date(2019, 1, 30), city.estate())
    other = city.departments(1)[0]
    mine, theirs = (city.node("exchange_platform", organisation=o) for o in (office, other))
    found = judged(XN, city, day, baseline=before)
    known = how != "other name"
    owed = {t.entry for t in found.timed if t.code == office} & {"XN-01", "XN-36"}
    assert owed == ({"XN-01", "XN-36"} if known else set())
    assert found.unowed == (() if known else ("XN-36", "XN-01"))
    assert broken(found, "V-46") == ({theirs} if known else {mine, theirs})


def test_nothing_that_counts_is_nothing_to_judge() -> None:
    city, day = City(), date(2019, 1, 5)
    (owner,) = city.departments(1)
    city.system(owner, moved=False, migratable=False, migratable_reason="专用")
    found = target(judged(CZ, city, day), "CZ-12")
    assert (found.verdict, found.nothing, found.unsettled) == (Verdict.UNJUDGED, True, False)
    assert "nothing was counted, so there is nothing to judge" in {en for _, en in found.notes}
    before = City()
    (owner,) = before.departments(1)
    before.system(owner, moved=False, migratable=True)
    told = target(judged(CZ, city, day, baseline=(date(2018, 1, 1), before.estate())), "CZ-12")
    assert told.verdict is Verdict.DISPUTED


def test_an_exception_of_the_clause_on_money_holds() -> None:
    """V-57 is in principle (方案 二(七)); the day of 二(三)2 adds no hold that can't be excepted."""
    city, day = City(), date(2020, 1, 5)
    (owner,) = city.departments(1)
    code = city.system(owner, must_connect=True, connected=False, om_funds_per_year=9)
    pack, estate = load(XN), city.estate()
    free = judged(XN, city, day)
    assert [h.entry for h in holds(pack, estate, free, NONE)] == ["V-57"]
    excepted = Records(
        exceptions=(
            Exempt(
                policy=XN, entry="V-57", code=code, reason="改造中", approver="市政务办",
                document="批复", approved_on=date(2019, 6, 1), review_on=date(2020, 12, 31),
            ),
        )
    )  # fmt: skip
    found = judged(XN, city, day, excepted)
    assert holds(pack, estate, found, excepted) == ()
    assert target(found, "XN-28").overdue


@pytest.mark.parametrize(
    ("ended", "day", "stopped"),
    [
        (None, date(2019, 12, 31), True),
        (None, date(2020, 12, 31), True),
        (None, date(2021, 1, 1), False),  # 下一年度 is over
        (date(2019, 11, 1), date(2019, 12, 31), False),  # late, and not refused
    ],
)
def test_who_refuses_loses_the_next_year_s_money(
    ended: date | None, day: date, stopped: bool
) -> None:
    city = City()
    (owner,) = city.departments(1)
    event = Event(
        policy=XN,
        entry="XN-19",
        code=owner,
        started=date(2019, 9, 27),
        ended=ended,
        evidence="决定",
    )
    records = Records(events=(event,))
    found = judged(XN, city, day, records)
    assert {t.verdict for t in found.timed if t.entry == "XN-19"} == {Verdict.LATE}
    held = [h for h in holds(load(XN), city.estate(), found, records) if h.entry == "XN-19"]
    assert bool(held) is stopped


def test_what_shrinks_is_not_what_is_on_hold() -> None:
    city = City()
    (owner,) = city.departments(1)
    moved = city.system(owner, moved=True, migratable=True, om_funds_per_year=7)
    city.system(owner, moved=False, migratable=True, om_funds_per_year=100)
    found = judged(CZ, city, date(2019, 1, 5))
    assert target(found, "CZ-12").overdue
    told = holds(load(CZ), city.estate(), found, NONE)
    assert [(h.code, h.kind) for h in told] == [(moved, "phase_out")]
    assert (total(told, "hold"), total(told, "phase_out"), total(told)) == ((0, 0), (7, 0), (7, 0))


def test_last_year_s_projects_are_audited_this_year() -> None:
    city = City()
    (owner,) = city.departments(1)
    old = city.project(owner, **FISCAL, accepted_on=date(2018, 12, 31))
    city.project(owner, **FISCAL, accepted_on=date(2019, 5, 20))
    assert broken(judged(XN, city, date(2019, 6, 1)), "XN-10") == {old}


def test_what_is_declared_of_one_object_is_never_so_of_all() -> None:
    """A record without a code, from before such were refused, does nothing."""
    city, day = City(), date(2019, 6, 1)
    (owner,) = city.departments(1)
    one, other = (city.project(owner, **FISCAL, om_funds_per_year=5) for _ in range(2))
    said = [
        Declaration(policy=XN, entry="XN-13", code=code, on=day, by="市政务办", evidence="函")
        for code in (None, one)
    ]
    assert broken(judged(XN, city, day, Records(declarations=(said[0],))), "XN-13") == set()
    found = judged(XN, city, day, Records(declarations=tuple(said)))
    assert broken(found, "XN-13") == {one}
    assert other not in broken(found, "XN-13")


def test_the_last_day_there_is_ends() -> None:
    city = City()
    city.departments(1)
    found = judged(XZ, city, date.max)
    assert max(t.due for t in found.timed if t.due) == date(9999, 12, 5)

"""Each target, clock and report of each pack, alone: reached and not reached."""

# ruff: noqa: E501

from datetime import date, timedelta
from typing import Any

import pytest

from inventory.policies.assess import assess
from inventory.policies.assessment import TargetResult, Verdict
from inventory.policies.calendar import KNOWN_YEARS
from inventory.policies.loader import load, shipped
from inventory.policies.measures import Declared, Each, Items
from inventory.policies.pack import Clock, Pack, Report, Target
from inventory.policies.records import Declaration, Event, Handed, Records
from tests.inventory.policies.builder import City
from tests.inventory.policies.rule_cases import CLASSIFIED, CLEAR, CZ, DL, OFF, ON, XN, XZ
from tests.inventory.policies.test_rules import made

PACKS = {named: load(named) for named in shipped()}
TARGETS = [(p, t) for p in PACKS.values() for t in p.targets]
DECLARED = [(p, t) for p, t in TARGETS if isinstance(t.measure, Declared | Each | Items)]
CLOCKS = [(p, c) for p in PACKS.values() for c in p.clocks if c.starts is None]
REPORTS = [(p, r) for p in PACKS.values() for r in p.reports]


def name(value: object) -> str:
    return getattr(value, "id", str(value))


def result(pack: Pack, entry: str, city: City, records: Records, day: date) -> TargetResult:
    found = assess(pack, city.estate(), records, day)
    return next(t for t in found.targets if t.entry == entry)


@pytest.mark.parametrize(("pack", "target"), DECLARED, ids=name)
def test_what_people_declare(pack: Pack, target: Target) -> None:
    city = City()
    city.departments(1)
    city.departments(1, county="青县")
    city.project()
    last = target.deadline or date(2021, 6, 1)
    day = max(last, pack.validity.effective_from) + timedelta(days=1)
    missing = result(pack, target.id, city, Records(), day)
    soft, born_late = target.severity == "info", last < pack.validity.effective_from
    expected = Verdict.TOLD if soft else Verdict.BORN_LATE if born_late else Verdict.LATE
    assert missing.verdict is expected
    items = target.measure.items if isinstance(target.measure, Items) else (None,)
    codes = missing.open if isinstance(target.measure, Each) else (None,)
    assert codes
    said = tuple(
        Declaration(
            policy=pack.id, entry=target.id, on=last, by="办", evidence="件", item=item, code=code
        )
        for item in items
        for code in codes
    )
    reached = result(pack, target.id, city, Records(declarations=said), day)
    assert (reached.verdict, reached.open) == (Verdict.TOLD if soft else Verdict.MET, ())


AUDIT: dict[str, Any] = {
    "function": "审批",
    "scope_of_use": "city",
    "frequency_of_use": "每天",
    "approval_date": date(2016, 1, 1),
    "funding_source": "municipal_fiscal",
}
MONEY = {"construction_funds": 1, "om_funds_per_year": 1}
ZOMBIE = {"zombie_idle": True}
CLEANED = {**ZOMBIE, "zombie_decision": "retire", "zombie_evidence": "决定"}
PUBLIC = {"citizen_facing": True}
GONE = {"cancelled_on": date(2017, 12, 1)}
BUILT = {"project_state": "built"}

# (pack, target, kind, owner, what is open, what is done); "approver": the owner approves it
SHARES: list[tuple[str, str, str, str, dict[str, Any], dict[str, Any]]] = [
    (CZ, "CZ-05", "system", "city", {**CLEAR, "connected": False}, {**CLEAR, "connected": True}),
    (CZ, "CZ-06", "system", "city", ZOMBIE, CLEANED),
    (CZ, "CZ-07", "system", "city", {"approver": True}, {**AUDIT, "approver": True}),
    (CZ, "CZ-09a", "system", "city", CLEAR, {**CLEAR, "oneststop_connected": True}),
    (CZ, "CZ-11", "room", "county", {}, {"migration_plan": "方案"}),
    (CZ, "CZ-12", "system", "county", {"migratable": True, **OFF}, {"migratable": True, **ON}),
    (CZ, "CZ-13", "internet_leased", "city", {}, GONE),
    (CZ, "CZ-15", "private_business", "city", {}, {**GONE, "destination": "intranet"}),
    (DL, "DL-04", "system", "city", CLEAR, {**CLEAR, "connected": True}),
    (DL, "DL-06", "system", "city", {**AUDIT, "approver": True}, {**AUDIT, **MONEY, "approver": True}),
    (DL, "DL-07", "system", "city", ZOMBIE, CLEANED),
    (DL, "DL-12", "internal_private", "city", GONE, {**GONE, "destination": "intranet"}),
    (DL, "DL-14", "internet_leased", "city", {"self_leased": True}, {**GONE, "self_leased": True}),
    (DL, "DL-15", "private_business", "city", {"eligible": True}, {"eligible": True, **GONE, "destination": "extranet"}),
    (DL, "DL-17", "system", "city", {**CLEAR, **ON}, {**CLEAR, **ON, "cloud_status": "verified"}),
    (DL, "DL-21", "system", "city", CLEAR, {**CLEAR, "connected": True}),
    (XN, "XN-22a", "system", "city", {**AUDIT, "approver": True}, {**AUDIT, "staff": 2, "approver": True}),
    (XN, "XN-24", "system", "city", ZOMBIE, CLEANED),
    (XZ, "XZ-02", "system", "city", {**CLEAR, **OFF}, {**CLEAR, "cloud_status": "connected"}),
    (XZ, "XZ-03", "resource", "city", {}, {"published_on": date(2020, 1, 1)}),
    (XZ, "XZ-04", "system", "city", {**PUBLIC, **BUILT}, {**PUBLIC, **BUILT, "oneststop_connected": True}),
    (XZ, "XZ-05", "system", "city", {**CLEAR, **ON, "migratable": True}, {**CLEAR, **ON, "migratable": True, "connected": True}),
    (XZ, "XZ-09", "system", "county", {**CLEAR, **OFF}, {**CLEAR, **ON}),
    (XZ, "XZ-13", "system", "city", {"network_domain": "extranet", "ipv6_ready": "partial"}, {"network_domain": "extranet", "ipv6_ready": "dual"}),
    (XZ, "XZ-14", "resource", "city", {}, {"shared_with": ("市公安局",)}),
    (XZ, "XZ-15", "resource", "county", {}, {"shared_with": ("市公安局",)}),
    (XZ, "XZ-18", "system", "city", PUBLIC, {**PUBLIC, "sso_connected": True}),
]  # fmt: skip
OF_ORGANISATIONS = ("CZ-02", "DL-13", "DL-18", "XN-26", "XZ-12")
PER = ("CZ-09", "DL-10", "XN-25")
ELSEWHERE = ("XN-21a",)
BY_OWNER = ("XN-28",)


def test_every_target_is_here() -> None:
    here = {t.id for _, t in DECLARED} | {case[1] for case in SHARES}
    assert here | {*OF_ORGANISATIONS, *PER, *ELSEWHERE, *BY_OWNER} == {t.id for _, t in TARGETS}


@pytest.mark.parametrize("case", SHARES, ids=lambda case: case[1])
def test_what_is_counted(case: tuple[Any, ...]) -> None:
    named, entry, kind, level, undone, done = case
    city = City()
    (owner,) = city.departments(1, county="青县" if level == "county" else None)
    codes = []
    for told in (undone, done):
        facts = {**told}
        if facts.pop("approver", False):
            facts["approving_department"] = owner
        codes.append(made(city, kind, owner, facts))
    if kind == "system":
        made(city, "system", owner, {**CLASSIFIED, "merged_into": codes[0]})
    found = result(PACKS[named], entry, city, Records(), date(2021, 6, 1))
    assert found.open == (codes[0],)
    assert found.today is not None
    assert found.today.done == 1


@pytest.mark.parametrize("entry", OF_ORGANISATIONS)
def test_what_is_counted_of_organisations(entry: str) -> None:
    (pack,) = (p for p, t in TARGETS if t.id == entry)
    city = City()
    told = {"catalogue_version": "2018", "catalogue_updated": date(2018, 1, 1)}
    (done,) = city.departments(1, **told)
    (undone,) = city.departments(1)
    city.line("extranet", done)
    found = result(pack, entry, city, Records(), date(2021, 6, 1))
    assert found.open == (undone,)


@pytest.mark.parametrize("entry", PER)
def test_one_big_system_per_department(entry: str) -> None:
    (pack,) = (p for p, t in TARGETS if t.id == entry)
    city = City()
    one, two, none = city.departments(3)
    whole = city.system(one)
    city.system(one, parent=whole)
    city.system(one, merged_into=whole)
    city.system(two)
    city.system(two)
    found = result(pack, entry, city, Records(), date(2021, 6, 1))
    assert found.open == (two,)
    assert found.today is not None
    assert (found.today.done, found.today.total) == (2, 3)
    assert none not in found.open


@pytest.mark.parametrize(("after", "verdict"), [(9, Verdict.MET), (10, Verdict.LATE)])
def test_fewer_systems_than_on_the_day_of_the_baseline(after: int, verdict: Verdict) -> None:
    pack, city = PACKS[XN], City()
    (owner,) = city.departments(1)
    for _ in range(10):
        city.system(owner)
    before = city.estate()
    for system in before.systems[after:]:
        city.change("systems", system.code, merged_into=before.systems[0].code)
    day = date(2020, 1, 1)
    found = assess(pack, city.estate(), Records(), day, (date(2019, 1, 30), before))
    (target,) = (t for t in found.targets if t.entry == "XN-21a")
    assert target.verdict is verdict
    (blind,) = (t for t in assess(pack, before, Records(), day).targets if t.entry == "XN-21a")
    assert blind.verdict is Verdict.UNJUDGED


ENDS = {5: date(2019, 3, 11), 10: date(2019, 3, 18), 15: date(2019, 3, 25), 20: date(2019, 4, 1)}


@pytest.mark.parametrize(("pack", "clock"), CLOCKS, ids=name)
def test_a_clock_of_recorded_events(pack: Pack, clock: Clock) -> None:
    city, day = City(), date(2020, 1, 1)
    (code,) = city.departments(1)
    assert clock.working_days is not None
    due = ENDS[clock.working_days]
    ends = (due, due + timedelta(days=1), None)
    events = tuple(
        Event(
            policy=pack.id,
            entry=clock.id,
            code=code,
            started=date(2019, 3, 4),
            ended=end,
            evidence="函",
        )
        for end in ends
    )
    found = assess(pack, city.estate(), Records(events=events), day).timed
    runs = {t.done: (t.due, t.verdict) for t in found if t.entry == clock.id}
    assert runs == {
        due: (due, Verdict.MET),
        due + timedelta(days=1): (due, Verdict.LATE),
        None: (due, Verdict.LATE),
    }


@pytest.mark.parametrize(("pack", "report"), REPORTS, ids=name)
def test_a_report_in_time_and_none(pack: Pack, report: Report) -> None:
    city = City()
    (office,) = city.departments(1)
    named = {"CZ-24": "市政府办公室", "XN-36": "市政务办", "XN-01": "市政务办"}.get(report.id)
    code = city.organisation(named) if named else office
    if report.set == "projects":
        code = city.project(accepted_on=date(2019, 6, 1), funding_source="municipal_fiscal")
    due = report.first_due
    period = f"{due.year - (report.about == 'previous')}"
    if report.every != "year":
        period = f"{due.year}-{due.month - (report.about == 'previous'):02}"
    handed = Handed(
        policy=pack.id,
        entry=report.id,
        code=code,
        period=period,
        on=due,
        channels=report.channels,
        evidence="回执",
    )
    day = due + timedelta(days=1)
    for records, verdict in ((Records(reports=(handed,)), Verdict.MET), (Records(), Verdict.LATE)):
        found = assess(pack, city.estate(), records, day).timed
        (first,) = (t for t in found if (t.entry, t.code, t.due) == (report.id, code, due))
        assert (first.verdict, first.period) == (verdict, period)


def test_reports_of_later_months_name_the_month_before() -> None:
    city = City()
    city.departments(1)
    found = assess(PACKS[XZ], city.estate(), Records(), date(2021, 1, 20)).timed
    told = [(t.due, t.period) for t in found if t.entry == "XZ-22"]
    assert told[-2:] == [(date(2021, 1, 5), "2020-12"), (date(2021, 2, 5), "2021-01")]


def test_a_clock_in_a_year_without_a_calendar_is_not_judged() -> None:
    pack, city = load_without_end(), City()
    (code,) = city.departments(1)
    last = KNOWN_YEARS[-1]
    far = Event(policy=XN, entry="XN-17", code=code, started=date(last, 12, 30), evidence="函")
    found = assess(pack, city.estate(), Records(events=(far,)), date(last + 1, 2, 1)).timed
    (run,) = (t for t in found if t.entry == "XN-17")
    assert run.verdict is Verdict.UNJUDGED
    assert str(last) in run.notes[0][1]


def load_without_end() -> Pack:
    """Xianning as if its instruments had no last day."""
    return PACKS[XN].model_copy(update={"instruments": ()})


def test_who_is_connected_is_counted_by_organisation() -> None:
    """XN-28: with no list of systems handed in nobody is connected, and one system of one
    department is no other's; what must be connected and is not keeps its owner out."""
    pack, day, city = PACKS[XN], date(2020, 1, 1), City()
    owners = [*city.departments(4), *city.departments(1, county="赤壁市")]
    none = result(pack, "XN-28", city, Records(), day)
    assert (none.verdict, none.open) == (Verdict.LATE, tuple(sorted(owners)))
    one = city.system(owners[0], connected=True, secrecy="none")
    city.system(owners[1], connected=False, must_connect=False, secrecy="none")
    city.system(owners[4], connected=True, merged_into=one)
    found = result(pack, "XN-28", city, Records(), day)
    assert found.today is not None
    assert (found.today.done, found.today.total, found.verdict) == (1, 5, Verdict.LATE)
    assert [(g.name, g.ratio.done, g.ratio.total) for g in found.groups] == [
        ("", 1, 4),
        ("赤壁市", 0, 1),
    ]
    city.system(owners[0], must_connect=True, connected=False, secrecy="none")
    held = result(pack, "XN-28", city, Records(), day)
    assert owners[0] in held.open
    national = result(pack, "XN-28a", city, Records(), day)
    assert (national.verdict, national.kind) == (Verdict.LATE, "declared")

"""How targets, rules, clocks and reports are judged."""

from datetime import date
from fractions import Fraction

import pytest

from inventory.model import Estate
from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment, TargetResult, Timed, Verdict, Violation
from inventory.policies.holds import Hold, holds, total
from inventory.policies.loader import load
from inventory.policies.records import Declaration, Event, Exempt, Handed, Records
from inventory.policies.wording import Severity
from tests.inventory.policies.builder import CLOUD, City, told

CZ = load("cangzhou-2017-157")
LAST = date(2018, 12, 31)
AFTER = date(2019, 1, 10)


def look(
    city: City | Estate,
    day: date = LAST,
    records: Records | None = None,
    baseline: tuple[date, Estate] | None = None,
) -> Assessment:
    estate = city.estate() if isinstance(city, City) else city
    return assess(CZ, estate, records or Records(), day, baseline)


def target(found: Assessment, entry: str) -> TargetResult:
    return next(t for t in found.targets if t.entry == entry)


def violations(found: Assessment, entry: str) -> list[Violation]:
    return [v for v in found.violations if v.entry == entry]


def timed(found: Assessment, entry: str) -> list[Timed]:
    return [t for t in found.timed if t.entry == entry]


def seventy(moved: int, stay: int) -> City:
    """`moved` of `moved + stay` migratable systems are on the cloud."""
    city = City()
    (owner,) = city.departments(1)
    for n in range(moved + stay):
        city.system(owner, moved=n < moved, migratable=True)
    return city


@pytest.mark.parametrize(
    ("moved", "stay", "day", "verdict", "to_go"),
    [
        (7, 3, LAST, Verdict.MET, 0),
        (6, 4, LAST, Verdict.PENDING, 1),
        (6, 4, AFTER, Verdict.LATE, 1),
        (2, 1, AFTER, Verdict.LATE, 1),
        (0, 10, LAST, Verdict.PENDING, 7),
    ],
)
def test_seventy_percent(moved: int, stay: int, day: date, verdict: Verdict, to_go: int) -> None:
    found = target(look(seventy(moved, stay), day), "CZ-12")
    assert (found.verdict, found.to_go) == (verdict, to_go)
    assert found.today is not None
    assert found.today.value == Fraction(moved, moved + stay)
    assert found.days == (date(2018, 12, 31) - day).days
    assert len(found.open) == stay


def test_the_unit_is_a_system_and_excluded_ones_don_t_count() -> None:
    city = seventy(7, 3)
    city.system("O-0002", moved=False, migratable=False, migratable_reason="设备专用")
    assert target(look(city), "CZ-12").verdict is Verdict.MET


def test_what_nobody_decided_never_helps() -> None:
    city = seventy(7, 3)
    city.system("O-0002", moved=False)
    found = target(look(city, AFTER), "CZ-12")
    assert found.today is not None
    assert (found.today.undecided, found.verdict) == (1, Verdict.UNJUDGED)


def test_a_blank_field_is_no_way_out() -> None:
    city = City()
    (owner,) = city.departments(1)
    system = city.system(owner, moved=False)
    (before, after) = (look(city, day) for day in (LAST, AFTER))
    assert [target(found, "CZ-12").unsettled for found in (before, after)] == [False, True]
    city.change("systems", system, migratable=False, migratable_reason="专用")
    assert look(city, AFTER).alarms == after.alarms - 1


def test_an_unknown_place_is_not_done() -> None:
    city = seventy(6, 3)
    city.system("O-0002", moved=None, migratable=True)
    found = target(look(city, AFTER), "CZ-12")
    assert found.today is not None
    assert (found.today.done, found.today.total, found.today.unknown) == (6, 10, 1)
    assert found.verdict is Verdict.LATE


def test_an_empty_inventory_has_not_reached_anything() -> None:
    found = target(look(Estate(), AFTER), "CZ-12")
    assert found.verdict is Verdict.UNJUDGED
    assert "no object" in found.notes[0][1]


def test_city_and_counties_are_told_apart() -> None:
    city = seventy(3, 1)
    (there,) = city.departments(1, county="青县")
    city.system(there, moved=True, migratable=True)
    city.system(there, moved=False, migratable=True)
    found = target(look(city), "CZ-12")
    assert [(g.name, g.ratio.done, g.ratio.total) for g in found.groups] == [
        ("", 3, 4),
        ("青县", 1, 2),
    ]


class TestBaseline:
    """G2: denominators that shrink are seen."""

    then = date(2018, 1, 1)

    def test_merging_ten_into_one_changes_today_s_number_only(self) -> None:
        city = seventy(0, 10)
        before = city.estate()
        codes = [s.code for s in before.systems]
        for code in codes[1:]:
            city.change("systems", code, merged_into=codes[0])
        city.change("systems", codes[0], room=CLOUD)
        found = target(look(city, baseline=(self.then, before)), "CZ-12")
        assert found.today is not None
        assert found.baseline is not None
        assert found.lineage is not None
        assert (found.today.done, found.today.total) == (1, 1)
        assert (found.baseline.done, found.baseline.total) == (10, 10)  # all moved with the one
        assert found.verdict is Verdict.MET
        assert found.lineage.merged == tuple((code, codes[0]) for code in codes[1:])

    def test_retired_excluded_and_vanished_stay_in_the_baseline(self) -> None:
        city = seventy(7, 3)
        for _ in range(4):
            city.system("O-0002", moved=False, migratable=True)
        before = city.estate()
        retired, left_out, gone = (f"S-{n:04}" for n in (13, 14, 15))
        city.change("systems", retired, zombie_decision="retire", zombie_evidence="决定.pdf")
        city.change(
            "systems",
            left_out,
            migratable=False,
            migratable_reason="专用设备",
            provenance=told("migratable", 14),
        )
        city.drop("systems", gone)
        found = target(look(city, baseline=(self.then, before)), "CZ-12")
        assert found.today is not None
        assert found.baseline is not None
        assert found.lineage is not None
        assert (found.today.done, found.today.total) == (7, 11)
        assert (found.baseline.done, found.baseline.total) == (7, 14)
        assert found.lineage.retired == (retired,)
        assert found.lineage.excluded == ((left_out, "专用设备；台账.xlsx 信息系统 14"),)
        assert found.lineage.gone == (gone,)

    def test_reached_by_one_number_only_is_disputed(self) -> None:
        city = seventy(7, 7)
        before = city.estate()
        for system in before.systems[7:11]:
            city.change("systems", system.code, migratable=False)
        found = look(city, AFTER, baseline=(self.then, before))
        assert target(found, "CZ-12").verdict is Verdict.DISPUTED
        assert target(found, "CZ-12").unsettled


class TestDeclared:
    def test_nothing_is_computed_for_basically_complete(self) -> None:
        found = target(look(City(), date(2018, 7, 1)), "CZ-03")
        assert (found.severity, found.verdict) == (Severity.DECLARED, Verdict.LATE)
        assert found.today is None

    def test_a_declaration_with_evidence_counts_from_its_day(self) -> None:
        said = Declaration(
            policy=CZ.id,
            entry="CZ-03",
            on=date(2018, 6, 20),
            by="领导小组办公室",
            evidence="报告.pdf",
        )
        records = Records(declarations=(said,))
        assert target(look(City(), date(2018, 6, 19), records), "CZ-03").verdict is Verdict.PENDING
        found = target(look(City(), date(2018, 7, 1), records), "CZ-03")
        assert (found.verdict, found.declaration) == (Verdict.MET, said)

    def test_basically_complete_is_declared_whatever_the_number(self) -> None:
        city = City()
        (owner,) = city.departments(1)
        city.system(owner, zombie_idle=True, zombie_decision="keep", zombie_evidence="决定")
        day = date(2018, 2, 1)
        silent = target(look(city, day), "CZ-06")
        assert silent.today is not None
        assert (silent.today.done, silent.today.total) == (1, 1)
        assert silent.verdict is Verdict.LATE
        said = Declaration(
            policy=CZ.id, entry="CZ-06", on=date(2018, 1, 9), by="审计局", evidence="函"
        )
        found = target(look(city, day, Records(declarations=(said,))), "CZ-06")
        assert (found.verdict, found.declaration) == (Verdict.MET, said)

    def test_a_declaration_can_be_taken_back(self) -> None:
        said = [
            Declaration(policy=CZ.id, entry="CZ-03", on=on, by="办公室", evidence="1", done=done)
            for on, done in ((date(2018, 6, 20), True), (date(2018, 8, 1), False))
        ]
        found = look(City(), date(2018, 9, 1), Records(declarations=tuple(said)))
        assert target(found, "CZ-03").verdict is Verdict.LATE

    def test_each_organisation_declares_for_itself(self) -> None:
        city = City()
        one, other = city.departments(2)
        said = Declaration(
            policy=CZ.id, entry="CZ-08", code=one, on=date(2017, 12, 1), by="一局", evidence="方案"
        )
        found = target(look(city, date(2018, 1, 1), Records(declarations=(said,))), "CZ-08")
        assert (found.verdict, found.open) == (Verdict.LATE, (other,))

    def test_items_are_all_named_ones(self) -> None:
        pack = load("dalian-2017-135")
        items = ("大连市电子政务工程建设项目管理暂行办法", "大连市政务信息系统项目管理办法")
        said = [
            Declaration(
                policy=pack.id,
                entry="DL-24",
                item=item,
                on=date(2017, 12, 1),
                by="办",
                evidence="函",
            )
            for item in items
        ]
        estate, day = City().estate(), date(2018, 1, 1)
        half = assess(pack, estate, Records(declarations=(said[0],)), day)
        assert (target(half, "DL-24").open, target(half, "DL-24").to_go) == ((items[1],), 1)
        whole = assess(pack, estate, Records(declarations=tuple(said)), day)
        assert target(whole, "DL-24").verdict is Verdict.MET


class TestRules:
    def test_one_private_network_merged_one_kept_one_lapsed_one_broken(self) -> None:
        city = City()
        (owner,) = city.departments(1)
        keep = {"keep_approval": "批复", "keep_approved_by": "领导小组", "keep_approved_on": LAST}
        gone = {"destination": "extranet", "cancelled_on": date(2018, 11, 1)}
        city.line("private_business", owner, **gone)
        city.line("private_business", owner, **keep, keep_review_on=date(2019, 6, 30))
        lapsed = city.line("private_business", owner, **keep, keep_review_on=date(2019, 1, 9))
        broken = city.line("private_business", owner)
        city.line("extranet", owner)
        found = look(city, AFTER)
        assert [v.code for v in violations(found, "V-25")] == [lapsed, broken]
        assert target(found, "CZ-15").open == (lapsed, broken)
        assert violations(look(city, LAST), "V-25") == []

    def test_a_rule_with_an_exception_in_its_words(self) -> None:
        city = City()
        (owner,) = city.departments(1)
        line = city.line("private_business", owner)
        exempt = Exempt(
            policy=CZ.id,
            entry="V-25",
            code=line,
            reason="部委要求",
            approver="领导小组",
            document="批复1号",
            approved_on=date(2018, 12, 1),
            review_on=date(2019, 6, 30),
        )
        records = Records(exceptions=(exempt,))
        (passed,) = violations(look(city, AFTER, records), "V-25")
        assert (passed.passes, passed.exception) == (True, exempt)
        (late,) = violations(look(city, date(2019, 7, 1), records), "V-25")
        assert (late.passes, late.lapsed) == (False, exempt)

    def test_a_hard_rule_takes_no_exception(self) -> None:
        city = City()
        (owner,) = city.departments(1)
        line = city.line("internet_leased", owner)
        exempt = Exempt(
            policy=CZ.id,
            entry="V-24",
            code=line,
            reason="自定",
            approver="本局",
            document="无",
            approved_on=LAST,
            review_on=date(2020, 1, 1),
        )
        (found,) = violations(look(city, AFTER, Records(exceptions=(exempt,))), "V-24")
        assert (found.passes, found.idle) == (False, exempt)

    def test_what_is_not_told_is_no_violation_and_is_counted(self) -> None:
        city = City()
        cloud = city.cloud(*city.departments(1))
        found = look(city, AFTER)
        assert violations(found, "V-03") == []
        assert [u.codes for u in found.unjudged if u.entry == "V-03"] == [(cloud, CLOUD)]

    def test_new_is_what_the_baseline_did_not_have(self) -> None:
        city = City()
        one, other = city.departments(2, county="青县")
        city.cloud(one)
        before = city.estate()
        city.cloud(one)
        new = city.cloud(other)
        found = look(city, AFTER, baseline=(date(2017, 11, 29), before))
        assert [v.code for v in violations(found, "V-03")] == [new]


class TestTimes:
    def test_the_annual_report_of_third_january(self) -> None:
        city = City()
        one, other, third = city.departments(3)
        handed = [
            Handed(
                policy=CZ.id,
                entry="CZ-21",
                code=code,
                period="2018",
                on=on,
                evidence="回执",
            )
            for code, on in ((one, date(2019, 1, 3)), (other, date(2019, 1, 4)))
        ]
        found = timed(look(city, AFTER, Records(reports=tuple(handed))), "CZ-21")
        of_2018 = {t.code: t.verdict for t in found if t.period == "2018"}
        assert of_2018 == {one: Verdict.MET, other: Verdict.LATE, third: Verdict.LATE}
        assert {t.verdict for t in found if t.period == "2019"} == {Verdict.PENDING}
        assert sorted({t.due for t in found if t.due}) == [
            date(2018, 1, 3),
            date(2019, 1, 3),
            date(2020, 1, 3),
        ]

    def test_before_it_is_due_nothing_is_late(self) -> None:
        city = City()
        city.departments(1)
        assert {t.verdict for t in timed(look(city, date(2018, 1, 3)), "CZ-21")} == {
            Verdict.PENDING
        }


def test_before_the_document_nothing_holds() -> None:
    found = look(seventy(0, 3), date(2017, 11, 28))
    assert {t.verdict for t in found.targets} == {Verdict.NOT_IN_FORCE}
    assert (found.in_force, found.violations, found.timed) == (False, (), ())


def test_records_of_later_days_are_not_yet_true() -> None:
    city = City()
    (one,) = city.departments(1)
    late = Event(policy=CZ.id, entry="CZ-21", code=one, started=date(2020, 1, 1), evidence="x")
    assert look(city, LAST, Records(events=(late,))) == look(city, LAST)


def test_a_record_about_nothing_is_told() -> None:
    city = City()
    (one,) = city.departments(1)
    said = [
        Declaration(policy=CZ.id, entry="CZ-08", code=code, on=LAST, by="局", evidence="件")
        for code in (one, "O-9999")
    ]
    assert look(city, AFTER, Records(declarations=tuple(said))).strays == (("CZ-08", "O-9999"),)


def test_money_that_shrinks_names_amount_clause_and_facts() -> None:
    city = City()
    (owner,) = city.departments(1)
    paid = city.system(
        owner, moved=True, om_funds_per_year=120_000, provenance=told("om_funds_per_year", 7)
    )
    estate = city.estate()
    found: tuple[Hold, ...] = holds(CZ, estate, look(estate), Records())
    (hold,) = found
    assert (hold.code, hold.amount, hold.kind, hold.organisation) == (
        paid,
        120_000,
        "phase_out",
        owner,
    )
    assert (hold.clause, hold.consequence_clause) == ("二(三)", "二(三)")
    assert ("om_funds_per_year", "120000", "台账.xlsx 信息系统 7") in [
        (e.field, e.value, e.source) for e in hold.evidence
    ]
    assert total(found) == (120_000, 0)


def test_what_is_missing_from_the_records_is_evidence_too() -> None:
    dalian, city = load("dalian-2017-135"), City()
    project = city.project(
        *city.departments(1), project_state="applying", filing_no="1", om_funds_per_year=5
    )
    estate, records = city.estate(), Records()
    found = holds(dalian, estate, assess(dalian, estate, records, AFTER), records)
    (hold,) = (h for h in found if h.entry == "V-22")
    assert (hold.code, hold.amount) == (project, 5)
    assert ("declared:V-22", "false") in [(e.field, e.value) for e in hold.evidence]
    assert ("filing_no", "1") in [(e.field, e.value) for e in hold.evidence]

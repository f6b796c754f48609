"""Periods, cut-off days and due days come from the policies."""

from datetime import date

import pytest

from inventory.errors import ReportError
from inventory.policies.assess import assess
from inventory.policies.loader import load
from inventory.policies.records import Handed, Records
from inventory.reports.periods import (
    default_period,
    due_for,
    dues,
    entry_for,
    fits,
    is_first,
    issue_of,
    period_of,
)
from tests.inventory.policies.builder import City
from tests.inventory.policies.cities import SAMPLES
from tests.inventory.reports.samples import CZ, XN, XZ


@pytest.mark.parametrize(
    ("policy", "form", "period", "cut_off", "due"),
    [
        (CZ, "annual", "2018", date(2018, 12, 31), date(2019, 1, 3)),
        (XZ, "monthly", "2020-11", date(2020, 11, 30), date(2020, 12, 5)),
        (XZ, "monthly", "2020-08", date(2020, 8, 31), date(2020, 9, 5)),
        (XN, "monthly", "2019-02", date(2019, 2, 28), date(2019, 2, 28)),
        (XN, "briefing", "2020-02", date(2020, 2, 29), date(2020, 2, 29)),
        (XN, "self-audit", "2019-03-15", date(2019, 3, 15), date(2019, 3, 15)),
    ],
)
def test_cut_off_and_due_day(policy: str, form: str, period: str, cut_off: date, due: date) -> None:
    told = period_of(period)
    assert told.last == cut_off
    pack = load(policy)
    assert due_for(entry_for(pack, form), told) == due


@pytest.mark.parametrize(
    ("policy", "day", "period"),
    [
        (CZ, date(2019, 1, 3), "2018"),  # the last day for it
        (CZ, date(2019, 1, 4), "2019"),
        (XZ, date(2020, 12, 5), "2020-11"),
        (XZ, date(2020, 12, 6), "2020-12"),
        (XN, date(2019, 3, 31), "2019-03"),
        (XN, date(2019, 4, 1), "2019-04"),
    ],
)
def test_what_is_due_next(policy: str, day: date, period: str) -> None:
    entry = entry_for(load(policy), "annual" if policy == CZ else "monthly")
    assert default_period(entry, day).told == period


def test_before_the_first_the_first_is_due() -> None:
    entry = entry_for(load(XZ), "monthly")
    assert default_period(entry, date(2020, 8, 20)).told == "2020-08"


@pytest.mark.parametrize(
    "told", ["", "18", "2018-13", "2018-00", "2019-02-30", "去年", "0000", "2019-3"]
)
def test_what_is_no_period(told: str) -> None:
    with pytest.raises(ReportError, match="期间"):
        period_of(told)


def test_a_period_of_another_length() -> None:
    with pytest.raises(ReportError, match="2019-03"):
        fits(entry_for(load(XZ), "monthly"), period_of("2020"))
    with pytest.raises(ReportError, match="2018"):
        fits(entry_for(load(CZ), "annual"), period_of("2018-12"))


def test_the_briefing_s_number() -> None:
    entry = entry_for(load(XN), "briefing")
    assert issue_of(entry, period_of("2019-01")) == 1
    assert issue_of(entry, period_of("2020-03")) == 15
    assert is_first(entry, period_of("2019-01"))
    assert issue_of(entry, period_of("2018-12")) is None


def test_who_has_not_reported() -> None:
    sample = SAMPLES[CZ](1)
    day = date(2019, 1, 3)
    assessed = assess(load(CZ), sample.estate, sample.records, day)
    (annual,) = (due for due in dues(load(CZ), assessed) if due.entry == "CZ-21")
    assert (annual.period, annual.cut_off, annual.due) == ("2018", date(2018, 12, 31), day)
    assert set(annual.missing) == sample.truth.late["CZ-21"]
    assert set(annual.reported) | set(annual.missing) == {
        o.code for o in sample.estate.organisations
    }


def test_what_is_asked_for_once_is_listed_with_its_day() -> None:
    sample = SAMPLES[XN](1)
    pack = load(XN)
    assessed = assess(pack, sample.estate, sample.records, date(2019, 3, 10))
    told = {due.entry: due for due in dues(pack, assessed)}
    assert (told["XN-22"].form, told["XN-22"].due) == ("self-audit", date(2019, 3, 15))
    departments = {o.code for o in sample.estate.organisations if o.level == "city"}
    assert set(told["XN-27"].missing) == departments  # nobody declared the line survey
    assert told["XN-35"].period == "2019-03"


def test_late_is_told_apart_from_missing() -> None:
    city = City()
    intime, late, _ = city.departments(3)
    records = Records(
        reports=tuple(
            Handed(policy=CZ, entry="CZ-21", code=code, period="2018", on=on, evidence="回执")
            for code, on in ((intime, date(2019, 1, 3)), (late, date(2019, 1, 4)))
        )
    )
    pack = load(CZ)
    assessed = assess(pack, city.estate(), records, date(2019, 1, 11))
    runs = [t for t in assessed.timed if t.entry == "CZ-21" and t.period == "2018"]
    assert {t.code: t.verdict for t in runs}[late] == "late"
    told = {due.entry: due for due in dues(pack, assessed)}["CZ-21"]
    assert told.period == "2019"  # the one that runs by then

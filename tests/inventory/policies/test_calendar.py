"""Working days with make-up days, against the notices of the State Council."""

from datetime import date

import pytest

from inventory.errors import CalendarUnknown
from inventory.policies.calendar import (
    KNOWN_YEARS,
    is_working_day,
    month_end,
    months_after,
    working_days_after,
    working_days_between,
)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2019, 2, 3), True),  # 国办发明电〔2018〕15号: 2 and 3 February are worked
        (date(2019, 2, 4), False),
        (date(2019, 5, 3), False),  # 国办发明电〔2019〕3号: 1 to 4 May, longer than first told
        (date(2019, 5, 5), True),
        (date(2020, 1, 31), False),  # 国办发明电〔2020〕1号: Spring Festival was extended
        (date(2020, 10, 10), True),
        (date(2018, 9, 29), True),
        (date(2018, 7, 14), False),
    ],
)
def test_days_of_the_notices(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_a_clock_counts_from_the_day_after() -> None:
    assert working_days_after(date(2019, 3, 4), 2) == date(2019, 3, 6)


def test_a_clock_over_spring_festival_with_its_make_up_days() -> None:
    # Thu 31 Jan; Fri 1, Sat 2 and Sun 3 Feb are worked, 4 to 10 are off
    assert working_days_after(date(2019, 1, 31), 5) == date(2019, 2, 12)
    assert working_days_between(date(2019, 1, 31), date(2019, 2, 12)) == 5


def test_nothing_between_a_day_and_itself() -> None:
    assert working_days_between(date(2019, 3, 4), date(2019, 3, 4)) == 0


def test_years_that_are_not_known_are_refused() -> None:
    assert 2017 in KNOWN_YEARS
    with pytest.raises(CalendarUnknown, match=f"{KNOWN_YEARS[0]} to {KNOWN_YEARS[-1]}"):
        working_days_after(date(KNOWN_YEARS[-1], 12, 30), 5)
    with pytest.raises(CalendarUnknown):
        is_working_day(date(KNOWN_YEARS[0] - 1, 12, 31))


def test_months() -> None:
    assert months_after(date(2019, 11, 30), 3) == date(2020, 2, 29)
    assert months_after(date(2019, 1, 15), 12) == date(2020, 1, 15)
    assert month_end(2019, 12) == date(2019, 12, 31)

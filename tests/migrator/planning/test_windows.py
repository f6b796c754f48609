from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from migrator.planning.windows import Window, common, one_night

CLOCK = st.times().map(lambda t: f"{t.hour:02}:{t.minute:02}")
WINDOWS = st.builds(lambda a, b: f"{a}-{b}", CLOCK, CLOCK).map(Window.parse)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])


def test_over_midnight() -> None:
    night = Window.parse("22:00-06:00")
    at = datetime(2026, 5, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    inside = {hour: night.holds(at.replace(hour=hour), "Asia/Shanghai") for hour in range(24)}
    assert [hour for hour, within in inside.items() if within] == [0, 1, 2, 3, 4, 5, 22, 23]


def test_start_is_inside_and_end_is_not() -> None:
    window = Window.parse("01:00-02:00")
    at = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
    assert window.holds(at, "UTC")
    assert not window.holds(at + timedelta(hours=1), "UTC")
    assert not window.holds(at - timedelta(microseconds=1), "UTC")


def test_equal_ends_mean_the_whole_day() -> None:
    assert len(Window.parse("07:30-07:30").minutes()) == 24 * 60


@pytest.mark.parametrize("text", ["", "22:00", "25:00-26:00", "22:00-06:60", "a-b", "22:00-"])
def test_unreadable_window_says_what_was_read(text: str) -> None:
    with pytest.raises(ValueError, match="expected HH:MM-HH:MM") as told:
        Window.parse(text)
    assert repr(text) in str(told.value)


@pytest.mark.parametrize(
    ("now", "zone", "window", "hours"),
    [
        ("2026-05-01T10:00+00:00", "Asia/Shanghai", "22:00-06:00", 4),  # 18:00 there
        ("2026-05-01T15:00+00:00", "Asia/Shanghai", "22:00-06:00", 0),  # 23:00
        ("2026-05-01T22:30+00:00", "Asia/Shanghai", "22:00-06:00", 15.5),  # 06:30
        # Berlin's clocks go from 02:00 to 03:00 on 29 March 2026 and back on 25 October
        ("2026-03-28T22:00+00:00", "Europe/Berlin", "04:00-05:00", 4),  # 23:00; 4 h, not 5
        ("2026-10-24T21:00+00:00", "Europe/Berlin", "04:00-05:00", 6),  # 23:00; 6 h, not 5
        ("2026-03-28T22:00+00:00", "Europe/Berlin", "02:00-03:00", 26),  # left out that night
        ("2026-03-28T22:00+00:00", "Europe/Berlin", "02:30-03:30", 3),  # what is left of it
        ("2026-10-25T00:30+00:00", "Europe/Berlin", "02:00-02:15", 0.5),  # 02:30, the first time
    ],
)
def test_wait(now: str, zone: str, window: str, hours: float) -> None:
    wait = Window.parse(window).wait(datetime.fromisoformat(now), zone)
    assert wait == timedelta(hours=hours)


@given(WINDOWS, MOMENTS, ZONES)
def test_a_wait_ends_at_the_first_moment_inside(
    window: Window, moment: datetime, zone: str
) -> None:
    wait = window.wait(moment, zone)
    assert window.holds(moment + wait, zone)
    assert timedelta(0) <= wait <= timedelta(days=2, hours=1)
    if wait:
        assert not window.holds(moment + wait - timedelta(microseconds=1), zone)
        assert not window.holds(moment, zone)


@given(WINDOWS, MOMENTS, ZONES)
def test_a_wait_is_the_same_from_wherever_one_looks(
    window: Window, moment: datetime, zone: str
) -> None:
    for seen_from in ("Europe/Berlin", "Asia/Shanghai"):
        assert window.wait(moment.astimezone(ZoneInfo(seen_from)), zone) == window.wait(
            moment, zone
        )


@given(st.lists(WINDOWS, max_size=4))
@settings(deadline=None, max_examples=20)
def test_common_means_one_minute_lies_in_all(windows: list[Window]) -> None:
    day = datetime(2026, 5, 1, tzinfo=UTC)
    minutes = (day + timedelta(minutes=n) for n in range(24 * 60))
    assert common(windows) == any(all(w.holds(m, "UTC") for w in windows) for m in minutes)


@given(WINDOWS)
def test_a_window_overlaps_itself_and_the_whole_day(window: Window) -> None:
    assume(window.minutes())
    assert common([window, window, Window.parse("00:00-00:00")])


@pytest.mark.parametrize(
    ("windows", "one"),
    [
        (("21:00-23:30", "01:00-04:00"), True),
        (("21:00-23:30", "06:00-22:00"), True),
        (("21:00-23:30", "09:00-17:00"), False),
        (("09:00-12:00", "11:00-17:00"), True),
        (("09:00-12:00", "12:00-17:00"), False),
        (("09:00-12:00",), True),
    ],
)
def test_one_night_serves_windows_that_need_not_meet(windows: tuple[str, ...], one: bool) -> None:
    assert one_night([Window.parse(w) for w in windows], Window.parse("20:00-08:00")) is one

"""Parts of screens: what may be shown, and how long things took."""

import pytest

from api.show.parts import lines, text
from api.times import local, seconds_between, took


def test_control_characters_never_reach_the_terminal() -> None:
    assert text("a\x1b[31mb\u202ec\n").plain == "a\\u001b[31mb\\u202ec\\u000a"
    assert lines("a\r\nb\x07").plain == "a\nb\\u0007"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.04, "0.0s"), (42, "42.0s"), (723, "12m03s"), (19200, "5h20m")],
)
def test_took(seconds: float | None, shown: str) -> None:
    assert took(seconds) == shown


def test_times_are_the_city_s() -> None:
    at = "2026-11-22T20:00:01.500+00:00"
    assert local(at, "Asia/Shanghai") == "2026-11-23 04:00:01"
    assert local(at, "Asia/Shanghai", date=False) == "04:00:01"
    assert local(None, "Asia/Shanghai") == ""
    assert seconds_between(at, "2026-11-22T20:00:03.000+00:00") == 1.5
    assert seconds_between(at, None) is None
    assert local("昨夜三点", "Asia/Shanghai") == "昨夜三点"
    assert seconds_between(at, "昨夜三点") is None

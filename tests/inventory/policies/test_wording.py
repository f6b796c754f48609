"""What words mean, and the numbers and dates in them."""

from datetime import date
from decimal import Decimal

import pytest

from inventory.policies.wording import Severity, all_or_none, date_in, number_in, severity_of


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("达到70%", "0.7"),
        ("完成全市50%政务信息资源", "0.5"),
        ("超出百分之十", "0.1"),
        ("超过50万元", "500000"),
        ("二个工作日内", "2"),
        ("20个工作日内", "20"),
        ("试用3个月后", "3"),
        ("十五日", "15"),
        ("二十日", "20"),
        ("全部取消", None),
    ],
)
def test_numbers(words: str, number: str | None) -> None:
    assert number_in(words) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2017年底前", date(2017, 12, 31)),
        ("2019年年底前", date(2019, 12, 31)),
        ("2018年6月底前", date(2018, 6, 30)),
        ("2019年3月15日前", date(2019, 3, 15)),
        ("10月底前", None),
        ("202010月底前", None),
        ("2018年规划", None),
    ],
)
def test_due_days_are_inclusive(words: str, day: date | None) -> None:
    assert date_in(words) == day


def test_severity_is_the_word_s() -> None:
    assert severity_of("不得") is Severity.ERROR
    assert severity_of("原则上") is Severity.WARNING
    assert severity_of("逐步") is Severity.INFO
    assert severity_of("基本完成") is Severity.DECLARED
    assert severity_of("大约") is None


def test_all_or_none_is_said_in_words() -> None:
    assert all_or_none("自行租用的互联网专线全部取消")
    assert not all_or_none("上云比例")

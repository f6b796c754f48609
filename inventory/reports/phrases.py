"""Figures, days and words as an office writes them. Chinese only: so are the reports."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from inventory.policies.assessment import Ratio, TargetResult, Verdict
from inventory.reports.model import Cell

UNTOLD = "未填报"
WITHHELD = "按保密要求不列"
_DIGITS = "零一二三四五六七八九"

VERDICTS: Mapping[Verdict, str] = {
    Verdict.MET: "已完成",
    Verdict.PENDING: "推进中",
    Verdict.LATE: "逾期",
    Verdict.EARLY: "提前",
    Verdict.BORN_LATE: "印发前已到期",
    Verdict.DISPUTED: "两种口径不一",
    Verdict.TOLD: "持续推进",
    Verdict.UNJUDGED: "情况不明",
    Verdict.NOT_IN_FORCE: "不适用",
}


def chinese_number(number: int) -> str:
    """1 to 99 in Chinese: 十二."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"


def numbered(headings: Iterable[str]) -> list[str]:
    """一、…, 二、…."""
    return [f"{chinese_number(n)}、{heading}" for n, heading in enumerate(headings, start=1)]


def day(value: date | None) -> str:
    """2018年12月31日."""
    return "" if value is None else f"{value.year}年{value.month}月{value.day}日"


def iso(value: date | None) -> Cell:
    return None if value is None else value.isoformat()


def yuan(amount: int) -> str:
    return f"{amount:,}元"


def percent(part: Fraction | None) -> str:
    """66.7%; — of nothing."""
    return "—" if part is None else f"{float(part * 100):.1f}%".replace(".0%", "%")


def ten_thousandths(part: Fraction | None) -> Cell:
    """For a column of ratios, rounded half up."""
    return None if part is None else int(part * 10_000 + Fraction(1, 2))


def share(done: int, total: int) -> Cell:
    return ten_thousandths(Fraction(done, total) if total else None)


def yes_no(value: bool | None) -> str:
    return "" if value is None else "是" if value else "否"


def mark(value: bool | None) -> str:
    """√, × or, where nobody told, ？ (answered by nobody is not “no”)."""
    return "？" if value is None else "√" if value else "×"


def listed(words: Iterable[str], most: int = 12) -> str:
    """、 between them; beyond `most` only how many there are."""
    told = list(words)
    more = f"等{len(told)}项" if len(told) > most else ""
    return "、".join(told[:most]) + more


def ratio_words(result: TargetResult, ratio: Ratio | None) -> str:
    """已完成 7 个，共 10 个."""
    if ratio is None:
        return ""
    if result.kind in ("count", "fewer"):
        return f"现有{ratio.done}个"
    more = f"，{ratio.undecided}个未定" if ratio.undecided else ""
    return f"共{ratio.total}个，完成{ratio.done}个{more}"


def threshold_words(result: TargetResult) -> str:
    if result.threshold is None:
        return ""
    if result.at_most:
        return f"不超过{result.threshold}个"
    return percent(Fraction(Decimal(result.threshold)))


def days_words(days: int | None, verdict: Verdict) -> str:
    if days is None:
        return ""
    if verdict is Verdict.LATE:
        return f"逾期{-days}天"
    return f"还有{days}天" if verdict is Verdict.PENDING else ""

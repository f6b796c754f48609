"""What the words of a clause mean to the product (requirements 0.2), and the numbers and dates that
can be read in them.

A pack names the word of the clause; severity, numbers and dates are checked against what is
written there, so that none can be invented.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from inventory.policies.calendar import month_end


class Severity(StrEnum):
    """How hard a clause is."""

    ERROR = "error"  # blocks a plan
    WARNING = "warning"  # passes only with a recorded exception
    INFO = "info"  # progress is told, nothing passes or fails
    DECLARED = "declared"  # no number is given: the lead unit declares, with evidence


WORDS: Mapping[str, Severity] = {
    # R0-1; 应 and 应当 are "shall" in Chinese legal drafting
    **dict.fromkeys(
        ("必须", "应当", "应", "须", "不得", "杜绝", "不允许", "不再", "全部取消", "不予", "停止", "不符合"),
        Severity.ERROR,
    ),
    # R0-5, R0-6: a duty with a date or a clock, and nothing that softens it
    **dict.fromkeys(
        ("底前", "日前", "工作日内", "月底", "之日起", "每年", "每月", "按年度", "次年", "有效期"),
        Severity.ERROR,
    ),
    # R0-2
    **dict.fromkeys(("原则上", "严格控制"), Severity.WARNING),
    # R0-3
    **dict.fromkeys(
        ("逐步", "推进", "推动", "加快", "鼓励", "探索", "力争", "有条件的", "定期", "适时"),
        Severity.INFO,
    ),
    # R0-4
    **dict.fromkeys(
        (
            "基本完成", "基本建成", "基本实现", "基本具备", "初步建立", "初步建成", "初步形成",
            "初步完成", "初步完善", "初步实现", "全面建成", "全面理顺", "初见成效",
        ),
        Severity.DECLARED,
    ),
}  # fmt: skip
"""Word of a clause → severity."""

SOFTENER = "原则上"
"""Where a clause says this, nothing in it is hard unless the pack says why."""

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_COUNTED = re.compile(r"(\d+(?:\.\d+)?)(万?)")
_DAY = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")
_MONTH = re.compile(r"(\d{4})年(\d{1,2})月底")
_YEAR = re.compile(r"(\d{4})年(?:年)?底")
_HUNDREDTHS = "百分之"
_CHINESE = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"十": 10, "两": 2}
ALL_OR_NONE = (
    "全部",
    "全覆盖",
    "统一",
    "完成",
    "每个",
    "各",
    "一个",
    "杜绝",
    "都要",
    "均",
    "全",
    "不再",
    "应上尽上",
)
"""Words that say all or none, where a clause has no figure."""


def severity_of(word: str) -> Severity | None:
    """What `word` means, None for a word that the table does not have."""
    return WORDS.get(word)


def number_in(words: str) -> Decimal | None:
    """The one number in `words`: 70% and 百分之十 as parts of one, 50万元 in yuan; None without."""
    if found := _PERCENT.search(words):
        return Decimal(found[1]) / 100
    if _HUNDREDTHS in words:
        count = _chinese(words.split(_HUNDREDTHS, 1)[1])
        return None if count is None else Decimal(count) / 100
    if found := _COUNTED.search(words):
        return Decimal(found[1]) * (10000 if found[2] else 1)
    count = _chinese(words)
    return None if count is None else Decimal(count)


def all_or_none(words: str) -> bool:
    """Whether `words` say all or none without a figure."""
    return any(word in words for word in ALL_OR_NONE)


def date_in(words: str) -> date | None:
    """The due day in `words`, inclusive (R0-5); None where none with a year can be read."""
    if (found := _DAY.search(words)) and found[1]:
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _MONTH.search(words):
        return month_end(int(found[1]), int(found[2]))
    if found := re.search(r"(\d{4})年(\d{1,2})月", words):
        return month_end(int(found[1]), int(found[2])) if "底" in words else None
    if found := _YEAR.search(words):
        return date(int(found[1]), 12, 31)
    return None


def _chinese(words: str) -> int | None:
    """A small Chinese number at the beginning of `words` (二, 十, 十五, 二十)."""
    value: int | None = None
    for char in words:
        if char not in _CHINESE:
            break
        digit = _CHINESE[char]
        value = (value or 1) * 10 if digit == 10 else (value or 0) + digit
    return value

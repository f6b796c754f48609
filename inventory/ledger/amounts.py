"""A number as people write it, and the unit behind it. Pure.

125 万元   ￥1,200,000   约12.8万   １２.５万   一百二十万元   1万5   双核 is a word of its own
"""

import math
import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from inventory.ledger.cells import Cell, raw_text
from inventory.ledger.words import Words, squeeze

# 1,200,000 and 120,0000 are grouped; 1,2 is no number
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+|\d{1,18})(?![\d,])(?:\.\d{1,12})?(?![\d,])"
    r"|[+-]?\.\d{1,12}"
)
REMARK = re.compile(r"(?<=.)\([^()]*\)$")  # 8(含2个网络柜), 500GB(SSD)
# 1 200 000 is grouped by spaces; of other digits apart nobody knows what they mean
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![ \d])")
_APART = re.compile(r"(?<![A-Za-z\d.])[\d.]*\d\s+\d")  # DDR4 64G is no such thing
_DIGITS = {c: n for n, chars in enumerate(("零〇○", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒",
    "八捌", "九玖")) for c in chars}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE = re.compile(f"[{''.join(_DIGITS)}{''.join(_TENS)}万亿点]+")
_RANGE = re.compile(
    r"[一二两三四五六七八九]{2}"
)  # 三五 are three to five, 七八十 seventy to eighty
_YEAR_DIGITS = 4  # 二〇一六
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_LARGE = {"百": 100, "佰": 100, "千": 1000, "仟": 1000, **_MYRIADS}
_SHORT = re.compile(  # 1万5, 3千2, 1万2千: the digit behind is of the next lower unit
    r"(\d{1,4})(万|千)(\d)(千|百)?(?=$|[^\d.,])"
)
_OWN = 1000  # yuan: a number in words with a 千 or more in it needs no unit of its column


class Amount(NamedTuple):
    value: Decimal
    unit: str  # squeezed, what stood behind the number
    currency: bool  # a sign of money stood before it: the column's unit doesn't count
    hundreds: bool = False  # in words, 三百: with a unit of the column it may be either


def amount_of(cell: Cell, words: Words) -> Amount | None:
    """The number of a cell and the unit behind it; None when the cell is no number with a unit."""
    if isinstance(cell, bool | date):
        return None
    if isinstance(cell, int | float):
        return Amount(Decimal(repr(cell)), "", currency=False) if math.isfinite(cell) else None
    return None if _are_apart(raw_text(cell)) else _written(squeeze(raw_text(cell)), words)


def _are_apart(written: str) -> bool:
    """Whether digits stand apart: 3 5 is not 35."""
    return _APART.search(_GROUPED.sub("", unicodedata.normalize("NFKC", written))) is not None


def _written(squeezed: str, words: Words) -> Amount | None:
    written, currency = _bare(REMARK.sub("", squeezed), words)
    hundreds = False
    if match := _SHORT.match(written):
        told = _shortened(match)
        if told is None:
            return None
        value, rest, currency = told, written[match.end() :], True
    elif match := _NUMBER.match(written):
        value = Decimal(match[0].replace(",", ""))
        rest = written[match.end() :]
    elif match := _CHINESE.match(written):
        digits = _digits(match[0])
        told = _chinese(digits)
        if told is None:
            return None
        value, rest = told, written[len(digits) :]
        # 一亿二千万, 一万五, 八千: whole, whatever the column says; 三百 may be either
        alone = value >= _OWN and any(c in _LARGE for c in digits)
        currency = currency or alone
        hundreds = not alone and any(c in _LARGE for c in digits)
    else:
        return None
    for after in words.numbers.after:
        if rest != after and rest.endswith(after):
            rest = rest.removesuffix(after)
            break
    return Amount(value, "" if rest in words.numbers.after else rest, currency, hundreds)


def _shortened(match: re.Match[str]) -> Decimal | None:
    """1万5 → 15000, 1万5千 → 15000, 3千2 → 3200; None where the units don't follow each other."""
    unit, below = _LARGE[match[2]], _LARGE.get(match[4] or "", 0)
    if below >= unit:
        return None
    return Decimal(int(match[1]) * unit + int(match[3]) * (below or unit // 10))


def _bare(written: str, words: Words) -> tuple[str, bool]:
    """Without what may stand before a number, and whether that was a sign of money."""
    currency = False
    while True:
        if not written.startswith(words.numbers.before):
            return written, currency
        before = next(w for w in words.numbers.before if written.startswith(w))
        currency = currency or before in words.numbers.currency
        written = written.removeprefix(before).lstrip(":")


def _digits(written: str) -> str:
    """What of Chinese numerals is the number: a single 万 or 亿 at the end is its unit, as it is
    behind digits."""
    if written[-1] in _MYRIADS and not any(c in _MYRIADS for c in written[:-1]):
        return written[:-1]
    return written


def _chinese(written: str) -> Decimal | None:
    """一百二十, 十五, 三点五, 二〇一六, 一亿二千万 → a number; None when it is none."""
    whole, point, fraction = written.partition("点")
    if point:
        digits = [_DIGITS.get(c) for c in fraction]
        before = _chinese(whole)
        if before is None or not digits or None in digits:
            return None
        return before + Decimal("0." + "".join(map(str, digits)))
    digits_alone = len(whole) > 1 and all(c in _DIGITS for c in whole)
    if digits_alone and (len(whole) >= _YEAR_DIGITS or "〇" in whole):
        return Decimal("".join(str(_DIGITS[c]) for c in whole))
    if digits_alone or _RANGE.search(whole):
        return None
    total, section, digit, last = 0, 0, 0, 0
    for c in whole:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _TENS:
            section += (digit or (1 if not section else 0)) * _TENS[c]
            digit = 0
        else:
            if not (section or digit or total):
                return None
            total = (total + section + digit) * _MYRIADS[c]
            section = digit = 0
        last = digit
    if len(whole) > 1 and whole[-2] in _LARGE:
        last *= _LARGE[whole[-2]] // 10  # 一万五, 三千二: the digit is of the next lower unit
    return Decimal(total + section + last) if whole else None

"""Numbers as people write them, with their units → the model's units. Pure.

125 万元   ￥1,200,000   约12.8万   １２.５万   一百二十万元   2000元/月   10TB   千兆
"""

import math
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from inventory.ledger.cells import Cell, Parser, Refused, is_blank, raw_text
from inventory.ledger.report import Code
from inventory.ledger.words import Words, squeeze

# 1,200,000 and 120,0000 are grouped; 1,2 is no number
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+|\d{1,18})(?![\d,])(?:\.\d{1,12})?(?![\d,])"
    r"|[+-]?\.\d{1,12}"
)
_REMARK = re.compile(r"(?<=.)\([^()]*\)$")  # 8(含2个网络柜), 500GB(SSD)
_DIGITS = {c: n for n, chars in enumerate(("零〇○", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒",
    "八捌", "九玖")) for c in chars}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE = re.compile(f"[{''.join(_DIGITS)}{''.join(_TENS)}万亿点]+")
MAX_NUMBER = 10**18  # what a store of 64 bits keeps; past any yuan and any bit
_SMALL = 1000  # yuan: with a fraction and without a unit it was meant in another
_YEAR_DIGITS = 4  # 二〇一六
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_LARGE = {"百": 100, "佰": 100, "千": 1000, "仟": 1000, **_MYRIADS}
_TIMES = re.compile(r"(\d{1,3})(?:颗|路|个|块|条|根|台|片)?(?:cpu)?[×x*](\d.*)")
_OWN = 1000  # yuan: a number in words with a 千 or more in it needs no unit of its column
_SHORT = re.compile(  # 1万5, 3千2, 1万2千: the digit behind is of the next lower unit
    r"(\d{1,4})(万|千)(\d)(千|百)?(?=$|[^\d.,])"
)


class Amount(NamedTuple):
    value: Decimal
    unit: str  # squeezed, what stood behind the number
    currency: bool  # a sign of money stood before it: the column's unit doesn't count
    hundreds: bool = False  # in words, 三百: with a unit of the column it may be either


def whole_number(minimum: int, maximum: int = 10**9) -> Parser:
    """A count such as 8, ８, "32核"."""

    def parse(cell: Cell, unit: str, words: Words) -> int | None:
        value = _measured(
            cell, unit, words, "count", code="not_a_number", expected="整数 / a whole number"
        )
        if value is None:
            return None
        if value != value.to_integral_value():
            raise Refused("not_a_number", "整数 / a whole number")
        if not minimum <= value <= maximum:
            raise Refused("out_of_range", f"{minimum} 至 {maximum} / {minimum} to {maximum}")
        return int(value)

    return parse


def area(cell: Cell, unit: str, words: Words) -> str | None:
    """m² as decimal text."""
    value = _measured(
        cell, unit, words, "area", code="not_a_number", expected="面积，如 80.5㎡ / an area in m²"
    )
    return _decimal_text(value)


def power(cell: Cell, unit: str, words: Words) -> str | None:
    """kW as decimal text."""
    value = _measured(
        cell, unit, words, "power", code="not_a_number", expected="功率，如 40kW / a power in kW"
    )
    return _decimal_text(value)


def seconds(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole seconds: 30秒, 5分钟; a number alone is seconds."""
    expected = "时长，如 60秒 / a time such as 60秒"
    value = _measured(cell, unit, words, "seconds", code="not_a_quantity", expected=expected)
    if value is not None and value < 1:
        raise Refused("out_of_range", "不小于 1 秒 / a second or more")
    return None if value is None else int(value.to_integral_value(ROUND_HALF_UP))


def score(cell: Cell, unit: str, words: Words) -> str | None:
    """A mark as decimal text."""
    value = _measured(
        cell, unit, words, "count", code="not_a_number", expected="分数 / a number of points"
    )
    return _decimal_text(value)


def money(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole yuan; a number alone has the header's unit, and without one it is yuan. A sign of
    money (¥) before a number alone says yuan whatever the header's unit."""
    return _money(cell, unit, words, per="")


def money_per_year(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole yuan a year: 12万元/年, 2000元/月."""
    return _money(cell, unit, words, per="/年")


def money_per_month(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole yuan a year, told by the month."""
    return _money(cell, unit, words, per="/月")


def rate(cell: Cell, unit: str, words: Words) -> int | None:
    """kbit/s; a number without a unit in the cell or header is refused, not guessed."""
    named = words.units["rate_words"].get(squeeze(raw_text(cell)))
    if named is not None:
        return int(named)
    expected = "带宽及单位，如 100M / a rate with its unit such as 100M"
    value = _measured(cell, unit, words, "rate", code="not_a_quantity", expected=expected)
    if value is not None and value < 1:
        raise Refused("out_of_range", "大于 0 的带宽 / a rate above 0")
    return None if value is None else int(value)


def size(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole GiB, rounded; a number alone is GB."""
    expected = "容量，如 512G、2TB / a size such as 512G or 2TB"
    value = _measured(cell, unit or "g", words, "size", code="not_a_quantity", expected=expected)
    return None if value is None else int(value.to_integral_value(ROUND_HALF_UP))


def amount_of(cell: Cell, words: Words) -> Amount | None:
    """The number of a cell and the unit behind it; None when the cell is no number with a unit."""
    if isinstance(cell, bool | date):
        return None
    if isinstance(cell, int | float):
        return Amount(Decimal(repr(cell)), "", currency=False) if math.isfinite(cell) else None
    written, currency = _bare(_REMARK.sub("", squeeze(raw_text(cell))), words)
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
        whole = value >= _OWN and any(c in _LARGE for c in digits)
        currency = currency or whole
        hundreds = not whole and any(c in _LARGE for c in digits)
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
        before = next((w for w in words.numbers.before if written.startswith(w)), "")
        if not before:
            return written, currency
        currency = currency or before in words.numbers.currency
        written = written.removeprefix(before).lstrip(":")


def _measured(
    cell: Cell, default_unit: str, words: Words, units: str, *, code: Code, expected: str
) -> Decimal | None:
    """A number with its unit → the model's unit. Raises Refused."""
    if is_blank(cell, words):
        return None
    if (several := _several(cell, words, units)) is not None:
        return several
    amount = amount_of(cell, words)
    table = words.units[units]
    factor = table_word(cell, units, words)
    if factor is not None:
        return factor
    if amount is not None:
        told = squeeze(default_unit)
        named = _without_nouns(amount.unit, units, words)
        factor = table.get(named or (told if told in table else ""))
    if amount is None or factor is None:
        raise Refused(code, expected)
    return _not_below_zero(amount.value * factor)


def _several(cell: Cell, words: Words, units: str) -> Decimal | None:
    """What is told by its parts: 200GB+500GB, 2颗×16核, 4块×2T; None where it isn't, or where a
    part has no unit of its own."""
    if units not in ("size", "count") or not isinstance(cell, str):
        return None
    parts = _REMARK.sub("", squeeze(cell)).split("+")
    told = [_TIMES.fullmatch(part) for part in parts]
    if len(parts) == 1 and told[0] is None:
        return None
    total = Decimal(0)
    for part, times in zip(parts, told, strict=True):
        amount = amount_of(times[2] if times else part, words)
        named = _without_nouns(amount.unit, units, words) if amount else ""
        factor = words.units[units].get(named) if named else None
        if amount is None or factor is None or amount.value < 0:
            return None
        total += amount.value * factor * int(times[1] if times else 1)
    return total


def table_word(cell: Cell, units: str, words: Words) -> Decimal | None:
    """A number and its unit in one word: 双核, 千兆."""
    return words.units.get(f"{units}_words", {}).get(squeeze(raw_text(cell)))


def _without_nouns(unit: str, units: str, words: Words) -> str:
    """gbddr4 → gb, 台机柜 → 台: the unit without the things that are counted or measured, and
    without a mark between the two."""
    table, nouns = words.units[units], words.nouns.get(units, ())
    rest = unit
    while rest and rest not in table:
        noun = next((n for n in nouns if rest.endswith(n)), "")
        if not noun:
            return unit
        rest = rest.removesuffix(noun).rstrip("的-_,")
    return rest


def _money(cell: Cell, unit: str, words: Words, *, per: str) -> int | None:
    expected = "金额，如 12.8万元 / an amount such as 12.8万元"
    if squeeze(raw_text(cell)) in words.numbers.zero:
        return 0
    if is_blank(cell, words):
        return None
    amount = amount_of(cell, words)
    if amount is None:
        raise Refused("not_a_number", expected)
    of_header, header_per = _split(squeeze(unit), words)
    of_cell, cell_per = _split(amount.unit, words)
    if of_cell is None or (cell_per and not per):
        raise Refused("not_a_number", expected)
    of_header = "" if amount.currency else of_header
    if amount.hundreds and not of_cell and of_header not in ("", "元"):
        raise Refused("not_a_number", expected)  # 三百 under 万元 is 300 yuan, or three millions
    bare = not (of_cell or of_header or amount.currency)
    if bare and 0 < amount.value < _SMALL and amount.value % 1:
        raise Refused(
            "not_a_number", "金额及单位，如 8.5万元 / an amount with its unit such as 8.5万元"
        )
    factor = words.units["money"][of_cell or of_header or "元"]
    # what the cell says goes before what its column does
    often = cell_per or header_per or per
    value = _not_below_zero(amount.value * factor * words.units["per_year"][often or ""])
    return int(value.to_integral_value(ROUND_HALF_UP))


def _split(unit: str, words: Words) -> tuple[str | None, str]:
    """万元/年 → 万元, /年; the first is None where the unit is none of money."""
    money = words.units["money"]
    for per in sorted(words.units["per_year"], key=len, reverse=True):
        if unit.endswith(per):
            of = unit[: len(unit) - len(per)]
            if not of or of in money:
                return of, per
    return None, ""


def _not_below_zero(value: Decimal) -> Decimal:
    if value < 0:
        raise Refused("out_of_range", "不小于 0 / 0 or more")
    if value >= MAX_NUMBER:
        raise Refused("out_of_range", "过大，请核对单位 / too large, check its unit")
    return value


def _decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


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
    if len(whole) > 1 and all(c in _DIGITS for c in whole):
        if len(whole) < _YEAR_DIGITS and "〇" not in whole:  # 三五 are three to five, or nothing
            return None
        return Decimal("".join(str(_DIGITS[c]) for c in whole))
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

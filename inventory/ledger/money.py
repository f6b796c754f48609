"""Amounts of money → whole yuan, of a year where they come again. Pure.

125 万元   ￥1,200,000   约12.8万   2000元/月   免费
"""

import re
from decimal import ROUND_HALF_UP
from functools import cache

from inventory.ledger.amounts import amount_of
from inventory.ledger.cells import Cell, Refused, is_blank, raw_text
from inventory.ledger.noted import LARGE, noted
from inventory.ledger.numbers import not_below_zero
from inventory.ledger.words import Words, squeeze

_TIMES = re.compile(r"(.+?)[×x*](\d{1,2})(?:个?月|年)?")
_EACH = re.compile(r"(?:每|按)?(?:月租费?|月均|每月|每年|月|年)(?=[¥￥\d])")
_WAN, _MANY = 10_000, 10_000  # 350,000 under 万元 was more likely meant in yuan
_SMALL = 1000  # yuan: with a fraction and without a unit it was meant in another


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


def _money(cell: Cell, unit: str, words: Words, *, per: str) -> int | None:
    expected = "金额，如 12.8万元 / an amount such as 12.8万元"
    if squeeze(raw_text(cell)) in words.numbers.zero:
        return 0
    if is_blank(cell, words):
        return None
    cell, often, times = _often(cell, per)
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
    often = "/年" if times else cell_per or often or header_per or per
    value = not_below_zero(amount.value * factor * words.units["per_year"][often or ""])
    value *= times or 1
    by_header = not of_cell and factor >= _WAN and amount.value >= _MANY
    whole = int(value.to_integral_value(ROUND_HALF_UP))
    return noted(cell, whole, value, why=LARGE if by_header else "")


def _often(cell: Cell, per: str) -> tuple[Cell, str, int]:
    """An amount that comes again, how often, and how many of it: 每月500, 1000元/月×12个月."""
    if not per or not isinstance(cell, str):
        return cell, "", 0
    written = squeeze(cell)
    if match := _TIMES.fullmatch(written):
        return match[1], "", int(match[2])
    if match := _EACH.match(written):
        return written[match.end() :], "/月" if "月" in match[0] else "/年", 0
    return cell, "", 0


@cache
def _longest_first(marks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(marks, key=len, reverse=True))


def _split(unit: str, words: Words) -> tuple[str | None, str]:
    """万元/年 → 万元, /年; the first is None where the unit is none of money."""
    money = words.units["money"]
    for per in _longest_first(tuple(words.units["per_year"])):
        if unit.endswith(per):
            of = unit[: len(unit) - len(per)]
            if not of or of in money:
                return of, per
    return None, ""

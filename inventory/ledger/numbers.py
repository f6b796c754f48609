"""Counts, areas, rates and sizes with their units → the model's units. Pure.

32核   80.5㎡   千兆   10TB   2颗×16核   100G*2+2T   4块600GB   2×(200G+300G)
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from inventory.ledger.amounts import REMARK, amount_of
from inventory.ledger.cells import Cell, Parser, Refused, is_blank, raw_text
from inventory.ledger.noted import noted
from inventory.ledger.report import Code
from inventory.ledger.words import Words, squeeze

MAX_NUMBER = 10**18  # what a store of 64 bits keeps; past any yuan and any bit
_COMPOUND = re.compile(
    r"[×x*✕✖∗+、,;和及(]|[\d一二两三四五六七八九十双][块条根颗路片张盘台个]\D*\d|[块条根片张盘]$"
)
_GROUP = re.compile(r"^\(|[×x*✕✖∗]\(")
_TIMES = re.compile(r"[×x*✕✖∗]")
_AND = re.compile(r"[+、;和及]|,(?!\d{3}(?!\d))")
_OFTEN = re.compile(  # 4块×, 两颗
    r"(\d{1,3}|[一二两三四五六七八九十双])[块条根颗路片张盘台个只组列排]?(?:cpu|处理器|硬盘|内存条?)?"
)
_JOINED = re.compile(  # 4块600GB, 600GB4块: a number of things beside the size of one
    r"(?:(?P<n>\d{1,3}|[一二两三四五六七八九十双])[块条根颗路片张盘](?P<of>\d.*)"
    r"|(?P<each>\d+(?:\.\d+)?[a-z]+)(?P<m>\d{1,3})[块条根片张盘])"
)
_THREADS = re.compile(r"(?<=[核心cC])\s*[/、,，]?\s*\d{1,3}\s*(?:线程|[tT])$")  # 8核16线程
_BRACKETED = re.compile(r"\(([×x*]\d{1,3}[块条根颗片张盘个]?)\)")
_FEW = dict(zip("一二三四五六七八九十两双", (*range(1, 11), 2, 2), strict=True))
_MULTIPLIED = ("size", "cores", "count", "racks", "rate", "area")
_ADDED = ("size", "cores", "count", "racks", "area")
_BARE = ("size", "cores")  # of which a product may leave the unit to the header: 8*16 under （GB）


_BYTES = re.compile(r"[KMGkmg]B/[sS]|字节")  # eight times as much, or not meant so
# 上行20M/下行20M, 下行100M上行20M
_UP_AND_DOWN = re.compile(
    r"(?:上行|上传)(?:速率|带宽)?:?([\d.]+[^\d、,，;；/]*?)[、,，;；/]?(?:下行|下载)(?:速率|带宽)?:?([\d.]+\D*)"
    r"|(?:下行|下载)(?:速率|带宽)?:?([\d.]+[^\d、,，;；/]*?)[、,，;；/]?(?:上行|上传)(?:速率|带宽)?:?([\d.]+\D*)"
)


def whole_number(minimum: int, maximum: int = 10**9, units: str = "count") -> Parser:
    """A count such as 8, ８, "32核"; `units`: those of values.toml that may stand behind it. A count
    of other things (一台 under CPU核数) is none."""

    def parse(cell: Cell, unit: str, words: Words) -> int | None:
        value = _measured(
            cell, unit, words, units, code="not_a_number", expected="整数 / a whole number"
        )
        if value is None:
            return None
        if value != value.to_integral_value():
            raise Refused("not_a_number", "整数 / a whole number")
        if not minimum <= value <= maximum:
            raise Refused("out_of_range", f"{minimum} 至 {maximum} / {minimum} to {maximum}")
        return noted(cell, int(value))

    return parse


def area(cell: Cell, unit: str, words: Words) -> str | None:
    """m² as decimal text."""
    value = _measured(
        cell, unit, words, "area", code="not_a_number", expected="面积，如 80.5㎡ / an area in m²"
    )
    return _decimal_text(cell, value)


def power(cell: Cell, unit: str, words: Words) -> str | None:
    """kW as decimal text."""
    value = _measured(
        cell, unit, words, "power", code="not_a_number", expected="功率，如 40kW / a power in kW"
    )
    return _decimal_text(cell, value)


def seconds(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole seconds: 30秒, 5分钟; a number alone is seconds."""
    expected = "时长，如 60秒 / a time such as 60秒"
    value = _measured(cell, unit, words, "seconds", code="not_a_quantity", expected=expected)
    if value is not None and value < 1:
        raise Refused("out_of_range", "不小于 1 秒 / a second or more")
    return _whole(cell, value)


def rate(cell: Cell, unit: str, words: Words) -> int | None:
    """kbit/s; a number without a unit in the cell or header is refused, not guessed."""
    named = words.units["rate_words"].get(squeeze(raw_text(cell)))
    if named is not None:
        return int(named)
    expected = "带宽及单位，如 100M / a rate with its unit such as 100M"
    if isinstance(cell, str) and _BYTES.search(cell):
        raise Refused(
            "not_a_quantity",
            "以比特计的带宽，如 100Mbps；MB/s 是每秒字节数 / a rate in bits such as 100Mbps: MB/s are bytes",
        )
    told = _UP_AND_DOWN.fullmatch(squeeze(cell)) if isinstance(cell, str) else None
    ways = [part for part in told.groups() if part] if told else [cell]
    values = {
        _measured(way, unit, words, "rate", code="not_a_quantity", expected=expected)
        for way in ways
    }
    if len(values) > 1:
        raise Refused(
            "not_a_quantity",
            "一个带宽，此处上行与下行不同，请只填合同带宽 / one rate: up and down differ here, "
            "tell that of the contract",
        )
    value = values.pop()
    if value is not None and value < 1:
        raise Refused("out_of_range", "大于 0 的带宽 / a rate above 0")
    return _whole(cell, value)


def _whole(cell: Cell, value: Decimal | None) -> int | None:
    """Rounded, which is noted."""
    if value is None:
        return None
    return noted(cell, int(value.to_integral_value(ROUND_HALF_UP)), value)


def size(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole GiB, rounded; a whole number alone is GB: 2.5 alone is as likely TB, and refused."""
    expected = "容量，如 512G、2TB / a size such as 512G or 2TB"
    return _whole(
        cell, _measured(cell, unit, words, "size", code="not_a_quantity", expected=expected)
    )


def not_below_zero(value: Decimal) -> Decimal:
    """The value itself. Raises Refused."""
    if value < 0:
        raise Refused("out_of_range", "不小于 0 / 0 or more")
    if value >= MAX_NUMBER:
        raise Refused("out_of_range", "过大，请核对单位 / too large, check its unit")
    return value


def _measured(
    cell: Cell, header_unit: str, words: Words, units: str, *, code: Code, expected: str
) -> Decimal | None:
    """A number with its unit → the model's unit. Raises Refused."""
    if is_blank(cell, words):
        return None
    if units == "cores" and isinstance(cell, str):
        cell = _THREADS.sub("", cell)
    table = words.units[units]
    told = squeeze(header_unit)
    told = told if told in table else ""
    several = _several(cell, told, words, units) if isinstance(cell, str) else None
    if several is not None:
        return not_below_zero(several)
    factor = words.units.get(f"{units}_words", {}).get(squeeze(raw_text(cell)))  # 双核, 千兆
    if factor is not None:
        return factor
    amount = amount_of(cell, words)
    if amount is not None:
        named = _without_nouns(amount.unit, units, words)
        whole = amount.value == amount.value.to_integral_value()
        alone = "g" if units == "size" and not told and whole else told
        factor = table.get(named or alone)
    if amount is None or factor is None:
        raise Refused(code, expected)
    return not_below_zero(amount.value * factor)


def _several(cell: str, told: str, words: Words, units: str) -> Decimal | None:
    """What is told by its parts: 200GB+500GB, 2颗×16核, 2T×4块; None where it isn't, or where it
    can't be told what a part means. `told`: the header's unit, if it is one of these."""
    if units not in _MULTIPLIED:
        return None
    written = squeeze(cell)
    if not _COMPOUND.search(written):
        return None
    return _sum(_BRACKETED.sub(r"\1", written), told, words, units)


def _sum(written: str, told: str, words: Words, units: str) -> Decimal | None:
    parts = list(_split(written, _AND)) if units in _ADDED else [written]
    products = [_product(part, told, words, units, alone=len(parts) == 1) for part in parts]
    if any(product is None for product in products):
        return None
    return sum((p for p in products if p is not None), Decimal(0))


def _product(written: str, told: str, words: Words, units: str, *, alone: bool) -> Decimal | None:
    """One summand; `alone`: there is no other, so that it has to be a product."""
    bare = written if _GROUP.search(written) else REMARK.sub("", written)
    factors = list(_split(bare, _TIMES))
    if match := _JOINED.fullmatch(bare):
        factors = [match["n"] or match["m"], match["of"] or match["each"]]
    elif len(factors) == 1 and bare[:1] == "(" and bare[-1:] == ")":
        return _sum(bare[1:-1], told, words, units)
    if len(factors) == 1 and alone:
        return None
    # the one that is measured is mostly the last; the others say how often
    for at in reversed(range(len(factors))):
        often = [_often(f) for n, f in enumerate(factors) if n != at]
        of = _factor(factors[at], told, words, units, several=len(factors) > 1 or not alone)
        if of is not None and None not in often:
            for times in often:
                of *= times or 0
            return of
    return None


def _factor(written: str, told: str, words: Words, units: str, *, several: bool) -> Decimal | None:
    """A number in the model's unit, by its own unit or, where that may be left out, the header's."""
    if written[:1] == "(" and written[-1:] == ")":
        return _sum(written[1:-1], told, words, units)
    amount = amount_of(written, words)
    if amount is None or amount.value < 0:
        return None
    named = _without_nouns(amount.unit, units, words)
    if not named and not (told and units in _BARE) and not (several and units == "cores"):
        return None
    factor = words.units[units].get(named or told)
    return None if factor is None else amount.value * factor


def _often(written: str) -> int | None:
    match = _OFTEN.fullmatch(written)
    return None if match is None else _FEW.get(match[1]) or int(match[1])


def _split(written: str, mark: re.Pattern[str]) -> Iterator[str]:
    """Between the marks that stand in no brackets."""
    depth = begin = 0
    for at, letter in enumerate(written):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and mark.match(written, at):
            yield written[begin:at]
            begin = at + 1
    yield written[begin:]


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


def _decimal_text(cell: Cell, value: Decimal | None) -> str | None:
    return None if value is None else noted(cell, format(value.normalize(), "f"))

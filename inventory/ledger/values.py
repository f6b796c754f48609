"""Pure parsers: one cell → one value in the model's unit, or Refused with a problem code.

Every parser takes (cell, unit of the header or "", words) and returns None for "not told".
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inventory.ledger import literal
from inventory.ledger.report import Code
from inventory.ledger.words import Words, squeeze
from inventory.paths import fault, plain

Cell = str | float | int | bool | date | None
Parser = Callable[[Cell, str, Words], Any]

_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
_SEPARATORS = re.compile(r"[、,，;；/\n]+")
_DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2})\s*日?|\s*月?)")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
# the joiner inside an emoji of several, such as a family
_JOINED = re.compile("(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2600-\U0001faff])")
_EPOCH = date(1899, 12, 30)  # day 0 of Excel's 1900 calendar as it counts after February 1900
_DATABASE = re.compile(
    r"(postgresql|postgres|pg)\s*(\d{1,2})/([a-z][a-z0-9_]{0,30})(?::(\d{1,5}))?"
)


class Refused(Exception):
    """A cell that can't be taken; `expected` says in both languages what could."""

    def __init__(self, code: Code, expected: str) -> None:
        super().__init__(expected)
        self.code: Code = code
        self.expected = expected


def raw_text(cell: Cell) -> str:
    """The cell as a person sees it: 3 for 3.0, ISO for dates."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def is_blank(cell: Cell, words: Words) -> bool:
    return squeeze(raw_text(cell)) in words.blank


def text(cell: Cell, _unit: str, _words: Words) -> str | None:
    """People's text, unchanged but for white space at its ends (a literal keeps its own).

    What an approver reads must be what is there: characters that cannot be seen are refused.
    """
    value = literal.read(raw_text(cell).strip())
    seen = _JOINED.sub("", value)
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\t\r" for c in seen):
        raise Refused("bad_text", "不含控制或不可见字符的文字 / text without hidden characters")
    return value or None


def optional_text(cell: Cell, unit: str, words: Words) -> str | None:
    return None if is_blank(cell, words) else text(cell, unit, words)


def text_list(cell: Cell, unit: str, words: Words) -> tuple[str, ...]:
    """Several values in one cell, in their order."""
    if is_blank(cell, words):
        return ()
    parts = (text(p, unit, words) for p in literal.split(raw_text(cell), _SEPARATORS))
    return tuple(dict.fromkeys(p for p in parts if p))


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
    return None if value is None else format(value.normalize(), "f")


def money(cell: Cell, unit: str, words: Words) -> int | None:
    """Whole yuan; a number alone has the header's unit, and without one it is yuan."""
    expected = "金额，如 12.8万元 / an amount such as 12.8万元"
    value = _measured(cell, unit or "元", words, "money", code="not_a_number", expected=expected)
    return None if value is None else int(value.to_integral_value(ROUND_HALF_UP))


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


def day(cell: Cell, _unit: str, words: Words) -> date | None:
    """A date: a date cell, an Excel serial, 2016-6-1, 2016/6/1, 2016.6.1, 2016年6月1日, 20160601;
    a month alone means its first day."""
    if is_blank(cell, words):
        return None
    expected = "日期，如 2016年6月1日 / a date such as 2016-06-01"
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        written = unicodedata.normalize("NFKC", raw_text(cell)).strip()
        try:
            found = _written_day(written)
        except (ValueError, OverflowError) as error:
            raise Refused("not_a_date", expected) from error
    if not 1950 <= found.year <= 2100:
        raise Refused("out_of_range", "1950 至 2100 年 / a year from 1950 to 2100")
    return found


def choice(name: str) -> Parser:
    """One of the choices of words.toml; "none" there means not told."""

    def parse(cell: Cell, _unit: str, words: Words) -> str | None:
        choices = words.choices[name]
        written = squeeze(raw_text(cell))
        found = choices.get(written)
        if found is None and written in words.blank:
            return None
        if found is None:
            allowed = "、".join(dict.fromkeys(choices.values()))
            raise Refused("not_in_choices", f"其中之一 / one of: {allowed}")
        return found

    return parse


def yes_no(cell: Cell, unit: str, words: Words) -> bool | None:
    """A tick column: blank is no; what words.toml calls unknown is not told."""
    found = choice("boolean")(cell, unit, words)
    return None if found == "unknown" else bool(found == "yes")


def mlps(cell: Cell, unit: str, words: Words) -> int | None:
    """等保: 1 to 5."""
    found = choice("mlps_level")(cell, unit, words)
    return None if found in {None, "none"} else int(str(found))


def ipv4(cell: Cell, _unit: str, words: Words) -> IPv4Address | None:
    if is_blank(cell, words):
        return None
    try:
        return IPv4Address(unicodedata.normalize("NFKC", raw_text(cell)).strip())
    except AddressValueError as error:
        raise Refused("not_an_ip", "IPv4 地址 / an IPv4 address such as 10.1.2.3") from error


def ipv6(cell: Cell, _unit: str, words: Words) -> IPv6Address | None:
    if is_blank(cell, words):
        return None
    try:
        return IPv6Address(unicodedata.normalize("NFKC", raw_text(cell)).strip())
    except AddressValueError as error:
        raise Refused("not_an_ip", "IPv6 地址 / an IPv6 address such as 2001:db8::1") from error


def port_list(cell: Cell, unit: str, words: Words) -> tuple[int, ...]:
    port = whole_number(1, 65535)
    found = (port(p, "", words) for p in text_list(cell, unit, words))
    return tuple(sorted({p for p in found if p is not None}))


def strict(form: Any, expected: str) -> Parser:
    """Text that machines use: exactly the form of the model, or bad_text."""
    adapter: TypeAdapter[Any] = TypeAdapter(form)

    def parse(cell: Cell, unit: str, words: Words) -> Any:
        value = optional_text(cell, unit, words)
        return None if value is None else _checked(adapter, value, expected)

    return parse


def strict_list(form: Any, expected: str, separators: str) -> Parser:
    """Several of them; `separators` are those that can't be part of the form."""
    adapter: TypeAdapter[Any] = TypeAdapter(form)

    def parse(cell: Cell, unit: str, words: Words) -> tuple[Any, ...]:
        value = optional_text(cell, unit, words) or ""
        parts = (p.strip() for p in re.split(f"[{separators}]+", value))
        return tuple(_checked(adapter, p, expected) for p in dict.fromkeys(parts) if p)

    return parse


def folders(cell: Cell, _unit: str, words: Words) -> tuple[str, ...]:
    """Folders of a system's own. A single / is the whole host here, not a blank, and refused."""
    value = raw_text(cell).strip()
    if squeeze(value) == "/":
        raise Refused("bad_text", fault("/"))
    if is_blank(cell, words):
        return ()
    parts = [part for part in re.split(r"[、,，;；\s]+", value) if part]
    for part in parts:
        if why := fault(part):
            raise Refused("bad_text", why)
    return tuple(dict.fromkeys(map(plain, parts)))


def window(cell: Cell, unit: str, words: Words) -> str | None:
    """A cutover window in local time, 22:00-06:00 → the same with two digits each."""
    value = optional_text(cell, unit, words)
    if value is None:
        return None
    written = re.sub(r"[—–~至到]+", "-", squeeze(value))
    match = re.fullmatch(r"(?:次日)?(\d{1,2}):(\d{2})-(?:次日)?(\d{1,2}):(\d{2})", written)
    if not match:
        raise Refused("bad_text", "割接窗口，如 22:00-06:00 / a window such as 22:00-06:00")
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    if hour > 23 or end_hour > 24 or minute > 59 or end_minute > 59:
        raise Refused("out_of_range", "00:00 至 24:00 / times from 00:00 to 24:00")
    return f"{hour:02}:{minute:02}-{end_hour % 24:02}:{end_minute:02}"


def check_path(cell: Cell, unit: str, words: Words) -> str | None:
    """The path of a URL; a single / is a path here, not a blank."""
    value = text(cell, unit, words)
    if value is not None and not re.fullmatch(r"/[!-~]{0,200}", value):
        raise Refused("bad_text", "网址路径，如 /healthz / a URL path such as /healthz")
    return value


def databases(cell: Cell, unit: str, words: Words) -> tuple[dict[str, Any], ...]:
    """`postgresql 15/main:5432`, several separated by 、 or ; → fields of model.Database."""
    found = []
    for part in re.split(r"[、,，;；\n]+", optional_text(cell, unit, words) or ""):
        if not part.strip():
            continue
        match = _DATABASE.fullmatch(part.strip().lower())
        if not match:
            raise Refused(
                "bad_text", "如 postgresql 15/main:5432 / such as postgresql 15/main:5432"
            )
        port = int(match[4] or 5432)
        if not 1 <= port <= 65535:
            raise Refused("out_of_range", "端口 1 至 65535 / a port from 1 to 65535")
        found.append({"version": match[2], "cluster": match[3], "port": port})
    return tuple(found)


def _checked(adapter: TypeAdapter[Any], value: str, expected: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise Refused("bad_text", expected) from error


def _written_day(written: str) -> date:
    if re.fullmatch(r"\d{5}", written) and 18264 <= int(written) <= 73415:  # 1950 to 2100
        return _EPOCH + timedelta(days=int(written))
    if match := _COMPACT_DATE.fullmatch(written):
        return date(int(match[1]), int(match[2]), int(match[3]))
    written = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2})?$", "", written)
    match = _DATE.fullmatch(written)
    if not match:
        raise ValueError(written)
    return date(int(match[1]), int(match[2]), int(match[3] or 1))


def _measured(
    cell: Cell, default_unit: str, words: Words, units: str, *, code: Code, expected: str
) -> Decimal | None:
    """A number with its unit → the model's unit. Raises Refused."""
    if is_blank(cell, words):
        return None
    written = re.sub(r"^[约近¥￥]+", "", squeeze(raw_text(cell)))
    match = _NUMBER.match(written)
    factor = None
    if match and not isinstance(cell, bool | date):
        unit = written[match.end() :] or squeeze(default_unit)
        factor = words.units[units].get(unit)
    if match is None or factor is None:
        raise Refused(code, expected)
    value = Decimal(match[0].replace(",", "")) * factor
    if value < 0:
        raise Refused("out_of_range", "不小于 0 / 0 or more")
    return value

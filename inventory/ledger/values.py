"""Text, lists of it and what machines use: one cell → one value in the model's unit, or Refused with
a problem code. Pure.

Every parser takes (cell, unit of the header or "", words) and returns None for "not told".
"""

import re
import unicodedata
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inventory.ledger import literal
from inventory.ledger.cells import LOST_DIGITS, Cell, Parser, Refused, is_blank, raw_text
from inventory.ledger.words import Words, squeeze
from inventory.paths import fault, plain

_SEPARATORS = re.compile(r"[、,，;；/|\n]+")
_MARKED = re.compile(r"^\s*(?:[(（]\d{1,2}[)）]|\d{1,2}[.、．)）]\s*(?=\D)|[①-⑳])")
_MARKS = re.compile(
    r"(?:(?<![^\s、,，;；。\n])|(?<=[\u4e00-\u9fff]))(?:[(（]\d{1,2}[)）][.、]?|(?<!\d)\d{1,2}[.、．)）](?!\d))\s*|[①-⑳][.、]?"
)
_UNSEEN_AT_ENDS = "\u200b\u2060\ufeff \t\r\n\u3000\u00a0"
_WRAPPED = re.compile(r"(?<=[\u4e00-\u9fff（）])[\r\n]+\s*(?=[\u4e00-\u9fff（）])")
# the joiner inside an emoji of several, such as a family
_JOINED = re.compile("(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2600-\U0001faff])")
_PLUS = re.compile(r"(?<=[^+\s])\s*[+＋&]\s*(?=[^+\s])|(?<=[\w)])\s*[和与及]\s*(?=[\w])")
_OR_PLUS = re.compile(f"{_SEPARATORS.pattern}|{_PLUS.pattern}")
_CUT = re.compile(r"\d\.\d{2,}E\+(?:1[0-9]|2[0-9])")  # what a CSV keeps of a long number
_CLUSTER = re.compile(r"(?:postgres|pg).*[/:]|\d/[a-z]|:\d")  # an attempt to tell a cluster
_DATABASE = re.compile(
    r"(postgresql|postgres|pg)\s*(\d{1,2})/([a-z][a-z0-9_]{0,30})(?::(\d{1,5}))?"
)
_OTHER = re.compile(r"(mariadb|redis)\s*(\d{1,2}\.\d{1,2})/(main)(?::(\d{1,5}))?")
_PORTS = {"mariadb": 3306, "redis": 6379}


def text(cell: Cell, _unit: str, _words: Words) -> str | None:
    """People's text, unchanged but for white space at its ends (a literal keeps its own).

    What an approver reads must be what is there: characters that cannot be seen are refused.
    """
    value = literal.read(raw_text(cell).strip(_UNSEEN_AT_ENDS).strip())
    if _digits_lost(cell, value):
        raise Refused(
            "bad_text",
            "文本格式的号码：表格软件只保留数字的前 15 位，后面的已丢失，请把该列设为文本后重填 / a number "
            "told as text: a spreadsheet keeps 15 of its digits and the others are lost, set the "
            "column to text and write it again",
        )
    if not value.isprintable() and any(
        unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\r\t"
        for c in _JOINED.sub("", value)
    ):
        raise Refused("bad_text", "不含控制或不可见字符的文字 / text without hidden characters")
    return value or None


def _digits_lost(cell: Cell, value: str) -> bool:
    """Whether a spreadsheet has cut the number: 1.23457E+17 stands for any of 10^12 numbers."""
    if isinstance(cell, str):
        return _CUT.fullmatch(value) is not None and not literal.is_one(cell.strip())
    return isinstance(cell, int | float) and abs(cell) >= LOST_DIGITS


def optional_text(cell: Cell, unit: str, words: Words) -> str | None:
    return None if is_blank(cell, words) else text(cell, unit, words)


def name(cell: Cell, unit: str, words: Words) -> str | None:
    """What something is called; a name that was broken over two lines of its cell is one name."""
    value = optional_text(cell, unit, words)
    if value is None or literal.is_one(raw_text(cell).strip()):
        return value
    return re.sub(r"\s*[\r\n]+\s*", " ", _WRAPPED.sub("", value))


def text_list(cell: Cell, _unit: str, words: Words) -> tuple[str, ...]:
    """Several values in one cell, in their order."""
    return _listed(cell, _SEPARATORS, words)


def products(cell: Cell, _unit: str, words: Words) -> tuple[str, ...]:
    """Names of products, for which a + stands between two as well: Oracle 11g+Redis."""
    return _listed(cell, _OR_PLUS, words)


def _listed(cell: Cell, separators: re.Pattern[str], words: Words) -> tuple[str, ...]:
    if is_blank(cell, words):
        return ()
    written = raw_text(cell)
    if _MARKED.match(written):  # 1.甲系统 2.乙系统, （1）甲系统, ①甲系统②乙系统
        written = _MARKS.sub("\n", written)
    parts = (_item(part, words) for part in literal.split(written, separators))
    return tuple(dict.fromkeys(part for part in parts if part))


def _item(written: str, words: Words) -> str | None:
    """One of several values, without its number: 1.门户系统."""
    bare = written.strip()
    if not literal.is_one(bare):
        bare = bare.strip("。")
        if bare.isdigit():
            return None
    return text(bare, "", words)


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


_NAME = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*"


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


def entrance_name(cell: Cell, unit: str, words: Words) -> str | None:
    """`www.example.gov.cn`, or `https://www.example.gov.cn` where the entrance speaks TLS."""
    value = optional_text(cell, unit, words)
    if value is None:
        return None
    written = squeeze(value).lower().rstrip("/.")
    if not re.fullmatch(rf"(https?://)?{_NAME}", written) or len(written) > 253:
        raise Refused(
            "bad_text",
            "域名，如 www.example.gov.cn，用 TLS 的写 https://www.example.gov.cn / a DNS name such as "
            "www.example.gov.cn, with https:// where it speaks TLS",
        )
    return written.removeprefix("http://")


def databases(
    cell: Cell, unit: str, words: Words
) -> tuple[dict[str, Any], ...] | dict[str, tuple[str, ...]]:
    """`postgresql 15/main:5432` or `mariadb 10.11/main:3306`, several separated by 、 or ; → fields of
    model.Database; MySQL 5.7
    and 达梦V8, as most departments write, are the products."""
    found = []
    if is_blank(cell, words):
        return ()
    told = squeeze(raw_text(cell))
    for product in words.products:  # 人大金仓V8/MongoDB are two products
        told = told.replace(f"/{product}", f"、{product}")
    if not _CLUSTER.search(told):
        return {"database_products": products(cell, unit, words)}
    for part in re.split(r"[、,，;；\n]+", optional_text(cell, unit, words) or ""):
        if not part.strip():
            continue
        match = _DATABASE.fullmatch(part.strip().lower()) or _OTHER.fullmatch(part.strip().lower())
        if not match:
            raise Refused(
                "bad_text",
                "如 postgresql 15/main:5432、mariadb 10.11/main:3306、redis 7.0/main:6379 / such as these",
            )
        port = int(match[4] or _PORTS.get(match[1], 5432))
        if not 1 <= port <= 65535:
            raise Refused("out_of_range", "端口 1 至 65535 / a port from 1 to 65535")
        one = {"version": match[2], "cluster": match[3], "port": port}
        found.append({**one, "engine": match[1]} if match[1] in _PORTS else one)
    return tuple(found)


def _checked(adapter: TypeAdapter[Any], value: str, expected: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise Refused("bad_text", expected) from error

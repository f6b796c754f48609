"""One column that tells several fields: 起止地点 (甲机房—乙机房), 建成/改造时间, 配置 (8核/16G/500G). Pure.

Which headers do is data (`[several]` of headers.toml); a cell is cut where each part is such as its
field has.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from inventory.ledger.cells import Cell, Parser, Refused, is_blank, narrow
from inventory.ledger.fields import FIELDS
from inventory.ledger.words import Words

JOIN = "+"  # a_end+z_end
_CUTS = tuple(
    re.compile(cut)
    for cut in (
        r"\s*(?:→|⇄|↔|⟷|<-+>|-+>|=+>)\s*",
        r"\s*(?:—+|–+|―+|~|--+)\s*",
        r"\s*/\s*",
        r"\s*\n\s*",
        r"\s*;\s*",
        r"\s*[、,|+]\s*",
        r"\s*[至到]\s*",
        r"\s+",
        r"-",
        r":",
    )
)
_IN_BRACKETS = re.compile(r"(.+?)\s*\(([^()]+)\)")
_RUNS = re.compile(r"(?:[^\d\s]*?)(\d[\d.]*\s*[^\d.\s/]+)")  # 8核16G500G
_FLOOR = re.compile(
    r"(.*?[^\d\s地负-])\s*((?:地下|负|-)?[\d一二三四五六七八九十]+[层楼f].*|顶[层楼]|地下.*)", re.I
)
_LABEL = re.compile(r"^(?=[^:]*[a-z\u4e00-\u9fff])[^\d:]{1,8}:\s*", re.I)
_NOBODYS = "某某甲乙"  # a word that no choice, number, date or address has


@cache
def parser_of(kind: str, field: str) -> Parser:
    """That of a field, or of several that are told together."""
    if JOIN not in field:
        return FIELDS[kind][field]
    return _together(kind, field.split(JOIN))


def _together(kind: str, fields: Sequence[str]) -> Parser:
    parsers = [FIELDS[kind][field] for field in fields]

    def parse(cell: Cell, unit: str, words: Words) -> dict[str, Any] | None:
        if is_blank(cell, words):
            return None
        refusals: list[Refused] = []
        for parts in _ways(narrow(cell), len(fields), floor=fields[-1] == "floor"):
            read = [_read(p, part, unit, words) for p, part in zip(parsers, parts, strict=True)]
            wrong = [value for value in read if isinstance(value, Refused)]
            if not wrong:
                return dict(zip(fields, read, strict=True))
            refusals += wrong
        if isinstance(_read(parsers[0], _NOBODYS, "", words), Refused):  # no free text
            first = _read(parsers[0], cell, unit, words)
            if not isinstance(first, Refused):
                return {fields[0]: first}
            refusals.insert(0, first)
        if refusals:
            raise refusals[0]
        raise Refused(
            "bad_text",
            f"{len(fields)} 项，以 / 隔开 / {len(fields)} things with / between them",
            aside=True,
        )

    return parse


def _read(parser: Parser, part: Cell, unit: str, words: Words) -> Any:
    try:
        return parser(part, unit, words)
    except Refused as refusal:
        return None if refusal.open_ else refusal


def _ways(written: str, count: int, *, floor: bool) -> Iterator[Sequence[str]]:
    """The ways in which a cell may be cut into so many parts, the surest first."""
    if floor and (match := _FLOOR.fullmatch(written)) and "/" not in written:
        yield match.groups()
    for cut in _CUTS:
        parts = [_LABEL.sub("", part.strip()) for part in cut.split(written)]
        if len(parts) == count and all(parts):
            yield parts
    if count == 2 and (match := _IN_BRACKETS.fullmatch(written)):
        yield match.groups()
    runs = _RUNS.findall(written)
    if len(runs) == count and count > 1:
        yield runs

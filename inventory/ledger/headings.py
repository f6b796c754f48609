"""The rows of a header → one heading a column: groups above joined with what stands below. Pure.

资源情况                 联系人        | 资金（万元）
CPU(核) 内存(GB) 存储    姓名  电话    | 建设   运维
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.ledger.cells import Cell, is_blank, raw_text
from inventory.ledger.denied import denied
from inventory.ledger.sheets import Sheet
from inventory.ledger.titles import Title, nearest_unit, title_of
from inventory.ledger.words import ContactHeader, KindWords, Words, squeeze

_UNIT = re.compile(r"[(（\[【][^()（）\[\]【】]{1,12}[)）\]】]")
_LONGEST = 12  # characters of a unit
_VAGUE = re.compile(r"(?:基本|主要|相关)?(?:情况|信息|状况|内容|明细|资源|要求|配置)$")


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: `text` is the lowest cell as read, in row `row` (from 0); `likely`: its field is
    known by its parts alone; `stems`: what it says without brackets, alone and behind its groups."""

    index: int
    row: int
    text: str
    field: str | None
    unit: str
    contact: ContactHeader | None
    quiet: bool
    likely: bool = False
    stems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    row: int
    spans: bool  # a group: it stands over several columns


def headings(
    sheet: Sheet, at: int, depth: int, known: KindWords, words: Words
) -> tuple[Heading, ...]:
    """The headings of a header of `depth` rows from row `at`; columns without any are left out."""
    hidden = sheet.unseen.columns
    return tuple(
        _heading(index, chain, known, words)
        for index, chain in enumerate(_chains(sheet, at, depth, words))
        if chain and index not in hidden
    )


def heading_of(index: int, text: str, row: int, known: KindWords, words: Words) -> Heading:
    """What a single cell says as a heading; `row` from 0."""
    return _heading(index, [_Cell(text, row, spans=False)], known, words)


def heading_rows(sheet: Sheet, at: int, known: KindWords, words: Words, most: int) -> int:
    """How many rows the header takes: one more as long as the row below adds headings and holds
    no data."""
    depth = 1
    while depth < most and at + depth < len(sheet.rows) and _deeper(sheet, at, depth, known, words):
        depth += 1
    return depth + (at + depth < len(sheet.rows) and is_units(sheet.rows[at + depth], words))


def _deeper(sheet: Sheet, at: int, depth: int, known: KindWords, words: Words) -> bool:
    above = _chains(sheet, at, depth, words)
    both = _chains(sheet, at, depth + 1, words)
    above += [[]] * (len(both) - len(above))
    # cells merged over both rows: the row below is the header's, whatever stands in it
    over = sum(at <= top < at + depth <= bottom for top, _, bottom, _ in sheet.merges)
    added = strange = 0
    for before, chain in zip(above, both, strict=True):
        if len(chain) == len(before):  # nothing below, or merged over both, or a unit
            added += bool(chain and title_of(chain[-1].text, words).unit and chain != before)
            continue
        heading = _heading(0, chain, known, words)
        if before and not chain[len(before) - 1].spans:
            people = _heading(0, before, known, words).contact and heading.contact
            if not people and 2 * over < len(both):
                return False  # the row above names this column: what stands below it is data
            added += 1
        elif heading.field or heading.contact or heading.quiet:
            added += 1
        elif not any(c.isalpha() for c in chain[-1].text):
            return False
        else:
            strange += 1
    return added > strange


def is_units(row: Sequence[Cell], words: Words) -> bool:
    """Whether a row below a header names the units of its columns, and nothing else: — 万元 核 GB."""
    told = [unit for cell in row if (unit := _unit_of(cell, words))]
    return bool(told) and all(is_blank(cell, words) or _unit_of(cell, words) for cell in row)


def _unit_of(cell: Cell, words: Words) -> str:
    """万元, （万元） or 单位：万元, alone in a cell."""
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return ""
    bare = squeeze(cell).strip("()[]【】").removeprefix("单位").lstrip(":")
    return bare if bare in words.any_unit else ""


def _chains(sheet: Sheet, at: int, depth: int, words: Words) -> list[list[_Cell]]:
    """By column: the different texts of the header from top to bottom."""
    width = max(len(row) for row in sheet.rows[at : at + depth])
    spans = {
        (row, column): (left, right)
        for top, left, bottom, right in sheet.merges
        if right > left and top < at + depth and bottom >= at
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    units = depth > 1 and is_units(sheet.rows[at + depth - 1], words)
    loose = not any(at <= row < at + depth for row, _ in spans)  # as in a CSV
    chains: list[list[_Cell]] = [[] for _ in range(width)]
    for row in range(at, at + depth):
        texts = [raw_text(c).strip() for c in sheet.rows[row]]
        texts += [""] * (width - len(texts))
        group = ""  # the text of a group reaches over the empty cells to its right
        for column in range(width):
            left, right = spans.get((row, column), (column, column))
            text = texts[left]
            over = right > left
            if loose and row < at + depth - 1:
                below = raw_text(_at(sheet, row + 1, column)).strip()
                if text:
                    over = not _next(texts, column) and bool(below)
                    group = text if over else ""
                elif below and not chains[column]:
                    text, over = group, bool(group)
                else:
                    group = ""
            chain = chains[column]
            if chain and units and row == at + depth - 1:  # — 万元 核
                unit = f"({_unit_of(text, words)})" if _unit_of(text, words) else ""
                chain[-1] = _Cell(chain[-1].text + unit, chain[-1].row, chain[-1].spans)
            elif chain and _UNIT.fullmatch(text):  # a row of units below: （万元）
                if not chain[-1].text.endswith(text):
                    chain[-1] = _Cell(chain[-1].text + text, chain[-1].row, chain[-1].spans)
            elif text and not (chain and chain[-1].text == text):
                chain.append(_Cell(text, row, over))
    return chains


def _at(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row]
    return cells[column] if column < len(cells) else ""


def _next(texts: Sequence[str], column: int) -> str:
    return texts[column + 1] if column + 1 < len(texts) else "end"


def _heading(index: int, chain: Sequence[_Cell], known: KindWords, words: Words) -> Heading:
    titles = [title_of(cell.text, words) for cell in chain]
    own = titles[-1]
    spellings = tuple(_joined(titles))
    unit = nearest_unit((t.unit for t in reversed(titles)), words)
    field = _first(spellings, known.headers)
    people = [*(above.base + own.base for above in titles[:-1]), *own.spellings]
    contact = None if field or unit else _first(people, words.contacts)
    quiet = any(s in words.quiet_headers for s in own.spellings)
    likely = None
    if not (field or contact or quiet):
        likely = _first(spellings, known.several)
    if not (field or contact or quiet or likely):
        stems = _stems(titles)
        likely = next(filter(None, map(known.likely, stems)), None)
        if likely and denied(likely, own.base):
            likely = None
    if not (field or contact or quiet or likely or unit):
        contact = words.people.header(own.base)
    return Heading(
        index,
        chain[-1].row,
        own.text,
        field or likely,
        unit,
        contact,
        quiet=quiet,
        likely=likely is not None,
        stems=_stems(titles),
    )


def _stems(titles: Sequence[Title]) -> tuple[str, ...]:
    """What the lowest cell says without brackets, behind its groups, and with its remark."""
    own = titles[-1]
    told = (own.base, "".join(t.base for t in titles), own.base + own.remark)
    return tuple(dict.fromkeys(filter(None, told)))


def _joined(titles: Sequence[Title]) -> list[str]:
    """What to look up: with the groups above first, since 名称 below 运维单位 is no name."""
    own = titles[-1]
    found: list[str] = []
    for group in reversed(titles[:-1]):
        for above in dict.fromkeys((*group.spellings, _VAGUE.sub("", group.base))):
            if above:
                found += [above + spelling for spelling in own.spellings]
                found += [spelling + above for spelling in own.spellings]
    return [*found, *own.spellings]


def _first[T](spellings: Sequence[str], table: Mapping[str, T]) -> T | None:
    return next((table[s] for s in spellings if s in table), None)

"""Where the tables are in a sheet: which kind of object, which column is which field.

Departments put titles above and notes below; a header may take up to three rows (groups above,
their columns below). The header is where the words know most cells.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from inventory.ledger.cells import Cell, raw_text
from inventory.ledger.fields import CONTACTS, WITH_CONTACTS
from inventory.ledger.headings import Heading, heading_rows, headings
from inventory.ledger.labels import label_lines
from inventory.ledger.likely import tried_columns
from inventory.ledger.naming import name_column
from inventory.ledger.preamble import preamble, unit_below
from inventory.ledger.several import JOIN
from inventory.ledger.sheets import Sheet
from inventory.ledger.table import Column, Lines, Table
from inventory.ledger.words import KindWords, Words, squeeze

SEARCHED_ROWS = 20
MAX_DEPTH = 3  # rows of a header
NAMELESS = 3  # fields of a header that names none: fewer may be those of any list
PLAIN = 5  # fields of a header that needs no comparing with others
MUCH = 0.6  # of what the best row knows
NOTES = 6  # rows under a table that may say what holds for it
FEW = 4  # cells of a line of labels above a table
_BRACKETS = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]")
# one of which a table of the kind has, else name or code: what stands between others may have neither
_NAMING = {
    "dependencies": {"system"},
    "services": {"name", "code", "port"},
    "links": {"name", "code", "a_node"},
}
_NEEDED = {
    "services": {"host"},
    "links": {"a_node", "z_node"},
}  # what it has besides: systems have names of services too
# where several headers of a table mean one field, that of the owner goes before that of the user
_FIRST = ("责任", "所属", "主管", "归属", "权属", "隶属", "单位", "部门", "填报")


def find_table(sheet: Sheet, words: Words) -> Table | None:
    """The first table of a sheet, or None when no row looks like a header that we know."""
    return next(find_tables(sheet, words), None)


def find_tables(sheet: Sheet, words: Words) -> Iterator[Table]:
    """The tables of a sheet from top to bottom."""
    rows = sheet.rows
    lines = label_lines(sheet, words)
    starts = (at for at in range(min(SEARCHED_ROWS, len(rows))) if at not in lines)
    table = _best(sheet, 0, starts, words)
    top = 0
    while table:
        below, repeated = _next_header(sheet, table, lines, words)
        end = below.header_row if below else len(rows)
        told = {at: pairs for at, pairs in lines.items() if top <= at < end}
        table = replace(table, last_row=end, repeated=frozenset(repeated), lines=told)
        if not table.said.money:
            notes = rows[max(table.first_row, end - NOTES) : end]
            table = replace(table, said=replace(table.said, money=unit_below(notes, words)))
        yield replace(table, columns=tuple(tried_columns(table, words)))
        top = _run_above(sheet, table, end)
        if below:
            below = replace(below, said=preamble(rows[top:end], words))
        table = below


def _next_header(
    sheet: Sheet, table: Table, lines: Lines, words: Words
) -> tuple[Table | None, set[int]]:
    """The table that begins below the header of another in its sheet, and the rows up to there in
    which that header stands again."""
    rows = sheet.rows
    repeated: set[int] = set()
    heads = {_texts(row) for row in rows[table.header_row : table.first_row]}
    firsts = {head[0] for head in heads if head}
    for at in range(table.first_row, len(rows)):
        # as on every page that was printed; few rows begin as the header does
        if _first_text(rows[at]) in firsts and _texts(rows[at]) in heads:
            repeated.add(at)
            continue
        if at in lines or not _like_header(rows[at], words):
            continue
        starts = (n for n in range(max(at - 1, table.first_row), at + 1) if n not in lines)
        below = _best(sheet, table.header_row, starts, words, least=3)
        if below and at < below.first_row:
            return below, repeated
    return None, repeated


def _run_above(sheet: Sheet, table: Table, end: int) -> int:
    """Where the titles and labels begin that stand right above row `end`, below a table's rows."""
    at = end
    while at > table.first_row and len(_texts(sheet.rows[at - 1])) <= FEW:
        at -= 1
    return at


def _best(
    sheet: Sheet, top: int, starts: Iterable[int], words: Words, least: int = 2
) -> Table | None:
    """The first table that begins in one of the rows `starts`; a row that makes much less of a
    header than a later one is none."""
    hints = Hints(sheet, words)
    found: list[tuple[float, Table]] = []
    for at in starts:
        if _may_head(sheet.rows[at]):
            above = " ".join(squeeze(raw_text(c)) for row in sheet.rows[top:at] for c in row if c)
            may_be = _candidates(sheet, at, words, least, partial(hints.of, above=above))
            best = max(may_be, default=None, key=_score)
            if best is not None:
                found.append((best[1], best[2]))
    enough = MUCH * max((known for known, _ in found), default=0)
    table = next((t for known, t in found if known >= enough or _plain(t)), None)
    if table is None:
        return None
    return replace(table, said=preamble(sheet.rows[top : table.header_row], words))


def _plain(table: Table) -> bool:
    """Whether nearly all headers are known: the first of several tables may be a small one."""
    known = [c for c in table.columns if c.field and not c.likely]
    return len(known) >= PLAIN and 5 * len(known) >= 4 * len(table.columns)


def _candidates(
    sheet: Sheet, at: int, words: Words, least: int, hint: Callable[[KindWords], float]
) -> Iterator[tuple[float, float, Table]]:
    """(score, how much of the header is known, table) for every kind that a row may head."""
    for kind, known in words.kinds.items():
        table = _table(sheet, at, kind, words)
        telling = [c for c in table.columns if c.contact is None]
        fields = {field for c in telling for field in c.fields}
        named = fields & _NAMING.get(kind, {"name", "code"})
        people = any(c.contact for c in table.columns)  # 单位名称, 联系人, 电话 are a table too
        if not fields >= _NEEDED.get(kind, set()):
            continue
        penalty = 0.0
        if not named:
            if least > 2 or len(fields) < NAMELESS or kind not in words.named_kinds:
                continue
            named_one = with_names(table, words)
            if named_one is None:
                continue
            table, penalty = named_one, 1.0
        elif len(fields) + people < least:
            continue
        # headers that the words don't know speak against a kind, a bit
        unknown = sum(c.field is None for c in telling)
        sure = len(fields) - 0.4 * unknown - 0.5 * sum(c.likely for c in telling)
        yield sure + hint(known) - penalty, sure - penalty, table


def with_names(table: Table, words: Words) -> Table | None:
    """The table with the column of its names, found by what stands in it; None where the table
    is a summary, of which each row is an organisation's."""
    known = words.kinds[table.kind]
    rows = table.sheet.rows[table.first_row :]
    open_ = [(c.index, c.title) for c in table.columns if c.field is None]
    at = name_column(rows, open_, known, words)
    if at is None:
        owner = table.index_of("organisation")
        if owner is None or not open_ or name_column(rows, [(owner, "")], known, words) is not None:
            return None
        return replace(table, nameless=True)
    field = "code" if table.kind == "lines" else "name"
    columns = tuple(
        replace(c, field=field, likely=True) if c.index == at else c for c in table.columns
    )
    return replace(table, columns=columns)


def _score(candidate: tuple[float, float, Table]) -> float:
    return candidate[0]


class Hints:
    """What the names of sheet and file, and the titles above a table, say of its kind."""

    def __init__(self, sheet: Sheet, words: Words) -> None:
        self._sheet = squeeze(sheet.name)
        self._file = squeeze(sheet.file)
        self._words = words

    def of(self, known: KindWords, above: str) -> float:
        found = 0.0
        for text, weight in ((self._sheet, 1.5), (above, 0.75), (self._file, 0.5)):
            found += weight * _says(text, known, self._words)
        return found


def _says(text: str, known: KindWords, words: Words) -> bool:
    """Whether a name speaks of the kind; 服务器 is no 服务."""
    if not any(word in text for word in known.sheets):
        return False
    for other in words.kinds.values():
        for word in other.sheets:
            if word not in known.sheets and any(own in word for own in known.sheets):
                text = text.replace(word, " ")
    return any(word in text for word in known.sheets)


def _table(sheet: Sheet, at: int, kind: str, words: Words) -> Table:
    """What the rows from `at` would be as the header of a table of `kind`."""
    depth = heading_rows(sheet, at, words.kinds[kind], words, MAX_DEPTH)
    found = headings(sheet, at, depth, words.kinds[kind], words)
    columns: list[Column] = []
    quiet: list[Column] = []
    for column, passed in columns_of(found, kind):
        (quiet if passed else columns).append(column)
    return Table(
        sheet,
        kind,
        tuple(columns),
        first_row=at + depth,
        last_row=len(sheet.rows),
        header_row=at,
        quiet=tuple(quiet),
    )


def columns_of(found: Sequence[Heading], kind: str) -> Iterator[tuple[Column, bool]]:
    """(column, whether it is passed over on purpose)."""
    chosen = _chosen(found)
    by_nobody = False  # the person of the column before is who wrote the sheet
    for heading in found:
        field, contact = heading.field, None if heading.field else heading.contact
        title, row = heading.text, heading.row
        if contact:
            by_nobody = contact.role == "" or (contact.role is None and by_nobody)
            if by_nobody or kind not in WITH_CONTACTS:
                yield Column(heading.index, title, None, row=row), True
            else:
                yield Column(heading.index, title, CONTACTS, heading.unit, contact, row), False
            continue
        if heading.quiet and not field:
            yield Column(heading.index, title, None, row=row), True
            continue
        if field and chosen[field] != heading.index:
            field = None  # a second column for the same field is reported, not merged
        if field and JOIN in field and any(part in chosen for part in field.split(JOIN)):
            field = None  # each has a column of its own
        likely = heading.likely and field is not None
        yield (
            Column(
                heading.index,
                title,
                field,
                heading.unit,
                row=row,
                likely=likely,
                stems=heading.stems,
            ),
            False,
        )


def _chosen(found: Sequence[Heading]) -> dict[str, int]:
    """Field → the column that tells it: the first, but an owner before a user."""
    chosen: dict[str, Heading] = {}
    for heading in found:
        if heading.field is None:
            continue
        before = chosen.setdefault(heading.field, heading)
        surer = before.likely and not heading.likely
        owner = heading.field == "organisation" and before.likely == heading.likely
        if surer or (owner and _rank(heading) < _rank(before)):
            chosen[heading.field] = heading
    return {field: heading.index for field, heading in chosen.items()}


def _rank(heading: Heading) -> int:
    text = squeeze(heading.text)
    return next((n for n, word in enumerate(_FIRST) if text.startswith(word)), len(_FIRST))


def _may_head(row: Sequence[Cell]) -> bool:
    """Whether a header may begin in a row: not in one of few cells that say 填报日期：…"""
    texts = _texts(row)
    labelled = any(":" in _BRACKETS.sub("", text).rstrip(":") for text in texts)
    return len(texts) > 1 and not (labelled and len(texts) <= FEW)


def _texts(row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(squeeze(raw_text(c)) for c in row if c not in (None, ""))


def _first_text(row: Sequence[Cell]) -> str:
    first = next((c for c in row if c not in (None, "")), None)
    return squeeze(raw_text(first))


def _like_header(row: Sequence[Cell], words: Words) -> bool:
    """Whether a row below a header may be another: most of its cells are words of headers."""
    filled = [c for c in row if c not in (None, "")]
    if len(filled) < 3 or not all(isinstance(c, str) for c in filled[:3]):
        return False
    if sum(squeeze(str(c)) in words.vocabulary for c in filled[:4]) < 2:
        return False
    known = sum(isinstance(c, str) and squeeze(c) in words.vocabulary for c in filled)
    return known >= 3 and known >= 0.5 * len(filled)

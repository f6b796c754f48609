"""The rows of a table: which are data, and why the others are not. Pure."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from inventory.ledger.cells import Cell, raw_text
from inventory.ledger.context import heads
from inventory.ledger.fill_down import fill_down
from inventory.ledger.table import Table
from inventory.ledger.words import Words, squeeze

TOTALS = "合计行 / totals row"
NOTE = "说明行 / note row"
GROUP = "分组行 / row that heads a group"
LABELS = "标签行 / line of labels"
HIDDEN = "隐藏的行 / hidden row"
REPEATED = "重复的表头 / header again"
EMPTY = "只有序号的行 / row with a number alone"
NUMBERS = "列号行 / row of column numbers"

_AFTER_NOTE = re.compile(r"[:.,、;]|\d|[一二三四五六七八九十]、|\(|$")
_NUMBERED = re.compile(r"^(?:\(?[一二三四五六七八九十]{1,3}[、.)]|第[一二三四五六七八九十]+部分)")
# 填写示例：web01, or 示例 in the place of the number
_EXAMPLE = re.compile(r"\(?(?:填写|填报)?(?:示例|样例|范例|举例|例)(?:[:)]|\d?$)")
_LABEL = re.compile(r"[^:\d]{2,12}:")
_SIGNED = re.compile(r"(?:人|单位|时间|日期|电话|领导|盖章|签字|签章)$")
# 民政局小计, 2个系统合计
_SUBTOTAL = re.compile(r"[^,;。]{1,12}(?:小计|合计|总计|共计)$")
DITTO = 8  # characters of "as above", with spaces around it
LONG = 40  # characters; what is longer is a sentence


@dataclass(frozen=True, slots=True)
class DataRow:
    """`number` as the spreadsheet counts, from 1; `why` it is passed over, or ""; `as_above`: its
    owner is blank, and that of the rows above."""

    number: int
    cells: tuple[Cell, ...]
    why: str = ""
    as_above: bool = False


def data_rows(table: Table, words: Words) -> Iterator[DataRow]:
    """Every row of the table that is not empty."""
    look = _Look(table, words)
    owner = fill_down(table, words)
    ditto = words.ditto
    before: list[Cell] = []
    for index in range(table.first_row, table.last_row):
        cells = table.sheet.rows[index]
        filled = [
            (c, v)
            for c, v in enumerate(cells)
            if v is not None and v != "" and not (v.__class__ is str and v.isspace())
        ]
        if not filled:
            continue
        why = look.passed_over(index, filled)
        if why:
            if owner and why in (TOTALS, GROUP, LABELS):
                owner.ends()
            yield DataRow(index + 1, cells, why)
            continue
        if before and any(
            v.__class__ is str and len(v) <= DITTO and squeeze(v) in ditto for _, v in filled
        ):
            cells = tuple(_as_above(cells, before, words))
        above = owner.filled(cells) if owner else None
        cells = above or cells
        before = [*cells, *before[len(cells) :]]
        yield DataRow(index + 1, cells, as_above=above is not None)


def is_ditto(cell: Cell, words: Words) -> bool:
    """Whether the cell says what the one above it says (〃, 同上)."""
    return isinstance(cell, str) and len(cell) <= DITTO and squeeze(cell) in words.ditto


def _as_above(cells: Sequence[Cell], before: Sequence[Cell], words: Words) -> Iterator[Cell]:
    for column, cell in enumerate(cells):
        yield before[column] if column < len(before) and is_ditto(cell, words) else cell


def is_total(cell: Cell, words: Words) -> bool:
    """Whether the cell is what a row of sums is called (合计)."""
    return isinstance(cell, str) and _bare(squeeze(cell)) in words.totals


class _Filled:
    """The filled cells of a row, squeezed when they are looked at."""

    def __init__(self, cells: Sequence[tuple[int, Cell]]) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, at: int) -> tuple[int, str]:
        column, cell = self._cells[at]
        return column, squeeze(raw_text(cell))

    def first(self, most: int) -> Iterator[tuple[int, str]]:
        return (self[at] for at in range(min(most, len(self))))


class _Look:
    """What is known of a table when one looks at its rows."""

    def __init__(self, table: Table, words: Words) -> None:
        self._words = words
        self._table = table
        self._width = len(table.columns) + len(table.quiet)
        named = (table.index_of(f) for f in ("name", "code", "system", "host"))
        self._name = next((i for i in named if i is not None), 0)
        self._odd = table.sheet.unseen.rows | table.repeated
        self._quiet = {c.index for c in table.quiet}
        self._naming = {i for f in ("name", "code") if (i := table.index_of(f)) is not None}
        self._wide = {
            row: (left, right)
            for top, left, bottom, right in table.sheet.merges
            if right > left
            for row in range(top, min(bottom, table.last_row) + 1)
        }

    def passed_over(self, index: int, cells: Sequence[tuple[int, Cell]]) -> str:
        """Why a row is no data, or ""; `cells`: (column, value) of those that are filled."""
        filled = _Filled(cells)
        if self._plainly_data(index, cells):
            return ""
        column, first = filled[0]
        table, totals = self._table, self._words.totals
        asked = (
            (HIDDEN, index in table.sheet.unseen.rows),
            (LABELS, index in table.lines and not self._ends(first)),
            (REPEATED, index in table.repeated),
            (TOTALS, any(_is_sum(text, totals) for _, text in filled.first(2))),
            (NOTE, any(_EXAMPLE.match(text) for _, text in filled.first(3))),
            (NOTE, self._signed(filled) or (len(filled) <= 2 and self._noted(first))),
            (EMPTY, self._empty(filled)),
            (NUMBERS, self._below_header(index) and _counts(filled)),
        )
        why = next((reason for reason, true in asked if true), "")
        if not why and len(filled) == 1 and self._width > 2:
            return self._alone(index, column, first)
        return why

    def _ends(self, first: str) -> bool:
        """Whether a line of labels is a total or a signature: 小计：3台, 填报人：张三."""
        label = _unbracketed(first.partition(":")[0])
        quiet = self._words.quiet_headers
        return label in self._words.totals or label in self._words.notes or label in quiet

    def _below_header(self, index: int) -> bool:
        return index <= self._table.first_row + 1 or index - 1 in self._table.repeated

    def _plainly_data(self, index: int, cells: Sequence[tuple[int, Cell]]) -> bool:
        """A numbered row of several cells, as nearly all are: not worth a closer look."""
        if len(cells) < 4 or self._below_header(index) or index in self._odd:
            return False
        first, second = cells[0][1], cells[1][1]
        numbered = isinstance(first, int | float) or str(first).isdigit()
        told = squeeze(raw_text(second))
        return numbered and not _EXAMPLE.match(told) and not _is_sum(told, self._words.totals)

    def _empty(self, filled: _Filled) -> bool:
        """A row that was numbered beforehand, and not filled in."""
        told = list(filled.first(len(filled)))
        return all(column in self._quiet and text.isdigit() for column, text in told)

    def _alone(self, index: int, column: int, text: str) -> str:
        """A row of one cell: a classified system of which the name alone is told, or no data."""
        left, right = self._wide.get(index, (column, column))
        merged = left <= column <= right and right - left + 1 >= min(3, self._width)
        if len(text) > LONG or text.endswith("。"):
            return NOTE
        names_owners = self._table.kind == "organisations"
        headed = _NUMBERED.match(text) or (not names_owners and heads(text, self._words))
        if merged or column not in self._naming or headed:
            return GROUP if not text.isdigit() else ""
        return ""

    def _signed(self, filled: _Filled) -> bool:
        """填报人：张三 | 审核人：李四, or 填报人 | 张三 | 审核人 | 李四."""
        first = filled[0][1]
        notes = self._words.notes
        label = first.partition(":")[0]
        if ":" in first and (_unbracketed(label) in notes or _SIGNED.search(_unbracketed(label))):
            return True
        if len(filled) > 1 and all(_LABEL.match(t) for _, t in filled.first(len(filled))):
            return True
        exact = _unbracketed(first) in notes and filled[0][0] not in self._naming
        return exact and len(filled) <= max(4, self._width // 2)

    def _noted(self, first: str) -> bool:
        """注1.……, 说明：……: a few words in few cells."""
        for word in self._words.notes:
            if first.startswith(word):
                rest = first[len(word) :]
                if _AFTER_NOTE.match(rest) or len(first) > LONG:
                    return True
        return False


_STEMS = frozenset("甲乙丙丁戊己庚辛壬癸")
_COUNTING = frozenset({"栏次", "栏目", "列次", "列号", "行次"})


def _bare(text: str) -> str:
    return re.sub(r"[:：\d.,、()个套台条家项]+$", "", text)


def _is_sum(text: str, totals: Container[str]) -> bool:
    bare = _bare(_unbracketed(text))
    return bare in totals or _SUBTOTAL.match(bare) is not None


def _unbracketed(text: str) -> str:
    return re.sub(r"\([^()]*\)", "", text)


def _counts(filled: _Filled) -> bool:
    """1 2 3 4 … or (1) (2) …, or 甲 乙 1 2 …, below a header."""
    if len(filled) < 3:
        return False
    told = [text.strip("()") for _, text in filled.first(len(filled))]
    told = told[1:] if told[0] in _COUNTING else told
    stems = next((n for n, text in enumerate(told) if text not in _STEMS), len(told))
    told = told[stems:]
    if not told:
        return stems > 1
    return all(t.isdigit() for t in told) and [int(t) for t in told] == list(
        range(int(told[0]), int(told[0]) + len(told))
    )

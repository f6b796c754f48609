"""Which column of a table holds the names, where no header says so: by its cells. Pure."""

from collections.abc import Iterable, Sequence

from inventory.ledger.cells import Cell, is_blank, raw_text
from inventory.ledger.words import KindWords, Words, squeeze

_LOOKED_AT = 100  # rows
_MOST = 0.8  # of the rows have a name, and of the names are told once
_ENOUGH = 2  # rows that show it
_LONG = 40  # characters; what is longer is a sentence


def name_column(
    rows: Sequence[Sequence[Cell]],
    columns: Iterable[tuple[int, str]],
    known: KindWords,
    words: Words,
) -> int | None:
    """The index of the one among `columns` (index, header) in which nearly every row has a text of
    its own; of several that which ends as names of the kind do, whose header speaks of names, or
    which stands first."""
    told = [row for row in rows[:_LOOKED_AT] if sum(not is_blank(c, words) for c in row) > 2]
    best: tuple[float, int] | None = None
    for index, header in columns:
        names = [squeeze(raw_text(row[index])) for row in told if index < len(row)]
        names = [name for name in names if name]
        if len(names) < max(_ENOUGH, _MOST * len(told)) or not _are_names(names):
            continue
        ending = sum(name.endswith(known.endings) for name in names) / len(names)
        rank = 2 * ending + ("名" in header) - 0.01 * index
        if best is None or rank > best[0]:
            best = rank, index
    return best[1] if best else None


def _are_names(names: Sequence[str]) -> bool:
    texts = [n for n in names if any(c.isalpha() for c in n) and len(n) <= _LONG]
    return len(texts) >= _MOST * len(names) and len(set(names)) >= _MOST * len(names)

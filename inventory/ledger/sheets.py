"""Files → sheets of rows. The bytes are parsed by a child process (inventory/ledger_files)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inventory.errors import LedgerError
from inventory.ledger.cells import Cell
from inventory.ledger_files.limits import Refused
from inventory.ledger_files.parent import ReadSheet, read_file

_EXPECTED = {
    "error": "一个值，此处公式出错，请更正后保存 / a value: the formula here fails, correct it",
    "formula": (
        "已算出的值，此处公式没有保存结果，请用 Excel 或 WPS 打开后保存 / a value: the formula here has "
        "no stored result, open the ledger in Excel or WPS and save it"
    ),
}


@dataclass(frozen=True, slots=True)
class Hidden:
    """Rows and columns of a sheet, from 0, that nobody sees."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that holds no value of its own: what it shows (#REF!, or the formula), and what was
    expected there in both languages."""

    shown: str
    expected: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet: `rows[0]` is the spreadsheet's row 1; cells merged downwards all hold the
    merged value. `hidden` sheets have no rows. `faults`: (row, column) from 0 → a cell that the
    parser gives as blank and that is not; `merges`: (top, left, bottom, right) from 0; `unseen`:
    the rows and columns that are hidden in it; `date1904`: how it counts days."""

    file: str
    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False
    faults: Mapping[tuple[int, int], CellFault] = field(default_factory=dict)
    merges: tuple[tuple[int, int, int, int], ...] = ()
    unseen: Hidden = field(default_factory=Hidden)
    date1904: bool = False


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """All sheets of a file. Raises LedgerError saying what is wrong with the file."""
    try:
        return tuple(_sheet(path, read) for read in read_file(path))
    except Refused as refusal:
        raise LedgerError(f"{refusal.zh} / {refusal.en}: {path}") from refusal
    except FileNotFoundError as error:
        raise LedgerError(
            f"台账不存在，请检查路径 / ledger not found, check the path: {path}"
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise LedgerError(
            f"台账无法读取，请检查路径与权限 / ledger can't be read, check its path and rights: "
            f"{path}: {why}"
        ) from error


def _sheet(path: Path, read: ReadSheet) -> Sheet:
    if read.more_faults:
        raise LedgerError(
            f"工作表“{read.name}”出错的公式过多，请更正后保存 / sheet {read.name} has "
            f"{len(read.faults) + read.more_faults} cells with errors, correct them: {path}"
        )
    rows = read.rows
    faults = {
        (fault.row, fault.column): CellFault(fault.text, _EXPECTED[fault.kind])
        for fault in read.faults
    }
    return Sheet(
        path.name,
        read.name or path.name,
        _shown(rows, faults),
        hidden=read.hidden,
        faults=faults,
        merges=read.merges,
        unseen=Hidden(read.hidden_rows, read.hidden_columns),
        date1904=read.date1904,
    )


def _shown(
    rows: tuple[tuple[Cell, ...], ...], faults: Mapping[tuple[int, int], CellFault]
) -> tuple[tuple[Cell, ...], ...]:
    """The rows with what such a cell shows in its place, so that no row of them looks empty."""
    if not faults:
        return rows
    changed = [list(row) for row in rows]
    width = max((column for _, column in faults), default=0) + 1
    changed += [[] for _ in range(1 + max(row for row, _ in faults) - len(changed))]
    for (row, column), fault in faults.items():
        changed[row] += [""] * (width - len(changed[row]))
        changed[row][column] = fault.shown
    return tuple(tuple(row) for row in changed)

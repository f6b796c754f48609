"""The process that reads one file: standard input → rows on standard output, a JSON line each.

    {"sheet": name, "width": n, "hidden": bool, "merges": [[top, left, bottom, right], …],
     "1904": bool, "faults": [[row, column, kind, text], …], "more": n,
     "hidden_rows": [row, …], "hidden_columns": [column, …]}        on one line
    [cell, …]           rows of that sheet, without blanks at their end
    {"refused": [zh, en]} or {"end": sheets}        the last line

Dates are ["d", ISO]; all else is a string, number, bool or null. What parses bytes from outside
runs here, under limits of the kernel: a parser that runs away costs an answer, not the machine.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TextIO

from inventory.ledger_files import limits
from inventory.ledger_files.archive import Archive
from inventory.ledger_files.facts import SheetFacts
from inventory.ledger_files.limits import Refused
from inventory.ledger_files.recognise import FileKind, recognise

if TYPE_CHECKING:
    from inventory.ledger_files.workbook import RawSheet


def main(suffix: str) -> int:
    """Read standard input as a ledger called *`suffix`; the answer says how it went."""
    _bound()
    out = sys.stdout
    try:
        with open(0, "rb", closefd=False) as stream:
            data = stream.read(limits.MAX_FILE + 1)
        count = 0
        for lines in _sheets(data, suffix):
            count += 1
            _write(out, lines)
        _write(out, [{"end": count}])
    except Refused as refusal:
        _write(out, [{"refused": [refusal.zh, refusal.en]}])
    except MemoryError:
        _write(out, [{"refused": list(TOO_MUCH)}])
    return 0


TOO_MUCH = (
    "台账需要的内存或时间过多，拒绝读取，请拆分或另存",
    "ledger needs too much memory or time and is not read, split it or save it again",
)


def _bound() -> None:
    seconds, room = limits.MAX_SECONDS, limits.MAX_ANSWER
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    resource.setrlimit(resource.RLIMIT_AS, (limits.MAX_MEMORY, limits.MAX_MEMORY))


def _sheets(data: bytes, suffix: str) -> Iterator[Iterator[Any]]:
    kind = recognise(data, suffix)
    if kind is FileKind.TEXT:
        from inventory.ledger_files.text_table import read_text  # noqa: PLC0415  quick to start

        yield _lines("", read_text(data), {})
        return
    from inventory.ledger_files.workbook import fill_merged, read_workbook  # noqa: PLC0415  quick to start

    told, from_1904 = _facts(kind, data)
    for index, sheet in enumerate(read_workbook(data)):
        head: dict[str, Any] = {"hidden": sheet.hidden, "1904": from_1904}
        facts = None if sheet.hidden else told(index, sheet.name)
        spans = facts.spans if facts else ()
        fill_merged(sheet.rows, spans)
        head["merges"] = list(_within(sheet, (*sheet.merges, *spans)))
        if facts:
            height = len(sheet.rows)
            _as_shown(sheet.rows, facts)
            head |= {"faults": facts.faults, "more": facts.more_faults}
            head["hidden_rows"] = sorted(row for row in facts.hidden_rows if row < height)
            head["hidden_columns"] = sorted(facts.hidden_columns)
        yield _lines(sheet.name, sheet.rows, head)


def _within(
    sheet: "RawSheet", merges: Iterable[tuple[int, int, int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """What of them lies in the sheet: a range may be told to reach to the last cell of all."""
    height, width = len(sheet.rows), max(map(len, sheet.rows), default=0)
    for top, left, bottom, right in merges:
        if top < height and left < width:
            yield top, left, min(bottom, height - 1), min(right, width - 1)


type _Told = Callable[[int, str], SheetFacts | None]


def _facts(kind: FileKind, data: bytes) -> tuple[_Told, bool]:
    """(index, name) → what the file says of a sheet besides its cells; whether its days count from
    1904. Raises Refused."""
    if kind is FileKind.XLS:
        from inventory.ledger_files.binary_records import check_xls  # noqa: PLC0415

        found, from_1904 = check_xls(data)
        return lambda index, _name: found[index] if index < len(found) else None, from_1904
    archive = Archive(data)
    if archive.kind == "ods":
        from inventory.ledger_files.open_document import check_content  # noqa: PLC0415

        by_name = check_content(archive)
        return lambda _index, name: by_name.get(name), False
    from inventory.ledger_files.spreadsheet_xml import (  # noqa: PLC0415
        book_of,
        check_parts,
        two_decimals,
    )

    by_part = check_parts(archive)
    parts, from_1904 = book_of(archive)
    if any(facts.styled for facts in by_part.values()):
        showing = two_decimals(archive)
        for facts in by_part.values():
            facts.styled = [cell for cell in facts.styled if cell[2] in showing]
    return (
        lambda index, _name: by_part.get(parts[index]) if index < len(parts) else None,
        from_1904,
    )


def _as_shown(rows: list[list[Any]], facts: SheetFacts) -> None:
    """A number that shows two digits behind the point, as text: 2015.10 is October."""
    for row, column, _ in facts.styled:
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], float):
            rows[row][column] = f"{rows[row][column]:.2f}"


def _lines(name: str, rows: Sequence[Any], head: dict[str, Any]) -> Iterator[Any]:
    yield {"sheet": name, "width": max(map(len, rows), default=0), **head}
    for row in rows:
        end = len(row)
        while end and row[end - 1] in ("", None):
            end -= 1
        yield row[:end]


def _plain(value: object) -> Any:
    if isinstance(value, date):
        return ["d", value.isoformat()]
    raise TypeError(f"{type(value)} in a cell")


def _write(out: TextIO, lines: Iterable[Any]) -> None:
    for line in lines:
        # letters as they are; a half of a surrogate pair can't be: it is escaped
        out.write(json.dumps(line, default=_plain) + "\n")
    out.flush()

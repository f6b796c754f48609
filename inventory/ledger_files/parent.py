"""Opening a ledger's file and having it read by a child process."""

import json
import os
import select
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from inventory.ledger_files import limits
from inventory.ledger_files.child import TOO_MUCH
from inventory.ledger_files.facts import Fault
from inventory.ledger_files.limits import Refused, broken
from inventory.ledger_files.recognise import SUFFIXES

_ROOT = str(Path(__file__).resolve().parents[2])
_CHILD = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from inventory.ledger_files.child import main; sys.exit(main(sys.argv[2]))"
)

Cell = str | float | int | bool | date | None


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """`rows` are all as wide as the sheet; a CSV's `name` is "". Of xlsx, xls and ods: `merges`
    (top, left, bottom, right), `hidden_rows` and `hidden_columns`, all from 0; `date1904`: serial
    numbers count from 1904."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool
    faults: tuple[Fault, ...]
    more_faults: int
    merges: tuple[tuple[int, int, int, int], ...]
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]
    date1904: bool


def read_file(path: Path) -> tuple[ReadSheet, ...]:
    """All sheets of a file. Raises Refused, and OSError when it can't be opened."""
    suffix = path.suffix.lower()
    with _opened(path) as stream, tempfile.TemporaryFile() as answer:
        if suffix not in SUFFIXES:
            raise Refused(
                "台账格式不认识，应为 xlsx、xls、ods 或 csv",
                "ledger format is not known, save it as xlsx, xls, ods or csv",
            )
        code = _run(stream, suffix, answer)
        answer.seek(0)
        return tuple(_sheets(answer, code))


def _opened(path: Path) -> IO[bytes]:
    """The file, without waiting for whoever writes to a pipe. Raises Refused, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise Refused(
                    "台账不是文件而是文件夹，请列出其中的台账，如 文件夹/*.xlsx",
                    "ledger is not a file but a folder, name the ledgers in it: folder/*.xlsx",
                )
            raise Refused("台账不是文件", "ledger is not a file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _run(stream: IO[bytes], suffix: str, answer: IO[bytes]) -> int:
    """Run the child; its exit code, negative for the signal that ended it."""
    argv = [sys.executable, "-I", "-c", _CHILD, _ROOT, suffix]
    child = subprocess.Popen(
        argv,
        stdin=stream,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
    )
    try:
        ended = os.pidfd_open(child.pid)
        try:
            waiting = select.poll()
            waiting.register(ended, select.POLLIN)
            if not waiting.poll(limits.MAX_WAIT * 1000):
                raise Refused(*TOO_MUCH)
        finally:
            os.close(ended)
        return child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _sheets(answer: IO[bytes], code: int) -> Iterator[ReadSheet]:
    """What the child said. It is believed as far as its form goes: it read what came from outside."""
    head: dict[str, Any] | None = None
    rows: list[tuple[Cell, ...]] = []
    for raw in answer:
        try:
            line = json.loads(raw)
        except ValueError:
            break  # it was ended in the middle of a line
        if isinstance(line, list):
            rows.append(_row(line, head["width"] if head else 0))
            continue
        if head is not None:
            yield _sheet(head, rows)
        if "refused" in line:
            raise Refused(*line["refused"])
        if "end" in line:
            return
        head, rows = line, []
    # no last line: killed for its memory or time, or a parser that fell over
    raise Refused(*TOO_MUCH) if code < 0 else broken("内部结构错误 / its structure is broken")


def _sheet(head: dict[str, Any], rows: list[tuple[Cell, ...]]) -> ReadSheet:
    return ReadSheet(
        name=head["sheet"],
        rows=tuple(rows),
        hidden=head.get("hidden", False),
        faults=tuple(Fault(*fault) for fault in head.get("faults", ())),
        more_faults=head.get("more", 0),
        merges=tuple((t, le, b, r) for t, le, b, r in head.get("merges", ())),
        hidden_rows=frozenset(head.get("hidden_rows", ())),
        hidden_columns=frozenset(head.get("hidden_columns", ())),
        date1904=head.get("1904", False),
    )


def _row(cells: list[Any], width: int) -> tuple[Cell, ...]:
    row = [_day(c[1]) if isinstance(c, list) else c for c in cells]
    row += [""] * (width - len(row))
    return tuple(row)


def _day(written: str) -> date:
    return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)

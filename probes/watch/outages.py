"""Outages: when each target went down, why, and when it came back. A small database of its own.

The table of counters is the truth about now; this is the memory of how it was. A prober that was
killed finds both and brings them together (`reconcile`): an outage that went on is still the same
one, one that ended while nobody looked ends where the first answer says so.
"""

import contextlib
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inventory.wal import into_wal
from probes.errors import Misuse

SCHEMA = """
create table if not exists outages (
    id integer primary key,
    key text not null, code text not null, check_name text not null, family integer not null,
    began integer not null, ended integer, reason text not null,
    acknowledged_by text, acknowledged_at integer, note text
);
create unique index if not exists one_open on outages (key) where ended is null;
create index if not exists by_code on outages (code, began);
"""


AGAIN = 1.0
"""Seconds between two tries to write what could not be written."""
LEFT = "已离开探测清单 / left the list of targets"
"""Why an outage ended that nobody saw end."""
LAST_TRIES = 3
"""How often it is tried once the prober stops."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A target that went down or came back; `at`: ns since 1970. `cause`: why it is over, where that
    is not an answer."""

    key: str
    code: str
    check: str
    family: int
    down: bool
    at: int
    reason: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """`ended` is None while it lasts. Times: ns since 1970. `prober`: whose record it is, empty for
    our own; `id` is unique in one record."""

    code: str
    check: str
    family: int
    began: int
    ended: int | None
    reason: str
    acknowledged_by: str | None
    id: int = 0
    acknowledged_at: int | None = None
    note: str | None = None
    prober: str = ""


class Outages:
    """Written by a thread, in batches: ten thousand targets may go down in one second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._pause = threading.Event()
        with contextlib.closing(_opened(path)):
            pass
        self._thread = threading.Thread(target=self._write, name="outages", daemon=True)
        self._thread.start()

    def tell(self, turn: Turn) -> None:
        self._turns.put(turn)

    def close(self) -> None:
        """All that was told is written, or it is said that it could not be."""
        self._turns.put(None)
        self._pause.set()
        self._thread.join()

    def reconcile(self, now: Iterable[Turn], left: Callable[[str], Turn | None]) -> None:
        """`now`: every target whose state is known, with the moment since when it is so; `left`: how
        the outage of a key ends that is on the list no more, None for one that is on it."""
        opened = open_keys(self._path)
        for key in opened:
            if turn := left(key):
                self.tell(turn)
        for turn in now:
            if turn.down != (turn.key in opened):
                self.tell(turn)

    def _write(self) -> None:
        ended = False
        while not ended:
            told, ended = self._told()
            tries = 0
            while not self._written(told):
                tries += 1
                if ended and tries == LAST_TRIES:
                    _say(f"{self._path}: 未能记下 / not written: {len(told)} 次变化 / turns")
                    return
                self._pause.wait(AGAIN)

    def _told(self) -> tuple[list[Turn], bool]:
        """All that waits, at least one; whether that is the end."""
        told: list[Turn] = []
        turn = self._turns.get()
        while turn is not None:
            told.append(turn)
            try:
                turn = self._turns.get_nowait()
            except queue.Empty:
                return told, False
        return told, True

    def _written(self, told: Sequence[Turn]) -> bool:
        """A disk that is full, or a reader that holds the file, must not end the memory of outages:
        what could not be written is kept, and written when it can be."""
        try:
            with contextlib.closing(_opened(self._path)) as database, database:
                for turn in told:
                    _note(database, turn)
        except sqlite3.Error as error:
            _say(f"{self._path}: {error}; 将再试 / will be tried again: {len(told)}")
            return False
        return True


def _say(text: str) -> None:
    """To the prober's log."""
    print(text, file=sys.stderr, flush=True)


def _note(database: sqlite3.Connection, turn: Turn) -> None:
    if turn.down:
        database.execute(
            "insert or ignore into outages (key, code, check_name, family, began, reason) "
            "values (?, ?, ?, ?, ?, ?)",
            (turn.key, turn.code, turn.check, turn.family, turn.at, turn.reason),
        )
    else:
        database.execute(
            # a clock that was set back must not make an outage end before it began
            "update outages set ended = max(began, ?), "
            # and what a person wrote down of it stays
            "note = case when ? = '' then note else coalesce(note || '；', '') || ? end "
            "where key = ? and ended is null",
            (turn.at, turn.cause, turn.cause, turn.key),
        )


def open_keys(path: Path) -> frozenset[str]:
    with contextlib.closing(_connect(path)) as database:
        return frozenset(
            k for (k,) in database.execute("select key from outages where ended is null")
        )


def recorded(path: Path, code: str | None = None) -> list[Outage]:
    """All outages, or those of one code, the oldest first."""
    with contextlib.closing(_opened(path)) as database:
        rows = database.execute(
            "select code, check_name, family, began, ended, reason, acknowledged_by, id, "
            "acknowledged_at, note from outages where ? is null or code = ? order by began, id",
            (code, code),
        )
        return [Outage(*row) for row in rows]


def acknowledge(path: Path, ids: Sequence[int], *, by: str, note: str, at: int) -> list[Outage]:
    """Write down who took notice and what the cause was; `at`: ns since 1970. What an outage said
    before is given back by `recorded` until then: the caller's audit keeps it. Raises Misuse where one
    of the ids is no outage; then none is changed."""
    with contextlib.closing(_opened(path)) as database, database:
        for number in ids:
            changed = database.execute(
                "update outages set acknowledged_by = ?, acknowledged_at = ?, note = ? where id = ?",
                (by, at, note, number),
            ).rowcount
            if not changed:
                raise Misuse(
                    f"没有此中断编号 / no such outage: {number}; 见 / see `qianyun probe outages`"
                )
    return [one for one in recorded(path) if one.id in ids]


def forget(path: Path, before: int) -> None:
    """Drop outages that ended before then (ns since 1970)."""
    with contextlib.closing(_opened(path)) as database, database:
        database.execute("delete from outages where ended < ?", (before,))


def _opened(path: Path) -> sqlite3.Connection:
    """With all tables and columns of this version; one made by an earlier version gets them."""
    database = _connect(path)
    database.executescript(SCHEMA)
    columns = {row[1] for row in database.execute("pragma table_info(outages)")}
    if "note" not in columns:
        with contextlib.suppress(sqlite3.OperationalError):  # another process was first
            database.execute("alter table outages add column note text")
    return database


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    into_wal(database)
    database.execute("pragma synchronous = normal")
    return database

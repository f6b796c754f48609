"""What was, for years: each hour's and each day's looks of every target, beside the prober's table.

    with History(folder.history) as history:
        history.fold(folder)        # every few minutes, by one process

The table's counters only grow; `fold` adds what they grew by since it was last called, and keeps
with that, in one transaction, how far it came: however often the process is killed nothing is
counted twice, and nothing is lost but where the table itself was. Time watched is one of these
counters, so that what lies between the last fold and a kill counts as well. Hours are kept HOURS_KEPT days,
days (of China's time) and outages five years (a city must be able to show them so long).
"""

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Self

from inventory.wal import into_wal
from probes.watch.folder import Folder
from probes.watch.slots import Seat, read
from probes.watch.table import HEAD, WORDS, State, Table, Word
from probes.watch.watched import number_of

CHINA = timezone(timedelta(hours=8))
"""One zone without summer time: a day of the history is a day on every clock in the country."""
HOURS_KEPT = 62
YEARS_KEPT = 5
EPOCH = date(1970, 1, 1)

SCHEMA = """
create table if not exists targets (
    id integer primary key, key text not null unique,
    code text not null, check_name text not null, family integer not null,
    kind text not null, organisation text not null
);
create index if not exists by_code on targets (code);
create table if not exists marks (
    target integer primary key, answered integer not null, failed integer not null,
    unmeasured integer not null, sum integer not null, at integer not null,
    watched integer not null default 0
);
create table if not exists hours (
    target integer not null, at integer not null,
    answered integer not null, failed integer not null, unmeasured integer not null,
    sum integer not null, watched integer not null,
    primary key (target, at)
) without rowid;
create table if not exists days (
    target integer not null, at integer not null,
    answered integer not null, failed integer not null, unmeasured integer not null,
    sum integer not null, watched integer not null,
    primary key (target, at)
) without rowid;
"""
ADD = (
    "insert into {table} values (?, ?, ?, ?, ?, ?, ?) on conflict do update set "
    "answered = answered + excluded.answered, failed = failed + excluded.failed, "
    "unmeasured = unmeasured + excluded.unmeasured, sum = sum + excluded.sum, "
    "watched = watched + excluded.watched"
)
_ROWS = (
    "select t.code, t.check_name, t.family, r.at, r.answered, r.failed, r.unmeasured, r.sum, "
    "r.watched from {grain} r join targets t on t.id = r.target "
    "where r.at >= ? and r.at < ? and (? is null or t.code = ?) "
    "order by t.code, t.check_name, t.family, r.at"
)
_TOTALS = (
    "select t.code, t.check_name, t.family, max(r.at), sum(r.answered), sum(r.failed), "
    "sum(r.unmeasured), sum(r.sum), sum(r.watched) from hours r join targets t on t.id = r.target "
    "where r.at >= ? group by r.target"
)
ROWS = {grain: _ROWS.format(grain=grain) for grain in ("hours", "days")}
MARK = "insert or replace into marks values (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Kept:
    """Looks of one target in one hour or day. `sum`, `watched`: ns of delay, and ns in which it was
    looked at."""

    code: str
    check: str
    family: int
    at: int
    answered: int
    failed: int
    unmeasured: int
    sum: int
    watched: int


@dataclass(frozen=True, slots=True)
class _Mark:
    answered: int = 0
    failed: int = 0
    unmeasured: int = 0
    sum: int = 0
    at: int = 0
    watched: int = 0


class History:
    """The store. Several may read while one process folds."""

    def __init__(self, path: Path) -> None:
        self._database = connect(path)
        self._database.executescript(SCHEMA)
        columns = {row[1] for row in self._database.execute("pragma table_info(marks)")}
        if "watched" not in columns:  # of an earlier version
            self._database.execute(
                "alter table marks add column watched integer not null default 0"
            )
        self._ids: dict[str, tuple[int, str, str]] = {}
        self._marks: dict[int, _Mark] = {}
        self._loaded = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def fold(self, folder: Folder) -> int:
        """Add what the counters grew by; how many targets had looks. Raises Misuse for a table of
        another version, FileNotFoundError before the prober made one."""
        table = Table(folder.table, writable=False)
        try:
            # with those who are gone: they may have been looked at since the last time
            seats = list(read(folder.slots))
            words = table.copy()
        finally:
            table.close()
        return self._add(words, seats)

    def _add(self, q: memoryview, seats: Iterable[Seat]) -> int:
        hours, days, marks = [], [], []
        with self._database:
            self._load()
            for seat in seats:
                base = HEAD + seat.slot * WORDS
                if q[base] != number_of(seat.key) or q[base + Word.STATE] == State.UNKNOWN:
                    continue  # a slot that somebody else has just been given, or no look yet
                target = self._target(seat)
                mark = self._marks.get(target, _Mark())
                now = _Mark(
                    answered=q[base + Word.ANSWERED],
                    failed=q[base + Word.FAILED],
                    unmeasured=q[base + Word.UNMEASURED],
                    sum=q[base + Word.SUM],
                    at=q[base + Word.LAST],
                    watched=q[base + Word.WATCHED],
                )
                if now == mark:
                    continue
                if now.answered < mark.answered or now.failed < mark.failed:
                    mark = _Mark()  # another table: it began at nought
                grown = (
                    now.answered - mark.answered,
                    now.failed - mark.failed,
                    max(0, now.unmeasured - mark.unmeasured),
                    max(0, now.sum - mark.sum),
                    max(0, now.watched - mark.watched),
                )
                hours.append((target, hour_of(now.at), *grown))
                days.append((target, day_of(now.at), *grown))
                marks.append((target, *astuple(now)))
                self._marks[target] = now
            self._database.executemany(ADD.format(table="hours"), hours)
            self._database.executemany(ADD.format(table="days"), days)
            self._database.executemany(MARK, marks)
        return len(marks)

    def _load(self) -> None:
        if self._loaded:
            return
        for number, key, kind, owner in self._database.execute(
            "select id, key, kind, organisation from targets"
        ):
            self._ids[key] = (number, kind, owner)
        for number, *rest in self._database.execute("select * from marks"):
            self._marks[number] = _Mark(*rest)
        self._loaded = True

    def _target(self, seat: Seat) -> int:
        labels = seat.labels
        kind, owner = labels["kind"], labels["organisation"]
        known = self._ids.get(seat.key)
        if known is None:
            made = self._database.execute(
                "insert into targets (key, code, check_name, family, kind, organisation) "
                "values (?, ?, ?, ?, ?, ?)",
                (seat.key, labels["code"], labels["check"], int(labels["family"]), kind, owner),
            ).lastrowid
            assert made is not None
            self._ids[seat.key] = (made, kind, owner)
            return made
        if known[1:] != (kind, owner):
            self._database.execute(
                "update targets set kind = ?, organisation = ? where id = ?",
                (kind, owner, known[0]),
            )
            self._ids[seat.key] = (known[0], kind, owner)
        return known[0]

    def forget(self, now: int) -> None:
        """Drop what is older than is kept; `now`: ns since 1970."""
        with self._database:
            self._database.execute(
                "delete from hours where at < ?", (hour_of(now) - HOURS_KEPT * 24,)
            )
            self._database.execute(
                "delete from days where at < ?", (day_of(now) - YEARS_KEPT * 366,)
            )


def catch_up(folder: Folder) -> None:
    """Before a prober starts: what the one before counted since the last fold stands in the hours in
    which it was, and not in those of the next looks. Raises as `History.fold`, and sqlite3.Error."""
    if folder.table.exists() and folder.slots.exists():
        with History(folder.history) as history:
            history.fold(folder)


def kept(path: Path, grain: str, since: int, until: int, code: str | None = None) -> list[Kept]:
    """Rows of `grain` ("hours", "days") from `since` up to but without `until` (hours, days since
    1970), of one code or all; empty where no history is kept."""
    if not path.exists():
        return []
    with contextlib.closing(connect(path)) as database:
        database.executescript(SCHEMA)
        rows = database.execute(ROWS[grain], (since, until, code, code))
        return [Kept(*row) for row in rows]


def totals(path: Path, since: int) -> list[Kept]:
    """Each target's looks from the hour `since` (hours since 1970) on, in one row."""
    if not path.exists():
        return []
    with contextlib.closing(connect(path)) as database:
        database.executescript(SCHEMA)
        return [Kept(*row) for row in database.execute(_TOTALS, (since,))]


def hour_of(nanoseconds: int) -> int:
    return nanoseconds // (3600 * 10**9)


def day_of(nanoseconds: int) -> int:
    """Days since 1970 on China's clocks."""
    return (date_of(nanoseconds) - EPOCH).days


def date_of(nanoseconds: int) -> date:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).astimezone(CHINA).date()


def begins(day: date) -> int:
    """The first moment of a day in China, ns since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()) * 10**9


def connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    into_wal(database)
    database.execute("pragma synchronous = normal")
    return database

"""What surveys saw, a row a check, day and vantage point; beside the history, kept as long."""

import contextlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from probes.readiness.evidence import Seen, Verdict, worst
from probes.watch.history import connect

SCHEMA = """
create table if not exists seen (
    code text not null, number integer not null, day text not null, vantage text not null,
    at integer not null, verdict text not null, worst text not null, told text not null,
    figures text not null,
    primary key (code, number, day, vantage)
) without rowid;
"""
PUT = (
    "insert into seen values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set at = excluded.at, "
    "verdict = excluded.verdict, told = excluded.told, figures = excluded.figures, "
    "worst = case when worst = 'failed' then worst else excluded.worst end"
)


def put(path: Path, vantage: str, seen: Iterable[Seen]) -> None:
    """The latest of a day stands; that it failed once on that day is kept."""
    with contextlib.closing(_opened(path)) as database, database:
        database.executemany(PUT, (_row(vantage, one) for one in seen))


def _row(vantage: str, one: Seen) -> tuple[str | int, ...]:
    figures = {
        "second": one.second,
        "third": one.third,
        "similar": one.similar,
        "skylights": one.skylights,
    }
    told = json.dumps(figures, ensure_ascii=False)
    return (
        *(one.code, one.number, one.day.isoformat(), vantage, one.at),
        *(one.verdict.value, one.worst.value, one.told, told),
    )


def every(paths: Iterable[Path], since: date) -> dict[tuple[str, int], tuple[Seen, ...]]:
    """By code and check, the oldest first; of several vantage points on one day the worst of all
    (for check 11 there is one kind of vantage point alone, see alone.py)."""
    found: dict[tuple[str, int, date], list[Seen]] = defaultdict(list)
    for path in paths:
        if path.exists():
            with contextlib.closing(_opened(path)) as database:
                for row in database.execute(
                    "select * from seen where day >= ?", (since.isoformat(),)
                ):
                    one = _seen(row)
                    found[one.code, one.number, one.day].append(one)
    merged: dict[tuple[str, int], list[Seen]] = defaultdict(list)
    for (code, number, _), several in sorted(found.items()):
        merged[code, number].append(_worst(several))
    return {key: tuple(them) for key, them in merged.items()}


def _worst(several: list[Seen]) -> Seen:
    verdict = worst(one.verdict for one in several)
    return next(one for one in several if one.verdict is verdict)


def _seen(row: sqlite3.Row) -> Seen:
    more = json.loads(row["figures"])
    return Seen(
        code=row["code"],
        number=row["number"],
        day=date.fromisoformat(row["day"]),
        at=row["at"],
        verdict=Verdict(row["verdict"]),
        worst=Verdict(row["worst"]),
        told=row["told"],
        second=more["second"],
        third=more["third"],
        similar=more["similar"],
        skylights=tuple(more["skylights"]),
    )


def _opened(path: Path) -> sqlite3.Connection:
    database = connect(path)
    database.row_factory = sqlite3.Row
    database.executescript(SCHEMA)
    return database

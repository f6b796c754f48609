"""Screens of what people put on record about policies."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import BAD, DIM, rows, table, text
from api.times import local
from api.words import Words
from inventory.model import content
from migrator.store.records import Kept, Record

_ELSEWHERE = ("policy", "entry", "code", "set")


def records_screen(found: Sequence[Kept], say: Words, timezone: str) -> Iterator[RenderableType]:
    """One row a record, with who put it down; a withdrawn one says by whom and why."""
    if not found:
        yield text(say("no_records"), DIM)
        return
    heads = ("number_short", "kind", "policy", "rule", "object", "record_says", "recorded_by")
    yield rows(table(*(say(head) for head in heads)), (_row(k, say, timezone) for k in found))


def _row(kept: Kept, say: Words, timezone: str) -> tuple[object, ...]:
    record = kept.record
    when = f"{kept.recorded_by} {local(kept.recorded_at, timezone)}"
    if kept.withdrawn_at:
        gone = say("withdrawn_by", who=kept.withdrawn_by, why=kept.reason)
        return (*_what(kept, record, say), text(f"{when}；{gone}", BAD))
    return (*_what(kept, record, say), text(when, DIM))


def _what(kept: Kept, record: Record, say: Words) -> tuple[object, ...]:
    said = content(record)
    rest = "；".join(f"{name} {value}" for name, value in said_of(kept, say))
    kind = say.known(f"record.{kept.kind}")
    return (
        kept.id,
        kind,
        *(said.get(name, "") for name in ("policy", "entry", "code")),
        rest,
    )


def said_of(kept: Kept, say: Words) -> list[tuple[str, str]]:
    """What it says beside which policy, entry and object it is about: names and values."""
    return [
        (say.known(f"record.{name}"), _value(name, value, say))
        for name, value in content(kept.record).items()
        if name not in _ELSEWHERE
    ]


def _value(name: str, value: object, say: Words) -> str:
    if isinstance(value, bool):
        return say("yes" if value else "no")
    if isinstance(value, list):
        return "、".join(map(str, value))
    return say(f"record.{value}") if name == "became" else str(value)

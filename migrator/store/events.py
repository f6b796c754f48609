"""Events of runs: what changed, in the order in which it was written. A watcher goes on after the last
id that it has seen; nothing is ever missed or told twice."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select

from inventory.model import Frozen
from migrator.store.tables import events

if TYPE_CHECKING:
    from migrator.store.truth import Truth


_ADD = insert(events)


class Event(Frozen):
    """`kind`: `run.…`, `item.STATE`, `step.STATE` or `command.VERB`; `body`: reason, message, values."""

    id: int
    run: str
    system: str
    step: str
    kind: str
    body: dict[str, Any]
    at: str


def note(
    connection: Connection,
    at: str,
    run: str,
    kind: str,
    *,
    system: str = "",
    step: str = "",
    body: Mapping[str, object] | None = None,
) -> None:
    """Write an event within the caller's transaction."""
    told = json.dumps(body or {}, ensure_ascii=False, default=str)
    row = {"run": run, "system": system, "step": step, "kind": kind, "body": told, "at": at}
    connection.execute(_ADD, row)


class Events:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def after(self, last: int = 0, run: str | None = None, limit: int = 500) -> list[Event]:
        """Those after the id `last`, by id; of every run when none is named."""
        query = select(events).where(events.c.id > last).order_by(events.c.id).limit(limit)
        if run is not None:
            query = query.where(events.c.run == run)
        with self._truth.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Event(**{**row, "body": json.loads(row["body"])}) for row in rows]

    def last(self) -> int:
        """The id of the last event of all; 0 where there is none."""
        with self._truth.reading() as connection:
            return connection.scalar(select(func.max(events.c.id))) or 0

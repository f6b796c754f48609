"""Rows of runs, items and steps, inside a transaction that the caller has open."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from migrator.errors import NotFound
from migrator.planning.plan import StepKind
from migrator.runs.records import (
    ItemRecord,
    ItemState,
    RunRecord,
    StepRecord,
    StepState,
)
from migrator.store.events import note
from migrator.store.tables import items, runs, steps

# Built once: to build a statement costs more than to run it, and these are run many times a step.
RUN = select(runs).where(runs.c.code == bindparam("of_run"))
_OF_ITEM = (items.c.run == bindparam("of_run")) & (items.c.system == bindparam("of_system"))
ITEM = select(items).where(_OF_ITEM)
_ITEM_STATE = select(items.c.state).where(_OF_ITEM)
_SET_ITEM = update(items).where(_OF_ITEM)
TOLD = (
    select(items.c.wanted, (items.c.paused | runs.c.paused).label("paused"))
    .join(runs, runs.c.code == items.c.run)
    .where(_OF_ITEM)
)
_OF_STEPS = (steps.c.run == bindparam("of_run")) & (steps.c.system == bindparam("of_system"))
STEPS_OF = select(steps).where(_OF_STEPS)
_OF_STEP = _OF_STEPS & (steps.c.step == bindparam("of_step"))
STEP_STATE = select(steps.c.state).where(_OF_STEP)
_SET_STEP = update(steps).where(_OF_STEP)
_ADD_STEP = insert(steps)


def read_run(connection: Connection, code: str, *, way: bool = True) -> RunRecord:
    """`way`: with its items' steps. Raises NotFound."""
    row = connection.execute(select(runs).where(runs.c.code == code)).mappings().first()
    if row is None:
        raise NotFound(f"没有此次执行 / no such run: {code}; see `qianyun run list`")
    found: dict[str, list[StepRecord]] = {}
    if way:
        for system, *told in connection.execute(_STEPS.where(steps.c.run == code)):
            found.setdefault(system, []).append(_like(*told))
    kept = connection.execute(
        select(items).where(items.c.run == code).order_by(items.c.wave, items.c.system)
    ).mappings()
    return run_of(row, tuple(item_of(item, found.get(item["system"], [])) for item in kept))


def update_item(
    connection: Connection, at: str, run: str, system: str, values: dict[str, Any]
) -> None:
    """Columns of an item; a state that is another than before is an event."""
    of = {"of_run": run, "of_system": system}
    if state := values.get("state"):
        before = connection.scalar(_ITEM_STATE, of)
        if before != state:
            body = {"note": values["note"]} if values.get("note") else None
            note(connection, at, run, f"item.{ItemState(state)}", system=system, body=body)
    connection.execute(_SET_ITEM, of | values)


def put_step(
    connection: Connection, at: str, of: tuple[str, str, StepKind], values: dict[str, Any]
) -> None:
    """Columns of a step, `of` a run, a system and its kind; a state is an event."""
    run, system, step = of
    key = {"of_run": run, "of_system": system, "of_step": step}
    if state := values.get("state"):
        body = {"message": values["message"]} if values.get("message") else None
        kind = f"step.{StepState(state)}"
        note(connection, at, run, kind, system=system, step=step, body=body)
    if connection.execute(_SET_STEP, key | values).rowcount == 0:
        blank = {"state": StepState.PENDING, **values}
        connection.execute(_ADD_STEP, {"run": run, "system": system, "step": step, **blank})


def run_of(row: RowMapping, found: tuple[ItemRecord, ...]) -> RunRecord:
    return RunRecord(**{**row, "limits": json.loads(row["limits"]), "items": found})


def item_of(row: RowMapping, way: Sequence[StepRecord]) -> ItemRecord:
    return ItemRecord(**row, steps=tuple(sorted(way, key=lambda step: _ORDER[step.step])))


def step_of(row: RowMapping) -> StepRecord:
    return StepRecord(**{k: v for k, v in row.items() if k not in {"run", "system"}})


_STEPS = select(
    steps.c.system,
    *(steps.c[name] for name in StepRecord.model_fields),
)


@lru_cache(maxsize=4096)
def _like(*told: Any) -> StepRecord:
    """A step's record: of a run of thousands of items most are alike, and nobody changes one."""
    return StepRecord(**dict(zip(StepRecord.model_fields, told, strict=True)))


_ORDER = {kind: number for number, kind in enumerate(StepKind)}

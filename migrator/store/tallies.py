"""What of runs pages and lists show, counted by the database: a run of thousands of items is never read
whole to show that it is there.

Counts of steps and states of items are kept until the run's next event: each change of such a state
writes one.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Float,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from inventory.model import Frozen
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemRecord, ItemState, RunRecord, StepState
from migrator.store.run_rows import item_of, run_of, step_of
from migrator.store.tables import events, items, runs, steps

if TYPE_CHECKING:
    from migrator.store.truth import Truth

KEPT = 256
"""Answers that a process keeps, by run and scope."""
STUCK = (ItemState.FAILED, ItemState.HELD)
_LAST_EVENT = select(func.max(events.c.id)).where(events.c.run == bindparam("of_run"))
_STATES = {state.value: state for state in ItemState}
ENDED = tuple(state for state in ItemState if state.ended)


class StepSum(NamedTuple):
    """Steps of a kind and state, of items that have ended or not: how many, how many of them tell from
    when to when, and how many seconds those took together."""

    step: StepKind
    state: StepState
    ended: bool
    many: int
    timed: int
    seconds: float


class Tally(Frozen):
    """A run without its items. `waves`: how many items by wave and state; `stuck`: those that failed or
    are held, whole; `steps`, and `running` (what runs, since when): empty where nobody asked for them."""

    run: RunRecord
    waves: Mapping[tuple[int, ItemState], int]
    stuck: tuple[ItemRecord, ...]
    steps: tuple[StepSum, ...] = ()
    running: tuple[tuple[StepKind, str], ...] = ()

    @property
    def items(self) -> int:
        return sum(self.waves.values())

    @property
    def waiting(self) -> tuple[str, ...]:
        """Systems whose item waits for an operator's decision."""
        return tuple(item.system for item in self.stuck if item.waits)


type Among = frozenset[str] | None
"""Systems that count; None for all."""


class Tallies:
    """Safe between threads."""

    def __init__(self, truth: "Truth") -> None:
        self._truth = truth
        self._lock = Lock()
        self._kept: dict[tuple[object, str, Among], tuple[int, Any]] = {}

    def heads(self, among: Among = None) -> list[RunRecord]:
        """Runs without their items, oldest first; those that have an item of `among`."""
        query = select(runs).order_by(runs.c.started_at)
        with self._truth.reading() as connection:
            if among is not None:
                has = select(items.c.run).where(_in(connection, among))
                query = query.where(runs.c.code.in_(has))
            return [run_of(row, ()) for row in connection.execute(query).mappings()]

    def of(
        self, heads: Sequence[RunRecord], among: Among = None, *, stepped: bool = False
    ) -> list[Tally]:
        """Tallies of these runs, in their order; `stepped`: with their steps."""
        codes = [run.code for run in heads]
        with self._truth.reading() as connection:
            waves = _waves(connection, codes, among)
            stuck = _stuck(connection, codes, among)
            sums = {c: self._until_next(connection, c, among, _summed) for c in codes if stepped}
            running = {
                c: self._until_next(connection, c, among, _running) for c in codes if stepped
            }
        return [
            Tally(
                run=run,
                waves=waves.get(run.code, {}),
                stuck=tuple(stuck.get(run.code, ())),
                steps=sums.get(run.code, ()),
                running=running.get(run.code, ()),
            )
            for run in heads
        ]

    def page(
        self,
        code: str,
        choose: Callable[[int, int], tuple[int, int]],
        among: Among = None,
        *,
        at: str = "",
    ) -> tuple[tuple[ItemRecord, ...], int]:
        """A part of the run's items by wave and system, whole, and its place. `choose` is given the place
        of the item of the system `at`, without one that of the first item that has not ended, 0 where
        there is none, and how many there are; it says from which place on how many."""
        with self._truth.reading() as connection:
            of = _of(connection, [code], among)
            order = (items.c.wave, items.c.system)
            looked_for = items.c.system == at if at else items.c.state.not_in(ENDED)
            first = connection.execute(
                select(*order).where(of, looked_for).order_by(*order).limit(1)
            ).first()
            before = 0
            if first is not None:
                wave, system = first
                earlier = (items.c.wave < wave) | (
                    (items.c.wave == wave) & (items.c.system < system)
                )
                before = _count(connection, of & earlier)
            offset, limit = choose(before, _count(connection, of))
            rows = select(items).where(of).order_by(*order).offset(offset).limit(limit)
            return tuple(_whole(connection, rows)), offset

    def moves(self, system: str) -> list[ItemRecord]:
        """The system's item in every run that has one, by the run's start, oldest first."""
        query = select(items).join(runs, runs.c.code == items.c.run)
        query = query.where(items.c.system == system).order_by(runs.c.started_at)
        with self._truth.reading() as connection:
            return _whole(connection, query)

    def some(self, code: str, systems: Collection[str]) -> list[ItemRecord]:
        """The items of these systems in the run, whole."""
        with self._truth.reading() as connection:
            of = _of(connection, [code], frozenset(systems))
            return _whole(
                connection, select(items).where(of).order_by(items.c.wave, items.c.system)
            )

    def mark(self, code: str) -> int:
        """A number that is another when the run, an item, or how many steps are under way has changed, in
        this process: for what no event tells."""
        under_way = steps.c.state == StepState.RUNNING.value
        of = select(func.count()).select_from(steps).where(steps.c.run == code, under_way)
        with self._truth.reading() as connection:
            head = connection.execute(select(runs).where(runs.c.code == code)).all()
            rows = connection.execute(select(items).where(items.c.run == code)).all()
            return hash((*map(tuple, head), *map(tuple, rows), connection.scalar(of)))

    def under_way(self) -> list[tuple[str, str]]:
        """(plan, system) of every item that is being moved now, of runs that have not ended."""
        resting = (*ENDED, ItemState.WAITING, ItemState.PAUSED)
        query = select(runs.c.plan, items.c.system).join(items, items.c.run == runs.c.code)
        query = query.where(runs.c.ended_at.is_(None), items.c.state.not_in(resting))
        with self._truth.reading() as connection:
            return [(plan, system) for plan, system in connection.execute(query)]

    def states(
        self, codes: Collection[str], among: Among = None
    ) -> dict[str, dict[str, ItemState]]:
        """Of each run the state by system, by wave and system."""
        with self._truth.reading() as connection:
            found = {c: self._until_next(connection, c, among, _states_of) for c in codes}
        return {code: states for code, states in found.items() if states}

    def counted(
        self, codes: Collection[str], among: Among = None
    ) -> dict[str, Mapping[ItemState, int]]:
        """Of each run how many items stand where."""
        with self._truth.reading() as connection:
            return {c: self._until_next(connection, c, among, _counted) for c in codes}

    def _until_next[T](
        self,
        connection: Connection,
        code: str,
        among: Among,
        look: Callable[[Connection, str, Among], T],
    ) -> T:
        """What `look` gives of the run, kept until its next event."""
        last = connection.scalar(_LAST_EVENT, {"of_run": code}) or 0
        key = (look, code, among)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == last:
            known: T = kept[1]
            return known
        found = look(connection, code, among)
        with self._lock:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = (last, found)
        return found


def _waves(
    connection: Connection, codes: Sequence[str], among: Among
) -> dict[str, dict[tuple[int, ItemState], int]]:
    key = (items.c.run, items.c.wave, items.c.state)
    query = select(*key, func.count()).where(_of(connection, codes, among)).group_by(*key)
    found: dict[str, dict[tuple[int, ItemState], int]] = {}
    for run, wave, state, count in connection.execute(query):
        found.setdefault(run, {})[wave, ItemState(state)] = count
    return found


def _stuck(
    connection: Connection, codes: Sequence[str], among: Among
) -> dict[str, list[ItemRecord]]:
    query = select(items).where(_of(connection, codes, among), items.c.state.in_(STUCK))
    found: dict[str, list[ItemRecord]] = {}
    for item in _whole(connection, query.order_by(items.c.wave, items.c.system)):
        found.setdefault(item.run, []).append(item)
    return found


def _running(connection: Connection, code: str, among: Among) -> tuple[tuple[StepKind, str], ...]:
    here = (steps.c.run == items.c.run) & (steps.c.system == items.c.system)
    query = select(steps.c.step, steps.c.started_at).join(items, here)
    query = query.where(_of(connection, [code], among), steps.c.state == StepState.RUNNING)
    rows = connection.execute(query.order_by(steps.c.started_at))
    return tuple((StepKind(step), at) for step, at in rows if at)


def _states_of(connection: Connection, code: str, among: Among) -> dict[str, ItemState]:
    query = select(items.c.system, items.c.state).where(_of(connection, [code], among))
    rows = connection.execute(query.order_by(items.c.wave, items.c.system)).all()
    return {system: _STATES[state] for system, state in rows}


def _counted(connection: Connection, code: str, among: Among) -> Mapping[ItemState, int]:
    query = select(items.c.state, func.count()).where(_of(connection, [code], among))
    rows = connection.execute(query.group_by(items.c.state)).all()
    return {_STATES[state]: count for state, count in rows}


def _summed(connection: Connection, code: str, among: Among) -> tuple[StepSum, ...]:
    ended = items.c.state.in_(ENDED).label("ended")
    took = _seconds(connection)
    key = (steps.c.step, steps.c.state, ended)
    query = (
        select(*key, func.count(), func.count(took), func.coalesce(func.sum(took), 0.0))
        .join(items, (items.c.run == steps.c.run) & (items.c.system == steps.c.system))
        .where(steps.c.run == code, steps.c.state != StepState.PENDING.value)
        .group_by(*key)
    )
    if among is not None:
        query = query.where(_in(connection, among))
    return tuple(
        StepSum(StepKind(step), StepState(state), bool(gone), count, timed, float(seconds))
        for step, state, gone, count, timed, seconds in connection.execute(query)
    )


def _seconds(connection: Connection) -> ColumnElement[float]:
    """What a step took; null where one of its times is."""
    begun, ended = steps.c.started_at, steps.c.ended_at
    if connection.dialect.name == "postgresql":
        zoned = DateTime(timezone=True)
        return cast(func.extract("epoch", cast(ended, zoned) - cast(begun, zoned)), Float)
    return (func.julianday(ended) - func.julianday(begun)) * 86_400.0


def _whole(connection: Connection, query: Any) -> list[ItemRecord]:
    """Items of the query with their steps. Raises nothing for none."""
    rows = list(connection.execute(query).mappings())
    ways: dict[tuple[str, str], list[Any]] = {}
    for run in {row["run"] for row in rows}:
        named = [row["system"] for row in rows if row["run"] == run]
        of = select(steps).where(steps.c.run == run, steps.c.system.in_(named))
        for step in connection.execute(of).mappings():
            ways.setdefault((run, step["system"]), []).append(step_of(step))
    return [item_of(row, ways.get((row["run"], row["system"]), ())) for row in rows]


def _count(connection: Connection, of: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(items).where(of)) or 0


def _of(connection: Connection, codes: Collection[str], among: Among) -> ColumnElement[bool]:
    of = items.c.run.in_(codes)
    return of if among is None else of & _in(connection, among)


def _in(connection: Connection, among: frozenset[str]) -> ColumnElement[bool]:
    """Of these systems, however many: as one value, since statements take only so many."""
    told = json.dumps(sorted(among))
    if connection.dialect.name == "postgresql":
        each = func.json_array_elements_text(cast(literal(told), JSON)).column_valued()
        return items.c.system.in_(select(each))
    value = func.json_each(told).table_valued("value").c.value
    return items.c.system.in_(select(value))

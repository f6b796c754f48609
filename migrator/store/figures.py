"""Counts for a scrape, made by the database: no run is read as a whole."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Column, func, select

from inventory.model import Frozen
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemState, StepState
from migrator.store.tables import attempts, items, runs, steps

if TYPE_CHECKING:
    from migrator.store.truth import Truth


class Figures(Frozen):
    """`runs`, `items`, `attempts`: how many by state. `open_items`: by run that has not ended, wave and
    state. `times`: (kind of step, begun, ended) of every step that is done."""

    runs: Mapping[str, int]
    items: Mapping[str, int]
    attempts: Mapping[str, int]
    open_items: Mapping[tuple[str, int, str], int]
    times: tuple[tuple[str, str | None, str | None], ...]


def figures(truth: "Truth") -> Figures:
    """All of one moment. Raises StoreDown."""
    with truth.reading() as connection:

        def by(state: Column[str]) -> dict[str, int]:
            rows = connection.execute(select(state, func.count()).group_by(state))
            return {str(name): count for name, count in rows}

        key = (items.c.run, items.c.wave, items.c.state)
        waves = connection.execute(
            select(*key, func.count())
            .join(runs, runs.c.code == items.c.run)
            .where(runs.c.ended_at.is_(None))
            .group_by(*key)
            .order_by(*key)
        )
        done = connection.execute(
            select(steps.c.step, steps.c.started_at, steps.c.ended_at).where(
                steps.c.state == StepState.DONE.value
            )
        )
        return Figures(
            runs=by(runs.c.state),
            items=by(items.c.state),
            attempts=by(attempts.c.state),
            open_items={(run, wave, state): count for run, wave, state, count in waves},
            times=tuple((step, begun, ended) for step, begun, ended in done),
        )


def moving(truth: "Truth") -> tuple[frozenset[tuple[str, str]], dict[tuple[str, str], int]]:
    """Of open runs, by (run, system): who is under way, and the attempts of copies that are. Raises
    StoreDown."""
    still = [s.value for s in ItemState if not s.ended and s is not ItemState.WAITING]
    with truth.reading() as connection:
        under_way = connection.execute(
            select(items.c.run, items.c.system)
            .join(runs, runs.c.code == items.c.run)
            .where(runs.c.ended_at.is_(None), items.c.state.in_(still))
        )
        busy = frozenset((run, system) for run, system in under_way)
        copies = connection.execute(
            select(attempts.c.run, attempts.c.system, attempts.c.token).where(
                attempts.c.state == "running", attempts.c.step == StepKind.PRESYNC.value
            )
        )
        return busy, {(run, system): token for run, system, token in copies}

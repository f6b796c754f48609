"""What a run's page says it still needs."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from api.pages.run_view import eta_of
from migrator.planning.plan import WAY, StepKind
from migrator.runs.records import ItemRecord, ItemState, StepRecord, StepState
from migrator.store.tallies import StepSum, Tally
from tests.migrator.builders import plan_of, run_record

BEGUN = datetime(2026, 1, 2, tzinfo=UTC)


def _item(system: str, done: int, running: timedelta | None = None) -> ItemRecord:
    """`done` steps of ten seconds each; the next one has run for `running`."""
    steps = []
    for number, kind in enumerate(WAY):
        begun = BEGUN + timedelta(seconds=10 * number)
        state = StepState.DONE if number < done else StepState.PENDING
        if number == done and running is not None:
            state, begun = StepState.RUNNING, _now() - running
        steps.append(
            StepRecord(
                step=kind,
                state=state,
                started_at=begun.isoformat() if state is not StepState.PENDING else None,
                ended_at=(begun + timedelta(seconds=10)).isoformat() if number < done else None,
            )
        )
    ended = ItemState.DONE if done == len(WAY) else ItemState.RUNNING
    return ItemRecord(run="R", system=system, wave=1, state=ended, steps=tuple(steps))


def _tally(items: list[ItemRecord]) -> Tally:
    """As the database counts them (tests/migrator/store_contract.py)."""
    every = [(item, step) for item in items for step in item.steps]
    done = Counter((s.step, i.state.ended) for i, s in every if s.state is StepState.DONE)
    return Tally(
        run=run_record(plan_of(2), items),
        waves=Counter((item.wave, item.state) for item in items),
        stuck=(),
        steps=tuple(
            StepSum(kind, StepState.DONE, ended, n, n, 10.0 * n)
            for (kind, ended), n in done.items()
        ),
        running=tuple(
            (s.step, s.started_at or "") for _, s in every if s.state is StepState.RUNNING
        ),
    )


def _now() -> datetime:
    return BEGUN + timedelta(hours=5)


@pytest.mark.parametrize(
    ("minutes", "rest"), [(0, 10.0), (0.1, 4.0), (0.16, 1.0), (10, 60.0), (180, 1_080.0)]
)
def test_what_lasts_is_not_over(minutes: float, rest: float) -> None:
    copies = WAY.index(StepKind.PRESYNC)
    items = [
        _item("S0", len(WAY)),
        _item("S1", copies, timedelta(minutes=minutes)),
    ]
    left = eta_of(_tally(items), _now().isoformat())
    assert left == pytest.approx(rest + 10 * (len(WAY) - copies - 1))

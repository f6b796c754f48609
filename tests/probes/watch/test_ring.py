"""The schedule, without a clock: nothing drifts, nothing is done twice, what is left out is told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.watch.ring import Ring
from probes.watch.watched import number_of


def ring(count: int, interval: float = 1.0, epoch: float = 100.0) -> Ring[int]:
    made: Ring[int] = Ring(interval, epoch)
    made.put(((number_of(str(n)), n) for n in range(count)), epoch)
    return made


def run(one: Ring[int], begin: float, end: float, step: float) -> list[tuple[int, float]]:
    taken, now = [], begin
    while now <= end:
        taken += list(one.take(now, 10_000))
        now += step
    return taken


def test_each_once_an_interval_for_days() -> None:
    one = ring(5)
    taken = run(one, 100.0, 100.0 + 3000, 0.37)
    for item in range(5):
        dues = [due for which, due in taken if which == item]
        assert len(dues) in (3000, 3001)
        drift = [due - dues[0] - n for n, due in enumerate(dues)]
        assert max(map(abs, drift)) < 1e-9
    assert one.skipped == 0


def test_starts_are_spread_over_the_interval() -> None:
    dues = [due - 100.0 for _, due in run(ring(10_000), 100.0, 101.0, 0.01)]
    tenths = [sum(int(due * 10) == n for due in dues) for n in range(10)]
    assert all(800 < count < 1200 for count in tenths), tenths


def test_a_phase_is_the_same_after_a_restart() -> None:
    first = dict(run(ring(50), 100.0, 100.99, 0.01))
    again = dict(run(ring(50, epoch=5000.0), 5000.0, 5000.99, 0.01))
    assert {k: round(v - 100, 6) for k, v in first.items()} == {
        k: round(v - 5000, 6) for k, v in again.items()
    }


def test_what_was_left_out_is_counted_and_not_made_up_for() -> None:
    one = ring(7)
    taken = run(one, 100.0, 101.0, 0.01)
    late = list(one.take(131.5, 10_000))
    assert one.skipped > 0
    done = len(taken) + len(late)
    assert done + one.skipped == sum(1 for n in range(32) for i in range(7) if _due(i, n) <= 131.5)
    assert len(late) <= 2 * 7


def _due(item: int, number: int) -> float:
    return 100.0 + number + number_of(str(item)) % 1_000_003 / 1_000_003


def test_no_more_than_the_limit_and_then_the_rest() -> None:
    one = ring(100)
    assert len(list(one.take(100.999, 30))) == 30
    assert len(list(one.take(100.999, 1000))) + 30 == 100 - sum(
        _due(i, 0) > 100.999 for i in range(100)
    )


def test_empty() -> None:
    one: Ring[int] = Ring(1.0, 0.0)
    assert list(one.take(5.0, 10)) == []
    assert one.due == float("inf")


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.floats(0.001, 0.4), st.sets(st.integers(0, 9), min_size=1)), max_size=30)
)
def test_changing_the_list_neither_doubles_nor_forgets(
    changes: list[tuple[float, set[int]]],
) -> None:
    """Whoever is on the list for a whole interval is looked at in it, never twice."""
    one: Ring[int] = Ring(1.0, 0.0)
    now, here = 0.0, set(range(10))
    one.put(((number_of(str(n)), n) for n in here), now)
    last: dict[int, float] = {}
    since = dict.fromkeys(here, 0.0)
    for wait, then in changes:
        now += wait
        for item, due in one.take(now, 1000):
            assert due <= now
            assert due - last.get(item, -9) > 0.999
            last[item] = due
        for item in here:
            assert now - max(last.get(item, -9), since[item]) <= 1.0 + 1e-6
        since = {item: since.get(item, now) for item in then}
        last = {item: at for item, at in last.items() if item in then}
        here = then
        one.put(((number_of(str(n)), n) for n in here), now)

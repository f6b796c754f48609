"""The best set, by one value after another, against all sets there are."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from migrator.schedule.knapsack import packed

Wants = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3), st.integers(0, 2)),
    min_size=1,
    max_size=7,
)


@given(Wants, st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_no_set_that_fits_is_better(
    drawn: list[tuple[int, int, int, int]], room: tuple[int, int]
) -> None:
    wants = tuple(((0, a), (1, b)) for a, b, _, _ in drawn)
    values = tuple((c, d, 1) for _, _, c, d in drawn)

    def fits(some: frozenset[int]) -> bool:
        return all(sum(dict(wants[n])[at] for n in some) <= room[at] for at in (0, 1))

    def worth(some: frozenset[int]) -> tuple[int, ...]:
        return tuple(sum(values[n][k] for n in some) for k in range(3))

    every = (
        frozenset(some)
        for size in range(len(wants) + 1)
        for some in combinations(range(len(wants)), size)
    )
    found = packed(wants, room, values)
    assert fits(found)
    assert worth(found) == max(worth(some) for some in every if fits(some))

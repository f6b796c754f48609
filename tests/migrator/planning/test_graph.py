"""Graphs: against plain definitions, on small ones of every shape."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.planning.graph import joined, min_cut, ring_in, rings

NODES = "ABCDEF"
ARCS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14)


def _reach(pairs: list[tuple[str, str]], start: str) -> set[str]:
    seen = {start}
    while more := {b for a, b in pairs if a in seen} - seen:
        seen |= more
    return seen


@given(ARCS)
def test_components_are_who_reaches_whom(pairs: list[tuple[str, str]]) -> None:
    both = [*pairs, *((b, a) for a, b in pairs)]
    expected = {tuple(sorted(_reach(both, node))) for node in NODES}
    assert joined(NODES, pairs) == sorted(expected)


@given(ARCS)
def test_rings_are_who_reach_each_other(pairs: list[tuple[str, str]]) -> None:
    expected = {tuple(sorted(b for b in _reach(pairs, a) if a in _reach(pairs, b))) for a in NODES}
    arcs = {node: [b for a, b in pairs if a == node] for node in NODES}
    found = rings(arcs)
    assert found == sorted(expected)
    for ring in found:
        if len(ring) > 1:
            way = ring_in(ring, arcs)
            assert way[0] == way[-1]
            assert set(way) <= set(ring)
            assert all((a, b) in pairs for a, b in pairwise(way))


def test_a_long_chain_needs_no_recursion() -> None:
    codes = [f"S{n:05}" for n in range(20_000)]
    chain = {a: [b] for a, b in pairwise(codes)} | {codes[-1]: [codes[0]]}
    assert rings(chain) == [tuple(codes)]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda p: p[0] < p[1]),
        st.integers(1, 9),
        min_size=1,
    )
)
def test_the_cut_is_the_cheapest_of_all(weights: dict[tuple[str, str], int]) -> None:
    nodes = sorted({node for pair in weights for node in pair})
    parts = [set(c) for size in range(1, len(nodes)) for c in combinations(nodes, size)]

    def price(side: set[str]) -> int:
        return sum(w for (a, b), w in weights.items() if (a in side) != (b in side))

    found = min_cut(weights)
    assert found is not None
    assert found.price == min(map(price, parts)) == price(set(found.one))
    assert 2 * len(found.one) <= len(nodes)


def test_nothing_to_cut() -> None:
    assert min_cut({}) is None


def test_an_unknown_end() -> None:
    with pytest.raises(KeyError):
        joined("AB", [("A", "C")])

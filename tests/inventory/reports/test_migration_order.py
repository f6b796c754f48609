"""What others need goes no later than they do."""

from hypothesis import given
from hypothesis import strategies as st

from inventory.model import Dependency
from inventory.reports.migration_order import stages

CODES = [f"S{n}" for n in range(8)]
EDGES = st.lists(st.tuples(st.sampled_from([*CODES, "elsewhere"]), st.sampled_from(CODES)))


@given(EDGES)
def test_nothing_goes_before_what_it_needs(edges: list[tuple[str, str]]) -> None:
    needs = [Dependency(system=a, needs=b) for a, b in dict.fromkeys(edges)]
    made = stages(CODES, needs)
    assert sorted(code for stage in made for code in stage) == CODES
    at = {code: number for number, stage in enumerate(made) for code in stage}
    assert all(at[d.needs] <= at[d.system] for d in needs if d.system in at)


def test_a_ring_goes_together_and_a_chain_apart() -> None:
    ring = [Dependency(system="A", needs="B"), Dependency(system="B", needs="A")]
    chain = [Dependency(system="C", needs="A")]
    assert stages(["A", "B", "C"], [*ring, *chain]) == (("A", "B"), ("C",))


def test_nothing_at_all() -> None:
    assert stages([], []) == ()

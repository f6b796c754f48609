"""A part of a project allows what the whole allows while the rest stays, and costs the same."""

from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from migrator.schedule.bounds import Clash, limits
from migrator.schedule.crowd import by_rule
from migrator.schedule.part import merged, part
from migrator.schedule.shape import shape_of
from tests.migrator.schedule import projects
from tests.migrator.schedule.checker import cost, faults


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), count=st.integers(2, 9))
def test_a_part_is_the_whole_while_the_rest_stays(seed: int, count: int) -> None:
    project = projects.project(seed, count, 40, tight=False)
    shape, told = shape_of(project), limits(project)
    assume(not isinstance(told, Clash))
    assert not isinstance(told, Clash)
    found = by_rule(shape, told, len(project.stages))
    assume(found is not None)
    assert found is not None
    chance = Random(seed)
    free = chance.sample(range(count), chance.randint(1, count))
    small = part(project, shape, found.starts, free)
    for far in (0, 1, 3, 40):
        moved = tuple(found.starts[x] + chance.randint(-far, far) for x in sorted(free))
        whole = merged(found.starts, free, moved)
        assert (not faults(small, moved)) == (not faults(project, whole))
        assert [cost(small, stage, moved) for stage in small.stages] == [
            cost(project, stage, whole) for stage in project.stages
        ]

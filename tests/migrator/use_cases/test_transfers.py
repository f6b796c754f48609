"""What lines are trusted with after copies were measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.planning.means import Measured
from migrator.planning.plan import Means, StepKind
from migrator.planning.planner import make_plan
from migrator.store.truth import Truth
from migrator.use_cases.transfers import TRUSTED, Transfer, estimates, learned, transfers_in
from tests.migrator.builders import plan_of
from tests.migrator.timing.cities import estate, means, system

GIB = 1 << 30


def at(percent: float, line: str = "L") -> Transfer:
    """A GiB over a line that was allowed 100 Mbit/s, at so much of it."""
    return Transfer(line, GIB, GIB * 8 / 1000 / (100_000 * percent / 100), 100_000)


def test_few_samples_stay_near_to_what_is_declared() -> None:
    assert estimates([]) == {}
    # the city's mean (5 × 100 + 40) / 6 = 90, the line's (5 × 90 + 40) / 6 = 81.7
    assert estimates([at(40)]) == {"L": Measured(percent=82, samples=1)}
    many = estimates([at(40)] * 200)["L"]
    assert (many.percent, many.samples) == (40, 200)


def test_lines_lend_each_other_what_they_know() -> None:
    found = estimates([*[at(50, "A")] * 50, at(100, "B")])
    assert found["A"].percent < found["B"].percent < 100


@given(st.lists(st.floats(1, 300), min_size=1, max_size=30))
def test_an_estimate_lies_between_what_was_measured_and_what_is_declared(
    reached: list[float],
) -> None:
    found = estimates([at(p) for p in reached])["L"]
    assert min(100, round(min(reached))) <= found.percent <= 100
    assert found.samples == len(reached)


def test_what_the_file_says_of_a_line_stays() -> None:
    told = means(lines={"day": 20, "night": 80, "measured": {"L": {"percent": 70, "samples": 9}}})
    assert learned(told, [at(40)] * TRUSTED).lines.measured["L"].percent == 70


def test_a_slow_line_takes_longer() -> None:
    city = estate([system("S0", storage_gib=400)])
    slow = Transfer("L-R1", GIB, GIB * 8 / 1000 / 40_000, 100_000)
    told = learned(means(), [slow] * 100)
    tables = [make_plan(city, Means(city=one)).timetable for one in (means(), told)]
    assert [t.appointments[0].copy_nights for t in tables if t] == [1, 2]


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return Truth.open(f"sqlite:///{tmp_path}/x.db")


def test_it_is_read_from_the_presyncs_of_runs(truth: Truth) -> None:
    plan = plan_of(1)
    run = truth.runs.add(truth.plans.add(plan, "zhang").code, plan, "wang").code
    item = plan.items[0]
    assert item.line is not None

    def tried(step: StepKind, *passes: Mapping[str, Any]) -> None:
        attempt = truth.attempts.open(run, item.code, step, "here", "/x")
        assert truth.attempts.close(attempt.token, "done", "", [{"passes": list(passes)}])

    tried(
        StepKind.PRESYNC,
        {"path": "/a", "seconds": 80.5, "files": 3, "bytes": GIB},
        {"path": "/a", "seconds": 0.2, "files": 1, "bytes": 900},
        {"path": "/b", "seconds": 19.5, "files": 3, "bytes": GIB},
    )
    tried(StepKind.PREFLIGHT, {"seconds": 1.0, "bytes": GIB})
    assert transfers_in(truth) == (Transfer(item.line.code, 2 * GIB, 100.0, item.rate_kbps),)

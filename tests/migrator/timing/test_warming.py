"""Machine code is ready before a search begins: what it needs was compiled for a city of a few systems."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.schedule import kernel
from migrator.timing import trading
from migrator.timing.warming import warm
from tests.migrator.timing.cities import large

def ready():
    return {
        (m.__name__, name): len(f.signatures)
        for m in (trading, kernel)
        for name, f in vars(m).items()
        if hasattr(f, "signatures")
    }

warm()
before = ready()
for count in (8, 90):
    city, told = large(count, 4, 6, count)
    given = CityMeans.model_validate(told | {"search": {"seconds": 60, "work": 1}})
    assert make_plan(city, Means(city=given)).timetable is not None
assert sum(before.values()) > 0
assert ready() == before, {k: n for k, n in ready().items() if n != before[k]}
"""


@pytest.mark.slow
def test_nothing_is_compiled_while_the_clock_runs() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

"""Figures of the planner: `make bench ONLY=planner`.

Cities of 500 and of 5,000 systems (tests/migrator/timing/cities.py), judged by the checker that
shares no code with the planner. The clock is that of one whole call, from facts to plan.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from inventory.changes import diff
from inventory.store_embedded import EmbeddedStore
from migrator.people.rights import local
from migrator.planning.checking import faults
from migrator.planning.groups import found, ties_of
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means, Plan
from migrator.planning.planner import make_plan
from migrator.store.truth import Truth
from migrator.timing.dues import dues_of
from migrator.timing.fitting import fitting, too_many
from migrator.timing.jobs import Measures, rulings
from migrator.timing.lots import task_of
from migrator.timing.nights import Calendar
from migrator.timing.walking import Walk
from migrator.use_cases.planning import Planning
from migrator.use_cases.running import Running
from tests.migrator.builders import city
from tests.migrator.builders import system as ready
from tests.migrator.timing.cities import large
from tests.sim.night import nothing

SHAPES = {500: (500, 60, 80, 1200), 5000: (5000, 300, 400, 12000)}
"""Systems → systems, rooms, lines, dependencies; 540 nights each."""
ITEMS = 5000
"""Items of the plan that is approved and started."""
BARS = {500: (5.0, 5, 2.0), 5000: (20.0, 120, 5.0)}
"""Systems → seconds to a first plan, seconds for the gap, the gap in percent."""


def figures() -> Iterator[dict[str, object]]:
    """The compiled kernel is loaded before the first: a figure is about planning."""
    estate, told = large(20, 4, 4, 20)
    make_plan(estate, Means(city=CityMeans.model_validate(told | {"search": {"seconds": 2}})))
    for size in SHAPES:
        yield from _of(size)
    yield from _decided()


def _decided() -> Iterator[dict[str, object]]:
    """A plan of thousands of items is approved, and its run put on record."""
    with tempfile.TemporaryDirectory(prefix="qy-decided-") as folder:
        truth = Truth.open(f"sqlite:///{folder}/qianyun.db")
        estate = EmbeddedStore(truth.engine)
        changes = diff(estate.load(), city(ready(n) for n in range(ITEMS)))
        estate.apply(changes, actor="zhang", confirmed=changes.digest)
        planning = Planning(truth, estate)
        kept, plan = planning.make(local("zhang"), Means(ignore_windows=True))
        began = time.monotonic()
        planning.approve(kept.code, plan.digest, local("li"))
        approved = time.monotonic() - began
        running = Running(truth=truth, estate=estate, begin=nothing, wake=nothing)
        run = running.start(kept.code, local("wang"))
        started = time.monotonic() - began - approved
        whole = len(truth.runs.get(run.code).items) == ITEMS
    yield _figure("approve", approved, "s", 10.0, whole)
    yield _figure("start", started, "s", 10.0, whole)


def _of(size: int) -> Iterator[dict[str, object]]:
    estate, told = large(*SHAPES[size])
    first_s, seconds, gap = BARS[size]
    city = CityMeans.model_validate(told | {"search": {"seconds": seconds - 1, "work": 1000}})
    began = time.monotonic()
    jobs, _ = rulings(estate.systems, Measures.of(estate, city))
    ties, dues = ties_of(estate), dues_of(jobs, (), city)
    groups = found(
        jobs, ties, city.groups, fits=lambda codes: not too_many([jobs[c] for c in codes], city)
    )
    calendar = Calendar(city, city.plan.nights)
    lots, _ = fitting(groups, jobs, calendar, dues)
    slots = Walk(task_of(lots, ties, city, calendar, dues=dues, former={})).first()
    yield _figure(f"{size}.first", time.monotonic() - began, "s", first_s, slots is not None)

    began = time.monotonic()
    plan = make_plan(estate, Means(city=city))
    took = time.monotonic() - began
    table = plan.timetable
    assert table is not None
    placed = len(table.appointments)
    wrong = faults(table, estate, city)
    yield _figure(f"{size}.whole", took, "s", float(seconds), not wrong and placed == size)
    yield _figure(f"{size}.faults", len(wrong), "", 0.0, True)
    for stage in table.stages:
        part = 100 * (stage.value - stage.bound) / max(1, stage.value)
        made = _figure(f"{size}.gap.{stage.name}", part, "%", gap, True)
        yield made | {"beside": stage.bound, "beside_is": f"proved bound; reached: {stage.value}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    yield _figure(f"{size}.memory", peak, "GiB", 2.0, True)
    yield from _again(size, estate, told, plan)


def _again(size: int, estate: Any, told: dict[str, Any], plan: Plan) -> Iterator[dict[str, object]]:
    """One room's crew is away for a fortnight in the middle."""
    assert plan.timetable is not None
    middle = sorted(one.night for one in plan.timetable.appointments)[size // 2]
    freeze = {
        "name": "班组外出",
        "from": middle,
        "to": middle + timedelta(days=13),
        "rooms": ["R001"],
    }
    other = CityMeans.model_validate(told | {"freezes": [*told["freezes"], freeze]})
    began = time.monotonic()
    again = make_plan(estate, Means(city=other), former=plan)
    took = time.monotonic() - began
    assert again.timetable is not None
    nights = {one.system: one.night for one in plan.timetable.appointments}
    moved = sum(nights.get(one.system) != one.night for one in again.timetable.appointments)
    wrong = faults(again.timetable, estate, other)
    yield _figure(f"{size}.again", took, "s", 10.0, not wrong)
    yield _figure(f"{size}.again.moved", 100 * moved / size, "%", 2.0, not wrong)


def _figure(name: str, value: float, unit: str, bar: float, good: bool) -> dict[str, object]:
    told = round(value, 2)
    return {
        "name": f"planner.{name}",
        "value": told,
        "unit": unit,
        "bar": f"≤ {bar:g} {unit}".strip(),
        "ok": good and told <= bar,
    }

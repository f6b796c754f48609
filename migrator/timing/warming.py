"""Machine code made ready before a search's clock runs: on a new installation compiling takes longer
than many a search may, and the plan would be another one than that of the next day."""

from datetime import date
from functools import cache

from inventory.choices import Secrecy
from inventory.model import Cloud, Dependency, Estate, Line, Room, System
from migrator.planning.groups import ties_of
from migrator.planning.means import CityMeans
from migrator.planning.timetable import MoveGroup
from migrator.schedule.bounds import Clash, limits
from migrator.schedule.solve import Effort, judged, solve
from migrator.timing.jobs import Measures, rulings
from migrator.timing.lots import Task, lot_of, task_of
from migrator.timing.mapping import project_of
from migrator.timing.nights import Calendar
from migrator.timing.settling import CLOSER, Settler
from migrator.timing.trading import Aim
from migrator.timing.walking import Walk


@cache
def warm() -> None:
    """Once in a process: a city of a few systems is planned by the core and by trades. Quick where the
    machine code is kept from before."""
    task = _task()
    project, walk = project_of(task), Walk(task)
    first, told = walk.first(), limits(project)
    assert first is not None
    assert not isinstance(told, Clash)
    starts = tuple(first[one.code] for one in project.activities)
    solve(project, Effort(seconds=60, work=0.01, seed=0), starts)
    judged(project, starts)
    settler = Settler(walk, first)
    for aim in (Aim(0, told.makespan - 1, settler.end), Aim(1, 0, settler.end)):
        settler.run(aim, CLOSER, 2, float("inf"))
    settler.costs()


def _task() -> Task:
    city = CityMeans.model_validate(
        {
            "plan": {"from": date(2026, 1, 5), "nights": 30},
            "lines": {"day": 20, "night": 80},
            "crews": {"room": 1},
            "nights": {"window": "22:00-06:00"},
            "pilots": {"systems": ["S0"], "days": 2},
            "deliveries": [
                {"cloud": "C", "on": date(2026, 1, day), "cores": 4} for day in (5, 9, 13)
            ],
        }
    )
    systems = tuple(
        System(
            code=f"S{n}",
            name=f"S{n}",
            organisation="O",
            secrecy=Secrecy.NONE,
            room="R",
            target="C",
            storage_gib=300,
            cpu_cores=2,
        )
        for n in range(5)
    )
    estate = Estate(
        rooms=(Room(code="R", name="R"),),
        clouds=(Cloud(code="C", name="C"),),
        lines=(Line(code="L", name="L", a_end="R", z_end="C", bandwidth_kbps=50_000),),
        systems=systems,
        dependencies=(
            Dependency(system="S4", needs="S1", kind="-"),
            Dependency(system="S3", needs="S1", kind="-"),
        ),
    )
    jobs, _ = rulings(systems, Measures.of(estate, city))
    calendar = Calendar(city, city.plan.nights)
    lots = [
        lot_of(n, MoveGroup(systems=(code,)), [jobs[code]], calendar) for n, code in enumerate(jobs)
    ]
    return task_of(lots, ties_of(estate), city, calendar, dues={}, former={})

"""Who is due when: the policies' targets and the city's own deadlines, system by system, and how
they are kept by a timetable."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from migrator.planning.means import CityMeans, Deadline
from migrator.planning.orders import Duty
from migrator.planning.timetable import Appointment, DutyTold
from migrator.timing.jobs import Job
from migrator.timing.lots import Due
from migrator.timing.mapping import SEVERITIES

WAN = 10_000
"""Yuan of what a department spends in a year that weigh as much as one night of anybody's."""


def dues_of(
    jobs: Mapping[str, Job], duties: Sequence[Duty], city: CityMeans
) -> dict[str, tuple[Due, ...]]:
    """Where a target asks for a part only, the smallest systems answer it: with as little data as
    that takes, so that a ratio is reached as early as can be."""
    found: dict[str, list[Due]] = {}
    for duty in duties:
        if duty.severity.value in SEVERITIES:
            for code in chosen(duty, jobs):
                due = Due(duty.deadline, duty.severity.value, weight(jobs[code]))
                found.setdefault(code, []).append(due)
    for deadline in city.deadlines:
        for code in named(deadline, jobs):
            due = Due(deadline.on, deadline.severity, weight(jobs[code]))
            found.setdefault(code, []).append(due)
    return {code: tuple(told) for code, told in sorted(found.items())}


def weight(job: Job) -> int:
    """What a night costs: one, and one more for every 万元 a year that may be held back."""
    return 1 + (job.system.om_funds_per_year or 0) // WAN


def chosen(duty: Duty, jobs: Mapping[str, Job]) -> list[str]:
    """The systems that answer a duty: those of it that can move, the smallest first."""
    able = [code for code in duty.open if code in jobs]
    return sorted(able, key=lambda code: (jobs[code].mib, code))[: duty.to_go]


def named(deadline: Deadline, jobs: Mapping[str, Job]) -> Iterator[str]:
    """Whom a deadline of the city is for."""
    everybody = not (deadline.organisations or deadline.rooms or deadline.systems)
    for code, job in jobs.items():
        if (
            everybody
            or job.system.organisation in deadline.organisations
            or job.room in deadline.rooms
            or code in deadline.systems
        ):
            yield code


def told(
    duties: Sequence[Duty],
    city: CityMeans,
    jobs: Mapping[str, Job],
    appointments: Iterable[Appointment],
    takes: Callable[[Sequence[str], date], tuple[str, ...]] = lambda *_: (),
) -> tuple[DutyTold, ...]:
    """Each duty with how many are done by its day, whoever they are. `takes`: what it would take that
    these are done by a day, asked where they are not."""
    done = {one.system: one.night + timedelta(days=1 + city.trial) for one in appointments}
    found = [
        (
            DutyTold(
                of=f"{duty.policy} {duty.entry}",
                clause=duty.clause,
                title=f"{duty.title} / {duty.title_en}",
                severity=duty.severity.value,
                deadline=duty.deadline,
                needed=duty.to_go,
                in_time=sum(code in done and done[code] <= duty.deadline for code in duty.open),
            ),
            list(duty.open),
        )
        for duty in duties
    ]
    for deadline in city.deadlines:
        whom = list(named(deadline, jobs))
        one = DutyTold(
            of="means",
            clause="",
            title=deadline.name,
            severity=deadline.severity,
            deadline=deadline.on,
            needed=len(whom),
            in_time=sum(code in done and done[code] <= deadline.on for code in whom),
        )
        found.append((one, whom))
    asked = [
        one if one.kept else one.model_copy(update={"takes": takes(codes, one.deadline) or None})
        for one, codes in found
    ]
    return tuple(sorted(asked, key=lambda one: (one.deadline, one.of, one.title)))

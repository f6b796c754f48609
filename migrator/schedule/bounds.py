"""What can be said of a project before anything is placed: how early each activity can begin, how
long the project goes on after each has begun, and a makespan that none can be below."""

from dataclasses import dataclass

import numpy as np

from migrator.schedule.kernel import Ints
from migrator.schedule.project import Project, Renewable, Starts
from migrator.schedule.shape import Arc, arcs, circle, openings
from migrator.schedule.stored import delivered_end


@dataclass(frozen=True)
class Clash:
    """Activities that cannot all be kept, by code, and why in words."""

    activities: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Limits:
    """`heads`: no schedule begins an activity earlier. `tails`: from where one begins to where the
    last one ends no fewer slots pass. `makespan`: no schedule ends earlier."""

    heads: Starts
    tails: Starts
    makespan: int


def limits(project: Project) -> Limits | Clash:
    """Longest paths (the critical path) and, for each renewable, the work that has to follow each
    head against the capacity that is there from then on (energy)."""
    if found := _alone(project):
        return found
    between = arcs(project)
    count = len(project.activities)
    opened = openings(project)
    heads = [pieces[0].first for pieces in opened]
    if clash := _raise(project, heads, between):
        return clash
    tails = [one.duration for one in project.activities]
    # An arc back (a limit) only lengthens what an arc forward began: passes end as for the heads.
    for _ in range(count):
        before = list(tails)
        for arc in between:
            tails[arc.before] = max(tails[arc.before], arc.gap + tails[arc.after])
        if tails == before:
            break
    longest = max((head + tail for head, tail in zip(heads, tails, strict=True)), default=0)
    worked = max(_worked(project, heads, tails), delivered_end(project, between, tails, opened))
    if max(longest, worked) > project.horizon:
        return Clash(
            (),
            f"至少需 {max(longest, worked)} 时隙，止于 {project.horizon} / needs more slots than that",
        )
    return Limits(tuple(heads), tuple(tails), max(longest, worked))


def _alone(project: Project) -> Clash | None:
    """An activity that no schedule can hold, or activities that wait for one another in a circle."""
    codes = [one.code for one in project.activities]
    if ring := circle(project):
        return Clash(
            tuple(codes[x] for x in ring), "互为前置，成环 / each waits for the one before it"
        )
    capacities = {one.code: one.capacity for one in project.renewables}
    capacities.update({one.code: one.capacity for one in project.stores})
    end = project.horizon + 1
    most = {
        code: max(value for _, _, value in steps.pieces(end)) for code, steps in capacities.items()
    }
    for one, pieces in zip(project.activities, openings(project), strict=True):
        if not pieces:
            return Clash((one.code,), "没有可开始的时隙 / there is no slot where it may begin")
        for code, amount in (*(one.needs if one.duration else ()), *one.takes):
            if amount > most[code]:
                return Clash(
                    (one.code,), f"需 {code} {amount}，至多 {most[code]} / more than there ever is"
                )
    return None


def _raise(project: Project, heads: list[int], between: list[Arc]) -> Clash | None:
    """Push the heads along the arcs into slots that are open; a Clash where one has no slot left."""
    opened = openings(project)
    for _ in range(len(heads) * 2 + 2):
        moved = None
        for arc in between:
            low = heads[arc.before] + arc.gap
            if low > heads[arc.after]:
                late = [max(piece.first, low) for piece in opened[arc.after] if piece.last >= low]
                if not late:
                    codes = [project.activities[x].code for x in (arc.before, arc.after)]
                    return Clash(
                        tuple(codes), "前后间隔与窗口冲突 / the lag leaves no slot in a window"
                    )
                heads[arc.after], moved = late[0], arc
        if moved is None:
            return None
    # Still rising after so many passes: lags and limits push each other without end.
    codes = [project.activities[x].code for x in moved[:2]] if moved else []
    return Clash(tuple(codes), "间隔的上下限互相冲突 / lags and limits contradict each other")


def _worked(project: Project, heads: list[int], tails: list[int]) -> int:
    """The latest end that the work on any one renewable asks for."""
    users: dict[str, list[tuple[int, int, int]]] = {}
    for one, head, tail in zip(project.activities, heads, tails, strict=True):
        for code, amount in one.needs:
            if amount and one.duration:
                row = (head, one.duration * amount, tail - one.duration)
                users.setdefault(code, []).append(row)
    return max(
        (
            _energy(renewable, project.horizon, users[renewable.code])
            for renewable in project.renewables
            if renewable.code in users
        ),
        default=0,
    )


def _energy(renewable: Renewable, horizon: int, users: list[tuple[int, int, int]]) -> int:
    """For each head: what begins no earlier needs so much of the renewable, which is not there
    before so many slots; the shortest that follows any of it comes on top. `users`: head, work,
    what follows."""
    supply: Ints = np.zeros(horizon + 1, np.int64)
    for first, end, value in renewable.capacity.pieces(horizon):
        supply[first + 1 : end + 1] = value
    supply = np.cumsum(supply)
    best = work = 0
    after = horizon
    for head, amount, rest in sorted(users, reverse=True):
        work, after = work + amount, min(after, rest)
        best = max(best, int(np.searchsorted(supply, supply[head] + work)) + after)
    return best

"""Projects by chance, with everything that a project can have."""

from itertools import pairwise
from random import Random

from migrator.schedule.project import (
    MAKESPAN,
    Activity,
    Apart,
    Lag,
    Late,
    Moved,
    Project,
    Renewable,
    Stage,
    Steps,
    Store,
    Window,
)


def steps(chance: Random, horizon: int, most: int, *, growing: bool) -> Steps:
    slots = [0, *sorted(chance.sample(range(1, horizon), chance.randint(0, min(4, horizon - 1))))]
    values = [chance.randint(0 if growing else 1, most) for _ in slots]
    return Steps(tuple(zip(slots, sorted(values) if growing else values, strict=True)))


def activity(chance: Random, number: int, horizon: int, *, tight: bool) -> Activity:
    windows: tuple[Window, ...] = ()
    if chance.random() < (0.3 if tight else 0.1):
        firsts = [chance.randrange(horizon) for _ in range(chance.randint(1, 3))]
        windows = tuple(Window(first, first + chance.randint(0, horizon // 3)) for first in firsts)
    pinned = chance.random() < (0.08 if tight else 0)
    return Activity(
        code=f"a{number}",
        duration=chance.randint(0, 3 if tight else 6),
        needs=tuple(
            (code, chance.randint(0, 3)) for code in ("crew", "line") if chance.random() < 0.6
        ),
        takes=tuple((code, chance.randint(0, 3)) for code in ("cores",) if chance.random() < 0.5),
        release=chance.choice((0, 0, 0, chance.randrange(max(1, horizon // 3)))),
        windows=windows,
        pin=chance.randrange(horizon) if pinned else None,
    )


def stages(chance: Random, codes: list[str], horizon: int) -> tuple[Stage, ...]:
    late = Stage(
        name="late",
        late=tuple(
            Late(code, chance.randrange(horizon), chance.randint(1, 3)) for code in codes[::2]
        ),
    )
    apart = Stage(
        name="apart",
        apart=tuple(Apart(one, other, chance.randint(1, 2)) for one, other in pairwise(codes)),
    )
    moved = Stage(
        name="moved",
        moved=tuple(Moved(code, chance.randrange(horizon)) for code in codes),
        length=chance.randint(0, 1),
        base=chance.randint(0, 2),
    )
    return tuple(chance.sample((late, apart, moved, MAKESPAN), chance.randint(1, 3)))


def project(seed: int, count: int, horizon: int, *, tight: bool = True) -> Project:
    """`tight`: short activities, many pins and limits, as tiny projects that are tried out whole."""
    chance = Random(seed)
    activities = tuple(activity(chance, number, horizon, tight=tight) for number in range(count))
    codes = [one.code for one in activities]
    lags = []
    for after in range(1, count):
        for before in chance.sample(range(after), min(after, chance.randint(0, 2))):
            least = chance.choice((0, 0, 1, 2, -1, -2))
            limited = chance.random() < (0.3 if tight else 0.03)
            most = least + chance.randint(0, horizon // 2) if limited else None
            lags.append(Lag(codes[before], codes[after], least, most))
    amount = 4 if tight else 3 * count
    return Project(
        activities=activities,
        horizon=horizon,
        lags=tuple(lags),
        renewables=tuple(
            Renewable(code, steps(chance, horizon, 5, growing=False)) for code in ("crew", "line")
        ),
        stores=(Store("cores", steps(chance, horizon, amount, growing=chance.random() < 0.8)),),
        stages=stages(chance, codes, horizon),
    )

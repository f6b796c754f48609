"""A project: what is to be done, in which order, with what, when it may begin, and what is better.

Time is counted in slots, whole numbers from 0; an activity that begins in slot s and lasts d slots
holds what it needs in s … s+d-1 and ends at s+d. Everything here is a value and nothing is solved.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from migrator.errors import ProjectError

Starts = tuple[int, ...]
"""The slot in which each activity begins, in the order of `Project.activities`."""


@dataclass(frozen=True)
class Steps:
    """A whole number that changes at known slots: ``Steps(((0, 4), (20, 2)))`` is 4 until slot 20
    and 2 from there on. The first step is at slot 0."""

    steps: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        slots = [slot for slot, _ in self.steps]
        if not slots or slots[0] != 0 or any(a >= b for a, b in pairwise(slots)):
            raise ProjectError(f"读到 / read {slots}；应自 0 递增 / slots begin at 0 and grow")
        if any(value < 0 for _, value in self.steps):
            raise ProjectError(f"读到负容量 / a negative capacity was read: {self.steps}")

    @classmethod
    def always(cls, value: int) -> "Steps":
        return cls(((0, value),))

    def at(self, slot: int) -> int:
        return self.steps[bisect_right(self.steps, slot, key=lambda step: step[0]) - 1][1]

    def pieces(self, end: int) -> Iterator[tuple[int, int, int]]:
        """(first slot, slot after the last, value) of every constant piece before `end`."""
        closing = [*(slot for slot, _ in self.steps[1:]), end]
        for (first, value), after in zip(self.steps, closing, strict=True):
            if first < end:
                yield first, min(after, end), value


@dataclass(frozen=True)
class Renewable:
    """Held while an activity runs and free again after it: a crew, a share of a line."""

    code: str
    capacity: Steps


@dataclass(frozen=True)
class Store:
    """What an activity takes when it begins stays taken; `capacity` is what has been delivered in
    all by each slot: cores, GiB."""

    code: str
    capacity: Steps


@dataclass(frozen=True)
class Window:
    """Slots in which an activity may begin, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Activity:
    """`needs`: amounts of renewables while it runs; `takes`: amounts of stores for good.
    `windows`: where it may begin, none for anywhere; `pin`: the one slot where it must begin."""

    code: str
    duration: int
    needs: tuple[tuple[str, int], ...] = ()
    takes: tuple[tuple[str, int], ...] = ()
    release: int = 0
    windows: tuple[Window, ...] = ()
    pin: int | None = None


@dataclass(frozen=True)
class Lag:
    """`after` begins at least `least` slots after `before` has ended (less than 0: they may
    overlap by as much), and at most `most` slots after it, None for no limit."""

    before: str
    after: str
    least: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Late:
    """`weight` for each slot by which the activity ends after `due`."""

    activity: str
    due: int
    weight: int = 1


@dataclass(frozen=True)
class Apart:
    """`weight` for each slot between the ends of two activities."""

    one: str
    other: str
    weight: int = 1


@dataclass(frozen=True)
class Moved:
    """`weight` for each slot between where an activity begins and where it began before."""

    activity: str
    start: int
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One rung of the objective: the sum of its terms, to be made small. `length` is the weight of
    the makespan, which is counted as `floor` where everything ends before that slot; `base` is
    added as it is (what activities outside of a part of a project cost already)."""

    name: str
    late: tuple[Late, ...] = ()
    apart: tuple[Apart, ...] = ()
    moved: tuple[Moved, ...] = ()
    length: int = 0
    floor: int = 0
    base: int = 0


MAKESPAN = Stage(name="makespan", length=1)


@dataclass(frozen=True, kw_only=True)
class Project:
    """Every activity ends at `horizon` or before. `stages` are kept one after another: a later one
    never costs a former one anything. Raises ProjectError where a code is unknown or told twice or
    a number can't be; a project that no schedule can keep is no error here."""

    activities: tuple[Activity, ...]
    horizon: int
    lags: tuple[Lag, ...] = ()
    renewables: tuple[Renewable, ...] = ()
    stores: tuple[Store, ...] = ()
    stages: tuple[Stage, ...] = field(default=(MAKESPAN,))

    def __post_init__(self) -> None:
        _once("activity", (one.code for one in self.activities))
        _once(
            "resource", [*(one.code for one in self.renewables), *(one.code for one in self.stores)]
        )
        known = set(self.index)
        _known(known, (code for lag in self.lags for code in (lag.before, lag.after)))
        for stage in self.stages:
            _known(known, (late.activity for late in stage.late))
            _known(known, (code for pair in stage.apart for code in (pair.one, pair.other)))
            _known(known, (moved.activity for moved in stage.moved))
        renewables, stores = ({one.code for one in kind} for kind in (self.renewables, self.stores))
        for activity in self.activities:
            _known(renewables, (code for code, _ in activity.needs))
            _known(stores, (code for code, _ in activity.takes))
            _once(f"{activity.code}: resource", (code for code, _ in activity.needs))
            _once(f"{activity.code}: resource", (code for code, _ in activity.takes))
        self._check_numbers()

    def _check_numbers(self) -> None:
        for one in self.activities:
            amounts = [amount for _, amount in (*one.needs, *one.takes)]
            if one.duration < 0 or one.release < 0 or min(amounts, default=0) < 0:
                raise ProjectError(
                    f"{one.code}: 时长、数量不能为负 / a negative duration or amount: {one}"
                )
        for lag in self.lags:
            if lag.before == lag.after:
                raise ProjectError(f"{lag}: 前置不能是自身 / nothing comes before itself")
            if lag.most is not None and lag.most < lag.least:
                raise ProjectError(f"{lag}: most < least")
        if self.horizon < 0 or not self.stages:
            raise ProjectError(
                "时限不能为负，且至少一级目标 / a horizon from 0 on and one stage at least"
            )
        for stage in self.stages:
            weights = [
                *(term.weight for term in stage.late),
                *(term.weight for term in stage.apart),
                *(term.weight for term in stage.moved),
            ]
            if min(weights, default=0) < 0 or stage.length < 0:
                raise ProjectError(f"{stage.name}: 权重不能为负 / a negative weight")

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each activity in `activities`, by its code."""
        return {one.code: place for place, one in enumerate(self.activities)}


def _once(what: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise ProjectError(f"{what} {code}: 重复 / told twice")
        seen.add(code)


def _known(known: set[str], codes: Iterable[str]) -> None:
    for code in codes:
        if code not in known:
            raise ProjectError(f"{code}: 未知编号 / no such code")

"""Which groups no timetable can hold, each with its reason: they are left out, and block no other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from inventory.halves import labelled, together
from migrator.planning.means import CityMeans
from migrator.planning.timetable import Bond, MoveGroup
from migrator.planning.windows import Window, one_night
from migrator.timing.again import NOTHING, Former
from migrator.timing.conflict import Demanded, Shelf, chained
from migrator.timing.demands import About
from migrator.timing.jobs import Job
from migrator.timing.lots import Due, Lot, crews_of, lot_of, rooms_of
from migrator.timing.mapping import crew_size
from migrator.timing.nights import Calendar
from migrator.timing.shortage import Shortage


def fitting(
    groups: Sequence[MoveGroup],
    jobs: Mapping[str, Job],
    calendar: Calendar,
    dues: Mapping[str, tuple[Due, ...]],
    *,
    explained: "Explained | None" = None,
    former: Former = NOTHING,
) -> tuple[list[Lot], dict[str, str]]:
    """The groups that can be scheduled, and why the others can't, by system."""
    lots, refused = able(groups, jobs, calendar, explained)
    short = Shortage(lots, calendar, dues, former).left
    for lot in lots:
        if lot.number in short:
            refused |= dict.fromkeys(lot.group.systems, short[lot.number])
    return [lot for lot in lots if lot.number not in short], refused


def able(
    groups: Sequence[MoveGroup],
    jobs: Mapping[str, Job],
    calendar: Calendar,
    explained: "Explained | None" = None,
) -> tuple[list[Lot], dict[str, str]]:
    """The groups that some night takes, and why none takes the others, by system. A night is judged
    by the plan's own, however far `calendar` goes: else what is left out would hang on how long
    others take."""
    lots: list[Lot] = []
    refused: dict[str, str] = {}
    explained = explained or Explained()
    own = calendar.as_far_as(calendar.city.plan.nights)
    for number, group in enumerate(groups):
        several = [jobs[code] for code in group.systems]
        lot = lot_of(number, group, several, own)
        if any(misfits(lot, own)):
            refused |= dict.fromkeys(group.systems, explained.told(lot, own))
        else:
            lots.append(lot if own is calendar else lot_of(number, group, several, calendar))
    return lots, refused


@dataclass
class Explained:
    """What demands of a group's own stand against one another, for the first that are asked: a
    crew of nobody refuses hundreds, all for one reason."""

    left: int = 40
    _shelf: Shelf = field(init=False, default_factory=dict)
    _told: dict[tuple[str, ...], str] = field(init=False, default_factory=dict)

    def told(self, lot: Lot, calendar: Calendar) -> str:
        """Of one group once, however often it is fitted."""
        if lot.group.systems not in self._told:
            self.left -= 1
            why = list(misfits(lot, calendar))
            if self.left < 0:
                return why[0].words
            self._told[lot.group.systems] = self._asked(lot, why, calendar)
        return self._told[lot.group.systems]

    def _asked(self, lot: Lot, why: Sequence["Misfit"], calendar: Calendar) -> str:
        """The demands, after that of the reasons that speaks of them."""
        jobs = {job.code: job for job in lot.jobs}
        bonds = chained(lot.group.bonds or (), lot.group.systems)
        found = Demanded(calendar, jobs, bonds, shelf=self._shelf).conflict(sorted(jobs))
        if found is None:
            return why[0].words
        about = {one.about for one in found.demands}
        if same := next((one for one in why if one.about & about), None):
            # what the demands themselves name is not told twice
            own = same.about & {About.FORBID, About.WINDOW}
            return found.words if own else together(same.words, found.words)
        return together(why[0].words, labelled("此外 / besides", found.words))


@dataclass(frozen=True)
class Misfit:
    """A reason in both languages, and what demands it is `about`."""

    words: str
    about: frozenset[About]


def misfits(lot: Lot, calendar: Calendar) -> Iterator[Misfit]:
    """Why no night takes it, whatever else is planned."""
    for words, about in _reasons(lot, calendar):
        yield Misfit(words, frozenset(about))


NIGHTS = (About.HOLIDAYS, About.NIGHTS, About.FREEZE, About.ALLOWED)


def _reasons(lot: Lot, calendar: Calendar) -> Iterator[tuple[str, tuple[About, ...]]]:
    city = calendar.city
    if not lot.windows:
        yield f"没有一晚可以割接{_of(lot)} / no night is open to it{_of(lot)}", NIGHTS
    if not one_night([Window.parse(j.window) for j in lot.jobs], Window.parse(city.nights.hours)):
        of = _of(lot)
        told = f"同批系统的窗口不在同一晚{of} / the windows of its group are not of one night{of}"
        yield told, (About.WINDOW,)
    for code, amount, size in too_many(lot.jobs, city):
        yield _too_many(lot, code, amount, size), (About.CREW,)
    for told in _contradictions(lot, city):
        yield told, (About.FORBID,)
    yield from _told_nights(lot, calendar)
    for copy in lot.copies:
        there = calendar.count - sum(one.last - one.first + 1 for one in copy.pauses)
        if copy.slots > there:
            told = (
                f"{copy.road} 上需复制 {copy.slots} 昼夜，可复制的只有 {there} 昼夜 / its copy takes "
                f"{copy.slots} days, and there are {there} on which it may be copied"
            )
            yield told, (About.ROAD, About.FREEZE)


def _told_nights(lot: Lot, calendar: Calendar) -> Iterator[tuple[str, tuple[About, ...]]]:
    city, of = calendar.city, _of(lot)
    pinned = {at.system: at.night for at in city.groups.at}
    nights = {pinned[job.code] for job in lot.jobs if job.code in pinned}
    if len(nights) > 1:
        days = "、".join(str(night) for night in sorted(nights))
        told = (
            f"同组指定了不同的夜晚 {days}{of} / different nights were told of one group: {days}{of}"
        )
        yield told, (About.AT,)
    for night in sorted(nights):
        slot = city.plan.slot(night)
        if why := _no_night(lot, calendar, night):
            told = f"指定的 {night} 不可割接{of} / {night}, as was told, is not open to it{of}"
            yield labelled(told, why), (About.AT, *NIGHTS)
        for copy in lot.copies:
            if copy.over(0) > slot:  # one that began before has its former night, and is not asked
                first = city.plan.night(0)
                told = (
                    f"指定的 {night} 前复制不完：{copy.road} 上需 {copy.slots} 昼夜，最早自 {first} 起 / its "
                    f"copy is not over by {night}, as was told: {copy.slots} days, from {first} on"
                )
                yield told, (About.AT, About.ROAD)


def _no_night(lot: Lot, calendar: Calendar, night: date) -> str:
    """Why it can't be cut over on a night, in both languages; empty where it can."""
    span = calendar.city.plan
    slot = span.slot(night)
    if slot >= calendar.count:
        last = span.night(calendar.count - 1)
        return f"晚于计划的末夜 {last} / later than the plan's last night {last}"
    if slot < 0:
        return f"早于计划的首夜 {span.from_} / before the plan's first night {span.from_}"
    return calendar.closed(lot.jobs, slot)


def too_many(jobs: Sequence[Job], city: CityMeans) -> list[tuple[str, int, int]]:
    """The crews that can't cut these over in one night: which, how many times, how many they can."""
    rooms = rooms_of(jobs)
    needed = [(code, amount, crew_size(code, city, rooms)) for code, amount in crews_of(jobs)]
    return [one for one in needed if one[1] > one[2]]


def _contradictions(lot: Lot, city: CityMeans) -> Iterator[str]:
    """Systems that are forbidden to move together, and the fewest bonds that make them."""
    for told in city.groups.forbid:
        inside = [code for code in told.systems if code in lot.group.systems]
        if len(inside) > 1:
            names = "、".join(inside)
            chain = [
                " / ".join(f"{bond.one}–{bond.other} {why}" for why in bond.why.split(" / "))
                for bond in between(lot.group.bonds or (), inside[0], inside[1])
            ]
            yield together(
                f"要求互相矛盾：{names} 不得同批（{told.reason}） / these contradict: {names} never "
                f"together ({told.reason})",
                *chain,
            )


def between(bonds: Sequence[Bond], one: str, other: str) -> list[Bond]:
    """A shortest chain of bonds from one system to the other."""
    came: dict[str, tuple[str, Bond] | None] = {one: None}
    front = [one]
    while other not in came:
        front = [
            following
            for code in front
            for bond in bonds
            if code in (bond.one, bond.other)
            and (following := bond.other if bond.one == code else bond.one) not in came
            and came.setdefault(following, (code, bond))
        ]
        if not front:
            return []
    chain = []
    while step := came[other]:
        other, bond = step
        chain.append(bond)
    return chain[::-1]


def _too_many(lot: Lot, code: str, amount: int, size: int) -> str:
    of = _of(lot)
    told = (
        f"{code} 每晚 {size} 次，本组须同晚 {amount} 次{of} / {code}: {size} a night, its group needs "
        f"{amount} in one{of}"
    )
    if lot.group.split_off:
        names = "、".join(lot.group.split_off)
        price = lot.group.split_price
        told = together(
            told, f"可拆出 {names}，代价 {price} / {names} could be split off, for {price}"
        )
    return told


def _of(lot: Lot) -> str:
    return f" ({'、'.join(lot.group.systems)})" if len(lot.jobs) > 1 else ""

"""What the clouds deliver is not enough for all: who is left out, and how much is missing.

short = shortage(lots, calendar, dues, former)
short.left  # group → why;  short.missing  # resource → wanted, there
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from migrator.schedule.knapsack import packed
from migrator.timing.again import NOTHING, Former
from migrator.timing.lots import Due, Lot
from migrator.timing.mapping import SEVERITIES, capacity_of
from migrator.timing.nights import Calendar


@dataclass(frozen=True)
class Missing:
    """Of one capacity of a cloud, in its own unit: what all want, and what all deliveries bring."""

    wanted: int
    there: int


@dataclass(frozen=True)
class Shortage:
    """Nobody is left out where another who is due as hard, or two for one, could be instead: by
    severity the most that hangs on days, then the most systems, then those that had a night before.
    What has begun and what was told a night goes before all."""

    lots: Sequence[Lot]
    calendar: Calendar
    dues: Mapping[str, tuple[Due, ...]]
    former: Former = field(default=NOTHING)

    @cached_property
    def left(self) -> dict[int, str]:
        """The groups, by number, for which nothing is left of what all deliveries bring."""
        if not self.missing:
            return {}
        places = {code: place for place, code in enumerate(self.missing)}
        asking = [lot for lot in self.lots if places.keys() & self._wants[lot.number].keys()]
        wants = tuple(
            tuple(
                (places[code], amount)
                for code, amount in sorted(self._wants[lot.number].items())
                if code in places and amount
            )
            for lot in asking
        )
        room = tuple(one.there for one in self.missing.values())
        taken = packed(wants, room, tuple(self._values(lot) for lot in asking))
        placed = [lot for n, lot in enumerate(asking) if n in taken]
        without = [lot for n, lot in enumerate(asking) if n not in taken]
        return {lot.number: self._why(lot, placed) for lot in without}

    @cached_property
    def missing(self) -> dict[str, Missing]:
        """What there is too little of for all."""
        wanted = Counter[str]()
        for one in self._wants.values():
            wanted.update(one)
        found = {
            code: Missing(amount, max(v for _, v in capacity_of(code, self.calendar).steps))
            for code, amount in sorted(wanted.items())
        }
        return {code: one for code, one in found.items() if one.wanted > one.there}

    @cached_property
    def _wants(self) -> dict[int, Counter[str]]:
        found: dict[int, Counter[str]] = {}
        for lot in self.lots:
            found[lot.number] = Counter()
            for copy in lot.copies:
                found[lot.number].update(dict(copy.takes))
        return found

    def _values(self, lot: Lot) -> tuple[int, ...]:
        codes = [job.code for job in lot.jobs]
        fixed = {at.system for at in self.calendar.city.groups.at} | self.former.began
        by_severity = (
            sum(
                due.weight
                for code in codes
                for due in self.dues.get(code, ())
                if due.severity == told
            )
            for told in SEVERITIES
        )
        return (
            sum(code in fixed for code in codes),
            *by_severity,
            len(codes),
            sum(code in self.former.nights for code in codes),
        )

    def _why(self, lot: Lot, taken: Sequence[Lot]) -> str:
        """The capacity of which what it wants is the least there."""
        wanted = self._wants[lot.number]
        left = {
            code: one.there - sum(self._wants[other.number][code] for other in taken)
            for code, one in self.missing.items()
            if wanted[code]
        }
        code = min(left, key=lambda one: (left[one] / wanted[one], one))
        one, what = self.missing[code], code.removeprefix("cloud:")
        return (
            f"{what} 全部交付后仍不足：共需 {one.wanted}，交付 {one.there}，缺 {one.wanted - one.there}；"
            f"余 {left[code]}，需 {wanted[code]} / {what}: not enough when all is delivered: "
            f"{one.wanted} wanted by all, {one.there} delivered, {one.wanted - one.there} missing; "
            f"{left[code]} left, {wanted[code]} needed"
        )

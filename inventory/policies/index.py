"""Records, made quick to look up for one policy on one day."""

from collections.abc import Iterable
from datetime import date

from inventory.policies.declaring import Manner, manners
from inventory.policies.measures import Items
from inventory.policies.pack import Pack
from inventory.policies.records import Declaration, Event, Exempt, Handed, Records


class Index:
    """What is on record of one policy by `day`; what comes later is not yet true."""

    def __init__(self, records: Records, policy: str, day: date) -> None:
        self._said: dict[tuple[str, str | None, str | None], Declaration] = {}
        for said in sorted(
            (d for d in records.declarations if d.policy == policy and d.on <= day),
            key=lambda d: (d.on, d.done, d.by, d.evidence),
        ):
            self._said[said.entry, said.code, said.item] = said
        self._exempt: dict[tuple[str, str], list[Exempt]] = {}
        for exempt in records.exceptions:
            if exempt.policy == policy and exempt.approved_on <= day:
                self._exempt.setdefault((exempt.entry, exempt.code), []).append(exempt)
        self._excepted = {entry for entry, _ in self._exempt}
        self._handed: dict[tuple[str, str, str], list[Handed]] = {}
        for handed in records.reports:
            if handed.policy == policy and handed.on <= day:
                key = (handed.entry, handed.code, handed.period)
                self._handed.setdefault(key, []).append(handed)
        self._events = [e for e in records.events if e.policy == policy and e.started <= day]
        self.fates = tuple(f for f in records.fates if f.policy in (None, policy))
        self.day = day

    def said(
        self, entry: str, *, code: str | None = None, item: str | None = None
    ) -> Declaration | None:
        """The last declaration of that."""
        return self._said.get((entry, code, item))

    def declared(self, pack: Pack) -> frozenset[tuple[str, str | None]]:
        """(entry, code or None) of all that is declared done; an entry of several items once all of
        them are. What is declared object by object is never done as a whole."""
        single = {entry for entry, manner in manners(pack).items() if manner is Manner.OBJECT}
        done = {
            (entry, code)
            for (entry, code, item), d in self._said.items()
            if d.done and not item and (code is not None or entry not in single)
        }
        for target in pack.targets:
            if isinstance(target.measure, Items):
                said = [self.said(target.id, item=item) for item in target.measure.items]
                if all(told is not None and told.done for told in said):
                    done.add((target.id, None))
        return frozenset(done)

    def by_owner(self, pack: Pack) -> frozenset[tuple[str, str]]:
        """(entry, organisation) of what is declared done of entries that are about organisations."""
        of = {e.id for _, _, e in pack.entries() if e.set == "organisations"}
        said = ((e, c) for (e, c, item), d in self._said.items() if d.done and e in of and not item)
        return frozenset((entry, code) for entry, code in said if code)

    def has_exempt(self, entry: str) -> bool:
        """Whether there is any exception of an entry."""
        return entry in self._excepted

    def exempt(self, entry: str, code: str) -> Exempt | None:
        """The exception that is reviewed last; it may have lapsed."""
        found = self._exempt.get((entry, code), ())
        return max(
            found,
            key=lambda e: (e.review_on, e.approved_on, e.document, e.approver, e.reason),
            default=None,
        )

    def holds(self, exempt: Exempt) -> bool:
        """Whether it still counts: up to and with its review day (G22)."""
        return self.day <= exempt.review_on

    def handed(self, entry: str, organisation: str, period: str) -> list[Handed]:
        """By day."""
        found = self._handed.get((entry, organisation, period), ())
        return sorted(found, key=lambda h: (h.on, h.channels, h.evidence))

    def events(self, entry: str) -> Iterable[Event]:
        """By object and day."""
        return sorted(
            (e for e in self._events if e.entry == entry),
            key=lambda e: (e.code, e.started, e.ended or date.max, e.evidence),
        )

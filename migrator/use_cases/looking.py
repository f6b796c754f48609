"""Use cases that only look: the estate, plans, runs, the audit, as far as a person may see them.

A person who is bound to organisations sees what is theirs: a plan or a run without a system of theirs
is not there, and of the others their part is. Reads of what is sensitive stand in the audit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory.model import Contact, Estate
from inventory.reports.veil import Veil
from inventory.store import EstateStore
from migrator.engine.run_log import log_of
from migrator.errors import NotFound
from migrator.people.rights import Deed, Person
from migrator.people.scope import seen_estate
from migrator.planning.plan import Item, Plan
from migrator.planning.timetable import Timetable
from migrator.runs.approvals import PlanRecord
from migrator.runs.records import ItemRecord, ItemState, RunRecord
from migrator.store.attempts import AttemptRecord, EvidenceRecord
from migrator.store.audit import Entry, Filter
from migrator.store.tallies import Tally
from migrator.store.truth import Truth

LOOKED_AT = 60.0
"""Seconds for which bytes of a plan that were seen to fit its digest need not be seen again by who only
looks: a large one has twenty megabytes. What acts on a plan sees them each time."""


@dataclass(frozen=True)
class Looking:
    """`load`, `load_shown`: the estate as a server holds it, and as it may be shown; without them
    it is read from the store. `part_of`: what of an estate a person sees, as the server keeps it."""

    truth: Truth
    store: EstateStore
    load: Callable[[], Estate] | None = None
    load_shown: Callable[[], Estate] | None = None
    part_of: Callable[[Person, Estate], Estate] = seen_estate

    def estate(self, person: Person, *, export: bool = False) -> Estate:
        """What of the estate a person sees, without what is classified; to take all of it away is
        noted. Raises StoreError."""
        self.truth.permit(person, Deed.INVENTORY_READ, "estate")
        shown = self.load_shown() if self.load_shown else Veil(self.whole()).shown
        found = self.part_of(person, shown)
        if export:
            self.truth.audit(person.name, "inventory.export", "estate", digest=found.digest)
        return found

    def about(self, person: Person, code: str, contacts: Iterable[Contact]) -> None:
        """Note that a person is shown how to reach somebody: phone or address of an object's contacts.
        To be called wherever these are shown; lists show none (`unreachable`)."""
        told = sum(bool(one.phone or one.email) for one in contacts)
        if told:
            self.truth.audit(person.name, "people.read", code, contacts=told)

    def whole(self) -> Estate:
        """The estate as it is, for figures: never to be shown. Raises StoreError."""
        return self.load() if self.load else self.store.load()

    def part(self, person: Person, deed: Deed) -> Estate:
        """What of the whole a person's figures are made from: all, or their organisations' part."""
        self.truth.permit(person, deed, "estate")
        return self.part_of(person, self.whole())

    def plans(self, person: Person) -> list[PlanRecord]:
        self.truth.permit(person, Deed.PLAN_READ, "plans")
        every = self.truth.plans.all()
        return every if person.whole_city else [r for r in every if self._mine(person, r.code)]

    def plan(self, person: Person, code: str) -> tuple[PlanRecord, Plan]:
        """A plan; of one who is bound to organisations only their systems, under the digest of the
        whole. Raises NotFound, Refused when its bytes no longer fit its digest."""
        self.truth.permit(person, Deed.PLAN_READ, code)
        record, plan = self.truth.plans.record(code), self.truth.plans.load(code, LOOKED_AT)
        if person.whole_city:
            return record, plan
        mine = self._systems(person)
        if not mine & {v.system for v in plan.verdicts}:
            raise NotFound(f"没有此方案 / no such plan: {code}; see `qianyun plan list`")
        return record, _part(plan, mine)

    def runs(self, person: Person) -> list[RunRecord]:
        self.truth.permit(person, Deed.RUN_READ, "runs")
        every = self.truth.runs.all()
        if person.whole_city:
            return every
        mine = self._systems(person)
        return [part for run in every if (part := _mine_of(run, mine)).items]

    def heads(self, person: Person) -> list[RunRecord]:
        """The same runs without their items."""
        self.truth.permit(person, Deed.RUN_READ, "runs")
        return self.truth.tallies.heads(self.among(person))

    def tallies(
        self, person: Person, heads: Sequence[RunRecord], *, stepped: bool = False
    ) -> list[Tally]:
        """How many items of these runs stand where, of those that a person sees."""
        self.truth.permit(person, Deed.RUN_READ, "runs")
        return self.truth.tallies.of(heads, self.among(person), stepped=stepped)

    def tally(self, person: Person, code: str) -> Tally:
        """Of one run, with its steps. Raises NotFound."""
        (found,) = self.tallies(person, [self.head(person, code)], stepped=True)
        return found

    def head(self, person: Person, code: str) -> RunRecord:
        """A run without its items. Raises NotFound."""
        self.truth.permit(person, Deed.RUN_READ, code)
        head = self.truth.runs.head(code)
        if not person.whole_city and not self.truth.tallies.states([code], self.among(person)):
            raise NotFound(f"没有此次执行 / no such run: {code}; see `qianyun run list`")
        return head

    def item(self, person: Person, code: str, system: str) -> ItemRecord:
        """Raises NotFound."""
        self.truth.permit(person, Deed.RUN_READ, code)
        among = self.among(person)
        if among is not None and system not in among:
            raise NotFound(f"执行 {code} 中没有系统 {system} / the run has no item {system}")
        return self.truth.runs.item(code, system)

    def items(
        self, person: Person, code: str, size: int, page: int = 0, at: str = ""
    ) -> tuple[tuple[ItemRecord, ...], int]:
        """One page of a run's items by wave and system, and the place of its first. Without a page the
        one that the system `at` stands on, else the one of the first that has not ended."""
        self.truth.permit(person, Deed.RUN_READ, code)

        def choose(first: int, count: int) -> tuple[int, int]:
            last = max(1, -(-count // size))
            wanted = min(page, last) if page else min(last, first // size + 1)
            return (wanted - 1) * size, size

        return self.truth.tallies.page(code, choose, self.among(person), at="" if page else at)

    def counted(self, person: Person, codes: Sequence[str]) -> dict[str, Mapping[ItemState, int]]:
        """How many items of these runs stand where, of those that a person sees."""
        self.truth.permit(person, Deed.RUN_READ, "runs")
        return self.truth.tallies.counted(codes, self.among(person))

    def moves(self, person: Person, system: str) -> list[ItemRecord]:
        """What every run did with a system that a person sees, oldest first."""
        self.truth.permit(person, Deed.RUN_READ, "runs")
        return self.truth.tallies.moves(system)

    def among(self, person: Person) -> frozenset[str] | None:
        """The systems that a person sees, None for all."""
        return None if person.whole_city else self._systems(person)

    def run(self, person: Person, code: str) -> RunRecord:
        """Raises NotFound."""
        self.truth.permit(person, Deed.RUN_READ, code)
        run = self.truth.runs.get(code)
        if person.whole_city:
            return run
        part = _mine_of(run, self._systems(person))
        if not part.items:
            raise NotFound(f"没有此次执行 / no such run: {code}; see `qianyun run list`")
        return part

    def attempts(self, person: Person, code: str, system: str | None = None) -> list[AttemptRecord]:
        """Raises NotFound."""
        self.head(person, code)
        among = self.among(person)
        found = self.truth.attempts.of(code, system)
        return [one for one in found if among is None or one.system in among]

    def evidence(
        self, person: Person, code: str, system: str | None = None
    ) -> list[EvidenceRecord]:
        """What the attempts found; the reading is noted. Raises NotFound, Forbidden."""
        self.truth.permit(person, Deed.EVIDENCE_READ, code)
        self.head(person, code)
        among = self.among(person)
        every = self.truth.attempts.evidence_of(code, system)
        found = [one for one in every if among is None or one.system in among]
        of = code if system is None else f"{code}/{system}"
        self.truth.audit(person.name, "evidence.read", of, records=len(found))
        return found

    def log(self, person: Person, code: str, system: str | None = None) -> list[dict[str, Any]]:
        """Lines of a run so far (`run_log`). Raises NotFound."""
        self.head(person, code)
        if system is not None:
            self.item(person, code, system)
        among = self.among(person)
        lines = log_of(self.truth, code, system)
        return [one for one in lines if among is None or one["system"] in among]

    def concerns(self, person: Person, object: str) -> bool:
        """Whether an object of the audit ("R-…/SYSTEM", "P-…") is about a system that a person sees."""
        code, _, system = object.partition("/")
        try:
            if system:
                return system in self._systems(person)
            if code.startswith("R-"):
                return bool(self.head(person, code))
            return code.startswith("P-") and self._mine(person, code)
        except NotFound:
            return False

    def audit(self, person: Person, wanted: Filter) -> tuple[list[Entry], int]:
        """Entries that fit, the newest first, and how many there are; the reading is noted."""
        self.truth.permit(person, Deed.AUDIT_READ, "audit")
        found = self.truth.audit_found(wanted)
        told = wanted.as_json()
        self.truth.audit(person.name, "audit.read", "audit", **told)
        return found

    def audit_chain(self, person: Person) -> list[Entry]:
        """All of it, in order, to verify or take away; noted."""
        self.truth.permit(person, Deed.AUDIT_READ, "audit")
        found = self.truth.audit_entries()
        self.truth.audit(person.name, "audit.export", "audit", entries=len(found))
        return found

    def _systems(self, person: Person) -> frozenset[str]:
        return frozenset(s.code for s in self.part_of(person, self.whole()).systems)

    def _mine(self, person: Person, code: str) -> bool:
        plan = self.truth.plans.load(code, LOOKED_AT)
        return bool(self._systems(person) & {v.system for v in plan.verdicts})


def unreachable(facts: dict[str, Any]) -> dict[str, Any]:
    """An object's facts as a list shows them: who its contacts are, and not how to reach them."""
    if not facts.get("contacts"):
        return facts
    bare = [{k: v for k, v in one.items() if k not in _WAYS} for one in facts["contacts"]]
    return facts | {"contacts": bare}


_WAYS = ("phone", "email")


def _part(plan: Plan, mine: frozenset[str]) -> Plan:
    """The plan with these systems alone."""
    waves = (
        wave.model_copy(update={"items": tuple(i for i in wave.items if i.code in mine)})
        for wave in plan.waves
    )
    mine_waves = tuple(wave for wave in waves if wave.items)
    ours = {code for wave in mine_waves for item in wave.items for code in _places(item)}
    return plan.model_copy(
        update={
            "waves": mine_waves,
            "limits": tuple(
                x for x in plan.limits if {x.resource, x.resource.partition(":")[2]} & ours
            ),
            "verdicts": tuple(v for v in plan.verdicts if v.system in mine),
            "timetable": plan.timetable and _nights_of(plan.timetable, mine),
        }
    )


def _places(item: Item) -> Iterator[str]:
    """Whose limits hold for an item: room, line, cloud, and the whole city's."""
    yield "total"
    yield from (host.place for host in (item.source, item.target) if host.place)
    if item.line is not None:
        yield item.line.code


def _nights_of(table: Timetable, mine: frozenset[str]) -> Timetable:
    """Nothing of it names another's system: advice does, and a ring's other systems do."""
    splits = tuple(one for one in table.split or () if mine.issuperset(one.systems))
    of_each = ((one, tuple(s for s in one.systems if s in mine)) for one in table.notes or ())
    notes = tuple(one.model_copy(update={"systems": some}) for one, some in of_each if some)
    return table.model_copy(
        update={
            "appointments": tuple(one for one in table.appointments if one.system in mine),
            "groups": (),
            "split": splits or None,
            "notes": notes or None,
            "short": None,
            "duties": tuple(one.model_copy(update={"takes": None}) for one in table.duties),
        }
    )


def _mine_of(run: RunRecord, mine: frozenset[str]) -> RunRecord:
    return run.model_copy(update={"items": tuple(i for i in run.items if i.system in mine)})

"""What pages share: the estate with its indexes, and how it stands against the city's policies.

Both are made once and kept until something changed. A large city takes a second or two to judge
(`policies.assess`): meanwhile a page shows the judgement before, with its own time, or says that the
first is being made.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from api.bootstrap import Qianyun
from api.http.collector import paused
from api.http.estate_cache import EstateCache
from inventory.model import Dependency, Estate, Host, Line, Node, System
from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment
from inventory.policies.holds import Hold, holds
from inventory.policies.pack import Pack
from inventory.policies.phases import Standing, lifecycle
from inventory.policies.shelf import Shelf
from inventory.secrecy import Hidden, hidden, is_classified, shown_name
from migrator.errors import NotFound
from migrator.people import Person
from probes.readiness.evidence import Evidence
from probes.readiness.levels import Judge

if TYPE_CHECKING:
    from migrator.recording import Book

PATIENCE = 0.1
"""Seconds that a page waits for a judgement under way: a small city's is there by then."""
MOST_SCOPES = 16
"""Scopes whose city is kept; each department's part of the estate is its own."""
MOST_ADDED = 200
"""Entries of the audit that are looked through for a record; after more, it is judged anew."""
_RECORDS = ("policy.", "report.")
_MOVED = ("migrated", "verified")


@dataclass(frozen=True)
class City:
    """An estate and what is looked up in it again and again. What classified systems have to do
    with is named by code alone (G7)."""

    estate: Estate

    @cached_property
    def secret(self) -> Hidden:
        return hidden(self.estate)

    @cached_property
    def by(self) -> Mapping[str, Mapping[str, Any]]:
        """Collection → code → object."""
        return {kind: {o.code: o for o in objects} for kind, objects in self.estate.collections()}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of organisations, rooms, clouds, nodes and sites, by code."""
        kinds = ("sites", "nodes", "organisations", "clouds", "rooms")
        return {code: o.name for kind in kinds for code, o in self.by[kind].items()}

    def name(self, code: str | None) -> str:
        """What people call it; its code where it is not there."""
        return "" if code is None else self.names.get(code, code)

    def system_name(self, code: str) -> str:
        found = self.by["systems"].get(code)
        return code if found is None else shown_name(found)

    @cached_property
    def needs(self) -> Mapping[str, list[Dependency]]:
        return _grouped(self.estate.dependencies, "system")

    @cached_property
    def needed_by(self) -> Mapping[str, list[Dependency]]:
        return _grouped(self.estate.dependencies, "needs")

    @cached_property
    def hosts_of(self) -> Mapping[str, list[Host]]:
        """By system; those of classified ones are left out."""
        shown = (h for h in self.estate.hosts if h.code not in self.secret.hosts)
        return _grouped(shown, "system")

    @cached_property
    def hosts_at(self) -> Mapping[str, list[Host]]:
        return _grouped((h for h in self.estate.hosts if h.code not in self.secret.hosts), "place")

    @cached_property
    def systems_at(self) -> Mapping[str, list[System]]:
        """By the place where they live now."""
        return _grouped(self.estate.systems, "place")

    @cached_property
    def nodes_at(self) -> Mapping[str, list[Node]]:
        return _grouped(self.nodes, "place")

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Those that may be spoken of."""
        return tuple(
            n
            for n in self.estate.nodes
            if n.host not in self.secret.hosts and not self.secret.hides_at(n.ipv4, n.ipv6)
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Those that are not cancelled, by code."""
        kept = (line for line in self.estate.lines if line.cancelled_on is None)
        return tuple(sorted(kept, key=lambda line: line.code))

    @cached_property
    def moved(self) -> int:
        """Systems that live on a cloud, or are told to."""
        return sum(s.placement is not None or s.cloud_status in _MOVED for s in self.estate.systems)

    @cached_property
    def judge(self) -> Judge:
        """Of IPv6 readiness, to be told the evidence."""
        return Judge(self.estate, Evidence({}, 0))

    @cached_property
    def lines_at(self) -> Mapping[str, list[Line]]:
        """By either end."""
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self.estate.lines:
            for end in {line.a_end, line.z_end} - {None}:
                found[str(end)].append(line)
        return found

    def get(self, kind: str, code: str) -> Any:
        """Raises NotFound."""
        found = self.by[kind].get(code)
        if found is None:
            raise NotFound(
                f"台账库中没有此编号 / the inventory has no such code: {code} ({kind})；请从列表进入 / open "
                "it from its list"
            )
        return found

    def classified(self, code: str) -> bool:
        found = self.by["systems"].get(code)
        return found is not None and is_classified(found)


def _grouped(things: Any, by: str) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for thing in things:
        if (key := getattr(thing, by)) is not None:
            found[key].append(thing)
    return found


@dataclass(frozen=True)
class Case:
    """One policy and how the city stands against it."""

    pack: Pack
    assessed: Assessment
    holds: tuple[Hold, ...]
    standings: tuple[Standing, ...]

    @cached_property
    def of_systems(self) -> tuple[Counter[str | None], Counter[str | None]]:
        """Systems by the phase in which they stand, and those of them that are late there."""
        standings = [s for s in self.standings if s.set == "systems"]
        late = Counter(s.phase for s in standings if s.now and s.now.late)
        return Counter(s.phase for s in standings), late

    @cached_property
    def standing(self) -> Mapping[tuple[str, str], Standing]:
        """By set and code."""
        return {(s.set, s.code): s for s in self.standings}


@dataclass(frozen=True)
class Judged:
    """`own`: the city's policies are set; else every one that ships is shown, as the CLI does."""

    day: date
    made_at: datetime
    cases: tuple[Case, ...]
    own: bool
    mark: object

    def case(self, policy: str) -> Case:
        """Raises NotFound."""
        for case in self.cases:
            if case.pack.id == policy:
                return case
        raise NotFound(f"没有此政策 / no such policy: {policy}")


@dataclass
class _Desk:
    """What is known of one scope: the city, the last judgement, and the one under way, with when
    (monotonic) that was begun: pages wait a moment for a small city's, not each anew for a large one's."""

    city: City
    judged: Judged | None = None
    wanted: object = None
    since: float = 0.0
    making: Future[Judged] | None = None


class Cities:
    """Cities by scope. Safe between threads."""

    def __init__(self, product: Qianyun, estates: EstateCache) -> None:
        self._product = product
        self._estates = estates
        self._lock = threading.Lock()
        self._desks: dict[frozenset[str] | None, _Desk] = {}
        self._former: dict[frozenset[str] | None, Judged | None] = {}
        self._whole: Estate | None = None
        self._read = self._record = 0  # entries of the audit: the last seen, the last that matters
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="judging")

    def of(self, person: Person) -> City:
        """What they see of the city. Raises StoreError; an empty estate is a city without objects."""
        return self._desk(person).city

    def judged(self, person: Person, *, patience: float = PATIENCE) -> Judged | None:
        """The newest judgement there is; None while the first is being made. Raises PackError,
        PackRefused, StoreDown, what the judging raised."""
        desk = self._desk(person)
        mark = self._mark(desk.city)
        with self._lock:
            if desk.judged is not None and desk.judged.mark == mark:
                return desk.judged
            if desk.making is None or desk.wanted != mark:
                desk.wanted, desk.since = mark, time.monotonic()
                desk.making = self._workers.submit(self._judge, desk.city, mark)
            making = desk.making
            left = max(0.0, desk.since + patience - time.monotonic())
        try:
            made = making.result(left)
        except TimeoutError:
            return desk.judged
        with self._lock:
            if desk.judged is None or desk.judged.mark != made.mark:
                desk.judged = made
            if desk.making is making:
                desk.making = None
        return made

    @property
    def today(self) -> date:
        settings = self._product.settings
        return settings.today or datetime.now(ZoneInfo(settings.timezone)).date()

    def _desk(self, person: Person) -> _Desk:
        whole = self._estates.current()
        scope = person.organisations
        with self._lock:
            if whole is not self._whole or len(self._desks) > MOST_SCOPES:
                for known, desk in self._desks.items():  # shown until there is a newer one
                    self._former[known] = desk.judged
                self._whole, self._desks = whole, {}
            if scope not in self._desks:
                city = City(self._estates.part(person, whole))
                self._desks[scope] = _Desk(city, judged=self._former.pop(scope, None))
            return self._desks[scope]

    def _mark(self, city: City) -> object:
        """What a judgement is made from: the estate, what is on record, the day."""
        truth = self._product.truth
        head = truth.audit_head()
        if head > self._read:  # what was written since: does any of it matter here?
            added = truth.audit_after(self._read, MOST_ADDED)
            if len(added) == MOST_ADDED or any(e.action.startswith(_RECORDS) for e in added):
                self._record = head
            self._read = head
        return (id(city), self._record, self.today, _touched(self.shelf.folder))

    @property
    def shelf(self) -> Shelf:
        return Shelf(self._product.settings.state / "policies")

    def _judge(self, city: City, mark: object) -> Judged:
        settings, shelf, day = self._product.settings, self.shelf, self.today
        book = self._product.recording.book()
        named = settings.policies or shelf.names()
        with paused():
            cases = tuple(_case(shelf.pack(name), city, book, day) for name in named)
        now = self._product.truth.clock()
        return Judged(day, now, cases, bool(settings.policies), mark)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)


def _case(pack: Pack, city: City, book: "Book", day: date) -> Case:
    baseline = book.baseline(pack.id, day)
    assessed = assess(pack, city.estate, book.records, day, baseline)
    return Case(
        pack=pack,
        assessed=assessed,
        holds=tuple(holds(pack, city.estate, assessed, book.records, baseline)),
        standings=lifecycle(pack, city.estate, book.records, day, baseline),
    )


def _touched(folder: Path) -> tuple[tuple[str, int], ...]:
    """The city's own policies and records as they lie there: when each was last written."""
    return tuple((str(p), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*.toml")))

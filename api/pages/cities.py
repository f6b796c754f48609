"""Cities by scope, with how each stands: made once and kept until something changed. A large city takes
seconds to judge: meanwhile a page shows the judgement before, with its own time, or says that the first
is being made; the judging rests whenever somebody waits for an answer."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api.bootstrap import Qianyun
from api.http.calm import Calm
from api.http.collector import paused, settled
from api.http.estate_cache import EstateCache
from api.pages.city import Case, City, Judged
from inventory.model import Estate
from inventory.policies.assess import assess
from inventory.policies.holds import holds
from inventory.policies.pack import Pack
from inventory.policies.phases import lifecycle
from inventory.policies.shelf import Shelf
from migrator.people.rights import Person

if TYPE_CHECKING:
    from migrator.use_cases.recording import Book

PATIENCE = 0.1
"""Seconds that a page waits for a judgement under way: a small city's is there by then."""
MOST_SCOPES = 16
"""Scopes whose city is kept; each department's part of the estate is its own."""
MOST_ADDED = 200
"""Entries of the audit that are looked through for a record; after more, it is judged anew."""
_RECORDS = ("policy.", "report.")


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

    def __init__(self, product: Qianyun, estates: EstateCache, calm: Calm) -> None:
        self._product = product
        self._calm = calm
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
        rest = self._calm.rests(PATIENCE)
        with paused():
            cases = tuple(_case(shelf.pack(name), city, book, day, rest) for name in named)
        settled()
        now = self._product.truth.clock()
        return Judged(day, now, cases, bool(settings.policies), mark)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)


def _case(pack: Pack, city: City, book: "Book", day: date, rest: Callable[[], None]) -> Case:
    """`rest`: called now and then, to let answers go first."""
    baseline = book.baseline(pack.id, day)
    assessed = assess(pack, city.estate, book.records, day, baseline)
    rest()
    held = tuple(holds(pack, city.estate, assessed, book.records, baseline))
    rest()
    standings = lifecycle(pack, city.estate, book.records, day, baseline, rest=rest)
    return Case(pack=pack, assessed=assessed, holds=held, standings=standings)


def _touched(folder: Path) -> tuple[tuple[str, int], ...]:
    """The city's own policies and records as they lie there: when each was last written."""
    return tuple((str(p), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*.toml")))

"""The estate that a process holds, and what was made from it, until the stored one changes."""

import hashlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from api.bootstrap import Qianyun
from api.http.collector import paused, settled
from inventory.freshness import Snapshots
from inventory.model import Estate
from inventory.reports.veil import Veil
from migrator.errors import NotFound
from migrator.people.rights import Person
from migrator.people.scope import seen_estate

MOST_VIEWS = 200
"""What is kept of an estate and of its parts: each department sees its own, in lists of each kind."""


@runtime_checkable
class Versioned(Protocol):
    """A store that knows cheaply whether its estate is another one."""

    def version(self) -> str:
        """A text that changes when what `load()` gives has changed. Raises StoreError."""
        ...


@runtime_checkable
class Refreshable(Protocol):
    """A store that mirrors something that changes outside."""

    def refresh(self) -> object:
        """Fetch what changed since the last time. Raises StoreError."""
        ...


@dataclass(frozen=True)
class Rendered:
    """An answer's bytes and their entity tag, quoted as HTTP wants it."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> "Rendered":
        return cls(body, f'"{hashlib.sha256(body).hexdigest()}"')


class EstateCache:
    """Loads again only when `version()` has changed; each time, where that says None. Safe between
    threads: those that come while one loads wait for it rather than load the same."""

    def __init__(self, load: Callable[[], Estate], version: Callable[[], str | None]) -> None:
        self._load = load
        self._version = version
        self._lock = threading.Lock()
        self._held: tuple[str | None, Estate] | None = None
        self._rendered: dict[str, Rendered] = {}
        self._shown: Estate | None = None
        self._derived: dict[str, Any] = {}
        self._views: dict[tuple[Hashable, int], tuple[Estate, Any]] = {}

    @classmethod
    def of(cls, product: Qianyun) -> "EstateCache":
        """Over the product's store; nothing is opened before the first question."""

        ours: list[Snapshots] = []

        def version() -> str | None:
            store = product.estate
            if isinstance(store, Versioned):
                return store.version()
            if isinstance(store, Refreshable):  # our snapshots do not tell of what changes outside
                return None
            if not ours:
                ours.append(Snapshots(product.truth.engine))
            return ours[0].mark()

        def load() -> Estate:
            return product.estate.load()

        return cls(load, version)

    def estate(self) -> Estate:
        """Raises StoreError, and NotFound when the estate holds nothing at all."""
        with self._lock, paused():
            return self._fresh()

    def current(self) -> Estate:
        """The estate as it is, also when it holds nothing. Raises StoreError."""
        with self._lock, paused():
            return self._fresh(empty=True)

    def shown(self) -> Estate:
        """The estate as it may be shown: what is classified is counted and not told (G7)."""
        with self._lock, paused():
            estate = self._fresh(empty=True)
            if self._shown is None:
                self._shown = Veil(estate).shown
            return self._shown

    def rendered(self, view: str, make: Callable[[Estate], bytes]) -> Rendered:
        """What `make` gives of the estate as it is; made once for each estate and view."""
        with self._lock, paused():
            estate = self._fresh()
            if view not in self._rendered:
                self._rendered[view] = Rendered.of(make(estate))
            return self._rendered[view]

    def derived[T](self, view: str, make: Callable[[Estate], T]) -> T:
        """What `make` gives of the estate as it is, also when it holds nothing; made once for each estate
        and view."""
        with self._lock, paused():
            estate = self._fresh(empty=True)
            if view not in self._derived:
                self._derived[view] = make(estate)
            found: T = self._derived[view]
            return found

    def part(self, person: Person, estate: Estate) -> Estate:
        """What of the estate a person sees: made once for each scope, as long as the estate is held."""
        if person.organisations is None:
            return estate
        return self.view_of(estate, person.organisations, lambda: seen_estate(person, estate))

    def view_of[T](self, estate: Estate, view: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives of an estate or a part of one; made once, as long as the estate is held."""
        key = (view, id(estate))
        kept = self._views.get(key)
        if kept is None or kept[0] is not estate:
            kept = (estate, make())
            with self._lock:
                if len(self._views) >= MOST_VIEWS:
                    self._views = {}
                self._views[key] = kept
        found: T = kept[1]
        return found

    def alone(self, action: Callable[[], object]) -> None:
        """Run `action` on the store while nobody loads from it here."""
        with self._lock:
            action()

    def _fresh(self, *, empty: bool = False) -> Estate:
        version = self._version()  # asked first: what changes meanwhile is loaded next time
        if self._held is None or version is None or self._held[0] != version:
            # an old estate is no answer, and takes memory
            self._held, self._rendered, self._shown, self._derived = None, {}, None, {}
            self._views = {}
            self._held = (version, self._load())
            settled()
        return self._held[1] if empty else filled(self._held[1])


def filled(estate: Estate) -> Estate:
    """The estate, if it holds anything. Raises NotFound otherwise: a tool that is told of no host
    at all forgets those it knows, and the likelier reason is another state folder."""
    if any(objects for _, objects in estate.collections()):
        return estate
    raise NotFound(
        "台账库为空；请先执行 qianyun inventory apply，或检查 QIANYUN_STATE 与 "
        "QIANYUN_DATABASE_URL / the inventory is empty: bring a ledger in by `qianyun inventory "
        "apply`, or check QIANYUN_STATE and QIANYUN_DATABASE_URL"
    )

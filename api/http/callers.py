"""Who a token or a cookie is, kept while nothing in the database has changed: the same page of a list,
asked again, should not cost two questions about who asks.

What is kept is at most a second old by the clock that ends sessions and tokens; what is revoked, disabled
or signed out changes the database, and counts at once.
"""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.bootstrap import Qianyun
from api.settings import SettingsError
from inventory.errors import InventoryError
from inventory.mark import Mark
from migrator.errors import MigratorError
from migrator.people.passwords import digest_of
from migrator.people.rights import Person
from migrator.store.people import Session

FRESH = timedelta(seconds=1)
MOST = 1000
"""Tokens and cookies that are kept."""


class Callers:
    """Safe between threads."""

    def __init__(self, product: Qianyun) -> None:
        self._product = product
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._kept: dict[Hashable, tuple[Hashable, datetime, Any]] = {}

    async def marked(self) -> Hashable | None:
        """The database's mark; None where it cannot be told."""
        if self._mark is None:
            try:
                truth = await run_in_threadpool(lambda: self._product.truth)
            except (MigratorError, InventoryError, SettingsError):  # who asks next is told
                return None
            self._mark = Mark(truth.engine)
        return self._mark.read() if self._mark.at_once else await run_in_threadpool(self._mark.read)

    async def by_token(self, token: str) -> Person | None:
        """As `Accounts.by_token`."""
        found: Person | None = await self._of("token", token, self._product.accounts.by_token)
        return found

    async def by_cookie(
        self, cookie: str, *, unattended: bool = False
    ) -> tuple[Session, Person] | None:
        """As `Accounts.by_cookie`."""
        ask = partial(self._product.accounts.by_cookie, unattended=unattended)
        kind = "unattended" if unattended else "cookie"
        found: tuple[Session, Person] | None = await self._of(kind, cookie, ask)
        return found

    async def _of(self, kind: str, told: str, ask: Callable[[str], Any]) -> Any:
        mark, key = await self.marked(), (kind, digest_of(told))
        kept = self._kept.get(key)
        now = self._product.truth.clock() if mark is not None else None
        if kept and now and kept[0] == mark and timedelta() <= now - kept[1] < FRESH:
            return kept[2]
        found = await run_in_threadpool(ask, told)
        if now is not None and found is not None:
            with self._lock:
                if len(self._kept) >= MOST:
                    self._kept.clear()
                self._kept[key] = (mark, now, found)
        return found

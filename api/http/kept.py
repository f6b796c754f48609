"""Lists that were just answered, answered again: their bytes are kept by what was asked, by what the
asker may see, and by marks of all that they are made from. Plain ASGI before the routes: such an answer
costs tenths of a millisecond, and what a route itself takes is paid once by all who ask at once.

Who asks is established as for every route, and whether they may; whoever may not goes on to the route,
which refuses and writes it down. No list stands here whose reading is noted (`tests/api/http/test_kept.py`).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bootstrap import Qianyun
from api.days import city_today
from api.errors import ApiError
from api.http.callers import Callers
from api.http.matching import fits_tag
from api.http.people import COOKIE, token_in
from api.settings import SettingsError
from inventory.errors import InventoryError
from inventory.store_embedded import EmbeddedStore
from migrator.errors import MigratorError
from migrator.people.rights import Deed, Person, may

OURS = (MigratorError, InventoryError, ApiError, SettingsError)

MOST_BYTES = 32 * 1024 * 1024
LARGEST = 1024 * 1024
"""Bytes of an answer that is kept."""
AT_ONCE = 1
"""Lists that are made at once: more threads only take the interpreter from each other, and all of them
take twice as long. They read our own database alone; what asks others over the network does not wait here."""

type Part = Callable[[Qianyun], Hashable | None]
"""A mark of something besides the database that a list is made from; None: it cannot be told."""


def touched(folder: Path, pattern: str) -> Hashable:
    """Files and when each was last written."""
    found = sorted(folder.rglob(pattern)) if folder.is_dir() else []
    return tuple((str(path), path.stat().st_mtime_ns) for path in found)


def _estate(product: Qianyun) -> Hashable | None:
    """Ours stands in the database; NetBox's changes outside of it."""
    return "" if isinstance(product.estate, EmbeddedStore) else None


def _policies(product: Qianyun) -> Hashable:
    return city_today(product.settings), touched(product.settings.state / "policies", "*.toml")


def _second(_product: Qianyun) -> Hashable:
    """What probers see changes all the time: their lists are at most a second old."""
    return int(time.time())


def _outages(product: Qianyun) -> Hashable:
    return _second(product), touched(product.settings.state / "probes", "outages.db*")


@dataclass(frozen=True)
class Wish:
    """A list that is kept: the deed of its route, and what it is made from besides the database."""

    deed: Deed
    parts: tuple[Part, ...] = ()


KEPT: Mapping[str, Wish] = {
    "/api/v1/plans": Wish(Deed.PLAN_READ),
    "/api/v1/runs": Wish(Deed.RUN_READ),
    "/api/v1/users": Wish(Deed.USER_READ),
    "/api/v1/policies": Wish(Deed.POLICY_READ, (_policies,)),
    "/api/v1/reports": Wish(Deed.REPORT_READ),
    "/api/v1/inventory": Wish(Deed.INVENTORY_READ, (_estate,)),
    "/api/v1/inventory/tasks": Wish(Deed.INVENTORY_READ),
    "/api/v1/inventory/objects/{kind}": Wish(Deed.INVENTORY_READ, (_estate,)),
    "/api/v1/probes/outages": Wish(Deed.PROBE_READ, (_outages,)),
    "/api/v1/probes/targets": Wish(Deed.PROBE_READ, (_estate, _second)),
}
AUDIT = "/api/v1/audit"
_OBJECTS = "/api/v1/inventory/objects/"


@dataclass(frozen=True)
class Asked:
    """`what`: the address with its query, and what decides what the asker sees; `outside`: to make it
    asks other machines."""

    what: Hashable
    mark: Hashable
    outside: bool


@dataclass(frozen=True)
class Answer:
    mark: Hashable
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def tag(self) -> str:
        return next((v.decode("latin-1") for n, v in self.headers if n.lower() == b"etag"), "")


class KeptAnswers:
    """The application, and what it answered lately. Of one event loop."""

    def __init__(self, app: ASGIApp, product: Qianyun, callers: Callers) -> None:
        self._app = app
        self._product = product
        self._callers = callers
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._bytes = 0
        self._making: dict[Asked, asyncio.Event] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await self._asked(scope)
        if asked is None:
            async with self._turns if _queues(scope) else nullcontext():
                await self._app(scope, receive, send)
            return
        answer = self._known(asked)
        if answer is None and (making := self._making.get(asked)) is not None:
            await making.wait()  # somebody asked the same a moment ago
            answer = self._known(asked)
        if answer is None:
            await self._make(asked, scope, receive, send)
        else:
            await _give(answer, scope, send)

    async def _asked(self, scope: Scope) -> Asked | None:
        """None for what is not kept, or is asked by who may not."""
        wish = _wish(scope)
        person = None if wish is None else await self._person(Request(scope))
        if wish is None or person is None or not may(person, wish.deed):
            return None
        parts = wish.parts if person.whole_city else (*wish.parts, _estate)
        marks: tuple[Hashable | None, ...] = (await self._callers.marked(),)
        try:
            marks += tuple(part(self._product) for part in parts)
        except (*OURS, OSError):  # the route says what is the matter
            return None
        if None in marks:
            return None
        told = (scope["path"], scope["query_string"], person.roles, person.organisations)
        outside = wish.deed is Deed.PROBE_READ and bool(self._product.settings.vantages)
        return Asked(told, marks, outside)

    async def _person(self, request: Request) -> Person | None:
        try:
            token = token_in(request.headers)
            if token is not None:
                return await self._callers.by_token(token)
            cookie = request.cookies.get(COOKIE)
            found = await self._callers.by_cookie(cookie) if cookie else None
        except OURS:
            return None
        return found[1] if found else None

    def _known(self, asked: Asked) -> Answer | None:
        found = self._kept.get(asked.what)
        if found is None or found.mark != asked.mark:
            return None
        self._kept.move_to_end(asked.what)
        return found

    async def _make(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer, whole, whatever the asker has already; keep that and hand it on."""
        headers = [(n, v) for n, v in scope["headers"] if n.lower() != b"if-none-match"]
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        done = self._making.setdefault(asked, asyncio.Event())
        try:
            async with nullcontext() if asked.outside else self._turns:
                await self._app({**scope, "headers": headers}, receive, collect)
            answer = _answer(asked.mark, messages)
            if answer is not None and len(answer.body) <= LARGEST:
                self._keep(asked.what, answer)
        finally:
            self._making.pop(asked, None)
            done.set()
        if answer is not None:
            await _give(answer, scope, send)
            return
        for message in messages:
            await send(message)

    def _keep(self, what: Hashable, answer: Answer) -> None:
        former = self._kept.pop(what, None)
        self._bytes += len(answer.body) - (len(former.body) if former else 0)
        self._kept[what] = answer
        while self._bytes > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.body)


def _queues(scope: Scope) -> bool:
    """Made anew each time, since its reading is noted, and in turn like the others."""
    return bool(scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == AUDIT)


def _wish(scope: Scope) -> Wish | None:
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path = scope["path"]
    if path.startswith(_OBJECTS):
        return KEPT[f"{_OBJECTS}{{kind}}"]
    return KEPT.get(path)


def _answer(mark: Hashable, messages: list[Message]) -> Answer | None:
    """What the route sent; None for anything but 200."""
    if not messages or messages[0].get("status") != 200:
        return None
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(mark, tuple(messages[0]["headers"]), body)


async def _give(answer: Answer, scope: Scope, send: Send) -> None:
    told = Request(scope).headers.get("if-none-match", "")
    status, headers, body = 200, list(answer.headers), answer.body
    if answer.tag and fits_tag(told, answer.tag):
        kept = (b"etag", b"cache-control")
        status, body = 304, b""
        headers = [(n, v) for n, v in headers if n.lower() in kept]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

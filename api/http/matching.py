"""If-Match: what is changed must still be what was seen (RFC 9110, 13.1.1).

The object of a request is what GET answers at its path, or at the nearest path above that answers: of
`POST /plans/P-1/approve` it is the plan. That is asked again, as the same person, and its entity tag
compared; where it is another one, nothing is done (412). What changes a field (PATCH) must say what was
seen (428, RFC 6585). Those that say it go one after the other in a process; between processes it is
the use cases that hold (a plan's digest, a run's states).
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request
from starlette.types import Message

from api.http.problems import Refusal

SEEN = "if-match"
ASKED_WITHIN = "qianyun.within"
"""Key of a scope: a question of our own, which the access log leaves out."""
_HANDED_ON = ("type", "asgi", "http_version", "scheme", "server", "client", "state")
_NOT_HANDED_ON = frozenset(
    {b"if-match", b"if-none-match", b"idempotency-key", b"content-length", b"content-type"}
)
_turns: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()


async def seen(request: Request) -> AsyncIterator[None]:
    """Dependency of what changes something, behind its door: whether its object is still what was
    seen. Raises Refusal."""
    told = request.headers.get(SEEN)
    if told is None:
        if request.method == "PATCH":
            raise Refusal(
                428,
                "须以 If-Match 给出所见版本（GET 的 ETag） / say by If-Match what was seen: the ETag of "
                "GET on the same address",
            )
        yield
        return
    async with _turns.setdefault(request.app, asyncio.Lock()):
        now = await _tag(request)
        if now is None or not fits_tag(told, now):
            raise Refusal(
                412,
                "所见版本已变，什么都没有做 / it is no longer what was seen, nothing was done: GET it "
                f"again; read If-Match {told[:100]}, expected {now}",
            )
        yield


def fits_tag(told: str, tag: str) -> bool:
    """Whether a list of entity tags, as If-None-Match and If-Match hold, has this one."""
    found = {one.strip().removeprefix("W/") for one in told.split(",")}
    return bool(found & {tag, "*"})


async def _tag(request: Request) -> str | None:
    """The entity tag of the request's object, None where there is none."""
    path = request.url.path
    while path.count("/") > 2:  # /api/v1/…
        status, tag = await _asked(request, path)
        if status == 200:
            return tag
        path = path.rpartition("/")[0]
    return None


async def _asked(request: Request, path: str) -> tuple[int, str | None]:
    """GET `path` of our own app, as who asks now: (status, ETag)."""
    outer = request.scope
    told = {key: outer[key] for key in _HANDED_ON if key in outer}
    headers = [(n, v) for n, v in outer["headers"] if n.lower() not in _NOT_HANDED_ON]
    scope = told | {
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        ASKED_WITHIN: True,
    }
    found: dict[str, Any] = {"status": 0, "tag": None}

    sent, done = False, asyncio.Event()

    async def receive() -> Message:
        """An empty body, and then nothing until all is answered: some wait for who goes away."""
        nonlocal sent
        if sent:
            await done.wait()
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            done.set()
        if message["type"] == "http.response.start":
            found["status"] = message["status"]
            tags = [v.decode("latin-1") for n, v in message["headers"] if n.lower() == b"etag"]
            found["tag"] = tags[0] if tags else None

    await request.app(scope, receive, send)
    return found["status"], found["tag"]

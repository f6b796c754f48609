"""How every route of /api/v1 answers besides its content: entity tags on what is read, keys on what is
commanded.

GET: an `ETag` of the body, and 304 for who has it already (RFC 9110, 13.1.2). POST, PATCH, PUT and
DELETE with `Idempotency-Key`: the same key with the same request is done once, and answered the same
again (`Idempotency-Replayed: true`); with `If-Match`: only to what was seen (`matching.py`). A route
tells all of this in the document itself.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.http.matching import fits_tag, seen
from api.http.people import product_of, visitor_of
from api.http.problems import Refusal, problems
from migrator.store.commands import Answered, Commands

KEY = "idempotency-key"

SHOWN_ONCE = "x-shown-once"
"""Mark of a route whose answer has a secret in this field: it is not kept, and a replay has it empty."""

type Handler = Callable[[Request], Awaitable[Response]]


class Route(APIRoute):
    """The route class of /api/v1."""

    def __init__(self, path: str, endpoint: Any, **told: Any) -> None:
        extra = dict(told.get("openapi_extra") or {})
        methods = set(told.get("methods") or ())
        own = (_IF_NONE_MATCH,) if "GET" in methods else (_KEY, _if_match(methods))
        extra["parameters"] = [*extra.get("parameters", ()), *own]
        told["openapi_extra"] = extra
        if "GET" not in methods:  # after the door: who may not is not told whether they saw it
            told["dependencies"] = [*(told.get("dependencies") or ()), Depends(seen)]
        told["responses"] = {**_answers(methods), **(told.get("responses") or {})}
        super().__init__(path, endpoint, **told)

    def get_route_handler(self) -> Any:
        handler = super().get_route_handler()
        methods = self.methods or set()
        if "GET" in methods:
            return _tagged(handler)
        once = (self.openapi_extra or {}).get(SHOWN_ONCE, "")
        return _readable(_once(handler, once))


def _header(name: str, text: str, *, longest: int, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": text,
        "schema": {"type": "string", "minLength": 1, "maxLength": longest, "title": name},
    }


_IF_NONE_MATCH = _header("If-None-Match", "已有的 ETag / the ETag that is known", longest=1000)
_KEY = _header(
    "Idempotency-Key", "同键同请求只做一次 / the same key and request: done once", longest=255
)


def _if_match(methods: set[str]) -> dict[str, Any]:
    text = "所见版本的 ETag，已变则 412 / the ETag that was seen; 412 where it is another now"
    return _header("If-Match", text, longest=1000, required="PATCH" in methods)


def _answers(methods: set[str]) -> dict[int | str, dict[str, Any]]:
    """What a route of these methods answers besides its own."""
    if "GET" in methods:
        return {304: {"description": "未变 / what If-None-Match names is what there is"}}
    return problems(409, 412, 413, *((428,) if "PATCH" in methods else ()))


def _tagged(handler: Any) -> Handler:
    async def answer(request: Request) -> Response:
        response: Response = await handler(request)
        body = getattr(response, "body", None)
        if response.status_code != 200 or not isinstance(body, bytes):
            return response
        tag = response.headers.get("etag") or f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Cookie, Accept-Language"
        if fits_tag(request.headers.get("if-none-match", ""), tag):
            kept = {"ETag": tag, "Cache-Control": "private, no-cache"}
            return Response(status_code=304, headers=kept)
        return response

    return answer


_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""One half of a pair of surrogates (RFC 8259, 8.2), as JSON escapes it."""


def _readable(handler: Any) -> Handler:
    """JSON whose text nobody can write down (a half of a pair alone) is refused before it is read."""

    async def answer(request: Request) -> Response:
        if "json" in request.headers.get("content-type", "") and _HALF.search(
            body := await request.body()
        ):
            try:
                json.dumps(json.loads(body), ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise Refusal(
                    422, "文字含半个代理对 / a text has half a pair of surrogates: expected Unicode"
                ) from None
            except (ValueError, RecursionError):
                pass  # the route says what is the matter
        response: Response = await handler(request)
        return response

    return answer


def _once(handler: Any, secret: str) -> Handler:
    async def answer(request: Request) -> Response:
        key = request.headers.get(KEY)
        if key is None:
            response: Response = await handler(request)
            return response
        if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
            raise Refusal(
                422, f"{KEY}: 应为 1 至 255 个 ASCII 字符 / expected 1 to 255 ASCII characters"
            )
        visitor = await visitor_of(request)
        if visitor is None:  # then it is refused, and nothing is to be remembered
            refused: Response = await handler(request)
            return refused
        return await _kept(handler, request, (visitor.person.name, key), secret)

    return answer


def _said(request: Request, body: bytes) -> bytes:
    """A body without what a client draws anew for each sending: the boundary between parts of a form."""
    _, found, boundary = request.headers.get("content-type", "").partition("boundary=")
    drawn = boundary.split(";")[0].strip().strip('"').encode()
    return body.replace(drawn, b"") if found and drawn else body


async def _kept(handler: Any, request: Request, of: tuple[str, str], secret: str) -> Response:
    commands: Commands = product_of(request).truth.commands
    told = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    told.update(_said(request, await request.body()))
    former = await run_in_threadpool(commands.begin, *of, told.hexdigest())
    if former is not None:
        return Response(
            former.body,
            status_code=former.status,
            media_type=former.media or None,
            headers={"Idempotency-Replayed": "true"},
        )
    answered: Answered | None = None
    try:
        response: Response = await handler(request)
        if response.status_code < 300 and isinstance(response.body, bytes):
            media = response.headers.get("content-type", "")
            answered = Answered(response.status_code, media, _without(response.body, secret))
        return response
    finally:
        await run_in_threadpool(commands.end, *of, answered)


def _without(body: bytes, secret: str) -> bytes:
    return (
        json.dumps(json.loads(body) | {secret: ""}, ensure_ascii=False).encode() if secret else body
    )

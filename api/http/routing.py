"""How every route of /api/v1 answers besides its content: entity tags on what is read, keys on what is
commanded.

GET: an `ETag` of the body, and 304 for who has it already (RFC 9110, 13.1.2). POST with
`Idempotency-Key`: the same key with the same request is done once, and answered the same again
(`Idempotency-Replayed: true`).
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.http.people import product_of, visitor_of
from api.http.problems import Refusal
from migrator.store_commands import Answered, Commands

KEY = "idempotency-key"

type Handler = Callable[[Request], Awaitable[Response]]


class Route(APIRoute):
    """The route class of /api/v1."""

    def get_route_handler(self) -> Any:
        handler = super().get_route_handler()
        methods = self.methods or set()
        if "GET" in methods:
            return _tagged(handler)
        return _once(handler) if "POST" in methods else handler


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


def fits_tag(told: str, tag: str) -> bool:
    """Whether a list of entity tags, as If-None-Match and If-Match hold, has this one."""
    found = {one.strip().removeprefix("W/") for one in told.split(",")}
    return bool(found & {tag, "*"})


def _once(handler: Any) -> Handler:
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
        return await _kept(handler, request, visitor.person.name, key)

    return answer


async def _kept(handler: Any, request: Request, name: str, key: str) -> Response:
    commands: Commands = product_of(request).truth.commands
    told = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    told.update(await request.body())
    former = await run_in_threadpool(commands.begin, name, key, told.hexdigest())
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
            answered = Answered(response.status_code, media, response.body)
        return response
    finally:
        await run_in_threadpool(commands.end, name, key, answered)

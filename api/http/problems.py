"""Errors as RFC 9457 problem details, in the language that the request asks for.

Messages of errors hold both languages, "中文 / English": whoever says which one (Accept-Language) gets
that half, everybody else both. What nobody foresaw is said without its text, which may hold anything.
"""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.errors import ApiError, Exit, PasswordIssued, Unauthenticated, Unfit, exit_of
from api.http.responses import Fault, Problem
from api.settings import SettingsError
from api.words import Lang, Words
from inventory.errors import InventoryError
from inventory.expected import expected
from migrator.errors import Forbidden, MigratorError, NotFound, SignInRefused
from probes.errors import ProbeError

TITLES: Mapping[int, str] = {
    400: "请求有误 / bad request",
    401: "未登录 / nobody is signed in",
    403: "无权 / not allowed",
    404: "没有此对象 / not found",
    405: "不支持此方法 / method not allowed",
    409: "答案为否 / the answer is no",
    412: "已非所见版本 / no longer what was seen",
    413: "内容过大 / too large",
    415: "不支持此类内容 / media type not supported",
    421: "只在本机回环地址应答 / answers to loopback names alone",
    422: "请求有误 / bad request",
    428: "须说明所见版本 / say what was seen",
    429: "请求过多 / too many requests",
    500: "未预料的故障 / unforeseen fault",
    503: "外部故障 / something outside failed",
}
_log = structlog.get_logger("api.http")


class Refusal(HTTPException):
    """A request that is refused for a reason of HTTP; `detail` in both languages."""


def language(request: Request) -> Lang | None:
    """The first of zh and en that the request names; None where it names neither (RFC 9110, 12.5.4:
    by weight)."""
    best: tuple[float, Lang] | None = None
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        tag, _, told = part.strip().partition(";")
        name = tag.strip().lower()[:2]
        try:
            weight = float(told.partition("=")[2] or 1)
        except ValueError:
            continue
        if name == "zh" and weight > (best[0] if best else 0):
            best = (weight, "zh")
        elif name == "en" and weight > (best[0] if best else 0):
            best = (weight, "en")
    return best[1] if best else None


def said(request: Request, text: str) -> str:
    """A text that holds both languages, in the one that was asked for."""
    lang = language(request)
    if lang is None:
        return text
    return "\n".join(Words(lang).half(line) for line in text.split("\n"))


def problem(
    request: Request,
    status: int,
    detail: str = "",
    *,
    title: str = "",
    faults: list[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    told = title or TITLES.get(status) or HTTPStatus(status).phrase
    body = Problem(
        title=said(request, told),
        status=status,
        detail=said(request, detail),
        instance=request.url.path[:500],
        faults=faults or [],
    )
    lang = language(request)
    more = {"Content-Language": lang} if lang else {}
    return JSONResponse(
        body.model_dump(mode="json"),
        status_code=status,
        media_type="application/problem+json",
        headers={**(headers or {}), **more, "Vary": "Accept-Language"},
    )


def status_of(error: Exception) -> int:
    """The HTTP status of one of our own errors."""
    if isinstance(error, Unauthenticated | SignInRefused):
        return 401
    if isinstance(error, Forbidden | Unfit | PasswordIssued):
        return 403
    if isinstance(error, NotFound) or type(error).__name__ == "PackError":
        return 404
    code = exit_of(error)
    return {Exit.OUTSIDE: 503, Exit.USAGE: 422, Exit.NO: 409}.get(code or Exit.OUTSIDE, 500)


def handle(app: FastAPI) -> None:
    """Every error of the app becomes a problem."""
    for kind in (MigratorError, InventoryError, ApiError, ProbeError, SettingsError):
        app.add_exception_handler(kind, _fault)
    app.add_exception_handler(HTTPException, _http_fault)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


def _fault(request: Request, error: Exception) -> Response:
    """One of our own errors: what it says is meant for people."""
    status = status_of(error)
    if status == 401 and (door := _door(request)):
        return door
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return problem(request, status, str(error), headers=headers)


def _door(request: Request) -> Response | None:
    """The page to sign in at, for who looks at pages (`app.state.sign_in_page` names it)."""
    page = getattr(request.app.state, "sign_in_page", None)
    wants = "text/html" in request.headers.get("accept", "")
    if not page or not wants or request.method != "GET" or request.url.path.startswith("/api/"):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    from urllib.parse import quote  # noqa: PLC0415

    return RedirectResponse(f"{page}?next={quote(request.url.path + query)}", status_code=303)


def _http_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = getattr(error, "title", "")
    detail = error.detail if isinstance(error, Refusal) or title else ""
    if error.status_code == 400 and not detail:
        return problem(request, 422, _UNREADABLE)
    if error.status_code == 404 and not detail:
        title = "没有此地址 / no such address"
    return problem(request, error.status_code, detail, title=title, headers=error.headers)


_UNREADABLE = (
    "请求正文无法读取：应为 UTF-8 的 JSON，或带分隔符的表单 / the body can't be read: expected JSON in "
    "UTF-8, or a form with its boundary"
)


def _invalid(request: Request, error: Exception) -> Response:
    """What was sent does not have the form that it should: each fault with its place."""
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault(
            at="/".join(str(part) for part in one["loc"])[:200],
            expected=said(request, expected(one))[:500],
        )
        for one in error.errors()[:50]
    ]
    detail = "\n".join(f"{f.at}: {f.expected}" for f in faults[:5])
    return problem(request, 422, detail, faults=faults)


def _unforeseen(request: Request, error: Exception) -> Response:
    # as text, from here: where nobody set up logging, structlog would print every local variable
    # of every frame, secrets among them, and take half a minute over an app
    trace = "".join(traceback.format_exception(error))
    _log.error("unforeseen", path=request.url.path, kind=type(error).__name__, trace=trace)
    detail = (
        f"未预料的故障（{type(error).__name__}），详见服务日志 / unforeseen ({type(error).__name__}): "
        "the log of the service tells more"
    )
    return problem(request, 500, detail)


def problems(*statuses: int, **more: Any) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: which problems it can answer."""
    del more
    return {
        status: {
            "model": Problem,
            "description": TITLES[status],
            "content": {"application/problem+json": {}},
        }
        for status in sorted({*statuses, 401, 403, 422, 503})
    }

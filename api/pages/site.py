"""The application of the pages: a part of its own within the API's, with its own errors.

Every answer carries a strict Content-Security-Policy; every address renders a whole page, whatever
header it is asked with. What a use case raises becomes a page that says what was read, what was
expected and what to do.
"""

import gzip
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.bootstrap import Qianyun
from api.errors import BadUsage, Exit, exit_of
from api.http.estate_cache import EstateCache
from api.pages.assets import assets
from api.pages.city import Cities, City, Judged
from api.pages.frame import THEMES, Crumb, Shell, Viewer, render
from inventory.errors import InventoryError
from migrator.errors import Forbidden, MigratorError, NotFound
from migrator.people import local
from probes.errors import ProbeError

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; frame-src 'self'"
)
YEAR = 31_536_000
SMALLEST_PACKED = 1024  # bytes: below, gzip gains nothing
LANGUAGE, THEME = "qianyun_lang", "qianyun_theme"

_log = structlog.get_logger("api.pages")


@dataclass(frozen=True)
class Site:
    """What routes are given: the product, what is kept of the city, and how to answer."""

    product: Qianyun
    estates: EstateCache

    @cached_property
    def cities(self) -> Cities:
        return Cities(self.product, self.estates)

    def viewer(self, request: Request) -> Viewer:
        """Who looks, in which language and light: as cookies say, else as the settings do."""
        settings = self.product.settings
        cookies = request.cookies
        lang, theme = cookies.get(LANGUAGE), cookies.get(THEME)
        return Viewer(
            person=local(settings.actor),
            lang="en" if lang == "en" else "zh" if lang == "zh" else settings.lang,
            theme=next((t for t in THEMES if t == theme), "auto"),
            zone=settings.timezone,
            csrf=_csrf(request),
            local=True,
        )

    def city(self, viewer: Viewer) -> City:
        return self.cities.of(viewer.person)

    def judged(self, viewer: Viewer) -> Judged | None:
        return self.cities.judged(viewer.person)

    def page(
        self,
        request: Request,
        template: str,
        shell: Shell,
        *,
        viewer: Viewer | None = None,
        status: int = 200,
        **context: Any,
    ) -> Response:
        """A whole page. With `HX-Target: dialog` a template may give its part for the dialog."""
        seen = viewer or self.viewer(request)
        if shell.at and not shell.crumbs:
            shell = replace(shell, crumbs=(Crumb(shell.title),))
        context["dialog"] = request.headers.get("hx-target") == "dialog"
        html = render(template, seen, shell, _own_address(request), **context)
        return packed(request, html.encode(), "text/html; charset=utf-8", status)

    def back(self, request: Request, to: str) -> Response:
        """After a form: on to a page of ours. htmx is told to load it whole."""
        if request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": inside(to)})
        return RedirectResponse(inside(to), status_code=303)


def packed(request: Request, body: bytes, kind: str, status: int = 200) -> Response:
    """An answer that nobody keeps, gzipped where that is understood."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, HX-Request, HX-Target"}
    if len(body) >= SMALLEST_PACKED and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status_code=status, media_type=kind, headers=headers)


def inside(to: str) -> str:
    """An address of this site, whatever a form says: never another's (open redirect)."""
    parts = urlsplit(to)
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if plain and not parts.scheme and not parts.netloc else "/"


def pages(product: Qianyun, estates: EstateCache, routes: Sequence[Callable[[Site], APIRouter]] | None = None) -> FastAPI:
    """The pages over one product; mounted below everything that other tools ask for."""
    site = Site(product, estates)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    app.middleware("http")(_headers)
    if routes is None:
        from api.pages.routes import ROUTES  # noqa: PLC0415  each page imports what it needs

        routes = ROUTES
    app.include_router(_files())
    for make in routes:
        app.include_router(make(site))
    for kind in (MigratorError, InventoryError, ProbeError, BadUsage):
        app.add_exception_handler(kind, _fault)
    app.add_exception_handler(HTTPException, _http_fault)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(Exception, _crash)
    return app


def _files() -> APIRouter:
    router = APIRouter()

    @router.get("/assets/{name}")
    def asset(request: Request, name: str) -> Response:
        found = assets().get(name)
        if found is None:
            raise HTTPException(404)
        headers = {"Cache-Control": f"public, max-age={YEAR}, immutable", "Vary": "Accept-Encoding"}
        body = found.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers = found.packed, headers | {"Content-Encoding": "gzip"}
        return Response(body, media_type=found.type, headers=headers)

    return router


async def _headers(
    request: Request, pass_on: Callable[[Request], Awaitable[Response]]
) -> Response:
    """On every answer of the pages; a form of another site is refused before it is read."""
    site: Site = request.app.state.site
    if request.method == "POST" and not _same_origin(request):
        answer = _page_of(request, site, HTTPStatus.FORBIDDEN, "page.fault.forged", ())
    else:
        answer = await pass_on(request)
    answer.headers["Content-Security-Policy"] = answer.headers.get(
        "Content-Security-Policy", POLICY
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if CSRF not in request.cookies and answer.media_type != "text/event-stream":
        token = getattr(request.state, "csrf", None)
        if token:
            answer.set_cookie(CSRF, token, httponly=True, samesite="strict")
    return answer


CSRF = "qianyun_form"


def _csrf(request: Request) -> str:
    """The token that forms send back: the cookie's, else a new one that the answer sets."""
    told = request.cookies.get(CSRF)
    if told:
        return told
    if not hasattr(request.state, "csrf"):
        request.state.csrf = secrets.token_urlsafe(24)
    made: str = request.state.csrf
    return made


def _same_origin(request: Request) -> bool:
    """By what the browser itself says of a request's origin; a browser that says neither is too old
    to be told apart from a forgery, and its token is asked by the form."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host", "")


def _own_address(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


# ── what went wrong, as a page ──────────────────────────────────────────────────────────────────


def _page_of(
    request: Request, site: Site, status: int, title: str, lines: Sequence[str]
) -> Response:
    viewer = site.viewer(request)
    say = viewer.say
    told = [say.half(line) for line in lines if line]
    shell = Shell(title=say(title), crumbs=(Crumb(say(title)),))
    return site.page(
        request,
        "message.html",
        shell,
        viewer=viewer,
        status=status,
        title=say(title),
        lines=told or [say(f"{title}.what")],
        to="/",
        to_text=say("page.to_overview"),
    )


def _fault(request: Request, error: Exception) -> Response:
    """One of our own errors: what it says is meant for people."""
    title, status = "page.fault.no", HTTPStatus.CONFLICT
    if isinstance(error, NotFound):
        title, status = "page.fault.missing", HTTPStatus.NOT_FOUND
    elif isinstance(error, Forbidden):
        title, status = "page.fault.forbidden", HTTPStatus.FORBIDDEN
    elif isinstance(error, BadUsage):
        title, status = "page.fault.input", HTTPStatus.UNPROCESSABLE_ENTITY
    elif exit_of(error) is Exit.OUTSIDE:
        title, status = "page.fault.outside", HTTPStatus.SERVICE_UNAVAILABLE
    site: Site = request.app.state.site
    return _page_of(request, site, status, title, str(error).splitlines())


def _http_fault(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if request.url.path.startswith("/api/"):  # nobody reads pages there
        title = "没有此地址 / no such address" if status == 404 else HTTPStatus(status).phrase
        body = {"type": "about:blank", "title": title, "status": status, "detail": ""}
        body["instance"] = request.url.path
        return JSONResponse(body, status_code=status, media_type="application/problem+json")
    title = {403: "page.fault.forbidden", 404: "page.fault.address"}.get(status, "page.fault.input")
    return _page_of(request, request.app.state.site, status, title, ())


def _bad_request(request: Request, error: Exception) -> Response:
    del error
    return _page_of(request, request.app.state.site, 422, "page.fault.input", ())


def _crash(request: Request, error: Exception) -> Response:
    _log.error("page failed", path=request.url.path, exc_info=error)
    return _page_of(request, request.app.state.site, 500, "page.fault.ours", ())

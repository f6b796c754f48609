"""The application of the pages: a part of its own within the API's, with its own errors.

Every answer carries a strict Content-Security-Policy; every address renders a whole page, whatever
header it is asked with. What a use case raises becomes a page that says what was read, what was
expected and what to do.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from threading import Event
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.bootstrap import Qianyun
from api.errors import ApiError, PasswordIssued, Unauthenticated
from api.http.callers import Callers
from api.http.calm import Calm
from api.http.estate_cache import EstateCache
from api.http.methods import allowed
from api.http.people import (
    SAFE,
    MaybeVisitor,
    Visitor,
    local_path,
    looking_of,
    require_own_origin,
)
from api.http.problems import Refusal, problem, status_of
from api.pages.assets import assets
from api.pages.cities import Cities
from api.pages.city import City, Judged
from api.pages.curtain import POLICY, Curtain
from api.pages.frame import THEMES, Crumb, Shell, Viewer, render
from api.settings import SettingsError
from inventory.errors import InventoryError
from migrator.errors import MigratorError
from migrator.people.rights import Deed, Person, service
from migrator.use_cases.looking import Looking
from probes.errors import ProbeError

YEAR = 31_536_000
SMALLEST_PACKED = 1024  # bytes: below, gzip gains nothing
NOBODY = Person(name="", roles=frozenset())
LANGUAGE, THEME = "qianyun_lang", "qianyun_theme"

_log = structlog.get_logger("api.pages")


@dataclass(frozen=True)
class Site:
    """What routes are given: the product, what is kept of the city, and how to answer."""

    product: Qianyun
    estates: EstateCache
    calm: Calm
    stopping: Event

    @cached_property
    def cities(self) -> Cities:
        return Cities(self.product, self.estates, self.calm)

    def viewer(self, request: Request, deed: Deed | None = None) -> Viewer:
        """Who looks, in which language and light: as cookies say, else as the settings do. Raises
        Forbidden for who may not do `deed`, Unauthenticated for nobody where one is named."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        if deed is not None:
            if visitor is None:
                raise Unauthenticated("请先登录 / nobody is signed in: sign in")
            self.product.truth.permit(visitor.person, deed, request.url.path)
        settings = self.product.settings
        cookies = request.cookies
        lang, theme = cookies.get(LANGUAGE), cookies.get(THEME)
        return Viewer(
            person=visitor.person if visitor else NOBODY,
            lang="en" if lang == "en" else "zh" if lang == "zh" else settings.lang,
            theme=next((t for t in THEMES if t == theme), "auto"),
            zone=settings.timezone,
            csrf=visitor.csrf if visitor else "",
            known=visitor is not None,
        )

    def looking(self, request: Request) -> Looking:
        """Readings as far as the person may see."""
        return looking_of(request)

    def city(self, viewer: Viewer) -> City:
        return self.cities.of(viewer.person)

    def judged(self, viewer: Viewer) -> Judged | None:
        return self.cities.judged(viewer.person)

    def judge(self) -> None:
        """Judge the city before somebody asks."""
        self.cities.judged(service("judging"))

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
        context["in_dialog"] = request.headers.get("hx-target") == "dialog"
        html = render(template, seen, shell, _own_address(request), **context)
        return packed(request, html.encode(), "text/html; charset=utf-8", status)

    def back(self, request: Request, to: str) -> Response:
        """After a form: on to a page of ours. htmx is told to load it whole; where it is there already, to
        load it anew: another place of the same page is no reason for a browser to."""
        if request.headers.get("hx-request"):
            here = urlsplit(request.headers.get("hx-current-url", ""))._replace(fragment="")
            there = urlsplit(inside(to))._replace(fragment="")
            if (here.path, here.query) == (there.path, there.query):
                return Response(status_code=204, headers={"HX-Refresh": "true"})
            return Response(status_code=204, headers={"HX-Redirect": inside(to)})
        return RedirectResponse(inside(to), status_code=303)


def packed(request: Request, body: bytes, kind: str, status: int = 200) -> Response:
    """An answer that nobody keeps, gzipped where that is understood."""
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Accept-Encoding, HX-Request, HX-Target",
        "Content-Security-Policy": POLICY,  # also of a crash, which no middleware sees
    }
    if len(body) >= SMALLEST_PACKED and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status_code=status, media_type=kind, headers=headers)


def inside(to: str) -> str:
    """An address of this site, whatever a form says: never another's (open redirect)."""
    return local_path(to)


def pages(
    product: Qianyun, estates: EstateCache, callers: Callers, calm: Calm, stopping: Event
) -> FastAPI:
    """The pages over one product; mounted below everything that other tools ask for."""
    from api.pages import door  # noqa: PLC0415  each page imports what it needs
    from api.pages.routes import ROUTES  # noqa: PLC0415

    site = Site(product, estates, calm, stopping)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site, app.state.product, app.state.estates = site, product, estates
    app.state.callers = callers
    app.include_router(_files())
    app.include_router(door.routes(site), dependencies=[Depends(_seen)])
    for make in ROUTES:
        app.include_router(make(site), dependencies=[Depends(_enter)])
    for kind in (MigratorError, InventoryError, ProbeError, ApiError, SettingsError):
        app.add_exception_handler(kind, _fault)
    app.add_exception_handler(HTTPException, _http_fault)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(Exception, _crash)
    app.add_middleware(Curtain)
    return app


async def _seen(request: Request, visitor: MaybeVisitor) -> None:
    """Who looks, if anybody: the door is open to all. Raises Unfit for a form of another site."""
    if request.method not in SAFE:
        require_own_origin(request)
    request.state.visitor = visitor


async def _enter(request: Request, visitor: MaybeVisitor) -> None:
    """Raises Unauthenticated for nobody: every page but the door is for people that are known.
    Raises PasswordIssued for who has to choose their own password first."""
    await _seen(request, visitor)
    if visitor is None:
        raise Unauthenticated("请先登录 / nobody is signed in: sign in")
    if visitor.person.issued:
        raise PasswordIssued("请先修改密码 / choose a password of your own first")


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


_TITLES = {
    401: "page.fault.unknown",
    403: "page.fault.forbidden",
    404: "page.fault.missing",
    409: "page.fault.no",
    422: "page.fault.input",
    503: "page.fault.outside",
}


KEPT_BACK = frozenset({"csrf_token", "password", "former", "new"})
"""Fields that are not written into a page."""


async def _fault(request: Request, error: Exception) -> Response:
    """One of our own errors: what it says is meant for people. Nobody is shown the door."""
    if status_of(error) == HTTPStatus.UNAUTHORIZED and request.method == "POST":
        return await _ended(request)
    return await run_in_threadpool(_told, request, error)


async def _ended(request: Request) -> Response:
    """What was typed is not lost with the session: htmx leaves its dialog as it is and app.js says why;
    any other form comes back with its fields, to be sent again after signing in (no file does)."""
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Trigger": "session-ended"})
    form = await request.form()
    told = [(n, v) for n, v in form.multi_items() if isinstance(v, str) and n not in KEPT_BACK]
    site: Site = request.app.state.site
    shell = Shell(title=site.viewer(request).say("page.ended"))
    given: dict[str, Any] = {"fields": told, "action": request.url.path}
    return await run_in_threadpool(
        site.page, request, "ended.html", shell, status=HTTPStatus.UNAUTHORIZED, **given
    )


def _told(request: Request, error: Exception) -> Response:
    status = status_of(error)
    site: Site = request.app.state.site
    if status == HTTPStatus.UNAUTHORIZED:
        return site.back(request, f"/sign-in?next={quote(_own_address(request))}")
    if isinstance(error, PasswordIssued):
        return site.back(request, "/me")
    title = _TITLES.get(status, "page.fault.ours")
    return _page_of(request, site, status, title, str(error).splitlines())


def _http_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status == HTTPStatus.NOT_FOUND and (
        methods := allowed(request.app.state.beside, {**request.scope, "root_path": ""})
    ):
        return problem(
            request, HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(methods)}
        )
    if request.url.path.startswith("/api/"):  # nobody reads pages there
        title = "没有此地址 / no such address" if status == 404 else ""
        return problem(request, status, title=title, headers=error.headers)
    title = {403: "page.fault.forbidden", 404: "page.fault.address"}.get(status, "page.fault.input")
    told = (str(error.detail),) if isinstance(error, Refusal) else ()
    return _page_of(request, request.app.state.site, status, title, told)


def _bad_request(request: Request, error: Exception) -> Response:
    del error
    return _page_of(request, request.app.state.site, 422, "page.fault.input", ())


def _crash(request: Request, error: Exception) -> Response:
    _log.error("page failed", path=request.url.path, exc_info=error)
    return _page_of(request, request.app.state.site, 500, "page.fault.ours", ())

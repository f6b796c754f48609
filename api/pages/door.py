"""Signing in and out, one's own account, and how one wants to see pages (language, light or dark)."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.errors import Unauthenticated
from api.http.people import COOKIE, Visitor, keep_session
from api.pages.frame import THEMES, Crumb, Shell
from api.pages.site import LANGUAGE, THEME, YEAR, Site, inside
from migrator.errors import MigratorError, SignInRefused
from migrator.people.rights import deeds_of


def routes(site: Site) -> APIRouter:
    """These answer to nobody too; POST /view keeps a choice in a cookie, and nothing else in it."""
    router = APIRouter()

    def door(request: Request, to: str, name: str = "", fault: str = "") -> Response:
        viewer = site.viewer(request)
        shell = Shell(title=viewer.say("page.sign_in"))
        given: dict[str, Any] = {
            "to": inside(to),
            "name": name,
            "fault": fault,
            "oidc": _oidc(site),
        }
        status = 401 if fault else 200
        return site.page(request, "door.html", shell, viewer=viewer, status=status, **given)

    @router.get("/sign-in")
    def show(request: Request, next: str = "/") -> Response:
        return door(request, next)

    @router.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        try:
            signed = site.product.accounts.sign_in(
                name[:200], password[:1024], request.cookies.get(COOKIE)
            )
        except SignInRefused as refused:
            return door(request, next, name[:200], str(refused))
        answer = site.back(request, "/me" if signed.person.issued else next)
        keep_session(request, answer, signed)
        return answer

    @router.get("/signed-in")
    def signed_in(request: Request) -> Response:
        viewer = site.viewer(request)
        if not viewer.known:
            return site.back(request, "/sign-in?next=/signed-in")
        title = viewer.say("page.signed_in")
        told: dict[str, Any] = {"title": title, "lines": [viewer.say("page.signed_in.what")]}
        told |= {"to": "/", "to_text": viewer.say("page.to_overview")}
        return site.page(request, "message.html", Shell(title=title), viewer=viewer, **told)

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        visitor: Visitor | None = request.state.visitor
        if visitor is not None and visitor.session is not None:
            site.product.accounts.sign_out(visitor.session)
        answer = site.back(request, "/sign-in")
        answer.delete_cookie(COOKIE, path="/")
        return answer

    def own(request: Request, faults: tuple[str, ...] = ()) -> Response:
        viewer = site.viewer(request)
        if not viewer.known:
            raise Unauthenticated("请先登录 / nobody is signed in: sign in")
        shell = Shell(title=viewer.say("page.me"), crumbs=(Crumb(viewer.say("page.me")),))
        given: dict[str, Any] = {"faults": faults, "deeds": sorted(deeds_of(viewer.person))}
        status = 422 if faults else 200
        return site.page(request, "me.html", shell, viewer=viewer, status=status, **given)

    @router.get("/me")
    def me(request: Request) -> Response:
        return own(request)

    @router.post("/me/password")
    def password(
        request: Request,
        former: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request)
        try:
            site.product.accounts.set_password(
                viewer.person, viewer.name, new[:1024], former=former[:1024]
            )
        except SignInRefused:
            return own(request, (viewer.say("page.password.wrong"),))
        except MigratorError as error:
            return own(request, (str(error),))
        return site.back(request, "/sign-in")

    @router.post("/view")
    def view(
        request: Request,
        back: Annotated[str, Form()] = "/",
        lang: Annotated[str, Form()] = "",
        theme: Annotated[str, Form()] = "",
    ) -> Response:
        answer = site.back(request, back)
        for name, told, known in ((LANGUAGE, lang, ("zh", "en")), (THEME, theme, THEMES)):
            if told in known:
                answer.set_cookie(name, told, max_age=YEAR, httponly=True, samesite="lax")
        return answer

    return router


def _oidc(site: Site) -> bool:
    """Whether the city's unified identity is set up."""
    return getattr(site.product.settings, "oidc_issuer", None) is not None

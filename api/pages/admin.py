"""管理: users, tokens, the audit, settings, health of every part. What somebody may not see is told."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import SecretStr

from api.http.health import checked
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.health_parts import parts_beside
from api.pages.site import Site
from migrator.errors import MigratorError
from migrator.people.rights import Deed, Role, roles_of
from migrator.store.audit import Filter, first_fault

TABS = {
    "users": Deed.USER_READ,
    "tokens": None,
    "audit": Deed.AUDIT_READ,
    "settings": Deed.SYSTEM_READ,
    "health": Deed.SYSTEM_READ,
}
"""With what one has to be let do; nobody is offered what he would be refused."""
ENTRIES = 50
_AUDIT = ("actor", "action", "object")


@dataclass(frozen=True)
class SettingRow:
    """`value` never of a secret: whether one is set is all that is told."""

    key: str
    value: str
    help: str


def setting_rows(settings: object) -> tuple[SettingRow, ...]:
    """Every setting with its description; secrets masked."""
    rows = []
    fields = type(settings).model_fields  # type: ignore[attr-defined]
    for key, field in sorted(fields.items()):
        value = getattr(settings, key)
        secret = isinstance(value, SecretStr) or ("url" in key and "@" in str(value))
        shown = "******" if secret else "" if value is None else str(value)
        rows.append(SettingRow(f"QIANYUN_{key.upper()}", shown, field.description or ""))
    return tuple(rows)


@dataclass(frozen=True)
class _Desk:
    """What every page of this part is answered with."""

    site: Site

    def answer(
        self, request: Request, viewer: Viewer, tab: str, status: int = 200, **given: Any
    ) -> Response:
        given = {"roles": list(Role), **given}
        return self._page(request, viewer, tab, f"admin_{tab}.html", status, **given)

    def refused(self, request: Request, viewer: Viewer, tab: str) -> Response:
        return self._page(request, viewer, tab, "admin_no.html", 403)

    def _page(
        self, request: Request, viewer: Viewer, tab: str, template: str, status: int, **given: Any
    ) -> Response:
        title = viewer.say(f"page.admin.{tab}")
        crumbs = (Crumb(viewer.say("page.nav.admin"), "/admin"), Crumb(title))
        shell = Shell(title=title, at="admin", crumbs=crumbs)
        tabs = [one for one, deed in TABS.items() if deed is None or viewer.may(deed)]
        told = {"tab": tab, "tabs": tabs, **given}
        return self.site.page(request, template, shell, viewer=viewer, status=status, **told)

    def users(
        self,
        request: Request,
        fault: str = "",
        shown: tuple[str, str] | None = None,
        told: object = None,
    ) -> Response:
        viewer = self.site.viewer(request)
        if not viewer.may(Deed.USER_READ):
            return self.refused(request, viewer, "users")
        given: dict[str, Any] = {
            "accounts": self.site.product.accounts.listed(viewer.person),
            "organisations": self.site.city(viewer).estate.organisations,
            "told": told or {},
        }
        status = 422 if fault else 200
        return self.answer(request, viewer, "users", status, fault=fault, shown=shown, **given)

    def tokens(
        self, request: Request, fault: str = "", shown: str = "", told: object = None
    ) -> Response:
        viewer = self.site.viewer(request)
        every = viewer.may(Deed.USER_READ)
        listed = self.site.product.accounts.tokens(viewer.person, None if every else viewer.name)
        given = {"tokens": listed, "mine": sorted(viewer.person.roles), "told": told or {}}
        status = 422 if fault else 200
        return self.answer(request, viewer, "tokens", status, fault=fault, shown=shown, **given)


def routes(site: Site) -> APIRouter:
    router, desk = APIRouter(), _Desk(site)

    @router.get("/admin")
    def start(request: Request) -> Response:
        viewer = site.viewer(request)
        first = "users" if viewer.may(Deed.USER_READ) else "tokens"
        return site.back(request, f"/admin/{first}")

    _users(router, site, desk)
    _tokens(router, site, desk)
    _looks(router, site, desk)
    return router


def _users(router: APIRouter, site: Site, desk: _Desk) -> None:
    @router.get("/admin/users")
    def users(request: Request) -> Response:
        return desk.users(request)

    @router.post("/admin/users")
    def add(
        request: Request,
        name: Annotated[str, Form()] = "",
        roles: Annotated[list[str] | None, Form()] = None,
        organisations: Annotated[list[str] | None, Form()] = None,
        bound: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        told = {"name": name[:64], "roles": roles or [], "bound": bound}
        try:
            scope = tuple(organisations or ()) if bound else None
            account, password = site.product.accounts.add(
                viewer.person, name.strip(), roles_of(roles or ()), scope
            )
        except (MigratorError, ValueError) as error:
            return desk.users(request, str(error), told=told)
        return desk.users(request, shown=(account.name, password))

    @router.post("/admin/users/{name}/roles")
    def roles_of_user(
        request: Request,
        name: str,
        roles: Annotated[list[str] | None, Form()] = None,
        organisations: Annotated[list[str] | None, Form()] = None,
        bound: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        scope = tuple(organisations or ()) if bound else None
        try:
            site.product.accounts.change(
                viewer.person,
                name,
                roles=roles_of(roles or ()),
                organisations=scope,
                whole_city=not bound,
            )
        except (MigratorError, ValueError) as error:
            return desk.users(request, str(error))
        return site.back(request, "/admin/users")

    @router.post("/admin/users/{name}/password")
    def password(request: Request, name: str) -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        try:
            drawn = site.product.accounts.set_password(viewer.person, name)
        except MigratorError as error:
            return desk.users(request, str(error))
        return desk.users(request, shown=(name, drawn))

    @router.post("/admin/users/{name}")
    def change(request: Request, name: str, disabled: Annotated[str, Form()] = "") -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        try:
            site.product.accounts.change(viewer.person, name, disabled=bool(disabled))
        except MigratorError as error:
            return desk.users(request, str(error))
        return site.back(request, "/admin/users")


def _tokens(router: APIRouter, site: Site, desk: _Desk) -> None:
    @router.get("/admin/tokens")
    def tokens(request: Request) -> Response:
        return desk.tokens(request)

    @router.post("/admin/tokens")
    def make(
        request: Request,
        label: Annotated[str, Form()] = "",
        roles: Annotated[list[str] | None, Form()] = None,
        days: Annotated[int, Form()] = 90,
    ) -> Response:
        viewer = site.viewer(request, Deed.OWN_ACCOUNT)
        try:
            _, secret = site.product.accounts.make_token(
                viewer.person, viewer.name, label.strip()[:100], roles_of(roles or ()), days=days
            )
        except (MigratorError, ValueError) as error:
            told = {"label": label[:100], "roles": roles or [], "days": days}
            return desk.tokens(request, str(error), told=told)
        return desk.tokens(request, shown=secret)

    @router.post("/admin/tokens/{number}/revoke")
    def revoke(request: Request, number: int) -> Response:
        viewer = site.viewer(request, Deed.OWN_ACCOUNT)
        site.product.accounts.revoke(viewer.person, number)
        return site.back(request, "/admin/tokens")


def _looks(router: APIRouter, site: Site, desk: _Desk) -> None:
    """The audit, settings, health."""

    @router.get("/admin/audit")
    def audit(request: Request) -> Response:
        viewer = site.viewer(request)
        if not viewer.may(Deed.AUDIT_READ):
            return desk.refused(request, viewer, "audit")
        asked = {n: request.query_params.get(n, "").strip()[:100] for n in _AUDIT}
        before = request.query_params.get("before", "")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 12 else None
        found, total = site.looking(request).audit(
            viewer.person, Filter(**asked, before=number, limit=ENTRIES)
        )
        given: dict[str, Any] = {"entries": found, "total": total, "asked": asked, "checked": None}
        if request.query_params.get("verify"):
            given["checked"] = first_fault(site.looking(request).audit_chain(viewer.person)) or "ok"
        return desk.answer(request, viewer, "audit", **given)

    @router.get("/admin/settings")
    def settings(request: Request) -> Response:
        viewer = site.viewer(request)
        if not viewer.may(Deed.SYSTEM_READ):
            return desk.refused(request, viewer, "settings")
        return desk.answer(request, viewer, "settings", rows=setting_rows(site.product.settings))

    @router.get("/admin/health")
    async def health(request: Request) -> Response:
        viewer = site.viewer(request)
        if not viewer.may(Deed.SYSTEM_READ):
            return await asyncio.to_thread(desk.refused, request, viewer, "health")
        needed, parts = await checked(site.product)
        if parts["database"].ok:
            parts = {**parts, **await asyncio.to_thread(parts_beside, site.product)}
        given: dict[str, Any] = {"parts": parts, "needed": needed, "at": site.product.truth.now()}
        return await asyncio.to_thread(desk.answer, request, viewer, "health", 200, **given)

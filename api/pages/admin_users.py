"""Accounts by page: the list with a new one, and a page for each, where it is changed."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from api.pages.admin_desk import Desk
from api.pages.site import Site
from migrator.errors import MigratorError
from migrator.people.rights import Deed, Role, roles_of

LONGEST = 64
"""Characters of a name that come back in a form."""


@dataclass(frozen=True)
class Reach:
    """What somebody is to be let do, as a form tells it. `organisations` None: the whole city."""

    roles: tuple[str, ...] = ()
    organisations: tuple[str, ...] | None = None

    def checked(self) -> tuple[Role, ...]:
        """Raises ValueError for a role that is none."""
        return tuple(roles_of(self.roles))


def reach(
    roles: Annotated[list[str] | None, Form()] = None,
    organisations: Annotated[list[str] | None, Form()] = None,
    bound: Annotated[str, Form()] = "",
) -> Reach:
    return Reach(tuple(roles or ()), tuple(organisations or ()) if bound else None)


Told = Annotated[Reach, Depends(reach)]


@dataclass(frozen=True)
class _Users:
    """The two pages. `shown`: a password, this once."""

    site: Site
    desk: Desk

    def many(
        self,
        request: Request,
        fault: str = "",
        shown: str = "",
        name: str = "",
        told: Reach | None = None,
    ) -> Response:
        viewer = self.site.viewer(request)
        if not viewer.may(Deed.USER_READ):
            return self.desk.refused(request, viewer, "users")
        listed = self.site.product.accounts.listed(viewer.person)
        given = {"accounts": listed, "organisations": self._organisations(request)}
        given |= {"fault": fault, "shown": shown, "name": name, "told": told or Reach()}
        return self.desk.answer(request, viewer, "users", 422 if fault else 200, **given)

    def one(
        self,
        request: Request,
        name: str,
        fault: str = "",
        shown: str = "",
        told: Reach | None = None,
    ) -> Response:
        viewer = self.site.viewer(request)
        if not viewer.may(Deed.USER_READ):
            return self.desk.refused(request, viewer, "users")
        found = self.site.product.accounts.get(viewer.person, name)
        given: dict[str, Any] = {"one": found, "organisations": self._organisations(request)}
        given |= {"fault": fault, "shown": shown}
        given["told"] = told or Reach(tuple(found.roles), found.organisations)
        status = 422 if fault else 200
        return self.desk.answer(request, viewer, "users", status, part="user", **given)

    def _organisations(self, request: Request) -> Any:
        return self.site.city(self.site.viewer(request)).estate.organisations


def add_users(site: Site, desk: Desk, router: APIRouter) -> None:
    """GET and POST /admin/users and /admin/users/{name}, POST …/roles and …/password."""
    product, pages = site.product, _Users(site, desk)

    @router.get("/admin/users")
    def users(request: Request) -> Response:
        return pages.many(request)

    @router.post("/admin/users")
    def add(request: Request, told: Told, name: Annotated[str, Form()] = "") -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        try:
            account, password = product.accounts.add(
                viewer.person, name.strip(), told.checked(), told.organisations
            )
        except (MigratorError, ValueError) as error:
            return pages.many(request, str(error), name=name[:LONGEST], told=told)
        return pages.many(request, shown=password, name=account.name)

    @router.get("/admin/users/{name}")
    def user(request: Request, name: str) -> Response:
        return pages.one(request, name)

    @router.post("/admin/users/{name}/roles")
    def roles_of_user(request: Request, name: str, told: Told) -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        try:
            product.accounts.change(
                viewer.person,
                name,
                roles=told.checked(),
                organisations=told.organisations,
                whole_city=told.organisations is None,
            )
        except (MigratorError, ValueError) as error:
            return pages.one(request, name, str(error), told=told)
        return site.back(request, "/admin/users")

    @router.post("/admin/users/{name}/password")
    def password(request: Request, name: str) -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        try:
            drawn = product.accounts.set_password(viewer.person, name)
        except MigratorError as error:
            return pages.one(request, name, str(error))
        return pages.one(request, name, shown=drawn)

    @router.post("/admin/users/{name}")
    def change(request: Request, name: str, disabled: Annotated[str, Form()] = "") -> Response:
        viewer = site.viewer(request, Deed.USER_MANAGE)
        try:
            product.accounts.change(viewer.person, name, disabled=bool(disabled))
        except MigratorError as error:
            return pages.one(request, name, str(error))
        return site.back(request, "/admin/users")

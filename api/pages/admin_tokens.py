"""Tokens by page: one's own, or everybody's for who sees accounts; a new one is shown once."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.pages.admin_desk import Desk
from api.pages.site import Site
from migrator.errors import MigratorError
from migrator.people.rights import Deed, Role, covered, roles_of

LONGEST = 100
"""Characters of what a token is for."""


@dataclass(frozen=True)
class Wanted:
    """What was typed."""

    label: str = ""
    roles: tuple[str, ...] = ()
    days: int = 90


NOTHING = Wanted()


def add_tokens(site: Site, desk: Desk, router: APIRouter) -> None:
    """GET and POST /admin/tokens, POST /admin/tokens/{number}/revoke."""
    product = site.product  # its database may be down while the application is made

    def shown(
        request: Request, wanted: Wanted = NOTHING, *, fault: str = "", secret: str = ""
    ) -> Response:
        viewer = site.viewer(request)
        whose = None if viewer.may(Deed.USER_READ) else viewer.name
        given: dict[str, Any] = {"tokens": product.accounts.tokens(viewer.person, whose)}
        given |= {"told": wanted}
        given["mine"] = [role for role in Role if covered([role], viewer.person.roles)]
        given |= {"fault": fault, "shown": secret}
        return desk.answer(request, viewer, "tokens", 422 if fault else 200, **given)

    @router.get("/admin/tokens")
    def tokens(request: Request) -> Response:
        return shown(request)

    @router.post("/admin/tokens")
    def make(
        request: Request,
        label: Annotated[str, Form()] = "",
        roles: Annotated[list[str] | None, Form()] = None,
        days: Annotated[int, Form()] = 90,
    ) -> Response:
        viewer = site.viewer(request, Deed.OWN_ACCOUNT)
        wanted = Wanted(label.strip()[:LONGEST], tuple(roles or ()), days)
        try:
            _, secret = product.accounts.make_token(
                viewer.person, viewer.name, wanted.label, roles_of(wanted.roles), days=days
            )
        except (MigratorError, ValueError) as error:
            return shown(request, wanted, fault=str(error))
        return shown(request, secret=secret)

    @router.post("/admin/tokens/{number}/revoke")
    def revoke(request: Request, number: int) -> Response:
        viewer = site.viewer(request, Deed.OWN_ACCOUNT)
        product.accounts.revoke(viewer.person, number)
        return site.back(request, "/admin/tokens")

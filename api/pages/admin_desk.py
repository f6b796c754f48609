"""What every page of the administration is answered with: its tabs, and who may open which."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from migrator.people.rights import Deed, Role

TABS = {
    "users": Deed.USER_READ,
    "tokens": None,
    "audit": Deed.AUDIT_READ,
    "settings": Deed.SYSTEM_READ,
    "health": Deed.SYSTEM_READ,
}
"""With what one has to be let do; nobody is offered what he would be refused."""


@dataclass(frozen=True)
class Desk:
    """What every page of this part is answered with."""

    site: Site

    def answer(
        self,
        request: Request,
        viewer: Viewer,
        tab: str,
        status: int = 200,
        *,
        part: str = "",
        **given: Any,
    ) -> Response:
        """`part`: a page below the tab's own."""
        given = {"roles": list(Role), **given}
        return self._page(request, viewer, tab, f"admin_{part or tab}.html", status, **given)

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

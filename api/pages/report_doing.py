"""报送, what is done with a final report: its files taken away, and put down that it went out."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from api.errors import ApiError
from api.http.reports import MEDIA, file_answer
from api.pages.frame import Crumb, Shell
from api.pages.site import Site
from api.reports import Office
from inventory.errors import InventoryError
from inventory.policies.forms import form_of
from migrator.errors import MigratorError, NotFound
from migrator.people.rights import Deed

Number = Annotated[int, Path(ge=1, le=2**31)]


def add_report_doings(site: Site, router: APIRouter, office: Callable[[], Office]) -> None:
    """GET /reports/{number}/file.{kind}; GET and POST /reports/{number}/send."""
    _add_sending(site, router, office)

    @router.get("/reports/{number}/file.{kind}")
    def file(request: Request, number: Number, kind: str) -> Response:
        viewer = site.viewer(request, Deed.REPORT_READ)
        found = office().final(number, viewer.person)
        if kind not in MEDIA or kind not in form_of(found.report.form).files:
            raise NotFound(f"定稿没有此类文件 / the report has no such file: {kind[:10]}")
        body = office().file(found, kind, viewer.person)
        return file_answer(body, kind, found.report.title)


def _add_sending(site: Site, router: APIRouter, office: Callable[[], Office]) -> None:
    def ask(
        request: Request, number: int, told: dict[str, str] | None = None, fault: str = ""
    ) -> Response:
        viewer = site.viewer(request, Deed.REPORT_SEND)
        found = office().final(number, viewer.person)
        title = viewer.say("page.report.send")
        crumbs = (Crumb(viewer.say("page.nav.reports"), "/reports"), Crumb(title))
        usual = {"on": site.cities.today.isoformat(), "to": found.report.addressee}
        usual |= {"channel": "", "evidence": ""}
        given: dict[str, Any] = {"kept": found, "told": usual | (told or {}), "fault": fault}
        given["today"] = site.cities.today
        shell = Shell(title=title, at="reports", crumbs=crumbs)
        status = 422 if fault else 200
        return site.page(request, "report_send.html", shell, viewer=viewer, status=status, **given)

    @router.get("/reports/{number}/send")
    def show(request: Request, number: Number) -> Response:
        return ask(request, number)

    @router.post("/reports/{number}/send")
    def send(
        request: Request,
        number: Number,
        on: Annotated[str, Form()] = "",
        channel: Annotated[str, Form(max_length=200)] = "",
        to: Annotated[str, Form(max_length=200)] = "",
        evidence: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.REPORT_SEND)
        told = {"on": on, "channel": channel, "to": to, "evidence": evidence}
        if not channel.strip():
            return ask(request, number, told, viewer.say("page.report.say_channel"))
        try:
            office().send(
                number,
                viewer.person,
                on=date.fromisoformat(on),
                channel=channel.strip(),
                to=to.strip(),
                evidence=evidence.strip(),
            )
        except (ApiError, InventoryError, MigratorError) as error:
            return ask(request, number, told, str(error))
        except ValueError:
            return ask(request, number, told, viewer.say("page.report.say_day"))
        return site.back(request, "/reports")

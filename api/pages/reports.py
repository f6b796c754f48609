"""报送: which reports are due and who has not reported, a report as it would be handed in, final ones."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.pages.city import City, Judged
from api.pages.frame import Crumb, Shell, Viewer, url
from api.pages.report_doing import add_report_doings
from api.pages.site import Site
from api.reports import Office, Wanted
from inventory.errors import ReportError
from inventory.policies.forms import FORMS, NAMES, form_of
from inventory.report_write.page import page as written
from inventory.reports.case import PLACE, Scope
from inventory.reports.periods import dues
from migrator.errors import MigratorError
from migrator.people.rights import Deed

PAPER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""Of the report itself, in a frame: it brings its own style, and nothing in it can run or load."""


@dataclass(frozen=True)
class DueRow:
    """One report that a policy asks for; `preview` where we make its form."""

    policy: str
    entry: str
    title: str
    title_en: str
    clause: str
    period: str
    due: date | None
    days: int | None
    reported: int
    late: int
    missing: tuple[str, ...]
    missing_all: int
    preview: str


def due_rows(judged: Judged, city: City) -> tuple[DueRow, ...]:
    """What comes next first; pure."""
    rows = []
    for case in judged.cases:
        if not case.assessed.in_force:
            continue
        for one in dues(case.pack, case.assessed):
            known = one.form in NAMES
            told = {"form": one.form, "policy": one.policy, "period": one.period}
            rows.append(
                DueRow(
                    policy=one.policy,
                    entry=one.entry,
                    title=one.title,
                    title_en=one.title_en,
                    clause=one.clause,
                    period=one.period,
                    due=one.due,
                    days=(one.due - judged.day).days if one.due else None,
                    reported=len(one.reported),
                    late=len(one.late),
                    missing=tuple(city.name(code) for code in one.missing[:4]),
                    missing_all=len(one.missing),
                    preview=url("/reports/preview", **told) if known else "",
                )
            )
    return tuple(sorted(rows, key=lambda r: (r.due is None, r.due or judged.day, r.entry)))


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    def office() -> Office:
        return Office(site.product, site.cities.today)

    @router.get("/reports")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.REPORT_READ)
        judged = site.judged(viewer)
        shell = Shell(title=viewer.say("page.nav.reports"), at="reports")
        given: dict[str, Any] = {
            "judged": judged,
            "rows": due_rows(judged, site.city(viewer)) if judged else (),
            "forms": FORMS,
            "files_of": lambda name: form_of(name).files,
            "packs": [c.pack for c in judged.cases] if judged else [],
            "kept": office().kept(viewer.person)[::-1][:50],
            "sent": office().sendings(viewer.person)[::-1][:50],
        }
        return site.page(request, "reports.html", shell, viewer=viewer, **given)

    def wanted(form: str, policy: str, period: str, org: str, *, final: bool = False) -> Wanted:
        if form not in NAMES:
            raise ReportError(f"没有此报表 / no such report: read {form[:60]}")
        scope = Scope(organisation=org) if org else PLACE
        return Wanted(form, policy or None, period or None, scope, final=final)

    @router.get("/reports/preview")
    def preview(
        request: Request, form: str = "", policy: str = "", period: str = "", org: str = ""
    ) -> Response:
        viewer = site.viewer(request, Deed.REPORT_READ)
        org = org or _own(viewer)
        asked = {"form": form, "policy": policy, "period": period, "org": org}
        fault, made = "", None
        try:
            made = office().make(wanted(form, policy, period, org), viewer.person)
        except (ReportError, MigratorError) as error:
            fault = str(error)
        title = form_of(form).title if form in NAMES else form
        title = title if viewer.lang == "zh" or form not in NAMES else form_of(form).title_en
        crumbs = (Crumb(viewer.say("page.nav.reports"), "/reports"), Crumb(title))
        shell = Shell(title=title, at="reports", crumbs=crumbs)
        given: dict[str, Any] = {
            "made": made,
            "fault": fault,
            "asked": asked,
            "paper": url("/reports/paper", **asked),
            "packs": [site.cities.shelf.pack(name) for name in site.cities.shelf.names()],
            "forms": FORMS,
            "files": form_of(form).files if form in NAMES else (),
        }
        status = 422 if fault else 200
        return site.page(request, "report.html", shell, viewer=viewer, status=status, **given)

    @router.get("/reports/paper")
    def paper(
        request: Request, form: str = "", policy: str = "", period: str = "", org: str = ""
    ) -> Response:
        viewer = site.viewer(request, Deed.REPORT_READ)
        made = office().make(wanted(form, policy, period, org), viewer.person)
        headers = {"Content-Security-Policy": PAPER, "Cache-Control": "no-store"}
        return Response(
            written(made.report), media_type="text/html; charset=utf-8", headers=headers
        )

    @router.post("/reports/final")
    def final(
        request: Request,
        form: Annotated[str, Form()] = "",
        policy: Annotated[str, Form()] = "",
        period: Annotated[str, Form()] = "",
        org: Annotated[str, Form()] = "",
        sure: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.REPORT_FINAL)
        if sure:  # the form says what it means, and asks
            office().make(wanted(form, policy, period, org, final=True), viewer.person)
        return site.back(
            request, url("/reports/preview", form=form, policy=policy, period=period, org=org)
        )

    add_report_doings(site, router, office)
    return router


def _own(viewer: Viewer) -> str:
    """A department reports for itself: the one organisation that somebody is bound to."""
    bound = viewer.person.organisations or ()
    return next(iter(bound)) if len(bound) == 1 else ""

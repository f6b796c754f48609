"""An item's dossier: looked at, and taken away to be verified elsewhere. Each making stands in the audit."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.frame import Crumb, Shell
from api.pages.site import Site
from api.pages.tones import tone
from migrator.engine import dossier
from migrator.people.rights import Deed


def add_dossier(site: Site, router: APIRouter) -> None:
    """GET /runs/{code}/items/{system}/dossier and dossier.json."""

    def made(request: Request, code: str, system: str) -> dict[str, Any]:
        """Raises NotFound; Refused for an item that is under way."""
        viewer = site.viewer(request, Deed.EVIDENCE_READ)
        site.looking(request).item(viewer.person, code, system)
        return dossier.make(site.product.truth, code, system, viewer.name)

    @router.get("/runs/{code}/items/{system}/dossier")
    def show(request: Request, code: str, system: str) -> Response:
        viewer = site.viewer(request, Deed.EVIDENCE_READ)
        document = made(request, code, system)
        title = viewer.say("page.dossier")
        crumbs = (
            Crumb(viewer.say("page.nav.runs"), "/runs"),
            Crumb(code, f"/runs/{code}"),
            Crumb(system, f"/runs/{code}/items/{system}"),
            Crumb(title),
        )
        shell = Shell(title=f"{title} · {system}", at="runs", crumbs=crumbs)
        given: dict[str, Any] = {
            "told": document,
            "faults": dossier.verify(document),
            "name": site.city(viewer).system_name(system),
            "step_tone": tone,
        }
        return site.page(request, "run_dossier.html", shell, viewer=viewer, **given)

    @router.get("/runs/{code}/items/{system}/dossier.json")
    def file(request: Request, code: str, system: str) -> Response:
        document = made(request, code, system)
        body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        headers = {
            "Content-Disposition": f'attachment; filename="{code}-{system}.json"',
            "Cache-Control": "no-store",
        }
        return Response(body, media_type="application/json", headers=headers)

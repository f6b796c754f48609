"""管理: users, tokens, the audit, settings, health of every part. What somebody may not see is told."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import SecretStr

from api.http.health import checked
from api.http.trail import utc_text
from api.pages.admin_desk import Desk
from api.pages.admin_tokens import add_tokens
from api.pages.admin_users import add_users
from api.pages.health_parts import parts_beside
from api.pages.site import Site
from migrator.people.rights import Deed
from migrator.store.audit import Filter, first_fault

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


def routes(site: Site) -> APIRouter:
    router, desk = APIRouter(), Desk(site)

    @router.get("/admin")
    def start(request: Request) -> Response:
        viewer = site.viewer(request)
        first = "users" if viewer.may(Deed.USER_READ) else "tokens"
        return site.back(request, f"/admin/{first}")

    add_users(site, desk, router)
    add_tokens(site, desk, router)
    _looks(router, site, desk)
    return router


def _looks(router: APIRouter, site: Site, desk: Desk) -> None:
    """The audit, settings, health."""

    @router.get("/admin/audit")
    def audit(request: Request) -> Response:
        viewer = site.viewer(request)
        if not viewer.may(Deed.AUDIT_READ):
            return desk.refused(request, viewer, "audit")
        asked = {n: request.query_params.get(n, "").strip()[:100] for n in _AUDIT}
        days = {n: _day(request.query_params.get(n, "")) for n in ("since", "until")}
        before = request.query_params.get("before", "")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 12 else None
        found, total = site.looking(request).audit(
            viewer.person,
            Filter(**asked, **_between(days, viewer.zone), before=number, limit=ENTRIES),
        )
        asked |= {n: day.isoformat() if day else "" for n, day in days.items()}
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


def _day(told: str) -> date | None:
    """None for what is none: a filter of a page asks for nothing then."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _between(days: Mapping[str, date | None], zone: str) -> dict[str, str]:
    """The beginning of one day and the end of another on the city's clock, as the audit writes times."""
    ends = {"since": time.min, "until": time.max}
    return {
        name: utc_text(datetime.combine(day, ends[name], ZoneInfo(zone)))
        for name, day in days.items()
        if day is not None
    }

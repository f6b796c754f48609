"""/api/v1/plans/…/check: whether a plan still holds today, and a timetable as people edited it."""

import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import Field

from api.http.people import Asking, Look, Product
from api.http.plans import Code
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.plan_check import edited_verdict, standing
from migrator.errors import Forbidden
from migrator.people.rights import Deed

router = APIRouter(prefix="/plans", tags=["plans"], route_class=Route)


class CheckedPlan(Answer):
    """`there`: systems that stand at their target already; `broken`: what the timetable breaks by today's
    facts; `down`: codes on the plan's way that do not answer. The last two for who sees the whole city."""

    code: str
    ok: bool
    drift: dict[str, list[str]] = Field(description="系统 → 所变事实 / system → what changed")
    missed: dict[str, str] = Field(
        description="系统 → 已错过排定的夜晚 / system → why its night can't be kept any more"
    )
    there: list[str]
    broken: list[str]
    down: list[str]


class EditedTimetable(Answer):
    """`late`: systems, their day and by how many days; `changed`, `moved`: how many are not as in the
    plan, how many have another night."""

    code: str
    ok: bool
    broken: list[str]
    missing: list[str]
    unknown: list[str]
    late: list[tuple[str, date | None, int]]
    changed: int
    moved: int


@router.get(
    "/{code}/check",
    summary="事实是否已变 / whether the facts still are the plan's",
    responses=problems(404, 409),
    **right(Deed.PLAN_READ),
)
def check(code: Code, person: Asking, look: Look, product: Product) -> CheckedPlan:
    """逐系统列出差异 / the differences, system by system."""
    _, seen = look.plan(person, code)
    mine = {item.code for item in seen.items}
    mine |= {one.system for one in seen.timetable.appointments} if seen.timetable else set()
    found = standing(product, code)
    changed = {s: list(d) for s, d in found.drift.items() if s in mine}
    gone = {s: why for s, why in product.planning.missed(code).items() if s in seen.appointments}
    broken = list(found.broken) if person.whole_city else []
    down = sorted({one.code for one in found.down}) if person.whole_city else []
    return CheckedPlan(
        code=code,
        ok=not (changed or gone or broken or down),
        drift=changed,
        missed=gone,
        there=[s for s in found.there if s in mine],
        broken=broken,
        down=down,
    )


@router.post(
    "/{code}/check",
    summary="判断改过的时间表 / judge a timetable as edited",
    responses=problems(404, 409, 413, 415),
    **right(Deed.PLAN_READ),
)
def check_edited(
    code: Code,
    edited: Annotated[UploadFile, File(description=".xlsx, .json")],
    person: Asking,
    look: Look,
    product: Product,
) -> EditedTimetable:
    """限看全市者；什么都不写 / for who sees the whole city; nothing is written."""
    look.plan(person, code)
    if not person.whole_city:
        raise Forbidden("时间表涉及全市 / a timetable is about the whole city")
    ending = "json" if (edited.filename or "").lower().endswith(".json") else "xlsx"
    with tempfile.TemporaryDirectory(prefix="qianyun-timetable-") as folder:
        path = Path(folder) / f"timetable.{ending}"
        path.write_bytes(edited.file.read())
        found = edited_verdict(product, code, path)
    return EditedTimetable(code=code, ok=found.ok, **asdict(found))

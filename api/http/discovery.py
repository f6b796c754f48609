"""What other tools ask the API for: Prometheus's targets and Ansible's inventory.

All of it comes from the estate that the process holds (`EstateCache`) and answers
`If-None-Match` with 304. Prometheus keeps the targets that it has when an answer is not 200, so
whatever cannot be told whole is an error here and never a shorter list.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic_core import to_json

from api.http.estate_cache import EstateCache, Rendered
from api.http.people import MaybeVisitor, Visitor
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right_or_local
from inventory.ansible import inventory_of
from inventory.model import Estate
from migrator.people.rights import Deed
from probes.discovery import VIEWS


class TargetGroupAnswer(Answer):
    """One group of Prometheus's HTTP service discovery."""

    targets: list[str]
    labels: dict[str, str]


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    304: {"description": "未变 / what If-None-Match names is what there is"},
    **problems(404),
}
_SUMMARIES = {
    "nodes": "交换节点目标 / exchange nodes as targets",
    "lines": "线路目标 / lines as targets",
    "services": "服务目标 / services as targets",
}
_TEXTS = {
    "nodes": "v4 与 v6 分开；有端口则每端口一个目标 / a group per family, a target per port",
    "lines": "目标为线路编号 / the target is the line's code, for an exporter to look up",
    "services": "v4 与 v6 分开 / address:port of the service's host, a group per family",
}


def discovery(cache: EstateCache) -> APIRouter:
    """GET /sd/nodes, /sd/lines, /sd/services and /ansible/inventory. No classified systems."""
    router = APIRouter(tags=["discovery"])
    for name in VIEWS:
        _add_view(router, cache, name)

    @router.get(
        "/ansible/inventory",
        summary="Ansible 动态清单 / Ansible's dynamic inventory",
        response_model=dict[str, Any],
        responses=_PROBLEMS,
        **right_or_local(Deed.INVENTORY_READ),
    )
    def ansible(request: Request, visitor: MaybeVisitor) -> Response:
        """同 qianyun inventory ansible --list；受限者只得本单位 / the same JSON as that command gives; of
        who is bound to organisations, theirs."""
        return _answer(
            request, _seen(cache, visitor, "ansible", lambda e: to_json(inventory_of(e)))
        )

    return router


def _add_view(router: APIRouter, cache: EstateCache, name: str) -> None:
    def make(estate: Estate) -> bytes:
        return to_json([group.as_json() for group in VIEWS[name](estate)])

    def view(request: Request, visitor: MaybeVisitor) -> Response:
        return _answer(request, _seen(cache, visitor, name, make))

    router.add_api_route(
        f"/sd/{name}",
        view,
        methods=["GET"],
        summary=_SUMMARIES[name],
        description=_TEXTS[name],
        response_model=list[TargetGroupAnswer],
        responses=_PROBLEMS,
        operation_id=f"sd_{name}",
        **right_or_local(Deed.PROBE_READ),
    )


def _seen(
    cache: EstateCache, visitor: Visitor | None, name: str, make: Callable[[Estate], bytes]
) -> Rendered:
    """Of the whole city for its programs; of an organisation's own for who is bound to it."""
    if visitor is None or visitor.person.whole_city:
        return cache.rendered(name, make)
    estate, scope = cache.estate(), visitor.person.organisations
    part = cache.part(visitor.person, estate)
    return cache.view_of(estate, (name, scope), lambda: Rendered.of(make(part)))


def _answer(request: Request, rendered: Rendered) -> Response:
    headers = {"ETag": rendered.etag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if any(tag.strip().removeprefix("W/") in {rendered.etag, "*"} for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(rendered.body, media_type="application/json", headers=headers)

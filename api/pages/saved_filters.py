"""筛选: what somebody keeps of a list's filters, as a row of names above the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.pages.frame import Viewer
from api.pages.site import Site
from migrator.people.rights import Deed
from migrator.use_cases.saved_filters import Filters, Listed, canonical

NO_FILTER = frozenset({"", "sort=code", "hops=2"})
"""What a list shows without any."""


@dataclass(frozen=True)
class Chip:
    """`here`: the address that one looks at; `id`: of one's own, which may be deleted."""

    text: str
    to: str
    here: bool
    id: int | None = None


@dataclass(frozen=True)
class Chips:
    """`query`: what would be kept; `worth`: whether it asks for anything that no chip has."""

    page: Listed
    all: tuple[Chip, ...]
    query: str
    worth: bool


def chips(
    filters: Filters,
    viewer: Viewer,
    request: Request,
    page: Listed,
    ours: Sequence[tuple[str, str]] = (),
) -> Chips:
    """`ours`: (text, address) of those that everybody has."""
    query = canonical(request.url.query[:8_000])
    given = [Chip(text, to, _asks(to) == _plain(query)) for text, to in ours]
    mine = [
        Chip(one.name, f"/{page}?{one.query}", _plain(one.query) == _plain(query), one.id)
        for one in filters.of(viewer.person)
        if one.page == page
    ]
    found = (*given, *mine)
    worth = query not in NO_FILTER and not any(one.here for one in found)
    return Chips(page, found, query, worth)


def _asks(address: str) -> str:
    return _plain(canonical(address.partition("?")[2]))


def _plain(query: str) -> str:
    """Without the order that a list has anyway."""
    return canonical("&".join(part for part in query.split("&") if part != "sort=code"))


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.post("/filters")
    def keep(
        request: Request,
        page: Annotated[Listed, Form()],
        name: Annotated[str, Form()] = "",
        query: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.OWN_ACCOUNT)
        made = site.product.filters.keep(viewer.person, page, name, query)
        return site.back(request, f"/{page}?{made.query}")

    @router.post("/filters/{number}/delete")
    def drop(request: Request, number: int, back: Annotated[str, Form()] = "/systems") -> Response:
        viewer = site.viewer(request, Deed.OWN_ACCOUNT)
        site.product.filters.drop(viewer.person, number)
        return site.back(request, back)

    return router

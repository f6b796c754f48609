"""Filters, order and pages of a list, exactly as its URL says: a saved filter is an address."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from api.pages.frame import url

SIZE = 50
"""Rows of a page: some 60 kB of HTML, and a phone still scrolls it."""
LONGEST = 200
"""Characters of a filter's value: nobody types more, and an address has its limits."""


@dataclass(frozen=True)
class Query:
    """What was asked for; `filters` holds known names only, none of them empty."""

    filters: Mapping[str, str]
    sort: str
    down: bool
    page: int

    def __getitem__(self, name: str) -> str:
        return self.filters.get(name, "")


def query_of(params: QueryParams, names: Sequence[str], sorts: Sequence[str]) -> Query:
    """The query of an address; what it does not know it leaves out, as a link from last year may
    name a filter that is gone. The first of `sorts` is the order without one."""
    told = {n: params.get(n, "").strip()[:LONGEST] for n in names}
    sort = params.get("sort", "")
    page = params.get("page", "1")
    return Query(
        filters={n: v for n, v in told.items() if v},
        sort=sort.removeprefix("-") if sort.removeprefix("-") in sorts else sorts[0],
        down=sort.startswith("-"),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
    )


@dataclass(frozen=True)
class Listing[T]:
    """One page of rows. `total`: how many the filters leave; `every`: how many there are."""

    path: str
    query: Query
    rows: tuple[T, ...]
    total: int
    every: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // SIZE))

    @property
    def first(self) -> int:
        return min(self.total, (self.query.page - 1) * SIZE + 1)

    @property
    def last(self) -> int:
        return min(self.total, self.query.page * SIZE)

    def at(self, page: int) -> str:
        return self._url(self._order, page)

    def sorted_by(self, key: str) -> str:
        """The other way round where it is sorted so already."""
        down = self.query.sort == key and not self.query.down
        return self._url(f"-{key}" if down else key, 1)

    def with_filter(self, name: str, value: str) -> str:
        told = {**self.query.filters, name: value}
        return url(self.path, **told, sort=self._order)

    @property
    def _order(self) -> str:
        return f"-{self.query.sort}" if self.query.down else self.query.sort

    def _url(self, order: str, page: int) -> str:
        return url(self.path, **self.query.filters, sort=order, page=page if page > 1 else None)


def listed[S, T](
    path: str,
    query: Query,
    things: Iterable[S],
    *,
    keep: Callable[[S], bool],
    key: Callable[[S], Any],
    row: Callable[[S], T],
) -> Listing[T]:
    """Filter, sort and cut; rows are made for the page alone. A key is a tuple; equal keys stay in
    the order given."""
    every = list(things)
    found = sorted(filter(keep, every), key=key, reverse=query.down)
    pages = max(1, -(-len(found) // SIZE))
    page = min(query.page, pages)
    query = Query(query.filters, query.sort, query.down, page)
    shown = found[(page - 1) * SIZE : page * SIZE]
    return Listing(path, query, tuple(map(row, shown)), len(found), len(every))


def last_if_none(value: Any) -> tuple[bool, Any]:
    """A key under which what is not told comes last, going up."""
    return value is None, "" if value is None else value

"""Lists: a page of them, filtered and sorted, the same way on every route.

    ?limit=50&offset=100&sort=-made_at&q=text

`sort` names one of the route's fields, with "-" for the other way round; `q` is looked for in every
text of an object.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import Field

from api.http.problems import Refusal
from api.http.responses import Answer

LARGEST_PAGE = 500


class Page[T](Answer):
    """A part of a list."""

    items: list[T]
    total: int = Field(ge=0, description="符合条件的总数 / how many fit in all")
    offset: int = Field(ge=0)
    limit: int = Field(ge=1, le=LARGEST_PAGE)


@dataclass(frozen=True)
class Wanted:
    """What of a list is wanted."""

    limit: int = 50
    offset: int = 0
    sort: str = ""
    q: str = ""


async def _wanted(
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="每页条数 / how many")] = 50,
    offset: Annotated[
        int, Query(ge=0, le=10_000_000, description="跳过条数 / how many to pass over")
    ] = 0,
    sort: Annotated[
        str, Query(max_length=40, description="排序字段，- 为倒序 / field, - for reverse")
    ] = "",
    q: Annotated[str, Query(max_length=200, description="全文查找 / text to look for")] = "",
) -> Wanted:
    return Wanted(limit, offset, sort, q)


Paging = Annotated[Wanted, Depends(_wanted)]


def page_of[T](
    things: Sequence[T], wanted: Wanted, keys: Mapping[str, Callable[[T], Any]]
) -> tuple[list[T], int]:
    """(the page, how many fit). `keys`: the fields that may be sorted by. Raises Refusal (422) for
    another."""
    found = list(things)
    if wanted.q:
        text = wanted.q.casefold()
        found = [one for one in found if text in _text(one)]
    check_sort(wanted.sort, keys)
    if name := wanted.sort.removeprefix("-"):
        key = keys[name]
        found.sort(key=lambda one: ordered(key(one)), reverse=wanted.sort.startswith("-"))
    return found[wanted.offset : wanted.offset + wanted.limit], len(found)


def listed[T](things: Sequence[T], wanted: Wanted, sorts: Iterable[str]) -> Page[T]:
    """The page that is wanted of them. `sorts`: their fields that may be sorted by. Raises Refusal (422)
    for another."""
    items, total = page_of(things, wanted, {name: attrgetter(name) for name in sorts})
    return Page[Any](items=items, total=total, offset=wanted.offset, limit=wanted.limit)


def check_sort(sort: str, keys: Iterable[str]) -> None:
    """Raises Refusal (422) for a field that is none of these."""
    name = sort.removeprefix("-")
    if name and name not in keys:
        known = ", ".join(keys)
        raise Refusal(
            422,
            f"sort: 读到 {name!r}，应为其一：{known} / read {name!r}, expected one of: {known}",
        )


def ordered(value: Any) -> tuple[int, Any]:
    """None before everything, numbers before texts: whatever stands in a field can be sorted."""
    if value is None:
        return 0, 0
    if isinstance(value, bool | int | float):
        return 1, value
    return 2, str(value)


def _text(thing: Any) -> str:
    if hasattr(thing, "model_dump_json"):
        return str(thing.model_dump_json()).casefold()
    return str(thing).casefold()

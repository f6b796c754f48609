"""/api/v1/filters: filters of lists that one keeps."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Product
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from migrator.people.rights import Deed
from migrator.store.saved_filters import SavedFilter
from migrator.use_cases.saved_filters import LONGEST_NAME, LONGEST_QUERY, Listed

router = APIRouter(prefix="/filters", tags=["users"], route_class=Route)


class NewFilter(Answer):
    page: Listed
    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["本周要迁的"])
    query: str = Field(
        max_length=LONGEST_QUERY,
        description="地址中问号之后的部分 / what follows the question mark of an address",
        examples=["cloud=none&org=LJ-RSJ&sort=-funds"],
    )


class FilterAnswer(NewFilter):
    id: int
    saved_at: datetime


def _answer(one: SavedFilter) -> FilterAnswer:
    return FilterAnswer.model_validate(one.model_dump(mode="json"))


@router.get(
    "", summary="自己的筛选 / one's own filters", responses=problems(), **right(Deed.OWN_ACCOUNT)
)
def saved(person: Asking, product: Product, paging: Paging) -> Page[FilterAnswer]:
    """只有本人看得到 / nobody else sees them."""
    found = [_answer(one) for one in product.filters.of(person)]
    return listed(found, paging, ("page", "name", "saved_at"))


@router.post(
    "",
    summary="保存筛选 / keep a filter",
    status_code=201,
    responses=problems(409),
    **right(Deed.OWN_ACCOUNT),
)
def keep(told: NewFilter, person: Asking, product: Product) -> FilterAnswer:
    """同页同名的被替换 / one of the same page and name is replaced."""
    return _answer(product.filters.keep(person, told.page, told.name, told.query))


@router.delete(
    "/{id}",
    summary="删除筛选 / delete a filter",
    status_code=204,
    responses=problems(404),
    **right(Deed.OWN_ACCOUNT),
)
def drop(id: Annotated[int, Path(ge=1, le=2**31)], person: Asking, product: Product) -> None:
    """只删自己的 / one's own alone."""
    product.filters.drop(person, id)

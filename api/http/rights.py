"""The rule of every route: which deed it is. The door asks it first, the use case behind it again.

    @router.get("/plans", **right(Deed.PLAN_READ))
    @router.get("/health", **PUBLIC)

The deed stands in the OpenAPI document (`x-deed`), and `tests/api/http/test_matrix.py` finds a route
that has none.
"""

from typing import Annotated, Any

from fastapi import Depends

from api.http.people import Asking, Product
from migrator.people import Deed, Person

MARK = "x-deed"

PUBLIC: dict[str, Any] = {"openapi_extra": {MARK: "public", "security": []}}
"""A route that answers anybody: health, signing in, hooks that prove themselves by a signature."""


def right(deed: Deed) -> dict[str, Any]:
    """Arguments of a route: the mark, and the door."""

    def door(person: Asking, product: Product) -> Person:
        product.truth.permit(person, deed, "api")
        return person

    return {"openapi_extra": {MARK: deed.value}, "dependencies": [Depends(door)]}


def signed_in() -> dict[str, Any]:
    """For whoever is signed in, whatever their roles."""

    def door(person: Asking) -> Annotated[Person, "somebody"]:
        return person

    return {"openapi_extra": {MARK: "signed-in"}, "dependencies": [Depends(door)]}

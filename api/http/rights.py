"""The rule of every route: which deed it is. The door asks it first, the use case behind it again.

    @router.get("/plans", **right(Deed.PLAN_READ))
    @router.get("/health", **PUBLIC)

The deed stands in the OpenAPI document (`x-deed`), and `tests/api/http/test_matrix.py` finds a route
that has none.
"""

import ipaddress
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.bootstrap import Qianyun
from api.errors import Unauthenticated
from api.http.people import Asking, MaybeVisitor, Product
from migrator.people.rights import Deed, Person, may

MARK = "x-deed"

PUBLIC: dict[str, Any] = {"openapi_extra": {MARK: "public", "security": []}}
"""A route that answers anybody: health, signing in, hooks that prove themselves by a signature."""


def right(deed: Deed, **more: str) -> dict[str, Any]:
    """Arguments of a route: the mark, and the door; `more` goes into the document as extensions."""

    async def door(person: Asking, product: Product) -> Person:
        if not may(person, deed):  # a refusal is written down
            await run_in_threadpool(product.truth.permit, person, deed, "api")
        return person

    extra = {MARK: deed.value} | {f"x-{name.replace('_', '-')}": v for name, v in more.items()}
    return {"openapi_extra": extra, "dependencies": [Depends(door)]}


def right_or_local(deed: Deed) -> dict[str, Any]:
    """The same for what programs of this machine read (Prometheus, Ansible): they need no token while
    the API is this machine's alone, as it is until a public address or a certificate is set."""

    async def door(request: Request, visitor: MaybeVisitor, product: Product) -> None:
        if visitor is None and _of_this_machine(request, product):
            return
        if visitor is None:
            raise Unauthenticated(
                "须携带令牌 / a token is needed: `qianyun user token add` makes one, sent as "
                "`Authorization: Bearer TOKEN`"
            )
        if not may(visitor.person, deed):
            await run_in_threadpool(product.truth.permit, visitor.person, deed, request.url.path)

    return {
        "openapi_extra": {MARK: deed.value, "x-local": True},
        "dependencies": [Depends(door)],
    }


def _of_this_machine(request: Request, product: Qianyun) -> bool:
    settings, headers = product.settings, request.headers
    if settings.public_url or settings.tls_cert or "forwarded" in headers:
        return False
    if any(name.startswith("x-forwarded-") for name in headers):
        return False
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


def signed_in() -> dict[str, Any]:
    """For whoever is signed in, whatever their roles."""

    async def door(person: Asking) -> Annotated[Person, "somebody"]:
        return person

    return {"openapi_extra": {MARK: "signed-in"}, "dependencies": [Depends(door)]}

"""Every route × every role, and nobody: from the route table itself, so that a new route without a rule
fails here. Whether the door stands open is all that is asked: 401 for nobody, 403 for a role without
the deed, and neither of the two for a role that has it."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.http.people import CSRF_HEADER
from api.http.rights import MARK
from api.settings import load
from migrator.people.rights import ALLOWED, OF_THE_CITY, Deed, Role
from tests.api.http.client import Client, token_of

FILLED = {
    "code": "P-20200101-1",
    "other": "P-20200101-2",
    "kind": "xlsx",
    "id": "999",
    "number": "999",
    "named": "no-such",
    "name": "nobody-there",
    "system": "S",
}
SPECIAL = {"/api/v1/inventory/objects/{kind}": "systems"}
UNWANTED = {"/api/v1/events", "/api/v1/runs/{code}/events"}
"""Streams: they never end, and are asked with a role that may not only (see test_events)."""


def routes() -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, extra) of every route that the app has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", "/nonexistent/qianyun")
        app = make_app(Qianyun(load()))
    document = app.openapi()
    found = []
    for path, verbs in document["paths"].items():
        for method, told in verbs.items():
            found.append((method.upper(), path, told))
    return found


ROUTES = routes()


def test_every_route_is_in_the_document_and_has_a_rule(product: Qianyun) -> None:
    app = make_app(product)
    told = {(m, p) for m, p, _ in ROUTES}
    for route in _all(app.routes):
        if isinstance(route, APIRoute) and not _is_page(route):
            for method in route.methods:
                known = any(m == method and p.endswith(route.path) for m, p in told)
                assert known, f"{method} {route.path} is not described"
    rules = {"public", "signed-in", *Deed}
    for method, path, extra in ROUTES:
        assert extra.get(MARK) in rules, f"{method} {path} has no rule: see api/http/rights.py"


def _is_page(route: APIRoute) -> bool:
    """Pages are in no document; they ask for their right themselves (see tests/browser)."""
    return str(route.endpoint.__module__).startswith("api.pages.")


def _all(found: Any) -> Iterator[Any]:
    for route in found:
        inner = getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", None
        )
        if inner:
            yield from _all(inner)
        yield route


def _filled(path: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = "R-20200101-1" if path.startswith("/api/v1/runs") else FILLED[match[1]]
        if match[1] == "code" and path.startswith("/api/v1/runs"):
            return code
        return SPECIAL.get(path, FILLED[match[1]])

    return re.sub(r"\{(\w+)\}", one, path)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """A client for each role, with nobody and one bound to an organisation; reached from outside."""
    folder = tmp_path_factory.mktemp("matrix")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", str(folder / "state"))
        patch.setenv("QIANYUN_TEMPORAL_ADDRESS", "127.0.0.1:9")
        patch.setenv("QIANYUN_PUBLIC_URL", "https://qianyun.example")
        product = Qianyun(load())
        app = make_app(product)
        clients = {role.value: Client(product, token_of(product, role), app) for role in Role}
        bound = token_of(product, *Role, organisations=("U-1",))
        yield clients | {
            "nobody": Client(product, None, app),
            "bound": Client(product, bound, app),
        }
    shutil.rmtree(folder, ignore_errors=True)


def expected(who: str, rule: str) -> set[int] | None:
    """The statuses that the door gives; None: it stands open."""
    if rule == "public":
        return None
    if who == "nobody":
        return {401}
    if rule == "signed-in":
        return None
    deed = Deed(rule)
    if who == "bound":
        return {403} if deed in OF_THE_CITY else None
    return None if deed in ALLOWED[Role(who)] else {403}


@pytest.mark.parametrize("who", [*(role.value for role in Role), "nobody", "bound"])
def test_the_door(office: dict[str, Client], who: str) -> None:
    wrong = []
    for method, path, extra in ROUTES:
        want = expected(who, extra[MARK])
        if want is None and path in UNWANTED:
            continue
        body = {} if method in {"POST", "PUT", "PATCH"} else None
        headers = {"X-Forwarded-For": "10.0.0.1", "Accept-Language": "en"}
        answer = office[who].ask(method, _filled(path), headers, json=body)
        closed = answer.status_code in {401, 403}
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        if extra[MARK] == "public":  # a hook may ask for its signature
            continue
        if (want is None and closed) or (want is not None and answer.status_code not in want):
            wrong.append(f"{method} {path} as {who}: {answer.status_code}, expected {want}")
    assert not wrong, "\n".join(wrong)


def test_nobody_is_told_where_to_sign_in(office: dict[str, Client]) -> None:
    answer = office["nobody"].get("/api/v1/plans")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert CSRF_HEADER not in answer.headers


def test_no_role_holds_what_another_must_check() -> None:
    """Four eyes: nobody's single role both makes and decides, runs and approves, or rules and acts."""
    for role in Role:
        deeds = ALLOWED[role]
        assert not {Deed.PLAN_MAKE, Deed.PLAN_DECIDE} <= deeds
        assert not {Deed.RUN_START, Deed.PLAN_DECIDE} <= deeds
        assert not {Deed.USER_MANAGE, Deed.PLAN_DECIDE} <= deeds
        assert not {Deed.USER_MANAGE, Deed.AUDIT_READ} <= deeds
    assert set(Deed) == set().union(*ALLOWED.values()), "a deed that no role has"

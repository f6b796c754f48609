"""Whose password another gave: one page, and one route, until they have their own."""

import httpx
import pytest

from api.bootstrap import Qianyun
from api.http.guard import LARGEST
from api.http.people import CSRF_FIELD
from migrator.people.rights import Role
from tests.api.http.client import LOCAL, Client
from tests.api.http.test_page_deeds import HTML, Browser

OWN = "correct horse battery"


@pytest.fixture
def drawn(product: Qianyun) -> str:
    return product.accounts.add(LOCAL, "wang", [Role.APPROVER])[1]


def signed_in(product: Qianyun, password: str) -> tuple[Client, httpx.Response]:
    client = Client(product)
    form = {"name": "wang", "password": password, "next": "/plans"}
    return client, client.post("/sign-in", HTML, data=form)


def test_the_pages_lead_to_the_password_until_it_is_changed(product: Qianyun, drawn: str) -> None:
    client, answer = signed_in(product, drawn)
    assert answer.headers["location"] == "/me"
    for path in ("/", "/plans", "/lines"):
        assert client.get(path, HTML).headers["location"] == "/me"
    assert "请先改为自己的密码" in client.get("/me", HTML).text
    csrf = client.get("/api/v1/session").json()["csrf"]
    form = {CSRF_FIELD: csrf, "former": drawn, "new": OWN}
    assert client.post("/me/password", HTML, data=form).headers["location"] == "/sign-in"
    client, answer = signed_in(product, OWN)
    assert answer.headers["location"] == "/plans"
    assert client.get("/plans", HTML).status_code == 200


def test_so_does_the_api(product: Qianyun, drawn: str) -> None:
    client = Client(product)
    told = client.post("/api/v1/session", json={"name": "wang", "password": drawn}).json()
    assert (told["issued"], told["deeds"]) == (True, [])
    refused = client.get("/api/v1/plans")
    assert refused.status_code == 403
    assert "/api/v1/session/password" in refused.json()["detail"]
    csrf = {"X-CSRF-Token": told["csrf"]}
    changed = client.ask(
        "PUT", "/api/v1/session/password", csrf, json={"former": drawn, "new": OWN}
    )
    assert changed.status_code == 204
    told = client.post("/api/v1/session", json={"name": "wang", "password": OWN}).json()
    assert told["issued"] is False
    assert client.get("/api/v1/plans").status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/session"])
def test_another_site_signs_nobody_in(product: Qianyun, drawn: str, path: str) -> None:
    told = {"name": "wang", "password": drawn}
    how = {"json": told} if path.startswith("/api") else {"data": told}
    answer = Client(product).post(path, {**HTML, "Origin": "https://elsewhere.example"}, **how)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert ("<html" in answer.text) == (path == "/sign-in")


def test_too_large_a_form_is_told_as_a_page(product: Qianyun) -> None:
    li = Browser(product, Role.PLANNER)
    csrf = li.get("/api/v1/session").json()["csrf"]
    answer = li.post(
        "/ledgers", HTML, data={CSRF_FIELD: csrf}, files={"ledgers": b"x" * (LARGEST + 1)}
    )
    assert answer.status_code == 413
    assert str(LARGEST) in answer.text
    assert "<html" in answer.text

"""Methods that a path has not, HEAD, and what a fault leaves of a connection."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.settings import load
from migrator.people.rights import Role
from tests.api.http.client import Client, token_of


@pytest.fixture
def client(state: object) -> Client:
    assert state
    product = Qianyun(load())
    return Client(product, token_of(product, *Role))


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/v1/plans", "GET, HEAD, POST"),
        ("OPTIONS", "/api/v1/plans", "GET, HEAD, POST"),
        ("DELETE", "/metrics", "GET, HEAD"),
    ],
)
def test_a_path_tells_which_methods_it_has(
    client: Client, method: str, path: str, allow: str
) -> None:
    answer = client.ask(method, path, {"Accept-Language": "en"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert answer.json()["title"] == "method not allowed"
    assert client.ask(method, "/api/v1/nowhere").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/plans", "/health/live", "/plans"])
def test_head_is_get_without_its_body(client: Client, path: str) -> None:
    head, get = client.ask("HEAD", path), client.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


def test_head_of_a_stream_ends(client: Client) -> None:
    answer = client.ask("HEAD", "/api/v1/events")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_fault_that_was_answered_is_not_raised_on(state: object) -> None:
    assert state
    product = Qianyun(load())
    app: FastAPI = make_app(product)

    def fails() -> None:
        raise RuntimeError("secret")

    app.router.routes.insert(0, APIRoute("/fails", fails))
    client = Client(product, app=app)
    told: list[BaseException] = []
    answer = client.ask("GET", "/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert told == []

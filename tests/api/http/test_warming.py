"""Long work goes on beside answers, and never before them."""

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bootstrap import Qianyun
from api.http import calm as of_calm
from api.http import warming
from api.http.app import make_app
from api.http.calm import Calm
from api.http.document import Api
from api.settings import load
from migrator.people.rights import Role
from tests.api.http.client import Client, token_of

LIMIT = 30
"""Seconds after which a test says that something hangs."""


@pytest.fixture
def city(state: Path, planned: Path) -> Qianyun:
    shutil.copytree(planned, state)
    return Qianyun(load())


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_calm, "REST", LIMIT)


@pytest.mark.usefixtures("resting")
def test_work_rests_while_somebody_waits() -> None:
    calm, done = Calm(), threading.Event()
    calm.begin()
    calm.begin()
    rest = calm.rests(after=0)
    worker = threading.Thread(target=lambda: (rest(), done.set()), daemon=True)
    worker.start()
    assert not done.wait(0.05)
    calm.end()
    assert calm.busy
    assert not done.is_set()
    calm.end()
    assert done.wait(LIMIT)
    rest()  # nobody waits: at once


@pytest.mark.usefixtures("resting")
def test_short_work_does_not_rest() -> None:
    calm = Calm()
    calm.begin()
    calm.rests(after=LIMIT)()  # who waits, waits for it


def test_work_comes_to_its_end_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_calm, "RESTS", 0.0)
    monkeypatch.setattr(of_calm, "REST", LIMIT)
    calm = Calm()
    calm.begin()
    calm.rests(after=0)()


def test_every_request_ends_for_who_counts_them(city: Qianyun) -> None:
    client = Client(city, token_of(city, Role.VIEWER))
    calm: Calm = client.app.state.calm
    for path in ("/api/v1/plans", "/api/v1/nothing", "/assets/nothing", "/", "/health/live"):
        client.get(path)
        assert not calm.busy, path
    client.get("/health/live", {"Host": "evil.example"})
    assert not calm.busy


def test_the_document_is_made_once_and_holds_nobody_up(
    product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, made = threading.Event(), threading.Event(), []

    def slow(_self: Api) -> dict[str, Any]:
        begun.set()
        assert go.wait(LIMIT)
        made.append(1)
        return {"openapi": "3.1.0"}

    monkeypatch.setattr(Api, "openapi", slow)
    app = make_app(product)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            path = "/api/v1/openapi.json"
            asked = [asyncio.create_task(client.get(path)) for _ in range(3)]
            assert await asyncio.to_thread(begun.wait, LIMIT)
            assert (await client.get("/health/live")).is_success  # while it is made
            go.set()
            return await asyncio.gather(*asked)

    answers = asyncio.run(ask())
    assert {a.text for a in answers} == {'{"openapi":"3.1.0"}'}
    assert made == [1]


def test_the_city_is_judged_before_anybody_asks(
    city: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "SOON", 0.0)
    app, done = make_app(city), threading.Event()
    judge, _ = app.state.warm
    app.state.warm = (lambda: 1 / 0, judge, done.set)  # what fails keeps nothing from what follows

    async def live() -> bool:
        async with app.router.lifespan_context(app):
            return await asyncio.to_thread(done.wait, LIMIT)

    assert asyncio.run(live())
    (desk,) = judge.__self__.cities._desks.values()
    assert desk.judged is not None or desk.making is not None


def test_what_stops_at_once_makes_nothing() -> None:
    stopping, made = threading.Event(), threading.Event()
    stopping.set()
    warming.warmed(stopping, (made.set,))
    for worker in threading.enumerate():
        if worker.name == "warming":
            worker.join(LIMIT)
    assert not made.is_set()

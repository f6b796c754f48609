"""Lists that are kept: the same bytes, to the same people only, and never after something has changed."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.http.inventory_answers import Thing
from api.http.kept import KEPT, KeptAnswers
from api.http.paging import Wanted, page_of
from api.http.problems import Refusal
from api.http.rights import MARK
from api.http.rows import SORTS, Rows, thing
from api.settings import load
from inventory.changes import diff
from inventory.model import Contact
from migrator.people.rights import Role
from tests.api.http.client import LOCAL, Client, token_of

PATHS = tuple(path.format(kind="systems") for path in KEPT)


@pytest.fixture
def city(state: Path, planned: Path) -> Qianyun:
    shutil.copytree(planned, state)
    return Qianyun(load())


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Addresses whose answer a route had to make."""
    found: list[str] = []
    make = KeptAnswers._make

    async def noted(self: KeptAnswers, asked: Any, scope: Any, *rest: Any) -> None:
        found.append(scope["path"])
        await make(self, asked, scope, *rest)

    monkeypatch.setattr(KeptAnswers, "_make", noted)
    return found


def renamed(product: Qianyun, name: str) -> None:
    estate = product.estate.load()
    first, *rest = estate.systems
    wanted = estate.model_copy(update={"systems": (first.model_copy(update={"name": name}), *rest)})
    changes = diff(estate, wanted)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)


def test_the_second_answer_is_the_first(city: Qianyun, made: list[str]) -> None:
    client = Client(city, token_of(city, *Role))
    for path in PATHS:
        first, second = client.get(path), client.get(path)
        assert (first.status_code, first.content) == (200, second.content), path
        told = dict(first.headers)
        assert told == dict(second.headers), path
        assert told["content-type"] == "application/json"
        known = client.get(path, {"If-None-Match": first.headers["etag"]})
        assert (known.status_code, known.content) == (304, b""), path
    live = [path for path in PATHS if path.startswith("/api/v1/probes")]  # a second may have passed
    assert [path for path in made if path not in live] == [p for p in PATHS if p not in live]


def test_who_has_it_already_does_not_spoil_it_for_others(city: Qianyun) -> None:
    client = Client(city, token_of(city, Role.VIEWER))
    tag = client.get("/api/v1/plans").headers["etag"]
    other = Client(city, client.token)
    assert other.get("/api/v1/plans", {"If-None-Match": tag}).status_code == 304
    assert other.get("/api/v1/plans").json()["total"] == 1


def test_a_change_shows_at_once(city: Qianyun) -> None:
    client = Client(city, token_of(city, *Role))
    names, systems = "/api/v1/users", "/api/v1/inventory/objects/systems"
    before, whole = client.get(names).json()["total"], client.get("/api/v1/inventory").json()
    client.get(systems)
    city.accounts.add(LOCAL, "new", [Role.VIEWER], password="correct horse battery")
    assert client.get(names).json()["total"] == before + 1
    renamed(city, "改了名的系统")
    assert client.get(systems).json()["items"][0]["name"] == "改了名的系统"
    assert client.get(f"{systems}?q=改了名").json()["total"] == 1
    assert client.get("/api/v1/inventory").json()["digest"] != whole["digest"]
    assert client.get("/api/v1/policies").json()["total"] > 0
    text = (Path(city.settings.state) / "policies" / "x.toml").parent
    text.mkdir(exist_ok=True)
    (text / "broken.toml").write_text("no policy")
    assert client.get("/api/v1/policies").status_code >= 400  # a file that was laid there counts


def test_who_may_not_any_more_sees_nothing_that_is_kept(city: Qianyun) -> None:
    city.accounts.add(LOCAL, "last", [Role.ADMIN], password="correct horse battery")
    secret = token_of(city, Role.VIEWER, Role.ADMIN)
    client = Client(city, secret)
    (name,) = {t.account for t in city.accounts.tokens(LOCAL)}
    assert client.get("/api/v1/users").status_code == 200
    city.accounts.change(LOCAL, name, roles=[Role.VIEWER])
    head = city.truth.audit_head()
    assert client.get("/api/v1/users").status_code == 403
    (refusal,) = city.truth.audit_after(head)
    assert refusal.action == "user.read.refused"
    assert client.get("/api/v1/plans").status_code == 200
    city.accounts.change(LOCAL, name, disabled=True)
    assert client.get("/api/v1/plans").status_code == 401
    city.accounts.change(LOCAL, name, disabled=False)
    assert client.get("/api/v1/plans").status_code == 200
    city.accounts.revoke(LOCAL, city.accounts.tokens(LOCAL)[0].id)
    assert client.get("/api/v1/plans").status_code == 401
    assert Client(city, app=client.app).get("/api/v1/plans").status_code == 401


def test_a_token_and_a_session_end_by_the_clock(city: Qianyun) -> None:
    client = Client(city, token_of(city, Role.VIEWER))
    clock = city.truth.clock
    browser = Client(city, app=client.app)
    city.accounts.add(LOCAL, "li", [Role.VIEWER], password="correct horse battery")
    browser.post("/api/v1/session", json={"name": "li", "password": "correct horse battery"})
    for one in (client, browser):
        assert one.get("/api/v1/plans").status_code == 200
    city.truth.clock = lambda: clock() + timedelta(minutes=31)
    assert client.get("/api/v1/plans").status_code == 200
    assert browser.get("/api/v1/plans").status_code == 401
    city.truth.clock = lambda: clock() + timedelta(days=91)
    assert client.get("/api/v1/plans").status_code == 401


def test_each_sees_their_own(city: Qianyun) -> None:
    estate = city.estate.load()
    own = next(s.organisation for s in estate.systems if s.organisation)
    whole = Client(city, token_of(city, Role.VIEWER))
    bound = Client(city, token_of(city, Role.VIEWER, organisations=(own,)), app=whole.app)
    path = "/api/v1/inventory/objects/systems"
    for _ in range(2):
        assert whole.get(path).json()["total"] == len(estate.systems)
        told = bound.get(path).json()
        assert {one["organisation"] for one in told["items"]} == {own}
        assert told["total"] < len(estate.systems)


def test_no_reading_of_these_is_noted(city: Qianyun) -> None:
    """What is noted must be noted each time, and may not be kept."""
    client = Client(city, token_of(city, *Role))
    client.get("/api/v1/session")
    head = city.truth.audit_head()
    for path in PATHS:
        assert client.get(path).status_code == 200
    assert city.truth.audit_head() == head


def test_a_kept_list_has_the_deed_of_its_route(product: Qianyun) -> None:
    told = make_app(product).openapi()["paths"]
    assert {path: told[path]["get"][MARK] for path in KEPT} == {p: w.deed for p, w in KEPT.items()}


def test_many_at_once_are_one_question(city: Qianyun, made: list[str]) -> None:
    token, app = token_of(city, Role.VIEWER), make_app(city)
    path = "/api/v1/inventory/objects/hosts"

    async def ask() -> list[httpx.Response]:
        told = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=told
        ) as client:
            await client.get("/api/v1/session")  # the note of the token's use is a change
            return await asyncio.gather(*(client.get(path) for _ in range(20)))

    answers = asyncio.run(ask())
    assert {(a.status_code, a.content) for a in answers} == {(200, answers[0].content)}
    assert made == [path]


def test_rows_are_a_page_of_the_things(city: Qianyun) -> None:
    every = city.estate.load().systems
    for sort in ("", "-", *SORTS, *(f"-{name}" for name in SORTS)):
        _same_page(every, sort)
    with pytest.raises(Refusal):
        Rows("systems", every).page(Wanted(sort="-phone"), None)


def _same_page(every: Any, sort: str) -> None:
    keys = {name: attrgetter(name) for name in SORTS}
    items, total = page_of(every, Wanted(3, 1, sort), keys)
    told = json.loads(Rows("systems", every).page(Wanted(3, 1, sort), None))
    assert told["items"] == [json.loads(json.dumps(thing("systems", one))) for one in items]
    assert all(Thing.model_validate(one) for one in told["items"])
    assert (told["total"], told["offset"], told["limit"]) == (total, 1, 3)


def test_rows_are_found_by_what_they_show(city: Qianyun) -> None:
    every = city.estate.load().systems
    contact = Contact(role="运维", name="甲乙", phone="13900000000")
    one = every[0].model_copy(update={"contacts": (contact,)})
    rows = Rows("systems", (one, *every[1:]))

    def total(q: str) -> int:
        return int(json.loads(rows.page(Wanted(q=q), None))["total"])

    assert total("甲乙") == total(one.code.lower()) == 1
    assert total("13900000000") == 0  # nobody finds a phone that they were not shown
    assert total("provenance") == total("facts") == 0
    assert total("") == len(every)
    mine = json.loads(rows.page(Wanted(), one.organisation))
    assert mine["total"] == sum(s.organisation == one.organisation for s in every)

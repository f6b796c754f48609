"""Options of the command line, given over HTTP: the same answers."""

from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from inventory.ledger import read_ledgers
from inventory.store_embedded import EmbeddedStore
from migrator.people.rights import Role
from tests.api.cli.test_discover import city, visited
from tests.api.cli.test_edited import MEANS
from tests.api.http.client import Client, token_of
from tests.inventory.ledger.books import write_book
from tests.migrator.timing.cities import estate, system

__all__ = ["city"]

WORDS = '[kinds.rooms.headers]\nracks = ["风水柜"]\n'.encode()
ROOMS: dict[str, list[list[object]]] = {"机房": [["机房名称", "面积", "风水柜"], ["甲机房", 9, 3]]}


@pytest.fixture
def planner(product: Qianyun) -> Client:
    return Client(product, token_of(product, Role.PLANNER, Role.APPROVER))


def test_a_city_s_own_words(planner: Client, tmp_path: Path) -> None:
    book = write_book(tmp_path / "a.xlsx", ROOMS).read_bytes()
    files: list[Any] = [("ledgers", ("a.xlsx", book))]
    path = "/api/v1/inventory/check"
    assert planner.post(path, files=files).json()["ok"] is False
    own = planner.post(path, files=[*files, ("words", ("w.toml", WORDS))])
    assert (own.status_code, own.json()["ok"]) == (200, True)
    diff = planner.post("/api/v1/inventory/diff", files=[*files, ("words", ("w.toml", WORDS))])
    digest = diff.json()["digest"]
    done = planner.post(
        f"/api/v1/inventory/apply?digest={digest}",
        files=[*files, ("words", ("w.toml", WORDS))],
    )
    assert done.json()["applied"] is True, done.text
    for wrong in (WORDS.replace(b"racks", b"rakcs"), b"\xff no toml"):
        bad = planner.post(path, files=[*files, ("words", ("w.toml", wrong))])
        assert bad.status_code == 422, bad.text
        assert "/tmp" not in bad.text


def test_what_others_changed_needs_no_ledger(planner: Client) -> None:
    assert planner.post("/api/v1/inventory/diff").status_code == 422
    told = planner.post("/api/v1/inventory/diff?live=true")
    assert told.status_code == 200, told.text
    assert told.json()["findings"] == []


def test_one_organisation_s_ledgers(plan: dict[str, Any], product: Qianyun, tmp_path: Path) -> None:
    planner = Client(product, token_of(product, Role.PLANNER))
    own, other = product.estate.load().organisations[:2]
    answer = planner.get(f"/api/v1/inventory/export.xlsx?organisation={own.name}")
    assert answer.status_code == 200, answer.text
    path = tmp_path / "own.xlsx"
    path.write_bytes(answer.content)
    found = {one.code for one in read_ledgers([path]).estate.organisations}
    assert own.code in found
    assert other.code not in found


@pytest.fixture
def timetabled(planner: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """A plan with nights of two systems."""
    city = estate([system("S0"), system("S1", "R2")])
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    made = planner.post("/api/v1/plans", json={"means": MEANS, "rehearse": True})
    assert made.status_code == 201, made.text
    assert made.json()["plan"]["means"]["practise"] is True
    return str(made.json()["code"])


def test_a_timetable_that_was_edited_is_judged(planner: Client, timetabled: str) -> None:
    book = planner.get(f"/api/v1/plans/{timetabled}/timetable.xlsx")
    assert book.status_code == 200, book.text
    path = f"/api/v1/plans/{timetabled}/check"
    same = planner.post(path, files=[("edited", ("t.xlsx", book.content))])
    assert same.status_code == 200, same.text
    assert (same.json()["ok"], same.json()["changed"]) == (True, 0)
    assert planner.post(path, files=[("edited", ("t.xlsx", b"no book"))]).status_code in (409, 422)
    held = planner.get(path).json()
    assert (held["ok"], held["broken"], held["down"]) == (True, [], [])


def test_an_account_of_the_identity_provider(product: Qianyun) -> None:
    admin = Client(product, token_of(product, Role.ADMIN))
    told = {"name": "sun", "roles": ["viewer"], "issuer": "https://id.example", "subject": "7"}
    made = admin.post("/api/v1/users", json=told)
    assert made.status_code == 201, made.text
    assert (made.json()["account"]["issuer"], made.json()["password"]) == ("https://id.example", "")
    half = {"name": "li", "roles": ["viewer"], "issuer": "https://id.example"}
    assert admin.post("/api/v1/users", json=half).status_code == 422


def test_thresholds_of_a_level(plan: dict[str, Any], product: Qianyun) -> None:
    viewer = Client(product, token_of(product, Role.VIEWER))
    path = "/api/v1/probes/levels/LJ-S-001"
    assert viewer.get(f"{path}?links=0.9&similar=0.8&floor=5").status_code == 200
    assert viewer.get(f"{path}?links=2").status_code == 422


def test_the_raw_output_of_a_host(city: Qianyun) -> None:
    number = visited(city)
    viewer = Client(city, token_of(city, Role.VIEWER))
    told = viewer.get("/api/v1/inventory/hosts/h1/facts/raw")
    assert told.json() == {"look": number, "raw": "原始\n"}
    last = city.truth.audit_entries()[-1]
    assert (last.action, last.object) == ("host.read", "h1")
    assert viewer.get("/api/v1/inventory/hosts/h9/facts/raw").status_code == 404

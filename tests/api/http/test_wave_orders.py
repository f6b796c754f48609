"""A whole wave paused, resumed and rolled back through the API: what is not of it stays as it was."""

from typing import Any

import pytest

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from migrator.runs.records import Wanted
from tests.api.http.client import Client, token_of

REASON = "停电"
GO, BACK = Wanted.FORWARD, Wanted.ROLLBACK


@pytest.fixture
def begun(plan: dict[str, Any], product: Qianyun) -> str:
    """A run of two waves, of two systems and one."""
    truth = product.truth
    return truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code


@pytest.fixture
def client(product: Qianyun, begun: str) -> Client:
    return Client(product, token_of(product, Role.OPERATOR))


def ordered(product: Qianyun, run: str) -> list[tuple[int, bool, Wanted]]:
    """Of each item: its wave, whether it is paused, which way it is to go."""
    items = product.truth.runs.get(run).items
    return sorted((item.wave, item.paused, item.wanted) for item in items)


def test_a_wave_and_no_other(client: Client, product: Qianyun, begun: str) -> None:
    body = {"reason": REASON, "wave": 1}
    for _ in range(2):  # as often as it is sent
        answer = client.post(f"/api/v1/runs/{begun}/pause", json=body)
        assert answer.status_code == 200
        assert answer.json()["engine"] is False  # nobody is there to be woken; the order stands
        assert ordered(product, begun) == [(1, True, GO), (1, True, GO), (2, False, GO)]
    assert client.post(f"/api/v1/runs/{begun}/resume", json=body).status_code == 200
    assert ordered(product, begun) == [(1, False, GO), (1, False, GO), (2, False, GO)]
    assert client.post(f"/api/v1/runs/{begun}/rollback", json=body).status_code == 200
    assert ordered(product, begun) == [(1, False, BACK), (1, False, BACK), (2, False, GO)]
    told = [(e.action, e.object) for e in product.truth.audit_entries() if REASON in str(e.detail)]
    assert len(told) == len(set(told))  # each written once


@pytest.mark.parametrize("verb", ["pause", "resume", "rollback"])
def test_a_wave_that_is_none(client: Client, product: Qianyun, begun: str, verb: str) -> None:
    before = ordered(product, begun)
    answer = client.post(f"/api/v1/runs/{begun}/{verb}", json={"reason": REASON, "wave": 7})
    assert answer.status_code == 404
    assert "7" in answer.json()["detail"]
    answer = client.post(f"/api/v1/runs/{begun}/{verb}", json={"reason": REASON, "wave": 0})
    assert answer.status_code == 422
    assert ordered(product, begun) == before

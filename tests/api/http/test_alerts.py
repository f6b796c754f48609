"""Alerts that come in: kept, told to whom they concern, over when they are told to be, never a surprise
on a page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from api.bootstrap import Qianyun
from api.settings import load
from migrator.errors import StoreDown
from migrator.people.rights import Role
from migrator.store import alerts as kept
from migrator.store.tables_alerts import alerts
from tests.api.conftest import Run
from tests.api.http.client import LOCAL, Client, token_of

TOKEN = "alertmanager-token-of-both"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
HTML = {"Accept": "text/html"}
PASSWORD = "correct horse battery"
NODE, LINE = "LJ-GW-01", "LJ-YD-1002"


@pytest.fixture
def product(plan: Any, state: Path, monkeypatch: pytest.MonkeyPatch) -> Qianyun:
    monkeypatch.setenv("QIANYUN_ALERTMANAGER_TOKEN", TOKEN)
    return Qianyun(load())


def delivery(*alerts: dict[str, Any], status: str = "firing") -> dict[str, Any]:
    return {"version": "4", "status": status, "groupKey": "g", "alerts": list(alerts)}


def alert(name: str, code: str = "", status: str = "firing", **more: Any) -> dict[str, Any]:
    labels = {"alertname": name, "severity": "page", **({"code": code} if code else {})}
    return {"status": status, "labels": labels, **more}


def tell(product: Qianyun, *alerts: dict[str, Any]) -> None:
    answer = Client(product).post("/api/v1/hooks/alertmanager", HEADERS, json=delivery(*alerts))
    assert answer.status_code == 202, answer.text


def listed(product: Qianyun, token: str, **params: Any) -> list[dict[str, Any]]:
    answer = Client(product, token).get("/api/v1/probes/alerts", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_what_fires_is_known_until_it_is_over(product: Qianyun) -> None:
    token = token_of(product, Role.VIEWER)
    began = "2026-11-23T01:02:03.5+08:00"
    told = {"summary": "节点中断 / the node is down"}
    tell(product, alert("NodeDown", NODE, startsAt=began, annotations=told))
    (found,) = listed(product, token)
    assert found["name"] == "NodeDown"
    assert found["code"] == NODE
    assert found["began_at"] == "2026-11-22T17:02:03.500000Z"
    assert (found["state"], found["unheard"], found["ended_at"]) == ("firing", False, None)
    tell(
        product, alert("NodeDown", NODE, "resolved", startsAt=began, endsAt="2026-11-23T02:00:00Z")
    )
    (found,) = listed(product, token)
    assert found["state"] == "resolved"
    assert found["ended_at"]
    assert listed(product, token, firing=True) == []


def test_a_department_sees_its_own_alone(product: Qianyun) -> None:
    tell(product, alert("LineDown", LINE), alert("NoCode"), alert("Strange", "NOT-THERE"))
    assert {one["name"] for one in listed(product, token_of(product, Role.VIEWER))} == {
        "LineDown", "NoCode", "Strange",
    }  # fmt: skip
    owner = next(o.organisation for o in product.estate.load().lines if o.code == LINE)
    assert owner
    own = token_of(product, Role.VIEWER, organisations=(owner,))
    assert [one["name"] for one in listed(product, own)] == ["LineDown"]
    other = token_of(product, Role.VIEWER, organisations=())
    assert listed(product, other) == []


def test_pages_and_the_screen_tell_what_fires(product: Qianyun, run: Run) -> None:
    tell(
        product, alert("<b>Node</b>Down", NODE, annotations={"summary": "节点中断 / node is down"})
    )
    product.accounts.add(LOCAL, "mon", (Role.VIEWER,), password=PASSWORD)
    client = Client(product)
    client.post("/api/v1/session", json={"name": "mon", "password": PASSWORD})
    overview = client.get("/", HTML).text
    assert "1 条告警未恢复：&lt;b&gt;Node&lt;/b&gt;Down" in overview
    page = client.get("/probes", HTML).text
    assert f'href="/probes/{NODE}"' in page
    assert "节点中断" in page
    assert "node is down" not in page
    assert "<b>Node" not in page
    screen = run("probe", "alerts", "--firing").out
    assert NODE in screen
    assert run("probe", "alerts", "--json").json["alerts"][0]["unheard"] is False


def test_what_nobody_repeats_may_be_over(product: Qianyun) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    product.truth.clock = lambda: now
    tell(product, alert("NodeDown", NODE))
    (one,) = product.truth.alerts.all()
    assert not one.unheard(now + kept.HEARD)
    assert one.unheard(now + kept.HEARD + timedelta(seconds=1))


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_no_year_breaks_it(product: Qianyun, when: str) -> None:
    body = delivery(alert("NodeDown", NODE, startsAt=when))
    answer = Client(product).post("/api/v1/hooks/alertmanager", HEADERS, json=body)
    assert answer.status_code == 422


def test_a_delivery_that_could_not_be_kept_may_come_again(
    product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alertmanager tries again after a 5xx: what failed in the middle must not count as known."""
    token, client = token_of(product, Role.VIEWER), Client(product)
    client.get("/health/live")
    body = delivery(alert("NodeDown", NODE))

    def full(*_: Any, **__: Any) -> None:
        raise StoreDown("磁盘已满 / the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(kept, "record", full)
        assert client.post("/api/v1/hooks/alertmanager", HEADERS, json=body).status_code == 503
    assert listed(product, token) == []
    again = client.post("/api/v1/hooks/alertmanager", HEADERS, json=body)
    assert again.json()["status"] == "accepted"
    assert len(listed(product, token)) == 1


def test_old_ones_go_and_there_is_an_end(product: Qianyun, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    made: Callable[[int, timedelta], kept.Alert] = lambda n, ago: kept.Alert(  # noqa: E731
        mark=f"{n:064}", name=f"A{n}", code="", severity="", summary="", state="firing",
        began_at=now - ago, told_at=now - ago,
    )  # fmt: skip
    monkeypatch.setattr(kept, "MOST", 3)
    product.truth.clock = lambda: now
    with product.truth.writing() as connection:
        old = made(0, kept.KEPT + timedelta(seconds=1)).model_dump()
        old |= {"began_at": old["began_at"].isoformat(), "told_at": old["told_at"].isoformat()}
        connection.execute(insert(alerts).values(**old))
    several = [made(n, timedelta(hours=n)) for n in range(1, 6)]
    assert product.truth.alerts.take("d", several, "alert.firing", "alerts", count=5)
    assert [one.name for one in product.truth.alerts.all()] == ["A1", "A2", "A3"]

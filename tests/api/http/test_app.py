"""The HTTP API over a database of its own; no engine answers."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from api.bootstrap import Qianyun
from api.errors import Exposed
from api.http.app import make_app
from api.http.serving import serve
from api.settings import load
from migrator.plan import StepKind
from migrator.progress import StepState
from tests.netbox.proxy import Answer, Proxy, Rule


class Client:
    """Asks an app in this process."""

    def __init__(self, product: Qianyun) -> None:
        self._transport = httpx.ASGITransport(make_app(product))

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            base = "http://127.0.0.1"
            async with httpx.AsyncClient(transport=self._transport, base_url=base) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(asked())

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers)


@pytest.fixture
def client(product: Qianyun) -> Client:
    return Client(product)


@pytest.fixture
def begun(plan: dict[str, Any], product: Qianyun) -> str:
    """A run whose first system has been looked at, in two seconds."""
    truth = product.truth
    code = truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code
    done = {
        "state": StepState.DONE,
        "started_at": "2026-11-22T20:00:00.000+00:00",
        "ended_at": "2026-11-22T20:00:02.000+00:00",
    }
    truth.runs.set_step(code, "LJ-S-002", StepKind.PREFLIGHT, **done)
    opened = truth.attempts.open(code, "LJ-S-002", StepKind.PREFLIGHT, "here", "/nowhere")
    truth.attempts.close(opened.token, "done", "", [{"verb": "preflight"}])
    return code


def test_health_says_what_is_away(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    told = answer.json()
    assert told["status"] == "down"
    assert told["checks"]["database"]["ok"] is True
    assert told["checks"]["engine"]["ok"] is False
    assert "127.0.0.1:9" in told["reasons"][0]


@pytest.mark.parametrize("version", ["4.7.2", "4.2.0", None])
def test_health_says_whether_netbox_answers(
    monkeypatch: pytest.MonkeyPatch, state: object, version: str | None
) -> None:
    told = json.dumps({"netbox-version": version}).encode()
    answer = Answer(403) if version is None else Answer(200, told)
    with Proxy("http://127.0.0.1:9") as netbox:
        netbox.add(Rule(answer, times=None))
        monkeypatch.setenv("QIANYUN_NETBOX_URL", netbox.url)
        monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "t" * 40)
        checks = Client(Qianyun(load())).get("/health").json()["checks"]
    assert checks["netbox"]["ok"] is (version == "4.7.2")
    assert (version or "403") in checks["netbox"]["detail"] or checks["netbox"]["ok"]


def test_health_is_degraded_without_netbox(monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    async def engine(_: Qianyun) -> None:
        """The engine is not what this is about."""

    monkeypatch.setattr(Qianyun, "engine", engine)
    assert Client(Qianyun(load())).get("/health").json()["status"] == "ok"
    monkeypatch.setenv("QIANYUN_NETBOX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "t" * 40)
    answer = Client(Qianyun(load())).get("/health")
    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "degraded")
    assert "http://127.0.0.1:9" in told["reasons"][0]


def test_health_without_a_database(monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    url = "postgresql+psycopg://qianyun:hunter2hunter2@127.0.0.1:9/qianyun"
    monkeypatch.setenv("QIANYUN_DATABASE_URL", url)
    client = Client(Qianyun(load()))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["ok"] is False
    problem = client.get("/api/v1/plans")
    assert problem.status_code == 503
    assert problem.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text + problem.text


def test_plans(client: Client, plan: dict[str, Any]) -> None:
    (told,) = client.get("/api/v1/plans").json()["plans"]
    assert (told["code"], told["digest"], told["state"]) == (plan["code"], plan["digest"], "draft")
    whole = client.get(f"/api/v1/plans/{plan['code']}").json()
    assert [len(wave["items"]) for wave in whole["plan"]["waves"]] == [2, 1]


def test_runs(client: Client, begun: str) -> None:
    (told,) = client.get("/api/v1/runs").json()["runs"]
    assert told["code"] == begun
    assert told["items"]["LJ-S-002"] == "waiting"
    whole = client.get(f"/api/v1/runs/{begun}").json()
    assert [len(item["steps"]) for item in whole["items"]] == [11, 11, 11]
    assert whole["attempts"][0]["state"] == "done"
    assert whole["evidence"][0]["body"] == {"verb": "preflight"}


@pytest.mark.parametrize("path", ["/api/v1/plans/P-0", "/api/v1/runs/R-0", "/nowhere"])
def test_what_is_not_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["instance"]) == (404, path)
    assert "/" in told["title"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_read_only(client: Client, method: str) -> None:
    assert client.ask(method, "/api/v1/runs").status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_page_elsewhere_cannot_read_it(client: Client, host: str) -> None:
    assert client.get("/api/v1/runs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8400", "[::1]:8400"])
def test_loopback_names_are_answered(client: Client, host: str) -> None:
    assert client.get("/api/v1/runs", headers={"host": host}).status_code == 200


def test_metrics(client: Client, begun: str) -> None:
    lines = client.get("/metrics").text.splitlines()
    for line in (
        'qianyun_runs{state="running"} 1.0',
        'qianyun_runs{state="done"} 0.0',
        'qianyun_items{state="waiting"} 3.0',
        'qianyun_attempts{state="done"} 1.0',
        'qianyun_step_duration_seconds_count{step="preflight"} 1.0',
        'qianyun_step_duration_seconds_sum{step="preflight"} 2.0',
        'qianyun_step_duration_seconds_count{step="commit"} 0.0',
    ):
        assert line in lines
    assert any(line.startswith("process_cpu_seconds_total") for line in lines)


def test_openapi_describes_everything(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    paths = set(document["paths"])
    assert paths == {
        *("/health", "/metrics", "/ansible/inventory", "/netbox/webhook"),
        *(f"/sd/{view}" for view in ("nodes", "lines", "services")),
        *(f"/api/v1/{kind}{one}" for kind in ("plans", "runs") for one in ("", "/{code}")),
    }
    for path, verbs in document["paths"].items():
        (verb,) = verbs
        assert verb == ("post" if path == "/netbox/webhook" else "get")
        assert verbs[verb]["summary"]
        assert verbs[verb]["description"]


def test_it_refuses_to_be_exposed(product: Qianyun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_API_ADDRESS", "0.0.0.0:8400")
    with pytest.raises(Exposed, match=r"0\.0\.0\.0:8400"):
        serve(Qianyun(load()))

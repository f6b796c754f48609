"""The HTTP API over a database of its own; no engine answers."""

import json
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.errors import Exposed
from api.http.serving import serve
from api.settings import load
from migrator.people.rights import Role
from migrator.planning.plan import StepKind
from migrator.runs.records import StepState
from tests.api.http.client import Client, token_of
from tests.netbox.proxy import Answer, Proxy, Rule


@pytest.fixture
def client(request: pytest.FixtureRequest, product: Qianyun) -> Client:
    """Somebody with every role."""
    if {"plan", "begun"} & set(request.fixturenames):
        request.getfixturevalue("plan")  # it brings the state folder, before an account is in it
    return Client(product, token_of(product, *Role))


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
        product = Qianyun(load())
        told_to = Client(product, token_of(product, Role.ADMIN))
        checks = told_to.get("/health").json()["checks"]
    assert checks["netbox"]["ok"] is (version == "4.7.2")
    assert (version or "403") in checks["netbox"]["detail"] or checks["netbox"]["ok"]


def test_health_is_degraded_without_netbox(monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    async def engine(_: Qianyun) -> None:
        """The engine is not what this is about."""

    monkeypatch.setattr(Qianyun, "engine", engine)
    assert Client(Qianyun(load())).get("/health").json()["status"] == "ok"
    monkeypatch.setenv("QIANYUN_NETBOX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "t" * 40)
    product = Qianyun(load())
    answer = Client(product, token_of(product, Role.OPERATOR)).get("/health")
    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "degraded")
    nobody = Client(Qianyun(load())).get("/health").json()
    assert nobody["reasons"] == ["netbox"]  # where it is, is not everybody's
    assert "http://127.0.0.1:9" in told["reasons"][0]


def test_health_without_a_database(monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    url = "postgresql+psycopg://qianyun:hunter2hunter2@127.0.0.1:9/qianyun"
    monkeypatch.setenv("QIANYUN_DATABASE_URL", url)
    client = Client(Qianyun(load()))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["ok"] is False
    problem = client.get("/api/v1/plans", {"Authorization": "Bearer qy_nobody"})
    assert problem.status_code == 503
    assert problem.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text + problem.text


def test_plans(client: Client, plan: dict[str, Any]) -> None:
    (told,) = client.get("/api/v1/plans").json()["items"]
    assert (told["code"], told["digest"], told["state"]) == (plan["code"], plan["digest"], "draft")
    whole = client.get(f"/api/v1/plans/{plan['code']}").json()
    assert [len(wave["items"]) for wave in whole["plan"]["waves"]] == [2, 1]


def test_runs(client: Client, begun: str) -> None:
    (told,) = client.get("/api/v1/runs").json()["items"]
    assert told["code"] == begun
    assert told["states"] == {"waiting": 3}
    whole = client.get(f"/api/v1/runs/{begun}").json()
    assert [len(item["steps"]) for item in whole["items"]] == [11, 11, 11]
    (attempt,) = client.get(f"/api/v1/runs/{begun}/attempts").json()["items"]
    assert attempt["state"] == "done"
    (evidence,) = client.get(f"/api/v1/runs/{begun}/evidence").json()["items"]
    assert evidence["body"] == {"verb": "preflight"}


@pytest.mark.parametrize(
    "path", ["/api/v1/plans/P-20200101-1", "/api/v1/runs/R-20200101-1", "/api/v1/nowhere"]
)
def test_what_is_not_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["instance"]) == (404, path)
    assert "/" in told["title"]


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
    waves = [line for line in lines if line.startswith(f'qianyun_run_items{{run="{begun}",')]
    assert all('state="waiting",wave="' in line for line in waves)
    assert sum(float(line.rpartition(" ")[2]) for line in waves) == 3
    assert any(line.startswith("process_cpu_seconds_total") for line in lines)
    moved = [line for line in lines if line.startswith(("qianyun_line_", "qianyun_room_"))]
    assert {line.partition("{")[0] for line in moved} == {
        "qianyun_line_items",
        "qianyun_line_limit_bytes_per_second",
        "qianyun_line_copy_bytes_per_second",
        "qianyun_line_copied_bytes",
        "qianyun_room_items",
    }


def test_openapi_describes_everything(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    for path, verbs in document["paths"].items():
        for verb, told in verbs.items():
            assert told["summary"], (path, verb)
            assert told["description"], (path, verb)
            assert told["x-deed"], (path, verb)
            for half in (told["summary"], told["description"]):
                assert " / " in half, (path, verb, half)


def test_it_refuses_to_be_exposed(product: Qianyun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_API_ADDRESS", "0.0.0.0:8400")
    with pytest.raises(Exposed, match=r"0\.0\.0\.0:8400"):
        serve(Qianyun(load()))

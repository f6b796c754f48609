"""A log is read when things went wrong: a line that is none of its own is shown as it stands, everywhere."""

from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from migrator.planning.plan import StepKind
from migrator.store.attempts import AttemptRecord
from tests.api.conftest import Run
from tests.api.http.client import LOCAL, Client

PASSWORD = "correct horse battery"
LINES = (
    '{"at": "昨夜三点", "event": "runner_on_ok", "text": "时间不对"}',
    '{"at": 1767225600, "event": "runner_on_ok", "text": "时间是数"}',
    '{"at": ["x"], "event": "runner_on_ok", "text": "时间是表"}',
    '{"event": "phase", "text": "冒充阶段"}',
    '{"at": "2026-01-01T00:00:00", "system": "OTHER", "token": 0, "text": "冒充别的系统"}',
    '["不是对象"]',
    "不是 JSON",
)
TEXTS = ("时间不对", "时间是数", "时间是表", "冒充阶段", "冒充别的系统", "不是对象", "不是 JSON")


@pytest.fixture
def attempt(plan: dict[str, Any], product: Qianyun, tmp_path: Path) -> AttemptRecord:
    truth = product.truth
    code = truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code
    found = truth.attempts.open(code, "LJ-S-002", StepKind.PREFLIGHT, "here", str(tmp_path / "a"))
    folder = Path(found.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.jsonl").write_text("".join(f"{line}\n" for line in LINES))
    phase = {"phase": "preflight", "ok": True, "started": "gestern", "ended": "heute"}
    truth.attempts.close(found.token, "done", "", [{"phases": [phase]}])
    return found


def test_the_pages_show_them(attempt: AttemptRecord, product: Qianyun) -> None:
    product.accounts.add(LOCAL, "li", list(Role), password=PASSWORD)
    client = Client(product)
    client.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    run = f"/runs/{attempt.run}"
    for path in (run, f"{run}/log", f"{run}/items/LJ-S-002"):
        answer = client.get(path, {"Accept": "text/html"})
        assert answer.status_code == 200, path
        for text in (*TEXTS, "昨夜三点"):
            assert text in answer.text, f"{path}: {text}"
    assert client.get(f"{run}/log?q=JSON").text.count("不是 JSON") >= 1


def test_the_api_and_the_command_line_tell_them(
    attempt: AttemptRecord, product: Qianyun, run: Run
) -> None:
    product.accounts.add(LOCAL, "li", list(Role), password=PASSWORD)
    _, secret = product.accounts.make_token(LOCAL, "li", "t", list(Role))
    answer = Client(product, secret).get(f"/api/v1/runs/{attempt.run}/log")
    assert answer.status_code == 200
    lines = answer.json()["lines"]
    assert {one["system"] for one in lines} == {"LJ-S-002"}
    assert {one["token"] for one in lines} == {attempt.token}
    told = run("run", "logs", attempt.run)
    assert told.code == 0
    assert all(text in told.out for text in TEXTS)

"""The page of an old host: how it stands, archiving and wiping it by two persons. What is done on the host is
another test's (tests/playbooks, tests/acceptance)."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from api.bootstrap import Qianyun
from migrator.attempts.ansible import Outcome
from migrator.people.rights import Role
from migrator.planning.plan import StepKind
from migrator.runs.records import RunState
from migrator.use_cases.decommissioning import Decommissioning
from tests.api.cli.test_run import FIRST, finish
from tests.api.http.test_app import begun
from tests.api.http.test_page_deeds import Browser

__all__ = ["begun"]
AT = "2026-11-24T02:00:00+00:00"
DIGEST = "ab" * 32
PARTS = [{"path": "/srv/app", "entries": 12}]


@pytest.fixture
def path(begun: str, product: Qianyun) -> str:
    finish(product, begun, RunState.DONE)
    return f"/runs/{begun}/items/{FIRST}/old-host"


@pytest.fixture
def host(product: Qianyun, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Stands for the host: it does what it is told once the event is set."""
    go = threading.Event()

    class Hands:
        def perform(self, run: str, item: Any, step: StepKind, *_: Any, **_more: Any) -> Outcome:
            go.wait()
            said: dict[str, Any] = {"digest": DIGEST, "parts": PARTS}
            if step is StepKind.WIPE:
                said = {"wiped": {"/srv/app": {"files": 9}}, "media": {"sda": {"reached": False}}}
            body = {"verb": step.value, step.value: said}
            attempt = product.truth.attempts.open(run, item.code, step, "here", "/nowhere")
            product.truth.attempts.close(attempt.token, "done", "", [body])
            return Outcome(ok=True, finished=AT, message="", evidence=(body,))

    monkeypatch.setattr(Qianyun, "crew", property(lambda _self: Hands()))
    yield go
    go.set()


def settled(browser: Browser, path: str) -> str:
    for _ in range(3000):
        text = browser.page(path).text
        if 'hx-trigger="load delay' not in text:
            return text
        threading.Event().wait(0.01)
    raise AssertionError("the work did not end")


def test_archived_by_one_and_wiped_by_another(
    product: Qianyun, path: str, host: threading.Event
) -> None:
    operator = Browser(product, Role.OPERATOR, Role.APPROVER, Role.AUDITOR)
    approver = Browser(product, Role.APPROVER, Role.AUDITOR, app=operator.app)
    assert "尚未归档" in approver.page(path).text
    assert f"{path}/wipe" not in approver.page(path).text
    assert operator.send(f"{path}/archive", host="another").status_code == 422
    assert operator.send(f"{path}/archive", host="rs-app-01").status_code == 303
    assert "正在归档" in operator.page(path).text
    again = operator.send(f"{path}/archive", host="rs-app-01")
    assert again.status_code == 422
    assert "正在进行" in again.text
    host.set()
    text = settled(operator, path)
    assert DIGEST in text
    assert "12 个条目" in text
    assert f"{path}/wipe" not in text  # who archived it
    assert operator.send(f"{path}/wipe", host="rs-app-01", digest=DIGEST).status_code == 303
    assert "不得自行清除" in settled(operator, path)
    assert f"{path}/wipe" in approver.page(path).text
    wrong = approver.send(f"{path}/wipe", host="rs-app-01", digest="cd" * 32)
    assert wrong.status_code == 422
    assert "cd" * 32 in wrong.text  # nothing that was typed is lost
    assert approver.send(f"{path}/wipe", host="rs-app-01", digest=DIGEST).status_code == 303
    text = settled(approver, path)
    assert "9 个文件" in text
    assert "消磁或销毁" in text
    (wiped,) = [e for e in product.truth.audit_entries() if e.action == "decommission.wipe"]
    assert (wiped.actor, wiped.detail["ok"]) == (approver.name, True)
    assert wiped.detail["peer"] == "127.0.0.1"


def test_a_fault_of_the_host_is_told(
    product: Qianyun, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Outcome:
        return Outcome(ok=False, finished=AT, message="磁盘已满 / the disk is full")

    monkeypatch.setattr(Decommissioning, "archive", broken)
    operator = Browser(product, Role.OPERATOR, Role.AUDITOR)
    assert operator.send(f"{path}/archive", host="rs-app-01").status_code == 303
    text = settled(operator, path)
    assert "归档没有做完" in text
    assert "磁盘已满" in text


def test_before_the_commit_and_for_who_may_not(product: Qianyun, begun: str) -> None:
    operator = Browser(product, Role.OPERATOR, Role.AUDITOR)
    path = f"/runs/{begun}/items/{FIRST}/old-host"
    early = operator.page(path)
    assert early.status_code == 409
    assert "尚未提交" in early.text
    finish(product, begun, RunState.DONE)
    viewer = Browser(product, Role.VIEWER)
    assert viewer.page(path).status_code == 403
    assert viewer.send(f"{path}/archive", host="rs-app-01").status_code == 403
    assert operator.send(f"{path}/wipe", host="rs-app-01", digest=DIGEST).status_code == 403
    assert operator.page(f"{path}/burn").status_code == 404

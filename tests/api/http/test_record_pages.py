"""Pages of what is on record about policies: putting it down, reading it, taking it back."""

import threading
from typing import Any

import pytest

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from tests.api.http.test_page_deeds import Browser

POLICY = "cangzhou-2017-157"
DECLARED = {
    "policy": POLICY,
    "entry": "CZ-03",
    "by": "市政务办",
    "evidence": "冀沧政办〔2018〕1 号<b>",
    "on": "2018-03-01",
    "done": "1",
}


@pytest.fixture
def wang(plan: dict[str, Any], product: Qianyun) -> Browser:
    return Browser(product, Role.PLANNER, Role.APPROVER)


def test_put_down_read_and_taken_back(product: Qianyun, wang: Browser) -> None:
    form = wang.page(f"/policies/records/new/declaration?policy={POLICY}&entry=CZ-03").text
    assert f'<option value="{POLICY}" selected>' in form
    answer = wang.send("/policies/records/new/declaration", **DECLARED)
    assert answer.status_code == 303, answer.text
    (kept,) = product.recording.listed()
    assert (kept.kind, kept.recorded_by) == ("declaration", wang.name)
    page = wang.page("/policies/records").text
    assert "冀沧政办〔2018〕1 号&lt;b&gt;" in page
    path = f"/policies/records/{kept.id}/withdraw"
    assert path in page
    assert "市政务办" in wang.page(path).text
    assert wang.send(path, reason=" ").status_code == 422
    assert wang.send(path, reason="文件有误").status_code == 303
    assert "文件有误" not in wang.page("/policies/records").text
    assert "文件有误" in wang.page("/policies/records?withdrawn=1").text
    assert wang.page(path).status_code == 404


def test_what_is_refused_keeps_what_was_typed(product: Qianyun, wang: Browser) -> None:
    answer = wang.send(
        "/policies/records/new/exception",
        policy=POLICY, entry="CZ-99", code="LJ-S-001", reason="专网特例", approver="李",
        document="沧政办〔2026〕1 号", approved_on="2026-03-01", review_on="2026-01-01",
    )  # fmt: skip
    assert answer.status_code == 422
    for text in ("专网特例", 'value="2026-01-01"', "沧政办〔2026〕1 号"):
        assert text in answer.text
    assert product.recording.listed() == ()


def test_a_baseline_is_kept(product: Qianyun, wang: Browser) -> None:
    assert wang.send("/policies/records/baseline", policy=POLICY).status_code == 303
    (kept,) = product.recording.listed()
    assert kept.kind == "baseline"


def test_who_may_not_is_told(product: Qianyun, wang: Browser) -> None:
    viewer = Browser(product, Role.VIEWER, app=wang.app)
    assert viewer.page("/policies/records").status_code == 200
    assert "/policies/records/new" not in viewer.page("/policies/records").text
    assert viewer.page("/policies/records/new/fate").status_code == 403
    assert viewer.send("/policies/records/new/fate", code="X").status_code == 403
    assert viewer.send("/policies/records/baseline", policy=POLICY).status_code == 403
    assert wang.page("/policies/records/new/nothing").status_code == 404
    assert wang.page("/policies/records/9/withdraw").status_code == 404


def test_nothing_is_late_in_a_city_that_nobody_told(product: Qianyun) -> None:
    viewer = Browser(product, Role.VIEWER)
    for _ in range(600):
        page = viewer.page("/policies").text
        if "load delay" not in page:
            break
        threading.Event().wait(0.05)
    assert "台账库还是空的" in page
    assert "badge bad" not in page

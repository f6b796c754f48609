"""Pages of a run in flight: waves, approvals and papers, limits. The use cases have tests of their own."""

import hashlib
import re
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.http.people import CSRF_FIELD
from api.pages import run_limits
from migrator.people.rights import Role
from tests.api.http.test_page_deeds import HTML, Browser

FIRST = "LJ-S-002"


@pytest.fixture
def begun(plan: dict[str, Any], product: Qianyun) -> str:
    """A run of two waves, of two systems and one; nobody answers for the engine."""
    truth = product.truth
    return truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code


def hidden(text: str) -> dict[str, str]:
    """What the form of a confirmation sends along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    return {name: value for name, value in found if name != CSRF_FIELD}


def asked(text: str) -> list[tuple[str, str]]:
    """Of a change of limits: the names and values that its confirmation sends along."""
    value = r'name="name" value="([^"]+)"><input type="hidden" name="value" value="([^"]*)"'
    return re.findall(value, text)


def test_a_wave_is_paused_and_goes_on(product: Qianyun, begun: str) -> None:
    operator = Browser(product, Role.OPERATOR)
    assert f"/runs/{begun}/do/pause?wave=1" in operator.page(f"/runs/{begun}").text
    for verb, paused in (("pause", True), ("resume", False)):
        ask = operator.page(f"/runs/{begun}/do/{verb}?wave=1")
        assert "LJ-S-002" in ask.text
        assert "LJ-S-001" not in ask.text  # of the other wave
        answer = operator.send(f"/runs/{begun}/do/{verb}", **hidden(ask.text), reason="停电")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{begun}?late=1")
        held = {i.paused for i in product.truth.runs.get(begun).items if i.wave == 1}
        assert held == {paused}
        assert not any(i.paused for i in product.truth.runs.get(begun).items if i.wave == 2)
    assert "引擎" in operator.page(f"/runs/{begun}?late=1").text
    assert operator.page(f"/runs/{begun}/do/pause?wave=7").status_code == 404
    assert operator.page(f"/runs/{begun}/do/skip?wave=1").status_code == 404


def test_a_wave_back_wants_its_run_typed(product: Qianyun, begun: str) -> None:
    operator = Browser(product, Role.OPERATOR)
    ask = operator.page(f"/runs/{begun}/do/rollback?wave=1")
    told = hidden(ask.text) | {"reason": "机房断电"}
    assert operator.send(f"/runs/{begun}/do/rollback", **told).status_code == 422
    assert operator.send(f"/runs/{begun}/do/rollback", **told, typed=begun).status_code == 303
    wanted = {(i.wave, i.wanted.value) for i in product.truth.runs.get(begun).items}
    assert wanted == {(1, "rollback"), (2, "forward")}


def test_single_systems_are_approved_by_another(product: Qianyun, begun: str) -> None:
    approver = Browser(product, Role.APPROVER)
    page = approver.page(f"/runs/{begun}/decisions")
    assert page.status_code == 200
    ask = approver.page(f"/runs/{begun}/decide?decision=approve&system={FIRST}")
    digest = product.truth.plans.record(product.truth.runs.get(begun).plan).digest
    assert digest in ask.text
    assert approver.send(f"/runs/{begun}/decide", **hidden(ask.text)).status_code == 303
    plan = product.truth.runs.get(begun).plan
    last = product.truth.plans.record(plan).decisions[-1]
    assert (last.decision, last.scope, last.subject, last.actor) == (
        "approve",
        "item",
        FIRST,
        approver.name,
    )
    assert approver.name in approver.page(f"/runs/{begun}/decisions").text


def test_a_refusal_says_why_and_loses_nothing(product: Qianyun, begun: str) -> None:
    approver = Browser(product, Role.APPROVER)
    ask = approver.page(f"/runs/{begun}/decide?decision=reject&wave=2")
    told = hidden(ask.text)
    assert approver.send(f"/runs/{begun}/decide", **told).status_code == 422
    changed = approver.send(f"/runs/{begun}/decide", **(told | {"seen": "x"}), reason="资料不全")
    assert changed.status_code == 422
    assert "资料不全" in changed.text
    assert approver.send(f"/runs/{begun}/decide", **told, reason="资料不全").status_code == 303
    plan = product.truth.runs.get(begun).plan
    last = product.truth.plans.record(plan).decisions[-1]
    assert (last.decision, last.scope, last.subject, last.reason) == (
        "reject",
        "wave",
        "2",
        "资料不全",
    )


def test_a_paper_is_put_on_record_and_taken_back(product: Qianyun, begun: str) -> None:
    planner = Browser(product, Role.PLANNER)
    ask = planner.page(f"/runs/{begun}/decide?decision=evidence&system={FIRST}")
    told = hidden(ask.text)
    assert planner.send(f"/runs/{begun}/decide", **told, kind="sign-off").status_code == 422
    csrf = planner.get("/api/v1/session").json()["csrf"]
    body = "签字页".encode()
    fields = {CSRF_FIELD: csrf, **told, "kind": "sign-off", "reference": "人社函〔2026〕9号<b>"}
    files = [("content", ("a.pdf", body))]
    answer = planner.post(f"/runs/{begun}/decide", HTML, data=fields, files=files)
    assert answer.status_code == 303
    plan = product.truth.runs.get(begun).plan
    last = product.truth.plans.record(plan).decisions[-1]
    assert (last.decision, last.content) == ("evidence", hashlib.sha256(body).hexdigest())
    page = planner.page(f"/runs/{begun}/decisions").text
    assert "人社函〔2026〕9号&lt;b&gt;" in page
    (back,) = re.findall(r'href="(/runs/[^"]*no-evidence[^"]*)"', page)
    again = planner.page(back.replace("&amp;", "&"))
    told = hidden(again.text) | {"kind": "sign-off", "reference": "人社函〔2026〕9号<b>"}
    assert planner.send(f"/runs/{begun}/decide", **told).status_code == 303
    assert product.truth.plans.record(plan).decisions[-1].decision == "no-evidence"


def test_who_may_not_decide_is_told(product: Qianyun, begun: str) -> None:
    viewer = Browser(product, Role.VIEWER)
    page = viewer.page(f"/runs/{begun}/decisions")
    assert page.status_code == 200
    assert 'value="approve"' not in page.text
    asked = f"/runs/{begun}/decide?decision=approve&system={FIRST}"
    assert viewer.page(asked).status_code == 403
    assert viewer.page(f"/runs/{begun}/limits").status_code == 200
    assert viewer.send(f"/runs/{begun}/limits", total="1").status_code == 403
    approver = Browser(product, Role.APPROVER)
    assert approver.page(f"/runs/{begun}/decide?decision=approve").status_code in (409, 422)
    assert approver.page(f"/runs/{begun}/decide?decision=approve&system=X").status_code == 404
    assert approver.page(f"/runs/{begun}/decide?decision=hurry&system={FIRST}").status_code == 404


def test_limits_are_changed_in_flight(product: Qianyun, begun: str) -> None:
    operator = Browser(product, Role.OPERATOR)
    page = operator.page(f"/runs/{begun}/limits")
    names = re.findall(r'inputmode="numeric" name="([^"]+)"', page.text)
    assert "total" in names
    line = next(name for name in names if name.startswith("rate:"))
    bad = operator.send(f"/runs/{begun}/limits", **{line: "viel"})
    assert bad.status_code == 422
    assert 'value="viel"' in bad.text  # nothing that was typed is lost
    assert operator.send(f"/runs/{begun}/limits").status_code == 422  # nothing to change
    ask = operator.send(f"/runs/{begun}/limits", **{line: "20000", "total": "2"})
    assert ask.status_code == 200
    assert "20,000" in ask.text
    told: dict[str, Any] = {"name": [line, "total"], "value": ["20000", "2"]}
    seen = hidden(ask.text)["seen"]
    stale = operator.send(f"/runs/{begun}/limits/change", **told, seen="x")
    assert stale.status_code == 422
    assert product.truth.runs.get(begun).limits == {}
    pairs = re.findall(
        r'name="name" value="([^"]+)"><input type="hidden" name="value" value="([^"]*)"', ask.text
    )
    told = {"name": [n for n, _ in pairs], "value": [v for _, v in pairs]}
    done = operator.send(f"/runs/{begun}/limits/change", **told, seen=seen, reason="白天让路")
    assert done.status_code == 303
    assert product.truth.runs.get(begun).limits == {line: 20000, "total": 2}
    ask = operator.send(f"/runs/{begun}/limits", **{line: "20000", "total": ""})
    pairs = re.findall(
        r'name="name" value="([^"]+)"><input type="hidden" name="value" value="([^"]*)"', ask.text
    )
    told = {"name": [n for n, _ in pairs], "value": [v for _, v in pairs]}
    assert pairs == [("total", "")]
    done = operator.send(f"/runs/{begun}/limits/change", **told, seen=hidden(ask.text)["seen"])
    assert done.status_code == 303
    assert product.truth.runs.get(begun).limits == {line: 20000}


def test_limits_of_many_lines_are_found_by_code(
    product: Qianyun, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not on the page stays as it is, and is reached by its code."""
    monkeypatch.setattr(run_limits, "SHOWN", 2)
    operator = Browser(product, Role.OPERATOR)
    page = operator.page(f"/runs/{begun}/limits").text
    names = re.findall(r'inputmode="numeric" name="([^"]+)"', page)
    assert names == ["total", "line:LJ-DX-1001"]
    ask = operator.send(f"/runs/{begun}/limits", **{"total": "3", "line:LJ-DX-1001": ""})
    told = {"name": [n for n, _ in asked(ask.text)], "value": [v for _, v in asked(ask.text)]}
    seen = hidden(ask.text)["seen"]
    assert operator.send(f"/runs/{begun}/limits/change", **told, seen=seen).status_code == 303
    found = operator.page(f"/runs/{begun}/limits?q=yd-1002").text
    assert re.findall(r'inputmode="numeric" name="([^"]+)"', found) == [
        "line:LJ-YD-1002",
        "rate:LJ-YD-1002",
    ]
    fields = {"line:LJ-YD-1002": "1", "rate:LJ-YD-1002": "", "q": "yd-1002"}
    ask = operator.send(f"/runs/{begun}/limits", **fields)
    assert asked(ask.text) == [("line:LJ-YD-1002", "1")]  # the total of before is not given back
    assert product.truth.runs.get(begun).limits == {"total": 3}


def test_too_many_single_systems_are_decided_by_waves(product: Qianyun, begun: str) -> None:
    approver = Browser(product, Role.APPROVER)
    many = "&".join(f"system=S{n}" for n in range(501))
    answer = approver.page(f"/runs/{begun}/decide?decision=approve&{many}")
    assert answer.status_code == 409
    assert "按批次" in answer.text

"""Text from people is data, whichever field it stands in: no script in a page, no formula in a sheet."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api.bootstrap import Qianyun
from api.settings import load
from inventory.changes import diff
from inventory.model import Contact, Estate
from migrator.people.rights import Role
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemState, StepState
from tests.api.http.client import LOCAL, Client, token_of

SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*191}}${7*191}"
FORMULAS = ('=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1")
PASSWORD = "correct horse battery"
PAGES = (
    *("/", "/systems", "/systems/LJ-S-001", "/lines", "/lines/LJ-DX-1001", "/rooms", "/plans"),
    *("/rooms/LJ-RM-JT", "/network", "/policies", "/probes", "/admin/users", "/admin/tokens"),
    *("/admin/audit", "/admin/health", "/admin/settings", "/reports", "/ledgers", "/me"),
    *("/runs", "/runs/{run}", "/runs/{run}/log", "/runs/{run}/items/LJ-S-001", "/policies/holds"),
    *("/runs/{run}/items/LJ-S-001/dossier", "/runs/{run}/do/abort", "/plans/{plan}"),
    *("/plans/{plan}/why/LJ-S-001", "/plans/{plan}/dry-run", "/plans/{plan}/do/reject"),
    *("/probes/silences", "/probes/history"),
)


@pytest.fixture
def city(state: Path, planned: Path) -> Qianyun:
    shutil.copytree(planned, state)
    return Qianyun(load())


def rewritten(product: Qianyun, texts: Iterator[str]) -> None:
    """Names, remarks and contacts of every system, line and room become what somebody wrote."""
    estate = product.estate.load()
    told: dict[str, Any] = {}
    for kind in ("systems", "lines", "rooms"):
        told[kind] = tuple(
            one.model_copy(
                update={
                    "name": f"{next(texts)}{one.code}",
                    "contacts": (Contact(role=next(texts), name=next(texts), phone=next(texts)),),
                }
            )
            for one in getattr(estate, kind)
        )
    changes = diff(estate, estate.model_copy(update=told))
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)


def forever(*texts: str) -> Iterator[str]:
    while True:
        yield from texts


def run_of(product: Qianyun) -> dict[str, str]:
    """A run in which somebody's words stand everywhere: notes, messages, the log, evidence."""
    truth = product.truth
    (plan,) = truth.plans.all()
    code = truth.runs.add(plan.code, truth.plans.load(plan.code), SCRIPT[:60]).code
    folder = str(product.settings.state / "attempts" / "x")
    attempt = truth.attempts.open(code, "LJ-S-001", StepKind.PREFLIGHT, SCRIPT[:60], folder)
    Path(attempt.folder).mkdir(parents=True)
    line = {"at": SCRIPT, "event": "runner_on_ok", "text": SCRIPT, "host": SCRIPT}
    (Path(attempt.folder) / "log.jsonl").write_text(f"{json.dumps(line)}\n{SCRIPT}\n")
    truth.attempts.close(attempt.token, "done", SCRIPT, [{"text": SCRIPT}])
    now = truth.now()
    done = {"state": StepState.DONE, "message": SCRIPT, "started_at": now, "ended_at": now}
    truth.runs.set_step(code, "LJ-S-001", StepKind.PREFLIGHT, **done)
    truth.runs.set_item(code, "LJ-S-001", state=ItemState.DONE, note=SCRIPT)
    return {"run": code, "plan": plan.code}


@pytest.mark.slow
def test_no_text_is_a_script_in_any_page(city: Qianyun) -> None:
    rewritten(city, forever(SCRIPT))
    city.accounts.add(LOCAL, "li", list(Role), shown=SCRIPT[:200], password=PASSWORD)
    city.accounts.make_token(LOCAL, "li", SCRIPT[:200], list(Role))
    city.truth.audit(SCRIPT[:60], "note", SCRIPT[:60], text=SCRIPT)
    client, told = Client(city), run_of(city)
    client.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    for raw in (*PAGES, f"/systems?q={SCRIPT}", f"/sign-in?next={SCRIPT}"):
        path = raw if SCRIPT in raw else raw.format(**told)
        answer = client.get(path, {"Accept": "text/html"})
        assert answer.status_code in {200, 303}, path
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert not re.findall(r"\b1337\b", answer.text), path  # no template ran it
        policy = answer.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy


def test_no_text_is_a_formula_in_an_export(city: Qianyun) -> None:
    rewritten(city, forever(*FORMULAS))
    client = Client(city, token_of(city, Role.PLANNER))
    answer = client.get("/api/v1/inventory/export.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [c.coordinate for c in cells if c.data_type == "f"] == []
    assert any("HYPERLINK" in str(cell.value) for cell in cells)  # it is there, as text


def test_how_to_reach_somebody_is_shown_whole_and_noted(city: Qianyun) -> None:
    rewritten(city, forever("甲"))
    viewer = Client(city, token_of(city, Role.VIEWER))
    listed = viewer.get("/api/v1/inventory/objects/systems").json()["items"]
    assert all("phone" not in c for one in listed for c in one["facts"].get("contacts", ()))
    assert not [e for e in city.truth.audit_entries() if e.action == "people.read"]
    (whole,) = viewer.get("/api/v1/inventory/codes/LJ-S-001").json()
    assert whole["facts"]["contacts"][0]["phone"] == "甲"
    (entry,) = (e for e in city.truth.audit_entries() if e.action == "people.read")
    assert (entry.object, entry.detail["contacts"]) == ("LJ-S-001", 1)
    auditor = Client(city, token_of(city, Role.AUDITOR))
    asked = auditor.get(f"/api/v1/audit?action=people&actor={entry.actor}&object=LJ-S-001").json()
    assert (asked["total"], asked["items"][0]["seq"]) == (1, entry.seq)
    assert city.truth.audit_entries()[-1].detail["action"] == "people"
    assert b"people.read" in auditor.get("/api/v1/audit/export.jsonl").content


def test_every_kind_is_listed(city: Qianyun) -> None:
    """A dependency has no name of its own."""
    viewer = Client(city, token_of(city, Role.VIEWER))
    for kind in Estate.model_fields:
        answer = viewer.get(f"/api/v1/inventory/objects/{kind}")
        assert answer.status_code == 200, kind
        assert all(one["name"] for one in answer.json()["items"])
    assert viewer.get("/api/v1/inventory/objects/dependencies").json()["items"]

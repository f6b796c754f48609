"""Pages on which something is done or taken away: dossiers, silences, availability, outages taken note
of, dry runs, reports handed in. The use cases behind them have tests of their own."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.bootstrap import Qianyun
from api.http.people import CSRF_FIELD
from migrator.engine.alertmanager import Silence
from migrator.engine.dossier import verify
from migrator.errors import AlertmanagerDown
from migrator.people.rights import Role
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemState, StepState, Wanted
from migrator.use_cases.planning import Planning, Rehearsal
from probes.watch.folder import Folder
from probes.watch.outages import Outages, Turn
from tests.api.http.client import LOCAL, Client

PASSWORD = "correct horse battery"
HTML = {"Accept": "text/html"}
FIRST = "LJ-S-001"


class Browser(Client):
    """Somebody signed in, who fills in forms."""

    def __init__(self, product: Qianyun, *roles: Role, app: Any = None) -> None:
        super().__init__(product, app=app)
        name = f"u{product.truth.people.count()}"
        product.accounts.add(LOCAL, name, roles, password=PASSWORD)
        self.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        self.name = name

    def page(self, path: str) -> httpx.Response:
        return self.get(path, HTML)

    def send(self, path: str, **fields: Any) -> httpx.Response:
        csrf = self.get("/api/v1/session").json()["csrf"]
        return self.post(path, HTML, data={CSRF_FIELD: csrf, **fields})


@pytest.fixture
def ended(plan: dict[str, Any], product: Qianyun) -> str:
    """A run whose first item is done."""
    truth = product.truth
    code = truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code
    now = truth.now()
    truth.runs.set_step(
        code, FIRST, StepKind.PREFLIGHT, state=StepState.DONE, started_at=now, ended_at=now
    )
    truth.runs.set_item(code, FIRST, state=ItemState.DONE)
    return code


def test_a_dossier_is_looked_at_and_taken_away(ended: str, product: Qianyun) -> None:
    li = Browser(product, Role.OPERATOR)
    item = f"/runs/{ended}/items/{FIRST}"
    assert f"{item}/dossier" in li.page(item).text
    shown = li.page(f"{item}/dossier")
    assert shown.status_code == 200
    file = li.get(f"{item}/dossier.json")
    assert "attachment" in file.headers["content-disposition"]
    document = json.loads(file.content)
    assert verify(document) == []
    assert [e.actor for e in product.truth.audit_entries() if e.action == "run.dossier"] == [
        li.name,
        li.name,
    ]
    assert re.search(r'class="digest">[0-9a-f]{64}<', shown.text)
    other = next(i.system for i in product.truth.runs.get(ended).items if i.system != FIRST)
    assert li.page(f"/runs/{ended}/items/{other}/dossier").status_code == 409  # under way
    assert f"{other}/dossier" not in li.page(f"/runs/{ended}/items/{other}").text
    looks = Browser(product, Role.VIEWER, app=li.app)
    assert looks.page(f"{item}/dossier").status_code == 403
    assert "/dossier" not in looks.page(item).text


def told_by(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Any]) -> None:
    known = property(lambda _self: SimpleNamespace(silences=ask))
    monkeypatch.setattr(Qianyun, "alertmanager", known)


def test_silences_are_shown_with_their_end_and_why(
    plan: dict[str, Any], product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = Browser(product, Role.OPERATOR)
    path = "/probes/silences"
    assert "QIANYUN_ALERTMANAGER_URL" in li.page(path).text  # none is set
    assert path in li.page("/probes").text
    until = datetime(2026, 1, 2, 16, 30, tzinfo=UTC)
    silence = Silence(
        id="1",
        begins="",
        key="R-1/S-1",
        matchers=('code="LJ-1"',),
        until=until,
        creator="qianyun",
        comment="割接",
    )
    told_by(monkeypatch, lambda: [silence])
    text = li.page(path).text
    assert all(t in text for t in ("R-1/S-1", "LJ-1", "2026-01-03 00:30:00", "割接"))
    told_by(monkeypatch, list)
    assert "没有生效的静默" in li.page(path).text

    def down() -> Any:
        raise AlertmanagerDown("不应答 / does not answer")

    told_by(monkeypatch, down)
    text = li.page(path).text
    assert "不知有无静默" in text
    assert "没有生效的静默" not in text  # a fault is never shown as none
    assert Browser(product, Role.VIEWER, app=li.app).page(path).status_code == 403


@pytest.fixture
def outage(plan: dict[str, Any], product: Qianyun) -> str:
    """The number of an outage that is over, an hour ago."""
    folder = Folder(product.settings.state / "probes")
    folder.path.mkdir(parents=True, exist_ok=True)
    outages = Outages(folder.outages)
    now = time.time_ns()
    node = "LJ-DX-1001"
    outages.tell(Turn("k", node, "icmp", 4, True, now - 7200 * 10**9, "timeout_answer"))
    outages.tell(Turn("k", node, "icmp", 4, False, now - 3600 * 10**9))
    outages.close()
    return "1"


def test_an_outage_is_taken_note_of(outage: str, product: Qianyun) -> None:
    li = Browser(product, Role.OPERATOR)
    path = f"/probes/outages/{outage}/acknowledge"
    assert path in li.page("/probes").text
    assert li.page(path).status_code == 200
    assert li.send(path, cause="  ").status_code == 422
    assert li.send(path, cause="光缆被挖断").status_code == 303
    text = li.page("/probes").text
    assert "光缆被挖断" in text
    assert path not in text  # it is done
    entry = product.truth.audit_entries()[-1]
    assert (entry.action, entry.object, entry.actor) == ("outage.acknowledge", outage, li.name)
    assert li.page("/probes/outages/99/acknowledge").status_code == 404
    looks = Browser(product, Role.VIEWER, app=li.app)
    assert looks.send(path, cause="x").status_code == 403


@pytest.mark.slow
def test_availability_is_shown_by_month(outage: str, product: Qianyun) -> None:
    look = Browser(product, Role.VIEWER)
    text = look.page("/probes/history").text
    assert "LJ-DX-1001" in text or "此月没有观测记录" in text
    assert look.page("/probes/history?month=nonsense&sort=-down&q=没有的").status_code == 200
    assert "此月没有观测记录" in look.page("/probes/history?q=没有的").text


@pytest.mark.slow
def test_who_is_bound_sees_no_outage_of_others(outage: str, product: Qianyun) -> None:
    product.accounts.add(LOCAL, "bound", [Role.VIEWER], [], password=PASSWORD)
    client = Client(product)
    client.post("/api/v1/session", json={"name": "bound", "password": PASSWORD})
    for path in ("/probes", "/probes/history"):
        assert "LJ-DX-1001" not in client.get(path, HTML).text


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The dry run's playbooks, held up until the event."""
    go = threading.Event()

    def rehearse(
        _self: Planning, code: str, crew: object, actor: object, *, on_done: Any, stop: Any
    ) -> list[Rehearsal]:
        del crew, actor, stop
        on_done(Rehearsal(system=FIRST, step=StepKind.PREFLIGHT, ok=True))
        assert go.wait(30)
        bad = Rehearsal(
            system=FIRST,
            step=StepKind.BACKUP,
            ok=False,
            message="磁盘不足 / too small",
            would_change=3,
        )
        on_done(bad)
        return []

    monkeypatch.setattr(Planning, "rehearse", rehearse)
    monkeypatch.setattr(Qianyun, "crew", property(lambda _self: None))
    yield go
    go.set()


def finished(browser: Browser, path: str) -> str:
    for _ in range(3000):
        text = browser.page(path).text
        if 'hx-trigger="load delay' not in text:
            return text
        threading.Event().wait(0.01)
    raise AssertionError("the dry run did not end")


def test_a_dry_run_is_shown_as_it_goes(
    plan: dict[str, Any], product: Qianyun, rehearsed: threading.Event
) -> None:
    wang = Browser(product, Role.PLANNER)
    path = f"/plans/{plan['code']}/dry-run"
    assert path in wang.page(f"/plans/{plan['code']}").text
    assert "开始预演" in wang.page(path).text
    assert wang.send(path).status_code == 303
    assert "正在预演" in wang.page(path).text
    again = wang.send(path)
    assert again.status_code == 409  # one at a time
    assert "正在预演" in again.text
    rehearsed.set()
    text = finished(wang, path)
    assert "磁盘不足" in text
    assert "1 步未通过" in text
    assert "再次预演" in text
    looks = Browser(product, Role.VIEWER, app=wang.app)
    assert looks.page(path).status_code == 403
    assert looks.send(path).status_code == 403


@pytest.mark.slow
def test_a_dry_run_that_breaks_says_so(
    plan: dict[str, Any], product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("坏了")

    monkeypatch.setattr(Planning, "rehearse", broken)
    monkeypatch.setattr(Qianyun, "crew", property(lambda _self: None))
    wang = Browser(product, Role.PLANNER)
    path = f"/plans/{plan['code']}/dry-run"
    wang.send(path)
    text = finished(wang, path)
    assert "预演没有做完" in text
    assert "坏了" in text


@pytest.mark.slow
def test_without_a_key_a_dry_run_is_refused_in_words(
    plan: dict[str, Any], product: Qianyun
) -> None:
    wang = Browser(product, Role.PLANNER)
    answer = wang.send(f"/plans/{plan['code']}/dry-run")
    assert answer.status_code == 409
    assert "SSH 私钥不存在" in answer.text


@pytest.mark.slow
def test_a_final_report_is_handed_in(plan: dict[str, Any], product: Qianyun) -> None:
    wang = Browser(product, Role.PLANNER)
    made = wang.send(
        "/reports/final", form="lines", policy="cangzhou-2017-157", period="2018", sure="1"
    )
    assert made.status_code == 303, made.text
    (kept,) = product.truth.reports.every()
    text = wang.page("/reports").text
    path = f"/reports/{kept.id}/send"
    assert path in text
    file = wang.get(f"/reports/{kept.id}/file.xlsx")
    assert file.status_code == 200
    assert "attachment" in file.headers["content-disposition"]
    assert f"/reports/{kept.id}/file.xlsx" in text
    assert wang.page(f"/reports/{kept.id}/file.exe").status_code == 404
    assert kept.digest in wang.page(path).text
    bad = wang.send(path, on="2019-01-02", channel="", to="发改委", evidence="回执 7")
    assert bad.status_code == 422
    assert 'value="发改委"' in bad.text  # nothing is lost
    assert wang.send(path, on="2999-01-02", channel="公文").status_code == 422
    assert wang.send(path, on="nonsense", channel="公文").status_code == 422
    done = wang.send(path, on="2019-01-02", channel="公文", to="发改委", evidence="回执 7")
    assert done.status_code == 303, done.text
    (sent,) = product.truth.sendings.every()
    assert (sent.channel, sent.receiver, sent.report) == ("公文", "发改委", kept.id)
    assert "发改委" in wang.page("/reports").text
    looks = Browser(product, Role.VIEWER, app=wang.app)
    assert looks.page(path).status_code == 403


def test_what_a_new_object_will_hold_is_shown_before_it_is_applied(
    plan: dict[str, Any], product: Qianyun
) -> None:
    """Read as it will stand; of what is classified nothing."""
    assert plan
    wang = Browser(product, Role.PLANNER)
    csrf = wang.get("/api/v1/session").json()["csrf"]
    rows = ("信息系统名称,所属单位,涉密情况,CPU核数", "审批系统,澜江市大数据管理局,非涉密,8",
            "甲系统,澜江市大数据管理局,涉密,16")  # fmt: skip
    book = ("02-信息系统.csv", "\n".join(rows).encode())
    sent = wang.post("/ledgers", HTML, data={CSRF_FIELD: csrf}, files=[("files", book)])
    assert sent.status_code == 303, sent.text
    text = wang.page(sent.headers["location"]).text
    changes = text[text.index('id="changes"') :]
    assert '<span class="new">8</span>' in changes
    assert '<span class="new">16</span>' not in changes


def test_a_department_previews_its_own_reports(plan: dict[str, Any], product: Qianyun) -> None:
    assert plan
    name = "department"
    product.accounts.add(LOCAL, name, [Role.VIEWER], ["LJ-RS"], password=PASSWORD)
    bound = Browser(product, Role.VIEWER)
    bound.post("/api/v1/session", json={"name": name, "password": PASSWORD})
    answer = bound.page("/reports/preview?form=lines&policy=cangzhou-2017-157&period=2018")
    assert answer.status_code == 200, answer.text[-2000:]
    assert "LJ-RS" in answer.text


def test_an_administrator_changes_roles_scope_and_password(
    plan: dict[str, Any], product: Qianyun
) -> None:
    assert plan
    chen, li = Browser(product, Role.ADMIN), Browser(product, Role.VIEWER)
    told = {"roles": "planner", "bound": "1", "organisations": "LJ-RS"}
    assert chen.send(f"/admin/users/{li.name}/roles", **told).status_code == 303
    account = product.truth.people.get(li.name)
    assert (account.roles, account.organisations) == ((Role.PLANNER,), ("LJ-RS",))
    own = chen.send(f"/admin/users/{chen.name}/roles", roles="approver")
    assert own.status_code == 422
    shown = chen.send(f"/admin/users/{li.name}/password")
    assert shown.status_code == 200
    drawn = shown.text.split('class="digest">')[1].split("<")[0]
    assert li.post("/api/v1/session", json={"name": li.name, "password": drawn}).status_code < 300
    viewer = Browser(product, Role.VIEWER)
    assert viewer.send(f"/admin/users/{li.name}/password").status_code == 403


def test_health_tells_of_workers_probers_and_disk(plan: dict[str, Any], product: Qianyun) -> None:
    assert plan
    text = Browser(product, Role.ADMIN).page("/admin/health").text
    for word in ("工作进程", "没有工作进程报到", "观测进程", "磁盘"):
        assert word in text
    product.truth.machines.seen("m1", "intranet")
    assert "m1" in Browser(product, Role.ADMIN).page("/admin/health").text


def test_a_confirmation_is_of_what_it_said(plan: dict[str, Any], product: Qianyun) -> None:
    """Between the question and the answer the cutover began: the way back is another one now."""
    truth = product.truth
    code = truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code
    now = truth.now()

    def at(step: StepKind) -> None:
        truth.runs.set_step(
            code, FIRST, step, state=StepState.RUNNING, started_at=now, ended_at=None
        )

    at(StepKind.PRESYNC)
    li = Browser(product, Role.OPERATOR)
    path = f"/runs/{code}/do/rollback"

    def seen() -> str:
        found = re.search(
            r'name="seen" value="([0-9a-f]{16})"', li.page(f"{path}?system={FIRST}").text
        )
        assert found is not None
        return found[1]

    fields = {"system": FIRST, "reason": "演练", "typed": FIRST}
    early = seen()
    at(StepKind.QUIESCE)
    asked = li.send(path, **fields, seen=early)
    assert (asked.status_code, "情况已有变化" in asked.text) == (422, True)
    assert "演练" in asked.text  # what was typed stays
    assert truth.runs.item(code, FIRST).wanted is Wanted.FORWARD
    assert seen() != early
    assert li.send(path, **fields, seen=seen()).status_code == 303
    assert truth.runs.item(code, FIRST).wanted is Wanted.ROLLBACK


def test_a_ledger_with_a_long_chinese_name_is_uploaded(product: Qianyun, ledger: Path) -> None:
    """90 characters are 270 bytes, more than a file system takes for a name."""
    browser = Browser(product, Role.PLANNER)
    csrf = browser.get("/api/v1/session").json()["csrf"]
    name = "澜江市信息系统整合迁移专线台账" * 6 + ".xlsx"
    sent = [("files", (name, ledger.read_bytes()))]
    answer = browser.post("/ledgers", HTML, data={CSRF_FIELD: csrf}, files=sent)
    assert answer.status_code == 303, answer.text
    assert browser.page(answer.headers["location"]).status_code == 200

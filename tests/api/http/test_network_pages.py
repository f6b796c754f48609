"""Pages of network plans: filed, looked at, approved by another, started within the window, told by hand,
sent back. Sending is other tests' (tests/acceptance/test_network_plan.py, on a real device)."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from migrator.runs.records import Wanted
from tests.api.cli.test_network import LIST
from tests.api.http.test_page_deeds import Browser
from tests.api.http.test_run_pages import hidden


@pytest.fixture
def wang(plan: dict[str, Any], product: Qianyun) -> Browser:
    """The network engineer; a city stands."""
    return Browser(product, Role.PLANNER)


def window(hours: int = 4) -> str:
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, microsecond=0)
    return (
        f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}/{now + timedelta(hours=hours):%Y-%m-%dT%H:%M}"
    )


@pytest.fixture
def path(wang: Browser) -> str:
    answer = wang.send("/network/plans/new", title="出口关闭<b>", window=window(), changes=LIST)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_list_with_a_fault_keeps_what_was_typed(product: Qianyun, wang: Browser) -> None:
    for fields in (
        {"window": "今晚", "changes": LIST},
        {"window": window(), "changes": LIST.replace("close-exit", "closeexit")},
        {"window": window(), "changes": "[[device"},
    ):
        answer = wang.send("/network/plans/new", title="标题", **fields)
        assert answer.status_code == 422, answer.text
        assert fields["window"] in answer.text
        assert "jf1-egress" in answer.text or "[[device" in answer.text
        assert "/tmp" not in answer.text
    assert product.truth.network.all() == []


def test_a_plan_goes_its_way(product: Qianyun, wang: Browser, path: str) -> None:
    code = path.rpartition("/")[2]
    assert "出口关闭&lt;b&gt;" in wang.page("/network/plans").text
    page = wang.page(path).text
    assert "undo shutdown" in page  # its way back stands there to be read
    assert f"{path}/do/approve" not in page  # who filed it
    assert wang.page(f"{path}/do/approve").status_code == 403
    zhao = Browser(product, Role.APPROVER, Role.OPERATOR, Role.AUDITOR)
    ask = zhao.page(f"{path}/do/approve")
    digest = product.truth.network.record(code).digest
    assert digest in ask.text
    stale = zhao.send(f"{path}/do/approve", seen="x", reason="看过")
    assert stale.status_code == 422
    assert "看过" in stale.text
    assert zhao.send(f"{path}/do/approve", **hidden(ask.text)).status_code == 303
    assert product.truth.network.record(code).approvals == (zhao.name,)
    ask = zhao.page(f"{path}/do/start")
    answer = zhao.send(f"{path}/do/start", **hidden(ask.text))
    assert answer.headers["location"] == f"{path}?late=1"  # recorded; nobody answers for the engine
    page = zhao.page(f"{path}?late=1").text
    assert "执行中" in page
    assert "引擎" in page
    back = hidden(zhao.page(f"{path}/do/back").text) | {"reason": "业务异常"}
    assert zhao.send(f"{path}/do/back", **back).status_code == 422  # its name was not typed
    assert zhao.send(f"{path}/do/back", **back, typed=code).status_code == 303
    assert product.truth.network.record(code).wanted is Wanted.ROLLBACK
    assert zhao.get(f"{path}/dossier.json").status_code in (200, 409)


def test_a_change_by_hand_wants_a_paper(product: Qianyun, wang: Browser, path: str) -> None:
    zhao = Browser(product, Role.APPROVER, Role.OPERATOR)
    for verb in ("approve", "start"):
        ask = zhao.page(f"{path}/do/{verb}")
        assert zhao.send(f"{path}/do/{verb}", **hidden(ask.text)).status_code == 303
    form = zhao.page(f"{path}/do/told").text
    names = re.findall(r'<option value="([^"]+)"', form)
    assert names == ["jf1-egress", "front"]
    word = hidden(form) | {"change": "jf1-egress", "reason": "已在设备上完成"}
    assert zhao.send(f"{path}/do/told", **word).status_code == 422
    done = zhao.send(f"{path}/do/told", **word, reference="工单 7")
    assert done.status_code == 303, done.text
    assert "工单 7" in zhao.page(path).text


def test_a_refusal_and_who_may_not(product: Qianyun, wang: Browser, path: str) -> None:
    zhao = Browser(product, Role.APPROVER)
    told = hidden(zhao.page(f"{path}/do/reject").text)
    assert zhao.send(f"{path}/do/reject", **told).status_code == 422
    assert zhao.send(f"{path}/do/reject", **told, reason="缺图").status_code == 303
    assert "缺图" in wang.page(path).text
    viewer = Browser(product, Role.VIEWER, app=wang.app)
    assert viewer.page("/network/plans").status_code == 200
    assert "/do/" not in viewer.page(path).text
    assert viewer.page("/network/plans/new").status_code == 403
    assert viewer.send("/network/plans/new", window=window(), changes=LIST).status_code == 403
    assert viewer.send(f"{path}/do/start").status_code == 403
    assert wang.page("/network/plans/N-20260101-1").status_code == 404
    assert zhao.page(f"{path}/do/hurry").status_code == 404

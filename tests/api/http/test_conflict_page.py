"""The page of conflicts between NetBox and the ledgers: both values, and a person's decision."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from api.bootstrap import Qianyun
from api.drift import all_tasks
from inventory.canonical import canonical_json
from inventory.tables import tasks
from migrator.people.rights import Role
from tests.api.http.test_page_deeds import Browser
from tests.api.http.test_run_pages import hidden

LINE, CLASSIFIED = "LJ-DX-1001", "LJ-S-004"


@pytest.fixture
def open_tasks(plan: dict[str, Any], product: Qianyun) -> None:
    told = (
        ("lines", LINE, "provider", "电信<b>", "联通\n分公司"),
        ("systems", CLASSIFIED, "name", "公文流转系统（涉密）", "绝密平台"),
    )
    with product.truth.writing() as connection:
        for kind, code, field, netbox, ledger in told:
            values = {
                "kind": kind, "code": code, "field": field, "advice": "ask", "state": "open",
                "opened_at": "2026-11-24T02:00:00+00:00", "opened_by": "wang", "reason": "",
                "netbox": canonical_json(netbox).decode(),
                "ledger": canonical_json(ledger).decode(),
                "snapshot": canonical_json(None).decode(),
            }  # fmt: skip
            connection.execute(insert(tasks).values(**values))


@pytest.mark.usefixtures("open_tasks")
def test_a_conflict_is_decided_by_a_person(product: Qianyun) -> None:
    wang = Browser(product, Role.PLANNER)
    assert "/ledgers/conflicts" in wang.page("/ledgers").text
    page = wang.page("/ledgers/conflicts").text
    assert "电信&lt;b&gt;" in page
    assert "绝密平台" not in page  # a classified system's values are nobody's to read here
    ask = wang.page("/ledgers/conflicts/1?take=ledger")
    told = hidden(ask.text)
    assert wang.send("/ledgers/conflicts/1", **told).status_code == 422  # no reason
    with product.truth.writing() as connection:
        changed = canonical_json("移动").decode()
        connection.execute(update(tasks).where(tasks.c.id == 1).values(ledger=changed))
    stale = wang.send("/ledgers/conflicts/1", **told, reason="以合同为准")
    assert stale.status_code == 422
    assert "移动" in stale.text
    assert "以合同为准" in stale.text
    told = hidden(stale.text)
    assert wang.send("/ledgers/conflicts/1", **told, reason="以合同为准").status_code == 303
    done = all_tasks(product, settled=True)[0]
    assert (done.decision, done.reason, done.settled_by) == ("ledger", "以合同为准", wang.name)
    assert "以合同为准" in wang.page("/ledgers/conflicts").text
    again = wang.send("/ledgers/conflicts/1", **told, reason="再来")
    assert again.status_code == 422  # a decision can't be taken back


@pytest.mark.usefixtures("open_tasks")
def test_who_may_not_decide_reads(product: Qianyun) -> None:
    viewer = Browser(product, Role.VIEWER)
    page = viewer.page("/ledgers/conflicts")
    assert page.status_code == 200
    assert "take=ledger" not in page.text
    assert viewer.page("/ledgers/conflicts/1?take=ledger").status_code == 403
    assert viewer.send("/ledgers/conflicts/1", take="ledger", reason="x").status_code == 403
    wang = Browser(product, Role.PLANNER)
    assert wang.page("/ledgers/conflicts/9?take=ledger").status_code == 404

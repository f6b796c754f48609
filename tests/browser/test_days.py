"""The three users' days, in a browser: the operator's night, the planner's ledger, the approver."""

import re
from pathlib import Path

import pytest

from migrator.store.alerts import Alert
from tests.browser.stack import Stack, axe, shoot
from tests.browser.test_walk import PLAN, RUN, address

YUNZHOU = Path(__file__).resolve().parents[1] / "data" / "yunzhou" / "02-信息系统自查表.xlsx"
pytestmark = pytest.mark.timeout(240)


@pytest.mark.slow
def test_the_operator_at_night_on_a_phone(site: Stack) -> None:
    """Sees what waits, opens the failed item, is asked before a rollback, and types its name."""
    with site.page("li", width=390) as page:
        page.goto(site.address)
        page.get_by_role("link", name="等待操作人决定").first.click()
        page.wait_for_url("**/runs/**")
        page.wait_for_selector(".live.on")  # the stream is there
        page.locator("#LJ-S-003").get_by_role("link", name="回退").click()
        dialog = page.locator("dialog[open]")
        assert "不可撤销" in dialog.inner_text()
        assert axe(page) == []
        shoot(page, "rollback-dialog")
        dialog.locator("[name=reason]").fill("磁盘不足")
        dialog.locator("[name=typed]").fill("LJ-S-00")
        dialog.locator("button.main").click()
        dialog.locator("[data-summary]").wait_for()
        assert dialog.locator("[name=reason]").input_value() == "磁盘不足"  # nothing is lost
        dialog.locator("[name=typed]").fill("LJ-S-003")
        with page.expect_navigation():  # the page that is there has long been loaded
            dialog.locator("button.main").click()
    run = site.product.truth.runs.all()[0]
    assert next(i for i in run.items if i.system == "LJ-S-003").wanted == "rollback"


@pytest.mark.slow
def test_a_stream_that_was_cut_has_no_gap_and_no_repeat(site: Stack) -> None:
    with site.page("look") as page:
        page.goto(address(site, f"/runs/{RUN}"))
        page.wait_for_selector(".live.on")
        before = page.locator("#log li").all_inner_texts()
        page.context.set_offline(True)
        page.context.set_offline(False)
        page.reload()
        page.wait_for_selector(".live.on")
        assert page.locator("#log li").all_inner_texts() == before


@pytest.mark.slow
def test_a_ledger_is_checked_at_its_cells_and_applied_as_seen(site: Stack) -> None:
    with site.page("wang") as page:
        page.goto(f"{site.address}/ledgers")
        page.locator("#files").set_input_files(str(YUNZHOU))
        page.locator("button.main").click()
        page.wait_for_url("**/ledgers/*")
        assert page.locator("td.fault").count() > 0
        cell = page.locator("#problem-1 a").first
        assert "!" in cell.inner_text()  # Sheet1!C12
        assert axe(page) == []
        shoot(page, "ledger-problems")
        before = site.product.estate.load().digest
        page.reload()
        assert site.product.estate.load().digest == before  # looking writes nothing


@pytest.mark.slow
def test_an_approver_approves_the_digest_and_the_author_cannot(site: Stack) -> None:
    second = site.product.truth.plans.all()[-1]
    with site.page("zhao") as page:
        page.goto(f"{site.address}/plans/{second.code}")
        page.get_by_role("link", name="批准").click()
        dialog = page.locator("dialog[open]")
        assert second.digest in dialog.inner_text()
        # a form that was open while the digest became another
        page.evaluate("document.querySelector('dialog [name=digest]').value = 'f'.repeat(64)")
        dialog.locator("button.main").click()
        dialog.locator("[data-summary]").wait_for()
        assert site.product.truth.plans.record(second.code).state == "draft"
        with page.expect_navigation():
            dialog.locator("button.main").click()
        page.goto(f"{site.address}/plans/{second.code}")
        assert page.locator(".badge.good").first.inner_text()
    assert site.product.truth.plans.record(second.code).state == "approved"
    with site.page("wang") as page:
        answer = page.goto(f"{site.address}/plans/{second.code}/do/approve")
        assert answer is not None
        assert answer.status == 403


@pytest.mark.slow
def test_the_network_engineer_makes_a_plan_with_nights_by_page(site: Stack) -> None:
    """A mistake is told by its line and nothing typed is lost; the plan that comes has a timetable."""
    with site.page("wang") as page:
        page.goto(f"{site.address}/plans")
        page.get_by_role("link", name="编制带夜间排期的方案").click()
        field = page.locator("#means")
        first = field.input_value()
        shoot(page, "plan-new")
        field.fill(first.replace("room = 2", "room = 2\nrom = 3"))
        page.locator("form.form button.main").click()
        page.locator("[data-summary]").wait_for(timeout=90_000)  # the planner is loaded first
        assert "rom" in page.locator("[data-summary]").inner_text()
        assert "rom = 3" in field.input_value()
        assert axe(page) == []
        shoot(page, "plan-new-refused")
        field.fill(first.replace("540", "600").replace("# window", "window"))
        page.locator("form.form button.main").click()
        page.wait_for_url(re.compile(r"/plans/P-"), timeout=90_000)
        page.locator("svg.gantt, .gantt").first.wait_for()
        shoot(page, "plan-with-nights")
    made = site.product.truth.plans.all()[-1]
    city = site.product.truth.plans.load(made.code).means.city
    assert city is not None
    assert city.plan.nights == 600


@pytest.mark.slow
def test_the_monitoring_room_sees_an_alert_without_touching_the_page(site: Stack) -> None:
    with site.page("look") as page:
        page.goto(f"{site.address}/probes")
        page.locator("[name=q]").fill("前置")  # what somebody types stays
        now = site.product.truth.clock()
        told = Alert(
            mark="0" * 64, name="QianyunNodeDown", code="LJ-GW-01", severity="page",
            summary="节点中断 / the node is down", state="firing", began_at=now, told_at=now,
        )  # fmt: skip
        site.product.truth.alerts.take("d", [told], "alert.firing", "QianyunNodeDown LJ-GW-01")
        page.evaluate("document.dispatchEvent(new Event('qianyun:refresh'))")
        page.locator("#alerts .badge.bad").wait_for()
        assert "节点中断" in page.locator("#alerts").inner_text()
        assert page.locator("[name=q]").input_value() == "前置"
        assert axe(page) == []
        shoot(page, "probes-alert")
        page.context.clear_cookies(name="qianyun_session")
        page.evaluate("document.dispatchEvent(new Event('qianyun:refresh'))")
        page.locator("#stale:visible").wait_for()
        assert "节点中断" in page.locator("#alerts").inner_text()


@pytest.mark.slow
def test_a_dialog_is_a_whole_page_without_scripts(site: Stack) -> None:
    with site.page("zhao") as page:
        page.goto(address(site, f"/plans/{PLAN}/do/reject"))
        assert page.locator("main form button.main").is_visible()
        assert page.locator(".rail").count() == 1

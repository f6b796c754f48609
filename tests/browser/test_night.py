"""The night of three users on a running stack: page, API, engine and worker, whose steps are simulated (their
hosts are folders; real hosts are tests/acceptance's). Approved and begun by page, one system fails, its cause
is put right, it is tried again, a wave is held and let go, and what is left is a dossier that holds."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from migrator.engine.dossier import verify
from migrator.engine.server import wait_for_server
from tests.browser.place import fill_before_the_night
from tests.browser.stack import Stack, shoot, stack
from tests.children import spawn
from tests.running_api import ROOT, UPPER
from tests.temporal import free_port, start_server, stop_server

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
FAILS, LAST = "LJ-S-003", "LJ-S-001"
LONG = 120_000
"""Milliseconds that a step of the story may take on a busy machine."""


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Stack]:
    """A stack with an engine; the host of one system has seen a later token, so that it refuses ours."""
    address = f"127.0.0.1:{free_port()}"
    (tmp_path / "hosts" / FAILS).mkdir(parents=True)
    (tmp_path / "hosts" / FAILS / "token").write_text(str(10**15))
    server = start_server(tmp_path, address)
    try:
        asyncio.run(wait_for_server(address, "default", UPPER))
        with stack(tmp_path, filled=fill_before_the_night, temporal=address) as site:
            told = {
                "url": site.product.settings.database_url,
                "address": address,
                "root": str(tmp_path),
                "hosts": str(tmp_path / "hosts"),
                "seconds": 0.2,
            }
            (tmp_path / "worker.json").write_text(json.dumps(told))
            worker = spawn(
                [sys.executable, "-m", "tests.sim.worker", str(tmp_path / "worker.json")],
                tmp_path / "worker.log",
                environ=os.environ,
                folder=ROOT,
            )
            try:
                yield site
            finally:
                worker.stop()
    finally:
        stop_server(server)


def confirmed(page: Page, *, typed: str = "", reason: str = "") -> None:
    """Agree to what a dialog says."""
    dialog = page.locator("dialog[open]")
    if reason:
        dialog.locator("[name=reason]").fill(reason)
    if typed:
        dialog.locator("[name=typed]").fill(typed)
    with page.expect_navigation():
        dialog.locator("button.main").click()


def test_a_night(night: Stack, tmp_path: Path) -> None:
    (plan,) = night.product.truth.plans.all()
    with night.page("zhao") as page:  # the approver
        page.goto(f"{night.address}/plans/{plan.code}")
        page.locator(f'a[href="/plans/{plan.code}/do/approve"]').click()
        confirmed(page)
        expect(page.locator(".badge.good").first).to_be_visible()
    with night.page("li", width=390) as page:  # the operator, on a phone
        page.goto(f"{night.address}/plans/{plan.code}")
        page.locator(f'a[href="/plans/{plan.code}/do/start"]').click()
        confirmed(page)
        page.wait_for_url("**/runs/R-*")
        page.wait_for_selector(".live.on")
        run = page.url.rpartition("/")[2].partition("?")[0]
        page.locator("#do-pause-2").click()
        confirmed(page, reason="等人到场")
        page.wait_for_selector(".live.on")
        failed = page.locator(f"#{FAILS}")
        expect(failed).to_contain_text("令牌过低", timeout=LONG)  # nobody touched the page
        shoot(page, "night-failed")
        (tmp_path / "hosts" / FAILS / "token").unlink()
        page.locator(f"#do-retry-{FAILS}").click()
        confirmed(page)
        page.wait_for_selector(".live.on")
        expect(page.locator("#wave-1 header")).to_contain_text("2 / 2", timeout=LONG)
        assert LAST in page.locator("#wave-2").inner_text()
        page.locator("#do-resume-2").click()  # held until somebody is there
        confirmed(page)
        expect(page.locator("#state .badge").first).to_have_text("已完成", timeout=LONG)
        shoot(page, "night-done")
    with night.page("sun") as page:  # the auditor
        page.goto(f"{night.address}/runs/{run}/items/{FAILS}/dossier")
        with page.expect_download() as taken:
            page.locator(f'a[href$="/items/{FAILS}/dossier.json"]').click()
        assert verify(json.loads(taken.value.path().read_text())) == []
    items = night.product.truth.runs.get(run).items
    assert {item.state.value for item in items} == {"done"}
    said = {e.action for e in night.product.truth.audit_entries() if e.actor == "li"}
    assert {"run.start", "run.pause", "run.retry", "run.resume"} <= said

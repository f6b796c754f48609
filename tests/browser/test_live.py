"""The live page of a run, the picture of the network and what is printed, as browsers show them: statements
of what a page for operations must do, by their number in the checklist of the research on pages."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from migrator.planning.plan import StepKind
from tests.browser.stack import Stack, shoot
from tests.browser.test_walk import RUN, address

YUNZHOU = Path(__file__).resolve().parents[1] / "data" / "yunzhou" / "02-信息系统自查表.xlsx"
pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]


def follows(page: Page, site: Stack) -> None:
    page.goto(address(site, f"/runs/{RUN}"))
    page.wait_for_selector(".live.on")


def more(site: Stack) -> None:
    """Something happens in the run."""
    truth = site.product.truth
    run = truth.runs.all()[0].code
    opened = truth.attempts.open(run, "LJ-S-001", StepKind.PRESYNC, "here", "/nowhere")
    now = truth.now()
    phase = {"phase": "presync", "ok": True, "started": now, "ended": now}
    truth.attempts.close(opened.token, "done", "", [{"phases": [phase]}])


def test_scrolling_up_stops_following_and_a_key_resumes(site: Stack) -> None:
    """4"""
    with site.page("look") as page:
        follows(page, site)
        box = page.locator("#log")
        box.evaluate("e => { e.style.maxHeight = '60px'; e.scrollTop = e.scrollHeight; }")
        box.hover()
        page.mouse.wheel(0, -5_000)
        expect(page.locator("#resume")).to_be_visible()
        before = page.locator("#log li").count()
        more(site)
        expect(page.locator("#log li")).not_to_have_count(before, timeout=30_000)
        assert box.evaluate("e => e.scrollTop") == 0  # who reads is left where they read
        page.keyboard.press("End")
        expect(page.locator("#resume")).to_be_hidden()
        assert box.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight") <= 8


def test_a_stream_that_is_silent_is_told_as_old(site: Stack) -> None:
    """5: after 15 s without a beat nothing says that it is running."""
    with site.page("look") as page:
        page.clock.install()
        follows(page, site)
        page.context.set_offline(True)
        page.evaluate("window.dispatchEvent(new Event('pagehide'))")  # its stream is gone
        page.clock.fast_forward(20_000)
        expect(page.locator("#told")).to_have_class("live stale")
        page.context.set_offline(False)


def test_eight_tabs_stay_usable(site: Stack) -> None:
    """7: a browser opens six connections to a host over HTTP/1.1, and eight tabs are no hindrance."""
    with site.page("look") as first, ExitStack() as stack:
        follows(first, site)
        tabs = [first]
        for _ in range(7):
            page = stack.enter_context(_tab(first))
            follows(page, site)
            tabs.append(page)
        held = [page.locator("[data-live]").get_attribute("data-seat") for page in tabs]
        assert sorted(str(one) for one in held) == ["held"] * 4 + ["sip"] * 4
        ninth = stack.enter_context(_tab(first))
        answer = ninth.goto(f"{site.address}/systems", timeout=30_000)
        assert answer is not None
        assert answer.ok
        counts = [page.locator("#log li").count() for page in tabs]
        more(site)
        for page, count in zip(
            tabs, counts, strict=True
        ):  # those without a seat too, a little later
            expect(page.locator("#log li")).not_to_have_count(count, timeout=40_000)


def _tab(page: Page) -> "_Tab":
    return _Tab(page)


class _Tab:
    """One more page of the same browser and person."""

    def __init__(self, beside: Page) -> None:
        self._context = beside.context

    def __enter__(self) -> Page:
        self._page = self._context.new_page()
        return self._page

    def __exit__(self, *_: object) -> None:
        self._page.close()


def test_a_kept_view_restores_filter_and_positions(site: Stack) -> None:
    """10: the address says how far in and where, and so does what is kept under a name."""
    with site.page("look") as page:
        page.goto(f"{site.address}/network?focus=LJ-RM-RS&hops=2")
        page.wait_for_selector("[data-ready]")
        box = page.locator("#graph").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.wheel(0, -300)
        page.wait_for_url(re.compile(r"at="))
        page.locator("details.keep summary").click()
        page.locator("details.keep [name=name]").fill("人社局一带")
        page.locator("details.keep button").click()
        page.wait_for_selector(".chip[aria-current]")
        page.wait_for_selector("[data-ready]")
        kept = page.url
        assert "focus=LJ-RM-RS" in kept
        assert "at=" in kept
        zoom = page.evaluate(
            "echarts.getInstanceByDom(document.querySelector('#graph')).getOption().series[0].zoom"
        )
        assert zoom > 1
        page.goto(f"{site.address}/network")
        page.get_by_role("link", name="人社局一带").click()
        page.wait_for_url(kept)
        shoot(page, "network-kept")


def test_states_are_read_without_colour(site: Stack) -> None:
    """13: IPv4 and IPv6 stand apart, each in words."""
    with site.page("look") as page:
        page.goto(f"{site.address}/probes")
        page.wait_for_selector("table")
        badges = [text.strip() for text in page.locator("main .badge").all_inner_texts()]
        assert badges
        assert all(badges)  # none is a spot of colour alone
        heads = " ".join(page.locator("main thead th").all_inner_texts())
        assert "IPv4" in heads
        assert "IPv6" in heads


def test_commands_are_usable_at_360_pixels(site: Stack) -> None:
    """25: pause, roll back, approve: seen whole, large enough for a thumb, and sent."""
    for who, path in (
        ("li", f"/runs/{RUN}/do/pause"),
        ("li", f"/runs/{RUN}/do/rollback?system=LJ-S-001"),
        ("zhao", f"/runs/{RUN}/decide?decision=approve&wave=1"),
    ):
        with site.page(who, width=360) as page:
            page.goto(address(site, path))
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            box = page.locator("form.form button.main").bounding_box()
            assert box is not None
            assert box["height"] >= 24  # WCAG 2.2, 2.5.8
            assert box["x"] + box["width"] <= 360
            shoot(page, f"at-360-{path.rpartition('/')[2].partition('?')[0]}")
    with site.page("li", width=360) as page:
        page.goto(address(site, f"/runs/{RUN}/do/pause"))
        page.locator("form.form button.main").click()
        page.wait_for_url(re.compile(rf"/runs/{RUN.format(day='.*')}"))
        page.goto(address(site, f"/runs/{RUN}/do/resume"))
        page.locator("form.form button.main").click()
        page.wait_for_url(re.compile(rf"/runs/{RUN.format(day='.*')}"))


def test_a_report_is_printed_whole(site: Stack) -> None:
    """25: by itself, on sheets that each carry its digest and, in a table, the headers again."""
    with site.page("li") as page:
        page.goto(f"{site.address}/reports/preview?form=lines&policy=cangzhou-2017-157")
        path = page.locator("#paper").get_attribute("href")
        digest = page.locator("main .digest").first.inner_text()
        page.goto(f"{site.address}{path}")
        rules = page.evaluate(
            "[...document.styleSheets].flatMap(s => [...s.cssRules]).map(r => r.cssText).join(' ')"
        )
        assert f"核验码 {digest[:16]}" in rules
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == (
            "table-header-group"
        )


def test_files_outlive_a_session_that_ended(site: Stack) -> None:
    """They are still chosen after who sent them has signed in again."""
    with site.page("wang") as page:
        page.goto(f"{site.address}/ledgers")
        page.locator("#files").set_input_files(str(YUNZHOU))
        cookies: list[Any] = page.context.cookies()
        page.context.clear_cookies(name="qianyun_session")
        page.locator("main form button.main").click()
        page.locator("[data-ended]").wait_for()
        assert page.locator("#files").evaluate("e => e.files.length") == 1
        page.context.add_cookies(cookies)  # as signing in does, in another tab
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(page.locator("[data-ended]")).to_have_count(0)
        page.locator("main form button.main").click()
        page.wait_for_url("**/ledgers/*")

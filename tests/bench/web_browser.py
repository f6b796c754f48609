"""What a browser sees of a large city: when the overview is first painted, and how the picture of the
network moves under the hand. Chromium without a graphics card, on the same cores as the server."""

import os
import statistics
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, sync_playwright
from pydantic_core import to_json

from api.pages.city import City
from api.pages.looks import Looks
from api.pages.topology import graph_of
from inventory.model import Line
from tests.browser.stack import CHROMIUM
from tests.migrator.builders import CLOUD, city, system

VISITS = 7
ROOMS = 2_499
DRAGS = 40
FRAMES = """() => {
  window.frames_ = []; let last = performance.now();
  const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def figures(url: str, name: str, password: str) -> Iterator[dict[str, object]]:
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=root)
        try:
            yield _painted(browser, url, name, password)
            yield _moved(browser, url, name, password)
        finally:
            browser.close()


def _signed_in(browser: Browser, url: str, name: str, password: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{url}/sign-in")
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(password)
    page.locator("button.main").click()
    page.wait_for_url(f"{url}/")
    return page


def _painted(browser: Browser, url: str, name: str, password: str) -> dict[str, object]:
    """Each visit by a browser that has nothing of ours kept but its session."""
    page = _signed_in(browser, url, name, password)
    cookies = page.context.cookies()
    page.context.close()
    took, bare = [], []
    for _ in range(VISITS):
        with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
            context.add_cookies(cookies)  # type: ignore[arg-type]
            for path, into in (("/me", bare), ("/", took)):
                tab = context.new_page()
                if path == "/":
                    context.new_cdp_session(tab).send("Network.clearBrowserCache")
                tab.goto(f"{url}{path}")
                while (at := tab.evaluate(PAINT)) is None:
                    tab.wait_for_timeout(20)
                into.append(float(at))
    worst = max(took)
    return {
        "name": "web.first_paint",
        "value": round(worst),
        "unit": f"ms from asking to the overview's first contentful paint, nothing kept, the slowest of "
        f"{VISITS}; median {statistics.median(took):.0f}",
        "bar": "≤ 1000",
        "ok": worst <= 1000,
        "beside": round(statistics.median(bare)),
        "beside_is": "ms, median of /me: a page with nearly nothing on it",
    }


def _graph() -> tuple[bytes, float]:
    """A city of 2,500 rooms with a line each as the server tells it to the page, and how many ms that
    took to make."""
    rooms = {f"R{n}": None for n in range(ROOMS)}
    lines = [
        Line(code=f"L-{n}", name=f"专线{n}", a_end=f"R{n}", z_end=CLOUD, bandwidth_kbps=100_000)
        for n in range(ROOMS)
    ]
    whole = City(city([system(1, room="R1")], lines=lines, rooms=rooms))
    begun = time.perf_counter()
    told = to_json(graph_of(whole, Looks({}, time.time_ns()), {}).plain())
    return told, (time.perf_counter() - begun) * 1000


def _moved(browser: Browser, url: str, name: str, password: str) -> dict[str, object]:
    """The page is the server's own; its picture is of more objects than the stand's city has."""
    graph, made = _graph()
    page = _signed_in(browser, url, name, password)
    kind = "application/json"
    page.route("**/network/graph*", lambda route: route.fulfill(body=graph, content_type=kind))
    page.goto(f"{url}/network")
    page.evaluate(FRAMES)
    page.wait_for_selector("[data-ready]", timeout=60_000)
    ready = float(page.evaluate("performance.now()"))
    objects = int(page.locator("#graph").get_attribute("data-ready") or 0)
    page.evaluate("window.frames_.length = 0")
    page.wait_for_timeout(1000)
    still = statistics.median(page.evaluate("window.frames_"))
    box = page.locator("#graph").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate("window.frames_.length = 0")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(DRAGS):
        page.mouse.move(x + 5 * step, y + 2 * step)
    page.mouse.up()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(500)
    frames = [float(one) for one in page.evaluate("window.frames_")]
    p95 = statistics.quantiles(frames, n=20, method="inclusive")[-1]
    page.context.close()
    return {
        "name": "web.topology",
        "value": round(p95),
        "unit": f"ms a frame (p95 of {len(frames)}) while the picture of {objects:,} objects is dragged "
        f"and zoomed; {ready:.0f} ms from asking to drawn, {made:.0f} ms to make, {len(graph) / 1000:.0f} kB",
        "bar": "≤ 100, drawn within 2,000",
        "ok": p95 <= 100 and ready <= 2000,
        "beside": round(still, 1),
        "beside_is": "ms a frame while nothing moves",
    }

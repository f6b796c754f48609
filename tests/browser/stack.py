"""The running stack of the browser's tests: one small city, one API process, one Chromium."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.bootstrap import Qianyun
from api.settings import load
from tests.browser.place import PASSWORD, fill
from tests.running_api import running_api

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
SHOTS = os.environ.get("SHOTS_FOLDER")
"""A folder for screenshots, which CI keeps; none are made without it."""


@dataclass
class Stack:
    """Where it answers, and a browser that has nobody signed in. `cookies`: by person."""

    address: str
    product: Qianyun
    browser: Browser
    cookies: dict[str, list[Any]]

    @contextmanager
    def page(
        self, who: str = "", *, lang: str = "zh", theme: str = "light", width: int = 1440
    ) -> Iterator[Page]:
        """A page of somebody; what the browser complains of fails the test at its end."""
        context = self.browser.new_context(viewport={"width": width, "height": 900})
        try:
            look = {"qianyun_lang": lang, "qianyun_theme": theme}
            context.add_cookies([_cookie(k, v, self.address) for k, v in look.items()])
            if who:
                self._sign_in(context, who)
            page = context.new_page()
            wrong: list[str] = []
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda m: wrong.append(m.text) if _bad(m.text) else None)
            page.on("request", lambda r: _inside(r.url, self.address, wrong))
            yield page
            assert wrong == [], wrong
        finally:
            context.close()

    def _sign_in(self, context: BrowserContext, who: str) -> None:
        if who in self.cookies:  # a password costs a tenth of a second on purpose
            context.add_cookies(self.cookies[who])
            return
        page = context.new_page()
        page.goto(f"{self.address}/sign-in")
        page.get_by_role("textbox").first.fill(who)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("button.main").click()
        page.wait_for_url(f"{self.address}/")
        page.close()
        self.cookies[who] = [c for c in context.cookies() if c["name"] == "qianyun_session"]


def _cookie(name: str, value: str, url: str) -> Any:
    return {"name": name, "value": value, "url": url}


def _bad(text: str) -> bool:
    return "Content Security Policy" in text or "Uncaught" in text


def _inside(url: str, address: str, wrong: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:", "about:")):
        wrong.append(f"asked outside: {url}")


@contextmanager
def stack(
    folder: Path,
    *,
    filled: Callable[[Qianyun, Path], None] = fill,
    temporal: str = "127.0.0.1:9",
    **more: str,
) -> Iterator[Stack]:
    """`temporal`: where the engine answers; without one nobody does. `more`: settings."""
    if not CHROMIUM.exists():
        pytest.skip("没有 chromium / no chromium: apt-get install chromium")
    environ = {
        "QIANYUN_STATE": str(folder / "state"),
        "QIANYUN_ACTOR": "wang",
        "QIANYUN_TEMPORAL_ADDRESS": temporal,
        **more,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        product = Qianyun(load())
        filled(product, folder)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QIANYUN_")}
    with running_api(folder, kept | environ) as address, sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=root)
        try:
            yield Stack(address, product, browser, {})
        finally:
            browser.close()


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        # the caret as it is: to hide it, Playwright writes a style, which the page's policy refuses
        page.screenshot(path=folder / f"{name}.png", full_page=True, caret="initial")


def axe(page: Page) -> list[str]:
    """What it finds, target size included, each with its first places."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {rules: {'target-size': {enabled: true}}})"
        ".then(r => r.violations.map(v => ({id: v.id,"
        " where: v.nodes.map(n => n.html.slice(0, 160)).slice(0, 3)})))"
    )
    return [f"{v['id']}: {v['where']}" for v in found]

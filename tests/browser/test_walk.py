"""A walk over every page in a real browser: in both languages without a finding of axe, on a
phone without a side-scroll, with nothing asked outside and no violation of the strict CSP."""

import re

import pytest

from tests.browser.place import BRACES, SCRIPT
from tests.browser.stack import Stack, axe, shoot

RUN, PLAN = "R-{day}-1", "P-{day}-1"
PAGES = {
    "overview": "/",
    "systems": "/systems",
    "system": "/systems/LJ-S-001",
    "classified": "/systems/LJ-S-004",
    "network": "/network",
    "netplans": "/network/plans",
    "rooms": "/rooms",
    "lines": "/lines",
    "line": "/lines/LJ-DX-1001",
    "plans": "/plans",
    "plan": f"/plans/{PLAN}",
    "runs": "/runs",
    "run": f"/runs/{RUN}",
    "item": f"/runs/{RUN}/items/LJ-S-003",
    "log": f"/runs/{RUN}/log",
    "decisions": f"/runs/{RUN}/decisions",
    "limits": f"/runs/{RUN}/limits",
    "dossier": f"/runs/{RUN}/items/{{done}}/dossier",
    "old-host": f"/runs/{RUN}/items/{{done}}/old-host",
    "dry-run": f"/plans/{PLAN}/dry-run",
    "probes": "/probes",
    "silences": "/probes/silences",
    "history": "/probes/history",
    "outage": "/probes/outages/1/acknowledge",
    "policies": "/policies",
    "policy": "/policies/cangzhou-2017-157",
    "holds": "/policies/holds",
    "records": "/policies/records",
    "reports": "/reports",
    "report": "/reports/preview?form=lines&policy=cangzhou-2017-157",
    "ledgers": "/ledgers",
    "conflicts": "/ledgers/conflicts",
    "me": "/me",
    "no-permission": "/admin/audit",
    "nothing": "/nowhere",
}
ASKED = ("overview", "run")
WHO = {
    "audit": "sun",
    "users": "chen",
    "tokens": "chen",
    "settings": "chen",
    "health": "chen",
}
ADMIN = {name: f"/admin/{name}" for name in WHO}
WHO |= {
    "user": "chen",
    "plan-new": "wang",
    "decide": "zhao",
    "paper": "wang",
    "wave": "li",
    "record": "wang",
}
OTHERS = ADMIN | {
    "user": "/admin/users/look",
    "plan-new": "/plans/new",
    "decide": f"/runs/{RUN}/decide?decision=approve&wave=1",
    "paper": f"/runs/{RUN}/decide?decision=evidence&wave=1",
    "wave": f"/runs/{RUN}/do/pause?wave=1",
    "record": "/policies/records/new/exception",
    "netplan-new": "/network/plans/new",
}
"""What `li` may not see, by who does."""
STATUS = {"no-permission": 403, "nothing": 404}
"""All others answer."""
HIDDEN = ("公文流转系统（涉密）", "不动产登记信息平台", "疾控直报信息平台")
"""Names of classified systems of both ledgers: they are counted and never told."""
BOTH = re.compile(r"[\u4e00-\u9fff]{4,} / [a-z]{3,}")
"""Both halves of a message side by side: somebody forgot to choose the language."""


def address(site: Stack, path: str) -> str:
    (first, *_) = site.product.truth.plans.all()
    path = path.replace("{day}", first.code[2:10])
    if "{done}" in path:
        (run, *_) = site.product.truth.runs.all()
        path = path.replace("{done}", next(i.system for i in run.items if i.state.ended))
    return site.address + path


@pytest.mark.timeout(300)
def test_every_page_in_both_languages(site: Stack) -> None:
    """Each in one light, width and language, so that all pairs are seen without all the triples."""
    found: dict[str, list[str]] = {}
    looks = [("zh", "light", 1440), ("en", "dark", 390)]
    for lang, theme, width in looks:
        with site.page("li", lang=lang, theme=theme, width=width) as page:
            for name, path in PAGES.items():
                answer = page.goto(address(site, path), wait_until="domcontentloaded")
                assert answer is not None
                assert answer.status == STATUS.get(name, 200), name
                wrong = axe(page) if name in ASKED else []  # every page: the slow walk
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    wrong.append("wider than the screen")
                text = page.locator("main").inner_text()
                wrong += [f"a classified name: {n}" for n in HIDDEN if n in text]
                wrong += [f"untranslated: {t}" for t in BOTH.findall(text)]
                wrong += re.findall(r"\bpage\.[a-z_.]+", text)
                assert page.locator("html").get_attribute("lang") == (
                    "zh-CN" if lang == "zh" else "en"
                )
                shoot(page, f"{name}-{lang}-{theme}-{width}")
                if wrong:
                    found[f"{name} {lang}"] = wrong
    assert found == {}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_in_every_light(site: Stack, lang: str, theme: str, width: int) -> None:
    found: dict[str, list[str]] = {}
    for name, path in (PAGES | OTHERS).items():
        with site.page(WHO.get(name, "li"), lang=lang, theme=theme, width=width) as page:
            answer = page.goto(address(site, path))
            assert answer is not None
            assert answer.status == STATUS.get(name, 200), name
            if wrong := axe(page):
                found[name] = wrong
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.setdefault(name, []).append("wider than the screen")
            shoot(page, f"{name}-{lang}-{theme}-{width}")
    assert found == {}


def test_text_from_people_is_data(site: Stack) -> None:
    """A system named as a script or a template is shown as just that, wherever it stands."""
    with site.page("wang") as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        for path in ("/systems?q=XSS", "/systems/XSS-1", "/systems/XSS-2", f"/plans/{PLAN}"):
            page.goto(address(site, path))
            text = page.locator("body").inner_text()
            assert SCRIPT in text or BRACES in text
            assert page.locator("main script").count() == 0
        page.goto(f"{site.address}/systems?q={SCRIPT}")
        assert page.locator("[name=q]").input_value() == SCRIPT


def test_nobody_is_shown_the_door_and_comes_back_to_where_they_wanted(site: Stack) -> None:
    with site.page() as page:
        page.goto(f"{site.address}/systems?q=XSS")
        assert "/sign-in?next=" in page.url
        assert axe(page) == []
        page.locator("[name=name]").fill("look")
        page.locator("[name=password]").fill("wrong")
        page.locator("button.main").click()
        assert page.locator("[role=alert]").is_visible()
        assert page.locator("[name=name]").input_value() == "look"  # nothing is lost
        page.locator("[name=password]").fill("correct horse battery staple")
        page.locator("button.main").click()
        page.wait_for_url(f"{site.address}/systems?q=XSS")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(site: Stack, to: str) -> None:
    with site.page() as page:
        page.goto(f"{site.address}/sign-in?next={to}")
        page.locator("[name=name]").fill("look")
        page.locator("[name=password]").fill("correct horse battery staple")
        page.locator("button.main").click()
        page.wait_for_url(f"{site.address}/")


def test_the_picture_of_the_network_is_drawn(site: Stack) -> None:
    with site.page("look") as page:
        page.goto(f"{site.address}/network")
        page.wait_for_selector("[data-ready]")
        assert int(page.locator("#graph").get_attribute("data-ready") or 0) > 10
        assert page.locator("#graph canvas").count() == 1

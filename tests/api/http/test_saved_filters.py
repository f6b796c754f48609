"""Saved filters as chips above a list, and by the API."""

import re

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from tests.api.http.test_page_deeds import HTML, Browser

ADDRESS = "cloud=none&sort=-funds"


def chips(page: str) -> list[tuple[str, str]]:
    """(text, address) of those above a list."""
    found = re.findall(r'<a class="chip[^"]*" href="([^"]*)"[^>]*>([^<]*)</a>', page)
    return [(text, to.replace("&amp;", "&")) for to, text in found]


def test_what_is_kept_stands_above_the_list_until_it_is_deleted(product: Qianyun) -> None:
    zhang, li = Browser(product, Role.PLANNER), Browser(product, Role.PLANNER)
    assert 'action="/filters"' not in zhang.page("/systems").text  # nothing to keep
    assert 'action="/filters"' in zhang.page(f"/systems?{ADDRESS}").text
    sent = zhang.send("/filters", page="systems", name="本周要迁的 <b>", query=ADDRESS)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/systems?{ADDRESS}")
    shown = zhang.page("/systems?sort=-funds&cloud=none&page=1").text
    assert ("本周要迁的 &lt;b&gt;", f"/systems?{ADDRESS}") in chips(shown)
    assert 'action="/filters"' not in shown  # it is one already
    assert "本周要迁的" not in zhang.page("/lines").text
    assert "本周要迁的" not in li.page("/systems").text
    (delete,) = re.findall(r'action="(/filters/\d+/delete)"', shown)
    assert li.send(delete, back="/systems").status_code == 404
    assert zhang.send(delete, back="/systems").headers["location"] == "/systems"
    assert "本周要迁的" not in zhang.page("/systems").text


def test_nobody_is_led_elsewhere(product: Qianyun) -> None:
    zhang = Browser(product, Role.VIEWER)
    zhang.send("/filters", page="lines", name="a", query="q=x")
    (delete,) = re.findall(r'action="(/filters/\d+/delete)"', zhang.page("/lines?q=x").text)
    sent = zhang.send(delete, back="//elsewhere.example/")
    assert sent.headers["location"] == "/"
    assert zhang.send("/filters", page="//elsewhere", name="a", query="q=x").status_code == 422


def test_by_the_api(product: Qianyun) -> None:
    zhang = Browser(product, Role.VIEWER)
    csrf = {"X-CSRF-Token": zhang.get("/api/v1/session").json()["csrf"]}
    told = {"page": "network", "name": "两跳", "query": "?focus=LJ-R-01&hops=2"}
    made = zhang.post("/api/v1/filters", csrf, json=told)
    assert made.status_code == 201
    assert made.json()["query"] == "focus=LJ-R-01&hops=2"
    (listed,) = zhang.get("/api/v1/filters").json()["items"]
    assert listed == made.json()
    assert 'class="chip data"' in zhang.get("/network?focus=LJ-R-01&hops=2", HTML).text
    assert zhang.ask("DELETE", f"/api/v1/filters/{listed['id']}", csrf).status_code == 204
    assert zhang.get("/api/v1/filters").json()["total"] == 0

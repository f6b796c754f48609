"""The proxy that breaks things, in front of the real NetBox."""

import http.client
import json
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.netbox.proxy import (
    Answer,
    CutBody,
    Hang,
    Hold,
    LoseAnswer,
    Meanwhile,
    Proxy,
    Refuse,
    Rewrite,
    Rule,
)
from tests.netbox.server import NetBox

DEADLINE = 60
SITES = r"^/api/dcim/sites/"


@pytest.fixture
def proxy(netbox: NetBox) -> Iterator[Proxy]:
    with Proxy(netbox.url) as made:
        yield made


def ask(
    netbox: NetBox, url: str, path: str, body: object = None, seconds: float = DEADLINE
) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST where there is a body."""
    link = http.client.HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    headers = {"Authorization": f"Bearer {netbox.token}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body)
    try:
        link.request("GET" if sent is None else "POST", f"/api/{path}", sent, headers)
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def make_site(netbox: NetBox, url: str, name: str) -> int:
    return ask(netbox, url, "dcim/sites/", {"name": name, "slug": name.lower()})[0]


def count(netbox: NetBox) -> int:
    found = json.loads(ask(netbox, netbox.url, "dcim/sites/?brief=1")[1])["count"]
    assert isinstance(found, int)
    return found


@pytest.mark.slow
def test_untouched_it_hands_on_and_records(netbox: NetBox, proxy: Proxy) -> None:
    for name in ("A", "B"):
        assert make_site(netbox, proxy.url, name) == 201
    status, body = ask(netbox, proxy.url, "dcim/sites/?limit=1")
    page = json.loads(body)
    assert (status, page["count"]) == (200, 2)
    assert page["next"].startswith(proxy.url)
    assert [(s.method, s.path, s.query) for s in proxy.requests] == [
        ("POST", "/api/dcim/sites/", ""),
        ("POST", "/api/dcim/sites/", ""),
        ("GET", "/api/dcim/sites/", "limit=1"),
    ]
    assert json.loads(proxy.writes[0].body)["name"] == "A"
    assert proxy.writes[0].headers["content-type"] == "application/json"


@pytest.mark.slow
def test_rules_by_method_path_and_number(netbox: NetBox, proxy: Proxy) -> None:
    rule = proxy.add(Rule(Answer(503, b"later"), "POST", SITES, times=2, skip=1))
    got = [make_site(netbox, proxy.url, name) for name in "ABCD"]
    assert got == [201, 503, 503, 201]
    assert proxy.hits(rule) == 2
    assert count(netbox) == 2
    assert ask(netbox, proxy.url, "dcim/sites/")[0] == 200


@pytest.mark.parametrize("action", [Refuse(), LoseAnswer()])
@pytest.mark.slow
def test_no_answer(netbox: NetBox, proxy: Proxy, action: Refuse | LoseAnswer) -> None:
    proxy.add(Rule(action, "POST"))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        make_site(netbox, proxy.url, "A")
    assert count(netbox) == (1 if isinstance(action, LoseAnswer) else 0)


@pytest.mark.slow
def test_half_a_page(netbox: NetBox, proxy: Proxy) -> None:
    proxy.add(Rule(CutBody(after=7), "GET", SITES))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(netbox, proxy.url, "dcim/sites/")
    assert len(caught.value.partial) == 7


@pytest.mark.slow
def test_hangs_until_the_client_gives_up(netbox: NetBox, proxy: Proxy) -> None:
    proxy.add(Rule(Hang(), "POST"))
    with pytest.raises(TimeoutError):
        ask(netbox, proxy.url, "dcim/sites/", {"name": "A", "slug": "a"}, seconds=0.2)
    assert count(netbox) == 0


@pytest.mark.slow
def test_another_answer(netbox: NetBox, proxy: Proxy) -> None:
    proxy.add(Rule(Rewrite(lambda body: body.replace(b"4.7.3", b"9.0.0")), path="^/api/status/"))
    assert json.loads(ask(netbox, proxy.url, "status/")[1])["netbox-version"] == "9.0.0"


@pytest.mark.slow
def test_held_until_released(netbox: NetBox, proxy: Proxy) -> None:
    hold = Hold()
    proxy.add(Rule(hold, "POST", SITES))
    other = threading.Thread(target=make_site, args=(netbox, proxy.url, "A"))
    other.start()
    assert hold.reached.wait(DEADLINE)
    assert count(netbox) == 0
    hold.release.set()
    other.join(DEADLINE)
    assert count(netbox) == 1


@pytest.mark.slow
def test_somebody_else_was_quicker(netbox: NetBox, proxy: Proxy) -> None:
    proxy.add(Rule(Meanwhile(lambda: make_site(netbox, netbox.url, "A")), "POST", SITES))
    assert make_site(netbox, proxy.url, "A") == 400
    assert count(netbox) == 1

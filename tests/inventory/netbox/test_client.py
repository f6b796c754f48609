"""The session with a NetBox that answers late, wrongly or not at all. No NetBox is needed for it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inventory.errors import NetBoxMalformed, NetBoxUnavailable, NetBoxUnknown, OutcomeUnknown
from inventory.netbox.client import Client
from tests.netbox.certificates import certificate
from tests.netbox.proxy import Answer, Hang, Hold, LoseAnswer, Proxy, Rule

TOKEN = "t" * 40
ROOMS = "dcim/locations/"
CALLS: dict[str, Callable[[Client], object]] = {
    "GET": lambda client: client.version,
    "POST": lambda client: client.create(ROOMS, [{"name": "甲"}]),
    "PATCH": lambda client: client.update(ROOMS, 1, {"name": "甲"}, "*"),
    "DELETE": lambda client: client.delete(ROOMS, 1, "*", "迁云"),
}
WRITES = list(CALLS)[1:]


@pytest.fixture
def netbox() -> Iterator[Proxy]:
    """What answers in the place of a NetBox, as its rules say."""
    with Proxy("http://127.0.0.1:9") as proxy:
        yield proxy


# ── writes whose answer does not come ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", WRITES)
def test_a_write_without_an_answer_is_said_to_be_unknown_and_is_not_sent_again(
    netbox: Proxy, method: str
) -> None:
    netbox.add(Rule(Hang(), times=None))
    client = Client(netbox.url, TOKEN, timeout_s=(5, 0.2))
    with pytest.raises(OutcomeUnknown, match="写入结果不明") as met:
        CALLS[method](client)
    said = str(met.value)
    for part in ("超时 / timed out", method, "may have done it", "run the same command again"):
        assert part in said
    assert "what was read before stands" not in said
    assert met.value.under_way
    assert len(netbox.writes) == 1


def test_an_answer_that_was_lost_is_unknown_too(netbox: Proxy) -> None:
    netbox.add(Rule(LoseAnswer(), times=None))
    with pytest.raises(OutcomeUnknown, match="没有应答 / no answer") as met:
        Client(netbox.url, TOKEN).create(ROOMS, [{"name": "甲"}])
    assert "it is not sent again" in str(met.value)
    assert not met.value.under_way


@pytest.mark.parametrize("status", [500, 504])
def test_a_write_that_failed_inside_netbox_is_unknown_too(netbox: Proxy, status: int) -> None:
    netbox.add(Rule(Answer(status), times=None))
    with pytest.raises(OutcomeUnknown, match=f"{status}；写入结果不明"):
        Client(netbox.url, TOKEN).create(ROOMS, [{"name": "甲"}])
    assert len(netbox.writes) == 1


def test_a_write_that_could_not_be_sent_has_not_been_done() -> None:
    with pytest.raises(NetBoxUnavailable, match="没有应答 / no answer") as met:
        Client("http://127.0.0.1:9", TOKEN).create(ROOMS, [{"name": "甲"}])
    assert not isinstance(met.value, OutcomeUnknown)


def test_the_more_rows_a_write_has_the_longer_it_may_take(netbox: Proxy) -> None:
    """A hundred rows still wait when one row has been given up."""
    rows = [{"name": f"机房{n}"} for n in range(100)]
    netbox.add(Rule(Answer(201, json.dumps([{"id": n} for n in range(100)]).encode())))
    held = Hold(release=threading.Event())
    with Proxy(netbox.url) as slow, ThreadPoolExecutor(1) as aside:
        slow.add(Rule(held, method="POST"))
        slow.add(Rule(Hang(), method="PATCH"))
        client = Client(slow.url, TOKEN, timeout_s=(5, 0.5))
        many = aside.submit(client.create, ROOMS, rows)
        assert held.reached.wait(30)
        with pytest.raises(OutcomeUnknown):
            client.update(ROOMS, 1, {"name": "甲"}, "*")
        held.release.set()
        assert len(many.result()) == 100


# ── TLS ─────────────────────────────────────────────────────────────────────────────────────────

GOOD = Rule(Answer(200, b'{"netbox-version": "4.7.2"}'), times=None)


def test_a_certificate_of_a_private_ca_is_named_and_can_be_trusted(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path, "IP:127.0.0.1")
    with Proxy("http://127.0.0.1:9", context) as secure:
        secure.add(GOOD)
        client = Client(secure.url, TOKEN)
        with pytest.raises(NetBoxUnavailable, match="不信任 NetBox 的证书") as met:
            _ = client.version
        for part in ("self-signed certificate", "QIANYUN_NETBOX_CA", "private CA"):
            assert part in str(met.value)
        with pytest.raises(NetBoxUnavailable, match="不信任 NetBox 的证书") as met:
            client.create(ROOMS, [{"name": "甲"}])
        assert not isinstance(met.value, OutcomeUnknown)  # nothing was sent
        assert not secure.requests
        assert Client(secure.url, TOKEN, ca=cert).version == "4.7.2"


def test_a_certificate_of_another_name_is_told_as_such(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path, "DNS:netbox.example")
    with Proxy("http://127.0.0.1:9", context) as secure:
        secure.add(GOOD)
        with pytest.raises(NetBoxUnavailable, match="IP address mismatch"):
            _ = Client(secure.url, TOKEN, ca=cert).version
        assert not secure.requests


def test_an_answer_cut_off_amid_tls_is_no_reason_to_write_again(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path, "IP:127.0.0.1")
    with Proxy("http://127.0.0.1:9", context) as secure:
        secure.add(Rule(LoseAnswer(), times=None))
        with pytest.raises(OutcomeUnknown):
            Client(secure.url, TOKEN, ca=cert).create(ROOMS, [{"name": "甲"}])
        assert len(secure.writes) == 1


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_https_on_a_port_of_plain_http_is_named(netbox: Proxy, verb: str) -> None:
    netbox.add(GOOD)
    client = Client(netbox.url.replace("http:", "https:"), TOKEN)
    with pytest.raises(NetBoxUnavailable, match="TLS 握手失败") as met:
        CALLS[verb](client)
    assert "plain http" in str(met.value)
    assert "QIANYUN_NETBOX_URL" in str(met.value)
    assert not isinstance(met.value, OutcomeUnknown)


def test_https_on_a_port_that_says_nothing_is_named() -> None:
    """As a web server does that waits for the rest of what it takes for a line."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NetBoxUnavailable, match="TLS 握手失败"):
            _ = Client(url, TOKEN, timeout_s=(0.2, 0.2)).version


# ── what is no NetBox, or another one ───────────────────────────────────────────────────────────


def test_a_wrong_path_in_the_address_is_named(netbox: Proxy) -> None:
    netbox.add(Rule(Answer(404, b"<h1>Not Found</h1>", "text/html"), times=None))
    with pytest.raises(NetBoxMalformed, match="/foo/api/status/ → 404") as met:
        _ = Client(f"{netbox.url}/foo", TOKEN).version
    assert "check that QIANYUN_NETBOX_URL" in str(met.value)


def test_an_address_that_sends_elsewhere_is_named(netbox: Proxy) -> None:
    netbox.add(Rule(Answer(301, headers={"Location": "https://netbox.example/"}), times=None))
    with pytest.raises(NetBoxUnavailable, match="被转到别处") as met:
        _ = Client(netbox.url, TOKEN).version
    assert "https://netbox.example/" in str(met.value)
    assert "QIANYUN_NETBOX_URL" in str(met.value)


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("4.7.0", True),
        ("4.7.12", True),
        ("4.7.2-Docker-3.4.1", True),
        ("4.7.2-bundle", True),
        ("4.7.9-beta1", False),
        ("4.7.9b1", False),
        ("4.7.9-rc2", False),
        ("4.7.9-dev", False),
        ("4.7-beta1", False),
        ("4.70.0", False),
    ],
)
def test_releases_are_known_and_betas_are_not(netbox: Proxy, version: str, known: bool) -> None:
    netbox.add(Rule(Answer(200, json.dumps({"netbox-version": version}).encode()), times=None))
    client = Client(netbox.url, TOKEN)
    if known:
        assert client.version == version
        return
    with pytest.raises(NetBoxUnknown, match=version):
        _ = client.version

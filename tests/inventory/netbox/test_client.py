"""The session with a NetBox that answers late, wrongly or not at all. No NetBox is needed for it."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory.errors import NetBoxUnavailable, OutcomeUnknown
from inventory.netbox.client import Client
from tests.netbox.proxy import Answer, Hang, Hold, LoseAnswer, Proxy, Rule

TOKEN = "t" * 40
ROOMS = "dcim/locations/"
WRITES: dict[str, Callable[[Client], object]] = {
    "POST": lambda client: client.create(ROOMS, [{"name": "甲"}]),
    "PATCH": lambda client: client.update(ROOMS, 1, {"name": "甲"}, "*"),
    "DELETE": lambda client: client.delete(ROOMS, 1, "*", "迁云"),
}


@pytest.fixture
def netbox() -> Iterator[Proxy]:
    """What answers in the place of a NetBox, as its rules say."""
    with Proxy("http://127.0.0.1:9") as proxy:
        yield proxy


# ── writes whose answer does not come ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", list(WRITES))
def test_a_write_without_an_answer_is_said_to_be_unknown_and_is_not_sent_again(
    netbox: Proxy, method: str
) -> None:
    netbox.add(Rule(Hang(), times=None))
    client = Client(netbox.url, TOKEN, timeout_s=(5, 0.2))
    with pytest.raises(OutcomeUnknown, match="写入结果不明") as met:
        WRITES[method](client)
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

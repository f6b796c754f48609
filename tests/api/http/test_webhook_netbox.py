"""NetBox's events, delivered by NetBox's own worker to the API over a NetBox.

A proxy stands before the API: it keeps what NetBox posted, so that it can be posted again.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.office import Office, at_work
from tests.netbox.proxy import Proxy, Seen
from tests.netbox.server import NetBox
from tests.running_api import running_api

SECRET = "both-sides-know-this-secret-of-the-webhook"
HOOK = "/netbox/webhook"
SIGNATURE = "x-hook-signature"
UPPER = 60.0
LOOK_AGAIN = 0.02


@pytest.fixture
def office(netbox_server: NetBox, tmp_path: Path) -> Office:
    office = at_work(netbox_server, tmp_path / "office")
    return office.having(QIANYUN_NETBOX_WEBHOOK_SECRET=SECRET)


@pytest.fixture
def to_netbox(office: Office) -> Iterator[Proxy]:
    """What the API asks NetBox goes through here."""
    with Proxy(office.netbox.url) as proxy:
        yield proxy


@pytest.fixture
def api(office: Office, to_netbox: Proxy) -> Iterator[Proxy]:
    """The API, that NetBox was told of, with a worker at work. Ours is the proxy before it."""
    over = office.having(to_netbox.url)
    over.does("inventory", "pull")
    with running_api(office.folder, over.environ) as address, Proxy(address) as proxy:
        bootstrap = ("netbox", "bootstrap", "--webhook", proxy.url + HOOK)
        office.by_admin().does(*bootstrap, actor="admin")
        office.netbox.start_worker()
        try:
            yield proxy
        finally:
            office.netbox.stop_worker()


def until(condition: Callable[[], bool], what: str) -> None:
    """Returns once it holds; looked at again and again, since nobody tells."""
    deadline = time.monotonic() + UPPER
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(LOOK_AGAIN)


def deliveries(api: Proxy) -> list[Seen]:
    return [seen for seen in api.requests if seen.path == HOOK]


def post(api: Proxy, body: bytes, signature: str) -> requests.Response:
    headers = {"X-Hook-Signature": signature, "Content-Type": "application/json"}
    return requests.post(api.url + HOOK, data=body, headers=headers, timeout=UPPER)


def hosts(api: Proxy) -> dict[str, Any]:
    told = requests.get(api.url + "/ansible/inventory", timeout=UPPER)
    assert told.status_code == 200, told.text
    found: dict[str, Any] = told.json()["_meta"]["hostvars"]
    return found


def test_an_edit_in_netbox_reaches_the_api_and_a_replay_does_not(
    office: Office, api: Proxy, to_netbox: Proxy
) -> None:
    before = hosts(api)
    assert "jt-web-01" in before
    log = office.folder / "api.log"
    to_netbox.clear()
    device = office.api().dcim.devices.get(name="jt-web-01")
    device.custom_fields["qianyun_ssh_port"] = 2222
    assert device.save()

    # nobody asks the API: NetBox's worker tells it, and it fetches what changed
    until(lambda: b"netbox refreshed" in log.read_bytes(), "the API was not told")
    fetched = [seen for seen in to_netbox.requests if seen.path == "/api/dcim/devices/"]
    assert len(fetched) == 1
    to_netbox.clear()
    assert hosts(api)["jt-web-01"] != before["jt-web-01"]
    assert "2222" in json.dumps(hosts(api)["jt-web-01"])
    assert "/api/dcim/devices/" not in {seen.path for seen in to_netbox.requests}

    (sent,) = deliveries(api)
    _what_was_sent_is_signed_and_taken_once(api, sent)
    said = log.read_text()
    assert SECRET not in said
    assert sent.headers[SIGNATURE] not in said


def _what_was_sent_is_signed_and_taken_once(api: Proxy, sent: Seen) -> None:
    told = json.loads(sent.body)
    assert (told["event"], told["data"]["name"]) == ("updated", "jt-web-01")
    signature = sent.headers[SIGNATURE]
    replayed = post(api, sent.body, signature)
    assert (replayed.status_code, replayed.headers["content-type"]) == (
        409,
        "application/problem+json",
    )
    assert "taken already" in replayed.json()["detail"]
    altered = sent.body.replace(b"jt-web-01", b"jt-web-02")
    assert altered != sent.body
    assert post(api, altered, signature).status_code == 401
    assert post(api, sent.body, "0" * len(signature)).status_code == 401
    assert post(api, sent.body, "").status_code == 401


@pytest.mark.slow
def test_a_node_renamed_and_a_host_deleted_in_netbox(office: Office, api: Proxy) -> None:
    log = office.folder / "api.log"
    assert "北门接入点" not in _nodes(api)
    assert "rs-app-01" in hosts(api)
    netbox = office.api()
    (node,) = netbox.dcim.devices.filter(cf_qianyun_code="node:LJ-GW-01")
    assert node.update({"name": "北门接入点"})
    netbox.dcim.devices.get(name="rs-app-01").delete()

    def deleted() -> bool:
        return "deleted" in {json.loads(seen.body)["event"] for seen in deliveries(api)}

    until(deleted, "NetBox did not tell")
    until(lambda: b"netbox refreshed" in log.read_bytes(), "the API was not told")
    assert "北门接入点" in _nodes(api)
    assert "rs-app-01" not in hosts(api)


def _nodes(api: Proxy) -> str:
    told = requests.get(api.url + "/sd/nodes", timeout=UPPER)
    assert told.status_code == 200, told.text
    return json.dumps(told.json(), ensure_ascii=False)

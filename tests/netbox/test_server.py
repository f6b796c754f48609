"""The real NetBox: what a test may rely on."""

import contextlib
import json
import os
import queue
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.lab.shell import start_time
from tests.netbox import install, sockets
from tests.netbox.server import NetBox

DEADLINE = 120


def ask(netbox: NetBox, path: str, body: object = None) -> object:
    """What NetBox answers to a GET, or a POST where there is a body."""
    sent = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {netbox.token}", "Content-Type": "application/json"}
    with build_opener(ProxyHandler({})).open(
        Request(f"{netbox.url}/api/{path}", sent, headers), timeout=DEADLINE
    ) as answer:
        return json.load(answer)


def sites(netbox: NetBox) -> list[str]:
    found = ask(netbox, "dcim/sites/")
    assert isinstance(found, dict)
    return [site["name"] for site in found["results"]]


def test_it_is_the_version_that_we_name(netbox: NetBox) -> None:
    status = ask(netbox, "status/")
    assert isinstance(status, dict)
    assert status["netbox-version"] == install.VERSION


@pytest.mark.slow
def test_reset_takes_away_what_was_made_and_the_token_stays(netbox: NetBox) -> None:
    ask(netbox, "dcim/sites/", {"name": "云州政务中心", "slug": "yz"})
    assert sites(netbox) == ["云州政务中心"]
    for _ in range(3):  # each of the web server's connections has been cut
        netbox.reset()
        assert [sites(netbox) for _ in range(6)] == [[]] * 6


@pytest.mark.slow
def test_without_the_token_it_says_nothing(netbox: NetBox) -> None:
    with pytest.raises(HTTPError, match="403"):
        build_opener(ProxyHandler({})).open(f"{netbox.url}/api/dcim/sites/")


@pytest.mark.slow
def test_shell_is_inside_netbox(netbox: NetBox) -> None:
    netbox.shell("from dcim.models import Site; Site.objects.create(name='甲', slug='a')")
    assert sites(netbox) == ["甲"]
    assert netbox.shell("print('完')") == "完\n"
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        netbox.shell("1 / 0")


@pytest.mark.slow
def test_its_pages_have_their_style(netbox: NetBox) -> None:
    with build_opener(ProxyHandler({})).open(f"{netbox.url}/static/netbox.css") as answer:
        assert answer.headers["Content-Type"] == "text/css"


@pytest.mark.slow
def test_a_worker_outlives_a_reset(netbox: NetBox) -> None:
    netbox.start_worker()
    try:
        netbox.reset()
        status = ask(netbox, "status/")
        assert isinstance(status, dict)
        assert status["rq-workers-running"] == 1
        worker = netbox.pids["worker"]
    finally:
        netbox.stop_worker()
    assert start_time(worker) is None


class Listening(BaseHTTPRequestHandler):
    """Puts what is posted into the server's queue."""

    server: "Listener"

    def do_POST(self) -> None:
        self.server.came.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Listener(HTTPServer):
    came: "queue.Queue[bytes]"


@pytest.mark.slow
def test_a_webhook_arrives(netbox: NetBox) -> None:
    with Listener(("127.0.0.1", 0), Listening) as listener:
        listener.came = queue.Queue()
        threading.Thread(target=listener.serve_forever).start()
        netbox.start_worker()
        try:
            url = f"http://127.0.0.1:{listener.server_port}/"
            hook = ask(netbox, "extras/webhooks/", {"name": "here", "payload_url": url})
            assert isinstance(hook, dict)
            rule = {
                "name": "sites",
                "object_types": ["dcim.site"],
                "event_types": ["object_created"],
                "action_type": "webhook",
                "action_object_type": "extras.webhook",
                "action_object_id": hook["id"],
            }
            ask(netbox, "extras/event-rules/", rule)
            ask(netbox, "dcim/sites/", {"name": "甲", "slug": "a"})
            said = json.loads(listener.came.get(timeout=DEADLINE))
        finally:
            netbox.stop_worker()
            listener.shutdown()
    assert (said["event"], said["data"]["name"]) == ("created", "甲")


@contextlib.contextmanager
def another_network() -> Iterator[None]:
    """This thread, for a while, in a new network namespace with nothing but its loopback."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    os.unshare(os.CLONE_NEWNET)
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        os.setns(home, os.CLONE_NEWNET)
        os.close(home)


@pytest.mark.slow
def test_gone_and_back_at_its_port_and_in_another_network(netbox: NetBox) -> None:
    url = netbox.url
    netbox.stop_web()
    assert not netbox.answers()
    with another_network():
        there = socket.create_server(("127.0.0.1", netbox.port))
        netbox.also = [there]
        near = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        netbox.start_web()
        there.close()
        assert netbox.url == url
        assert sites(netbox) == []
        with another_network():  # and from there into the one with the socket
            os.setns(near, os.CLONE_NEWNET)
            assert sites(netbox) == []
    finally:
        netbox.also = []
        os.close(near)


@pytest.mark.slow
def test_a_killed_owner_leaves_nothing(tmp_path: Path) -> None:
    hold = (
        "import json, sys; from pathlib import Path; from tests.netbox.server import NetBox\n"
        "netbox = NetBox(Path(sys.argv[1])); netbox.start(); netbox.start_worker()\n"
        "print(json.dumps(netbox.pids), flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / "state")],
        cwd=install.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert owner.stdout
    try:
        pids = json.loads(owner.stdout.readline())
        assert set(pids) == {"postgres", "redis", "web", "worker"}
        watched = [os.pidfd_open(pid) for pid in pids.values()]
        (folder,) = socket_folders(pids["redis"])
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    for end in watched:
        assert select.select([end], [], [], DEADLINE)[0], "a server outlived its owner"
        os.close(end)
    sockets.sweep()  # as the next NetBox does
    assert not folder.exists()


def socket_folders(pid: int) -> set[Path]:
    words = Path(f"/proc/{pid}/cmdline").read_text()
    return {Path(found) for found in re.findall(rf"/tmp/{sockets.PREFIX}\w+", words)}

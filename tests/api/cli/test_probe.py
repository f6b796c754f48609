"""One look through the command line, at servers on loopback."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import Qianyun
from api.settings import load
from inventory.changes import diff
from tests.api.conftest import HOST_KEYS, Run
from tests.lab.addresses import SYSTEMS
from tests.lab.ledger import write_ledger

SYSTEM = SYSTEMS[0]


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<title>{SYSTEM.check.content}</title>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    """A server on 127.0.0.1 alone: v6 is red, and stays red beside a green v4."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def at_home(kind: str, code: str) -> None:
    """Have an object answer on loopback, which no ledger may say of it."""
    product = Qianyun(load())
    before = product.estate.load()
    home = {"ipv4": "127.0.0.1", "ipv6": "::1"}
    kept = tuple(
        one.__class__.model_validate(one.model_dump() | home) if one.code == code else one
        for one in getattr(before, kind)
    )
    changes = diff(before, before.model_copy(update={kind: kept}))
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)


def test_families_are_told_apart(run: Run, tmp_path: Path, port: int) -> None:
    cells = {("交换节点", "LJ-GW-01", "端口"): str(port)}
    cells |= {("信息系统", SYSTEM.code, c): str(port) for c in ("后端端口", "入口端口")}
    path = write_ledger(tmp_path / "l.xlsx", host_keys=HOST_KEYS, cells=cells)
    assert run("inventory", "apply", path).code == 0
    at_home("hosts", SYSTEM.source)
    at_home("nodes", "LJ-GW-01")
    done = run("probe", "once", SYSTEM.code, "--json")
    assert done.code == 1
    web = [look for look in done.json["looks"] if look["check"] in {"tcp", "http"}]
    assert {look["ok"] for look in web if look["family"] == 4} == {True}
    assert {look["failure"] for look in web if look["family"] == 6} == {"refused"}
    assert len(web) == 6  # tcp and http at the host, http at the entrance, over both
    shown = run("probe", "once", SYSTEM.code)
    assert shown.code == 1
    assert "拒绝连接" in shown.out


def test_a_host_is_asked_for_its_key(run: Run, tmp_path: Path, port: int) -> None:
    path = write_ledger(tmp_path / "l.xlsx", host_keys=HOST_KEYS)
    assert run("inventory", "apply", path).code == 0
    at_home("hosts", SYSTEM.source)
    done = run("probe", "once", SYSTEM.source, "--json")
    assert done.code == 1
    assert [(look["check"], look["family"]) for look in done.json["looks"]] == [
        ("ssh", 4),
        ("ssh", 6),
    ]


def test_unknown_and_classified(run: Run, ledger: Path) -> None:
    assert run("inventory", "apply", ledger).code == 0
    assert run("probe", "once", "LJ-S-999").code == 2
    classified = run("probe", "once", "LJ-S-004")
    assert classified.code == 2
    assert "涉密" in classified.err
    assert "None" not in classified.err
    assert run("probe", "once", "LJ-S-001", "--deadline", "0").code == 2


def test_an_address_needs_no_inventory_and_a_code_does(run: Run, port: int) -> None:
    done = run("probe", "once", f"tcp://127.0.0.1:{port}")
    assert done.code == 0
    assert "台账库为空" in done.err  # nobody knows what is classified: perhaps it is another folder
    assert run("probe", "once", "LJ-S-001").code == 2

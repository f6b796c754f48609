"""A database of the source behind a port of our own: who gets in, what is relayed, at which rate."""

import os
import pwd
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qianyun_agent import tunnel  # isort: skip  (conftest knows where it is)

from tests.bench import line, line_database
from tests.playbooks.ansible import PLAYBOOKS

ECHO = "import sys; from qianyun_agent import tunnel; tunnel.relay(sys.argv[1])"
ENV = {"PYTHONPATH": str(PLAYBOOKS / "module_utils"), "PATH": os.environ["PATH"]}


def test_a_relay_ends_with_either_side(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def answer() -> None:
            with server.accept()[0] as one, one.makefile("rb") as asked:
                one.sendall(asked.read().upper())

        thread = threading.Thread(target=answer)
        thread.start()
        done = subprocess.run(
            [sys.executable, "-c", ECHO, path], input=b"select 1", env=ENV, capture_output=True,
            check=True, timeout=60,
        )  # fmt: skip
        thread.join()
    assert done.stdout == b"SELECT 1"


def _tunnel(users: set[int]) -> tunnel.Tunnel:
    """One whose way to the source is a program that says what it was asked for, and then echoes."""
    told: Any = SimpleNamespace(kbps=8_000)
    way = ["sh", "-c", 'echo "$0 $1"; exec cat']
    carrier: Any = SimpleNamespace(ssh=way, host="source", asked="rsync", told=told, keep=[])
    store: Any = SimpleNamespace(user="root")
    side: Any = SimpleNamespace(clusters=[object(), store])
    made = tunnel.Tunnel(side, store, carrier)
    made.users = users
    return made


@pytest.mark.skipif(os.geteuid() != 0, reason="ports below 1024 are root's")
def test_only_root_and_the_databases_user_get_in() -> None:
    with _tunnel({os.getuid()}) as ours:
        assert ours.port < 1024
        with socket.create_connection((tunnel.HOST, ours.port), timeout=30) as one:
            one.sendall(b"ping")
            one.shutdown(socket.SHUT_WR)
            assert one.makefile("rb").read() == b"source rsync rate=8000 database=1\nping"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((tunnel.HOST, ours.port), timeout=30)
    nobody = pwd.getpwnam("nobody").pw_uid
    with (
        _tunnel({nobody}) as theirs,  # this process is not that user
        socket.create_connection((tunnel.HOST, theirs.port), timeout=30) as one,
    ):
        assert one.recv(100) == b""


@pytest.mark.slow
@pytest.mark.parametrize("engine", line_database.ENGINES)
def test_a_databases_copy_follows_the_share_of_its_line(tmp_path: Path, engine: str) -> None:
    """Halved in flight: it goes on, slower, and never takes more than it may by the kernel's counter.
    How much of it, the bench tells."""
    seen = line_database.copied(tmp_path, engine, 80, ((16_000, 12.0), (8_000, 12.0)))
    assert seen.evidence["copied"] is True
    assert seen.cut == []
    assert any("may take 8000 kbit/s" in text for text in seen.log)
    assert max(line.shares(seen.samples)) <= 1.05

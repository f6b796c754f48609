"""`qianyun up` for real: three children on loopback, their deaths, its own."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0
"""Seconds within which something must come true on a busy machine."""


def until[T](look: Callable[[], T], what: str) -> T:
    """What `look` gives, once it is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"never came true: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has waited for does not count."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:4]
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass(frozen=True)
class Up:
    process: subprocess.Popen[str]
    state: Path
    environment: dict[str, str]

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / "up.json").read_text())
        return found

    def children(self) -> dict[str, int]:
        pids: dict[str, int] = self.told()["children"]
        return pids

    def get(self, path: str) -> tuple[int, str]:
        link = http.client.HTTPConnection(self.told()["addresses"]["api"], timeout=10)
        with contextlib.closing(link):
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read().decode()

    def healthy(self) -> bool:
        try:
            return self.get("/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def restarted(self, name: str, before: int) -> Callable[[], bool]:
        return lambda: self.children().get(name, before) != before


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """`qianyun up`, ready; whatever a test leaves of it is ended."""
    state = tmp_path / "state"
    environment = {
        "PATH": os.defpath,
        "QIANYUN_STATE": str(state),
        "QIANYUN_TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
        "QIANYUN_API_ADDRESS": f"127.0.0.1:{free_port()}",
        "QIANYUN_BECOME_PASSWORD": "hunter2hunter2",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", "up", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout
    first = process.stdout.readline()
    started = Up(process, state, environment)
    try:
        assert json.loads(first)["ready"] is True
        children = started.children()
        yield started
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    until(lambda: not any(map(alive, children.values())), "no child remains")


@pytest.mark.slow  # the first migration kills two of them
def test_it_lives_through_the_death_of_each_child(up: Up) -> None:
    assert up.get("/health")[0] == 200
    assert "qianyun_runs" in up.get("/metrics")[1]
    assert up.told()["ready"] is True
    before = up.children()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    for name in ("temporal", "worker", "api"):
        until(up.restarted(name, before[name]), f"{name} is started again")
    until(up.healthy, "all of it answers again")

    second = subprocess.run(
        [sys.executable, "-m", "api.cli.main", "up"],
        env=up.environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert second.returncode == 1
    assert "up.json" in second.stderr

    for pid in up.children().values():
        assert b"hunter2" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    temporal = Path(f"/proc/{up.children()['temporal']}/environ").read_bytes()
    assert b"hunter2" not in temporal

    last = up.children()
    up.process.terminate()
    _, said = up.process.communicate(timeout=PATIENCE)
    assert up.process.returncode == 0
    for name in before:
        assert f"{name} 退出（-9）" in said
    assert not any(map(alive, last.values()))
    assert not (up.state / "up.json").exists()
    for path in up.state.rglob("*"):
        if path.is_file():
            assert b"hunter2" not in path.read_bytes()


def test_nothing_outlives_it(up: Up) -> None:
    children = up.children()
    os.kill(up.process.pid, signal.SIGKILL)
    up.process.wait()
    until(lambda: not any(map(alive, children.values())), "no child remains")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {
            "QIANYUN_STATE": str(tmp_path),
            "QIANYUN_API_ADDRESS": f"127.0.0.1:{taken.getsockname()[1]}",
            "QIANYUN_TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
        }
        argv = [sys.executable, "-m", "api.cli.main", "up"]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert environment["QIANYUN_API_ADDRESS"] in done.stderr

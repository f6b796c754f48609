"""`make netbox`: a NetBox that stays when the command has ended."""

import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.lab.shell import start_time
from tests.netbox import daemon, install
from tests.netbox.__main__ import FOLDER, stop_command
from tests.temporal import free_port

DEADLINE = 120


def command(word: str, folder: Path, port: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "tests.netbox", word, "--empty"),
            *(f"--folder={folder}", f"--port={port}"),
        ],
        cwd=install.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "kept"
    command("down", tmp_path / "kept")


def sites(said: str, body: object = None) -> object:
    """NetBox's sites, or a new one, by what `up` said alone."""
    told = dict(re.findall(r"export (\w+)=(.+)", said))
    token = Path(told["QIANYUN_NETBOX_TOKEN"].removeprefix("file:"))
    assert token.stat().st_mode & 0o777 == 0o600
    headers = {"Authorization": f"Bearer {token.read_text()}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    request = Request(f"{told['QIANYUN_NETBOX_URL']}/api/dcim/sites/", sent, headers)
    with build_opener(ProxyHandler({})).open(request, timeout=DEADLINE) as answer:
        return json.load(answer)


@pytest.mark.slow  # a minute: make chaos runs it
def test_up_again_down_and_up_with_its_data(folder: Path) -> None:
    port = free_port()
    first = command("up", folder, port)
    assert first.returncode == 0, first.stderr
    assert "启动 NetBox / starting NetBox" in first.stdout
    assert f"make netbox-down FOLDER={folder} " in first.stdout
    sites(first.stdout, {"name": "甲", "slug": "a"})
    held = daemon.running(daemon.Place(folder))
    assert held
    again = command("up", folder, port)
    assert again.returncode == 0
    assert again.stdout in first.stdout
    stopped = command("down", folder)
    assert (stopped.returncode, "已停止" in stopped.stdout) == (0, True)
    assert start_time(held.pid) is None
    assert "没有在运行" in command("down", folder).stdout

    back = command("up", folder, port)
    found = sites(back.stdout)
    assert isinstance(found, dict)
    assert [site["name"] for site in found["results"]] == ["甲"]
    end_with_its_redis(folder)


def end_with_its_redis(folder: Path) -> None:
    """When one of its servers ends, the others do not go on without it."""
    held = daemon.running(daemon.Place(folder))
    assert held
    watched = os.pidfd_open(held.pid)
    children = Path(f"/proc/{held.pid}/task/{held.pid}/children").read_text().split()
    names = {Path(f"/proc/{pid}/comm").read_text().strip(): int(pid) for pid in children}
    os.kill(names["redis-server"], signal.SIGKILL)
    assert select.select([watched], [], [], DEADLINE)[0]
    os.close(watched)
    assert not [pid for pid in children if start_time(int(pid))]
    assert daemon.running(daemon.Place(folder)) is None


@pytest.mark.parametrize("name", ["elsewhere", "有 空格"])
def test_what_stops_it_names_its_folder(tmp_path: Path, name: str) -> None:
    """As a shell and make read it, down to the folder that is looked at."""
    place = daemon.Place(tmp_path / name)
    place.folder.mkdir()
    words = shlex.split(stop_command(place))
    assert words[:2] == ["make", "netbox-down"]
    said = subprocess.run(words, cwd=install.ROOT, capture_output=True, text=True, check=True)
    assert f"no NetBox is running in {place.folder}\n" in said.stdout
    assert "FOLDER=…" in said.stdout
    assert stop_command(daemon.Place(FOLDER.absolute())) == "make netbox-down"


def test_a_port_that_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = command("up", folder, port)
    assert said.returncode == 3
    assert f"端口 {port} 不可用" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (folder / "postgres").exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = command("up", tmp_path / "file" / "below")
    assert said.returncode == 3
    assert "FOLDER=" in said.stderr
    assert "Traceback" not in said.stderr

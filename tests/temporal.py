"""A Temporal server of one's own. In a conftest: `from tests.temporal import temporal_address`."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.engine.server import server_command, wait_for_server

UPPER = 60


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a dev server on loopback, as `qianyun up` starts it."""
    folder = tmp_path_factory.mktemp("temporal")
    address = f"127.0.0.1:{free_port()}"
    server = start_server(folder, address)
    try:
        asyncio.run(wait_for_server(address, "default", UPPER))
        yield address
    finally:
        stop_server(server)


def start_server(folder: Path, address: str) -> subprocess.Popen[bytes]:
    """It dies with us, also when we are killed (prctl(2), PR_SET_PDEATHSIG)."""
    with (folder / "temporal.log").open("ab") as log:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *server_command(folder / "temporal.db", address)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def stop_server(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(UPPER)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

"""The embedded store on a real PostgreSQL, reached by a Unix socket alone."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from inventory.database import make_engine
from inventory.store_embedded import EmbeddedStore
from inventory.tables import estate_snapshots, metadata
from tests.inventory.store_contract import StoreContract


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return (
        {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    # not tmp_path: it lies in a folder that only root may enter
    folder = Path(tempfile.mkdtemp(prefix="qianyun-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    quiet: dict[str, Any] = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        data = folder / "data"
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "qianyun",
            "-N",
        ]
        subprocess.run(initdb, check=True, **quiet, **_other_user())
        options = ["listen_addresses=", f"unix_socket_directories={folder}", "fsync=off"]
        command: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            *(w for o in options for w in ("-c", o)),
        ]
        server = subprocess.Popen(command, **quiet, **_other_user())
        try:
            _wait_until_ready(programs, folder, server)
            yield f"postgresql+psycopg://qianyun@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def _wait_until_ready(programs: Path, folder: Path, server: "subprocess.Popen[Any]") -> None:
    deadline = time.monotonic() + 30
    ask: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder]
    while subprocess.run(ask, check=False).returncode != 0:
        assert server.poll() is None, "postgres ended"
        assert time.monotonic() < deadline, "postgres is not ready after 30 s"
        time.sleep(0.05)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = make_engine(url)
    metadata.create_all(made, tables=[estate_snapshots])
    yield made
    metadata.drop_all(made, tables=[estate_snapshots])
    made.dispose()


class TestEmbeddedStoreOnPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, engine: Engine) -> EmbeddedStore:
        return EmbeddedStore(engine)

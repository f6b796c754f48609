"""The check `mysql` on a real server: Debian's MariaDB, in a namespace of the test's own."""

import asyncio
import pwd
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import InNamespace
from tests.probes.servers import free_port

SERVER = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
INSTALL = shutil.which("mariadb-install-db")
USER = "mysql" if any(one.pw_name == "mysql" for one in pwd.getpwall()) else "nobody"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SERVER and INSTALL), reason="no MariaDB server here"),
]


def target(port: int, address: str) -> Target:
    family: Family = 6 if ":" in address else 4
    return Target(code="db", check="mysql", family=family, address=address, port=port)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of whoever the server runs as."""
    data = tmp_path_factory.mktemp("mariadb") / "data"
    data.mkdir()
    for one in (data, *data.parents[:3]):
        one.chmod(one.stat().st_mode | 0o011)  # another user goes through pytest's folders
    shutil.chown(data, USER)
    install = (INSTALL or "", *_common(data), "--auth-root-authentication-method=normal")
    subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
    return data


def _common(data: Path) -> tuple[str, ...]:
    return ("--no-defaults", f"--user={USER}", f"--datadir={data}")


@asynccontextmanager
async def mariadb(data: Path, *more: str) -> AsyncIterator[int]:
    """Serving on both families; its port."""
    port = free_port()
    with (data.parent / "log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", SERVER or "", *_common(data)),
            *(f"--port={port}", "--bind-address=*", f"--socket={data}/s", "--skip-name-resolve"),
            *(f"--pid-file={data}/pid", *more),
            stdout=log,
            stderr=log,
        )
    try:
        while (await probe(target(port, "127.0.0.1"), 5)).failure is Failure.REFUSED:
            assert server.returncode is None, (data.parent / "log").read_text()
            await asyncio.sleep(0.2)
        yield port
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


def test_a_real_server_greets_and_shuts_nobody_out(in_namespace: InNamespace, data: Path) -> None:
    """A server shuts out addresses that break off handshakes: after five of them, here. We do not."""

    async def story() -> list[ProbeResult]:
        async with mariadb(data, "--max-connect-errors=5") as port:
            return [
                await probe(target(port, address), 20)
                for _ in range(12)
                for address in ("127.0.0.1", "::1")
            ]

    for result in in_namespace(story):
        assert result.ok, result.evidence
    assert "MariaDB" in " ".join(result.evidence.values())


def test_one_that_is_full_is_not_ready(in_namespace: InNamespace, data: Path) -> None:
    async def story() -> ProbeResult:
        # ten are the fewest it allows, one more is the administrator's
        async with mariadb(data, "--max-connections=10") as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(11)]
            for reader, _ in held:
                await reader.read(1)
            result = await probe(target(port, "127.0.0.1"), 20)
            for _, writer in held:
                writer.close()
            return result

    result: ProbeResult = in_namespace(story)
    assert result.failure is Failure.NOT_READY, result.evidence

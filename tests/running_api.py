"""The API: as a process of its own over the state of an environment, and in this process."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from sys import executable

import httpx

from api.bootstrap import Qianyun
from api.http.app import make_app
from tests.children import spawn
from tests.temporal import free_port

UPPER = 60.0
"""Seconds that starting may take."""
ROOT = Path(__file__).resolve().parents[1]
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def running_api(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Its address, once it listens; it has read nothing of the estate by then."""
    address = f"127.0.0.1:{free_port()}"
    child = spawn(
        [executable, "-m", "api.cli.main", "api"],
        folder / "api.log",
        environ=dict(environ) | {"QIANYUN_API_ADDRESS": address},
        folder=ROOT,
    )

    def listens() -> bool:
        try:
            _direct.open(f"http://{address}/health/live", timeout=UPPER).close()
        except urllib.error.URLError:
            return False
        return True

    try:
        child.wait_until(listens, UPPER)
        yield f"http://{address}"
    finally:
        child.stop()


class Client:
    """Asks an app in this process, by a loopback name."""

    def __init__(self, product: Qianyun) -> None:
        self._transport = httpx.ASGITransport(make_app(product), raise_app_exceptions=False)

    def ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        async def asked() -> httpx.Response:
            base = "http://127.0.0.1"
            async with httpx.AsyncClient(transport=self._transport, base_url=base) as client:
                return await client.request(method, path, content=content, headers=headers)

        return asyncio.run(asked())

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers=headers)

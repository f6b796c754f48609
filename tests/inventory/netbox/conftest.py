"""A store over a real NetBox that bootstrap made ready, and a database of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inventory.netbox.bootstrap import bootstrap
from inventory.netbox.client import Client
from inventory.netbox.store import NetBoxStore
from migrator.store.truth import Truth
from tests.netbox.server import NetBox

READY = "netbox_ready"


@pytest.fixture
def ready(netbox_server: NetBox) -> NetBox:
    """NetBox with what Qianyun needs in it, and nothing else."""
    if not netbox_server.keeps(READY):
        netbox_server.reset()
        bootstrap(Client(netbox_server.url, netbox_server.token), actor="tests")
        netbox_server.keep(READY)
    netbox_server.reset(READY)
    return netbox_server


@pytest.fixture
def truth(tmp_path: Path) -> Iterator[Truth]:
    truth = Truth.open(f"sqlite:///{tmp_path}/qianyun.db")
    yield truth
    truth.engine.dispose()


@pytest.fixture
def open_store(ready: NetBox, truth: Truth, tmp_path: Path) -> Callable[..., NetBoxStore]:
    """A further store, as another command would open it; `url`: by way of a proxy, say."""

    def opened(url: str | None = None, connections: int = 2) -> NetBoxStore:
        client = Client(url or ready.url, ready.token, connections=connections)
        return NetBoxStore(client, truth.engine, tmp_path / "mirror.json")

    return opened


@pytest.fixture
def store(open_store: Callable[..., NetBoxStore]) -> NetBoxStore:
    return open_store()

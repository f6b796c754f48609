"""pytest fixtures: one NetBox for the session, started by the first test that asks; reset for each."""

from collections.abc import Iterator

import pytest

from tests.netbox.server import NetBox


@pytest.fixture(scope="session")
def netbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetBox]:
    """A running NetBox, in whatever state the last test left it."""
    with NetBox(tmp_path_factory.mktemp("netbox") / "state") as running:
        yield running


@pytest.fixture
def netbox(netbox_server: NetBox) -> NetBox:
    """A running NetBox with an admin, a token and no other object."""
    netbox_server.reset()
    return netbox_server

"""The sample city's NetBox: a real one, that listens on the loopback of the operations zone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.city import City
from tests.lab.lab import Lab
from tests.netbox.server import NetBox

PORT = 8300


@contextmanager
def netbox_in(lab: Lab, folder: Path) -> Iterator[NetBox]:
    """A NetBox that commands in `lab.ops` reach; nothing else of the lab does."""
    with lab.ops.entered():
        listener = socket.create_server(("127.0.0.1", PORT), backlog=128)
    with listener, NetBox(folder, also=[listener]) as netbox:
        yield netbox


def settings(token: Path) -> dict[str, str]:
    """What a command needs to use it; `token`: the file that holds the token."""
    return {
        "QIANYUN_NETBOX_URL": f"http://127.0.0.1:{PORT}",
        "QIANYUN_NETBOX_TOKEN": f"file:{token}",
    }


def make_ready(city: City, netbox: NetBox) -> City:
    """The same city with Qianyun on that NetBox, by the token that bootstrap made: it may no more
    than it needs."""
    admin = city.state.parent / "admin-token"
    admin.touch(0o600)
    admin.write_text(netbox.token)
    own = city.state.parent / "qianyun-token"
    asking = City(city.lab, city.state, extra={**city.extra, **settings(admin)})
    asking.qianyun("netbox", "bootstrap", "--token-file", str(own), actor="admin")
    return City(city.lab, city.state, extra={**city.extra, **settings(own)})

"""A database of the source behind a port of this host's loopback, for as long as it is copied.

Each connection is an ssh over the copy's own master to the source's port, which lets what the database
sends through the system's limit (pace). Only root may listen below 1024, and only root and the
database's own user are let in: nobody else can stand in for the source, or reach it this way.
"""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Optional, Sequence, Tuple, Type

from .errors import AgentError
from .pace import write_all
from .proc import environment
from .store import Address, Store

if TYPE_CHECKING:
    from .side import Side
    from .tree import Carrier

HOST = "127.0.0.1"
PORTS = range(720, 1024)
BLOCK = 1 << 16


class Tunnel:
    """`with Tunnel(…) as tunnel`: the database is at HOST and `tunnel.port`."""

    def __init__(self, side: Side, store: Store, carrier: Carrier) -> None:
        self.index, self.carrier = side.clusters.index(store), carrier
        self.users = {0, pwd.getpwnam(store.user).pw_uid}
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Tunnel:
        self._listener, self.port = _listener(PORTS)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or accept would not end
        self._thread.join()
        self._listener.close()
        for child in self._children:
            child.terminate()
            child.wait()

    def _serve(self) -> None:
        while True:
            try:
                came, peer = self._listener.accept()
            except OSError:
                return
            with came:
                if owner(peer[1], self.port) in self.users:
                    self._children.append(self._connected(came))
            self._children = [one for one in self._children if one.poll() is None]

    def _connected(self, came: socket.socket) -> subprocess.Popen[bytes]:
        carrier = self.carrier
        asked = f"{carrier.asked} rate={carrier.told.kbps} database={self.index}"
        return subprocess.Popen(
            [*carrier.ssh, carrier.host, asked],
            stdin=came.fileno(),
            stdout=came.fileno(),
            stderr=subprocess.DEVNULL,
            env=environment(marked=True),
            cwd="/",
            pass_fds=carrier.keep,
            start_new_session=True,
        )


def _listener(ports: Sequence[int]) -> Tuple[socket.socket, int]:
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind((HOST, port))
            listener.listen(8)
        except OSError:
            listener.close()
            continue
        return listener, port
    raise AgentError(
        "目标主机没有空闲的特权端口 / no port below 1024 is free on the target",
        read=f"{HOST}:{ports[0]}…{ports[-1]} taken",
        expected="a free one",
        do="停止占用端口的程序后重试 / end what holds them, then retry",
    )


def owner(near: int, far: int) -> int:
    """The user of whoever connected from port `near` to our port `far`; -1 where that is gone."""
    ends = [f"{socket.htonl(0x7F000001):08X}:{port:04X}" for port in (near, far)]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[1:3] == ends:
            return int(words[7])
    return -1


def relay(address: Address) -> None:
    """On the source: our input goes to a database, what it says to our output, until either ends."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as there:
        there.connect(address)
        threading.Thread(target=_feed, args=(there,), daemon=True).start()
        with suppress(OSError):
            while block := there.recv(BLOCK):
                write_all(1, block)


def _feed(there: socket.socket) -> None:
    with suppress(OSError):
        while block := os.read(0, BLOCK):
            there.sendall(block)
        there.shutdown(socket.SHUT_WR)

"""A database of the system, as its move sees it; one class per engine (see ENGINES in engines.py).

A store is on this host the primary that clients write to, the same halted, or the other side's
standby. Positions are the engine's own (log position, GTID, offset) and are text to everybody else.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Tuple, Union

from . import tree
from .errors import AgentError
from .move import Database, Move

if TYPE_CHECKING:
    from .preflight import Findings
    from .side import Side
    from .tree import Carrier

Address = Union[str, Tuple[str, int]]
Into = Callable[..., None]
"""Runs a program with its output in a file: (path, command, user)."""


class Store(ABC):
    """Every method may be repeated; those that change anything raise AgentError if they cannot."""

    of: Database
    user: str  # as whom the server runs
    files_fit_anywhere = False  # whether a copy may go to another architecture, system or libc

    @property
    @abstractmethod
    def label(self) -> str:
        """For people and as key of evidence."""

    @property
    @abstractmethod
    def stem(self) -> str:
        """For names of our own files; no two stores of a move share it."""

    @property
    @abstractmethod
    def data(self) -> Path: ...

    @property
    @abstractmethod
    def door(self) -> Address:
        """Where the server listens for this host itself: a socket's file, or an address and port."""

    # -- state -----------------------------------------------------------------------------------

    @abstractmethod
    def pid(self) -> int:
        """The server's process id; 0 when it does not run."""

    def weight(self) -> int:
        """Bytes that its copy carries and takes, about."""
        return tree.size(str(self.data))["bytes"]

    @abstractmethod
    def answers(self) -> bool: ...

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """{"in_recovery", "streaming", "lsn"}: a standby? does it receive? its position."""

    @abstractmethod
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """By database: {"oid", "table", "read"}: what parity is asked of; see parity.py."""

    @abstractmethod
    def counts(self, wanted: dict[str, list[Any]], seconds: float) -> dict[str, Any]:
        """By database and oid: [rows, checksum]."""

    @abstractmethod
    def identifier(self) -> str:
        """What tells this copy from another after a change of sides."""

    # -- sides -----------------------------------------------------------------------------------

    @abstractmethod
    def warm(self) -> None:
        """Before the hold: opens sessions, writes out what can be."""

    @abstractmethod
    def halt(self, seconds: float) -> dict[str, str]:
        """From now on it takes no writes: {"state", "checkpoint"}, the last position."""

    @abstractmethod
    def halted(self) -> dict[str, str]:
        """The same once more; raises AgentError if it is halted no longer, or was written to."""

    @abstractmethod
    def caught_up(self, checkpoint: str) -> bool:
        """Whether this standby has all up to the primary's last position."""

    @abstractmethod
    def position(self) -> str: ...

    @abstractmethod
    def promote(self, seconds: float, move: Move) -> dict[str, Any]: ...

    @abstractmethod
    def serve(self) -> None:
        """A halted or stopped primary takes writes again."""

    @abstractmethod
    def retreat(self, side: Side) -> str:
        """What was promoted serves nobody: its identifier, of a copy that is stale now; or ''."""

    @abstractmethod
    def follow(self, side: Side) -> None:
        """A halted primary becomes the other side's standby, and is seen to receive."""

    # -- before and after ------------------------------------------------------------------------

    @abstractmethod
    def look_at_source(self, side: Side, found: Findings) -> dict[str, Any]: ...

    @abstractmethod
    def look_at_target(self, side: Side, found: Findings) -> dict[str, Any]: ...

    def compare(  # noqa: B027
        self, here: dict[str, Any], there: dict[str, Any], found: Findings
    ) -> None:
        """What both sides were found to be (`look_at_…`) fits together."""

    @abstractmethod
    def prepare(self, side: Side, password: str) -> bool:
        """On either side, before the copy; whether who may connect was changed."""

    @abstractmethod
    def offer(self, side: Side) -> dict[str, Any]:
        """On the source: what `copy` needs: {"files", "identifier"}."""

    @abstractmethod
    def copy(self, side: Side, offered: dict[str, Any], carrier: Carrier) -> dict[str, Any]:
        """On the target: makes it a standby that receives; keeps a good copy that is there."""

    @abstractmethod
    def dump(self, folder: Path, into: Into) -> list[dict[str, Any]]:
        """A backup into files of `folder`: [{"file", "of"}]."""

    @abstractmethod
    def retire(self, move: Move) -> bool:
        """On a primary: what let the other side follow goes; whether anything was there."""

    @abstractmethod
    def put_away(self, move: Move, *, good: bool) -> None:
        """On a standby: it stops and stays so. `good`: the other side serves for good."""

    def release(self, move: Move) -> None:
        """On the new primary, for good."""
        self.retire(move)

    def close(self) -> None:  # noqa: B027
        """Ends sessions."""


def until(  # noqa: PLR0917
    good: Callable[[], bool],
    seconds: float,
    what: str,
    label: str,
    do: str,
    tick: Optional[Callable[[], object]] = None,
) -> None:
    """Waits for it, `tick` done meanwhile; raises AgentError that says `what` of `label`."""
    limit = time.monotonic() + seconds
    while not good():
        if tick:
            tick()
        if time.monotonic() > limit:
            raise AgentError(
                f"{what}: {label}", read=f"not within {seconds:g} s", expected="in time", do=do
            )
        time.sleep(0.05)


UNSTARTED = "数据库无法启动 / the database does not start"
NOT_STREAMING = "备库未接上主库 / the standby does not stream"
LOOK_AT_WAY = (
    "检查复制口令、端口与连通 / check the replication password, the port and the way there"
)


def reachable(addresses: Sequence[str], port: int) -> str:
    """The first of a host's addresses (v4, v6) whose port answers; the first one if none does."""
    import socket

    for address in addresses:
        try:
            socket.create_connection((address, port), timeout=2).close()
            return address
        except OSError:
            continue
    return addresses[0]

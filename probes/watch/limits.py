"""Echoes that a device rations are no loss of the node: told apart by what else of it answers.

A host or router that limits its ICMP (net.ipv4.icmp_ratelimit, `nft … limit`) drops echoes and
nothing else. Where a node that loses MOST or more of its echoes takes CONNECTIONS TCP connections in
the same time, all of them at the first SYN (one that was sent again takes a second), loss on the path
is out of the question: were a quarter of packets lost, they would all pass once in ten thousand.
What has no TCP port beside it, or loses all of its echoes, cannot be told apart and is not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from probes.watch.table import COARSE, Table, Word
from probes.watch.watched import Watch

LOST = 3  # echoes in one window
MOST = 0.25  # share of a window's echoes
CONNECTIONS = 16
WINDOW = 64  # connections after which a new window begins


@dataclass(slots=True)
class _Window:
    """Counters when it began."""

    answered: int
    connected: int
    failed: int
    slow: int
    lost: int = 0
    limited: bool = False


class EchoLimits:
    """Asked only when an echo was lost: what answers costs nothing."""

    def __init__(self) -> None:
        self._beside: Mapping[tuple[str, int], tuple[int, ...]] = {}
        self._windows: dict[int, _Window] = {}

    def know(self, watches: Iterable[tuple[Watch, int]]) -> None:
        """Targets with their slots, after each change of the list."""
        found: dict[tuple[str, int], list[int]] = defaultdict(list)
        for watch, slot in watches:
            if watch.target.check == "tcp" and not watch.fine:
                found[watch.target.code, watch.target.family].append(slot)
        self._beside = {key: tuple(slots) for key, slots in found.items()}
        self._windows.clear()

    def rationed(self, watch: Watch, slot: int, table: Table) -> bool:
        """Whether this look that had no answer is an echo that was rationed."""
        beside = self._beside.get((watch.target.code, watch.target.family))
        if watch.target.check != "icmp" or not beside:
            return False
        connected, failed, slow = self._connections(beside, table)
        answered = table.q[table.base(slot) + Word.ANSWERED]
        window = self._windows.get(slot)
        if window is None or connected - window.connected > WINDOW:
            before = window is not None and window.limited and window.failed == failed
            window = _Window(answered, connected, failed, slow, limited=before)
            self._windows[slot] = window
        window.lost += 1
        if (failed, slow) != (window.failed, window.slow):  # the path itself loses, or may
            window.limited = False
        elif not window.limited:
            came = answered - window.answered
            window.limited = (
                came > 0
                and window.lost >= LOST
                and window.lost >= MOST * (came + window.lost)
                and connected - window.connected >= CONNECTIONS
            )
        return window.limited

    def _connections(self, slots: tuple[int, ...], table: Table) -> tuple[int, int, int]:
        """Made, failed, and made after more than half a second."""
        q = table.q
        made = failed = slow = 0
        for slot in slots:
            base = table.base(slot)
            made += q[base + Word.ANSWERED]
            failed += q[base + Word.FAILED]
            slow += q[base + Word.BUCKET + len(COARSE)] - q[base + Word.BUCKET + len(COARSE) - 1]
        return made, failed, slow

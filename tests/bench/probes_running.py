"""A prober of its own process on a cable of its own, and what the kernel and its table say of it."""

import ipaddress
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from probes.model import Family, Target
from probes.watch.folder import Folder
from probes.watch.slots import read
from probes.watch.table import LATENESS_BUCKETS, Head, Table, Word
from probes.watch.watched import Watch, write

TARGETS = 10_000
V4, V6 = ipaddress.ip_address("10.128.0.1"), ipaddress.ip_address("fd00:128::1")
FIRST: tuple[tuple[Family, ipaddress.IPv4Address | ipaddress.IPv6Address], ...] = ((4, V4), (6, V6))
TICK = os.sysconf("SC_CLK_TCK")


def echoes(count: int, interval: float = 1.0) -> list[Watch]:
    return [
        Watch(
            target=Target(code=f"N-{n}", check="icmp", family=family, address=str(first + n)),
            kind="接入节点",
            organisation=f"O-{n % 100}",
            zone="extranet",
            interval=interval,
        )
        for n in range(count)
        for family, first in FIRST
    ]


class Running:
    """A prober of its own process, and what the kernel and the table say of it."""

    def __init__(self, folder: Path, watches: Sequence[Watch]) -> None:
        folder.mkdir()
        self.folder = Folder(folder)
        write(self.folder.targets, watches)
        reading, writing = os.pipe()
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "api.prober", str(folder)),
                *("--ready-fd", str(writing)),
            ],
            pass_fds=(writing,),
        )
        os.close(writing)
        assert os.read(reading, 16) == b"ready\n"
        self.start, self.start_cpu = time.monotonic() - begun, cpu(self.process.pid)
        os.close(reading)
        # once: to read the list takes longer than all looks of that time together
        self.slots = [seat.slot for seat in read(self.folder.slots) if not seat.gone]

    def head(self, word: int) -> int:
        table = Table(self.folder.table, writable=False)
        try:
            return table.q[word]
        finally:
            table.close()

    def sums(self) -> dict[str, int]:
        """Over all targets."""
        table = Table(self.folder.table, writable=False)
        words = (Word.ANSWERED, Word.FAILED, Word.UNMEASURED, Word.DUPLICATES, Word.LATE)
        bases = [table.base(slot) for slot in self.slots]
        told = {word.name: sum(table.q[b + word] for b in bases) for word in words}
        told |= {"SENT": table.q[Head.SENT], "SKIPPED": table.q[Head.SKIPPED]}
        table.close()
        return told

    def round_trips(self) -> list[float]:
        """Milliseconds of each target's latest."""
        table = Table(self.folder.table, writable=False)
        found = [table.q[table.base(slot) + Word.RTT] / 1e6 for slot in self.slots]
        table.close()
        return found

    def lateness(self) -> list[int]:
        table = Table(self.folder.table, writable=False)
        found = [table.q[Head.LATENESS + n] for n in range(len(LATENESS_BUCKETS) + 1)]
        table.close()
        return found

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def prober(folder: Path, watches: Sequence[Watch]) -> Iterator[Running]:
    running = Running(folder, watches)
    try:
        yield running
    finally:
        running.close()


def cpu(pid: int) -> float:
    """Seconds of processor time, user and system, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid: int) -> float:
    """KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def until(done: Callable[[], bool]) -> float:
    """Seconds it took."""
    begun = time.monotonic()
    while not done():
        time.sleep(0.005)
    return time.monotonic() - begun


def shares(lateness: list[int]) -> str:
    total, told, so_far = sum(lateness) or 1, [], 0
    for bound, count in zip(LATENESS_BUCKETS, lateness, strict=False):
        so_far += count
        if bound in (0.001, 0.002, 0.005, 0.01):
            told.append(f"{so_far / total:.1%}")
    return "/".join(told)

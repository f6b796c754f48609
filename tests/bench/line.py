"""What copies take of a line: four items of one room, real rsync over a line held by tbf, its kernel's
counter each second; what they may take together is halved in flight, and raised later.

Each item is an attempt as the engine starts it; the worker's part (a rate that it sees as late as it
may) is played here.
"""

import itertools
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrator.attempts.pacing import GOES, LAG, Pacing
from tests.lab.addresses import FILES, GATEWAY, JT_FILE, ZW_FILE, TreeFact
from tests.lab.lab import Lab
from tests.playbooks.ansible import Mover

LINE, ROUTER, DEVICE = "LJ-DX-1001", "jt", "uplink"
LINE_KBIT = 100_000
ITEMS = 4
PHASES = ((40_000, 30.0), (20_000, 30.0), (80_000, 20.0))
"""What the items may take together, in kbit/s, and for how long in seconds."""
WAITING = 2_000
"""kbit/s of each item until all of them copy: no more, lest the first is over by then."""
SETTLED = 4.0
MIB = 100
WINDOW = 10.0
DISK_KIB = 3 << 20
UPPER = 180.0


@dataclass
class Item:
    """One copy under way, with the worker's part of it."""

    mover: Mover
    folder: Path
    kbps: int
    over: threading.Event = field(default_factory=threading.Event)
    cut: list[str] = field(default_factory=list)
    started: int = WAITING
    evidence: Sequence[Mapping[str, Any]] = ()

    def begin(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=work) for work in (self._copy, self._keep)]
        for thread in threads:
            thread.start()
        return threads

    def _copy(self) -> None:
        try:
            self.evidence = self.mover.attempt("presync").evidence
        finally:
            self.over.set()

    def _keep(self) -> None:
        pacing = Pacing(self.folder, self.started, lambda: self.kbps)
        while not self.over.wait(0.5):
            if self.folder.exists() and (why := pacing.stop()):
                self.cut.append(why)

    @property
    def copies(self) -> bool:
        """Whether the host said that the copy is under way."""
        return (self.folder / GOES).exists()


@dataclass(frozen=True)
class Sample:
    at: float
    sent: int  # bytes, by the kernel
    may: int  # kbit/s


def figures() -> Iterator[dict[str, object]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qy-bench-")))
        hosts = (JT_FILE.name, ZW_FILE.name, GATEWAY.name)
        lab = stack.enter_context(Lab.up(folder / "lab", hosts))
        samples, cut, late = measure(lab, folder)
    yield from _told(samples, cut, late)


def measure(lab: Lab, folder: Path) -> tuple[list[Sample], int, float]:
    """Samples of all phases; how many copies had to be cut off; the longest time between samples."""
    for name in (JT_FILE.name, ZW_FILE.name):
        lab.hosts[name].disk_kib = DISK_KIB
    lab.reset(JT_FILE.name, ZW_FILE.name)
    lab.set_rate(LINE, LINE_KBIT)
    items = [_item(lab, folder, number) for number in range(1, ITEMS + 1)]
    threads = [thread for item in items for thread in item.begin()]
    samples: list[Sample] = []
    try:
        until = time.monotonic() + UPPER
        while not all(item.copies for item in items):
            assert time.monotonic() < until, "not all copies began"
            time.sleep(0.1)
        for item in items:
            item.kbps = PHASES[0][0] // ITEMS
        time.sleep(SETTLED)
        with lab.network.namespaces[ROUTER].entered():
            for kbps, seconds in PHASES:
                phase(items, kbps, seconds, samples)
        assert not any(item.over.is_set() for item in items), "a copy ended too early"
    finally:
        for item in items:
            item.kbps = LINE_KBIT  # to the end, quickly
        for thread in threads:
            thread.join()
    return samples, sum(bool(item.cut) for item in items), longest_gap(samples)


def longest_gap(samples: list[Sample]) -> float:
    return max(two.at - one.at for one, two in itertools.pairwise(samples))


def _item(lab: Lab, folder: Path, number: int) -> Item:
    path = f"/srv/bulk{number}"
    source = lab.hosts[JT_FILE.name]
    source.run(["mkdir", "-p", path])
    make = f"head -c {MIB}M /dev/urandom > {path}/whole"
    source.run(["sh", "-c", make])
    fact = replace(FILES, code=f"LJ-S-9{number}", trees=(TreeFact(path, writable=True),))
    place = folder / str(number)
    place.mkdir()
    mover = Mover(lab, fact, place, changes={"rate_kbps": WAITING}, seconds=600)
    return Item(mover, place / f"attempt-{fact.slug}-1000", WAITING)


def phase(items: list[Item], kbps: int, seconds: float, samples: list[Sample]) -> None:
    """Samples of so long, the rate told as late as the worker may see it. In the router's namespace."""
    begun = time.monotonic()
    told = False
    while (now := time.monotonic()) < begun + seconds:
        if not told and (now >= begun + LAG or not samples):
            told = True
            for item in items:
                item.kbps = kbps // len(items)
        samples.append(Sample(now, _sent(), kbps))
        time.sleep(max(0.0, (LAG if not told else 1.0) - (time.monotonic() - now)))


def _sent() -> int:
    for line in Path("/proc/thread-self/net/dev").read_text().splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == DEVICE:
            return int(counts.split()[8])
    raise AssertionError(f"no {DEVICE}")


def shares(samples: list[Sample]) -> list[float]:
    """Of each ten seconds and a little more: what was sent, of what might have been. Not of those in
    which the rate rises, or has just risen: a permission takes effect when it is known."""
    found = []
    rise = next(one.at for one in samples if one.may == samples[-1].may)
    for first, start in enumerate(samples):
        may, rises = 0.0, rise <= start.at < rise + risen(samples)
        for one, two in itertools.pairwise(samples[first:]):
            may += one.may * 125 * (two.at - one.at)
            rises = rises or one.may < two.may
            if two.at - start.at >= WINDOW:
                found += [] if rises else [(two.sent - start.sent) / may]
                break
    return found


def risen(samples: list[Sample]) -> float:
    """Seconds from the last change, a rise, until 90 % of it are taken."""
    begun = next(one.at for one in samples if one.may == samples[-1].may)
    for one, two in itertools.pairwise(samples):
        if one.at >= begun and two.sent - one.sent >= 0.9 * one.may * 125 * (two.at - one.at):
            return one.at - begun
    return samples[-1].at - begun


def _told(samples: list[Sample], cut: int, late: float) -> Iterator[dict[str, object]]:
    every = shares(samples)
    steps = " → ".join(str(kbps // 1000) for kbps, _ in PHASES)
    load = f"load {os.getloadavg()[0]:.1f}, samples at most {late:.1f} s apart"
    yield {
        "name": "line.least",
        "value": round(100 * min(every), 1),
        "unit": f"% of what four items might take together, least of {len(every)} windows of 10 s; "
        f"{steps} Mbit/s in flight",
        "bar": "≥ 90",
        "ok": min(every) >= 0.9,
        "beside": round(100 * sum(every) / len(every), 1),
        "beside_is": f"%, mean; {load}",
    }
    rise = risen(samples)
    yield {
        "name": "line.risen",
        "value": round(rise, 1),
        "unit": "s until a raised limit is taken to 90 %",
        "bar": "≤ 5",
        "ok": rise <= 5,
        "beside": None,
        "beside_is": "",
    }
    yield {
        "name": "line.most",
        "value": round(100 * max(every), 1),
        "unit": "%, most of those windows, by the kernel's counter of the line",
        "bar": "≤ 105, no copy cut off",
        "ok": max(every) <= 1.05 and not cut,
        "beside": cut,
        "beside_is": "copies that had to begin anew for it",
    }

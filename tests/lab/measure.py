"""Running the outside client, and what its lines say: downtime, errors, writes that were lost."""

import json
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.lab import client
from tests.lab.addresses import ENTRIES, FILES, GATEWAY, SYSTEMS, SystemFact
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.lab import Lab

PACE_S = 0.02
END_SECONDS = client.TIMEOUT_S + 10


@dataclass(frozen=True)
class Line:
    """One request as the client saw it. Times: `at` unix s, `start` monotonic s, `ms` its length."""

    system: str
    family: int
    method: str
    path: str
    at: float
    start: float
    ms: float
    ok: bool
    status: int | None = None
    error: str = ""
    id: int | None = None
    sha256: str = ""

    @property
    def end(self) -> float:
        return self.start + self.ms / 1000

    @property
    def write(self) -> bool:
        return self.method in ("POST", "PUT")


@dataclass(frozen=True)
class Summary:
    """One system over one family. Seconds and milliseconds as the client saw them."""

    system: str
    family: int
    requests: int
    errors: int
    downtime_s: float  # longest time between two successes, less the pace
    longest_ms: float
    acknowledged: int  # writes
    first_errors: tuple[str, ...] = ()


@contextmanager
def outside_client(
    lab: Lab,
    out: Path,
    systems: Sequence[SystemFact] = SYSTEMS,
    pace: float = PACE_S,
) -> Iterator[subprocess.Popen[str]]:
    """The client runs in `citizen` for as long as the block, from its first answers on.

    `pace` is the time between a stream's requests, in seconds.
    """
    process = start_client(lab, out, systems, pace)
    try:
        yield process
    finally:
        stop_client(process)


def start_client(
    lab: Lab, out: Path, systems: Sequence[SystemFact] = SYSTEMS, pace: float = PACE_S
) -> subprocess.Popen[str]:
    """Starts the client and returns once every stream has had an answer."""
    out.touch()
    argv = [sys.executable, "-I", client.__file__, "--out", str(out), "--pace", str(pace)]
    argv += ["--v4", str(GATEWAY.address), "--v6", str(GATEWAY.address6)]
    argv += [f"{system.code}={system.entrance_port}" for system in systems]
    process = lab.citizen.popen(argv)
    deadline = time.monotonic() + END_SECONDS
    while len({(line.system, line.family) for line in read(out)}) < 2 * len(systems):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise LabError(f"the outside client had no answer for every system, see {out}")
        time.sleep(0.02)
    return process


def stop_client(process: subprocess.Popen[str]) -> None:
    """Ends the client; requests under way are finished and written down first."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    finally:
        process.kill()


def read(out: Path) -> list[Line]:
    """The client's lines so far (whole ones: the last may be half written)."""
    text = out.read_text(encoding="utf-8")
    return [Line(**json.loads(raw)) for raw in text[: text.rfind("\n") + 1].splitlines()]


def summarise(lines: Iterable[Line], pace: float = PACE_S) -> list[Summary]:
    """What the client saw, per system and family, in order of system and family."""
    streams: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in lines:
        streams[line.system, line.family].append(line)
    return [
        _summary(system, family, sorted(found, key=lambda line: line.start), pace)
        for (system, family), found in sorted(streams.items())
    ]


def _summary(system: str, family: int, lines: Sequence[Line], pace: float) -> Summary:
    errors = [line for line in lines if not line.ok]
    # Answers that never came again must show: the time after the last success counts as well.
    ends = [lines[0].start, *(line.end for line in lines if line.ok), lines[-1].end]
    gaps = (later - sooner for sooner, later in pairwise(ends))
    return Summary(
        system=system,
        family=family,
        requests=len(lines),
        errors=len(errors),
        downtime_s=round(max(0.0, max(gaps) - pace), 4),
        longest_ms=max(line.ms for line in lines),
        acknowledged=sum(line.ok and line.write for line in lines),
        first_errors=tuple(line.error or f"status {line.status}" for line in errors[:3]),
    )


def lost_writes(lines: Iterable[Line], serving: Mapping[str, Host]) -> list[Line]:
    """The acknowledged writes that are not on the host that now serves (system code → host).

    Systems without a host in `serving` are not looked at.
    """
    found: list[Line] = []
    by_system: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.write:
            by_system[line.system].append(line)
    for code, writes in by_system.items():
        if code in serving:
            found += CHECKS[code](writes, serving[code])
    return found


def _lost_entries(writes: Sequence[Line], host: Host) -> list[Line]:
    database = ENTRIES.databases[0].name
    psql = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", database]
    there = set(host.run([*psql, "-c", "SELECT id FROM entries WHERE id > 1000000"]).stdout.split())
    return [line for line in writes if line.ok and str(line.id) not in there]


def _lost_files(writes: Sequence[Line], host: Host) -> list[Line]:
    """A file must hold the last acknowledged write of its path, or one sent after that."""
    top = f"{FILES.trees[0].path}/data"
    sums = host.run(["sh", "-c", 'cd "$1" && find client -type f -exec sha256sum {} +', "-", top])
    there = {f"/{path}": digest for digest, _, path in map(_split_sum, sums.stdout.splitlines())}
    by_path: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(writes, key=lambda line: line.start):
        by_path[line.path].append(line)
    lost = []
    for path, sent in by_path.items():
        last = max((n for n, line in enumerate(sent) if line.ok), default=None)
        if last is not None and there.get(path) not in {line.sha256 for line in sent[last:]}:
            lost.append(sent[last])
    return lost


def _split_sum(line: str) -> tuple[str, str, str]:
    return line.partition("  ")


CHECKS: dict[str, Any] = {ENTRIES.code: _lost_entries, FILES.code: _lost_files}

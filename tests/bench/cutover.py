"""What clients see of a move: the application with PostgreSQL on a line of 100 Mbit/s, 50
transactions a second, beside the classic way (stop, copy, start) of the same system on the same
line; the way back after new writes; a static site; files that are written all the while."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from tests.lab import workloads
from tests.lab.addresses import ENTRIES, FILES, GATEWAY, PG_VERSION, PORTAL, SystemFact
from tests.lab.entrance import haproxy
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.measure import Line, lost_writes, outside_client, read, summarise
from tests.playbooks.ansible import Mover, Played

LINE, LINE_KBIT = "LJ-YD-1002", 100_000
RATE_KBPS = 90_000  # what presync may take of the line: clients use it too
DISK_KIB = 5 << 20
STREAMS = 2  # one per family
PACE = STREAMS / 50  # 50 transactions a second in all
ROW_BYTES = 1_000
DATA_MIB = 1_100
SOURCE, TARGET = ENTRIES.source, ENTRIES.target
CLUSTER = f"{PG_VERSION}/main"
# Each checkpoint lets some of the log go that the filling left: the classic way would copy it too.
SETTLE = "SELECT pg_current_xact_id() \\g /dev/null\n CHECKPOINT;\n" * 40
RSYNCD = "[all]\npath = /\nuid = 0\ngid = 0\nread only = yes\nuse chroot = no\n"
CLASSIC = (f"/etc/postgresql/{CLUSTER}", f"/var/lib/postgresql/{CLUSTER}", "/srv/entries")


@dataclass(frozen=True)
class Seen:
    """What clients of one system saw. `gap_s`: the longest time between two answers (reads of what
    nobody writes, else acknowledged writes) of a family, less the pace; `per_s`: of them, in all."""

    gap_s: float
    failed: int
    requests: int
    acknowledged: int
    lost: int
    per_s: float

    @classmethod
    def of(cls, lines: Sequence[Line], pace: float, serving: Host) -> "Seen":
        writes = [line for line in lines if line.write] or list(lines)
        told = summarise(writes, pace)
        code = lines[0].system
        spent = max(line.end for line in lines) - min(line.start for line in lines)
        return cls(
            gap_s=max(one.downtime_s for one in told),
            failed=sum(not line.ok for line in lines),
            requests=len(lines),
            acknowledged=sum(one.acknowledged for one in told),
            lost=len(lost_writes(lines, {code: serving})),
            per_s=len(writes) / spent,
        )


@dataclass(frozen=True)
class Way:
    """`rehearsed`: cutover, rollback and cutover by one playbook, with new writes between them;
    `holds`: seconds that each of the three held requests. `back`: the rollback after that.
    `back_s`: from the order (the start of the engine's attempt) until the source had the traffic;
    `program_s`: of that, the shipped program's."""

    mib: int
    classic: Seen
    classic_s: float
    rehearsed: Seen
    holds: tuple[float, ...]
    back: Seen
    back_s: float
    program_s: float


def figures() -> Iterator[dict[str, object]]:
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        Lab.up(Path(folder) / "lab") as lab,
    ):
        way = application(lab, Path(folder), DATA_MIB)
        yield from _told(way)


def application(lab: Lab, folder: Path, mib: int) -> Way:
    """The classic way, then there and back, of a database of at least `mib` MiB."""
    for name in (SOURCE, TARGET):
        lab.hosts[name].disk_kib = DISK_KIB
    lab.reset(SOURCE, TARGET, GATEWAY.name)
    lab.set_rate(LINE, LINE_KBIT)
    size = fill(lab.hosts[SOURCE], mib)
    begun = time.monotonic()
    classic = _client(lab, folder / "classic", ENTRIES, TARGET, lambda: classic_way(lab))
    classic_s = time.monotonic() - begun
    _undo_classic(lab)
    changes = {"rate_kbps": RATE_KBPS, "stateless": True}
    mover = Mover(lab, ENTRIES, folder, changes=changes, seconds=1800)
    mover.done("preflight", "presync")
    played: list[Played] = []
    rehearsed = _client(
        lab, folder / "over", ENTRIES, TARGET, lambda: played.append(mover.done("rehearse"))
    )
    runs = played[0].of(TARGET)["runs"].values()
    ordered: list[float] = []

    def back() -> None:
        ordered.append(time.time())
        mover.attempt("rollback")

    back_seen = _client(lab, folder / "back", ENTRIES, SOURCE, back)
    begun_at, released_at = times(lab.hosts[TARGET])
    return Way(
        mib=size,
        classic=classic,
        classic_s=classic_s,
        rehearsed=rehearsed,
        holds=tuple(float(one["hold_seconds"]) for one in runs),
        back=back_seen,
        back_s=released_at - ordered[0],
        program_s=released_at - begun_at,
    )


def fill(source: Host, mib: int) -> int:
    """Adds a table, so that the cluster's databases hold at least `mib` MiB; gives what they do."""
    rows = mib * (1 << 20) // ROW_BYTES
    psql = ["runuser", "-u", "postgres", "--", "psql", "-XAtqv", "ON_ERROR_STOP=1", "-d", "entries"]
    sql = f"""
    CREATE TABLE archive AS SELECT n AS id, repeat(md5(n::text), {ROW_BYTES // 32}) AS body
      FROM generate_series(1, {rows}) n;
    ALTER TABLE archive ADD PRIMARY KEY (id);
    VACUUM (FREEZE, ANALYZE) archive;
    {SETTLE}
    SELECT pg_database_size('entries') >> 20;
    """
    return int(source.run(psql, text=sql, timeout=600).stdout)


def classic_way(lab: Lab) -> None:
    """Stop, copy all over the line as fast as it goes (rsync's own protocol, no cipher), start."""
    source, target = lab.hosts[SOURCE], lab.hosts[TARGET]
    source.run(["service", "lj-app", "stop"])
    source.run(["pg_ctlcluster", PG_VERSION, "main", "stop", "-m", "fast"])
    source.run(["sh", "-c", "cat >/run/rsyncd.conf"], text=RSYNCD)
    source.run(["rsync", "--daemon", "--config=/run/rsyncd.conf"])
    for path in CLASSIC:
        target.run(["mkdir", "-p", path])
        remote = f"rsync://{source.fact.address}/all{path}/"
        target.run(["rsync", "-aHAXS", "--numeric-ids", remote, f"{path}/"], timeout=1800)
    target.run(["pg_ctlcluster", PG_VERSION, "main", "start"])
    target.run(["service", "lj-app", "start"])
    _turn(lab, target)


def _undo_classic(lab: Lab) -> None:
    source = lab.hosts[SOURCE]
    source.run(["sh", "-c", "kill $(cat /run/rsyncd.pid 2>/dev/null) 2>/dev/null || :"])
    lab.reset(TARGET)
    source.run(["pg_ctlcluster", PG_VERSION, "main", "start"])
    source.run(["service", "lj-app", "start"])
    _turn(lab, source)


def _turn(lab: Lab, to: Host) -> None:
    v4, v6 = ENTRIES.frontends
    for name, address in ((v4, to.fact.address), (v6, to.fact.address6)):
        haproxy(lab, f"set server {name}/main addr {address} port {ENTRIES.check.port}")


def _client(
    lab: Lab,
    out: Path,
    system: SystemFact,
    serving: str,
    work: Callable[[], object],
    pace: float = PACE,
) -> Seen:
    """What clients saw while `work` was done; afterwards `serving` must hold what they wrote."""
    with outside_client(lab, out, (system,), pace):
        work()
    return Seen.of(read(out), pace, lab.hosts[serving])


def times(target: Host) -> tuple[float, float]:
    """When the last run on the target began and when it let requests go again; unix seconds."""
    home = target.root(f"/var/lib/qianyun/{ENTRIES.slug}")
    last = max(home.glob("cutover-*.jsonl"), key=lambda path: path.stat().st_mtime)
    events = [json.loads(line) for line in last.read_text().splitlines()]
    begin, released = (
        next(
            datetime.fromisoformat(one["at"]).timestamp() for one in events if one["event"] == name
        )
        for name in ("begin", "released")
    )
    return begin, released


def _told(way: Way) -> Iterator[dict[str, object]]:
    load = f"load {os.getloadavg()[0]:.1f}"
    worst = way.rehearsed.gap_s
    both = (way.rehearsed, way.back)
    failed, lost = sum(s.failed for s in both), sum(s.lost for s in both)
    holds = ", ".join(f"{seconds:.2f}" for seconds in way.holds)
    yield {
        "name": "cutover.gap",
        "value": worst,
        "unit": "s, longest gap between acknowledged writes in cutover, rollback, cutover by one "
        f"command (held {holds}), services declared stateless; {way.mib} MiB, "
        f"{way.rehearsed.per_s:.0f} transactions/s, 100 Mbit/s",
        "bar": "≤ 1",
        "ok": worst <= 1,
        "beside": way.classic.gap_s,
        "beside_is": f"s, stop, copy, start of the same; {way.classic.failed} failed requests; {load}",
    }
    yield {
        "name": "cutover.over_classic",
        "value": round(way.classic.gap_s / worst, 1),
        "unit": "times shorter than the classic way's gap",
        "bar": "≥ 50",
        "ok": way.classic.gap_s / worst >= 50,
        "beside": round(way.classic_s, 1),
        "beside_is": "s, the classic way whole",
    }
    yield {
        "name": "cutover.failed",
        "value": failed,
        "unit": "failed requests in cutover, rollback, cutover, rollback",
        "bar": "0",
        "ok": failed == 0,
        "beside": sum(s.requests for s in both),
        "beside_is": "requests",
    }
    yield {
        "name": "cutover.lost",
        "value": lost,
        "unit": "acknowledged transactions missing where they should be, after the third and the fourth",
        "bar": "0",
        "ok": lost == 0,
        "beside": sum(s.acknowledged for s in both),
        "beside_is": "acknowledged",
    }
    yield {
        "name": "cutover.rollback",
        "value": round(way.back_s, 2),
        "unit": "s from the order (the start of the attempt) until the source has the traffic again",
        "bar": "≤ 5",
        "ok": way.back_s <= 5,
        "beside": way.back.gap_s,
        "beside_is": "s, longest gap between acknowledged writes meanwhile; the shipped program took "
        f"{way.program_s:.2f} s of the time; {load}",
    }


def static() -> Iterator[dict[str, object]]:
    """The static site, which is never held."""
    seen = _of(PORTAL)
    yield {
        "name": "cutover.static",
        "value": seen.failed,
        "unit": "failed requests",
        "bar": "0",
        "ok": seen.failed == 0,
        "beside": seen.requests,
        "beside_is": "requests",
    }


def files() -> Iterator[dict[str, object]]:
    """Files that are written all the while."""
    seen = _of(FILES)
    bad = seen.failed + seen.lost
    yield {
        "name": "cutover.files",
        "value": seen.gap_s,
        "unit": "s, longest gap between acknowledged writes",
        "bar": "≤ 3, nothing missing, nothing failed",
        "ok": bad == 0 and seen.gap_s <= 3,
        "beside": bad,
        "beside_is": f"failed or missing of {seen.requests}; load {os.getloadavg()[0]:.1f}",
    }


def _of(system: SystemFact) -> Seen:
    hosts = (system.source, system.target, GATEWAY.name)
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        Lab.up(Path(folder) / "lab", hosts) as lab,
    ):
        mover = Mover(lab, system, Path(folder))
        mover.done("preflight", "presync")
        out = Path(folder) / "client"
        return _client(lab, out, system, system.target, partial(mover.done, "cutover"), 0.02)


def forwarded(folder: Path) -> Lab:
    """A lab whose entrance is no proxy: the kernel forwards the old address."""
    builders = {**workloads.BUILDERS, GATEWAY.name: workloads.forwarder}
    return Lab.up(folder / "lab", (SOURCE, TARGET, GATEWAY.name), builders)


def no_proxy() -> Iterator[dict[str, object]]:
    """The application without a pooler or proxy: connections under way are cut, once each."""
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as place,
        forwarded(Path(place)) as lab,
    ):
        folder = Path(place)
        lab.set_rate(LINE, LINE_KBIT)
        mover = Mover(lab, ENTRIES, folder, changes={"stateless": True})
        mover.done("preflight", "presync")
        seen = _client(lab, folder / "direct", ENTRIES, TARGET, partial(mover.done, "cutover"))
    yield {
        "name": "cutover.no_proxy",
        "value": seen.gap_s,
        "unit": "s, longest gap between acknowledged writes, the old address forwarded by nftables",
        "bar": "≤ 3, none lost",
        "ok": seen.gap_s <= 3 and not seen.lost,
        "beside": seen.failed,
        "beside_is": f"requests that met a cut connection, of {seen.requests}; {seen.lost} lost; "
        f"load {os.getloadavg()[0]:.1f}",
    }

"""Screens of visits: what a sweep did, and the facts of one host."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from rich.console import RenderableType

from api.show.parts import BAD, BUSY, DIM, GOOD, rows, table, text
from api.times import local
from api.words import Words
from inventory.facts import FACTS, HostFacts, Look
from inventory.sameness import GIB

if TYPE_CHECKING:
    from api.census import Told

_MANY = 12


def sweep_screen(told: "Told", say: Words) -> Iterator[RenderableType]:
    """Those that failed with what to do, then the figures."""
    if told.failed:
        heads = (say(key) for key in ("host", "address", "reason", "message"))
        yield rows(
            table(*heads),
            (
                (v.code, v.address, text(say.known(f"failure.{v.failure}"), BAD), v.message)
                for v in sorted(told.failed, key=lambda v: v.code)
            ),
        )
    figures = {
        "wanted": told.wanted,
        "already": len(told.already),
        "read": len(told.read),
        "failed": len(told.failed),
    }
    yield text(say("sweep_told", sweep=told.sweep.id, **figures), GOOD if told.ok else BAD)
    if told.hidden:
        yield text(say("sweep_hidden", n=told.hidden), DIM)
    if told.failed:
        yield text(say("sweep_goes_on"), BUSY)
    elif not told.read and told.already:
        yield text(say("sweep_full"), DIM)


def facts_screen(look: Look, say: Words, zone: str) -> Iterator[RenderableType]:
    """A row per fact; long lists begin, and say how many there are."""
    visit = look.visit
    yield text(
        say(
            "facts_of",
            code=look.code,
            at=local(visit.begun, zone),
            way=visit.way,
            address=visit.address,
            look=look.id,
            evidence=visit.evidence[:16],
        )
    )
    unread = {one.fact: one for one in look.facts.unread}
    made = table(say("fact"), say("found"))
    for name in FACTS:
        if name in unread:
            why = say.known(f"why.{unread[name].why}")
            said = f"{say('unread_facts')}: {why} {unread[name].said}".rstrip()
            made.add_row(text(say.known(f"fact.{name}")), text(said, BAD))
        else:
            made.add_row(text(say.known(f"fact.{name}")), text(_LINES[name](look.facts)))
    yield made
    parts = [one for one in look.facts.unread if one.fact not in FACTS]
    if parts:
        told = "、".join(
            f"{say.known(f'fact.{one.fact}')}（{say.known(f'why.{one.why}')}）" for one in parts
        )
        yield text(f"{say('unread_facts')}: {told}", DIM)


def size(count: int | None) -> str:
    """Bytes as a person reads them."""
    if count is None:
        return "?"
    for unit, step in (("TiB", GIB * 1024), ("GiB", GIB), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def _many(found: list[str]) -> str:
    more = f" … ({len(found)})" if len(found) > _MANY else ""
    return "; ".join(found[:_MANY]) + more if found else "-"


def _clock(facts: HostFacts) -> str:
    clock = facts.clock
    if clock is None:
        return ""
    kept = {True: "✓", False: "✗", None: "?"}[clock.synchronised]
    return f"{kept} {clock.source} {clock.offset:+d} s"


def _load(facts: HostFacts) -> str:
    load = facts.load
    if load is None:
        return ""
    average = " ".join(load.load) if load.load else "-"
    return f"{average}; CPU {load.busy / 10:.1f} %; {load.uptime // 86_400} d"


_LINES: Mapping[str, Callable[[HostFacts], str]] = {
    "hostname": lambda f: f.hostname or "",
    "os": lambda f: f"{f.os.name} {f.os.version} ({f.os.kernel})" if f.os else "",
    "arch": lambda f: f.arch or "",
    "cores": lambda f: str(f.cores),
    "memory": lambda f: f"{size(f.memory.total)}, swap {size(f.memory.swap)}" if f.memory else "",
    "model": lambda f: f.model or "",
    "disks": lambda f: _many([f"{d.name} {size(d.size)}" for d in f.disks or ()]),
    "filesystems": lambda f: _many(
        [f"{s.mount} {size(s.used)}/{size(s.size)} {s.type}" for s in f.filesystems or ()]
    ),
    "sockets": lambda f: _many(
        [
            f"{s.address or '*'}:{s.port}/{s.protocol} {s.process or ''}".strip()
            for s in f.sockets or ()
        ]
    ),
    "connections": lambda f: _many(
        [
            f"{c.port} ↔ {c.peer}:{c.peer_port} {c.process or ''}".strip()
            for c in f.connections or ()
        ]
    ),
    "packages": lambda f: (
        f"{f.packages.manager} {f.packages.count}; {f.packages.updated or '?'}"
        if f.packages
        else ""
    ),
    "services": lambda f: _many([s.name for s in f.services or ()]),
    "databases": lambda f: _many(
        [f"{d.engine} {d.name} {d.version} {size(d.size)}" for d in f.databases or ()]
    ),
    "jobs": lambda f: _many([f"{j.when} {j.command}" for j in f.jobs or ()]),
    "certificates": lambda f: _many([f"{c.path} → {c.ends[:10]}" for c in f.certificates or ()]),
    "logins": lambda f: _many([f"{o.at[:16]} {o.user} {o.source}".strip() for o in f.logins or ()]),
    "addresses": lambda f: _many([str(one) for one in f.addresses or ()]),
    "routes": lambda f: _many([f"{r.to} via {r.via or r.device}" for r in f.routes or ()]),
    "clock": _clock,
    "load": _load,
}

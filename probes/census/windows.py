"""Windows: the script that a visit runs, and its answer as facts. Pure.

Sources: Microsoft's documentation of Win32_OperatingSystem, Win32_ComputerSystem, Win32_Volume,
MSFT_NetTCPConnection (states 2 listen, 5 established), MSFT_NetIPAddress, Get-HotFix, w32tm.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from inventory.facts import (
    Certificate,
    Clock,
    Disk,
    Filesystem,
    FoundDatabase,
    HostFacts,
    Job,
    Load,
    Login,
    Memory,
    OperatingSystem,
    Package,
    Packages,
    Route,
    Service,
    Unread,
    Why,
)
from probes.census import windows_network
from probes.census.reading import NotRead, clean, line
from probes.census.script import FOLDER
from probes.census.windows_rows import Rows, document, number_of, row_of, rows_of, text_of

_READ = "& ([scriptblock]::Create([Console]::In.ReadToEnd()))"
COMMAND = "powershell -NoProfile -NonInteractive -EncodedCommand " + base64.b64encode(
    _READ.encode("utf-16-le")
).decode("ascii")
"""Reads the script from its standard input: a command line of Windows holds 8,191 characters."""

_Readers = dict[str, Callable[[], object]]


def script(boundary: str) -> str:
    """The script for one run; `boundary` is hexadecimal."""
    if not boundary or set(boundary) - set("0123456789abcdef"):
        raise ValueError(f"a boundary is hexadecimal, read {boundary!r}")
    return f"$B = '{boundary}'\n{(FOLDER / 'windows.ps1').read_text(encoding='utf-8')}"


def facts_of(raw: str, boundary: str, *, now: int) -> tuple[HostFacts, tuple[Package, ...]]:
    """The facts in `raw`, and every package; `now`: our own time, seconds since 1970."""
    told = document(raw, boundary)
    read = _machine(told, now) | _network(told) | _software(told)
    facts: dict[str, Any] = {}
    unread: list[Unread] = []
    for name, reader in read.items():
        try:
            facts[name] = reader()
        except NotRead as why:
            unread.append(why.of(name))
        except (ValueError, TypeError, OverflowError) as error:
            unread.append(Unread(fact=name, why=Why.NOT_UNDERSTOOD, said=line(str(error))))
    for found in facts.get("databases") or ():
        if found.size is None:
            unread.append(Unread(fact="databases.size", why=Why.NOT_PERMITTED, said=found.engine))
    visitor = windows_network.visitor(_visitor(told))
    return HostFacts(**facts, unread=tuple(unread), visitor=visitor), _package_list(told)


def _machine(told: Mapping[str, Any], now: int) -> _Readers:
    """The host itself."""
    return {
        "hostname": lambda: clean(text_of(row_of(told, "os"), "host")),
        "os": lambda: _system(row_of(told, "os")),
        "arch": lambda: clean(text_of(row_of(told, "os"), "arch")),
        "cores": lambda: number_of(row_of(told, "machine"), "cores"),
        "memory": lambda: _memory(row_of(told, "machine"), row_of(told, "os")),
        "model": lambda: clean(
            f"{row_of(told, 'machine').get('maker')} {row_of(told, 'machine').get('model')}"
        ),
        "disks": lambda: _disks(rows_of(told, "disks")),
        "filesystems": lambda: _filesystems(rows_of(told, "filesystems")),
        "clock": lambda: _clock(row_of(told, "os"), told, now),
        "load": lambda: _load(row_of(told, "machine"), row_of(told, "os")),
    }


def _network(told: Mapping[str, Any]) -> _Readers:
    """What it is connected with."""
    return {
        "sockets": lambda: windows_network.sockets(rows_of(told, "tcp"), rows_of(told, "udp")),
        "connections": lambda: windows_network.connections(rows_of(told, "tcp"), _visitor(told)),
        "addresses": lambda: windows_network.addresses(rows_of(told, "addresses")),
        "routes": lambda: tuple(
            Route(
                to=clean(text_of(r, "to")),
                via=clean(text_of(r, "via")),
                device=clean(text_of(r, "device")),
            )
            for r in rows_of(told, "routes")
        ),
    }


def _software(told: Mapping[str, Any]) -> _Readers:
    """What runs on it, and who uses it."""
    return {
        "packages": lambda: _packages(rows_of(told, "packages"), rows_of(told, "updates")),
        "services": lambda: tuple(
            Service(name=clean(text_of(r, "name")), manager="windows")
            for r in rows_of(told, "services")
        ),
        "databases": lambda: _databases(rows_of(told, "databases")),
        "jobs": lambda: tuple(
            Job(
                source=clean(text_of(r, "name")),
                when=clean(str(r.get("when") or "")),
                command=clean(str(r.get("command") or "")),
            )
            for r in rows_of(told, "jobs")
        ),
        "certificates": lambda: tuple(_certificate(r) for r in rows_of(told, "certificates")),
        "logins": lambda: _logins(rows_of(told, "logins")),
    }


def _visitor(told: Mapping[str, Any]) -> str:
    part = told.get("visitor")
    data = part.get("data") if isinstance(part, dict) else None
    return str(data[0] if isinstance(data, list) and data else data or "")


def _system(row: Mapping[str, Any]) -> OperatingSystem:
    name = re.sub(r"^Microsoft\s+", "", clean(text_of(row, "name")))
    edition = re.search(r"\b(20\d\d(?: R2)?|\d{1,2}(?:\.\d)?)\b", name)
    return OperatingSystem(
        family="windows",
        id="windows",
        name=name,
        version=edition[1] if edition else clean(text_of(row, "version")),
        kernel=clean(text_of(row, "version")),
    )


def _memory(machine: Mapping[str, Any], system: Mapping[str, Any]) -> Memory:
    """What is built in, where the machine tells its modules; a virtual one may not."""
    built_in = machine.get("installed")
    total = int(built_in) if isinstance(built_in, int | float) and built_in else 0
    page = machine.get("page_mib")
    return Memory(
        total=total or number_of(machine, "memory"),
        available=number_of(system, "free_kib") * 1024,
        swap=int(page) * 1024 * 1024 if isinstance(page, int | float) else 0,
    )


def _disks(rows: Rows) -> tuple[Disk, ...]:
    fixed = [r for r in rows if r.get("size") and "emovable" not in str(r.get("type"))]
    return tuple(Disk(name=clean(text_of(r, "name")), size=number_of(r, "size")) for r in fixed)


def _filesystems(rows: Rows) -> tuple[Filesystem, ...]:
    return tuple(
        Filesystem(
            mount=clean(text_of(r, "mount")),
            device=clean(text_of(r, "device")),
            type=clean(str(r.get("type") or "")),
            size=number_of(r, "size"),
            used=number_of(r, "size") - number_of(r, "free"),
        )
        for r in rows
    )


def _packages(rows: Rows, updates: Rows) -> Packages:
    times = [t for r in updates if (t := _time(r.get("at")))]
    times += [t for r in rows if (t := _day(str(r.get("at") or "")))]
    return Packages(manager="windows", count=len(rows), updated=max(times, default=None))


def _package_list(told: Mapping[str, Any]) -> tuple[Package, ...]:
    try:
        rows = rows_of(told, "packages")
    except NotRead:
        return ()
    found = {
        (clean(str(r.get("name")), 200), clean(str(r.get("version") or ""), 200)) for r in rows
    }
    return tuple(Package(name=name, version=version) for name, version in sorted(found))


def _databases(rows: Rows) -> tuple[FoundDatabase, ...]:
    found = []
    for row in rows:
        engine, version = clean(text_of(row, "engine")), clean(str(row.get("version") or ""))
        files = [f for f in row.get("files") or () if isinstance(f, dict)]
        found += [
            FoundDatabase(
                engine=engine,
                name=clean(text_of(f, "name")),
                version=version,
                size=number_of(f, "size"),
                how="folder",
            )
            for f in files
        ]
        if not files:
            found.append(
                FoundDatabase(
                    engine=engine, name=clean(str(row.get("instance") or "")), version=version
                )
            )
    sized = {one.engine for one in found if one.size is not None}
    return tuple(dict.fromkeys(o for o in found if o.size is not None or o.engine not in sized))


def _certificate(row: Mapping[str, Any]) -> Certificate:
    names = row.get("names")
    return Certificate(
        path=clean(text_of(row, "path")),
        subject=clean(str(row.get("subject") or "")),
        issuer=clean(str(row.get("issuer") or "")),
        names=tuple(clean(str(n)) for n in names) if isinstance(names, list) else (),
        begins=_time(row.get("begins")) or "",
        ends=_time(text_of(row, "ends")) or "",
        self_signed=row.get("subject") == row.get("issuer"),
    )


def _logins(rows: Rows) -> tuple[Login, ...]:
    found = [
        Login(user=clean(text_of(r, "user")), source="", at=_time(r.get("at")) or "") for r in rows
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _clock(system: Mapping[str, Any], told: Mapping[str, Any], now: int) -> Clock:
    """A source that is the machine's own clock is none (w32tm says so in its own words)."""
    at = datetime.fromisoformat(text_of(system, "now"))
    try:
        source = clean(text_of(row_of(told, "clock"), "source"))
    except NotRead:
        return Clock(synchronised=None, source="", offset=int(at.timestamp()) - now)
    alone = re.search(r"local cmos|free-running", source, re.I) is not None
    return Clock(synchronised=not alone, source=source, offset=int(at.timestamp()) - now)


def _load(machine: Mapping[str, Any], system: Mapping[str, Any]) -> Load:
    """Windows keeps no load average; `busy` is what it is at this moment."""
    up = datetime.fromisoformat(text_of(system, "now")) - datetime.fromisoformat(
        text_of(system, "boot")
    )
    return Load(load=None, busy=number_of(machine, "busy") * 10, uptime=int(up.total_seconds()))


def _time(value: object) -> str | None:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC).isoformat()
    except ValueError:
        return None


def _day(value: str) -> str | None:
    """InstallDate of the registry: YYYYMMDD."""
    try:
        return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return None

"""Windows: the script that a visit runs, and its answer as facts. Pure.

Sources: Microsoft's documentation of Win32_OperatingSystem, Win32_ComputerSystem, Win32_Volume,
MSFT_NetTCPConnection (states 2 listen, 5 established), MSFT_NetIPAddress, Get-HotFix, w32tm.
"""

import base64
import json
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

_READ = "& ([scriptblock]::Create([Console]::In.ReadToEnd()))"
COMMAND = "powershell -NoProfile -NonInteractive -EncodedCommand " + base64.b64encode(
    _READ.encode("utf-16-le")
).decode("ascii")
"""Reads the script from its standard input: a command line of Windows holds 8,191 characters."""

Rows = list[dict[str, Any]]


def script(boundary: str) -> str:
    """The script for one run; `boundary` is hexadecimal."""
    if not boundary or set(boundary) - set("0123456789abcdef"):
        raise ValueError(f"a boundary is hexadecimal, read {boundary!r}")
    return f"$B = '{boundary}'\n{(FOLDER / 'windows.ps1').read_text(encoding='utf-8')}"


def facts_of(raw: str, boundary: str, *, now: int) -> tuple[HostFacts, tuple[Package, ...]]:
    """The facts in `raw`, and every package; `now`: our own time, seconds since 1970."""
    told = _document(raw, boundary)
    read: dict[str, Callable[[], object]] = {
        "hostname": lambda: clean(_text(_one(told, "os"), "host")),
        "os": lambda: _system(_one(told, "os")),
        "arch": lambda: clean(_text(_one(told, "os"), "arch")),
        "cores": lambda: _number(_one(told, "machine"), "cores"),
        "memory": lambda: _memory(_one(told, "machine"), _one(told, "os")),
        "model": lambda: clean(
            f"{_one(told, 'machine').get('maker')} {_one(told, 'machine').get('model')}"
        ),
        "disks": lambda: _disks(_rows(told, "disks")),
        "filesystems": lambda: _filesystems(_rows(told, "filesystems")),
        "sockets": lambda: windows_network.sockets(_rows(told, "tcp"), _rows(told, "udp")),
        "connections": lambda: windows_network.connections(_rows(told, "tcp"), _visitor(told)),
        "packages": lambda: _packages(_rows(told, "packages"), _rows(told, "updates")),
        "services": lambda: tuple(
            Service(name=clean(_text(r, "name")), manager="windows")
            for r in _rows(told, "services")
        ),
        "databases": lambda: _databases(_rows(told, "databases")),
        "jobs": lambda: tuple(
            Job(
                source=clean(_text(r, "name")),
                when=clean(str(r.get("when") or "")),
                command=clean(str(r.get("command") or "")),
            )
            for r in _rows(told, "jobs")
        ),
        "certificates": lambda: tuple(_certificate(r) for r in _rows(told, "certificates")),
        "logins": lambda: _logins(_rows(told, "logins")),
        "addresses": lambda: windows_network.addresses(_rows(told, "addresses")),
        "routes": lambda: tuple(
            Route(
                to=clean(_text(r, "to")),
                via=clean(_text(r, "via")),
                device=clean(_text(r, "device")),
            )
            for r in _rows(told, "routes")
        ),
        "clock": lambda: _clock(_one(told, "os"), told, now),
        "load": lambda: _load(_one(told, "machine"), _one(told, "os")),
    }
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


def _document(raw: str, boundary: str) -> Mapping[str, Any]:
    _, _, rest = raw.partition(f"{boundary} begin")
    body, end, _ = rest.partition(f"{boundary} end")
    if not end:
        return {}
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _rows(told: Mapping[str, Any], name: str) -> Rows:
    """The rows of one part. Raises NotRead with the host's reason."""
    part = told.get(name)
    if not isinstance(part, dict):
        raise NotRead(Why.CUT_OFF)
    if "why" in part:
        try:
            why = Why(str(part["why"]))
        except ValueError:
            why = Why.FAILED
        raise NotRead(why, str(part.get("said") or ""))
    data = part.get("data")
    rows = data if isinstance(data, list) else [data]  # one row: PowerShell may unwrap it
    return [row for row in rows if isinstance(row, dict)]


def _one(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    rows = _rows(told, name)
    if len(rows) != 1:
        raise NotRead(Why.NOT_UNDERSTOOD, name)
    return rows[0]


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None or value == "":
        raise NotRead(Why.NOT_UNDERSTOOD, key)
    return str(value)


def _number(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        raise NotRead(Why.NOT_UNDERSTOOD, f"{key}: {value}")
    return int(value)


def _visitor(told: Mapping[str, Any]) -> str:
    part = told.get("visitor")
    data = part.get("data") if isinstance(part, dict) else None
    return str(data[0] if isinstance(data, list) and data else data or "")


def _system(row: Mapping[str, Any]) -> OperatingSystem:
    name = re.sub(r"^Microsoft\s+", "", clean(_text(row, "name")))
    edition = re.search(r"\b(20\d\d(?: R2)?|\d{1,2}(?:\.\d)?)\b", name)
    return OperatingSystem(
        family="windows",
        id="windows",
        name=name,
        version=edition[1] if edition else clean(_text(row, "version")),
        kernel=clean(_text(row, "version")),
    )


def _memory(machine: Mapping[str, Any], system: Mapping[str, Any]) -> Memory:
    """What is built in, where the machine tells its modules; a virtual one may not."""
    built_in = machine.get("installed")
    total = int(built_in) if isinstance(built_in, int | float) and built_in else 0
    page = machine.get("page_mib")
    return Memory(
        total=total or _number(machine, "memory"),
        available=_number(system, "free_kib") * 1024,
        swap=int(page) * 1024 * 1024 if isinstance(page, int | float) else 0,
    )


def _disks(rows: Rows) -> tuple[Disk, ...]:
    fixed = [r for r in rows if r.get("size") and "emovable" not in str(r.get("type"))]
    return tuple(Disk(name=clean(_text(r, "name")), size=_number(r, "size")) for r in fixed)


def _filesystems(rows: Rows) -> tuple[Filesystem, ...]:
    return tuple(
        Filesystem(
            mount=clean(_text(r, "mount")),
            device=clean(_text(r, "device")),
            type=clean(str(r.get("type") or "")),
            size=_number(r, "size"),
            used=_number(r, "size") - _number(r, "free"),
        )
        for r in rows
    )


def _packages(rows: Rows, updates: Rows) -> Packages:
    times = [t for r in updates if (t := _time(r.get("at")))]
    times += [t for r in rows if (t := _day(str(r.get("at") or "")))]
    return Packages(manager="windows", count=len(rows), updated=max(times, default=None))


def _package_list(told: Mapping[str, Any]) -> tuple[Package, ...]:
    try:
        rows = _rows(told, "packages")
    except NotRead:
        return ()
    found = {
        (clean(str(r.get("name")), 200), clean(str(r.get("version") or ""), 200)) for r in rows
    }
    return tuple(Package(name=name, version=version) for name, version in sorted(found))


def _databases(rows: Rows) -> tuple[FoundDatabase, ...]:
    found = []
    for row in rows:
        engine, version = clean(_text(row, "engine")), clean(str(row.get("version") or ""))
        files = [f for f in row.get("files") or () if isinstance(f, dict)]
        found += [
            FoundDatabase(
                engine=engine,
                name=clean(_text(f, "name")),
                version=version,
                size=_number(f, "size"),
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
        path=clean(_text(row, "path")),
        subject=clean(str(row.get("subject") or "")),
        issuer=clean(str(row.get("issuer") or "")),
        names=tuple(clean(str(n)) for n in names) if isinstance(names, list) else (),
        begins=_time(row.get("begins")) or "",
        ends=_time(_text(row, "ends")) or "",
        self_signed=row.get("subject") == row.get("issuer"),
    )


def _logins(rows: Rows) -> tuple[Login, ...]:
    found = [
        Login(user=clean(_text(r, "user")), source="", at=_time(r.get("at")) or "") for r in rows
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _clock(system: Mapping[str, Any], told: Mapping[str, Any], now: int) -> Clock:
    """A source that is the machine's own clock is none (w32tm says so in its own words)."""
    at = datetime.fromisoformat(_text(system, "now"))
    try:
        source = clean(_text(_one(told, "clock"), "source"))
    except NotRead:
        return Clock(synchronised=None, source="", offset=int(at.timestamp()) - now)
    alone = re.search(r"local cmos|free-running", source, re.I) is not None
    return Clock(synchronised=not alone, source=source, offset=int(at.timestamp()) - now)


def _load(machine: Mapping[str, Any], system: Mapping[str, Any]) -> Load:
    """Windows keeps no load average; `busy` is what it is at this moment."""
    up = datetime.fromisoformat(_text(system, "now")) - datetime.fromisoformat(
        _text(system, "boot")
    )
    return Load(load=None, busy=_number(machine, "busy") * 10, uptime=int(up.total_seconds()))


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

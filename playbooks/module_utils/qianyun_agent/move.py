"""The move as a value: one system, from where to where, through which gateway.

It comes as data from the migrator and is checked here once more, field by field, since it ends
up in paths, configuration and argument lists. `name` is for people and is used for nothing.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence

from . import paths
from .errors import BadMove

CODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
SERVICE = r"[A-Za-z0-9][A-Za-z0-9@._-]{0,63}"
HOST_KEY = r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}"
LOGIN = r"[a-z_][a-z0-9_-]{0,30}"
CHECK_PATH = r"/[!-~]{0,200}"
FAMILIES = (4, 6)
JOBS = (".cron", ".timer")
VERSIONS = {"postgresql": r"\d{1,2}", "mariadb": r"\d{1,2}\.\d{1,2}", "redis": r"\d{1,2}\.\d{1,2}"}
PORTS = {"postgresql": 5432, "mariadb": 3306, "redis": 6379}


@dataclass(frozen=True)
class Place:
    """A host: code, addresses of both families, SSH port and its public host key."""

    host: str
    address: str
    address6: str
    ssh_port: int
    host_key: str = field(repr=False)

    def of_family(self, family: int) -> str:
        """The address literal of family 4 or 6."""
        return self.address if family == 4 else self.address6


@dataclass(frozen=True)
class Tree:
    path: str
    writable: bool


@dataclass(frozen=True)
class Database:
    """A PostgreSQL cluster in Debian's naming, or the host's MariaDB or Redis (cluster `main`)."""

    version: str
    cluster: str
    port: int
    engine: str = "postgresql"


@dataclass(frozen=True)
class Check:
    """GET `path` on `port` answers 200 with `content` in it when the system is well."""

    port: int
    path: str
    content: str


@dataclass(frozen=True)
class Move:
    system: str
    name: str
    source: Place
    target: Place
    gateway: Place
    frontends: tuple[str, ...]  # (v4, v6)
    trees: tuple[Tree, ...]
    databases: tuple[Database, ...]
    services: tuple[str, ...]
    check: Check
    rate_kbps: int
    hold_seconds: int
    login: str
    stateless: bool = False  # services keep nothing to themselves, and may run on both sides

    @property
    def code(self) -> str:
        """The system's code in lower case, as in paths and names of frontends."""
        return self.system.lower()

    @property
    def sql_name(self) -> str:
        """Name of the replication role and slot."""
        return "qianyun_" + re.sub(r"[^a-z0-9]", "_", self.code)

    @property
    def writes(self) -> bool:
        """Whether clients, or jobs by the clock, can change anything, so that traffic has to be held."""
        return bool(self.databases or self.jobs) or any(tree.writable for tree in self.trees)

    @property
    def jobs(self) -> tuple[str, ...]:
        """Of the services, those that the clock starts."""
        return tuple(name for name in self.services if name.endswith(JOBS))

    @property
    def fenced_by_data(self) -> bool:
        """Whether halted databases are fence enough, so that services need not stop in the hold."""
        files = any(tree.writable for tree in self.trees)
        return self.stateless and bool(self.databases) and not files

    def place(self, side: str) -> Place:
        """The host of side source, target or gateway."""
        return {"source": self.source, "target": self.target, "gateway": self.gateway}[side]


def _bad(name: str, value: object, expected: str) -> BadMove:
    return BadMove(
        f"迁移参数不合规 / a field of the move is refused: {name}",
        read=repr(value),
        expected=expected,
        do="更正台账或迁移方案后重做 / correct the ledger or the plan, then try again",
    )


def text(raw: Mapping[str, Any], name: str, pattern: str, expected: str) -> str:
    """The field `name`, fully matching `pattern`; raises BadMove."""
    value = raw.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise _bad(name, value, expected)
    return str(value)


def number(raw: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """The field `name` as a whole number within [low, high]; raises BadMove."""
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _bad(name, value, f"{low}…{high}")
    return int(value)


def _mapping(raw: object, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise _bad(name, raw, "an object")
    return raw


def _items(raw: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = raw.get(name, [])
    if not isinstance(value, (list, tuple)) or len(value) > 100:
        raise _bad(name, value, "a list")
    return value


def _address(raw: Mapping[str, Any], name: str, version: int) -> str:
    value = raw.get(name)
    try:
        address = ipaddress.ip_address(str(value))
    except ValueError:
        raise _bad(name, value, f"an IPv{version} address") from None
    if address.version != version or "%" in str(address):
        raise _bad(name, value, f"an IPv{version} address")
    return str(address)


def _place(raw: Mapping[str, Any], side: str) -> Place:
    value = _mapping(raw.get(side), side)
    return Place(
        host=text(value, "host", CODE, "a code"),
        address=_address(value, "address", 4),
        address6=_address(value, "address6", 6),
        ssh_port=number({"ssh_port": value.get("ssh_port", 22)}, "ssh_port", 1, 65535),
        host_key=text(value, "host_key", HOST_KEY, "an OpenSSH public host key"),
    )


def _tree(raw: object, login: str) -> Tree:
    """`login`'s home is the host's too: with it would go the keys that let us in."""
    value = _mapping(raw, "trees")
    path = text(value, "path", r"/.*", "an absolute path")
    why = paths.fault(path) or paths.overlap(paths.plain(path), (f"/home/{login}",))
    if why:
        raise _bad("path", path, why)
    writable = value.get("writable", False)
    if not isinstance(writable, bool):
        raise _bad("writable", writable, "true or false")
    return Tree(paths.plain(path), writable)


def _database(raw: object) -> Database:
    value = _mapping(raw, "databases")
    engine = text(value, "engine", "|".join(VERSIONS), " | ".join(VERSIONS))
    version = value.get("version")
    plain = {**value, "version": str(version) if isinstance(version, int) else version}
    names = r"[a-z][a-z0-9_]{0,30}" if engine == "postgresql" else "main"
    return Database(
        version=text(plain, "version", VERSIONS[engine], "a version such as 15, 10.11, 7.0"),
        cluster=text(value, "cluster", names, "a cluster name; main but for postgresql"),
        port=number({"port": value.get("port", PORTS[engine])}, "port", 1, 65535),
        engine=engine,
    )


def _services(raw: Mapping[str, Any]) -> tuple[str, ...]:
    names = _items(raw, "services")
    return tuple(text({"services": name}, "services", SERVICE, "a service name") for name in names)


def _check(raw: Mapping[str, Any]) -> Check:
    value = _mapping(raw.get("check"), "check")
    return Check(
        port=number(value, "port", 1, 65535),
        path=text(value, "path", CHECK_PATH, "a path of an URL"),
        content=text(value, "content", r"[^\x00-\x1f]{0,500}", "one line of text"),
    )


def parse(raw: object) -> Move:
    """The move; raises BadMove naming the first field that is refused."""
    value = _mapping(raw, "move")
    system = text(value, "system", CODE, "a code")
    gateway = _mapping(value.get("gateway"), "gateway")
    frontends = tuple(str(name) for name in _items(gateway, "frontends"))
    expected = (f"{system.lower()}-v4", f"{system.lower()}-v6")
    if frontends != expected:
        raise _bad("frontends", frontends, str(expected))
    login = text(value, "login", LOGIN, "a login name")
    trees = tuple(_tree(item, login) for item in _items(value, "trees"))
    declared = [tree.path for tree in trees]
    if any(a != b and paths.within(a, b) for a in declared for b in declared):
        raise _bad("trees", declared, "folders that do not lie within each other")
    stateless = value.get("stateless", False)
    if not isinstance(stateless, bool):
        raise _bad("stateless", stateless, "true or false")
    move = Move(
        system=system,
        name=str(value.get("name", "")),
        source=_place(value, "source"),
        target=_place(value, "target"),
        gateway=_place(value, "gateway"),
        frontends=frontends,
        trees=trees,
        databases=tuple(_database(item) for item in _items(value, "databases")),
        services=_services(value),
        check=_check(value),
        rate_kbps=number(value, "rate_kbps", 64, 100_000_000),
        hold_seconds=number(value, "hold_seconds", 2, 600),
        login=login,
        stateless=stateless,
    )
    if move.stateless and move.jobs:
        raise _bad("stateless", move.jobs, "no timers and no files of cron's among the services")
    if len({move.source.address, move.target.address, move.gateway.address}) != 3:
        raise _bad("address", move.source.address, "three different hosts")
    return move


def identity(move: Move) -> Move:
    """The move without its name and limits: a retry may come with others."""
    return replace(move, name="", rate_kbps=0, hold_seconds=0)


def plain(move: Move) -> dict[str, Any]:
    """The form that `parse` reads."""

    def place(one: Place) -> dict[str, Any]:
        return {
            "host": one.host, "address": one.address, "address6": one.address6,
            "ssh_port": one.ssh_port, "host_key": one.host_key,
        }  # fmt: skip

    return {
        "system": move.system,
        "name": move.name,
        "source": place(move.source),
        "target": place(move.target),
        "gateway": {**place(move.gateway), "frontends": list(move.frontends)},
        "trees": [{"path": tree.path, "writable": tree.writable} for tree in move.trees],
        "databases": [
            {"engine": d.engine, "version": d.version, "cluster": d.cluster, "port": d.port}
            for d in move.databases
        ],
        "services": list(move.services),
        "check": {
            "port": move.check.port,
            "path": move.check.path,
            "content": move.check.content,
        },
        "rate_kbps": move.rate_kbps,
        "hold_seconds": move.hold_seconds,
        "login": move.login,
        "stateless": move.stateless,
    }

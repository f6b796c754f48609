"""Packages, services, databases and scheduled jobs as a Linux host tells them. Pure.

Sources: dpkg-query(1), rpm(8), systemctl(1), initctl(8), crontab(5), PostgreSQL's and MySQL's
catalogues, `du -sk`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inventory.facts import FoundDatabase, Job, Package, Packages, Service, Unread, Why
from probes.census.reading import NotRead, clean, moment, whole
from probes.census.script import Answer


def packages(answer: Answer) -> Packages:
    manager, listed = _listed(answer)
    if not listed:
        raise NotRead(Why.NOT_UNDERSTOOD)
    times = [int(t) for t, _ in _rpm(answer.parts.get("rpm", ""))]
    changed = max(times, default=0) or whole(answer.parts.get("changed", "")) or 0
    return Packages(manager=manager, count=len(listed), updated=moment(changed))


def package_list(answer: Answer) -> tuple[Package, ...]:
    """Every installed package, sorted; empty where none could be read."""
    try:
        return tuple(sorted(set(_listed(answer)[1])))
    except NotRead:
        return ()


def _listed(answer: Answer) -> tuple[str, list[Package]]:
    parts = answer.parts
    if "dpkg" in parts:
        rows = re.findall(r"^install ok installed\t([^\t\n]+)\t([^\t\n]*)$", parts["dpkg"], re.M)
        return "dpkg", [_package(name, version) for name, version in rows]
    if "rpm" in parts:
        return "rpm", [one for _, one in _rpm(parts["rpm"])]
    if "apk" in parts:
        rows = re.findall(r"^(\S+)-(\d\S*-r\d+)$", parts["apk"], re.M)
        return "apk", [_package(name, version) for name, version in rows]
    raise NotRead(Why.FAILED)


def _rpm(text: str) -> list[tuple[str, Package]]:
    rows = re.findall(r"^(\d{1,12})\t([^\t\n]+)\t([^\t\n]*)$", text, re.M)
    return [(at, _package(name, version)) for at, name, version in rows if name != "gpg-pubkey"]


def _package(name: str, version: str) -> Package:
    return Package(clean(name, 200), clean(version, 200))


def services(answer: Answer) -> tuple[Service, ...]:
    if "systemd" in answer.parts:
        rows = re.findall(r"^[ ●*]{0,10}(\S+)\.service\s", answer.parts["systemd"], re.M)
        if not rows:
            raise NotRead(Why.FAILED, answer.parts["systemd"])
        return tuple(
            Service(name=clean(name, 100), manager="systemd") for name in sorted(set(rows))
        )
    found = {}
    for name in re.findall(r"^(\S+) start/running", answer.parts.get("upstart", ""), re.M):
        found[clean(name, 100)] = "upstart"
    text = answer.parts.get("sysv")
    if text is None:
        raise NotRead(Why.FAILED)
    for path in re.findall(r"^/\S*/([^/\s]+)\.pid$", text, re.M):
        found.setdefault(clean(path, 100), "sysv")
    return tuple(Service(name=name, manager=by) for name, by in sorted(found.items()))


@dataclass(frozen=True)
class _Engine:
    """How an engine is known by its processes, and its usual port."""

    name: str
    pattern: re.Pattern[str]
    port: int | None


_ENGINES = tuple(
    _Engine(name, re.compile(rf"^\s*\d+\s+\S+\s+(?:{pattern})"), port)
    for name, pattern, port in (
        ("postgresql", r"(?:\S*/)?(?:postgres|postmaster) (?:-D|.*\s-D)", 5432),
        ("mysql", r"(?:\S*/)?mysqld(?:\s|$)", 3306),
        ("mariadb", r"(?:\S*/)?mariadbd(?:\s|$)", 3306),
        ("dameng", r"(?:\S*/)?dmserver(?:\s|$)", 5236),
        ("kingbase", r"(?:\S*/)?kingbase(?:\s|$)", 54321),
        ("oracle", r"ora_pmon_(?P<sid>\S+)", 1521),
        ("gaussdb", r"(?:\S*/)?gaussdb(?:\s|$)", None),
        ("oceanbase", r"(?:\S*/)?observer(?:\s|$)", None),
        ("db2", r"db2sysc(?:\s|$)", None),
        ("mongodb", r"(?:\S*/)?mongod(?:\s|$)", 27017),
        ("redis", r"(?:\S*/)?redis-server(?:\s|$)", 6379),
    )
)


def databases(answer: Answer) -> tuple[tuple[FoundDatabase, ...], list[Unread]]:
    """By SQL where a socket let us in; each other engine that runs as one, with what its folder
    takes where that could be measured."""
    processes = answer.parts.get("processes", "")
    if not processes.strip():  # an engine could run unseen: that is not "none"
        raise NotRead(Why.NO_COMMAND)
    found = [*_postgresql(answer), *_mysql(answer)]
    unread: list[Unread] = []
    engines = list(_running(processes))
    folders = _folders(answer)
    for engine, name, port in engines:
        told = "mysql" if engine == "mariadb" else engine
        if any(one.engine in {told, engine} for one in found if one.how == "sql"):
            continue
        size = folders.get(told)
        found.append(
            FoundDatabase(
                engine=engine, name=name, port=port, size=size, how="folder" if size else ""
            )
        )
        if size is None:
            late = any(part.startswith(f"folder {told} ") for part in answer.late)
            why = Why.TIMEOUT if late else Why.NOT_PERMITTED
            unread.append(Unread(fact="databases.size", why=why, said=engine))
    return tuple(dict.fromkeys(found)), unread


def _postgresql(answer: Answer) -> Iterator[FoundDatabase]:
    for part, text in answer.named("pg ").items():
        port = whole(part.removeprefix("pg "), 1, 65535)
        for size, name, version in re.findall(r"^(\d{1,18})\|([0-9a-f]*)\|(\S+)", text, re.M):
            yield FoundDatabase(
                engine="postgresql",
                name=_hex(name),
                version=clean(version, 60),
                port=port,
                size=int(size),
                how="sql",
            )


def _mysql(answer: Answer) -> Iterator[FoundDatabase]:
    for text in answer.named("mysql ").values():
        for size, name, version in re.findall(r"^(\d{1,18}|NULL)\t([0-9A-F]*)\t(\S+)$", text, re.M):
            if _hex(name) in {"information_schema", "performance_schema", "sys"}:
                continue
            yield FoundDatabase(
                engine="mariadb" if "mariadb" in version.lower() else "mysql",
                name=_hex(name),
                version=clean(version, 60),
                size=None if size == "NULL" else int(size),
                how="sql",
            )


def _hex(text: str) -> str:
    try:
        return clean(bytes.fromhex(text).decode("utf-8", "replace"), 200)
    except ValueError:
        return ""


def _folders(answer: Answer) -> dict[str, int]:
    """Bytes of each engine's data folders together."""
    sizes: dict[str, int] = {}
    for part, text in answer.named("folder ").items():
        engine = part.split(" ")[1]
        kib = re.match(r"\s*(\d{1,15})\s", text)
        if kib:
            sizes[engine] = sizes.get(engine, 0) + int(kib[1]) * 1024
    return sizes


def _running(processes: str) -> Iterator[tuple[str, str, int | None]]:
    seen = set()
    for line in processes.splitlines():
        for engine in _ENGINES:
            if match := engine.pattern.search(line):
                name = clean(match.groupdict().get("sid") or "", 60)
                one = (engine.name, name, _port(line) or engine.port)
                if one not in seen:
                    seen.add(one)
                    yield one


def _port(line: str) -> int | None:
    found = re.search(r"(?:--port[= ]|\s-p\s?|:)(\d{2,5})\b", line)
    return whole(found[1], 1, 65535) if found else None


def jobs(answer: Answer) -> tuple[Job, ...]:
    """crontab(5): five times or @word, a user in the system's own files, a command."""
    found: list[Job] = []
    for path, text in answer.parts.items():
        if path.startswith("/"):
            found += _crontab(path, text, user=not path.startswith("/var/spool"))
    for line in answer.parts.get("timers", "").splitlines():
        words = line.split()
        if len(words) > 1 and words[-2].endswith(".timer"):
            found.append(Job(source="systemd", when=clean(words[-2]), command=clean(words[-1])))
    return tuple(found)


def _crontab(path: str, text: str, *, user: bool) -> Iterable[Job]:
    times = r"(@\w+|(?:\S+[ \t]+){4}\S+)[ \t]+"
    who = r"(?:\S+[ \t]+)" if user else ""
    for line in text.splitlines():
        if re.match(r"\s*(#|$|[A-Za-z_]\w*\s*=)", line):
            continue
        if match := re.match(rf"\s*{times}{who}(\S.*)$", line):
            yield Job(source=clean(path), when=" ".join(match[1].split()), command=clean(match[2]))

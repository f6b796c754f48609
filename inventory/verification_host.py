"""A host as declared beside the host as found, field by field. Pure."""

from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from inventory.addressbook import ports_of
from inventory.difference import Aside, How, evidence, judged
from inventory.facts import HostFacts, Look
from inventory.ground import Ground
from inventory.model import Host
from inventory.sameness import (
    GIB,
    same_arch,
    same_memory,
    same_name,
    same_os,
    same_storage,
    storage_of,
)

_WITNESSES = 3  # how many other hosts of a network say where it is, and how sure they must be
_SURE = 0.8
_CLIENT_PORTS = frozenset({68, 546})  # where a host waits for its own DHCP answers
_WINDOWS_RPC = 49152  # from here Windows gives ports to its own services as they come (RFC 6335)


def compare(ground: Ground, host: Host) -> Iterator[Aside]:
    """All differences of one host that was read."""
    look = ground.looks[host.code]
    facts = look.facts
    if host.os and facts.os:
        found = " ".join(dict.fromkeys(f"{facts.os.name} {facts.os.version}".split()))
        yield from judged("os", same_os(host.os, facts.os), host.os, found, evidence(look, "os"))
    if host.cpu_arch and facts.arch:
        same = same_arch(host.cpu_arch, facts.arch)
        yield from judged("cpu_arch", same, host.cpu_arch, facts.arch, evidence(look, "arch"))
    if facts.hostname:
        same = same_name(host.name, facts.hostname)
        if same.value != "unclear":  # most hosts are named in Chinese, and by no host name
            yield from judged("name", same, host.name, facts.hostname, evidence(look, "hostname"))
    yield from _sizes(host, look)
    yield from _addresses(host, look)
    yield from _place(ground, host)
    yield from _services(ground, host, look)
    yield from _databases(ground, host, look)


def _sizes(host: Host, look: Look) -> Iterator[Aside]:
    """Where the ledgers tell them by host. (By system: `verification_system`.)"""
    told, facts = host.model_dump(), look.facts
    cores, memory, storage = (told.get(n) for n in ("cpu_cores", "memory_gib", "storage_gib"))
    if cores and facts.cores and cores != facts.cores:
        yield _differs("cpu_cores", cores, facts.cores, look, "cores")
    if memory and facts.memory:
        same = same_memory(memory, facts.memory.total)
        found = rounded(facts.memory.total)
        yield from judged("memory_gib", same, memory, found, evidence(look, "memory"))
    if storage and facts.disks is not None and facts.filesystems is not None:
        same = same_storage(storage, facts.disks, facts.filesystems)
        found = rounded(size_of(facts))
        yield from judged("storage_gib", same, storage, found, evidence(look, "disks"))


def size_of(facts: HostFacts) -> int:
    """Bytes of the disks; of the file systems where no disk is to be seen, as in a container."""
    return sum(d.size for d in facts.disks or ()) or storage_of(facts.filesystems or ())


def rounded(size: int) -> int:
    """Bytes as whole GiB, as a person would write them."""
    return max(1, round(size / GIB))


def _addresses(host: Host, look: Look) -> Iterator[Aside]:
    found = look.facts.addresses
    if found is None:
        return
    seen = evidence(look, "addresses")
    for field, declared, version in (("ipv4", host.ipv4, 4), ("ipv6", host.ipv6, 6)):
        there = [one.ip for one in found if one.version == version]
        text: JsonValue = ", ".join(str(ip) for ip in there) or None
        if declared is None and there:
            yield Aside(field=field, how=How.UNDECLARED, found=text, evidence=(seen,))
        elif declared is not None and declared not in there:
            how = How.DIFFERS if there else How.ABSENT
            told = str(declared)
            yield Aside(field=field, how=how, declared=told, found=text, evidence=(seen,))


def _place(ground: Ground, host: Host) -> Iterator[Aside]:
    """The network that a host was met in, when the others in it are all declared elsewhere."""
    mine = ground.network(host.code)
    if mine is None or host.place is None:
        return
    others = ground.near[mine] - Counter([host.place])
    if not others or others[host.place]:
        return
    place, count = others.most_common(1)[0]
    if count >= _WITNESSES and count >= _SURE * others.total():
        yield _differs("place", host.place, place, ground.looks[host.code], "addresses")


def _services(ground: Ground, host: Host, look: Look) -> Iterator[Aside]:
    """What is declared and not listened on. The other way round: `undeclared_services`."""
    for protocol in ("tcp", "udp"):
        ports = ports_of(look.facts, protocol)
        if ports is None:
            return
        for service in ground.services_of[host.code]:
            if _protocol(service.protocol) == protocol and service.port not in ports:
                yield Aside(
                    field="services",
                    how=How.ABSENT,
                    declared=f"{service.code} {service.port}/{protocol}",
                    evidence=(evidence(look, "sockets"),),
                )


def undeclared_services(
    ground: Ground, host: Host, look: Look
) -> tuple[tuple[str, int, str | None], ...]:
    """(protocol, port, process) of what others can reach on a host and nobody declared."""
    told = _declared_ports(ground, host)
    found: dict[tuple[str, int], str | None] = {}
    for socket in look.facts.sockets or ():
        key = (socket.protocol, socket.port)
        own = socket.local or socket.port in _CLIENT_PORTS or key in told
        passing = look.visit.way != "ssh" and socket.port >= _WINDOWS_RPC
        if not own and not passing:
            found[key] = found.get(key) or socket.process
    return tuple((protocol, port, name) for (protocol, port), name in sorted(found.items()))


def _declared_ports(ground: Ground, host: Host) -> frozenset[tuple[str, int]]:
    """By a service, a node, an entrance, a database, or as the way we come."""
    ports = {(_protocol(s.protocol), s.port) for s in ground.services_of[host.code]}
    ports.add(("tcp", host.ssh_port))
    for node in ground.nodes_of[host.code]:
        ports |= {("tcp", port) for port in (*node.ports, *ground.entrances.get(node.code, ()))}
    for system in ground.systems_of[host.code]:
        if system.entrance:
            ports.add(("tcp", system.entrance.backend_port))
        if system.workload:
            ports |= {("tcp", database.port) for database in system.workload.databases}
    return frozenset(ports)


def _protocol(told: str) -> str:
    """udp, or tcp for whatever is spoken over it."""
    return "udp" if told.lower().startswith("udp") else "tcp"


def _databases(ground: Ground, host: Host, look: Look) -> Iterator[Aside]:
    """Engines that run here and that no system of the host has declared."""
    if look.facts.databases is None:
        return
    declared = {
        engine(database.engine)
        for system in ground.systems_of[host.code]
        if system.workload
        for database in system.workload.databases
    }
    names: dict[str, list[str]] = {}
    for one in look.facts.databases:
        if engine(one.engine) not in declared:
            names.setdefault(one.engine, []).append(one.name)
    for kind, found in names.items():
        text = f"{kind}: {', '.join(n for n in found if n)}" if any(found) else kind
        seen = evidence(look, "databases")
        yield Aside(field="databases", how=How.UNDECLARED, found=text, evidence=(seen,))


def engine(name: str) -> str:
    """MariaDB and MySQL are one thing to a ledger."""
    return "mysql" if name == "mariadb" else name


def _differs(field: str, declared: JsonValue, found: JsonValue, look: Look, fact: str) -> Aside:
    seen = evidence(look, fact)
    return Aside(field=field, how=How.DIFFERS, declared=declared, found=found, evidence=(seen,))

"""Dependencies seen: connections between hosts, resolved to systems, beside those declared. Pure.

A look is a moment: a connection that was open then is evidence, one that was not seen proves
nothing. Looks of several days are taken together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inventory.addressbook import AddressBook, ports_of
from inventory.difference import evidence
from inventory.facts import Address, Connection, Evidence, Look
from inventory.ground import Ground, Network
from inventory.model import Estate, Frozen

EPHEMERAL = 32768  # where Linux begins to give ports to clients (ip_local_port_range)


class Confidence(StrEnum):
    CERTAIN = "certain"  # both ends saw it, and one of them listens
    LIKELY = "likely"  # one end saw it, and the listening end is known
    POSSIBLE = "possible"  # which end serves was told by the port numbers alone


class Standing(StrEnum):
    """A dependency seen beside one declared."""

    BOTH = "both"
    SEEN_ONLY = "seen_only"
    DECLARED_ONLY = "declared_only"  # every host of both was read, and no connection was seen
    NOT_LOOKED = "not_looked"  # declared; a host of one of the two was not read


class Edge(Frozen):
    """A client host has a connection to a port of a server host."""

    client: str
    server: str
    port: int
    client_process: str | None = None
    server_process: str | None = None
    client_system: str | None = None
    server_system: str | None = None
    confidence: Confidence
    looks: int
    evidence: tuple[Evidence, ...]


class SeenDependency(Frozen):
    """`system` needs `needs`; `edges`: the connections that say so."""

    system: str
    needs: str
    standing: Standing
    confidence: Confidence | None = None
    ports: tuple[int, ...] = ()
    edges: tuple[Edge, ...] = ()


class Stranger(Frozen):
    """An address in a prefix of ours that talks with our hosts and is no host of the inventory."""

    address: str
    talks_to: tuple[str, ...]
    serves: tuple[int, ...] = ()  # ports on which our hosts reach it
    uses: tuple[int, ...] = ()  # ports of ours that it reaches
    evidence: tuple[Evidence, ...] = ()


class Seen(Frozen):
    """`outside`: addresses beyond our prefixes that our hosts talk with; `ambiguous`: addresses
    that more than one host has."""

    dependencies: tuple[SeenDependency, ...] = ()
    edges: tuple[Edge, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    outside: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


@dataclass
class _Line:
    """What is known of one client, server and port."""

    sides: set[str] = field(default_factory=set)
    listening: bool = False
    looks: set[int] = field(default_factory=set)
    evidence: list[Evidence] = field(default_factory=list)
    client_process: str | None = None
    server_process: str | None = None


@dataclass
class _Talk:
    """What is known of one address that is no host."""

    hosts: set[str] = field(default_factory=set)
    serves: set[int] = field(default_factory=set)
    uses: set[int] = field(default_factory=set)
    evidence: list[Evidence] = field(default_factory=list)


class _Watch:
    """Goes through looks and gathers lines and strangers."""

    def __init__(self, ground: Ground, book: AddressBook) -> None:
        looks = ground.looks
        self.book = book
        self.secret = ground.secret.hosts
        self.ssh = {h.code: h.ssh_port for h in ground.estate.hosts}
        self.listening = {code: ports_of(look.facts) for code, look in looks.items()}
        self.visitors = {look.facts.visitor for look in looks.values()} - {None}
        self.lines: dict[tuple[str, str, int], _Line] = {}
        self.talks: dict[Address, _Talk] = {}
        self.ambiguous: set[str] = set()

    def take(self, look: Look) -> None:
        if look.code in self.secret:
            return
        listening = (ports_of(look.facts) or frozenset()) | (
            self.listening.get(look.code) or frozenset()
        )
        for one in look.facts.connections or ():
            if one.port == self.ssh.get(look.code, 22) and one.peer in self.visitors:
                continue  # a visit of ours
            self._connection(look, one, serves=one.port in listening)

    def _connection(self, look: Look, one: Connection, *, serves: bool) -> None:
        peer = self.book.host(one.peer)
        if peer is None:
            if len(self.book.owners.get(one.peer, ())) > 1:
                self.ambiguous.add(str(one.peer))
            elif one.peer not in self.book.taken and one.peer not in self.visitors:
                self._stranger(look, one, serves=serves)
            return
        if peer == look.code:
            return
        theirs = self.listening.get(peer)
        listens = serves or (theirs is not None and one.peer_port in theirs)
        if not listens:
            serves = one.port < one.peer_port
        client, server = (peer, look.code) if serves else (look.code, peer)
        port = one.port if serves else one.peer_port
        if port == self.ssh.get(server, 22):
            return  # somebody administers it: that is no dependency
        line = self.lines.setdefault((client, server, port), _Line())
        line.sides.add("server" if serves else "client")
        line.listening |= listens
        if look.id not in line.looks:
            line.evidence.append(evidence(look, "connections"))
        line.looks.add(look.id)
        if serves:
            line.server_process = line.server_process or one.process
        else:
            line.client_process = line.client_process or one.process

    def _stranger(self, look: Look, one: Connection, *, serves: bool) -> None:
        talk = self.talks.setdefault(one.peer, _Talk())
        if look.code not in talk.hosts:
            talk.evidence.append(evidence(look, "connections"))
        talk.hosts.add(look.code)
        if serves:
            talk.uses.add(one.port)
        elif one.peer_port < EPHEMERAL or one.peer_port < one.port:
            talk.serves.add(one.peer_port)
        else:
            talk.uses.add(one.port)


def seen(
    estate: Estate,
    looks: Iterable[Look],
    latest: Mapping[str, Look],
    within: Iterable[Network] = (),
) -> Seen:
    """`looks`: all that count; `latest`: the newest of each host; `within`: prefixes of ours."""
    ground = Ground(estate, latest)
    book = AddressBook.of(ground, within)
    watch = _Watch(ground, book)
    for look in looks:
        watch.take(look)
    owners = _Owners(ground)
    edges = tuple(
        _edge(key, line, owners)
        for key, line in sorted(watch.lines.items())
        if not {key[0], key[1]} & watch.secret
    )
    strangers = tuple(
        Stranger(
            address=str(address),
            talks_to=tuple(sorted(talk.hosts)),
            serves=tuple(sorted(talk.serves)),
            uses=tuple(sorted(talk.uses)),
            evidence=tuple(talk.evidence),
        )
        for address, talk in sorted(watch.talks.items(), key=lambda t: (t[0].version, t[0].packed))
        if book.inside(address)
    )
    return Seen(
        dependencies=_beside(ground, edges),
        edges=edges,
        strangers=strangers,
        outside=tuple(sorted(str(a) for a in watch.talks if not book.inside(a))),
        ambiguous=tuple(sorted(watch.ambiguous)),
    )


class _Owners:
    """Which system a host, or a port of it, belongs to."""

    def __init__(self, ground: Ground) -> None:
        estate = ground.estate
        self.systems = {c: {s.code for s in found} for c, found in ground.systems_of.items()}
        for host in estate.hosts:
            if host.system:
                self.systems.setdefault(host.code, {host.system})
        self.ports = {(s.host, s.port): s.system for s in estate.services if s.system}
        carrier = {node.code: node.host for node in estate.nodes if node.host}
        for system in estate.systems:
            if system.entrance and system.entrance.node in carrier:
                self.ports[carrier[system.entrance.node], system.entrance.port] = system.code

    def of(self, host: str, port: int | None = None) -> str | None:
        """By the port where one is declared for it, else the one system of the host."""
        if port is not None and (host, port) in self.ports:
            return self.ports[host, port]
        found = self.systems.get(host, set())
        return next(iter(found)) if len(found) == 1 else None


def _edge(key: tuple[str, str, int], line: _Line, owners: _Owners) -> Edge:
    client, server, port = key
    confidence = Confidence.POSSIBLE
    if line.listening:
        confidence = Confidence.CERTAIN if len(line.sides) == 2 else Confidence.LIKELY
    return Edge(
        client=client,
        server=server,
        port=port,
        client_process=line.client_process,
        server_process=line.server_process,
        client_system=owners.of(client),
        server_system=owners.of(server, port),
        confidence=confidence,
        looks=len(line.looks),
        evidence=tuple(line.evidence),
    )


_RANK = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)


def _beside(ground: Ground, edges: tuple[Edge, ...]) -> tuple[SeenDependency, ...]:
    secret = ground.secret.systems
    groups: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        client, server = edge.client_system, edge.server_system
        if client and server and client != server and not {client, server} & secret:
            groups.setdefault((client, server), []).append(edge)
    told = ((d.system, d.needs) for d in ground.estate.dependencies)
    declared = {pair for pair in told if not set(pair) & secret}
    return tuple(
        SeenDependency(
            system=pair[0],
            needs=pair[1],
            standing=_standing(ground, pair, seen=pair in groups, declared=pair in declared),
            confidence=min(
                (e.confidence for e in groups.get(pair, ())), key=_RANK.index, default=None
            ),
            ports=tuple(sorted({e.port for e in groups.get(pair, ())})),
            edges=tuple(groups.get(pair, ())),
        )
        for pair in sorted(declared | groups.keys())
    )


def _standing(ground: Ground, pair: tuple[str, str], *, seen: bool, declared: bool) -> Standing:
    if seen:
        return Standing.BOTH if declared else Standing.SEEN_ONLY
    both = [ground.hosts_of.get(code, ()) for code in pair]
    looks = [ground.looks.get(host.code) for hosts in both for host in hosts]
    looked = all(both) and all(look and look.facts.connections is not None for look in looks)
    return Standing.DECLARED_ONLY if looked else Standing.NOT_LOOKED

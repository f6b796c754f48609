"""What hangs on what, seen from where a prober stands. Pure.

A line is a cut where everything behind it is reached over it alone: a bridge of the graph of places
and lines (Tarjan 1974). The prober's own place hangs on nothing: from there its own uplink comes
first, and all the rest hangs on that. Where nobody told where it stands, and where its place has no
way on record to a cloud, the clouds are where lines lead to. A node whose `platform` is the code or the
name of another node hangs on that node.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.model import Estate, Line, Node

_ROOT = ""


@dataclass(frozen=True, slots=True)
class Hung:
    """What something hangs on, the nearest to the prober first; `node`: the exchange node whose own
    service it is."""

    lines: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    node: str = ""

    def labels(self) -> dict[str, str]:
        """`line_1`, `line_2` … `platform_1` …: one for each, by which alerts find each other."""
        told = {f"line_{n}": code for n, code in enumerate(self.lines, 1)}
        told |= {f"platform_{n}": code for n, code in enumerate(self.platforms, 1)}
        return told | ({"node": self.node} if self.node else {})

    @property
    def depth(self) -> int:
        """How many things it hangs on."""
        return len(self.lines) + len(self.platforms) + bool(self.node)

    @property
    def nearest(self) -> dict[str, str]:
        """The line to ask about first, for whoever reads the alert; pages are put together by it."""
        return {"line": self.lines[-1]} if self.lines else {}


NOTHING = Hung()


@dataclass(frozen=True)
class Topology:
    """`places`: place → lines that it hangs on; `lines`: line → those before it; `cuts`: lines that
    something hangs on; `platforms`: node → the platforms that it hangs on."""

    places: Mapping[str, tuple[str, ...]]
    lines: Mapping[str, tuple[str, ...]]
    cuts: frozenset[str]
    platforms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, estate: Estate, home: str | None) -> "Topology":
        near = _reached(estate.lines, home) if home else set()
        roots = {cloud.code for cloud in estate.clouds if cloud.code not in near}
        walk = _Walk(estate.lines, roots | ({home} if home else set()))
        return cls(walk.places, walk.lines, frozenset(walk.cuts), _platforms(estate.nodes))

    def of_place(self, place: str | None) -> Hung:
        return Hung(lines=self.places.get(place or "", ()))

    def of_node(self, node: Node) -> Hung:
        return Hung(self.places.get(node.place or "", ()), self.platforms.get(node.code, ()))


def _reached(lines: tuple[Line, ...], home: str) -> set[str]:
    """Places to which a way is on record."""
    found, todo = {home}, [home]
    beside: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.cancelled_on is None and line.a_end and line.z_end:
            beside[line.a_end].add(line.z_end)
            beside[line.z_end].add(line.a_end)
    while todo:
        new = beside[todo.pop()] - found
        found |= new
        todo.extend(new)
    return found


class _Walk:
    """From the root outwards: whatever is behind a bridge hangs on it."""

    def __init__(self, lines: tuple[Line, ...], roots: set[str]) -> None:
        self._edges: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for line in lines:
            if line.cancelled_on is None and line.a_end and line.z_end:
                a, z = (_ROOT if end in roots else end for end in (line.a_end, line.z_end))
                self._edges[a].append((line.code, z))
                self._edges[z].append((line.code, a))
        self.places: dict[str, tuple[str, ...]] = {}
        self.lines: dict[str, tuple[str, ...]] = {}
        self.cuts: set[str] = set()
        self._chain(*self._low())

    def _low(self) -> tuple[list[tuple[str, str, str]], dict[str, int], dict[str, int]]:
        """Depth first: (place, line to it, place before it) in order, number of each place, and the
        lowest number that can be reached without that line."""
        number = {_ROOT: 0}
        low = {_ROOT: 0}
        order: list[tuple[str, str, str]] = []
        way = [(_ROOT, "", iter(self._edges[_ROOT]))]
        while way:
            place, came, edges = way[-1]
            for line, other in edges:
                if line == came:
                    continue
                if other in number:
                    low[place] = min(low[place], number[other])
                    continue
                number[other] = low[other] = len(number)
                order.append((other, line, place))
                way.append((other, line, iter(self._edges[other])))
                break
            else:
                way.pop()
                if way:
                    before = way[-1][0]
                    low[before] = min(low[before], low[place])
        return order, number, low

    def _chain(
        self, order: list[tuple[str, str, str]], number: dict[str, int], low: dict[str, int]
    ) -> None:
        self.places[_ROOT] = ()
        for place, line, before in order:
            chain = self.places[before]
            if low[place] > number[before]:
                self.cuts.add(line)
                chain = (*chain, line)
            self.places[place] = chain
        for place, edges in self._edges.items():
            for line, _ in edges:
                mine = tuple(one for one in self.places.get(place, ()) if one != line)
                if line not in self.lines or len(mine) < len(self.lines[line]):
                    self.lines[line] = mine
        del self.places[_ROOT]


def _platforms(nodes: tuple[Node, ...]) -> dict[str, tuple[str, ...]]:
    """Node → the platforms above it, the highest first; a ring hangs on nothing."""
    known = {node.name: node.code for node in nodes} | {node.code: node.code for node in nodes}
    above = {
        node.code: known[node.platform]
        for node in nodes
        if node.platform and known.get(node.platform, node.code) != node.code
    }
    found: dict[str, tuple[str, ...]] = {}
    for code in above:
        chain: list[str] = []
        at = code
        while at in above and above[at] not in chain and above[at] != code:
            at = above[at]
            chain.insert(0, at)
        if at not in above:
            found[code] = tuple(chain)
    return found


def hangs(estate: Estate, topology: Topology) -> dict[str, Hung]:
    """Code of whatever is looked at → what it hangs on."""
    found: dict[str, Hung] = {}
    of_host: dict[str, str] = {}
    for node in estate.nodes:
        hung = topology.of_node(node)
        found[node.code] = Hung(hung.lines, hung.platforms, node.code)
        if node.host:
            of_host[node.host] = node.code
    hosts = {host.code: host for host in estate.hosts}
    for service in estate.services:
        host = hosts.get(service.host)
        if host is not None:
            lines = topology.of_place(host.place).lines
            found[service.code] = found.get(of_host.get(host.code, ""), Hung(lines=lines))
    for system in estate.systems:
        if system.entrance and system.entrance.node in found:
            for code in (system.code, f"{system.code}@{system.entrance.node}"):
                found[code] = found[system.entrance.node]
    return found

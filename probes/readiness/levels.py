"""IPv6 readiness L0 to L6 of a node, a link, a system and the city. Pure.

The levels are ours; each names the checks it rests on (numbers as in docs/probes.md). A level holds
when all below it hold. What is unknown or stale never passes; a check without a subject (a router
has no pages) blocks nothing. Where no text gives a threshold there is none: the figure is shown and
nothing passes by it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from inventory.model import Estate, Link, Node, System
from inventory.secrecy import hidden
from probes.errors import Misuse
from probes.readiness import checks
from probes.readiness.evidence import Evidence, Finding, Readiness, Verdict, both, joined, worst

HIGHEST = 6
PASSES = (Verdict.PASSED, Verdict.NONE)


@dataclass(frozen=True)
class City:
    """Everything of an estate that may be looked at. `levels`: kind → level → how many; `blocking`:
    (kind, check) → how many it keeps from their next level; `level`: the least of all."""

    nodes: tuple[Readiness, ...]
    links: tuple[Readiness, ...]
    systems: tuple[Readiness, ...]

    @property
    def all(self) -> tuple[Readiness, ...]:
        return (*self.nodes, *self.links, *self.systems)

    @property
    def level(self) -> int:
        return min((one.level for one in self.all), default=0)

    @property
    def levels(self) -> Mapping[str, Counter[int]]:
        return {
            kind: Counter(one.level for one in them)
            for kind, them in (("node", self.nodes), ("link", self.links), ("system", self.systems))
        }

    @property
    def blocking(self) -> Counter[tuple[str, int]]:
        return Counter((one.kind, one.blocks.number) for one in self.all if one.blocks)


@dataclass(frozen=True)
class Judge:
    """One estate and what is known of it; classified systems and what is theirs are not in it."""

    estate: Estate
    evidence: Evidence

    def level_of(self, code: str) -> Readiness:
        """Raises Misuse for a code that is no node, link or system that may be looked at."""
        if code in self._nodes:
            return self.node(code)
        if code in self._links:
            return self.link(self._links[code])
        if code in self._systems:
            return self.system(self._systems[code])
        raise Misuse(
            f"读到 / read {code!r}; 应为非涉密的节点、链路或信息系统的编号 / expected a node, link or "
            "system, none that is classified"
        )

    def told(self, evidence: Evidence) -> "Judge":
        """The same estate by other evidence; what was looked up in the estate is not looked up again."""
        other = Judge(self.estate, evidence)
        for name in ("_nodes", "_links", "_systems", "_entrances", "_needs"):
            vars(other)[name] = getattr(self, name)
        return other

    def city(self) -> City:
        return City(
            tuple(self.node(code) for code in self._nodes),
            tuple(self.link(link) for link in self._links.values()),
            tuple(self.system(system) for system in self._systems.values()),
        )

    def node(self, code: str) -> Readiness:
        if code not in self._judged:
            self._judged[code] = _node(self._nodes[code], self._entrances[code], self.evidence)
        return self._judged[code]

    def link(self, link: Link) -> Readiness:
        """Both ends, looked at from both sides: #1, #3, #9 and #10 alone."""
        ends = [self._nodes[c] for c in (link.a_node, link.z_node) if c in self._nodes]
        if len(ends) < 2:
            missing = Finding(
                1,
                Verdict.UNKNOWN,
                both(f"{link.code} 两端未登记", f"{link.code}: its ends are not declared"),
            )
            return Readiness(link.code, "link", 0, (missing,), missing)
        evidence = self.evidence
        codes = [f"{link.code}@{end.code}" for end in ends]
        addresses = tuple(checks.address(node, (), evidence) for node in ends)
        echoes = tuple(
            Finding(
                3, evidence.up(code, "icmp", 6), both(f"{end.code} 回显", f"echo of {end.code}")
            )
            for code, end in zip(codes, ends, strict=True)
        )
        ways = tuple(_way(link, here, there, evidence) for here, there in (ends, ends[::-1]))
        pairs = tuple(p for code in codes for p in checks.compared(code, ("icmp",), evidence))
        dual = any(end.ipv4 for end in ends)
        slower = checks.degradation(pairs, evidence.thresholds, v4=dual)
        mtu = checks.path_mtu(codes, evidence)
        level, blocks = climbed((addresses, echoes, ways, (slower,), (mtu,), ()))
        findings = (*addresses, *echoes, *ways, slower, mtu)
        owner = ends[0].organisation or ""
        return Readiness(link.code, "link", level, findings, blocks, pairs, organisation=owner)

    def system(self, system: System) -> Readiness:
        """The least of its nodes, of what it needs, and of the links between these."""
        reached = self._reached(system)
        codes = {
            code
            for one in reached
            for code in (one.entrance.node if one.entrance else None, one.exchange_node)
            if code in self._nodes
        }
        parts = [self.node(code) for code in sorted(codes)]
        if not parts:
            nothing = Finding(1, Verdict.UNKNOWN, "没有登记接入节点 / no node of it is declared")
            return Readiness(
                system.code,
                "system",
                0,
                (nothing,),
                nothing,
                organisation=system.organisation or "",
            )
        parts += [
            self.link(link)
            for link in self._links.values()
            if link.a_node in codes and link.z_node in codes
        ]
        least = min(parts, key=lambda part: part.level)
        blocks = least.blocks and replace(
            least.blocks, told=joined(f"{least.code}: ", least.blocks.told)
        )
        return Readiness(
            system.code,
            "system",
            least.level,
            _joined(parts),
            blocks,
            security=tuple(text for part in parts for text in part.security),
            skylights=tuple(text for part in parts for text in part.skylights),
            organisation=system.organisation or "",
        )

    def _reached(self, system: System) -> list[System]:
        """It, and all that it needs, and what these need; a circle ends too."""
        reached, todo = set[str](), [system.code]
        while todo:
            code = todo.pop()
            if code not in reached and code in self._systems:
                reached.add(code)
                todo += self._needs[code]
        return [self._systems[code] for code in sorted(reached)]

    @cached_property
    def _judged(self) -> dict[str, Readiness]:
        return {}

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        secret = hidden(self.estate)
        return {
            n.code: n
            for n in self.estate.nodes
            if n.host not in secret.hosts and not secret.hides_at(n.ipv4, n.ipv6)
        }

    @cached_property
    def _links(self) -> dict[str, Link]:
        return {link.code: link for link in self.estate.links}

    @cached_property
    def _systems(self) -> dict[str, System]:
        secret = hidden(self.estate)
        return {s.code: s for s in self.estate.systems if s.code not in secret.systems}

    @cached_property
    def _entrances(self) -> dict[str, list[System]]:
        found: dict[str, list[System]] = defaultdict(list)
        for system in self._systems.values():
            if system.entrance:
                found[system.entrance.node].append(system)
        return found

    @cached_property
    def _needs(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for dependency in self.estate.dependencies:
            found[dependency.system].append(dependency.needs)
        return found


def _node(node: Node, entrances: list[System], evidence: Evidence) -> Readiness:
    address = checks.address(node, entrances, evidence)
    echo = Finding(3, evidence.up(node.code, "icmp", 6), "IPv6 回显 / echo over IPv6")
    ports = checks.ports(node, evidence)
    parity, security = checks.port_parity(node, evidence)
    asked = ("icmp", *(f"tcp/{port}" for port in node.ports))
    pairs = (
        *checks.compared(node.code, asked, evidence),
        *(
            pair
            for s in entrances
            if s.entrance
            for pair in checks.compared(checks.portal(s), (f"http/{s.entrance.port}",), evidence)
        ),
    )
    pages = checks.pages(node, entrances, evidence)
    links, skylights = checks.links(entrances, evidence)
    success = checks.success(node.code, asked, evidence)
    slower = checks.degradation(pairs, evidence.thresholds, v4=node.ipv4 is not None)
    names = checks.name_servers(entrances, evidence)
    mtu = checks.path_mtu((node.code,), evidence)
    alone = checks.single_stack(
        [checks.portal(s) for s in entrances] if entrances else [node.code], evidence
    )
    steps = (
        (address,),
        (checks.either(echo, ports),),
        (ports, parity),
        (pages, links, success, slower),
        (names, mtu),
        (alone,),
    )
    level, blocks = climbed(steps)
    return Readiness(
        node.code,
        "node",
        level,
        (address, names, echo, ports, parity, pages, links, success, slower, mtu, alone),
        blocks,
        pairs,
        security,
        skylights,
        node.organisation or "",
    )


def _way(link: Link, here: Node, there: Node, evidence: Evidence) -> Finding:
    """One direction: the far end, from a prober that stands at the near one."""
    key = (f"{link.code}@{there.code}", "icmp", 6)
    verdict = evidence.up_from((here.code, here.place), key)
    told = f"{here.code} → {there.code}"
    if verdict is Verdict.UNKNOWN:
        told = both(told + ": 该端无探测点", told + ": no prober stands there")
    return Finding(3, verdict, told)


def _joined(parts: Iterable[Readiness]) -> tuple[Finding, ...]:
    """One finding a check: the worst of all parts, and whose it is."""
    by: dict[int, list[tuple[str, Finding]]] = defaultdict(list)
    for part in parts:
        for finding in part.findings:
            by[finding.number].append((part.code, finding))
    merged: list[Finding] = []
    for number, found in sorted(by.items()):
        verdict = worst(finding.verdict for _, finding in found)
        code, first = next(pair for pair in found if pair[1].verdict is verdict)
        merged.append(Finding(number, verdict, joined(f"{code}: ", first.told)))
    return tuple(merged)


def climbed(steps: Iterable[Iterable[Finding]]) -> tuple[int, Finding | None]:
    """The level, and what keeps from the next one."""
    level = 0
    for step in steps:
        for finding in step:
            if finding.verdict not in PASSES:
                return level, finding
        level += 1
    return level, None

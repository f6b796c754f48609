"""Alerts of what is down: lines, nodes, families, services. Pure.

An alert is made where something is down and nothing that it hangs on is; one that has been made goes
on until its own cause is gone, whatever happens to the line meanwhile, so every page finds its
resolution. What hangs on something fires later and goes on longer than what it hangs on: while the
one fires Alertmanager inhibits the other (`routes.inhibitions`), and never its end.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from inventory.model import Estate
from probes.alerts.links import of_links
from probes.alerts.paging import Paging, Timing
from probes.alerts.topology import NOTHING, Hung, Topology, hangs
from probes.alerts.words import (
    CUT,
    FAMILY_DOWN,
    FLAPPING,
    LINE_CUT,
    LINE_DOWN,
    LINE_FLAPPING,
    NODE_DOWN,
    PLATFORM_CUT,
    SAME,
    SERVICE_DOWN,
    UP,
    Spot,
    alert,
    any_of,
    told_apart,
)
from probes.watch.of_estate import watches_of
from probes.watch.watched import Watch

FLAPS = 6
"""Turns in a quarter of an hour from which on something flaps: then its alert stays."""
PRESUMED = 2
"""Nodes at least that must all be down for a line whose own ends are not looked at to be called so."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Targets with one rule: alike in severity, in what they hang on, and in how long is waited."""

    severity: str
    hung: Hung
    cut: str  # label by which others find these alerts, "" where nothing hangs on them
    wait: int


def flapping() -> list[dict[str, Any]]:
    """What turns again and again, of all vantage points."""
    codes = f"max by (code, vantage) (changes({UP}{{{_ICMP}}}[15m])) >= {FLAPS}"
    lines = f"max by (line, vantage) (changes({LINE_CUT}[15m])) >= {FLAPS}"
    return [{"record": FLAPPING, "expr": codes}, {"record": LINE_FLAPPING, "expr": lines}]


def of_what_is_down(estate: Estate, paging: Paging, spot: Spot) -> list[dict[str, Any]]:
    """Rules in the order in which they must be evaluated: what hangs on something after it."""
    # rules that are made before a move hold after it, for what is then looked at
    every = watches_of(estate, everywhere=True)
    watches = [w for w in every if w.kind not in {"line", "link"}]
    topology = Topology.of(estate, spot.home)
    made = _Made(estate, paging, spot, topology, watches)
    timing = (paging.timing.margin, paging.timing.steady)
    links = of_links(estate, every, spot, topology, timing)
    down = [*made.lines(), *made.platforms(), *made.nodes(), *made.services(), *links]
    return told_apart(down, {"home": spot.home or ""} if spot.only else {})


@dataclass(frozen=True)
class _Made:
    estate: Estate
    paging: Paging
    spot: Spot
    topology: Topology
    watches: list[Watch]

    @property
    def timing(self) -> Timing:
        return self.paging.timing

    def lines(self) -> Iterator[dict[str, Any]]:
        """A line is down when an end of it answers over no family; one whose ends are not looked at,
        when all nodes behind it are."""
        known = {line.code: line for line in self.estate.lines if line.cancelled_on is None}
        looked = self._looked()
        codes = sorted(looked, key=lambda code: (len(self.topology.lines.get(code, ())), code))
        for code in codes:
            yield self._cut(LINE_CUT, looked[code][0], line=code)
        for code in codes:
            before = self.topology.lines.get(code, ())
            label = f"line_{len(before) + 1}"
            labels = {
                "severity": "critical",
                "line": code,
                "organisation": known[code].organisation or "",
                **Hung(lines=(*before, code)).labels(),
                CUT: label,
            }
            mine = f'line="{code}"'
            cut, hung = self.spot.of(LINE_CUT, mine), Hung(lines=before)
            yield alert(
                LINE_DOWN,
                self._latched(LINE_DOWN, "line", (cut, "1"), self._cuts(hung), mine),
                self.timing.margin * len(before),
                self._steady(len(before)),
                labels,
                f"线路 {code} 中断{looked[code][1]}",
                f"line {code} is down{looked[code][2]}",
            )

    def _looked(self) -> dict[str, tuple[str, str, str]]:
        """Line → whether it is cut (1 or 0 by vantage point), and how that is known."""
        found: dict[str, tuple[str, str, str]] = {}
        alive = {line.code for line in self.estate.lines if line.cancelled_on is None}
        for code, ends in _ends(self.estate).items():
            each = f"max by (code, vantage) ({self._icmp(ends)})"
            if code in alive:
                found[code] = (f"min by (vantage) ({each}) == bool 0", "", "")
        for code, nodes in self._behind().items():
            if code not in found and code in alive and len(nodes) >= PRESUMED:
                expr = f"max by (vantage) ({self._icmp(nodes)}) == bool 0"
                told = f"（其后 {len(nodes)} 个节点全部中断）"
                found[code] = (expr, told, f" (all {len(nodes)} nodes behind it are)")
        return found

    def _behind(self) -> dict[str, list[str]]:
        """Line → nodes that are looked at and hang on it; only lines that have nodes of their own."""
        looked_at = {w.target.code for w in self.watches if w.target.check == "icmp"}
        behind: dict[str, list[str]] = defaultdict(list)
        own: set[str] = set()
        for node in self.estate.nodes:
            if node.code in looked_at:
                lines = self.topology.of_node(node).lines
                own.update(lines[-1:])
                for line in lines:
                    behind[line].append(node.code)
        return {line: nodes for line, nodes in behind.items() if line in own}

    def platforms(self) -> Iterator[dict[str, Any]]:
        for code in sorted({one for chain in self.topology.platforms.values() for one in chain}):
            expr = f"max by (vantage) ({self._icmp([code])}) == bool 0"
            yield self._cut(PLATFORM_CUT, expr, platform=code)

    def _cut(self, name: str, expr: str, **labels: str) -> dict[str, Any]:
        """`home`: rules of several vantage points are told apart."""
        home = {"home": self.spot.home or ""} if self.spot.only else {}
        return {"record": name, "expr": expr, "labels": labels | home}

    def nodes(self) -> Iterator[dict[str, Any]]:
        """One rule for each severity and what is hung on: few rules, whatever the number of nodes."""
        echoes = [w for w in self.watches if w.target.check == "icmp"]
        for group, codes in self._grouped(echoes):
            hung, only = group.hung, self._icmp(codes)
            own = {"node": "{{ $labels.code }}"}
            if group.cut:
                own |= {group.cut: "{{ $labels.code }}", CUT: group.cut}
            labels = {"severity": group.severity, **hung.labels(), **hung.nearest}
            worst = f"max {SAME} ({only})"
            yield alert(
                NODE_DOWN,
                self._latched(NODE_DOWN, "code", (worst, "0"), self._cuts(hung)),
                group.wait,
                self._steady(hung.depth),
                labels | own,
                "节点 {{ $labels.code }} 中断",
                "node {{ $labels.code }} is down",
            )
        yield from self._families(echoes)

    def _families(self, echoes: Iterable[Watch]) -> Iterator[dict[str, Any]]:
        """Of all nodes alike, however much the whole node matters."""
        alike: dict[_Group, list[str]] = defaultdict(list)
        for group, codes in self._grouped(echoes):
            alike[replace(group, severity="warning", cut="")] += codes
        for group, codes in alike.items():
            hung, only = group.hung, self._icmp(codes)
            one, worst = f"{only} == 0", f"max {SAME} ({only})"
            firing = f'ALERTS{{alertname="{FAMILY_DOWN}",alertstate="firing"}}'
            yield alert(
                FAMILY_DOWN,
                f"({one} and on (code, vantage) ({worst} == 1)) or ({one} and on (code, family, "
                f"vantage) {firing})",
                group.wait,
                self._steady(hung.depth),
                {"severity": group.severity, **hung.labels(), **hung.nearest},
                "节点 {{ $labels.code }} 仅 IPv{{ $labels.family }} 中断",
                "node {{ $labels.code }} is down over IPv{{ $labels.family }} alone",
            )

    def services(self) -> Iterator[dict[str, Any]]:
        """Ports, services and entrances; not those of a node that is down itself."""
        others = [w for w in self.watches if w.target.check not in ("icmp", "pmtu")]
        yield from self._refused(others, 'check!~"icmp|pmtu"')
        # looked at rarely: a rule of its own, lest the others wait for as long
        paths = [w for w in self.watches if w.target.check == "pmtu"]
        yield from self._refused(paths, 'check="pmtu"', check="pmtu")

    def _refused(
        self, watches: list[Watch], checks: str, **labels: str
    ) -> Iterator[dict[str, Any]]:
        """`labels`: which these alerts have anyhow, said where promtool can see it."""
        for group, codes in self._grouped(watches):
            matchers = (f'code=~"{any_of(codes)}"', checks)
            same = "by (code, kind, organisation, zone, vantage, check)"
            worst = f"max {same} ({self.spot.of(UP, *matchers)})"
            hung = group.hung
            yield alert(
                SERVICE_DOWN,
                self._latched(SERVICE_DOWN, "code, check", (worst, "0"), self._cuts(hung)),
                group.wait,
                self._steady(hung.depth),
                {"severity": group.severity, **labels, **hung.labels(), **hung.nearest},
                "{{ $labels.code }} 的 {{ $labels.check }} 不通",
                "{{ $labels.check }} of {{ $labels.code }} is down",
            )

    def _latched(
        self, name: str, by: str, seen: tuple[str, str], cuts: Iterable[str], mine: str = ""
    ) -> str:
        """`down` where nothing that it hangs on is (`cuts`), or where its alert fires already: then it
        goes on until its own cause is gone, and while it flaps. `seen`: what is looked at, and what
        of it is down; `by`: the labels that tell one alert from another."""
        every, down = seen[0], f"{seen[0]} == {seen[1]}"
        fires = ",".join(one for one in (f'alertname="{name}"', 'alertstate="firing"', mine) if one)
        told = " or ".join(cuts)
        first = f"(({down}) unless on (vantage) ({told}))" if told else f"({down})"
        key, flaps = by.partition(",")[0], LINE_FLAPPING if mine else FLAPPING
        flaps = f"({every}) and on ({key}, vantage) {flaps}"
        return f"{first} or ((({down}) or ({flaps})) and on ({by}, vantage) ALERTS{{{fires}}})"

    def _cuts(self, hung: Hung) -> list[str]:
        """What must not be down for an alert of what hangs on it."""
        cuts = []
        if hung.lines:
            cuts.append(self.spot.of(LINE_CUT, f'line=~"{any_of(hung.lines)}"') + " == 1")
        if hung.platforms:
            among = f'platform=~"{any_of(hung.platforms)}"'
            cuts.append(self.spot.of(PLATFORM_CUT, among) + " == 1")
        if hung.node:
            cuts.append(f"max by (vantage) ({self._icmp([hung.node])}) == 0")
        return cuts

    def _grouped(self, watches: Iterable[Watch]) -> list[tuple[_Group, list[str]]]:
        known = hangs(self.estate, self.topology)
        depths = self._depths()
        slowest = self._slowest(known)
        groups: dict[_Group, list[str]] = defaultdict(list)
        for watch in watches:
            code = watch.target.code
            hung = known.get(code, NOTHING)
            if watch.target.check == "icmp":
                hung = Hung(hung.lines, hung.platforms)  # a node hangs on no node's service
            cut = f"platform_{depths[code]}" if code in depths and not hung.node else ""
            interval = max((watch.interval, *(slowest.get(line, 0.0) for line in hung.lines)))
            wait = max(2, round(2 * interval)) + self.timing.margin * hung.depth
            group = _Group(self.paging.of(watch.kind), hung, cut, wait)
            if code not in groups[group]:
                groups[group].append(code)
        return sorted(groups.items(), key=lambda one: (one[0].hung.depth, repr(one[0])))

    def _depths(self) -> dict[str, int]:
        """Platforms that something hangs on → the number of their label."""
        found: dict[str, int] = {}
        for chain in self.topology.platforms.values():
            found |= {code: depth for depth, code in enumerate(chain, 1)}
        return found

    def _slowest(self, hangs: Mapping[str, Hung]) -> dict[str, float]:
        """Line → longest interval behind it: it is known to be cut only when all have been seen."""
        found: dict[str, float] = {}
        for watch in self.watches:
            if watch.target.check == "pmtu":
                continue  # what is looked at so rarely says nothing of a line's being cut
            for line in hangs.get(watch.target.code, NOTHING).lines:
                found[line] = max(found.get(line, 0.0), watch.interval)
        return found

    def _steady(self, depth: int) -> int:
        return self.timing.steady + self.timing.margin * depth

    def _icmp(self, codes: Iterable[str]) -> str:
        return self.spot.of(UP, f'code=~"{any_of(codes)}"', _ICMP)


_ICMP = 'check="icmp"'


def _ends(estate: Estate) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for watch in watches_of(estate):
        line = watch.target.code.rpartition("@")[0]
        if watch.kind == "line" and watch.target.code not in found[line]:
            found[line].append(watch.target.code)
    return {code: ends for code, ends in found.items() if ends}

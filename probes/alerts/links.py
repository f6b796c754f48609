"""Alerts of links. Pure.

A link's end is the address of a node: from one place alone, a link that is cut and a node that is gone
look the same, and the node's alert tells it. Where a prober stands at one end of a link (its place in
`[homes]`, or `home`) and does not reach the other end, while another vantage point does, it is the way
between both ends that is cut. Such an alert is not made while a line between them is down.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inventory.model import Estate, Link
from probes.alerts.topology import Hung, Topology
from probes.alerts.words import LINE_CUT, LINK_DOWN, SAME, UP, Spot, alert, any_of
from probes.watch.watched import Watch


def of_links(
    estate: Estate,
    watches: Iterable[Watch],
    spot: Spot,
    topology: Topology,
    timing: tuple[int, int],
) -> Iterator[dict[str, Any]]:
    """One rule for all far ends with the same lines before them; `timing`: `margin` and `steady` of
    the paging, seconds."""
    places = {node.code: node.place for node in estate.nodes}
    far = {end for link in estate.links for end in _far_ends(link, places, spot.home) if spot.home}
    nodes = {node.code: node for node in estate.nodes}
    groups: dict[Hung, dict[str, float]] = defaultdict(dict)
    for watch in watches:
        if watch.kind == "link" and watch.target.check == "icmp" and watch.target.code in far:
            node = nodes[watch.target.code.rpartition("@")[2]]
            hung = Hung(lines=topology.of_node(node).lines)
            groups[hung][watch.target.code] = watch.interval
    for hung, codes in sorted(groups.items(), key=lambda one: one[0].lines):
        wait = max(2, round(2 * max(codes.values()))) + timing[0] * (1 + len(hung.lines))
        yield _rule(hung, sorted(codes), spot, wait, timing[1])


def _far_ends(link: Link, places: Mapping[str, str | None], home: str | None) -> Iterator[str]:
    ends = (link.a_node, link.z_node)
    for near, far in (ends, ends[::-1]):
        if near and far and places.get(near) == home and places.get(far, home) != home:
            yield f"{link.code}@{far}"


def _rule(hung: Hung, codes: list[str], spot: Spot, wait: int, steady: int) -> dict[str, Any]:
    only = (f'code=~"{any_of(codes)}"', 'check="icmp"')
    down = f"max {SAME} ({spot.of(UP, *only)}) == 0"
    elsewhere = f"max by (code) ({UP}{{{','.join(only)}}}) == 1"
    first = f"(({down}) and on (code) ({elsewhere}))"
    if hung.lines:
        cut = spot.of(LINE_CUT, f'line=~"{any_of(hung.lines)}"') + " == 1"
        first = f"({first} unless on (vantage) ({cut}))"
    fires = f'ALERTS{{alertname="{LINK_DOWN}",alertstate="firing"}}'
    return alert(
        LINK_DOWN,
        f"{first} or (({down}) and on (code, vantage) {fires})",
        wait,
        steady,
        {"severity": "warning"} | ({"line": hung.lines[-1]} if hung.lines else {}),
        "链路端点 {{ $labels.code }} 自观测点 {{ $labels.vantage }} 不可达，他处可达",
        "the link's end {{ $labels.code }} is not reached from {{ $labels.vantage }}, but from elsewhere",
    )

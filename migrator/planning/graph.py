"""Graphs of systems: what hangs together, rings, and the cheapest cut. Pure; nodes are codes.

Everything comes out in one order, whatever the order of what went in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

type Arcs = Mapping[str, Iterable[str]]
"""Node → the nodes that it points to; every node is a key."""


def joined(nodes: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """The connected components of an undirected graph, each sorted, in the order of their first.
    Raises KeyError for a pair of which an end is no node."""
    parent = {node: node for node in sorted(nodes)}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in pairs:
        a, b = sorted((root(one), root(other)))
        parent[b] = a
    found: dict[str, list[str]] = {}
    for node in parent:
        found.setdefault(root(node), []).append(node)
    return [tuple(members) for members in found.values()]


def rings(arcs: Arcs) -> list[tuple[str, ...]]:
    """The strongly connected components, each sorted, in the order of their first: those who need
    each other, directly or round a ring. Most hold one node. Tarjan 1972, without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    inside: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in sorted(arcs):
        if start in index:
            continue
        index[start] = low[start] = len(index)
        open_.append(start)
        inside.add(start)
        path = [(start, iter(sorted(arcs[start])))]
        while path:
            node, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    at = _place(open_, node)
                    found.append(tuple(sorted(open_[at:])))
                    inside -= set(open_[at:])
                    del open_[at:]
            elif following not in index:
                index[following] = low[following] = len(index)
                open_.append(following)
                inside.add(following)
                path.append((following, iter(sorted(arcs[following]))))
            elif following in inside:
                low[node] = min(low[node], index[following])
    return sorted(found)


def _place(stack: list[str], node: str) -> int:
    """Where `node` lies in the stack, looked for from its top."""
    for at in range(len(stack) - 1, -1, -1):
        if stack[at] == node:
            return at
    raise ValueError(node)


def ring_in(component: Iterable[str], arcs: Arcs) -> tuple[str, ...]:
    """A shortest ring through the first node of a strongly connected component of several, which
    ends where it begins; to be shown to people."""
    members = set(component)
    start = min(members)
    came: dict[str, str] = {}
    front = [start]
    while front:
        following: list[str] = []
        for node in front:
            for other in sorted(set(arcs[node]) & members):
                if other == start:
                    way = [start, node]
                    while way[-1] != start:
                        way.append(came[way[-1]])
                    return tuple(reversed(way))
                if other not in came:
                    came[other] = node
                    following.append(other)
        front = following
    raise ValueError(f"no ring in {sorted(members)}")


@dataclass(frozen=True)
class Cut:
    """The cheapest way to part a component: `one` side, and what the pairs across weigh."""

    price: int
    one: tuple[str, ...]


def min_cut(weights: Mapping[tuple[str, str], int]) -> Cut | None:
    """The cheapest cut of a connected undirected graph, None of less than two nodes; the smaller
    side is told. Stoer and Wagner 1997: cubic in the nodes."""
    graph: dict[str, dict[str, int]] = {}
    for (a, b), weight in sorted(weights.items()):
        for one, other in ((a, b), (b, a)):
            graph.setdefault(one, {}).setdefault(other, 0)
            graph[one][other] += weight
    every = set(graph)
    merged = {node: {node} for node in graph}
    best: Cut | None = None
    while len(graph) > 1:
        before, last, price = _phase(graph)
        side = min(merged[last], every - merged[last], key=lambda s: (len(s), sorted(s)))
        if best is None or price < best.price:
            best = Cut(price, tuple(sorted(side)))
        merged[before] |= merged.pop(last)
        for other, weight in graph.pop(last).items():
            del graph[other][last]
            if other != before:
                graph[before][other] = graph[before].get(other, 0) + weight
                graph[other][before] = graph[before][other]
    return best


def _phase(graph: Mapping[str, Mapping[str, int]]) -> tuple[str, str, int]:
    """The last two nodes of a maximum adjacency order, and the weight at the last."""
    drawn = dict.fromkeys(sorted(graph), 0)
    order: list[str] = []
    price = 0
    while drawn:
        node = max(drawn, key=lambda n: (drawn[n], n))
        price = drawn.pop(node)
        order.append(node)
        for other, weight in graph[node].items():
            if other in drawn:
                drawn[other] += weight
    return order[-2], order[-1], price

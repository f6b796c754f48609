"""The network as a picture: rooms, clouds, nodes, and the lines between, each at a place worked out
here. The browser only draws; the same estate gives the same picture.

Rooms stand in rings around the clouds, a county a sector; a node stands beside its room. Lines with
the same two ends are one stroke that has the worst of their states and the sum of their rates.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.pages.city import City
from api.pages.looks import Looks
from inventory.model import Line, Node

MOST = 5_000
"""Objects in one picture; beyond, it says how many it leaves out and asks for a narrower view."""
RING = 60
"""Rooms in the innermost ring before there is a second one."""
FULL = 0.8
"""Share of a line's rate from which it counts as full (`Means.line_share_percent`)."""
_RANK = {"bad": 0, "warn": 1, "busy": 2, "good": 3, "mute": 4}


@dataclass(frozen=True)
class Place:
    """`kind`: room, cloud, node, elsewhere; x, y in units of the picture, size in pixels."""

    kind: str
    code: str
    title: str
    tone: str
    x: float
    y: float
    size: int
    told: str


@dataclass(frozen=True)
class Stroke:
    """One line, or several with the same ends. `lines`: their codes."""

    code: str
    a: str
    z: str
    tone: str
    width: float
    told: str
    bent: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """`left_out`: how many objects do not stand in it."""

    places: tuple[Place, ...]
    strokes: tuple[Stroke, ...]
    left_out: int

    def plain(self) -> dict[str, object]:
        """As the browser reads it: rows, for five thousand objects with names are a large file."""
        return {
            "places": [
                (p.kind, p.code, p.title, p.tone, round(p.x, 1), round(p.y, 1), p.size, p.told)
                for p in self.places
            ],
            "lines": [(s.code, s.a, s.z, s.tone, s.width, s.told, s.bent) for s in self.strokes],
            "left_out": self.left_out,
        }


def line_tone(line: Line, seen: Looks, load: Mapping[str, float]) -> str:
    """bad: down; warn: full; good: answers; mute: nobody knows."""
    state = seen.worst(line.code)
    if state == "down":
        return "bad"
    if load.get(line.code, 0.0) >= FULL:
        return "warn"
    return "good" if state == "up" else "mute"


def line_tones(lines: Iterable[Line], seen: Looks, load: Mapping[str, float]) -> Mapping[str, str]:
    """By code; thousands of lines that nobody looks at cost nothing."""
    told = seen.by_code.keys() | load.keys()
    return {k.code: line_tone(k, seen, load) if k.code in told else "mute" for k in lines}


def graph_of(
    city: City,
    seen: Looks,
    load: Mapping[str, float],
    *,
    focus: str = "",
    hops: int = 2,
    most: int = MOST,
) -> Graph:
    """The whole city, or what lies within `hops` lines of one object; degraded lines come first
    where not all fit."""
    lines = [line for line in city.lines if line.a_end and line.z_end and line.a_end != line.z_end]
    links = [(k.a_node, k.z_node) for k in city.estate.links]
    near = _near(focus, hops, lines, links, city) if focus else None
    kept = [k for k in lines if near is None or (k.a_end in near and k.z_end in near)]
    tones = line_tones(kept, seen, load)
    kept.sort(key=lambda line: _RANK[tones[line.code]])  # of the same rank by code, as they came
    places = _places(city, seen, near, {end for k in kept for end in (k.a_end, k.z_end) if end})
    known = {p.code for p in places[:most]}
    strokes = list(_strokes(kept, tones, load, known))
    strokes += _link_strokes(links, known)
    room = max(0, most - len(known))
    total = len(places) + len(strokes)
    shown = places[:most], strokes[:room] if len(known) < most else []
    return Graph(tuple(shown[0]), tuple(shown[1]), total - len(shown[0]) - len(shown[1]))


def _near(
    focus: str, hops: int, lines: Iterable[Line], links: Iterable[tuple[str, str]], city: City
) -> set[str]:
    beside: dict[str, set[str]] = defaultdict(set)
    ends = [(str(k.a_end), str(k.z_end)) for k in lines]
    ends += links
    ends += [(n.code, n.place) for n in city.nodes if n.place]
    for a, z in ends:
        beside[a].add(z)
        beside[z].add(a)
    found, edge = {focus}, {focus}
    for _ in range(hops):
        edge = {other for one in edge for other in beside[one]} - found
        found |= edge
    return found


def _places(city: City, seen: Looks, near: set[str] | None, ends: set[str]) -> list[Place]:
    clouds = [c for c in city.estate.clouds if near is None or c.code in near]
    rooms = [r for r in city.estate.rooms if near is None or r.code in near]
    rooms.sort(key=lambda r: (r.county or "", r.name, r.code))
    nodes = [n for n in city.nodes if near is None or n.code in near]
    at: dict[str, tuple[float, float]] = {}
    for number, cloud in enumerate(clouds):
        at[cloud.code] = ((number - (len(clouds) - 1) / 2) * 90.0, 0.0)
    at |= _rings([r.code for r in rooms], 260.0)
    known = {c.code for c in clouds} | {r.code for r in rooms}
    strangers = sorted(e for e in ends - known if near is None or e in near)
    radius = 330.0 + 110.0 * (len(rooms) // RING + 1)
    at |= _rings(strangers, radius)
    at |= _beside(nodes, at, 150.0)
    found = [Place("cloud", c.code, c.name, "busy", *at[c.code], 34, c.name) for c in clouds]
    for room in rooms:
        count = len(city.systems_at.get(room.code, ()))
        size = 10 + min(18, round(math.sqrt(count) * 3))
        told = f"{room.name}\n{city.name(room.organisation)} · {count}"
        found.append(Place("room", room.code, room.name, "busy", *at[room.code], size, told))
    for node in nodes:
        state = seen.worst(node.code)
        tone = {"up": "good", "down": "bad"}.get(state, "mute")
        found.append(Place("node", node.code, node.name, tone, *at[node.code], 9, node.name))
    for code in strangers:
        found.append(Place("elsewhere", code, city.name(code), "mute", *at[code], 9, code))
    return found


def _rings(codes: Sequence[str], radius: float) -> dict[str, tuple[float, float]]:
    """Around the middle in the order given; several rings where one would be too full."""
    count = len(codes)
    rings = max(1, -(-count // RING))
    found = {}
    for number, code in enumerate(codes):
        angle = 2 * math.pi * number / max(1, count) - math.pi / 2
        far = radius + 85.0 * (number % rings)
        found[code] = (far * math.cos(angle) * 1.6, far * math.sin(angle))
    return found


def _beside(
    nodes: Sequence[Node], at: Mapping[str, tuple[float, float]], radius: float
) -> dict[str, tuple[float, float]]:
    """Each beside its room, the next ones round it; those of no known place in a ring of their own."""
    found: dict[str, tuple[float, float]] = {}
    there: dict[str, int] = defaultdict(int)
    loose = [n.code for n in nodes if n.place not in at]
    for node in nodes:
        if node.place is None or node.place not in at:
            continue
        x, y = at[node.place]
        number = there[node.place]
        there[node.place] += 1
        angle = math.pi / 4 + number * math.pi / 3
        far = 30.0 + 16.0 * (number // 6)
        found[node.code] = (x + far * math.cos(angle), y + far * math.sin(angle))
    return found | _rings(loose, radius)


def _strokes(
    lines: Iterable[Line],
    tones: Mapping[str, str],
    load: Mapping[str, float],
    known: set[str],
) -> Iterator[Stroke]:
    """Lines with the same ends as one; the worst of them gives tone and address."""
    together: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        a, z = str(line.a_end), str(line.z_end)
        if a in known and z in known:
            together.setdefault((a, z) if a < z else (z, a), []).append(line)
    for (a, z), several in together.items():
        first = several[0]
        rate = sum(line.bandwidth_kbps or 0 for line in several)
        width = 1.0 if not rate else min(6.0, max(1.0, round(math.log10(rate) - 2.0, 1)))
        share = load.get(first.code)
        more = f" ×{len(several)}" if len(several) > 1 else ""
        told = f"{first.code} {first.name}{more}\n{rate_text(rate or None)}"
        told += f" · {share:.0%}" if share is not None else ""
        codes = tuple(line.code for line in several)
        yield Stroke(first.code, a, z, tones[first.code], width, told, 0.0, codes)


def _link_strokes(links: Iterable[tuple[str, str]], known: set[str]) -> list[Stroke]:
    return [
        Stroke("", a, z, "mute", 1.0, "", 0.15, ()) for a, z in links if a in known and z in known
    ]


def rate_text(kbps: int | None) -> str:
    """10 Mbit/s; a dash for what is not told."""
    if kbps is None:
        return "—"
    for unit, size in (("Gbit/s", 1_000_000), ("Mbit/s", 1_000)):
        if kbps >= size:
            return f"{kbps / size:g} {unit}"
    return f"{kbps} kbit/s"

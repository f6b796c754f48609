"""Move groups: which systems must move in one night, what hangs between groups, what a split costs.

    together = found(systems, ties, groups)

What must be together: ends of a dependency whose kind says so, systems on one database, what the
network engineer pins, and rings of systems that need each other. A pure function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from inventory.model import Estate
from inventory.seen import Confidence, Seen, Standing
from migrator.planning.graph import joined, min_cut, ring_in, rings
from migrator.planning.means import Groups
from migrator.planning.timetable import Bond, MoveGroup

MOST_CUT = 80
"""Systems of a group up to which its cheapest split is looked for: the work grows with their cube."""
PORTS = {5432, 3306, 5236, 54321, 1521, 50000, 27017, 1433}
"""The usual ports of databases (IANA and the makers' manuals); Redis is a cache as often as not."""


@dataclass(frozen=True)
class Tie:
    """`system` needs `needs`. `kind` as declared; `database`: over a database's port, as seen;
    `confidence` of what was seen, None of what was only declared."""

    system: str
    needs: str
    kind: str = "declared"
    database: bool = False
    confidence: Confidence | None = None


def ties_of(estate: Estate, seen: Seen | None = None) -> tuple[Tie, ...]:
    """Declared and seen dependencies as one list, a tie for each pair; what was seen with no more
    than possible confidence is left for people to declare."""
    found = {(d.system, d.needs): Tie(d.system, d.needs, d.kind) for d in estate.dependencies}
    for one in seen.dependencies if seen else ():
        known = found.get((one.system, one.needs))
        if known is None and (
            one.standing is not Standing.SEEN_ONLY or one.confidence is Confidence.POSSIBLE
        ):
            continue
        found[one.system, one.needs] = Tie(
            one.system,
            one.needs,
            known.kind if known else "seen",
            bool(PORTS & set(one.ports)),
            one.confidence,
        )
    return tuple(found[pair] for pair in sorted(found) if pair[0] != pair[1])


def shared_databases(seen: Seen | None) -> dict[str, tuple[str, ...]]:
    """host:port of each database that several systems were seen to use → these systems."""
    users: dict[str, set[str]] = {}
    for edge in seen.edges if seen else ():
        if edge.port in PORTS and edge.confidence is not Confidence.POSSIBLE:
            named = {edge.client_system, edge.server_system} - {None}
            users.setdefault(f"{edge.server}:{edge.port}", set()).update(filter(None, named))
    return {at: tuple(sorted(who)) for at, who in sorted(users.items()) if len(who) > 1}


def weight_of(tie: Tie, groups: Groups) -> int:
    """What a night between the two ends costs: the dearest word that its kind holds, else 1."""
    return max((w for word, w in groups.weight.items() if word in tie.kind), default=1)


def found(
    systems: Iterable[str],
    ties: Sequence[Tie],
    groups: Groups,
    databases: Mapping[str, Sequence[str]] | None = None,
    *,
    fits: Callable[[Sequence[str]], bool] = lambda _: True,
) -> tuple[MoveGroup, ...]:
    """Every system in one group, most alone; groups in the order of their first system. A ring that
    does not fit into one night falls apart into what is firmly bound."""
    codes = sorted(systems)
    known = set(codes)
    split = {pair for told in groups.split for pair in _pairs(told.systems)}
    bonds = [
        bond
        for bond in _bonds(ties, groups, databases or {})
        if {bond.one, bond.other} <= known and _pair(bond.one, bond.other) not in split
    ]
    inside = [t for t in ties if {t.system, t.needs} <= known]
    loose = [t for t in inside if _pair(t.system, t.needs) not in split]
    if groups.rings:
        bonds += _round(codes, bonds, loose)
    parts = joined(codes, ((b.one, b.other) for b in bonds))
    firm = [(b.one, b.other) for b in bonds if b.firm]
    parts = [part for whole in parts for part in _fitting(whole, firm, fits)]
    member = {code: at for at, part in enumerate(parts) for code in part}
    held: dict[int, list[Bond]] = {}
    for bond in bonds:
        if member[bond.one] == member[bond.other]:
            held.setdefault(member[bond.one], []).append(bond)
    hang: dict[int, list[Tie]] = {}
    for tie in loose:
        if member[tie.system] == member[tie.needs]:
            hang.setdefault(member[tie.system], []).append(tie)
    return tuple(
        _group(part, tuple(held.get(at, ())), hang.get(at, []), groups)
        for at, part in enumerate(parts)
    )


def is_soft(group: MoveGroup) -> bool:
    """Whether it may fall apart: a ring holds it together, and not all of it is firmly bound."""
    return any(not bond.firm for bond in group.bonds or ())


def price_of(ring: Sequence[str], ties: Sequence[Tie], groups: Groups) -> int:
    """What a night between any two of its ends costs, of all dependencies within a ring."""
    inside = set(ring)
    free = {pair for told in groups.split for pair in _pairs(told.systems)}
    return sum(
        weight_of(tie, groups)
        for tie in ties
        if {tie.system, tie.needs} <= inside and _pair(tie.system, tie.needs) not in free
    )


def _fitting(
    whole: tuple[str, ...],
    firm: Sequence[tuple[str, str]],
    fits: Callable[[Sequence[str]], bool],
) -> list[tuple[str, ...]]:
    if len(whole) == 1 or fits(whole):
        return [whole]
    inside = set(whole)
    return joined(whole, (pair for pair in firm if set(pair) <= inside))


def _group(
    part: tuple[str, ...], bonds: tuple[Bond, ...], ties: Sequence[Tie], groups: Groups
) -> MoveGroup:
    arcs = {code: [t.needs for t in ties if t.system == code] for code in part}
    ring = next((c for c in rings(arcs) if len(c) > 1), None) if len(part) > 1 else None
    cut = None
    if 1 < len(part) <= MOST_CUT:
        weights: dict[tuple[str, str], int] = {}
        for bond in bonds:
            weights.setdefault(_pair(bond.one, bond.other), 0)
        for tie in ties:
            pair = _pair(tie.system, tie.needs)
            weights[pair] = weights.get(pair, 0) + weight_of(tie, groups)
        for bond in bonds:  # what must be together is not for sale
            if bond.firm:
                weights[_pair(bond.one, bond.other)] += FIRM
        found_cut = min_cut(weights)
        cut = found_cut if found_cut and found_cut.price < FIRM else None
    return MoveGroup(
        systems=part,
        bonds=bonds or None,
        ring=ring_in(ring, arcs) if ring else None,
        split_price=cut.price if cut else None,
        split_off=cut.one if cut else None,
    )


FIRM = 1 << 40
"""More than all weights of a city together."""


def _bonds(
    ties: Iterable[Tie], groups: Groups, databases: Mapping[str, Sequence[str]]
) -> list[Bond]:
    """What must be together, and why; `firm`: no price lets it be split."""
    found = []
    for tie in ties:
        word = next((w for w in groups.together if w in tie.kind), None)
        if word or tie.database:
            why = f"依赖类型“{tie.kind}” / dependency of kind {tie.kind}"
            if not word:
                why = "直连其数据库 / uses its database"
            found.append(Bond(one=tie.system, other=tie.needs, why=why, firm=True))
    for at, users in databases.items():
        why = f"共用数据库 {at} / one database, {at}"
        found += [Bond(one=users[0], other=other, why=why, firm=True) for other in users[1:]]
    for told in groups.pin:
        why = f"指定同批：{told.reason} / pinned together"
        first = min(told.systems)
        rest = sorted(set(told.systems) - {first})
        found += [Bond(one=first, other=other, why=why, firm=True) for other in rest]
    return found


def _round(codes: Sequence[str], bonds: Sequence[Bond], ties: Sequence[Tie]) -> list[Bond]:
    """Rings between groups: who needs whom, where what is bound counts as one."""
    name = {
        code: part[0] for part in joined(codes, ((b.one, b.other) for b in bonds)) for code in part
    }
    arcs: dict[str, set[str]] = {name[code]: set() for code in codes}
    for tie in ties:
        if name[tie.system] != name[tie.needs]:
            arcs[name[tie.system]].add(name[tie.needs])
    why = "互相依赖 / they need each other"
    return [Bond(one=ring[0], other=other, why=why) for ring in rings(arcs) for other in ring[1:]]


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _pairs(systems: Iterable[str]) -> Iterable[tuple[str, str]]:
    return combinations(sorted(set(systems)), 2)

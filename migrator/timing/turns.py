"""The order of cutovers within a night: what is needed has an earlier turn than what needs it."""

from collections.abc import Iterable

from migrator.planning.graph import rings


def turns(codes: Iterable[str], needs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """From 1 on, by system. `needs`: (system, what it needs) among them; those who need each other
    in a ring have one turn, since none of them can come first."""
    arcs: dict[str, set[str]] = {code: set() for code in codes}
    for system, needed in needs:
        arcs[system].add(needed)
    ring = {code: at for at, members in enumerate(rings(arcs)) for code in members}
    before: dict[int, set[int]] = {at: set() for at in ring.values()}
    for system, first in arcs.items():
        before[ring[system]] |= {ring[one] for one in first} - {ring[system]}
    found: dict[int, int] = {}
    while len(found) < len(before):
        ready = [at for at, ones in before.items() if at not in found and ones <= found.keys()]
        for at in ready:
            found[at] = 1 + max((found[one] for one in before[at]), default=0)
    return {code: found[at] for code, at in ring.items()}

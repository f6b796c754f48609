"""Which system of a department goes when: what others need goes no later than they do.

A proposal from the declared dependencies alone; `qianyun plan make` makes the waves with capacities,
windows and approvals.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from inventory.model import Dependency


def stages(codes: Sequence[str], dependencies: Sequence[Dependency]) -> tuple[tuple[str, ...], ...]:
    """Groups in order. Systems that need one another in a ring go together."""
    needs: dict[str, set[str]] = {code: set() for code in codes}
    for one in dependencies:
        if one.system in needs and one.needs in needs and one.system != one.needs:
            needs[one.system].add(one.needs)
    ring = {code: code for code in codes}  # code → the name of its group
    while True:
        grouped = _grouped(needs, ring)
        try:
            return _staged(grouped, ring)
        except CycleError as error:
            first, *others = error.args[1][:-1]
            ring = {code: first if of in others else of for code, of in ring.items()}


def _grouped(needs: Mapping[str, set[str]], ring: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {of: set() for of in ring.values()}
    for code, wanted in needs.items():
        found[ring[code]] |= {ring[one] for one in wanted} - {ring[code]}
    return found


def _staged(
    grouped: Mapping[str, set[str]], ring: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    sorter = TopologicalSorter({of: sorted(wanted) for of, wanted in sorted(grouped.items())})
    sorter.prepare()
    made = []
    while sorter.is_active():
        ready = set(sorter.get_ready())
        made.append(tuple(sorted(code for code, of in ring.items() if of in ready)))
        sorter.done(*ready)
    return tuple(made)

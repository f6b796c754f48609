"""Objects whose rows in NetBox follow from other objects: these change with them. Pure.

A service hangs on its host's device or machine; the ends of lines, links, nodes and hosts in a cloud
stand at the cloud's site; a node may answer at the address of its host.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from inventory.model import Estate

type Named = tuple[str, str]  # collection, code


def dependents(before: Estate, after: Estate, told: Collection[Named]) -> set[Named]:
    """What has to be looked at along with `told`, of what stands in `after`."""
    found = set(told)
    places = {code for kind, code in told if kind in ("rooms", "clouds")} & _moved(
        before, after, ("rooms", "clouds"), lambda place: place.site
    )
    if places:
        found |= set(_standing_in(after, places))
    hosts = {code for kind, code in found if kind == "hosts"}
    if hosts:
        found |= {("services", s.code) for s in after.services if s.host in hosts}
        found |= {("nodes", n.code) for n in after.nodes if n.host in hosts}
    nodes = {code for kind, code in found if kind == "nodes"}
    if nodes:
        found |= {("links", k.code) for k in after.links if {k.a_node, k.z_node} & nodes}
    return found


def _standing_in(estate: Estate, places: set[str]) -> Iterator[Named]:
    for line in estate.lines:
        if {line.a_end, line.z_end} & places:
            yield "lines", line.code
    for kind in ("nodes", "hosts"):
        for machine in getattr(estate, kind):
            if machine.place in places:
                yield kind, machine.code


def _moved(
    before: Estate, after: Estate, kinds: tuple[str, ...], key: Callable[[Any], Any]
) -> set[str]:
    """Codes of objects that came, went, or of which `key` differs."""
    was = {(k, o.code): key(o) for k in kinds for o in getattr(before, k)}
    now = {(k, o.code): key(o) for k in kinds for o in getattr(after, k)}
    none = object()
    return {k[1] for k in was.keys() | now.keys() if was.get(k, none) != now.get(k, none)}

"""Which field refers to what, in one table, and the check that an estate contradicts itself
nowhere: every code that an object names exists."""

from collections.abc import Iterator, Mapping
from typing import Any

from inventory.errors import EstateError
from inventory.model import Estate, System

PLACES = ("rooms", "clouds")

# collection → field → the collections in which its code is looked up
REFERENCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "rooms": {
        "organisation": ("organisations",),
        "site": ("sites",),
        "shared_with": ("organisations",),
    },
    "clouds": {"organisation": ("organisations",), "site": ("sites",)},
    "lines": {
        "organisation": ("organisations",),
        "a_end": PLACES,
        "z_end": PLACES,
        "coverage": ("organisations",),
    },
    "links": {"a_node": ("nodes",), "z_node": ("nodes",)},
    "nodes": {"organisation": ("organisations",), "place": PLACES, "host": ("hosts",)},
    "hosts": {"place": PLACES, "system": ("systems",)},
    "services": {"host": ("hosts",), "system": ("systems",)},
    "systems": {
        "organisation": ("organisations",),
        "approving_department": ("organisations",),
        "room": PLACES,
        "target": ("clouds",),
        "parent": ("systems",),
        "merged_into": ("systems",),
        "exchange_node": ("nodes",),
    },
    "dependencies": {"system": ("systems",), "needs": ("systems",)},
    "projects": {
        "organisation": ("organisations",),
        "approving_department": ("organisations",),
        "joint_applicants": ("organisations",),
    },
    "resources": {"organisation": ("organisations",), "system": ("systems",)},
}


def dangling(estate: Estate) -> Iterator[tuple[str, str, str, str]]:
    """(collection, code, field, code that does not exist) for every broken reference."""
    codes = {kind: {o.code for o in objects} for kind, objects in estate.collections()}
    either = codes["rooms"] | codes["clouds"]

    def known(kinds: tuple[str, ...]) -> set[str]:
        return either if kinds == PLACES else codes[kinds[0]]

    for kind, fields in REFERENCES.items():
        objects = getattr(estate, kind)
        every = ((field, known(kinds)) for field, kinds in fields.items())
        follow = [  # of many objects hardly a field has any
            (field, there)
            for field, there in every
            if {code for obj in objects for code in _several(getattr(obj, field))} - there - {None}
        ]
        for obj in objects if follow or kind == "systems" else ():
            for field, there in follow:
                for code in _several(getattr(obj, field)):
                    if code is not None and code not in there:
                        yield kind, obj.code, field, code
            if isinstance(obj, System):
                for field, code, kinds in _nested(obj):
                    if code not in known(kinds):
                        yield kind, obj.code, field, code


def rings(merges: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Every ring of a mapping from what was merged to what it was merged into."""
    done: set[str] = set()
    for start in merges:
        path: dict[str, None] = {}
        code = start
        while code in merges and code not in done and code not in path:
            path[code] = None
            code = merges[code]
        if code in path:
            way = tuple(path)
            yield way[way.index(code) :]
        done |= path.keys()


def _merged(estate: Estate | None) -> dict[str, str]:
    every = estate.systems if estate else ()
    return {s.code: s.merged_into for s in every if s.merged_into}


def check_references(estate: Estate, before: Estate | None = None) -> None:
    """Raise EstateError naming every broken reference, or systems that are merged into each other in
    a ring; those that `before` had too are not of who makes the change and don't hold it up."""
    known = set(dangling(before)) if before else set()
    told = [broken for broken in dangling(estate) if broken not in known]
    broken = [f"{kind} {code}.{field} → {to}" for kind, code, field, to in told]
    if broken:
        shown = "；".join(broken[:20])
        raise EstateError(
            f"资产引用了不存在的编号，请补充或更正 / the estate refers to codes that don't exist, "
            f"add or correct them ({len(broken)}): {shown}"
        )
    old = {frozenset(ring) for ring in rings(_merged(before))}
    for ring in rings(_merged(estate)):
        if frozenset(ring) not in old:
            raise EstateError(
                f"系统互相并入，成了一圈 / systems are merged into each other in a ring: "
                f"{' → '.join((*ring, ring[0]))}; 应有一个留用 / expected one of them to stay: correct "
                "merged_into"
            )


def _several(value: Any) -> tuple[Any, ...]:
    """A reference, or those of a list of them."""
    return value if isinstance(value, tuple) else (value,)


def _nested(system: System) -> list[tuple[str, Any, tuple[str, ...]]]:
    found: list[tuple[str, Any, tuple[str, ...]]] = []
    if system.entrance:
        found.append(("entrance.node", system.entrance.node, ("nodes",)))
    if system.placement:
        found.append(("placement.place", system.placement.place, PLACES))
        found += [("placement.hosts", host, ("hosts",)) for host in system.placement.hosts]
    return found

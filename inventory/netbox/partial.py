"""What of a change came through when NetBox refused some of its rows. Pure."""

from typing import Any

from inventory.changes import ChangeSet
from inventory.model import Estate
from inventory.netbox.differences import touched
from inventory.netbox.reading import HELD
from inventory.references import dangling


def accepted_part(snapshot: Estate, live: Estate, after: Estate, changes: ChangeSet) -> Estate:
    """The snapshot with the objects that `changes` names as NetBox holds them now, where they were
    read included, and what we hold ourselves as it shall be; without what would refer to an object
    that is not there."""
    named = touched(changes)
    held: dict[str, dict[str, Any]] = {}
    for kind, objects in snapshot.collections():
        if kind not in HELD:
            held[kind] = {o.code: o for o in getattr(after, kind)}
            continue
        told = {o.code: o.provenance for o in getattr(after, kind)}
        held[kind] = {o.code: o for o in objects if (kind, o.code) not in named}
        for obj in getattr(live, kind):
            if (kind, obj.code) in named:
                where = {"provenance": told.get(obj.code, obj.provenance)}
                held[kind][obj.code] = obj.model_copy(update=where)
    known = set(dangling(after))  # of ours, to what NetBox had no more before
    while True:
        found = Estate(**{kind: tuple(objects.values()) for kind, objects in held.items()})
        lost = {one[:2] for one in dangling(found) if one not in known}
        if not lost:
            return found
        for kind, code in lost:
            held[kind].pop(code)

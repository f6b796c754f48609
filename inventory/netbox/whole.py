"""NetBox's part of the estate together with our own, so that it contradicts itself nowhere.

Anybody may type any code into a field of NetBox: a reference to what isn't there is left out and
told; an object that can't do without it is left out as a whole. What we hold ourselves stays as it
is: it is told too.
"""

from dataclasses import dataclass
from typing import Any

from inventory.changes import MODELS
from inventory.model import Estate
from inventory.netbox.beside import BESIDE, with_beside
from inventory.netbox.held import unread_field
from inventory.netbox.natives import native
from inventory.netbox.objects import Key, Objects
from inventory.netbox.reading import HELD, OURS
from inventory.references import dangling
from inventory.store import LeftOut

NO_SYSTEM = (
    "没有此系统；请写入有此系统的台账，或恢复 QIANYUN_STATE / there is no such system: apply the ledger "
    "that has it, or restore QIANYUN_STATE"
)
NOT_THERE = "没有此编号的对象 / there is no object of that code"


@dataclass(frozen=True)
class Whole:
    """`unread`: the fields that are left out of objects that are there."""

    estate: Estate
    left_out: tuple[LeftOut, ...]
    unread: dict[Key, frozenset[str]]


def whole(objects: Objects, ours: Estate) -> Whole:
    """`ours`: what NetBox has no place for: whole collections, and facts beside its objects."""
    held = {kind: with_beside(kind, told, ours) for kind, told in objects.collections.items()}
    estate = Estate(**held, **{kind: getattr(ours, kind) for kind in OURS})
    found, unread = list(objects.left_out), dict(objects.unread)
    told: set[tuple[str, str, str, str]] = set()
    while broken := [one for one in dangling(estate) if one not in told]:
        told.update(broken)
        kinds = {kind: {o.code: o for o in every} for kind, every in estate.collections()}
        for kind, code, field, to in broken:
            if code in kinds[kind]:
                found.append(_mend(objects, kinds, unread, (kind, code, field, to)))
        estate = Estate(**{kind: tuple(every.values()) for kind, every in kinds.items()})
    return Whole(estate, tuple(found), unread)


def _mend(
    objects: Objects,
    kinds: dict[str, dict[str, Any]],
    unread: dict[Key, frozenset[str]],
    broken: tuple[str, str, str, str],
) -> LeftOut:
    kind, code, field, to = broken
    thing = kinds[kind][code]
    if kind not in HELD or field in BESIDE.get(kind, ()):
        reason = f"{field}={to!r} {NOT_THERE}"
        return LeftOut(endpoint=kind, id=0, name=code, field=field, reason=reason)
    why = NO_SYSTEM if field == "system" else NOT_THERE
    endpoint, id = objects.place(kind, code)
    if MODELS[kind].model_fields[field].is_required():
        del kinds[kind][code]
        reason = f"{native(kind, field)[0]}={to!r} {why}"
        return LeftOut(endpoint=endpoint.path.rstrip("/"), id=id, name=thing.name, reason=reason)
    kinds[kind][code] = thing.model_copy(update={field: None})
    unread[kind, code] = unread.get((kind, code), frozenset()) | {field}
    return unread_field(endpoint, id, thing.name, (kind, field, to), why)

"""What a ledger has no column for it says nothing of: what is known of it stays.

A blank cell of a column that is there says that there is nothing; a list that was sent again without a
column must not undo what a department answered, or another list told, in the meantime. Pure.
"""

from typing import Any

from inventory.ledger.answers import PARTS
from inventory.ledger.fields import OTHERWISE
from inventory.model import Estate

_WHOLE = {part: whole for whole, parts in PARTS.items() for part in parts} | dict(OTHERWISE)
_OURS = frozenset({"code", "provenance", "placement"})


def keep_unsaid(declared: Estate, known: Estate) -> Estate:
    """`declared`, where each object that is `known` has what no column of its rows could have told."""
    kinds = {}
    for kind, objects in declared.collections():
        now = {one.code: one for one in getattr(known, kind)}
        kinds[kind] = tuple(
            _kept(one, now[one.code]) if one.code in now else one for one in objects
        )
    return Estate(**kinds)


def _kept(declared: Any, known: Any) -> Any:
    said = {_WHOLE.get(place.field, place.field) for place in declared.provenance}
    kept = {
        name: getattr(known, name)
        for name, field in type(declared).model_fields.items()
        if name not in said
        and name not in _OURS
        and getattr(declared, name) == field.get_default(call_default_factory=True)
        and getattr(known, name) != getattr(declared, name)
    }
    if not kept:
        return declared
    places = tuple(p for p in known.provenance if _WHOLE.get(p.field, p.field) in kept)
    return declared.model_copy(update=kept | {"provenance": (*declared.provenance, *places)})

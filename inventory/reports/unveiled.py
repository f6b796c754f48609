"""What was shown through the veil and comes back: an export that is sent again changes nothing that it
did not show. A name that stood as 涉密系统 is no new name. Pure."""

from typing import Any

from inventory.changes import ChangeSet, FieldChange
from inventory.model import Estate
from inventory.reports.phrases import WITHHELD
from inventory.reports.veil import Veil


def unveiled(declared: Estate, known: Estate) -> Estate:
    """`declared`, where every field that says what the veil over `known` shows of it, or nothing where
    it withholds it, has what is known."""
    shown = Veil(known).shown
    if shown is known:
        return declared
    kinds = {}
    for kind, objects in declared.collections():
        seen = {one.code: one for one in getattr(shown, kind)}
        real = {one.code: one for one in getattr(known, kind)}
        kinds[kind] = tuple(
            _real(one, seen[one.code], real[one.code]) if one.code in real else one
            for one in objects
        )
    return Estate(**kinds)


def _real(declared: Any, shown: Any, known: Any) -> Any:
    """The places of what is known stay with it: by them it is judged what is classified."""
    if shown is known:
        return declared
    kept = {
        name: getattr(known, name)
        for name in type(declared).model_fields
        if name not in ("code", "provenance", "placement")
        and getattr(shown, name) != getattr(known, name)
        and _says_no_more(getattr(declared, name), getattr(shown, name))
    }
    if not kept:
        return declared
    own = (p for p in declared.provenance if p.field not in kept)
    places = (p for p in known.provenance if p.field in kept)
    return declared.model_copy(update=kept | {"provenance": (*own, *places)})


def _says_no_more(declared: Any, shown: Any) -> bool:
    return declared == shown or (shown == WITHHELD and declared is None)


def veiled(changes: ChangeSet, known: Estate) -> ChangeSet:
    """Changes as they may be shown: of what is classified not what was known of it, nor its name in
    anything else. To be looked at only: its digest is another."""
    veil = Veil(known)
    if veil.shown is known:
        return changes
    updates = [
        one.model_copy(
            update={
                "fields": tuple(
                    _old(f, veil, hides=veil.hides(one.kind, one.code)) for f in one.fields
                ),
                "provenance": (),
            }
        )
        for one in changes.updates
    ]
    deletes = [
        one.model_copy(update={"facts": {"name": WITHHELD}})
        if veil.hides(one.kind, one.code)
        else one.model_copy(update={"facts": {k: _text(v, veil) for k, v in one.facts.items()}})
        for one in changes.deletes
    ]
    return changes.model_copy(update={"updates": tuple(updates), "deletes": tuple(deletes)})


def _old(field: FieldChange, veil: Veil, *, hides: bool) -> FieldChange:
    old = WITHHELD if hides and field.old is not None else _text(field.old, veil)
    return field.model_copy(update={"old": old})


def _text(value: Any, veil: Veil) -> Any:
    return veil.text(value) if isinstance(value, str) else value

"""Three-way comparison: what the last snapshot, NetBox and the ledgers say, field by field.

    snapshot   what was last accepted of NetBox
    live       what NetBox says now
    declared   what the ledgers say; partial: what they don't name stays as it is
    told       what the ledgers said when they were last taken; "changed by the ledger" is measured
               from there, so that an old ledger, given again after NetBox's newer value was
               accepted into the snapshot, doesn't bring the old value back

Where one side alone changed a field, that side's value is taken; where both did and disagree, a
settled decision counts, then the precedence table; `ask` leaves NetBox's value and makes a conflict
for a person. So does what NetBox alone deleted while a ledger still has it, and a field that NetBox
alone emptied of many objects at once: a person is asked, NetBox's state stays until then. Pure:
nothing is read or written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from inventory.changes import MODELS
from inventory.findings import OBJECT, Cause, Decisions, Finding, Reconciled, Winner
from inventory.model import Estate, content
from inventory.precedence import Precedence, fields_of
from inventory.references import dangling

LOST_FROM = 5
"""Objects that lose a field in NetBox from which on a person is asked."""


def reconcile(
    snapshot: Estate,
    live: Estate,
    declared: Estate,
    precedence: Precedence,
    *,
    decisions: Decisions | None = None,
    told: Estate | None = None,
) -> Reconciled:
    """What should be applied to `live`, and everything on which the three differ.

    Where `snapshot` equals `live` and nothing was decided or told before, `wanted` is
    `merge_declared(live, declared)`; where nothing is declared, it is `live`.
    """
    rules = _Rules(precedence, decisions or {})
    found: dict[tuple[str, str], _Outcome] = {}
    for kind in MODELS:
        was, now, says, said = (
            {o.code: o for o in getattr(estate, kind)}
            for estate in (snapshot, live, declared, told or Estate())
        )
        for code in sorted(was.keys() | now.keys() | says.keys()):
            thing = _Thing(kind, code, was.get(code), now.get(code), says.get(code), said.get(code))
            found[kind, code] = _one(thing, rules)
    _hold(found)
    _ask_about_losses(found, live, declared)
    return Reconciled(
        wanted=_estate({key: o.wanted for key, o in found.items()}),
        findings=tuple(f for o in found.values() for f in o.findings),
        told=_estate({key: o.told for key, o in found.items()}),
    )


@dataclass(frozen=True)
class _Rules:
    precedence: Precedence
    decisions: Decisions


@dataclass(frozen=True)
class _Thing:
    """One object on all sides; None where it isn't there."""

    kind: str
    code: str
    snapshot: Any
    live: Any
    declared: Any
    said: Any

    @property
    def base(self) -> Any:
        """What a change by either side is measured from."""
        if self.declared is not None and self.said is not None:
            return self.said
        return self.snapshot

    def finding(self, field: str, winner: Winner, cause: Cause, values: "_Values") -> Finding:
        sides = {"netbox": self.live, "ledger": self.declared, "snapshot": self.snapshot}
        told = self.declared.provenance if self.declared is not None else ()
        return Finding(
            kind=self.kind,
            code=self.code,
            field=field,
            netbox=values.netbox,
            ledger=values.ledger,
            snapshot=values.snapshot,
            missing=tuple(side for side, obj in sides.items() if obj is None),
            cause=cause,
            winner=winner,
            source=next((p for p in told if not field or p.field == field), None),
        )

    def whole(self, winner: Winner, cause: Cause) -> Finding:
        """A finding about the object as such."""
        named = (_label(obj) for obj in (self.live, self.declared, self.snapshot))
        return self.finding(OBJECT, winner, cause, _Values(*named))


class _Values(NamedTuple):
    netbox: JsonValue
    ledger: JsonValue
    snapshot: JsonValue


@dataclass(frozen=True)
class _Outcome:
    """What becomes of one object; `live` is kept for when it must be held back."""

    wanted: Any
    live: Any = None
    findings: tuple[Finding, ...] = ()
    told: Any = None
    gone: bool = False  # somebody knew it, and NetBox has it no more


def _one(thing: _Thing, rules: _Rules) -> _Outcome:
    if thing.declared is None:
        return _undeclared(thing)
    if thing.live is None:
        return _not_in_netbox(thing, rules)
    return _everywhere(thing, rules)


def _undeclared(thing: _Thing) -> _Outcome:
    """Ledgers are partial: NetBox has it as it has it."""
    was, now = thing.snapshot, thing.live
    if was is None or now is None:
        return _Outcome(now, now, (thing.whole("netbox", Cause.NETBOX),), gone=now is None)
    if was == now:
        return _Outcome(now, now)
    before, after = content(was), content(now)
    fields = [f for f in fields_of(thing.kind) if before.get(f) != after.get(f)]
    values = ((f, _Values(after.get(f), None, before.get(f))) for f in fields)
    found = tuple(thing.finding(f, "netbox", Cause.NETBOX, v) for f, v in values)
    return _Outcome(now, now, found)


def _not_in_netbox(thing: _Thing, rules: _Rules) -> _Outcome:
    """New by the ledger, or deleted in NetBox while the ledger still names it: then a person is
    asked whatever the table says, since a deletion takes more with it than a field."""
    wanted = _without_placement(thing.declared)
    decided = rules.decisions.get(thing.whole("ask", Cause.DELETED).question)
    if decided == "netbox":
        found = thing.whole("netbox", Cause.DECISION)
        return _Outcome(None, findings=(found,), told=thing.declared, gone=True)
    if decided == "ledger":
        return _Outcome(wanted, None, (thing.whole("ledger", Cause.DECISION),), thing.declared)
    if thing.base is None:
        return _Outcome(wanted, None, (thing.whole("ledger", Cause.LEDGER),), thing.declared)
    return _Outcome(None, findings=(thing.whole("ask", Cause.DELETED),), gone=True)


def _everywhere(thing: _Thing, rules: _Rules) -> _Outcome:
    """In NetBox and in the ledger: field by field."""
    now, says = content(thing.live), content(thing.declared)
    was = {} if thing.snapshot is None else content(thing.snapshot)
    base = _defaults(thing.kind) if thing.base is None else content(thing.base)
    found: list[Finding] = []
    if thing.snapshot is None:
        both = thing.base is None
        found.append(
            thing.whole("both", Cause.AGREED) if both else thing.whole("netbox", Cause.NETBOX)
        )
    for field in fields_of(thing.kind):
        values = _Values(now.get(field), says.get(field), was.get(field))
        if values.netbox != values.ledger:
            found.append(_judge(thing, field, values, base.get(field), rules))
        elif thing.snapshot is not None and values.netbox != values.snapshot:
            found.append(thing.finding(field, "both", Cause.AGREED, values))
    kept = {f.field for f in found if f.field and f.winner in ("netbox", "ask")}
    open_ = {f.field for f in found if f.conflict}
    return _Outcome(_mixed(thing, kept), thing.live, tuple(found), _remembered(thing, open_))


def _judge(thing: _Thing, field: str, values: _Values, base: JsonValue, rules: _Rules) -> Finding:
    """Who wins a field on which NetBox and the ledger differ."""
    ask = thing.finding(field, "ask", Cause.CONFLICT, values)
    if decided := rules.decisions.get(ask.question):
        return thing.finding(field, decided, Cause.DECISION, values)
    if values.ledger == base:
        return thing.finding(field, "netbox", Cause.NETBOX, values)
    if values.netbox == base:
        return thing.finding(field, "ledger", Cause.LEDGER, values)
    if _untold(thing, field, values.ledger):
        return thing.finding(field, "netbox", Cause.NETBOX, values)
    rule = rules.precedence.rule(thing.kind, field)
    return ask if rule == "ask" else thing.finding(field, rule, Cause.PRECEDENCE, values)


def _untold(thing: _Thing, field: str, value: JsonValue) -> bool:
    """Whether the ledger has no word on the field, so that its default is nobody's."""
    if any(p.field == field for p in thing.declared.provenance):
        return False
    return value == _defaults(thing.kind).get(field)


def _mixed(thing: _Thing, kept: set[str]) -> Any:
    """The ledger's object with the fields `kept` as NetBox has them. Where a system lives after a
    finished move is our own record: a ledger neither sets nor undoes it."""
    live, declared = thing.live, thing.declared
    update: dict[str, Any] = {field: getattr(live, field) for field in kept}
    if thing.kind == "systems":
        update["placement"] = live.placement
    if kept:
        # NetBox's newer value was not read where the snapshot's was
        before = thing.snapshot.provenance if thing.snapshot is not None else ()
        update["provenance"] = (
            *(p for p in declared.provenance if p.field not in kept),
            *(p for p in live.provenance if p.field in kept and p not in before),
        )
    return declared.model_copy(update=update) if update else declared


def _remembered(thing: _Thing, open_: set[str]) -> Any:
    """What the ledger said, but for what is still open; None when that can't be said."""
    if not open_:
        return thing.declared
    if thing.base is None:
        return None
    return thing.declared.model_copy(update={f: getattr(thing.base, f) for f in open_})


def _hold(found: dict[tuple[str, str], _Outcome]) -> None:
    """Leave as they are the objects to which a ledger would give a reference to something that
    NetBox has no more: otherwise one open question would keep everything from being applied."""
    gone = {code for (_, code), outcome in found.items() if outcome.gone}
    while gone:
        wanted = _estate({key: o.wanted for key, o in found.items()})
        stuck = {(kind, code) for kind, code, _, to in dangling(wanted) if to in gone}
        stuck = {key for key in stuck if found[key].wanted is not found[key].live}
        if not stuck:
            return
        for key in stuck:
            before = found[key]
            held = tuple(
                f.model_copy(update={"winner": "netbox", "cause": Cause.HELD})
                if f.winner == "ledger"
                else f
                for f in before.findings
            )
            found[key] = _Outcome(before.live, before.live, held, gone=before.live is None)
            if before.live is None:
                gone.add(key[1])


def _ask_about_losses(
    found: dict[tuple[str, str], _Outcome], live: Estate, declared: Estate
) -> None:
    """Where NetBox alone emptied a field of LOST_FROM objects and more than half of those for which
    a ledger tells it, nobody did that by hand: a custom field was made anew, a table imported."""
    lost: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for key, outcome in found.items():
        for f in outcome.findings:
            if _emptied(f):
                lost.setdefault((f.kind, f.field), []).append(key)
    for (kind, field), keys in lost.items():
        there = {o.code for o in getattr(live, kind)}
        empty = _defaults(kind).get(field)
        told = (content(o).get(field) for o in getattr(declared, kind) if o.code in there)
        if len(keys) < LOST_FROM or 2 * len(keys) <= sum(value != empty for value in told):
            continue
        for key in keys:
            asked = tuple(
                f.model_copy(update={"winner": "ask", "cause": Cause.LOST})
                if f.field == field and _emptied(f)
                else f
                for f in found[key].findings
            )
            found[key] = replace(found[key], findings=asked)


def _emptied(finding: Finding) -> bool:
    """Whether NetBox alone took away what a ledger tells."""
    if finding.cause is not Cause.NETBOX or not finding.field or "ledger" in finding.missing:
        return False
    empty = _defaults(finding.kind).get(finding.field)
    return finding.netbox == empty and finding.ledger != empty


def _estate(objects: Mapping[tuple[str, str], Any]) -> Estate:
    kinds: dict[str, list[Any]] = {kind: [] for kind in MODELS}
    for (kind, _), obj in objects.items():
        if obj is not None:
            kinds[kind].append(obj)
    return Estate.model_validate(kinds)


def _without_placement(obj: Any) -> Any:
    placed = getattr(obj, "placement", None)
    return obj if placed is None else obj.model_copy(update={"placement": None})


def _label(obj: Any) -> str | None:
    return None if obj is None else str(getattr(obj, "name", obj.code))


@cache
def _defaults(kind: str) -> dict[str, JsonValue]:
    """What a field is that nobody told, as plain JSON; None is left out as in `content`."""
    fields = MODELS[kind].model_fields.items()
    plain = {name: to_jsonable_python(f.default) for name, f in fields if not f.is_required()}
    return {name: value for name, value in plain.items() if value is not None}

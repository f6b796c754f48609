"""What the ledgers said when they were last taken, object by object.

A ledger is compared with what it said before, not only with the snapshot: given again unchanged, it
says nothing new, and what NetBox has newer stays.

A write to a store that others write too may end half-way: rows are refused, the process is killed.
What is about to be written is therefore kept first (`intend`); of an intent that didn't come to its
end, what the store holds now as it was meant counts as taken, so that our own write is never
mistaken for somebody else's.
"""

import json
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select, update

from inventory.canonical import canonical_json
from inventory.changes import MODELS, ChangeSet
from inventory.model import Estate, content
from inventory.precedence import fields_of
from inventory.tables import ledger_facts, ledger_intents

type Key = tuple[str, str]


def last_told(
    connection: Connection, declared: Estate, *, snapshot: Estate, live: Estate
) -> Estate:
    """What was said before of the objects that `declared` names.

    `snapshot`: what was last accepted; `live`: what the store holds now, for intents that didn't
    come to their end. Facts that today's model doesn't know any more are left out: their object is
    then compared with the snapshot.
    """
    asked = {(kind, o.code) for kind, objects in declared.collections() for o in objects}
    found = {
        key: said
        for key, facts in _kept(connection).items()
        if key in asked and (said := _object(key[0], json.loads(facts))) is not None
    }
    came = _came_through(connection, snapshot=snapshot, live=live)
    return _estate(found | {key: said for key, said in came.items() if key in asked})


def remember(connection: Connection, told: Estate, *, now: str, actor: str) -> int:
    """Keep what the ledgers said of the objects of `told`; the others stay, and no intent is left.
    `now`: ISO 8601, UTC. Returns how many objects were said differently than before."""
    before = _kept(connection)
    changed, new = [], []
    for kind, objects in told.collections():
        for obj in objects:
            facts = canonical_json(content(obj)).decode()
            row = {"kind": kind, "code": obj.code, "facts": facts}
            row |= {"told_at": now, "told_by": actor}
            if (kind, obj.code) not in before:
                new.append(row)
            elif before[kind, obj.code] != facts:
                changed.append(row)
    if new:
        connection.execute(insert(ledger_facts), new)
    for row in changed:
        query = update(ledger_facts).where(
            ledger_facts.c.kind == row["kind"], ledger_facts.c.code == row["code"]
        )
        connection.execute(query.values(**row))
    connection.execute(delete(ledger_intents))
    return len(new) + len(changed)


def remember_written(
    connection: Connection, *, snapshot: Estate, live: Estate, now: str, actor: str
) -> int:
    """Keep what the ledgers said as far as their intents came through, which are then no more.
    `snapshot` and `live` as for `last_told`. Returns how many objects that changed."""
    came = _came_through(connection, snapshot=snapshot, live=live)
    return remember(connection, _estate(came), now=now, actor=actor)


def intend(
    connection: Connection,
    told: Estate,
    wanted: Estate,
    changes: ChangeSet,
    *,
    now: str,
    actor: str,
) -> None:
    """Keep what `changes` are about to write, field by field, and what the ledgers said for it."""
    written: dict[Key, tuple[str, ...]] = {
        (one.kind, one.code): tuple(f.field for f in one.fields) for one in changes.updates
    }
    written |= {(one.kind, one.code): fields_of(one.kind) for one in changes.creates}
    says, shall = _by_key(told), _by_key(wanted)
    intents = []
    for kind, code in written.keys() & says.keys() & shall.keys():
        facts = content(shall[kind, code])
        meant = {field: facts.get(field) for field in written[kind, code]}
        said = content(says[kind, code])
        intents.append({"kind": kind, "code": code, "told": said, "wanted": meant})
    row = {"intents": json.dumps(intents, ensure_ascii=False), "begun_at": now, "begun_by": actor}
    connection.execute(insert(ledger_intents).values(**row))


def _came_through(connection: Connection, *, snapshot: Estate, live: Estate) -> dict[Key, Any]:
    """What the ledgers said of the objects of which at least one field was written as intended: as
    before for what was not."""
    rows = connection.execute(select(ledger_intents.c.intents).order_by(ledger_intents.c.id))
    intents = [one for row in rows for one in json.loads(row.intents)]
    if not intents:
        return {}
    kept, was, now = _kept(connection), _by_key(snapshot), _by_key(live)
    found: dict[Key, Any] = {}
    for one in intents:
        key = kind, _ = one["kind"], one["code"]
        told = _object(kind, one["told"])
        if told is None or key not in now:
            continue
        holds = content(now[key])
        undone = [field for field, value in one["wanted"].items() if holds.get(field) != value]
        if len(undone) == len(one["wanted"]):
            continue
        before = found.get(key) or (_object(kind, json.loads(kept[key])) if key in kept else None)
        base = before or was.get(key) or now[key]
        known = [field for field in undone if field in type(told).model_fields]
        found[key] = told.model_copy(update={field: getattr(base, field) for field in known})
    return found


def _kept(connection: Connection) -> dict[Key, str]:
    query = select(ledger_facts.c.kind, ledger_facts.c.code, ledger_facts.c.facts)
    return {(row.kind, row.code): row.facts for row in connection.execute(query)}


def _object(kind: str, facts: Any) -> Any:
    """None for what today's model doesn't know any more."""
    try:
        return MODELS[kind].model_validate_json(json.dumps(facts))
    except (KeyError, ValidationError):
        return None


def _by_key(estate: Estate) -> dict[Key, Any]:
    return {(kind, o.code): o for kind, objects in estate.collections() for o in objects}


def _estate(objects: dict[Key, Any]) -> Estate:
    found: dict[str, list[Any]] = {kind: [] for kind in MODELS}
    for (kind, _), obj in objects.items():
        found[kind].append(obj)
    return Estate.model_validate(found)

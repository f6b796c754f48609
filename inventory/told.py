"""What the ledgers said when they were last taken, object by object.

A ledger is compared with what it said before, not only with the snapshot: given again unchanged, it
says nothing new, and what NetBox has newer stays.
"""

from pydantic import ValidationError
from sqlalchemy import Connection, insert, select, update

from inventory.canonical import canonical_json
from inventory.changes import MODELS
from inventory.model import Estate, content
from inventory.tables import ledger_facts


def last_told(connection: Connection, declared: Estate) -> Estate:
    """What was said before of the objects that `declared` names.

    Facts that today's model doesn't know any more are left out: their object is then compared with
    the snapshot.
    """
    asked = {(kind, o.code) for kind, objects in declared.collections() for o in objects}
    found: dict[str, list[object]] = {kind: [] for kind in MODELS}
    for (kind, code), facts in _kept(connection).items():
        if (kind, code) in asked:
            try:
                found[kind].append(MODELS[kind].model_validate_json(facts))
            except ValidationError:
                continue
    return Estate.model_validate(found)


def remember(connection: Connection, told: Estate, *, now: str, actor: str) -> int:
    """Keep what the ledgers said of the objects of `told`; the others stay. `now`: ISO 8601, UTC.
    Returns how many objects were said differently than before."""
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
    return len(new) + len(changed)


def _kept(connection: Connection) -> dict[tuple[str, str], str]:
    query = select(ledger_facts.c.kind, ledger_facts.c.code, ledger_facts.c.facts)
    return {(row.kind, row.code): row.facts for row in connection.execute(query)}

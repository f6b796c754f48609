"""Which rows of a NetBox have to be made, changed and deleted. Pure.

Only the rows of the objects that a ChangeSet names are looked at, so that the work follows the
change and not the estate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory.changes import ChangeSet
from inventory.model import Estate, Provenance
from inventory.netbox import endpoints as nb
from inventory.netbox.adopted import leave_addresses, theirs
from inventory.netbox.dependents import dependents
from inventory.netbox.endpoints import ENDPOINTS, Endpoint, Row
from inventory.netbox.names import plain
from inventory.netbox.natives import native
from inventory.netbox.reading import HELD, LINK, NODE
from inventory.netbox.rows import CONTACT, Context, Ref, Shared, Wanted, contact_code, wanted

type Key = tuple[Endpoint, str]
type Index = Mapping[Key, Row]
type Unread = Mapping[tuple[str, str], frozenset[str]]
_NONE: Unread = {}


@dataclass(frozen=True)
class Origin:
    """The object of the estate that a row is part of, and where its facts were read."""

    collection: str
    code: str
    provenance: tuple[Provenance, ...] = ()

    @property
    def place(self) -> str:
        """File, sheet and row of a ledger; empty when a person told it elsewhere."""
        if not self.provenance:
            return ""
        told = self.provenance[0]
        return f"{told.source} {told.sheet} 第 {told.row} 行 / row {told.row}"


@dataclass
class Differences:
    """Rows to make, to change (`names` of the fields) and to delete."""

    creates: list[Wanted] = field(default_factory=list)
    updates: list[tuple[Wanted, Row, tuple[str, ...]]] = field(default_factory=list)
    deletes: list[tuple[Endpoint, Row]] = field(default_factory=list)
    later: list[Wanted] = field(default_factory=list)
    origins: dict[Key, Origin] = field(default_factory=dict)
    dropped: frozenset[tuple[str, str]] = frozenset()  # (collection, code) of objects that go

    @property
    def count(self) -> int:
        return len(self.creates) + len(self.updates) + len(self.deletes) + len(self.later)


def index(tables: Mapping[Endpoint, Mapping[int, Row]]) -> dict[Key, Row]:
    """The managed rows by endpoint and code."""
    return {
        (endpoint, row.code): row
        for endpoint, rows in tables.items()
        for row in rows.values()
        if row.code is not None
    }


def touched(changes: ChangeSet) -> dict[tuple[str, str], tuple[Provenance, ...]]:
    """(collection, code) of what changes in NetBox, with where it was read."""
    named: dict[tuple[str, str], tuple[Provenance, ...]] = {}
    for delete in changes.deletes:
        named[delete.kind, delete.code] = ()
    for update in changes.updates:
        named[update.kind, update.code] = update.provenance
    for create in changes.creates:
        named[create.kind, create.code] = create.provenance
    return {key: told for key, told in named.items() if key[0] in HELD}


def differences(
    before: Estate,
    after: Estate,
    changes: ChangeSet,
    there: Index,
    tables: Mapping[Endpoint, Mapping[int, Row]],
    *,
    unread: Unread = _NONE,
) -> Differences:
    """What has to be written for `changes`, which lead from `before` to `after`. `unread`: what
    NetBox holds in these fields is not in `before`, and stays unless a change tells the field."""
    told = touched(changes)
    unread = _untold(unread, changes)
    told |= dict.fromkeys(dependents(before, after, told.keys()) - told.keys(), ())
    machines = frozenset(code for endpoint, code in there if endpoint is nb.MACHINES)
    found = Differences(dropped=frozenset((d.kind, d.code) for d in changes.deletes))
    wanted_rows: dict[Key, Wanted] = {}
    for origin, row in _rows(after, told, machines):
        wanted_rows[row.key] = row
        found.origins.setdefault(row.key, origin)
    old: set[Key] = set()
    for origin, row in _rows(before, told, machines):
        old.add(row.key)
        found.origins.setdefault(row.key, origin)
    for (collection, code), provenance in told.items():  # also what an earlier, cut-off write left
        for key in _leftovers(collection, code, there):
            old.add(key)
            found.origins.setdefault(key, Origin(collection, code, provenance))
    old |= _idle_contacts(there, tables)
    old -= _contacts_of_others(tables)
    old -= {
        (nb.TERMINATIONS, f"{code}:{field[0].upper()}")
        for (_, code), fields in unread.items()
        for field in fields & {"a_end", "z_end"}
    }
    leave_addresses(wanted_rows, there, tables)
    kept = wanted_rows.keys() | _contacts_in_use(after)
    for key, row in wanted_rows.items():
        stands = there.get(key)
        if stands is None:
            found.creates.append(row)
        elif names := _without(
            unread, found.origins[key], changed_names(row, stands, there, tables)
        ):
            found.updates.append((row, stands, names))
        if _later_differs(row, stands, there):
            found.later.append(row)
    found.deletes = [(key[0], there[key]) for key in old - kept if key in there]
    found.updates.sort(key=lambda part: _LEVEL[part[0].endpoint])
    found.creates.sort(key=lambda row: _LEVEL[row.endpoint])
    found.deletes.sort(key=lambda part: _DELETION[part[0]])
    return found


def _untold(unread: Unread, changes: ChangeSet) -> Unread:
    """Without the fields that `changes` tell."""
    said = {(u.kind, u.code): {f.field for f in u.fields} for u in changes.updates}
    return {key: fields - said.get(key, set()) for key, fields in unread.items()}


def _without(unread: Unread, origin: Origin, names: tuple[str, ...]) -> tuple[str, ...]:
    fields = unread.get((origin.collection, origin.code), frozenset())
    kept = {name for field in fields for name in native(origin.collection, field)}
    return tuple(name for name in names if name not in kept)


def changed_names(
    row: Wanted, stands: Row, there: Index, tables: Mapping[Endpoint, Mapping[int, Row]]
) -> tuple[str, ...]:
    """The fields of a row that are not as they shall be."""
    facts = stands.facts
    code = row.code.removeprefix(NODE)
    return tuple(
        name
        for name, value in row.facts.items()
        if not (name == "name" and plain(value, code) == plain(facts.get(name, ""), code))
        and not _same(name, value, facts.get(name), there)
        and not theirs(row, facts, name, tables)
    )


def _later_differs(row: Wanted, stands: Row | None, there: Index) -> bool:
    facts = stands.facts if stands else {}
    return any(
        facts.get(name) is not None
        if value is None
        else _id(value, there) is None or _id(value, there) != facts.get(name)
        for name, value in row.later.items()
    )


def _same(name: str, value: Any, stands: Any, there: Index) -> bool:
    if isinstance(value, Ref):
        return stands is not None and _id(value, there) == stands
    if isinstance(value, Shared):
        return bool(value.name == stands)
    if name == "address" and stands is not None:  # the length of its prefix is NetBox's people's
        return bool(value.partition("/")[0] == stands.partition("/")[0])
    if name == "port_mappings" and stands:  # of several that they gave it, the first is ours
        return bool(value[0] == stands[0])
    return bool((None if value == "" else value) == stands)  # a row tells no empty text


def _id(value: Ref | None, there: Index) -> int | None:
    row = there.get((value.endpoint, value.code)) if value else None
    return row.id if row else None


def _rows(
    estate: Estate,
    told: Mapping[tuple[str, str], tuple[Provenance, ...]],
    machines: frozenset[str],
) -> Iterable[tuple[Origin, Wanted]]:
    context = Context.of(estate, machines)
    for collection in HELD:
        for obj in getattr(estate, collection):
            if (collection, obj.code) in told:
                origin = Origin(collection, obj.code, told[collection, obj.code])
                for row in wanted(collection, obj, context):
                    yield origin, row


def _leftovers(collection: str, code: str, there: Index) -> Iterable[Key]:
    """Rows that an object may have however it was told."""
    if collection == "hosts":
        machines = (nb.DEVICES, nb.MACHINES)
        names = [(e, code) for e in machines] + _parts(code)
    elif collection == "nodes":
        names = [(nb.DEVICES, NODE + code), *_parts(NODE + code)]
    elif collection in ("lines", "links"):
        circuit = code if collection == "lines" else LINK + code
        names = [(nb.TERMINATIONS, f"{circuit}:{side}") for side in "AZ"]
    else:
        names = []
    return [key for key in names if key in there]


def _parts(machine: str) -> list[Key]:
    interfaces = [(e, f"{machine}:mgmt") for e in (nb.INTERFACES, nb.VM_INTERFACES)]
    return [*interfaces, *((nb.ADDRESSES, f"{machine}:{family}") for family in "46")]


def _idle_contacts(there: Index, tables: Mapping[Endpoint, Mapping[int, Row]]) -> set[Key]:
    """Our contacts whom nobody is assigned to: a write that was cut off left them."""
    busy = {row.facts.get("contact") for row in tables[nb.ASSIGNMENTS].values()}
    ours = ((key, row) for key, row in there.items() if key[0] is nb.CONTACTS)
    return {key for key, row in ours if key[1].startswith(CONTACT) and row.id not in busy}


def _contacts_of_others(tables: Mapping[Endpoint, Mapping[int, Row]]) -> set[Key]:
    """Contacts that people have assigned to something themselves: they stay."""
    people = tables[nb.CONTACTS]
    assigned = (row for row in tables[nb.ASSIGNMENTS].values() if row.code is None)
    rows = (people.get(row.facts.get("contact", 0)) for row in assigned)
    return {(nb.CONTACTS, row.code) for row in rows if row and row.code}


def _contacts_in_use(estate: Estate) -> set[Key]:
    told = [
        *(o.contacts for o in estate.organisations),
        *(r.contacts for r in estate.rooms),
        *(line.contacts for line in estate.lines),
    ]
    return {(nb.CONTACTS, contact_code(c)) for contacts in told for c in contacts}


_LEVEL = {endpoint: level for level, endpoint in enumerate(ENDPOINTS)}
# Parts first: what then still hangs on an object is somebody else's, and the object stays. The
# primary addresses of a machine that goes are released before: so it isn't changed by their going.
_ORDER = (
    nb.SERVICES,
    nb.ASSIGNMENTS,
    nb.ADDRESSES,
    nb.INTERFACES,
    nb.VM_INTERFACES,
    nb.MACHINES,
    nb.DEVICES,
    nb.TERMINATIONS,
    nb.CIRCUITS,
    nb.CLUSTERS,
    nb.LOCATIONS,
    nb.CONTACTS,
    nb.SITES,
    nb.TENANTS,
)
_DELETION = {endpoint: level for level, endpoint in enumerate(_ORDER)}

"""Writing rows to NetBox: in the order of reference, in bulk, each row with its own fault.

A row that NetBox refuses doesn't hold up the others. Every write that can name what it has read
says so (`If-Match`): an object that somebody changed in the meantime is left as they made it and
told. An answer that was lost is never taken for a refusal: what stands is read before a row is sent
again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from inventory.errors import ObjectChanged, ObjectGone, OutcomeUnknown, RowsRefused
from inventory.netbox import endpoints as nb
from inventory.netbox import schema
from inventory.netbox.client import Client, etag
from inventory.netbox.differences import Differences, Key, Origin, index
from inventory.netbox.endpoints import CODE, SYSTEM, ZONE, Endpoint, Json, Row
from inventory.netbox.mirror import Mirror
from inventory.netbox.rows import Ref, Shared, Wanted
from inventory.netbox.shared import KINDS, SharedObjects

CHUNK = 50
"""Rows a bulk write: above ten nothing is gained, and a refusal concerns all of them
(research/netbox.md, Speed)."""
BLANK = frozenset({"physical_address", "phone", "email"})  # NetBox has "" for these, never null

# What would be deleted along with an object although others made it: path and filter.
CHILDREN: dict[Endpoint, tuple[tuple[str, str], ...]] = {
    nb.DEVICES: (
        ("dcim/interfaces/", "device_id"),
        ("ipam/services/", "device_id"),
        ("dcim/modules/", "device_id"),
        ("dcim/inventory-items/", "device_id"),
    ),
    nb.MACHINES: (
        ("virtualization/interfaces/", "virtual_machine_id"),
        ("ipam/services/", "virtual_machine_id"),
        ("virtualization/virtual-disks/", "virtual_machine_id"),
    ),
    nb.INTERFACES: (("ipam/ip-addresses/", "interface_id"),),
    nb.VM_INTERFACES: (("ipam/ip-addresses/", "vminterface_id"),),
    nb.CIRCUITS: (("circuits/circuit-terminations/", "circuit_id"),),
    nb.LOCATIONS: (("dcim/locations/", "parent_id"),),
    nb.SITES: (("dcim/locations/", "site_id"),),
    nb.CONTACTS: (("tenancy/contact-assignments/", "contact_id"),),
}


@dataclass(frozen=True)
class Fault:
    """A row that was not written: whose it is, why, and whether somebody changed it meanwhile."""

    endpoint: str
    code: str
    origin: Origin | None
    reason: str
    stale: bool = False

    def __str__(self) -> str:
        whose = f"{self.origin.collection} {self.origin.code}" if self.origin else self.code
        place = f"（{self.origin.place}）" if self.origin and self.origin.place else ""
        return f"{whose}{place}: {self.endpoint} {self.code}: {self.reason}"


class Unresolved(Exception):
    """A row refers to one that was not written."""


@dataclass
class Writer:
    """Writes differences; `faults` are the rows that could not be. `step`: told after each write
    how many rows are done."""

    client: Client
    mirror: Mirror
    message: str
    step: Callable[[int], None] = lambda _: None
    faults: list[Fault] = field(default_factory=list)
    _origins: dict[Key, Origin] = field(default_factory=dict)
    _ids: dict[Key, int] = field(default_factory=dict)
    _new: set[Key] = field(default_factory=set)

    def write(self, what: Differences) -> None:
        """Raises StoreError when NetBox fails as a whole; what was written by then stands."""
        self._origins = what.origins
        self._ids = {key: row.id for key, row in index(self.mirror.tables).items()}
        self._shared = SharedObjects(self.client, self.message)
        self._provide(what)
        self._create_all(what.creates)
        released = [(row, ("primary_ip4", "primary_ip6")) for row in _releasing(what)]
        self.client.in_parallel(self._release, released)
        self._racks([row for row, _, _ in what.updates])
        self.client.in_parallel(self._update, what.updates)
        self._set_later(what.later)
        for _, part in groupby(what.deletes, key=lambda part: part[0]):
            self.client.in_parallel(self._delete, list(part))
        if what.updates or what.deletes:
            self._once_more(what)

    def _create_all(self, rows: Sequence[Wanted]) -> None:
        for _, level in groupby(rows, key=lambda row: row.endpoint):
            same = list(level)
            self._racks(same)
            chunks = [same[at : at + CHUNK] for at in range(0, len(same), CHUNK)]
            self.client.in_parallel(self._create, chunks)

    def _once_more(self, what: Differences) -> None:
        """Rows that were refused may have wanted what an update or a deletion has freed since: a
        name, an address."""
        refused = {(fault.endpoint, fault.code) for fault in self.faults if not fault.stale}
        again = [row for row in what.creates if (row.endpoint.path, row.code) in refused]
        later = [row for row in what.later if (row.endpoint.path, row.code) in refused]
        names = {(row.endpoint.path, row.code) for row in (*again, *later)}
        self.faults = [f for f in self.faults if (f.endpoint, f.code) not in names]
        self._create_all(again)
        self._set_later(later)

    # ── making ──────────────────────────────────────────────────────────────────────────────────

    def _create(self, rows: Sequence[Wanted]) -> None:
        endpoint = rows[0].endpoint
        left = [(row, body) for row in rows if (body := self._body(row)) is not None]
        for attempt in (1, 2, 3):
            if not left:
                return
            try:
                made = self.client.create(endpoint.path, [body for _, body in left])
            except RowsRefused as refused:
                left = self._without(left, refused)
            except OutcomeUnknown:
                if attempt == 3:
                    raise
                self.mirror.catch_up()
                left = [(row, body) for row, body in left if not self._stands(row)]
            else:
                self.mirror.put(endpoint, made)
                for (row, _), told in zip(left, made, strict=True):
                    self._ids[row.key] = told["id"]
                    self._new.add(row.key)
                self.step(len(left))
                return

    def _without(
        self, sent: list[tuple[Wanted, Json]], refused: RowsRefused
    ) -> list[tuple[Wanted, Json]]:
        """The rows to send again: all that nothing was said against, and that don't stand."""
        self.mirror.catch_up()
        said = {fault.at: fault.reason for fault in refused.faults}
        for at, reason in said.items():
            if at < len(sent) and not self._stands(sent[at][0]):
                self._fault(sent[at][0].key, reason)
        return [
            part for at, part in enumerate(sent) if at not in said and not self._stands(part[0])
        ]

    def _stands(self, row: Wanted) -> bool:
        """Whether the mirror knows the row by now: an earlier request made it after all."""
        for known in self.mirror.tables[row.endpoint].values():
            if known.code == row.code:
                self._ids[row.key] = known.id
                return True
        return False

    def _body(self, row: Wanted) -> Json | None:
        try:
            body = self._told({**row.once, **row.facts}, row)
        except Unresolved as error:
            self._fault(row.key, str(error))
            return None
        own = {n: v for n, v in body.pop("custom_fields", {}).items() if v is not None}
        told = {name: value for name, value in body.items() if value is not None}
        tags = [{"slug": schema.TAG}]
        return {**told, "custom_fields": {**own, CODE: row.code}, "tags": tags}

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    def _update(self, part: tuple[Wanted, Row, tuple[str, ...]]) -> None:
        row, _, names = part
        try:
            body = self._told({name: row.facts[name] for name in names}, row)
        except Unresolved as error:
            self._fault(row.key, str(error))
            return
        self._patch(row.key, body)

    def _release(self, part: tuple[tuple[Endpoint, Row], tuple[str, ...]]) -> None:
        (endpoint, row), names = part
        told = {name: None for name in names if row.facts.get(name) is not None}
        if told:
            self._patch((endpoint, row.code or ""), {**told, "changelog_message": self.message})

    def _set_later(self, rows: Sequence[Wanted]) -> None:
        """Primary addresses: in bulk where we have just made the machine, else one by one."""
        ready: list[tuple[Wanted, Json]] = []
        for row in rows:
            try:
                if row.key in self._ids:
                    ready.append((row, self._told(row.later, row)))
            except Unresolved as error:
                self._fault(row.key, str(error))
        new = [part for part in ready if part[0].key in self._new]
        chunks = [new[at : at + CHUNK] for at in range(0, len(new), CHUNK)]
        self.client.in_parallel(self._set_many, chunks)
        known = [part for part in ready if part[0].key not in self._new]
        self.client.in_parallel(lambda part: self._patch(part[0].key, part[1]), known)

    def _set_many(self, parts: Sequence[tuple[Wanted, Json]]) -> None:
        """Of rows that we have just made nobody has made anything else yet: they go together."""
        endpoint = parts[0][0].endpoint
        rows = [{"id": self._ids[row.key], **body} for row, body in parts]
        try:
            made = self.client.update_many(endpoint.path, rows)
        except (RowsRefused, OutcomeUnknown):
            self.mirror.catch_up()
            for row, body in parts:
                self._patch(row.key, body)
        else:
            self.mirror.put(endpoint, made)
            self.step(len(parts))

    def _patch(self, key: Key, body: Json) -> None:
        endpoint, _ = key
        stands = self.mirror.tables[endpoint].get(self._ids[key])
        if stands is None:
            self._fault(key, "对象已被他人删除 / somebody deleted it meanwhile", stale=True)
            return
        try:
            made = self.client.update(endpoint.path, stands.id, body, etag(stands.at))
        except (ObjectChanged, ObjectGone):
            reason = "读取后已被他人修改 / somebody changed it after it was read"
            self._fault(key, reason, stale=True)
        except RowsRefused as refused:
            self._fault(key, str(refused))
        else:
            self.mirror.put(endpoint, [made])
            self.step(1)

    # ── deleting ────────────────────────────────────────────────────────────────────────────────

    def _delete(self, part: tuple[Endpoint, Row]) -> None:
        endpoint, row = part
        key = endpoint, row.code or ""
        stands = self.mirror.tables[endpoint].get(row.id)
        if stands is None:
            return
        if others := self._others(endpoint, row.id):
            self._fault(key, f"其下有他人的对象，未删除 / holds what others made: {others}")
            return
        try:
            self.client.delete(endpoint.path, row.id, etag(stands.at), self.message)
        except ObjectGone:
            pass  # it went with what it belonged to
        except ObjectChanged:
            reason = (
                "读取后已被他人修改，未删除 / somebody changed it after it was read: not deleted"
            )
            self._fault(key, reason, stale=True)
            return
        except RowsRefused as refused:
            self._fault(key, str(refused))
            return
        self.step(1)

    def _others(self, endpoint: Endpoint, id: int) -> str:
        """What NetBox would delete along with an object although we don't manage it."""
        try:
            for path, name in CHILDREN.get(endpoint, ()):
                for rows in self.client.pages(path, "id,custom_fields", filters={name: id}):
                    for row in rows:
                        if not row["custom_fields"].get(CODE):
                            return f"{path}{row['id']}"
        except RowsRefused:  # NetBox knows no object of that id: it went with another
            return ""
        return ""

    # ── parts ───────────────────────────────────────────────────────────────────────────────────

    def _told(self, facts: Json, row: Wanted) -> Json:
        """Facts as NetBox is told them. Raises Unresolved."""
        body: Json = {}
        own: Json = {}
        for name, value in facts.items():
            told = self._value(value, row)
            if name.startswith(nb.PREFIX) or name in (SYSTEM, ZONE):
                own[name] = told
            else:
                body[name] = "" if told is None and name in BLANK else told
        if own:
            body["custom_fields"] = own
        return {**body, "changelog_message": self.message}

    def _value(self, value: object, row: Wanted) -> object:
        if isinstance(value, Ref):
            found = self._ids.get((value.endpoint, value.code))
            if found is None:
                raise Unresolved(
                    f"所引用的 {value.endpoint.path}{value.code} 未写入 / refers to "
                    f"{value.endpoint.path}{value.code}, which was not written"
                )
            return found
        if isinstance(value, Shared):
            room = self._value(value.within, row) if value.within else None
            found = self._shared.id(value, room if isinstance(room, int) else None)
            if found is None:
                raise Unresolved(f"缺少 / lacks {KINDS[value.kind].path} {value.name}")
            return found
        return value

    def _provide(self, what: Differences) -> None:
        """All shared objects that what is written names, but racks, whose rooms may not stand."""
        names: dict[str, set[str]] = {}
        rows = [*what.creates, *(row for row, _, _ in what.updates)]
        for shared in _shared_of(rows):
            if shared.within is None:
                names.setdefault(shared.kind, set()).add(shared.name)
        for kind, wanted in names.items():
            self._shared.provide(kind, wanted)

    def _racks(self, rows: Iterable[Wanted]) -> None:
        for shared in _shared_of(rows):
            if shared.within is None:
                continue
            room = self._ids.get((nb.LOCATIONS, shared.within.code))
            stands = self.mirror.tables[nb.LOCATIONS].get(room or 0)
            if stands is not None:
                self._shared.provide_rack(shared, stands.id, stands.facts["site"])

    def _fault(self, key: Key, reason: str, *, stale: bool = False) -> None:
        endpoint, code = key
        self.faults.append(Fault(endpoint.path, code, self._origins.get(key), reason, stale))


def _shared_of(rows: Iterable[Wanted]) -> Iterator[Shared]:
    for row in rows:
        for value in (*row.facts.values(), *row.once.values()):
            if isinstance(value, Shared):
                yield value


def _releasing(what: Differences) -> Iterator[tuple[Endpoint, Row]]:
    """Machines that go: their addresses may move to others, which a primary one may not."""
    for endpoint, row in what.deletes:
        if endpoint in (nb.DEVICES, nb.MACHINES):
            yield endpoint, row

"""Writing rows to NetBox: in the order of reference, in bulk, each row with its own fault.

A row that NetBox refuses doesn't hold up the others; what may have wanted a name or an address that
an update or a deletion has freed since is tried once more. `sending.py` has how a row is sent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from inventory.netbox import endpoints as nb
from inventory.netbox import schema
from inventory.netbox.client import Client
from inventory.netbox.differences import Differences, Key
from inventory.netbox.endpoints import CODE, SYSTEM, ZONE, Endpoint, Json, Row
from inventory.netbox.hanging import Hanging
from inventory.netbox.mirror import Mirror
from inventory.netbox.rows import Ref, Shared, Wanted
from inventory.netbox.sending import Fault, Sender
from inventory.netbox.shared import KINDS, SharedObjects

__all__ = ["Fault", "Writer"]

CHUNK = 50
"""Rows a bulk write: above ten nothing is gained, and a refusal concerns all of them
(research/netbox.md, Speed)."""
BLANK = frozenset({"physical_address", "phone", "email"})  # NetBox has "" for these, never null
PRIMARY = ("primary_ip4", "primary_ip6")
HELD = "其上还有非本次删除的对象，未删除 / not deleted, something that stays hangs on it"


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

    @property
    def done(self) -> int:
        """How many rows NetBox has confirmed so far."""
        return self._send.done

    def write(self, what: Differences) -> None:
        """Raises StoreError when NetBox fails as a whole; what was written by then stands."""
        self._send = Sender(self.client, self.mirror, self.message, what.origins, self.step)
        self._shared = SharedObjects(self.client, self.message)
        self._hanging = Hanging(self.client)
        self._new: set[Key] = set()
        self._provide(what)
        self._once(what)
        refused = self._refused(what)
        if refused.count and self._send.changed:
            names = {_name(key) for key in _keys(refused)}
            self._send.faults = [
                f for f in self._send.faults if f.stale or (f.endpoint, f.code) not in names
            ]
            self._once(refused)
        self.faults = self._send.faults

    def _once(self, what: Differences) -> None:
        for _, level in groupby(what.creates, key=lambda row: row.endpoint):
            rows = list(level)
            self._racks(rows)
            chunks = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
            self.client.in_parallel(self._create, chunks)
        going = [part for part in what.deletes if self._goes(part, what)]
        self.client.in_parallel(self._release, [part for part in going if part[0] in _MACHINES])
        self._racks([row for row, _, _ in what.updates])
        for _, same in groupby(what.updates, key=lambda part: part[0].endpoint):
            self.client.in_parallel(self._update, list(same))
        self._set_later(what.later)
        going = [part for part in going if self._goes(part, what)]
        for endpoint, group in groupby(going, key=lambda part: part[0]):
            self._delete(endpoint, [row for _, row in group])

    def _refused(self, what: Differences) -> Differences:
        """What was refused, and what was not deleted because of that."""
        told = {(f.endpoint, f.code) for f in self._send.faults if not f.stale}
        stale = {(f.endpoint, f.code) for f in self._send.faults if f.stale}
        return replace(
            what,
            creates=[row for row in what.creates if _name(row.key) in told],
            updates=[part for part in what.updates if _name(part[0].key) in told],
            deletes=[
                (endpoint, row)
                for endpoint, row in what.deletes
                if (endpoint, row.code) in self._send.ids and (endpoint.path, row.code) not in stale
            ],
            later=[row for row in what.later if _name(row.key) in told],
        )

    # ── making ──────────────────────────────────────────────────────────────────────────────────

    def _create(self, rows: Sequence[Wanted]) -> None:
        bodies = [(row, body) for row in rows if (body := self._body(row)) is not None]
        self._new |= {row.key for row, _ in bodies}
        self._send.create(bodies)

    def _body(self, row: Wanted) -> Json | None:
        try:
            body = self._told({**row.once, **row.facts}, row)
        except Unresolved as error:
            self._send.fault(row.key, str(error))
            return None
        own = {n: v for n, v in body.pop("custom_fields", {}).items() if v is not None}
        told = {name: value for name, value in body.items() if value is not None}
        tags = [{"slug": schema.TAG}]
        return {**told, "custom_fields": {**own, CODE: row.code}, "tags": tags}

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    def _update(self, part: tuple[Wanted, Row, tuple[str, ...]]) -> None:
        row, stands, names = part
        facts = {name: row.facts[name] for name in names}
        if "port_mappings" in facts:  # those after the first are people's
            facts["port_mappings"] += stands.facts["port_mappings"][1:]
        try:
            body = self._told(facts, row)
        except Unresolved as error:
            self._send.fault(row.key, str(error))
            return
        self._send.patch(row.key, body)

    def _release(self, part: tuple[Endpoint, Row]) -> None:
        """A machine that goes: its addresses may move to others, which a primary one may not."""
        endpoint, row = part
        told = {name: None for name in PRIMARY if row.facts.get(name) is not None}
        if told:
            key = endpoint, row.code or ""
            self._send.patch(key, {**told, "changelog_message": self.message})

    def _set_later(self, rows: Sequence[Wanted]) -> None:
        """Primary addresses: in bulk where we have just made the machine, else one by one."""
        ready: list[tuple[Key, Json]] = []
        for row in rows:
            try:
                if row.key in self._send.ids:
                    ready.append((row.key, self._told(row.later, row)))
            except Unresolved as error:
                self._send.fault(row.key, str(error))
        for _, level in groupby(ready, key=lambda part: part[0][0]):
            parts = list(level)
            new = [part for part in parts if part[0] in self._new]
            chunks = [new[at : at + CHUNK] for at in range(0, len(new), CHUNK)]
            self.client.in_parallel(self._send.patch_new, chunks)
            known = [part for part in parts if part[0] not in self._new]
            self.client.in_parallel(lambda part: self._send.patch(*part), known)

    # ── deleting ────────────────────────────────────────────────────────────────────────────────

    def _goes(self, part: tuple[Endpoint, Row], what: Differences) -> bool:
        """Not, when the object stays and something of what it shall be could not be written: a
        host that moves to the cloud does not lose its device before its machine is there."""
        endpoint, row = part
        origin = what.origins.get((endpoint, row.code or ""))
        if origin is None or (origin.collection, origin.code) in what.dropped:
            return True
        whose = origin.collection, origin.code
        told = (fault.origin for fault in self._send.faults)
        return all(o is None or (o.collection, o.code) != whose for o in told)

    def _delete(self, endpoint: Endpoint, rows: Sequence[Row]) -> None:
        rows = [row for row in rows if (endpoint, row.code) in self._send.ids]
        hanging = self._hanging.on(endpoint, [row.id for row in rows])
        for row in rows:
            if row.id in hanging and endpoint is not nb.CONTACTS:  # who is still named stays
                self._send.fault((endpoint, row.code or ""), f"{HELD}: {hanging[row.id]}")
        free = [row for row in rows if row.id not in hanging]
        self.client.in_parallel(lambda row: self._send.delete(endpoint, row), free)

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
            found = self._send.ids.get((value.endpoint, value.code))
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
                why = self._shared.refused.get(value.name, "")
                raise Unresolved(
                    f"缺少 / lacks {KINDS[value.kind].path} {value.name} {why}".strip()
                )
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
            room = self._send.ids.get((nb.LOCATIONS, shared.within.code))
            stands = self.mirror.tables[nb.LOCATIONS].get(room or 0)
            if stands is not None:
                self._shared.provide_rack(shared, stands.id, stands.facts["site"])


def _shared_of(rows: Iterable[Wanted]) -> Iterator[Shared]:
    for row in rows:
        for value in (*row.facts.values(), *row.once.values()):
            if isinstance(value, Shared):
                yield value


def _keys(what: Differences) -> Iterator[Key]:
    yield from (row.key for row in (*what.creates, *what.later))
    yield from (row.key for row, _, _ in what.updates)
    yield from ((endpoint, row.code or "") for endpoint, row in what.deletes)


def _name(key: Key) -> tuple[str, str]:
    return key[0].path, key[1]


_MACHINES = (nb.DEVICES, nb.MACHINES)

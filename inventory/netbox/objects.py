"""The estate as NetBox tells it, kept from one reading to the next.

An object is put together again only when a row of its own or one that it points at has changed.
"""

from collections.abc import Iterator
from typing import Any

from inventory.model import Thing
from inventory.netbox import endpoints as nb
from inventory.netbox.endpoints import Endpoint, Row
from inventory.netbox.held import Held, sole
from inventory.netbox.mirror import Changed, Mirror
from inventory.netbox.reading import HELD, KINDS, Lookup, Provenances, read
from inventory.netbox.schema import BESIDE, UNSPECIFIED_SITE
from inventory.store import LeftOut

type Read = Held | LeftOut
type Key = tuple[str, str]

POINTED_AT = (nb.TENANTS, nb.SITES, nb.LOCATIONS, nb.CLUSTERS, nb.CONTACTS)
"""What so many objects point at that they are all put together again when it changes."""


class Objects:
    """Objects by endpoint and id; `collections`, `left_out` and `unread` (the fields by collection
    and code) are of the last `update`."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._read: dict[Endpoint, dict[int, Read]] = {}
        self._told: Provenances = {}
        self.collections: dict[str, tuple[Any, ...]] = {}
        self.left_out: tuple[LeftOut, ...] = ()
        self.unread: dict[Key, frozenset[str]] = {}

    def update(self, changed: Changed, told: Provenances) -> bool:
        """Takes over what a refresh found, and whether that was anything; `told`: where the ledgers'
        objects were read."""
        if told is not self._told or changed.everything or not self._read:
            self._read, self._told = {}, told
        elif not changed.ids:
            return False
        elif any(endpoint in changed.ids for endpoint in POINTED_AT):
            self._read = {}
        else:
            self._forget(changed)
        self._put_together()
        return True

    def _forget(self, changed: Changed) -> None:
        """Drops the objects whose own rows changed, and those that point at such rows."""
        stale = {endpoint: set(ids) for endpoint, ids in changed.ids.items()}
        addresses = stale.get(nb.ADDRESSES, set())
        machines = addresses or nb.DEVICES in stale or nb.MACHINES in stale
        ends = stale.get(nb.TERMINATIONS, set())
        for endpoint in (nb.DEVICES, nb.MACHINES):
            for row in self._mirror.tables[endpoint].values():
                lent = machines and "qianyun_host_addresses" in row.facts  # its host's
                if lent or (addresses and _primary(row) & addresses):
                    stale.setdefault(endpoint, set()).add(row.id)
        if ends or nb.ASSIGNMENTS in stale:  # few, and an end that is gone tells no circuit
            self._read.pop(nb.CIRCUITS, None)
        if nb.ASSIGNMENTS in stale:
            self._read.pop(nb.TENANTS, None)
            self._read.pop(nb.LOCATIONS, None)
        if nb.DEVICES in stale or nb.MACHINES in stale:
            self._read.pop(nb.SERVICES, None)
        for endpoint, ids in stale.items():
            for id in ids & self._read.get(endpoint, {}).keys():
                del self._read[endpoint][id]

    def _put_together(self) -> None:
        look = Lookup.of(self._mirror.tables)
        found: dict[str, list[Any]] = {collection: [] for collection in HELD}
        left_out: list[LeftOut] = []
        self.unread = {}
        for one in sole(self._all(look, left_out)):
            if isinstance(one, LeftOut):
                left_out.append(one)
                continue
            found[one.collection].append(one.thing)
            if one.unread:
                left_out += one.unread
                fields = frozenset(left.field for left in one.unread)
                self.unread[one.collection, one.thing.code] = fields
        self.collections = {c: tuple(sorted(found[c], key=_code)) for c in HELD}
        self.left_out = tuple(one for one in left_out if not _shared(one))

    def _all(self, look: Lookup, left_out: list[LeftOut]) -> Iterator[tuple[Endpoint, Row, Held]]:
        for endpoint in KINDS:
            known = self._read.setdefault(endpoint, {})
            rows = self._mirror.tables[endpoint]
            for id in known.keys() - rows.keys():
                del known[id]
            for id, row in rows.items():
                one = known.get(id)
                if one is None:
                    one = known[id] = read(endpoint, row, look, self._told)
                if isinstance(one, LeftOut):
                    left_out.append(one)
                else:
                    yield endpoint, row, one

    def place(self, collection: str, code: str) -> tuple[Endpoint, int]:
        """The endpoint and id of an object."""
        return next(
            (endpoint, id)
            for endpoint, known in self._read.items()
            for id, one in known.items()
            if isinstance(one, Held) and (one.collection, one.thing.code) == (collection, code)
        )


def _shared(one: LeftOut) -> bool:
    """Whether bootstrap made it: it has no code and is nothing to be handed over."""
    ours = one.endpoint == UNSPECIFIED_SITE.path.rstrip("/")
    return ours and one.name.removesuffix(BESIDE) == UNSPECIFIED_SITE.name


def _primary(row: Row) -> set[int]:
    return {row.facts.get("primary_ip4", 0), row.facts.get("primary_ip6", 0)}


def _code(thing: Thing) -> str:
    return thing.code

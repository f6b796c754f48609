"""What we know of a NetBox: its rows, kept from one command to the next, made new by its change log.

The first reading fetches every page; after it only what the change log names is fetched. The file
only saves reading: it is dropped when it cannot be trusted (another NetBox, a pruned log), and
everything is read again.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inventory.errors import NetBoxDenied, NetBoxMalformed
from inventory.netbox import mirror_file
from inventory.netbox.changelog import MANY, ChangeLog
from inventory.netbox.client import Client
from inventory.netbox.endpoints import BY_TYPE, ENDPOINTS, NAMED_IN, Endpoint, Json, Row
from inventory.netbox.pages import read_tables
from inventory.netbox.pages import rows as rows_of

FIELD = "extras.customfield"
UNSAVED = 500  # changes that the file may lag behind

type Ids = dict[Endpoint, set[int]]


@dataclass
class Changed:
    """What a refresh found: ids by endpoint; `everything` after a full reading."""

    everything: bool = False
    ids: Ids = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.ids.values()))

    def and_then(self, later: "Changed") -> "Changed":
        """Both together."""
        everything = self.everything or later.everything
        return Changed(everything, _joined(self.ids, later.ids))


class Mirror:
    """The rows of a NetBox by endpoint and id. `file`: where they are kept, if anywhere."""

    def __init__(
        self, client: Client, file: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.client = client
        self.identity = client.url  # by which the file is known to be of this NetBox
        self.identify: Callable[[], str] = lambda: self.identity  # asks NetBox anew
        self.tables: dict[Endpoint, dict[int, Row]] = {}
        self._file = file
        self._clock = clock
        self.log = ChangeLog(client, clock)
        self._owed = Changed()  # what was found and not told yet
        self._unsaved = 0
        self._lock = threading.RLock()

    def refresh(self) -> Changed:
        """Brings the rows up to date. Raises StoreError; then they are as before."""
        with self._lock:
            self._catch_up()
            found, self._owed = self._owed, Changed()
            return found

    def catch_up(self) -> None:
        """As `refresh`, which tells what this found the next time."""
        with self._lock:
            self._catch_up()

    def read_all(self) -> Changed:
        """Reads every page anew. Raises StoreError; then the rows are as before."""
        with self._lock:
            if not self.tables:
                self._read_file()
            if self.tables:
                self.log.unseen()
            self._read_all()
            self._owed = Changed()
            return Changed(everything=True)

    def _catch_up(self) -> None:
        if not self.tables:
            self._read_file()
        entries = self.log.unseen() if self.tables else None
        fields = entries and any(e["changed_object_type"] == FIELD for e in entries)
        if fields:  # its values went with it, of which the log says nothing
            self.identity = self.identify()
        if entries is None or fields or len(entries) > MANY:
            self._read_all()
            self._owed = Changed(everything=True)
            return
        changed = self._fetch(_named(entries))
        self.log.seen(entries)
        self._owed = self._owed.and_then(changed)
        self._unsaved += len(entries)
        if self._unsaved > UNSAVED:
            self._write_file()

    def _read_all(self) -> None:
        """What was known and is not shown must have been deleted, but where the log is another."""
        log = self.log.at_its_end()
        wanted = [e for e in ENDPOINTS if not e.lazy or e in self.tables]
        tables = read_tables(self.client, wanted)
        if not self.log.rewritten:
            for endpoint, rows in self.tables.items():
                self._check_gone(endpoint, rows.keys() - tables[endpoint].keys())
        before = self.tables, self.log
        self.tables, self.log = tables, log
        try:  # what was written while we read
            if entries := log.unseen():
                self._fetch(_named(entries))
                log.seen(entries)
        except Exception:
            self.tables, self.log = before
            raise
        self._write_file()

    def need(self, endpoints: Iterable[Endpoint]) -> None:
        """Reads lazy endpoints that were not read yet."""
        with self._lock:
            missing = [e for e in endpoints if e not in self.tables]
            if missing:
                self.tables.update(read_tables(self.client, missing))

    def put(self, endpoint: Endpoint, told: Iterable[Json]) -> None:
        """Takes over objects as an answer told them; the change log tells them once more."""
        rows = rows_of(endpoint, list(told))
        with self._lock:
            known = self.tables[endpoint]
            for id, row in rows.items():
                stands = known.get(id)
                if stands is None or (stands.at or "") <= (row.at or ""):
                    known[id] = row  # else somebody was quicker

    def look_again(self, endpoint: Endpoint, id: int) -> None:
        """Reads one object anew: somebody changed it, and the change log need not tell it."""
        with self._lock:
            found = self._some((endpoint, {id}))
            self._check_gone(endpoint, {id} - found.keys())
            self.tables[endpoint].pop(id, None)
            self.tables[endpoint].update(found)
            self._owed = self._owed.and_then(Changed(ids={endpoint: {id}}))
            self._unsaved += 1

    # ── what changed ────────────────────────────────────────────────────────────────────────────

    def _fetch(self, named: tuple[Ids, Ids, set[Endpoint]]) -> Changed:
        """Reads what changed, then takes it over."""
        changed, gone, anew = named
        todo = [(e, ids) for e, ids in changed.items() if e in self.tables and e not in anew]
        found = self.client.in_parallel(self._some, todo)
        whole = read_tables(self.client, [e for e in anew if e in self.tables])
        for (endpoint, ids), rows in zip(todo, found, strict=True):
            self._check_gone(endpoint, ids - rows.keys())
        for endpoint, rows in whole.items():
            lost = self.tables[endpoint].keys() - rows.keys() - gone.get(endpoint, set())
            self._check_gone(endpoint, lost)
        for (endpoint, ids), rows in zip(todo, found, strict=True):
            for id in ids:
                self.tables[endpoint].pop(id, None)
            self.tables[endpoint].update(rows)
        for endpoint, ids in gone.items():
            for id in ids & self.tables.get(endpoint, {}).keys():
                del self.tables[endpoint][id]
        self.tables.update(whole)
        every = {e: set(rows) for e, rows in whole.items()}
        return Changed(ids=_joined(changed, gone, every))

    def _some(self, part: tuple[Endpoint, set[int]]) -> dict[int, Row]:
        endpoint, ids = part
        rows = rows_of(endpoint, self.client.by_ids(endpoint.path, endpoint.asked, ids))
        if not rows.keys() <= ids:
            raise NetBoxMalformed(
                f"NetBox 未按条件过滤 / GET {endpoint.path}: asked for {len(ids)} ids, got others"
            )
        return rows

    def _check_gone(self, endpoint: Endpoint, ids: set[int]) -> None:
        """What is no longer shown must have been deleted; else the token sees less than before."""
        known = self.tables[endpoint]
        counted = {i for i in ids if i in known and (endpoint.whole or known[i].code is not None)}
        hidden = counted - self.log.deleted(endpoint, counted) if counted else set()
        if hidden:
            named = [known[id].code or str(id) for id in sorted(hidden)]
            raise NetBoxDenied(
                f"NetBox 不再显示 {endpoint.path} 的 {len(hidden)} 个对象，变更日志却没有删除记录，"
                f"资产保持不变 / NetBox shows {len(hidden)} objects of {endpoint.path} no longer "
                f"({', '.join(named[:10])}), though its change log tells no deletion: the token's "
                "view permission was narrowed (qianyun netbox permissions says what it needs), or "
                "they were deleted past the log, or longer ago than it reaches (then remove "
                f"{self._file or 'this process'} and read again); the inventory stays as it was"
            )

    # ── the file ────────────────────────────────────────────────────────────────────────────────

    def save(self) -> None:
        """Writes the file if it lags behind."""
        with self._lock:
            if self._unsaved:
                self._write_file()

    def _read_file(self) -> None:
        kept = None if self._file is None else mirror_file.read(self._file, self.identity)
        if kept is not None:
            self.tables = kept.tables
            self.log = ChangeLog(self.client, self._clock, kept.cursor, kept.mark, kept.gaps)

    def _write_file(self) -> None:
        self._unsaved = 0
        if self._file is not None:
            log = self.log
            kept = mirror_file.Kept(self.tables, log.cursor, log.mark, log.gaps)
            mirror_file.write(self._file, self.identity, kept)


def _named(entries: Sequence[Json]) -> tuple[Ids, Ids, set[Endpoint]]:
    """(changed ids, deleted ids, endpoints to read whole) of entries of the log."""
    changed: Ids = {}
    gone: Ids = {}
    anew: set[Endpoint] = set()
    for entry in entries:
        kind: Any = entry["changed_object_type"]
        action = entry["action"]["value"]
        if action != "create":  # nobody names yet what is new
            anew.update(NAMED_IN.get(kind, ()))
        if endpoint := BY_TYPE.get(kind):
            deleted = action == "delete"
            (gone if deleted else changed).setdefault(endpoint, set()).add(
                entry["changed_object_id"]
            )
    for endpoint, ids in gone.items():
        if endpoint in changed:
            changed[endpoint] -= ids
    return {e: ids for e, ids in changed.items() if ids}, gone, anew


def _joined(*parts: Ids) -> Ids:
    found: Ids = {}
    for part in parts:
        for endpoint, ids in part.items():
            found.setdefault(endpoint, set()).update(ids)
    return found

"""What we know of a NetBox: its rows, kept from one command to the next, made new by its change log.

The first reading fetches every page; after it only what the change log names is fetched. The log's
entries get their numbers before they are committed, so a later one may be seen before an earlier
one: a missing number is asked for again for GAP_S. The file only saves reading: it is dropped when
it cannot be trusted (another NetBox, a pruned log), and everything is read again.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from inventory.errors import NetBoxMalformed
from inventory.netbox.client import PAGE, Client
from inventory.netbox.endpoints import BY_TYPE, ENDPOINTS, NAMED_IN, Endpoint, Json, Row

FORMAT = 1
GAP_S = 120.0  # an uncommitted change is awaited that long: NetBox's requests end sooner
MANY = 3000  # changes from which reading everything is quicker
UNSAVED = 500  # changes that the file may lag behind
LOG = "core/object-changes/"
LOG_FIELDS = "id,action,changed_object_type,changed_object_id"

type Ids = dict[Endpoint, set[int]]


@dataclass
class Changed:
    """What a refresh found: ids by endpoint; `everything` after a full reading."""

    everything: bool = False
    ids: Ids = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.ids.values()))


class Mirror:
    """The rows of a NetBox by endpoint and id. `file`: where they are kept, if anywhere."""

    def __init__(
        self, client: Client, file: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.client = client
        self.tables: dict[Endpoint, dict[int, Row]] = {}
        self._file = file
        self._clock = clock
        self._cursor = 0  # the newest change that was seen
        self._gaps: dict[int, float] = {}  # number → when it was first missed
        self._unsaved = 0
        self._lock = threading.RLock()

    def refresh(self) -> Changed:
        """Brings the rows up to date. Raises StoreError; then they are as before."""
        with self._lock:
            if not self.tables:
                self._read_file()
            if not self.tables:
                return self.read_all()
            entries = self._log()
            if entries is None or len(entries) > MANY:
                return self.read_all()
            changed = self._fetch(_named(entries))
            self._seen([entry["id"] for entry in entries])
            self._unsaved += len(entries)
            if self._unsaved > UNSAVED:
                self._write_file()
            return changed

    def read_all(self) -> Changed:
        """Reads every page anew. Raises StoreError; then the rows are as before."""
        with self._lock:
            newest = self._newest()
            wanted = [e for e in ENDPOINTS if not e.lazy or e in self.tables]
            tables = self._read(wanted)
            before = self.tables, self._cursor, self._gaps
            self.tables, self._cursor, self._gaps = tables, newest, {}
            try:  # what was written while we read
                if entries := self._log():
                    self._fetch(_named(entries))
                    self._seen([entry["id"] for entry in entries])
            except Exception:
                self.tables, self._cursor, self._gaps = before
                raise
            self._write_file()
            return Changed(everything=True)

    def need(self, endpoints: Iterable[Endpoint]) -> None:
        """Reads lazy endpoints that were not read yet."""
        with self._lock:
            missing = [e for e in endpoints if e not in self.tables]
            if missing:
                self.tables.update(self._read(missing))

    def put(self, endpoint: Endpoint, told: Iterable[Json]) -> None:
        """Takes over objects as an answer told them; the change log tells them once more."""
        rows = _rows(endpoint, list(told))
        with self._lock:
            self.tables[endpoint].update(rows)

    # ── pages ───────────────────────────────────────────────────────────────────────────────────

    def _read(self, endpoints: Sequence[Endpoint]) -> dict[Endpoint, dict[int, Row]]:
        """All rows of these. The first pages tell how many there are; the rest is asked for in
        ranges of ids, several at once, and must add up."""
        firsts = self.client.in_parallel(self._first, endpoints)
        tables = {e: _rows(e, first["results"]) for e, first in zip(endpoints, firsts, strict=True)}
        counts = {e: first["count"] for e, first in zip(endpoints, firsts, strict=True)}
        large = [e for e in endpoints if counts[e] > len(tables[e])]
        ranges = [part for e in large for part in self._ranges(e, max(tables[e]), counts[e])]
        for endpoint, rows in self.client.in_parallel(self._range, ranges):
            tables[endpoint].update(rows)
        for endpoint in endpoints:
            self._check_count(endpoint, tables, counts[endpoint])
        return tables

    def _first(self, endpoint: Endpoint) -> Json:
        asked = {"fields": endpoint.asked, "limit": PAGE, "ordering": "id"}
        first = self.client.page(endpoint.path, asked)
        if not isinstance(first.get("count"), int):
            raise NetBoxMalformed(
                f"NetBox 未给出总数 / GET {endpoint.path}: a page without a count"
            )
        return first

    def _ranges(
        self, endpoint: Endpoint, last: int, count: int
    ) -> Iterator[tuple[Endpoint, int, int]]:
        """What follows the first page, in ranges of about a page each."""
        asked = {"fields": "id", "limit": 1, "ordering": "-id"}
        top = self.client.page(endpoint.path, asked)["results"][0]["id"] + 1
        width = max(1, -(-(top - last) * PAGE // count))
        for low in range(last + 1, top, width):
            yield endpoint, low, min(low + width, top)

    def _range(self, part: tuple[Endpoint, int, int]) -> tuple[Endpoint, dict[int, Row]]:
        endpoint, low, high = part
        found: dict[int, Row] = {}
        for page in self.client.pages(endpoint.path, endpoint.asked, low=low, high=high):
            found.update(_rows(endpoint, page))
        return endpoint, found

    def _check_count(
        self, endpoint: Endpoint, tables: Mapping[Endpoint, dict[int, Row]], count: int
    ) -> None:
        """As many rows as NetBox counted, or counts now; else a page was short."""
        got = len(tables[endpoint])
        if got == count:
            return
        now = self.client.count(endpoint.path)
        if not min(count, now) <= got <= max(count, now):
            raise NetBoxMalformed(
                f"NetBox 的列表不完整，未采用 / GET {endpoint.path}: NetBox counts {now}, its pages "
                f"held {got}; nothing was taken over, try again"
            )

    # ── the change log ──────────────────────────────────────────────────────────────────────────

    def _newest(self) -> int:
        asked = {"fields": "id", "limit": 1, "ordering": "-id"}
        found = self.client.page(LOG, asked)["results"]
        return found[0]["id"] if found else 0

    def _log(self) -> list[Json] | None:
        """The entries that were not seen yet; None when the log no longer reaches back to us."""
        now = self._clock()
        self._gaps = {n: since for n, since in self._gaps.items() if now - since < GAP_S}
        low = min(self._gaps, default=self._cursor)
        entries: list[Json] = []
        for page in self.client.pages(LOG, LOG_FIELDS, low=low):
            entries += page
            if len(entries) > MANY:
                break
        if self._cursor and self._cursor not in {entry["id"] for entry in entries}:
            return None
        return [e for e in entries if e["id"] > self._cursor or e["id"] in self._gaps]

    def _seen(self, ids: Sequence[int]) -> None:
        newest = max(ids, default=self._cursor)
        missed = set(range(self._cursor + 1, newest)) - set(ids)
        self._gaps = {n: since for n, since in self._gaps.items() if n not in set(ids)}
        self._gaps |= dict.fromkeys(missed, self._clock())
        self._cursor = max(newest, self._cursor)

    def _fetch(self, named: tuple[Ids, Ids, set[Endpoint]]) -> Changed:
        """Reads what changed, then takes it over."""
        changed, gone, anew = named
        todo = [(e, ids) for e, ids in changed.items() if e in self.tables and e not in anew]
        found = self.client.in_parallel(self._some, todo)
        whole = self._read([e for e in anew if e in self.tables])
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
        rows = _rows(endpoint, self.client.by_ids(endpoint.path, endpoint.asked, ids))
        if not rows.keys() <= ids:
            raise NetBoxMalformed(
                f"NetBox 未按条件过滤 / GET {endpoint.path}: asked for {len(ids)} ids, got others"
            )
        return rows

    # ── the file ────────────────────────────────────────────────────────────────────────────────

    def save(self) -> None:
        """Writes the file if it lags behind."""
        with self._lock:
            if self._unsaved:
                self._write_file()

    def _read_file(self) -> None:
        if self._file is None:
            return
        try:
            kept = from_json(self._file.read_bytes())
            if kept["format"] != FORMAT or kept["url"] != self.client.url:
                return
            by_path = {e.path: e for e in ENDPOINTS}
            tables = {
                by_path[path]: {row[0]: Row(*row) for row in rows}
                for path, rows in kept["tables"].items()
            }
            if {e for e in ENDPOINTS if not e.lazy} <= tables.keys():
                self.tables, self._cursor = tables, kept["cursor"]
                self._gaps = {int(n): since for n, since in kept["gaps"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            return  # only a copy: everything is read again

    def _write_file(self) -> None:
        """Whole or not at all; a full disk costs the next command a full reading, no more."""
        self._unsaved = 0
        if self._file is None:
            return
        kept = {
            "format": FORMAT,
            "url": self.client.url,
            "cursor": self._cursor,
            "gaps": self._gaps,
            "tables": {
                e.path: [(r.id, r.code, r.facts, r.at) for r in rows.values()]
                for e, rows in self.tables.items()
            },
        }
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._file.parent, delete=False) as new:
                new.write(to_json(kept))
                new.flush()
                os.fsync(new.fileno())
            Path(new.name).replace(self._file)
        except OSError:
            self._file.unlink(missing_ok=True)


def _rows(endpoint: Endpoint, told: Sequence[Json]) -> dict[int, Row]:
    try:
        return {row.id: row for row in map(endpoint.row, told)}
    except (KeyError, TypeError, AttributeError) as error:
        raise NetBoxMalformed(
            f"NetBox 的对象缺少字段 / GET {endpoint.path}: an object without {error}; this NetBox "
            "is not as 4.7 is, or something between changed its answer"
        ) from error


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

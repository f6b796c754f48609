"""Sending rows to NetBox: each with its own fault, and only over what was read of it.

Every write that can name what it has read says so (`If-Match`): an object that somebody changed in
the meantime is left as they made it and told. An answer that was lost is never taken for a refusal:
what stands is read before a row is sent again.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inventory.errors import ObjectChanged, ObjectGone, OutcomeUnknown, RowsRefused
from inventory.netbox import changelog
from inventory.netbox.client import Client, etag
from inventory.netbox.differences import Key, Origin, index
from inventory.netbox.endpoints import Endpoint, Json, Row
from inventory.netbox.mirror import Mirror
from inventory.netbox.pages import rows as rows_of
from inventory.netbox.rows import Wanted

TRIES = 3
CHANGED = (
    "读取后已被他人修改，保留他人的修改 / somebody changed it after it was read: left as it is"
)
GONE = "已被他人删除 / somebody deleted it after it was read"
KEPT = (
    "NetBox 未删除：其下还有他人的对象，或令牌无此权限 / NetBox did not delete it: something hangs on "
    "it, or the token may not"
)


@dataclass(frozen=True)
class Fault:
    """A row that was not written: whose it is, why, and whether somebody changed it meanwhile."""

    endpoint: str
    code: str
    origin: Origin | None
    reason: str
    stale: bool = False

    @property
    def whose(self) -> str:
        """The object that the row is part of, with its place in a ledger."""
        whose = f"{self.origin.collection} {self.origin.code}" if self.origin else self.code
        place = f"（{self.origin.place}）" if self.origin and self.origin.place else ""
        return f"{whose}{place}"

    def __str__(self) -> str:
        return f"{self.whose}: {self.endpoint} {self.code}: {self.reason}"


class Sender:
    """Creates, changes and deletes rows. `ids`: of the managed rows that stand; `faults`: the rows
    that could not be written; `changed`: how many were changed or deleted; `done`: how many writes of
    rows NetBox has confirmed. `step` is told after each write how many."""

    def __init__(
        self,
        client: Client,
        mirror: Mirror,
        message: str,
        origins: Mapping[Key, Origin],
        step: Callable[[int], None],
    ) -> None:
        self.faults: list[Fault] = []
        self.ids: dict[Key, int] = {}
        self.changed = 0
        self.done = 0
        self._client = client
        self._mirror = mirror
        self._message = message
        self._origins = origins
        self._tell = step
        self._count = threading.Lock()
        self._log = mirror.log.copy()  # what comes after it was not read by who made the change
        self._at: dict[tuple[Endpoint, int], str] = {}  # as read, or as we wrote it since
        for (endpoint, code), row in index(mirror.tables).items():
            self.ids[endpoint, code] = row.id
            self._at[endpoint, row.id] = row.at

    def _step(self, rows: int) -> None:
        with self._count:
            self.done += rows
        self._tell(rows)

    def fault(self, key: Key, reason: str, *, stale: bool = False) -> None:
        endpoint, code = key
        self.faults.append(Fault(endpoint.path, code, self._origins.get(key), reason, stale))

    # ── making ──────────────────────────────────────────────────────────────────────────────────

    def create(self, rows: Sequence[tuple[Wanted, Json]]) -> None:
        """Rows of one endpoint, together; those that are refused are left away."""
        left = list(rows)
        for attempt in range(1, TRIES + 1):
            if not left:
                return
            endpoint = left[0][0].endpoint
            try:
                made = self._client.create(endpoint.path, [body for _, body in left])
            except RowsRefused as refused:
                if len(left) > 1 and any(fault.at < 0 for fault in refused.faults):
                    for half in (left[: len(left) // 2], left[len(left) // 2 :]):
                        self.create(half)
                    return
                left = self._without(left, refused)
            except OutcomeUnknown as error:
                if attempt == TRIES or error.under_way:
                    raise
                self._mirror.catch_up()
                left = [part for part in left if not self._stands(part[0])]
            else:
                self._take(endpoint, made)
                for (row, _), told in zip(left, made, strict=True):
                    self.ids[row.key] = told["id"]
                self._step(len(left))
                return
        for row, _ in left:
            self.fault(row.key, "NetBox 拒绝了同批的其他行 / NetBox refused others with it")

    def _without(
        self, sent: list[tuple[Wanted, Json]], refused: RowsRefused
    ) -> list[tuple[Wanted, Json]]:
        """The rows to send again: all that nothing was said against, and that don't stand."""
        self._mirror.catch_up()
        said = {max(fault.at, 0): fault.reason for fault in refused.faults}
        for at, reason in said.items():
            if at < len(sent) and not self._stands(sent[at][0]):
                self.fault(sent[at][0].key, reason)
        return [
            part for at, part in enumerate(sent) if at not in said and not self._stands(part[0])
        ]

    def _stands(self, row: Wanted) -> bool:
        """Whether the mirror knows the row by now: an earlier request made it after all."""
        for known in list(self._mirror.tables[row.endpoint].values()):
            if known.code == row.code:
                self.ids[row.key] = known.id
                self._at[row.endpoint, known.id] = known.at
                return True
        return False

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    def patch_new(self, parts: Sequence[tuple[Key, Json]]) -> None:
        """Rows of one endpoint that we have just made: they go together."""
        endpoint = parts[0][0][0]
        rows = [{"id": self.ids[key], **body} for key, body in parts]
        try:
            made = self._client.update_many(endpoint.path, rows)
        except (RowsRefused, OutcomeUnknown) as error:
            if isinstance(error, OutcomeUnknown) and error.under_way:
                raise
            for key, body in parts:
                now = self._now(endpoint, self.ids[key])
                if now and self._last_message(endpoint, now["id"]) == self._message:
                    self._take(endpoint, [now])  # it may have been done
                self.patch(key, body)
        else:
            self._take(endpoint, made)
            self._step(len(parts))

    def patch(self, key: Key, body: Json) -> None:
        """Changes one row, if it is as we know it."""
        endpoint, id = key[0], self.ids[key]

        def write() -> None:
            at = etag(self._at[endpoint, id])
            self._take(endpoint, [self._client.update(endpoint.path, id, body, at)])
            self.changed += 1
            self._step(1)

        try:
            self._surely(endpoint, id, write)
        except ObjectGone:
            self.fault(key, GONE, stale=True)
        except ObjectChanged:
            self._mirror.look_again(endpoint, id)  # the change log need not tell it
            self.fault(key, CHANGED, stale=True)
        except RowsRefused as refused:
            self.fault(key, str(refused))

    # ── deleting ────────────────────────────────────────────────────────────────────────────────

    def delete(self, endpoint: Endpoint, row: Row) -> None:
        """Deletes one row, if it is as we know it."""
        key = endpoint, row.code or ""

        def write() -> None:
            at = etag(self._at[endpoint, row.id])
            self._client.delete(endpoint.path, row.id, at, self._message)

        try:
            self._surely(endpoint, row.id, write)
        except ObjectGone:
            if self._now(endpoint, row.id) is not None:
                self.fault(key, KEPT)
                return
        except ObjectChanged:
            self._mirror.look_again(endpoint, row.id)
            self.fault(key, CHANGED, stale=True)
            return
        except RowsRefused as refused:
            self.fault(key, str(refused))
            return
        self.ids.pop(key, None)
        self.changed += 1
        self._step(1)

    # ── parts ───────────────────────────────────────────────────────────────────────────────────

    def _surely(self, endpoint: Endpoint, id: int, write: Callable[[], None]) -> None:
        """`write`; when its answer is lost, sent again unless it was done. Raises ObjectGone,
        ObjectChanged, RowsRefused, OutcomeUnknown."""
        for attempt in range(1, TRIES + 1):
            try:
                write()
                return
            except ObjectChanged:
                now = self._now(endpoint, id)
                if attempt == TRIES or now is None or not self._nobodys_edit(endpoint, now):
                    raise
                self._take(endpoint, [now])
            except OutcomeUnknown as error:
                if attempt == TRIES or error.under_way:
                    raise
                now = self._now(endpoint, id)
                if now is None:
                    raise ObjectGone(f"{endpoint.path}{id}") from error
                if now["last_updated"] == self._at[endpoint, id]:
                    continue
                if self._last_message(endpoint, id) != self._message:
                    raise ObjectChanged(f"{endpoint.path}{id}") from error
                self._take(endpoint, [now])
                return

    def _now(self, endpoint: Endpoint, id: int) -> Json | None:
        found = self._client.by_ids(endpoint.path, endpoint.asked, [id])
        return found[0] if found else None

    def _nobodys_edit(self, endpoint: Endpoint, now: Json) -> bool:
        """Whether an object of another time than we read holds nobody else's edit.

        NetBox changes a circuit along with its ends: all that was logged came of our own writes.
        And it sets the time of an object that is saved unchanged, of which it logs nothing.
        """
        entries = self._log.since(endpoint, now["id"])
        if entries:
            return all(e["request_id"] in self._client.written for e in entries)
        held = self._mirror.tables[endpoint].get(now["id"])
        (told,) = rows_of(endpoint, [now]).values()
        return held is not None and (held.code, held.facts) == (told.code, told.facts)

    def _last_message(self, endpoint: Endpoint, id: int) -> str:
        asked = {"changed_object_type": endpoint.type, "changed_object_id": id}
        page = {"fields": "id,message", "ordering": "-id", "limit": 1}
        found = self._client.page(changelog.PATH, {**asked, **page})["results"]
        return str(found[0]["message"]) if found else ""

    def _take(self, endpoint: Endpoint, told: Sequence[Json]) -> None:
        self._mirror.put(endpoint, told)
        for row in told:
            self._at[endpoint, row["id"]] = row["last_updated"]

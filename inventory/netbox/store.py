"""NetBoxStore: rooms, lines, links, nodes and hosts in NetBox, the rest in our own database.

    store = NetBoxStore(client, engine, state / "netbox" / "mirror.json")
    estate = store.load()              # what changed since the last time is fetched
    store.apply(changes, actor="zhang")

The whole estate is kept as a snapshot in our database too: systems, dependencies and provenance are
taken from it, and it is what was last accepted of the rest.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from inventory.changes import ChangeSet, diff
from inventory.database import reading, writing
from inventory.errors import NetBoxDenied, NetBoxUnavailable, StoreError
from inventory.freshness import snapshot_mark
from inventory.model import Estate
from inventory.netbox import endpoints as nb
from inventory.netbox import history
from inventory.netbox.bootstrap import netbox_ready
from inventory.netbox.client import Client
from inventory.netbox.differences import differences, index, touched
from inventory.netbox.journal import write_journal
from inventory.netbox.mirror import Mirror
from inventory.netbox.objects import Objects
from inventory.netbox.outcome import cut_off, differs, refused
from inventory.netbox.partial import accepted_part
from inventory.netbox.reading import OURS, Provenances, provenances
from inventory.netbox.turn import turn
from inventory.netbox.whole import Whole, whole
from inventory.netbox.writing import Writer
from inventory.references import check_references
from inventory.store import Pulled, Touch, Verified
from inventory.store_embedded import EmbeddedStore
from inventory.tables import netbox_accepted, netbox_writes


def _utc_now() -> datetime:
    return datetime.now(UTC)


class NetBoxStore:
    """An EstateStore over a NetBox and our database, whose tables exist already."""

    @property
    def dry_by_default(self) -> bool:
        """Others write here too: a change is shown before it is made."""
        return True

    def __init__(
        self,
        client: Client,
        engine: Engine,
        file: Path | None = None,
        clock: Callable[[], datetime] = _utc_now,
        step: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._engine = engine
        self._clock = clock
        self._step = step
        self._mirror = Mirror(client, file)
        self._objects = Objects(self._mirror)
        self._ours = EmbeddedStore(engine, clock)
        self._mark = ""
        self._snapshot = Estate()
        self._whole: Whole | None = None
        self._versions = 0
        self._told: Provenances = {}
        self._known = False
        self._lock = threading.RLock()  # several threads of a process load from one store

    @property
    def writes(self) -> int:
        """How many writes this store has sent to NetBox."""
        return self._client.writes

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    def load(self) -> Estate:
        with self._lock:
            self.refresh()
            self._mirror.save()
            return self._live()

    def refresh(self, *, full: bool = False) -> None:
        """Fetches what changed. Raises StoreError; then what was known before stands."""
        with self._lock:
            if not self._known:
                _ = self._client.version
                self._mirror.identity = self._identify()
                self._mirror.identify = self._identify
                self._known = True
            self._read_snapshot()
            changed = self._mirror.read_all() if full else self._mirror.refresh()
            if self._objects.update(changed, self._told):
                self._whole = None

    def _identify(self) -> str:
        return f"{self._client.url} {netbox_ready(self._client)}"

    def version(self) -> str:
        """A text that changes when the estate does; costs one request. Raises StoreError."""
        with self._lock:
            self.refresh()
            self._live()
            return f"{self._versions}-{self._mark}"

    def _live(self) -> Estate:
        """The same object as long as nothing changed: its digest is reckoned once."""
        return self._put_together().estate

    def _put_together(self) -> Whole:
        if self._whole is None:
            self._whole = whole(self._objects, self._snapshot)
            self._versions += 1
        return self._whole

    def snapshot(self) -> Estate:
        """What was last accepted: of a NetBox of which nothing was, only what we hold ourselves."""
        self._read_snapshot()
        if self._accepted():
            return self._snapshot
        return Estate(**{kind: getattr(self._snapshot, kind) for kind in OURS})

    def last_change(self, kind: str, code: str, field: str) -> Touch | None:
        return history.last_change(self._client, index(self._mirror.tables), kind, code, field)

    def pull(self, actor: str, *, full: bool = False) -> Pulled:
        """Takes what NetBox holds for accepted: it becomes the snapshot. Raises StoreError."""
        before = self._client.reads
        self.refresh(full=full)
        found = self._put_together()
        live = found.estate
        self._accept(live, actor)
        self._mirror.save()
        return Pulled(
            estate=live,
            left_out=found.left_out,
            requests=self._client.reads - before,
            full=full,
        )

    def verify(self) -> Verified:
        """What was put together from changes, compared with a full reading."""
        before = self._client.reads
        held = self.load()
        mirror = Mirror(self._client)
        objects = Objects(mirror)
        objects.update(mirror.refresh(), self._told)
        fresh = whole(objects, self._snapshot)
        return Verified(
            changes=diff(held, fresh.estate),
            left_out=fresh.left_out,
            requests=self._client.reads - before,
        )

    # ── writing ─────────────────────────────────────────────────────────────────────────────────

    def apply(self, changes: ChangeSet, *, actor: str, confirmed: str | None = None) -> Estate:
        """As EstateStore says; more than that: rows that NetBox refuses are told together
        (NetBoxRefused) after the others were written, and a change that was cut off may be applied
        again: it goes on where it stopped."""
        with turn(self._engine):
            live = self.load()
            before = after = live
            if live.digest != changes.result:
                before = self._base(changes, live)
                after = changes.apply_to(before)
                changes.check_safety(before, confirmed=confirmed)
                check_references(after, before)
                held = touched(changes)
                live = self._write(before, after, changes, actor) if held else after
            elif _moves(changes):  # it may have been cut off before its journal was written
                before = changes.base_of(live) or live
            self._accept(after, actor)
            write_journal(self._client, index(self._mirror.tables), before, after, actor)
            return after if live.digest == after.digest else self.load()

    def _base(self, changes: ChangeSet, live: Estate) -> Estate:
        """What `changes` were made from: the estate, or what it was before they were cut off."""
        if live.digest != changes.base and self._unfinished() == changes.digest:
            base = changes.base_of(live)
            if base is not None:
                return base
        return live

    def _write(self, before: Estate, after: Estate, changes: ChangeSet, actor: str) -> Estate:
        id = self._begin(changes, actor)
        self._mirror.need((nb.INTERFACES, nb.VM_INTERFACES))
        tables = self._mirror.tables
        unread = whole(self._objects, before).unread
        what = differences(before, after, changes, index(tables), tables, unread=unread)
        writer = Writer(
            self._client, self._mirror, f"迁云 {actor} {changes.digest[:12]}"[:200], self._step
        )
        try:
            writer.write(what)
        except (NetBoxUnavailable, NetBoxDenied) as error:
            raise cut_off(error, writer.done, what.count) from error
        finally:
            self._mirror.save()
        if writer.faults:
            self.refresh()
            live = whole(self._objects, after).estate
            self._accept(accepted_part(self._snapshot, live, after, changes), actor)
            self._end(id)
            raise refused(writer.faults, what.count)
        self.refresh()
        live = whole(self._objects, after).estate
        wrong = _among(diff(after, live), changes)
        if not wrong.empty:
            raise StoreError(differs(wrong))
        self._end(id)
        return live

    def _accept(self, live: Estate, actor: str) -> None:
        """Makes `live` the snapshot; it is what it is."""
        changes = diff(self._snapshot, live)
        if not changes.empty:
            self._ours.record(changes, actor=actor)
            self._read_snapshot()
        if not self._accepted():
            row = {"url": self._client.url, "accepted_at": self._clock(), "accepted_by": actor}
            with writing(self._engine) as connection:
                connection.execute(insert(netbox_accepted).values(**row))

    def _accepted(self) -> bool:
        query = select(netbox_accepted.c.url).where(netbox_accepted.c.url == self._client.url)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def _read_snapshot(self) -> None:
        mark = snapshot_mark(self._engine)
        if mark != self._mark:
            self._snapshot = self._ours.load()
            told = provenances((k, o) for k, held in self._snapshot.collections() for o in held)
            if told != self._told:  # or every object is put together again
                self._told = told
            self._mark = mark
            self._whole = None

    # ── what was begun ──────────────────────────────────────────────────────────────────────────

    def _unfinished(self) -> str | None:
        """The digest of the newest write if it did not come to its end."""
        query = select(netbox_writes).order_by(netbox_writes.c.id.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return str(row["changes_digest"]) if row and row["ended_at"] is None else None

    def _begin(self, changes: ChangeSet, actor: str) -> int:
        values = {
            "changes_digest": changes.digest,
            "begun_at": self._clock(),
            "begun_by": actor,
        }
        try:
            with writing(self._engine) as connection:
                made = connection.execute(insert(netbox_writes).values(**values))
        except SQLAlchemyError as error:
            raise StoreError(
                f"数据库操作失败，未写入 NetBox / the database failed, nothing was written to NetBox: "
                f"{getattr(error, 'orig', None) or error}"
            ) from error
        assert made.inserted_primary_key is not None
        return int(made.inserted_primary_key[0])

    def _end(self, id: int) -> None:
        where = netbox_writes.c.id == id
        with writing(self._engine) as connection:
            connection.execute(update(netbox_writes).where(where).values(ended_at=self._clock()))


def _moves(changes: ChangeSet) -> bool:
    """Whether a system's placement changes, which is told in NetBox's journal."""
    return any(f.field == "placement" for update in changes.updates for f in update.fields)


def _among(found: ChangeSet, changes: ChangeSet) -> ChangeSet:
    """What of `found` is of the objects that `changes` names: others may work on the rest."""
    named = touched(changes)
    return found.model_copy(
        update={
            part: tuple(one for one in getattr(found, part) if (one.kind, one.code) in named)
            for part in ("creates", "updates", "deletes")
        }
    )

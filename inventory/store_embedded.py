"""The estate in our own database: one immutable snapshot per state."""

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from inventory.changes import ChangeSet
from inventory.database import reading, writing
from inventory.errors import StaleEstate, StoreError
from inventory.model import Estate
from inventory.references import check_references
from inventory.store import Objection, Touch
from inventory.tables import estate_snapshots as snapshots

FORMAT = 1
_LOCK = 0x7169616E  # PostgreSQL advisory lock of estate writers


def _utc_now() -> datetime:
    return datetime.now(UTC)


class EmbeddedStore:
    """An EstateStore in SQLite or PostgreSQL; the tables exist already (`qianyun db upgrade`)."""

    @property
    def dry_by_default(self) -> bool:
        """Nobody else writes here: a change is applied when it is told."""
        return False

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._known: tuple[_Print, Estate] | None = None  # the newest row that we read or wrote

    def load(self) -> Estate:
        try:
            with reading(self._engine) as connection:
                return self._newest(connection)[1]
        except SQLAlchemyError as error:
            raise _failed(error) from error

    def snapshot(self) -> Estate:
        """The same as `load`: nobody else writes here."""
        return self.load()

    def last_change(self, kind: str, code: str, field: str) -> Touch | None:  # noqa: ARG002
        """None: what was changed here came from ledgers and moves, and stands in the audit."""
        return None

    def objections(self, changes: ChangeSet) -> tuple[Objection, ...]:  # noqa: ARG002
        """None: what an estate can hold, the database can."""
        return ()

    def at(self, digest: str) -> Estate | None:
        """The estate that had this digest, or None: what a plan was made from."""
        query = select(snapshots).where(snapshots.c.digest == digest)
        try:
            with reading(self._engine) as connection:
                row = connection.execute(query.order_by(snapshots.c.id.desc())).mappings().first()
        except SQLAlchemyError as error:
            raise _failed(error) from error
        return None if row is None else _estate(row)

    def as_of(self, moment: datetime) -> Estate | None:
        """The estate as it stood at that moment; None where none was kept by then."""
        query = select(snapshots).where(snapshots.c.made_at <= moment.astimezone(UTC))
        try:
            with reading(self._engine) as connection:
                row = connection.execute(query.order_by(snapshots.c.id.desc())).mappings().first()
        except SQLAlchemyError as error:
            raise _failed(error) from error
        return None if row is None else _estate(row)

    def apply(self, changes: ChangeSet, *, actor: str, confirmed: str | None = None) -> Estate:
        return self._write(changes, actor=actor, confirmed=confirmed)

    def record(self, changes: ChangeSet, *, actor: str) -> Estate:
        """Stores what another store holds already, as it is: no size needs a confirmation, and what
        refers to nothing there does so here."""
        return self._write(changes, actor=actor, confirmed=changes.digest, as_is=True)

    def _write(
        self, changes: ChangeSet, *, actor: str, confirmed: str | None, as_is: bool = False
    ) -> Estate:
        try:
            with writing(self._engine) as connection:
                number, after = self._apply(connection, changes, actor, confirmed, as_is=as_is)
            self._remember(number, after)
            return after
        except IntegrityError as error:
            raise StaleEstate(
                "资产刚被他人修改，请重新比对 / the estate was changed by someone else just now: "
                "make the change again"
            ) from error
        except SQLAlchemyError as error:
            raise _failed(error) from error

    def _apply(
        self,
        connection: Connection,
        changes: ChangeSet,
        actor: str,
        confirmed: str | None,
        *,
        as_is: bool,
    ) -> tuple[int, Estate]:
        """The number of the row that holds the estate afterwards, and the estate."""
        if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE is the same queue
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        row, estate = self._newest(connection)
        after = changes.apply_to(estate)
        if after is estate:
            return row, estate
        changes.check_safety(estate, confirmed=confirmed)
        if not as_is:
            check_references(after, estate)
        connection.execute(
            insert(snapshots).values(
                id=row + 1,
                format=FORMAT,
                digest=after.digest,
                estate=after.model_dump_json(exclude_none=True),
                changes=changes.model_dump_json(),
                changes_digest=changes.digest,
                made_at=self._clock(),
                made_by=actor,
            )
        )
        return row + 1, after

    def _newest(self, connection: Connection) -> tuple[int, Estate]:
        """The number of the newest row, 0 without one, and its estate."""
        at = _print_of(connection)
        known = self._known
        if known is not None and known[0] == at:  # read whole before, and not touched since
            return known[0][0], known[1]
        row = _latest(connection)
        estate = _estate(row)
        if at is not None:
            self._known = (at, estate)
        return (0 if row is None else row["id"]), estate

    def _remember(self, number: int, estate: Estate) -> None:
        """What was just committed need not be read again."""
        with reading(self._engine) as connection:
            at = _print_of(connection)
        if at is not None and (at[0], at[2]) == (number, estate.digest):
            self._known = (at, estate)


type _Print = tuple[int, int, str, int]
"""Of a row: its number, format and digest, and how many characters the estate has."""


def _print_of(connection: Connection) -> _Print | None:
    columns = (snapshots.c.id, snapshots.c.format, snapshots.c.digest)
    query = select(*columns, func.length(snapshots.c.estate)).order_by(snapshots.c.id.desc())
    row = connection.execute(query.limit(1)).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def _latest(connection: Connection) -> RowMapping | None:
    query = select(snapshots).order_by(snapshots.c.id.desc()).limit(1)
    return connection.execute(query).mappings().first()


def _estate(row: RowMapping | None) -> Estate:
    if row is None:
        return Estate()
    if row["format"] != FORMAT:
        raise StoreError(
            f"资产快照 {row['id']} 的格式为 {row['format']}，本程序只认识 {FORMAT}，请升级程序 / "
            f"estate snapshot {row['id']} has format {row['format']}, this program knows {FORMAT}: "
            "install the version that wrote it, or a later one"
        )
    try:
        return Estate.model_validate_json(row["estate"])
    except ValidationError as error:
        raise StoreError(
            f"资产快照 {row['id']} 无法读取，请从备份恢复 / estate snapshot {row['id']} can't be "
            f"read, restore the database from a backup: {error}"
        ) from error


def _failed(error: SQLAlchemyError) -> StoreError:
    cause = getattr(error, "orig", None) or error
    return StoreError(
        f"数据库操作失败 / the database failed: {cause}；请检查磁盘空间、权限，并执行 "
        "qianyun db upgrade / check disk space and rights and run qianyun db upgrade"
    )

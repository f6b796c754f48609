"""Whether the stored estate is still the one that was read: a question that costs one small row, or
nothing where the database tells that nobody wrote at all."""

from collections.abc import Hashable

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from inventory.database import reading
from inventory.errors import StoreError
from inventory.mark import Mark
from inventory.tables import estate_snapshots as snapshots


def snapshot_mark(engine: Engine) -> str:
    """A text that changes exactly when a new snapshot is stored. Raises StoreError."""
    query = select(snapshots.c.id, snapshots.c.digest).order_by(snapshots.c.id.desc()).limit(1)
    try:
        with reading(engine) as connection:
            row = connection.execute(query).first()
    except SQLAlchemyError as error:
        raise StoreError(
            f"数据库操作失败 / the database failed: {getattr(error, 'orig', None) or error}；"
            "请检查 QIANYUN_DATABASE_URL / check QIANYUN_DATABASE_URL"
        ) from error
    return "" if row is None else f"{row.id}-{row.digest}"


class Snapshots:
    """`snapshot_mark`, asked again only when something was written. Safe between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mark = Mark(engine)
        self._known: tuple[Hashable, str] | None = None

    def mark(self) -> str:
        """Raises StoreError."""
        if not self._mark.at_once:  # then the mark is a question as dear
            return snapshot_mark(self._engine)
        written, known = self._mark.read(), self._known
        if known is not None and written is not None and known[0] == written:
            return known[1]
        found = snapshot_mark(self._engine)
        self._known = (written, found)
        return found

"""Whether the stored estate is still the one that was read: a question that costs one small row."""

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from inventory.database import reading
from inventory.errors import StoreError
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

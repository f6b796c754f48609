"""Which of NetBox's deliveries were taken already, so that none is taken twice."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from inventory.database import writing
from inventory.errors import StoreError
from inventory.tables import netbox_deliveries as deliveries

LONGEST = timedelta(minutes=15)
"""What is older than this is remembered for nobody."""


class Deliveries:
    """The memory of digests; as long as `keep`, which must outlive the age that is accepted."""

    def __init__(self, engine: Engine, keep: timedelta) -> None:
        self._engine = engine
        self._keep = keep

    def take(self, digest: str, at: datetime) -> bool:
        """Remember a delivery durably; whether it is the first with this digest. What is older
        than `keep` is forgotten. Raises StoreError."""
        at = at.astimezone(UTC)
        try:
            with writing(self._engine) as connection:
                _forget(connection, at - self._keep)
                connection.execute(insert(deliveries).values(digest=digest, received_at=at))
        except IntegrityError:
            return False
        except SQLAlchemyError as error:
            raise StoreError(
                f"数据库操作失败 / the database failed: {getattr(error, 'orig', None) or error}；"
                "请检查磁盘空间、权限 / check disk space and rights"
            ) from error
        return True


def first(connection: Connection, digest: str, at: datetime, within: timedelta) -> bool:
    """As `Deliveries.take`, in the caller's transaction: with what the delivery tells, or not at all.
    Whether none came with this digest in the time before; `within` is no more than `LONGEST`."""
    at = at.astimezone(UTC)
    of = deliveries.c.digest == digest
    lately = of & (deliveries.c.received_at >= at - within)
    if connection.execute(select(deliveries.c.digest).where(lately)).first():
        return False
    _forget(connection, at - LONGEST)
    connection.execute(delete(deliveries).where(of))
    connection.execute(insert(deliveries).values(digest=digest, received_at=at))
    return True


def _forget(connection: Connection, before: datetime) -> None:
    connection.execute(delete(deliveries).where(deliveries.c.received_at < before))

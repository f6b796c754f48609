"""What fires now and what did of late, as Alertmanager told it: one row for each alert, and the newest
delivery counts. Each delivery is one entry of the audit, in the same transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from inventory.deliveries import first
from inventory.model import Frozen
from migrator.store.audit import record
from migrator.store.tables_alerts import alerts

if TYPE_CHECKING:
    from migrator.store.truth import Truth

AGAIN = timedelta(minutes=5)
"""Within this the same delivery is one; later it says that the alert still stands."""
HEARD = timedelta(hours=24)
"""Alertmanager repeats what fires (`repeat_interval`, 4 hours where nothing else is set): after a day
without a word it may be over, or Alertmanager no longer reaches us."""
KEPT = timedelta(days=30)
"""How long an alert is kept after it was last told of."""
MOST = 5000
"""Rows kept: what tells of more loses the oldest."""


class Alert(Frozen):
    """`code`: of the inventory, "" where none was told; `told_at`: by the last delivery; UTC."""

    mark: str
    name: str
    code: str
    severity: str
    summary: str
    state: Literal["firing", "resolved"]
    began_at: datetime
    told_at: datetime
    ended_at: datetime | None = None

    def unheard(self, now: datetime) -> bool:
        """It is told to fire, and nobody has said so for longer than Alertmanager repeats itself."""
        return self.state == "firing" and now - self.told_at > HEARD


class Alerts:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def take(
        self, digest: str, told: Sequence[Alert], action: str, object: str, /, **detail: Any
    ) -> bool:
        """Keep what a delivery tells, with its entry in the audit. False: this one came a moment ago
        and changes nothing. Raises StoreDown."""
        now = self._truth.clock()
        with self._truth.writing() as connection:
            if not first(connection, digest, now, AGAIN):
                return False
            for alert in told:
                _put(connection, alert)
            connection.execute(delete(alerts).where(alerts.c.told_at < _at(now - KEPT)))
            _cut(connection)
            record(
                connection,
                at=self._truth.now(),
                actor="alertmanager",
                action=action,
                object=object,
                detail=detail,
            )
        return True

    def all(self) -> list[Alert]:
        """What fires before what is over, the newest first."""
        order = (alerts.c.state, alerts.c.began_at.desc(), alerts.c.mark)
        with self._truth.reading() as connection:
            rows = connection.execute(select(alerts).order_by(*order)).mappings()
            return [Alert(**row) for row in rows]


def _put(connection: Connection, alert: Alert) -> None:
    values = alert.model_dump() | {
        "began_at": _at(alert.began_at),
        "told_at": _at(alert.told_at),
        "ended_at": _at(alert.ended_at) if alert.ended_at else None,
    }
    of = alerts.c.mark == alert.mark
    if not connection.execute(update(alerts).where(of).values(**values)).rowcount:
        connection.execute(insert(alerts).values(**values))


def _cut(connection: Connection) -> None:
    more = (connection.scalar(select(func.count()).select_from(alerts)) or 0) - MOST
    if more > 0:
        oldest = select(alerts.c.mark).order_by(alerts.c.told_at, alerts.c.mark).limit(more)
        connection.execute(delete(alerts).where(alerts.c.mark.in_(oldest)))


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")

"""How far each receiver of our events has been told of the audit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from migrator.store.tables_people import receivers

if TYPE_CHECKING:
    from migrator.store.truth import Truth


@dataclass(frozen=True)
class Receiver:
    """`seq`: the last entry of the audit that it was told of."""

    name: str
    seq: int
    at: str
    failures: int
    error: str


class Receivers:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def get(self, name: str) -> Receiver:
        """A new one begins at the end of the audit: what was before is no event for it."""
        with self._truth.reading() as connection:
            row = connection.execute(select(receivers).where(receivers.c.name == name)).first()
        if row is not None:
            return Receiver(row.name, row.seq, row.at, row.failures, row.error)
        made = Receiver(name, self._truth.audit_head(), self._truth.now(), 0, "")
        with self._truth.writing() as connection:
            connection.execute(insert(receivers).values(**vars(made)))
        return made

    def all(self) -> list[Receiver]:
        with self._truth.reading() as connection:
            rows = connection.execute(select(receivers).order_by(receivers.c.name))
            return [Receiver(r.name, r.seq, r.at, r.failures, r.error) for r in rows]

    def told(self, name: str, seq: int) -> None:
        self._set(name, seq=seq, failures=0, error="")

    def failed(self, name: str, failures: int, error: str) -> None:
        self._set(name, failures=failures, error=error[:500])

    def _set(self, name: str, **values: object) -> None:
        with self._truth.writing() as connection:
            connection.execute(
                update(receivers)
                .where(receivers.c.name == name)
                .values(at=self._truth.now(), **values)
            )

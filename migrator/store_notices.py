"""How far each rule of notices has been told, so that a crash tells late, or twice, but never not."""

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from inventory.model import Frozen
from migrator.tables import notices

if TYPE_CHECKING:
    from migrator.store import Truth


class NoticeRecord(Frozen):
    """`failures`: in a row; `message`: why the last one was not delivered."""

    rule: str
    told: int
    failures: int = 0
    message: str = ""
    at: str


class Notices:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def of(self, rule: str) -> NoticeRecord | None:
        with self._truth.reading() as connection:
            row = connection.execute(select(notices).where(notices.c.rule == rule)).mappings()
            found = row.first()
        return NoticeRecord(**found) if found else None

    def put(self, rule: str, told: int, failures: int = 0, message: str = "") -> None:
        values = {"told": told, "failures": failures, "message": message, "at": self._truth.now()}
        with self._truth.writing() as connection:
            of = notices.c.rule == rule
            if not connection.execute(update(notices).where(of).values(**values)).rowcount:
                connection.execute(insert(notices).values(rule=rule, **values))

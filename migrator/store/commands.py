"""Commands that came with an Idempotency-Key, and what was answered to them.

The key is taken before the command runs, so that two of the same at once are one. What failed is
forgotten and may be tried again; what was cut off is free again after a while.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from migrator.errors import Refused
from migrator.store.tables_people import commands

if TYPE_CHECKING:
    from migrator.store.truth import Truth

KEPT = timedelta(days=1)
CUT_OFF = timedelta(minutes=10)


@dataclass(frozen=True)
class Answered:
    """What was answered to a command the first time."""

    status: int
    media: str
    body: bytes


class Commands:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def begin(self, account: str, key: str, request: str) -> Answered | None:
        """Take the key for a request (its SHA-256); what was answered where it came before. Raises
        Refused for another request with the same key, or while the first is under way."""
        now = self._truth.clock()
        with self._truth.writing() as connection:
            old = commands.c.at < _text(now - KEPT)
            lost = commands.c.status.is_(None) & (commands.c.at < _text(now - CUT_OFF))
            connection.execute(delete(commands).where(old | lost))
            of = (commands.c.account == account) & (commands.c.key == key)
            row = connection.execute(select(commands).where(of)).one_or_none()
            if row is None:
                values = {"account": account, "key": key, "request": request, "media": ""}
                connection.execute(insert(commands).values(**values, at=_text(now)))
                return None
        if row.request != request:
            raise Refused(
                "同一 Idempotency-Key 用于别的请求 / this Idempotency-Key came with another request: "
                "expected a new key for a new command"
            )
        if row.status is None:
            raise Refused("同一命令正在执行 / the same command is under way: ask again in a while")
        return Answered(row.status, row.media, row.body)

    def end(self, account: str, key: str, answered: Answered | None) -> None:
        """Keep what was answered; None: it failed, and the key is free again."""
        of = (commands.c.account == account) & (commands.c.key == key)
        with self._truth.writing() as connection:
            if answered is None:
                connection.execute(delete(commands).where(of))
                return
            values = {
                "status": answered.status,
                "media": answered.media,
                "body": answered.body,
            }
            connection.execute(update(commands).where(of).values(**values))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")

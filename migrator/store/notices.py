"""How far each channel of a rule has been told, so that a crash tells late, or twice, but never not."""

import hashlib
import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from inventory.model import Frozen
from migrator.store.tables import notices

if TYPE_CHECKING:
    from migrator.store.truth import Truth


class NoticeRecord(Frozen):
    """`told`: the last event that was told or is of no interest; `failures`: in a row; `message`: why
    the last one was not delivered."""

    told: int
    failures: int = 0
    message: str = ""


class Notices:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def of(self, rule: str, channel: str) -> NoticeRecord | None:
        with self._truth.reading() as connection:
            of = notices.c.rule == _key(rule, channel)
            row = connection.execute(
                select(notices.c.told, notices.c.failures, notices.c.message).where(of)
            ).mappings()
            found = row.first()
        return NoticeRecord(**found) if found else None

    def put(self, rule: str, channel: str, told: int, failures: int = 0, message: str = "") -> None:
        values = {"told": told, "failures": failures, "message": message, "at": self._truth.now()}
        key = _key(rule, channel)
        with self._truth.writing() as connection:
            of = notices.c.rule == key
            if not connection.execute(update(notices).where(of).values(**values)).rowcount:
                connection.execute(insert(notices).values(rule=key, **values))

    def divide(self, rule: str, channels: tuple[str, ...]) -> None:
        """What builds up to 2026-11-22 kept for the rule as a whole becomes its channels'. It then
        goes: a channel that joins later must not be told what is long past."""
        with self._truth.reading() as connection:
            of = notices.c.rule == rule
            whole = connection.execute(select(notices).where(of)).mappings().first()
        if whole is None:
            return
        with self._truth.writing() as connection:
            if not connection.execute(delete(notices).where(of)).rowcount:
                return  # another worker did
            for key in {_key(rule, channel) for channel in channels}:
                connection.execute(insert(notices).values({**whole, "rule": key}))


def _key(rule: str, channel: str) -> str:
    """Both in the table's one column of 200 characters; no other pair gives the same."""
    key = json.dumps([rule, channel], ensure_ascii=False)
    return key if len(key) <= 200 else hashlib.sha256(key.encode()).hexdigest()

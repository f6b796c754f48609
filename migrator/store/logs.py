"""Lines of attempts' logs, kept where every way in can page and search them.

An attempt writes a file, since it must be able to write without a database; its worker copies new lines
here while it waits, and whoever clears up after a lost worker copies the rest. A line is known by
attempt and number, so nothing is copied twice.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, func, insert, select
from sqlalchemy import text as sql

from inventory.model import Frozen
from migrator.store.attempts import AttemptRecord
from migrator.store.tables import log_lines

if TYPE_CHECKING:
    from migrator.store.truth import Truth

_TRIGRAM = 3
"""Characters below which an index of trigrams knows nothing: the run's lines are read."""

_ESCAPE = "\\"


class LogLine(Frozen):
    """One event of an attempt's playbook. `id` grows; a page goes on after the last id of the one before."""

    id: int
    run: str
    system: str
    step: str
    token: int
    number: int
    at: str
    event: str
    host: str
    task: str
    text: str


class Logs:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def add(self, attempt: AttemptRecord, lines: Sequence[dict[str, Any]], number: int = 0) -> int:
        """Keep those of `lines` (of the attempt, in order, from `number` on) that are not kept yet; how
        many were."""
        of = log_lines.c.token == attempt.token
        with self._truth.reading() as connection:
            kept = connection.scalar(select(func.max(log_lines.c.number)).where(of))
        if not lines or number + len(lines) <= (-1 if kept is None else kept) + 1:
            return 0
        with self._truth.writing() as connection:
            kept = connection.scalar(select(func.max(log_lines.c.number)).where(of))
            first = 0 if kept is None else kept + 1
            new = lines[max(0, first - number) :]
            rows = [_row(attempt, n, line) for n, line in enumerate(new, max(first, number))]
            if rows:
                connection.execute(insert(log_lines), rows)
        return len(rows)

    def page(
        self,
        run: str,
        *,
        system: str | None = None,
        token: int | None = None,
        text: str = "",
        after: int = 0,
        limit: int = 200,
    ) -> list[LogLine]:
        """At most `limit` lines after the id `after`, by id; of an item, of an attempt, that hold
        `text` (as it stands, any case for A to Z), where told."""
        query, order = select(log_lines).where(log_lines.c.id > after), log_lines.c.id
        if token is not None:
            # by number, which grows with the id: otherwise the planner walks the run's whole log
            query, order = query.where(log_lines.c.token == token), log_lines.c.number
        else:
            query = query.where(log_lines.c.run == run)
        if system is not None:
            query = query.where(log_lines.c.system == system)
        if len(text) >= _TRIGRAM and self._truth.engine.dialect.name == "sqlite":
            query = query.where(log_lines.c.id.in_(_found(text)))
        if text:
            wanted = text.replace(_ESCAPE, _ESCAPE * 2).replace("%", "\\%").replace("_", "\\_")
            like = f"%{wanted}%"
            query = query.where(
                log_lines.c.text.ilike(like, escape=_ESCAPE)
                | log_lines.c.task.ilike(like, escape=_ESCAPE)
                | log_lines.c.host.ilike(like, escape=_ESCAPE)
            )
        with self._truth.reading() as connection:
            rows = connection.execute(query.order_by(order).limit(limit)).mappings()
            return [line for line in (LogLine(**row) for row in rows) if line.run == run]

    def last(self, token: int, event: str) -> LogLine | None:
        """The newest line of an attempt that tells `event`."""
        query = select(log_lines).where(log_lines.c.token == token, log_lines.c.event == event)
        with self._truth.reading() as connection:
            newest = query.order_by(log_lines.c.number.desc()).limit(1)
            row = connection.execute(newest).mappings().first()
            return LogLine(**row) if row else None

    def count(self, token: int) -> int:
        """How many lines of an attempt are kept."""
        of = select(func.count()).select_from(log_lines).where(log_lines.c.token == token)
        with self._truth.reading() as connection:
            return connection.scalar(of) or 0


def _found(text: str) -> TextClause:
    """Ids of lines that hold `text` by the index (migration 0011): one phrase of FTS5, whatever is in it.
    PostgreSQL's index needs no other question."""
    phrase = '"' + text.replace('"', '""').replace("\0", "") + '"'
    found = "SELECT rowid FROM log_search WHERE log_search MATCH :phrase"
    return sql(found).bindparams(phrase=phrase)


def _row(attempt: AttemptRecord, number: int, line: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(line.get(name) or "") for name in ("at", "event", "host", "task", "text")}
    return {
        "run": attempt.run,
        "system": attempt.system,
        "step": attempt.step.value,
        "token": attempt.token,
        "number": number,
        **texts,
    }

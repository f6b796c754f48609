"""Tasks for people: conflicts between NetBox and the ledgers that nobody's rule decides.

Everything works on a connection that the caller opened, so that an audit entry can be written in
the same transaction (`Truth.writing`, one writer at a time).
"""

import json
from collections.abc import Iterable, Set
from typing import Any, Literal

from pydantic import JsonValue
from sqlalchemy import Connection, RowMapping, insert, select, update

from inventory.canonical import canonical_json
from inventory.errors import ChangeRefused
from inventory.findings import Cause, Decisions, Finding, Question, Taken
from inventory.model import Estate, Frozen
from inventory.tables import tasks


class Task(Frozen):
    """One conflict. Values are plain JSON: None is "not told", or for `field` "" "not there".

    `decision`: whose value was chosen, or "gone" when the two agreed before anybody decided;
    `done_at`: when an apply has followed it. Times are ISO 8601 in UTC.
    """

    id: int
    kind: str
    code: str
    field: str
    netbox: JsonValue
    ledger: JsonValue
    snapshot: JsonValue
    advice: str
    state: Literal["open", "settled"]
    opened_at: str
    opened_by: str
    settled_at: str | None = None
    settled_by: str | None = None
    decision: Literal["netbox", "ledger", "gone"] | None = None
    reason: str = ""
    done_at: str | None = None

    @property
    def question(self) -> Question:
        return Question(self.kind, self.code, self.field, _text(self.netbox), _text(self.ledger))


class Noted(Frozen):
    """What `Tasks.note` did: opened anew, found again with other values, and closed since the
    conflict is no more. `same`: found again as they were."""

    opened: tuple[Task, ...] = ()
    changed: tuple[Task, ...] = ()
    gone: tuple[Task, ...] = ()
    same: tuple[Task, ...] = ()


class Tasks:
    """The tasks in the database of `connection`; `now` is ISO 8601 in UTC."""

    def __init__(self, connection: Connection, now: str) -> None:
        self._connection = connection
        self._now = now

    def listed(self, state: Literal["open", "settled"] | None = None) -> list[Task]:
        """All of a state, or all, by id."""
        query = select(tasks).order_by(tasks.c.id)
        if state is not None:
            query = query.where(tasks.c.state == state)
        return [_task(row) for row in self._connection.execute(query).mappings()]

    def find(self, id: int) -> Task | None:
        row = self._connection.execute(select(tasks).where(tasks.c.id == id)).mappings().first()
        return None if row is None else _task(row)

    def note(self, findings: Iterable[Finding], looked_at: Estate, *, actor: str) -> Noted:
        """Bring the tasks in step with a comparison whose result was applied.

        Every conflict among `findings` has one open task afterwards, however often it is found;
        one whose values changed is brought up to date. `looked_at` is what the ledgers declared:
        an open task about one of its objects that is no conflict any more is closed, and a decision
        for the ledger is done: should NetBox be changed to the same value again, that is news.
        """
        findings = tuple(findings)
        before = {(t.kind, t.code, t.field): t for t in self.listed("open")}
        named = {(kind, o.code) for kind, objects in looked_at.collections() for o in objects}
        opened, changed, same = [], [], []
        for finding in findings:
            if not finding.conflict:
                continue
            task = before.pop((finding.kind, finding.code, finding.field), None)
            if task is None:
                opened.append(self._open(finding, actor))
            elif task.question == finding.question:
                same.append(task)
            else:  # the snapshot stays as it was before the two parted
                changed.append(self._write(task.id, _values(finding, "netbox", "ledger")))
        gone = [
            self._close(task, "gone", "双方已一致 / the two agree", actor)
            for task in before.values()
            if (task.kind, task.code) in named
        ]
        self._finish(named, held={f.question for f in findings if f.cause is Cause.HELD})
        return Noted(
            opened=tuple(opened), changed=tuple(changed), gone=tuple(gone), same=tuple(same)
        )

    def settle(self, task: Task, decision: Taken, *, reason: str, actor: str) -> Task:
        """A person's decision. Raises ChangeRefused when it was made already, and for no reason."""
        if not reason.strip():
            raise ChangeRefused(
                "裁定须写明理由 / a decision needs a reason: read an empty text, expected why"
            )
        if task.state != "open":
            raise ChangeRefused(
                f"任务 {task.id} 已由 {task.settled_by} 裁定为 {task.decision}，不能撤回；若裁定有误，请在 "
                "NetBox 中直接改成正确的值，再执行 qianyun inventory pull / task "
                f"{task.id} was settled by {task.settled_by}: {task.decision}, and can't be taken "
                "back. If that was wrong, put the right value into NetBox by hand and run qianyun "
                "inventory pull; a new difference opens a new task"
            )
        return self._close(task, decision, reason, actor)

    def decisions(self) -> Decisions:
        """What was decided, by question; the latest decision on the same values counts. One for
        NetBox holds for good, one for the ledger until it was applied."""
        made: dict[Question, Taken] = {}
        for task in self.listed("settled"):
            if task.decision in ("netbox", "ledger"):
                made[task.question] = task.decision
                if task.done_at is not None:
                    del made[task.question]
        return made

    def _finish(self, named: Set[tuple[str, str]], held: Set[Question]) -> None:
        for task in self.listed("settled"):
            if task.decision != "ledger" or task.done_at is not None:
                continue
            if (task.kind, task.code) in named and task.question not in held:
                query = update(tasks).where(tasks.c.id == task.id).values(done_at=self._now)
                self._connection.execute(query)

    def _open(self, finding: Finding, actor: str) -> Task:
        made = self._connection.execute(
            insert(tasks)
            .values(
                kind=finding.kind,
                code=finding.code,
                field=finding.field,
                advice=finding.winner,
                state="open",
                opened_at=self._now,
                opened_by=actor,
                reason="",
                **_values(finding, "netbox", "ledger", "snapshot"),
            )
            .returning(tasks)
        )
        return _task(made.mappings().one())

    def _close(self, task: Task, decision: str, reason: str, actor: str) -> Task:
        closed = {
            "state": "settled",
            "decision": decision,
            "reason": reason,
            "settled_at": self._now,
            "settled_by": actor,
        }
        return self._write(task.id, closed)

    def _write(self, id: int, values: dict[str, str]) -> Task:
        query = update(tasks).where(tasks.c.id == id, tasks.c.state == "open").values(**values)
        self._connection.execute(query)
        found = self.find(id)
        assert found is not None
        return found


def _values(finding: Finding, *sides: str) -> dict[str, str]:
    return {side: _text(getattr(finding, side)) for side in sides}


def _text(value: JsonValue) -> str:
    return canonical_json(value).decode()


def _task(row: RowMapping) -> Task:
    plain: dict[str, Any] = dict(row)
    for side in ("netbox", "ledger", "snapshot"):
        plain[side] = json.loads(plain[side])
    return Task.model_validate(plain)

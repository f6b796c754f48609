"""Attempts: tokens, who runs them, how they ended, what they left as evidence."""

import json
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from inventory.canonical import canonical_json, digest
from inventory.model import Frozen
from migrator.errors import AttemptAlive
from migrator.planning.plan import StepKind
from migrator.store.tables import attempts, evidence

if TYPE_CHECKING:
    from migrator.store.truth import Truth


class AttemptRecord(Frozen):
    """One attempt of one step. `token` fences: hosts refuse a lower one."""

    token: int
    run: str
    system: str
    step: StepKind
    state: str
    machine: str
    pid: int | None = None
    cgroup: str = ""
    folder: str
    message: str = ""
    started_at: str
    ended_at: str | None = None
    rate_kbps: int | None = None

    @property
    def name(self) -> str:
        """The marker that its processes carry, here and on hosts."""
        return f"a{self.token}"


class EvidenceRecord(Frozen):
    run: str
    system: str
    step: StepKind
    token: int
    body: str
    digest: str
    at: str

    @property
    def content(self) -> dict[str, Any]:
        """The body as it was given; figures with a point are text (canonical JSON has none)."""
        found: dict[str, Any] = json.loads(self.body)
        return found


_OF = attempts.c.token == bindparam("of_token")
_OPEN = _OF & (attempts.c.state == "running")
_HIGHEST = select(func.max(attempts.c.token))
_ADD = insert(attempts)
_PLACE = update(attempts).where(_OPEN)
_CLOSE = (
    update(attempts)
    .where(_OPEN)
    .values(
        state=bindparam("to_state"),
        message=bindparam("to_message"),
        ended_at=bindparam("to_ended_at"),
    )
    .returning(attempts.c.run, attempts.c.system, attempts.c.step)
)
_KEEP = insert(evidence)
_OPEN_ONES = select(attempts).where(
    attempts.c.system == bindparam("of_system"), attempts.c.state == "running"
)
_OF_ITEM = (
    select(attempts)
    .where(attempts.c.run == bindparam("of_run"), attempts.c.system == bindparam("of_system"))
    .order_by(attempts.c.token)
)


class Attempts:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def open(
        self,
        run: str,
        system: str,
        step: StepKind,
        machine: str,
        root: str,
        *,
        rate_kbps: int | None = None,
    ) -> AttemptRecord:
        """A new attempt with a token above all before it.

        Raises AttemptAlive when another attempt for this system is open (the database's rule).
        """
        at = self._truth.now()
        try:
            with self._truth.writing() as connection:
                highest = connection.scalar(_HIGHEST) or 0
                token = max(highest + 1, time.time_ns() // 1_000_000)
                opened = AttemptRecord(
                    token=token,
                    run=run,
                    system=system,
                    step=step,
                    state="running",
                    machine=machine,
                    folder=f"{root}/{token}",
                    started_at=at,
                    rate_kbps=rate_kbps,
                )
                connection.execute(_ADD, opened.model_dump(mode="json"))
        except IntegrityError as error:
            raise AttemptAlive(
                f"{system} 已有进行中的尝试 / another attempt for this system is still open; "
                "it must end first"
            ) from error
        return opened

    def place(self, token: int, *, pid: int | None, cgroup: str) -> bool:
        """Where its processes live, written before it is told what to do; False when somebody has
        closed the attempt meanwhile: then it must not be told anything."""
        where = {"of_token": token, "pid": pid, "cgroup": cgroup}
        with self._truth.writing() as connection:
            placed = connection.execute(_PLACE, where)
        return placed.rowcount == 1

    def close(self, token: int, state: str, message: str, bodies: list[dict[str, Any]]) -> bool:
        """Write the outcome once; False when this token already has one."""
        at = self._truth.now()
        with self._truth.writing() as connection:
            how = {"to_state": state, "to_message": message, "to_ended_at": at}
            found = connection.execute(_CLOSE, {"of_token": token, **how}).one_or_none()
            if found is None:
                return False
            for body in bodies:
                plain = _without_floats(body)
                of = {"run": found.run, "system": found.system, "step": found.step}
                text = canonical_json(plain).decode()
                row = of | {"token": token, "body": text, "digest": digest(plain), "at": at}
                connection.execute(_KEEP, row)
        return True

    def of(self, run: str, system: str | None = None) -> list[AttemptRecord]:
        """In order of their tokens."""
        query = select(attempts).where(attempts.c.run == run).order_by(attempts.c.token)
        of: dict[str, str] = {}
        if system:
            query, of = _OF_ITEM, {"of_run": run, "of_system": system}
        with self._truth.reading() as connection:
            return [AttemptRecord(**row) for row in connection.execute(query, of).mappings()]

    def since(self, run: str, last: int, also: Collection[int] = ()) -> list[AttemptRecord]:
        """Those with a higher token than `last`, and these: in order of their tokens."""
        wanted = (attempts.c.token > last) | attempts.c.token.in_(also)
        query = select(attempts).where(attempts.c.run == run, wanted).order_by(attempts.c.token)
        with self._truth.reading() as connection:
            return [AttemptRecord(**row) for row in connection.execute(query).mappings()]

    def open_ones(self, system: str) -> list[AttemptRecord]:
        """Attempts for this system that nobody has closed, of whichever run."""
        with self._truth.reading() as connection:
            found = connection.execute(_OPEN_ONES, {"of_system": system}).mappings()
            return [AttemptRecord(**row) for row in found]

    def evidence_of(
        self, run: str, system: str | None = None, *, tokens: Collection[int] | None = None
    ) -> list[EvidenceRecord]:
        """Of a run, of one system in it, or of these attempts alone."""
        query = select(evidence).where(evidence.c.run == run).order_by(evidence.c.id)
        if system:
            query = query.where(evidence.c.system == system)
        if tokens is not None:
            query = query.where(evidence.c.token.in_(tokens))
        with self._truth.reading() as connection:
            rows = connection.execute(query).mappings()
            return [EvidenceRecord(**{k: v for k, v in row.items() if k != "id"}) for row in rows]


def _without_floats(value: Any) -> Any:
    """Canonical JSON has no floats: a measured figure is kept as its decimal text."""
    if isinstance(value, dict):
        return {key: _without_floats(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_floats(inner) for inner in value]
    return repr(value) if isinstance(value, float) else value

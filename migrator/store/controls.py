"""What operators tell of runs, waves and items: each command with its audit entry and its event."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, select, update

from migrator.errors import Refused
from migrator.planning.plan import StepKind
from migrator.runs.records import (
    ItemState,
    StepState,
    Wanted,
)
from migrator.store.audit import record
from migrator.store.events import note
from migrator.store.run_rows import put_step, read_run, update_item
from migrator.store.tables import runs, steps

if TYPE_CHECKING:
    from migrator.store.truth import Truth


class Controls:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def command(
        self,
        run: str,
        system: str | None,
        *,
        actor: str,
        verb: str,
        reason: str,
        run_values: dict[str, Any] | None = None,
        item_values: dict[str, Any] | None = None,
        reset: tuple[StepKind, ...] = (),
        skip: tuple[StepKind, ...] = (),
        before_commit: bool = False,
    ) -> None:
        """An operator's command: every change it makes and its audit entry, in one transaction.

        Raises Refused when it is for `before_commit` and the commit has begun.
        """
        at = self._truth.now()
        about = {"reason": reason, "by": actor, "steps": [*reset, *skip]}
        with self._truth.writing() as connection:
            if before_commit:
                _refuse_committed(connection, run, system or "")
            if run_values:
                connection.execute(update(runs).where(runs.c.code == run).values(**run_values))
                if state := run_values.get("state"):
                    note(connection, at, run, f"run.{state}", body=about)
            if system and item_values:
                update_item(connection, at, run, system, item_values)
            for kind in reset if system else ():
                blank = {"state": StepState.PENDING, "message": "", "ended_at": None}
                put_step(connection, at, (run, system or "", kind), blank)
            if system and (reset or skip):  # from now on nobody waits for an operator
                update_item(connection, at, run, system, {"state": ItemState.RUNNING})
            for kind in skip if system else ():
                passed = {"state": StepState.SKIPPED, "message": reason, "ended_at": at}
                put_step(connection, at, (run, system or "", kind), passed)
            record(
                connection,
                at=at,
                actor=actor,
                action=f"run.{verb}",
                object=f"{run}/{system}" if system else run,
                detail={"reason": reason, "steps": [*reset, *skip]},
            )
            note(connection, at, run, f"command.{verb}", system=system or "", body=about)

    def command_items(
        self,
        run: str,
        systems: Sequence[str],
        *,
        actor: str,
        verb: str,
        reason: str,
        about: str,
        values: Mapping[str, Any],
    ) -> tuple[str, ...]:
        """A command to several items at once, in one transaction with one audit entry on `about` (a
        wave). Those that have ended or, where they are turned round, committed are left as they are;
        the systems that it changed. Where it changes none, nothing is written."""
        at = self._truth.now()
        changed: list[str] = []
        with self._truth.writing() as connection:
            for item in read_run(connection, run).items:
                if item.system not in systems or item.state.ended:
                    continue
                turns = values.get("wanted") == Wanted.ROLLBACK
                if turns and (item.committed or item.wanted is Wanted.ROLLBACK):
                    continue
                if all(getattr(item, name) == value for name, value in values.items()):
                    continue
                update_item(connection, at, run, item.system, dict(values))
                changed.append(item.system)
                note(
                    connection,
                    at,
                    run,
                    f"command.{verb}",
                    system=item.system,
                    body={"reason": reason, "by": actor},
                )
            if changed:
                record(
                    connection,
                    at=at,
                    actor=actor,
                    action=f"run.{verb}",
                    object=f"{run}/{about}",
                    detail={"reason": reason, "systems": changed},
                )
        return tuple(changed)

    def set_limits(
        self, run: str, limits: Mapping[str, int], *, actor: str, reason: str
    ) -> Mapping[str, int]:
        """Put limits of a run over those of its plan; 0 takes one back. What then stands. Told twice, it
        changes nothing."""
        at = self._truth.now()
        with self._truth.writing() as connection:
            before = dict(read_run(connection, run).limits)
            after = {k: v for k, v in {**before, **limits}.items() if v}
            if after == before:
                return after
            told = json.dumps(after, sort_keys=True)
            connection.execute(update(runs).where(runs.c.code == run).values(limits=told))
            detail = {"reason": reason, "limits": after, "before": before}
            record(connection, at=at, actor=actor, action="run.limit", object=run, detail=detail)
            note(connection, at, run, "command.limit", body=detail | {"by": actor})
        return after

    def want_back(self, run: str, system: str, *, actor: str, verb: str, reason: str) -> None:
        """Turn an item round: from now on its way is the rollback. Raises Refused after commit."""
        self.command(
            run,
            system,
            actor=actor,
            verb=verb,
            reason=reason,
            item_values={"wanted": Wanted.ROLLBACK, "note": reason},
            before_commit=True,
        )


def _refuse_committed(connection: Connection, run: str, system: str) -> None:
    commit = connection.execute(
        select(steps.c.state, steps.c.started_at).where(_key(run, system, StepKind.COMMIT))
    ).first()
    if commit and (commit.state != StepState.PENDING or commit.started_at):
        raise Refused(
            f"{system} 已提交，不可回退 / committed: the point of no return is passed; moving it "
            "back needs a plan of its own"
        )


def _key(run: str, system: str, step: StepKind) -> ColumnElement[bool]:
    return (steps.c.run == run) & (steps.c.system == system) & (steps.c.step == step)

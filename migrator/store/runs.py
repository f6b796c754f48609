"""Runs, items and steps."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from migrator.errors import NotFound, Refused
from migrator.planning.plan import WAY, Plan, StepKind
from migrator.runs.kinds import KINDS
from migrator.runs.of_run import Admission
from migrator.runs.records import (
    ItemRecord,
    ItemState,
    RunRecord,
    RunState,
    StepRecord,
    StepState,
    Wanted,
)
from migrator.store.audit import record
from migrator.store.events import note
from migrator.store.tables import items, runs, steps

if TYPE_CHECKING:
    from migrator.store.truth import Truth


# Built once: to build a statement costs more than to run it, and these are run many times a step.
_RUN = select(runs).where(runs.c.code == bindparam("of_run"))
_OF_ITEM = (items.c.run == bindparam("of_run")) & (items.c.system == bindparam("of_system"))
_ITEM = select(items).where(_OF_ITEM)
_ITEM_STATE = select(items.c.state).where(_OF_ITEM)
_SET_ITEM = update(items).where(_OF_ITEM)
_TOLD = (
    select(items.c.wanted, (items.c.paused | runs.c.paused).label("paused"))
    .join(runs, runs.c.code == items.c.run)
    .where(_OF_ITEM)
)
_OF_STEPS = (steps.c.run == bindparam("of_run")) & (steps.c.system == bindparam("of_system"))
_WAY = select(steps).where(_OF_STEPS)
_OF_STEP = _OF_STEPS & (steps.c.step == bindparam("of_step"))
_STEP_STATE = select(steps.c.state).where(_OF_STEP)
_SET_STEP = update(steps).where(_OF_STEP)
_ADD_STEP = insert(steps)


class Runs:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def add(self, plan_code: str, plan: Plan, actor: str) -> RunRecord:
        """A new run with all its items waiting.

        Raises Refused when the plan, or one of its systems in another run, is still under way.
        """
        at = self._truth.now()
        prefix = f"R-{at[:10].replace('-', '')}-"
        try:
            with self._truth.writing() as connection:
                taken = connection.scalars(
                    select(runs.c.code).where(runs.c.code.startswith(prefix))
                )
                code = f"{prefix}{1 + max((int(c.removeprefix(prefix)) for c in taken), default=0)}"
                connection.execute(
                    insert(runs).values(
                        code=code,
                        plan=plan_code,
                        state=RunState.RUNNING,
                        started_by=actor,
                        started_at=at,
                    )
                )
                self._add_items(connection, code, plan)
                note(connection, at, code, "run.running", body={"plan": plan_code, "by": actor})
                record(
                    connection,
                    at=at,
                    actor=actor,
                    action="run.start",
                    object=code,
                    detail={"plan": plan_code, "digest": plan.digest},
                )
        except IntegrityError as error:
            raise Refused(
                f"方案 {plan_code} 或其中的系统已在执行 / the plan or one of its systems is "
                "already under way; see `qianyun run status`"
            ) from error
        return self.get(code)

    def _add_items(self, connection: Connection, run: str, plan: Plan) -> None:
        every = [(wave.number, item.code) for wave in plan.waves for item in wave.items]
        rows = [
            {"run": run, "system": code, "wave": wave, "state": ItemState.WAITING}
            for wave, code in every
        ]
        ways = [
            {"run": run, "system": code, "step": kind, "state": StepState.PENDING}
            for _, code in every
            for kind in WAY
        ]
        if rows:
            connection.execute(insert(items), rows)
            connection.execute(insert(steps), ways)

    def all(self) -> list[RunRecord]:
        with self._truth.reading() as connection:
            codes = list(connection.scalars(select(runs.c.code).order_by(runs.c.started_at)))
        return [self.get(code) for code in codes]

    def get(self, code: str) -> RunRecord:
        """Raises NotFound."""
        with self._truth.reading() as connection:
            return self._get(connection, code)

    def head(self, code: str) -> RunRecord:
        """A run without its items, which may be thousands. Raises NotFound."""
        with self._truth.reading() as connection:
            row = connection.execute(_RUN, {"of_run": code}).mappings().first()
        if row is None:
            raise NotFound(f"没有此次执行 / no such run: {code}; see `qianyun run list`")
        return run_of(row, ())

    def open_codes(self) -> list[str]:
        """Of those that have not ended, oldest first."""
        query = select(runs.c.code).where(runs.c.ended_at.is_(None)).order_by(runs.c.started_at)
        with self._truth.reading() as connection:
            return list(connection.scalars(query))

    def ended_codes(self, last: int) -> list[str]:
        """Of the `last` that have ended, newest first."""
        query = select(runs.c.code).where(runs.c.ended_at.is_not(None))
        with self._truth.reading() as connection:
            found = connection.scalars(query.order_by(runs.c.ended_at.desc()).limit(last))
            return list(found)

    def of_system(self, system: str) -> list[str]:
        """Codes of the runs that have an item of the system, oldest first."""
        query = select(runs.c.code).join(items, items.c.run == runs.c.code)
        query = query.where(items.c.system == system).order_by(runs.c.started_at)
        with self._truth.reading() as connection:
            return list(connection.scalars(query))

    def _get(self, connection: Connection, code: str, *, way: bool = True) -> RunRecord:
        row = connection.execute(select(runs).where(runs.c.code == code)).mappings().first()
        if row is None:
            raise NotFound(f"没有此次执行 / no such run: {code}; see `qianyun run list`")
        found: dict[str, list[StepRecord]] = {}
        if way:
            for system, *told in connection.execute(_STEPS.where(steps.c.run == code)):
                found.setdefault(system, []).append(_like(*told))
        kept = connection.execute(
            select(items).where(items.c.run == code).order_by(items.c.wave, items.c.system)
        ).mappings()
        return run_of(row, tuple(item_of(item, found.get(item["system"], [])) for item in kept))

    def item(self, run: str, system: str) -> ItemRecord:
        """Raises NotFound."""
        of = {"of_run": run, "of_system": system}
        with self._truth.reading() as connection:
            row = connection.execute(_ITEM, of).mappings().first()
            way = [step_of(step) for step in connection.execute(_WAY, of).mappings()]
        if row is None:
            self.head(run)
            raise NotFound(f"执行 {run} 中没有系统 {system} / the run has no item {system}")
        return item_of(row, way)

    def turned(self, run: str) -> dict[str, str]:
        """Systems whose items are to go back, with their notes."""
        of = (items.c.run == run) & (items.c.wanted == Wanted.ROLLBACK)
        with self._truth.reading() as connection:
            rows = connection.execute(select(items.c.system, items.c.note).where(of))
            return {row.system: row.note for row in rows}

    def set_run(self, code: str, **values: Any) -> None:
        with self._truth.writing() as connection:
            connection.execute(update(runs).where(runs.c.code == code).values(**values))

    def set_item(self, run: str, system: str, **values: Any) -> None:
        with self._truth.writing() as connection:
            self._update_item(connection, run, system, values)

    def admit(
        self, code: str, choose: Callable[[RunRecord, Sequence[RunRecord]], Admission]
    ) -> tuple[RunRecord, Admission]:
        """Let `choose` say which items of the run begin, of what stands now, and mark them: in one
        transaction, so that two runs never take the same room. It is given the run and the other
        runs that are open, without steps: those of thousands of items cost a second each time."""
        at = self._truth.now()
        with self._truth.writing() as connection:
            run = self._get(connection, code, way=False)
            query = select(runs.c.code).where(runs.c.ended_at.is_(None), runs.c.code != code)
            codes = list(connection.scalars(query))
            others = [self._get(connection, c, way=False) for c in codes]
            chosen = choose(run, others)
            for system in chosen.start:
                values = {"state": ItemState.RUNNING, "begun_at": at, "note": ""}
                self._update_item(connection, code, system, values)
            new = [i.system for i in run.items if i.system in chosen.ready and not i.ready_at]
            if new:
                key = (items.c.run == code) & items.c.system.in_(new)
                connection.execute(update(items).where(key).values(ready_at=at))
            for system, why in chosen.told.items():
                self._update_item(connection, code, system, {"note": why[:2000]})
        return run, chosen

    def begin(self, run: str, system: str, step: StepKind) -> bool:
        """Mark a step as running; False when it must not begin (any more).

        Looked up and written in one transaction, so that a pause or a rollback which was told in
        the meantime is never passed by. A step that was under way when its worker died goes on
        even if its item was paused; one that may not be cut off, even if its item was turned round.
        """
        at = self._truth.now()
        with self._truth.writing() as connection:
            of = {"of_run": run, "of_system": system}
            told = connection.execute(_TOLD, of).one()
            state = connection.scalar(_STEP_STATE, of | {"of_step": step})
            back = step is StepKind.ROLLBACK
            turned = (told.wanted == Wanted.ROLLBACK) is not back
            if state == StepState.RUNNING:
                return not turned or not KINDS[step].cancellable
            if turned or (told.paused and not back) or state in {StepState.DONE, StepState.SKIPPED}:
                return False
            values = {"state": StepState.RUNNING, "message": "", "started_at": at, "ended_at": None}
            self._put_step(connection, run, system, step, values)
        return True

    def begun(self, run: str, system: str, step: StepKind) -> bool:
        """Whether the step is marked as under way: its worker may have died in it."""
        with self._truth.reading() as connection:
            of = {"of_run": run, "of_system": system, "of_step": step}
            state = connection.scalar(_STEP_STATE, of)
        return state == StepState.RUNNING

    def settle(self, run: str, system: str) -> None:
        """An item that has ended has no step under way: one whose worker died is as not begun."""
        key = (steps.c.run == run) & (steps.c.system == system)
        with self._truth.writing() as connection:
            connection.execute(
                update(steps)
                .where(key, steps.c.state == StepState.RUNNING)
                .values(state=StepState.PENDING, ended_at=self._truth.now())
            )

    def set_step(self, run: str, system: str, step: StepKind, **values: Any) -> None:
        """Insert or update one step's row; `state`, `message`, `started_at`, `ended_at`."""
        with self._truth.writing() as connection:
            self._put_step(connection, run, system, step, values)

    def end_step(
        self,
        run: str,
        system: str,
        step: StepKind,
        *,
        state: StepState,
        message: str,
        rows: Mapping[StepKind, dict[str, Any]],
    ) -> None:
        """How a step ended, with what it says of `rows` (a cutover stands for several), and its audit
        entry: one transaction."""
        with self._truth.writing() as connection:
            for kind, values in rows.items():
                self._put_step(connection, run, system, kind, values)
            record(
                connection,
                at=self._truth.now(),
                actor="engine",
                action=f"step.{state}",
                object=f"{run}/{system}/{step}",
                detail={"message": message},
            )

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
                self._refuse_committed(connection, run, system or "")
            if run_values:
                connection.execute(update(runs).where(runs.c.code == run).values(**run_values))
                if state := run_values.get("state"):
                    note(connection, at, run, f"run.{state}", body=about)
            if system and item_values:
                self._update_item(connection, run, system, item_values)
            for kind in reset if system else ():
                blank = {"state": StepState.PENDING, "message": "", "ended_at": None}
                self._put_step(connection, run, system or "", kind, blank)
            if system and (reset or skip):  # from now on nobody waits for an operator
                self._update_item(connection, run, system, {"state": ItemState.RUNNING})
            for kind in skip if system else ():
                passed = {"state": StepState.SKIPPED, "message": reason, "ended_at": at}
                self._put_step(connection, run, system or "", kind, passed)
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
            for item in self._get(connection, run).items:
                if item.system not in systems or item.state.ended:
                    continue
                turns = values.get("wanted") == Wanted.ROLLBACK
                if turns and (item.committed or item.wanted is Wanted.ROLLBACK):
                    continue
                if all(getattr(item, name) == value for name, value in values.items()):
                    continue
                self._update_item(connection, run, item.system, dict(values))
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
            before = dict(self._get(connection, run).limits)
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

    def _refuse_committed(self, connection: Connection, run: str, system: str) -> None:
        commit = connection.execute(
            select(steps.c.state, steps.c.started_at).where(_key(run, system, StepKind.COMMIT))
        ).first()
        if commit and (commit.state != StepState.PENDING or commit.started_at):
            raise Refused(
                f"{system} 已提交，不可回退 / committed: the point of no return is passed; moving it "
                "back needs a plan of its own"
            )

    def _update_item(
        self, connection: Connection, run: str, system: str, values: dict[str, Any]
    ) -> None:
        of = {"of_run": run, "of_system": system}
        if state := values.get("state"):
            before = connection.scalar(_ITEM_STATE, of)
            if before != state:
                body = {"note": values["note"]} if values.get("note") else None
                at = self._truth.now()
                note(connection, at, run, f"item.{ItemState(state)}", system=system, body=body)
        connection.execute(_SET_ITEM, of | values)

    def _put_step(
        self, connection: Connection, run: str, system: str, step: StepKind, values: dict[str, Any]
    ) -> None:
        of = {"of_run": run, "of_system": system, "of_step": step}
        if state := values.get("state"):
            body = {"message": values["message"]} if values.get("message") else None
            kind = f"step.{StepState(state)}"
            note(connection, self._truth.now(), run, kind, system=system, step=step, body=body)
        if connection.execute(_SET_STEP, of | values).rowcount == 0:
            blank = {"state": StepState.PENDING, **values}
            connection.execute(_ADD_STEP, {"run": run, "system": system, "step": step, **blank})


def run_of(row: RowMapping, found: tuple[ItemRecord, ...]) -> RunRecord:
    return RunRecord(**{**row, "limits": json.loads(row["limits"]), "items": found})


def item_of(row: RowMapping, way: Sequence[StepRecord]) -> ItemRecord:
    return ItemRecord(**row, steps=tuple(sorted(way, key=lambda step: _ORDER[step.step])))


def step_of(row: RowMapping) -> StepRecord:
    return StepRecord(**{k: v for k, v in row.items() if k not in {"run", "system"}})


_STEPS = select(
    steps.c.system,
    *(steps.c[name] for name in StepRecord.model_fields),
)


@lru_cache(maxsize=4096)
def _like(*told: Any) -> StepRecord:
    """A step's record: of a run of thousands of items most are alike, and nobody changes one."""
    return StepRecord(**dict(zip(StepRecord.model_fields, told, strict=True)))


_ORDER = {kind: number for number, kind in enumerate(StepKind)}


def _key(run: str, system: str, step: StepKind) -> ColumnElement[bool]:
    return (steps.c.run == run) & (steps.c.system == system) & (steps.c.step == step)

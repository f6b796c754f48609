"""Runs, items and steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update
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
    StepState,
    Wanted,
)
from migrator.store.audit import record
from migrator.store.events import note
from migrator.store.run_rows import (
    ITEM,
    RUN,
    STEP_STATE,
    STEPS_OF,
    TOLD,
    item_of,
    put_step,
    read_run,
    run_of,
    step_of,
    update_item,
)
from migrator.store.tables import items, runs, steps

if TYPE_CHECKING:
    from migrator.store.truth import Truth


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
            return read_run(connection, code)

    def head(self, code: str) -> RunRecord:
        """A run without its items, which may be thousands. Raises NotFound."""
        with self._truth.reading() as connection:
            row = connection.execute(RUN, {"of_run": code}).mappings().first()
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

    def item(self, run: str, system: str) -> ItemRecord:
        """Raises NotFound."""
        of = {"of_run": run, "of_system": system}
        with self._truth.reading() as connection:
            row = connection.execute(ITEM, of).mappings().first()
            way = [step_of(step) for step in connection.execute(STEPS_OF, of).mappings()]
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
            update_item(connection, self._truth.now(), run, system, values)

    def admit(
        self, code: str, choose: Callable[[RunRecord, Sequence[RunRecord]], Admission]
    ) -> tuple[RunRecord, Admission]:
        """Let `choose` say which items of the run begin, of what stands now, and mark them: in one
        transaction, so that two runs never take the same room. It is given the run and the other
        runs that are open, without steps: those of thousands of items cost a second each time."""
        at = self._truth.now()
        with self._truth.writing() as connection:
            run = read_run(connection, code, way=False)
            query = select(runs.c.code).where(runs.c.ended_at.is_(None), runs.c.code != code)
            codes = list(connection.scalars(query))
            others = [read_run(connection, c, way=False) for c in codes]
            chosen = choose(run, others)
            for system in chosen.start:
                values = {"state": ItemState.RUNNING, "begun_at": at, "note": ""}
                update_item(connection, at, code, system, values)
            new = [i.system for i in run.items if i.system in chosen.ready and not i.ready_at]
            if new:
                key = (items.c.run == code) & items.c.system.in_(new)
                connection.execute(update(items).where(key).values(ready_at=at))
            for system, why in chosen.told.items():
                update_item(connection, at, code, system, {"note": why[:2000]})
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
            told = connection.execute(TOLD, of).one()
            state = connection.scalar(STEP_STATE, of | {"of_step": step})
            back = step is StepKind.ROLLBACK
            turned = (told.wanted == Wanted.ROLLBACK) is not back
            if state == StepState.RUNNING:
                return not turned or not KINDS[step].cancellable
            if turned or (told.paused and not back) or state in {StepState.DONE, StepState.SKIPPED}:
                return False
            values = {"state": StepState.RUNNING, "message": "", "started_at": at, "ended_at": None}
            put_step(connection, self._truth.now(), (run, system, step), values)
        return True

    def begun(self, run: str, system: str, step: StepKind) -> bool:
        """Whether the step is marked as under way: its worker may have died in it."""
        with self._truth.reading() as connection:
            of = {"of_run": run, "of_system": system, "of_step": step}
            state = connection.scalar(STEP_STATE, of)
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
            put_step(connection, self._truth.now(), (run, system, step), values)

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
                put_step(connection, self._truth.now(), (run, system, kind), values)
            record(
                connection,
                at=self._truth.now(),
                actor="engine",
                action=f"step.{state}",
                object=f"{run}/{system}/{step}",
                detail={"message": message},
            )

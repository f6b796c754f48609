"""Network plans: filed, decided of, played. Each change is made together with its audit entry."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from migrator.errors import NotFound, Refused
from migrator.planning.plan import StepKind
from migrator.runs.approvals import ApprovalRecord
from migrator.runs.network_plan import NetworkPlan, NetworkRecord, NetworkState, NetworkStep
from migrator.runs.records import StepState, Wanted
from migrator.store.audit import record
from migrator.store.events import note
from migrator.store.tables_network import network_decisions, network_plans, network_steps

if TYPE_CHECKING:
    from migrator.store.truth import Truth

_HEAD = [column for column in network_plans.c if column.name != "body"]


class NetworkPlans:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def add(self, plan: NetworkPlan, author: str) -> NetworkRecord:
        """Keep a new one under the next code of the day (N-20261124-1)."""
        at = self._truth.now()
        prefix = f"N-{at[:10].replace('-', '')}-"
        taken = select(network_plans.c.code).where(network_plans.c.code.startswith(prefix))
        with self._truth.writing() as connection:
            codes = connection.scalars(taken)
            code = f"{prefix}{1 + max((int(c.removeprefix(prefix)) for c in codes), default=0)}"
            started = {"started_by": "", "started_at": None, "ended_at": None}
            values = _filed(plan) | started | {"code": code, "author": author, "made_at": at}
            connection.execute(insert(network_plans).values(**values))
            self._note(connection, author, "network.file", code, digest=plan.digest)
        return self.record(code)

    def replace(self, code: str, plan: NetworkPlan, author: str) -> NetworkRecord:
        """Another plan under the same code: what was decided of the one before no longer counts. Raises
        Refused while it is played, or where what it changed still stands."""
        with self._truth.writing() as connection:
            kept = self._read(connection, code)
            undone = kept.state is NetworkState.ROLLED_BACK or not kept.made
            if kept.state is NetworkState.RUNNING or not undone:
                raise Refused(
                    f"网络方案 {code} 已执行，不能改 / {code} is {kept.state}, it can't be filed anew: "
                    f"expected one whose changes do not stand; `qianyun network back {code}` first"
                )
            connection.execute(delete(network_steps).where(network_steps.c.plan == code))
            of = network_plans.c.code == code
            values = _filed(plan) | {"made_at": self._truth.now()}
            connection.execute(update(network_plans).where(of).values(**values))
            told = {"digest": plan.digest, "before": kept.digest}
            self._note(connection, author, "network.file", code, **told)
        return self.record(code)

    def all(self) -> list[NetworkRecord]:
        """In the order in which they were filed."""
        query = select(network_plans.c.code).order_by(network_plans.c.made_at)
        with self._truth.reading() as connection:
            return [self._read(connection, code) for code in connection.scalars(query)]

    def running(self) -> list[str]:
        """Codes of those that are being played."""
        with self._truth.reading() as connection:
            return self._running(connection)

    def record(self, code: str) -> NetworkRecord:
        """Raises NotFound."""
        with self._truth.reading() as connection:
            return self._read(connection, code)

    def load(self, code: str) -> NetworkPlan:
        """The plan itself, whose bytes are seen to fit its digest. Raises NotFound; Refused when they no
        longer do."""
        with self._truth.reading() as connection:
            return self._load(connection, code)

    def decide(
        self, code: str, decision: str, actor: str, *, digest: str, reason: str, **paper: str
    ) -> None:
        """Write approve, reject, withdraw, evidence or no-evidence (`paper`: kind, reference, content)."""
        blank = {"kind": "", "reference": "", "content": ""}
        with self._truth.writing() as connection:
            values = {"digest": digest, "decision": decision, "actor": actor, "reason": reason}
            told = {"plan": code, "at": self._truth.now(), **values, **blank, **paper}
            connection.execute(insert(network_decisions).values(**told))
            said = {"digest": digest, "reason": reason, **paper}
            self._note(connection, actor, f"network.{decision}", code, **said)

    def start(
        self, code: str, actor: str, wanted: Wanted, reason: str, allowed: frozenset[NetworkState]
    ) -> None:
        """Begin to play it, there or back. Raises Refused where its state is none of `allowed`, or where
        another that is played is about one of its hosts."""
        at = self._truth.now()
        with self._truth.writing() as connection:
            kept = self._read(connection, code)
            if kept.state not in allowed:
                names = ", ".join(sorted(allowed))
                raise Refused(
                    f"网络方案 {code} 状态为 {kept.state} / {code} is {kept.state}, expected one of {names}"
                )
            self._require_free(connection, code)
            values: dict[str, Any] = {"state": NetworkState.RUNNING, "wanted": wanted}
            values |= {"note": reason, "ended_at": None}
            if wanted is Wanted.FORWARD:
                connection.execute(delete(network_steps).where(network_steps.c.plan == code))
                values |= {"started_by": actor, "started_at": at}
            else:
                again = (network_steps.c.plan == code) & (network_steps.c.step == StepKind.ROLLBACK)
                connection.execute(delete(network_steps).where(again))
            of = network_plans.c.code == code
            connection.execute(update(network_plans).where(of).values(**values))
            verb = "start" if wanted is Wanted.FORWARD else "back"
            self._note(
                connection, actor, f"network.{verb}", code, digest=kept.digest, reason=reason
            )

    def turn(self, code: str, actor: str, reason: str) -> bool:
        """From now on its way is back; False where it is not played, or was turned before."""
        of = (network_plans.c.code == code) & (network_plans.c.state == NetworkState.RUNNING)
        of &= network_plans.c.wanted == Wanted.FORWARD
        values = {"wanted": Wanted.ROLLBACK, "note": reason[:2000]}
        with self._truth.writing() as connection:
            turned = connection.execute(update(network_plans).where(of).values(**values)).rowcount
            if turned:
                self._note(connection, actor, "network.back", code, reason=reason)
        return bool(turned)

    def show(self, code: str, told: str) -> None:
        """Why it waits; told on where that is news."""
        of = (network_plans.c.code == code) & (network_plans.c.note != told[:2000])
        with self._truth.writing() as connection:
            shown = update(network_plans).where(of).values(note=told[:2000])
            if connection.execute(shown).rowcount and told:
                body = {"note": told[:2000]}
                note(connection, self._truth.now(), code, "network.waits", body=body)

    def end(self, code: str, actor: str, state: NetworkState, why: str) -> None:
        of = (network_plans.c.code == code) & (network_plans.c.state == NetworkState.RUNNING)
        values = {"state": state, "note": why[:2000], "ended_at": self._truth.now()}
        with self._truth.writing() as connection:
            if connection.execute(update(network_plans).where(of).values(**values)).rowcount:
                self._note(connection, actor, f"network.{state}", code, note=why[:2000])

    def begin(self, code: str, number: int, step: StepKind) -> bool:
        """Mark a step as under way; False when it must not begin any more. What was told in the meantime
        is read in the same transaction."""
        back = step is StepKind.ROLLBACK
        with self._truth.writing() as connection:
            kept = self._read(connection, code)
            now = kept.step(number, step).state
            if kept.state is not NetworkState.RUNNING or now is StepState.DONE:
                return False
            if now is StepState.RUNNING:
                return True  # its worker died in it: it is followed to its end
            if (kept.wanted is Wanted.ROLLBACK) is not back:
                return False
            at = {"started_at": self._truth.now(), "ended_at": None}
            self._put(connection, code, number, step, state=StepState.RUNNING, message="", **at)
        return True

    def finish(
        self,
        code: str,
        number: int,
        step: StepKind,
        *,
        actor: str,
        state: StepState,
        message: str,
        told: Mapping[str, object] | None = None,
    ) -> None:
        """How a step ended, with its audit entry; `told`: what a person says of a change by hand."""
        with self._truth.writing() as connection:
            at = self._truth.now()
            kept = self._read(connection, code).step(number, step)
            times = {"started_at": kept.started_at or at, "ended_at": at}
            self._put(connection, code, number, step, state=state, message=message[:2000], **times)
            self._note(
                connection,
                actor,
                f"network.step.{state}",
                f"{code}/{number}/{step}",
                message=message[:2000],
                **(told or {}),
            )

    def _put(
        self, connection: Connection, code: str, number: int, step: StepKind, **values: Any
    ) -> None:
        key = (network_steps.c.plan == code) & (network_steps.c.number == number)
        key &= network_steps.c.step == step
        if not connection.execute(update(network_steps).where(key).values(**values)).rowcount:
            of = {"plan": code, "number": number, "step": step}
            connection.execute(insert(network_steps).values(**of, **values))

    def _require_free(self, connection: Connection, code: str) -> None:
        mine = set(self._load(connection, code).hosts)
        for other in self._running(connection):
            if other != code and (both := mine & set(self._load(connection, other).hosts)):
                raise Refused(
                    f"网络方案 {other} 正在改动 {', '.join(sorted(both))} / {other} is being played on "
                    f"{', '.join(sorted(both))}: wait for its end"
                )

    def _running(self, connection: Connection) -> list[str]:
        of = network_plans.c.state == NetworkState.RUNNING
        query = select(network_plans.c.code).where(of).order_by(network_plans.c.started_at)
        return list(connection.scalars(query))

    def _read(self, connection: Connection, code: str) -> NetworkRecord:
        query = select(*_HEAD).where(network_plans.c.code == code)
        row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(
                f"没有此网络方案 / no such network plan: {code}; see `qianyun network list`"
            )
        return NetworkRecord(
            **row,
            decisions=_decisions(connection, code, row["digest"]),
            steps=_steps(connection, code),
        )

    def _load(self, connection: Connection, code: str) -> NetworkPlan:
        kept = self._read(connection, code)
        of = network_plans.c.code == code
        body = connection.scalar(select(network_plans.c.body).where(of))
        try:
            return NetworkPlan.read(body or "", kept.digest)
        except ValueError as error:
            raise Refused(
                f"网络方案 {code} 的内容与摘要不符，批准作废 / the network plan is not the one of its "
                f"digest, its approval is void: {error}; file it anew"
            ) from error

    def _note(
        self, connection: Connection, actor: str, action: str, about: str, /, **detail: object
    ) -> None:
        """The audit entry of what was done, and the event that watchers are told of."""
        at = self._truth.now()
        record(connection, at=at, actor=actor, action=action, object=about, detail=detail)
        code, _, step = about.partition("/")
        note(connection, at, code, action, step=step, body={"by": actor, **detail})


def _filed(plan: NetworkPlan) -> dict[str, object]:
    return {
        "digest": plan.digest,
        "body": plan.model_dump_json(),
        "title": plan.title,
        "state": NetworkState.FILED,
        "wanted": Wanted.FORWARD,
        "note": "",
    }


def _decisions(connection: Connection, code: str, digest: str) -> tuple[ApprovalRecord, ...]:
    table = network_decisions
    of = (table.c.plan == code) & (table.c.digest == digest)
    rows = connection.execute(select(table).where(of).order_by(table.c.id)).mappings()
    dropped = {"id", "plan"}
    return tuple(
        ApprovalRecord(**{k: v for k, v in row.items() if k not in dropped}) for row in rows
    )


_ORDER: Mapping[str, int] = {kind.value: at for at, kind in enumerate(StepKind)}


def _steps(connection: Connection, code: str) -> tuple[NetworkStep, ...]:
    query = select(network_steps).where(network_steps.c.plan == code)
    rows = connection.execute(query).mappings()
    found = [NetworkStep(**{k: v for k, v in row.items() if k != "plan"}) for row in rows]
    return tuple(sorted(found, key=lambda s: (s.number, _ORDER[s.step])))

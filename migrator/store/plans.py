"""Plans and approvals."""

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, insert, select

from migrator.errors import NotFound, Refused
from migrator.planning.plan import Plan
from migrator.runs.approvals import ApprovalRecord, PlanRecord
from migrator.store.audit import record
from migrator.store.tables import approvals, plans

if TYPE_CHECKING:
    from migrator.store.truth import Truth


KNOWN = 8
"""Plans that a process keeps whole."""


_NAMED = plans.c.code == bindparam("of_plan")
_DIGEST = select(plans.c.digest).where(_NAMED)
_MAKER = select(plans.c.author, plans.c.made_at).where(_NAMED)
"""Who made it and when. On SQLite these lie behind the body, which may be twenty megabytes and is gone
through to reach them: they are asked for once, since nothing ever changes them."""

_DECIDED = (
    select(approvals)
    .where(approvals.c.plan == bindparam("of_plan"), approvals.c.digest == bindparam("of_digest"))
    .order_by(approvals.c.id)
)


class _Checked(NamedTuple):
    """A plan, the digests of its bytes and of itself, and when (monotonic) they were seen to fit."""

    plan: Plan
    print: str
    digest: str
    at: float


class Plans:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth
        self._known: dict[str, _Checked] = {}
        self._makers: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, plan: Plan, author: str) -> PlanRecord:
        """Keep a new plan under the next code of the day (P-20261122-1)."""
        made_at = self._truth.now()
        prefix = f"P-{made_at[:10].replace('-', '')}-"
        with self._truth.writing() as connection:
            taken = connection.scalars(select(plans.c.code).where(plans.c.code.startswith(prefix)))
            code = f"{prefix}{1 + max((int(c.removeprefix(prefix)) for c in taken), default=0)}"
            connection.execute(
                insert(plans).values(
                    code=code,
                    digest=plan.digest,
                    body=plan.model_dump_json(),
                    author=author,
                    made_at=made_at,
                )
            )
            record(
                connection,
                at=made_at,
                actor=author,
                action="plan.make",
                object=code,
                detail={"digest": plan.digest, "items": [item.code for item in plan.items]},
            )
        return PlanRecord(code=code, digest=plan.digest, author=author, made_at=made_at)

    def all(self) -> list[PlanRecord]:
        """In the order in which they were made."""
        with self._truth.reading() as connection:
            codes = list(connection.scalars(select(plans.c.code)))
        return sorted((self.record(code) for code in codes), key=lambda one: one.made_at)

    def record(self, code: str) -> PlanRecord:
        """Raises NotFound."""
        with self._truth.reading() as connection:
            digest = connection.scalar(_DIGEST, {"of_plan": code})
            if digest is None:
                raise NotFound(f"没有此方案 / no such plan: {code}; see `qianyun plan list`")
            maker = self._makers.get((code, digest))
            if maker is None:
                author, made_at = connection.execute(_MAKER, {"of_plan": code}).one()
                maker = self._makers[code, digest] = (author, made_at)
            decided = connection.execute(_DECIDED, {"of_plan": code, "of_digest": digest})
            decisions = tuple(
                ApprovalRecord(**{k: v for k, v in a.items() if k not in {"id", "plan"}})
                for a in decided.mappings()
            )
            return PlanRecord(
                code=code,
                digest=digest,
                author=maker[0],
                made_at=maker[1],
                approvals=tuple(d for d in decisions if d.scope == "plan" and not d.kind),
                decisions=decisions,
            )

    def load(self, code: str, within: float = 0.0) -> Plan:
        """The plan itself, whose bytes are seen to fit its digest, or were at most `within` seconds ago.
        Raises NotFound; Refused when they no longer do."""
        kept = self.record(code)
        checked = self._known.get(code)
        if checked and checked.digest == kept.digest and time.monotonic() - checked.at < within:
            return checked.plan
        with self._truth.reading() as connection:
            body = connection.scalar(select(plans.c.body).where(plans.c.code == code))
        print_ = hashlib.sha256((body or "").encode()).hexdigest()
        try:
            if checked and (checked.print, checked.digest) == (print_, kept.digest):
                plan = checked.plan  # the very bytes that were checked before
            else:
                plan = Plan.read(body or "", kept.digest)
        except ValueError as error:
            raise Refused(
                f"方案 {code} 的内容与摘要不符，批准作废 / the plan is not the one of its digest, "
                f"its approval is void: {error}; make a new plan"
            ) from error
        if len(self._known) >= KNOWN:
            self._known = {}
        self._known[code] = _Checked(plan, print_, kept.digest, time.monotonic())
        return plan

    def known(self, code: str) -> Plan:
        """The plan as it was when this process last loaded it: for questions that are asked many
        times an item, and touch nothing. What acts, loads. Raises as `load`."""
        checked = self._known.get(code)
        return checked.plan if checked else self.load(code)

    def decide(
        self,
        code: str,
        *,
        decision: str,
        digest: str,
        actor: str,
        reason: str,
        scope: str = "plan",
        subjects: Sequence[str] = ("",),
        **evidence: str,
    ) -> None:
        """Write a decision (approve, reject, withdraw, evidence, no-evidence) on the plan, or on waves
        or items of it, with its audit entry. `evidence`: kind, reference, content."""
        at = self._truth.now()
        values = {"digest": digest, "decision": decision, "actor": actor, "reason": reason}
        told = {"scope": scope, "subjects": list(subjects)} if scope != "plan" else {}
        with self._truth.writing() as connection:
            for subject in subjects:
                of = {"scope": scope, "subject": subject}
                connection.execute(
                    insert(approvals).values(plan=code, at=at, **values, **of, **evidence)
                )
            record(
                connection,
                at=at,
                actor=actor,
                action=f"plan.{decision}",
                object=code,
                detail={"digest": digest, "reason": reason, **told, **evidence},
            )

"""Plans and approvals."""

from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import insert, select

from inventory.model import Frozen
from migrator.audit import record
from migrator.errors import NotFound, Refused
from migrator.plan import Plan
from migrator.tables import approvals, plans

if TYPE_CHECKING:
    from migrator.store import Truth


class PlanRecord(Frozen):
    """A plan with what is not part of its digest. `approvals`: decisions on this very digest."""

    code: str
    digest: str
    author: str
    made_at: str
    approvals: tuple["ApprovalRecord", ...] = ()

    @property
    def state(self) -> str:
        """draft, approved or rejected: the last decision counts."""
        if not self.approvals:
            return "draft"
        return "approved" if self.approvals[-1].decision == "approve" else "rejected"

    @property
    def self_approved(self) -> bool:
        """Whether the approval that counts is the author's own: then it is none."""
        return self.state == "approved" and same_person(self.author, self.approvals[-1].actor)


class ApprovalRecord(Frozen):
    digest: str
    decision: str
    actor: str
    reason: str
    at: str


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, however they were typed: wide or narrow, large or small.

    Unicode's compatibility caseless match (chapter 3.13, D146).
    """
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """A name as it is compared."""

    def fold(text: str) -> str:
        return normalize("NFKC", text).casefold()

    return normalize("NFKC", fold(fold(normalize("NFD", name)))).strip()


class Plans:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

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
        with self._truth.reading() as connection:
            codes = list(connection.scalars(select(plans.c.code).order_by(plans.c.made_at)))
        return [self.record(code) for code in codes]

    def record(self, code: str) -> PlanRecord:
        """Raises NotFound."""
        with self._truth.reading() as connection:
            row = connection.execute(select(plans).where(plans.c.code == code)).one_or_none()
            if row is None:
                raise NotFound(f"没有此方案 / no such plan: {code}; see `qianyun plan list`")
            decided = connection.execute(
                select(approvals)
                .where(approvals.c.plan == code, approvals.c.digest == row.digest)
                .order_by(approvals.c.id)
            )
            return PlanRecord(
                code=row.code,
                digest=row.digest,
                author=row.author,
                made_at=row.made_at,
                approvals=tuple(
                    ApprovalRecord(
                        digest=a.digest,
                        decision=a.decision,
                        actor=a.actor,
                        reason=a.reason,
                        at=a.at,
                    )
                    for a in decided
                ),
            )

    def load(self, code: str) -> Plan:
        """The plan itself. Raises NotFound; Refused when its bytes no longer fit its digest."""
        kept = self.record(code)
        with self._truth.reading() as connection:
            body = connection.scalar(select(plans.c.body).where(plans.c.code == code))
        try:
            return Plan.read(body or "", kept.digest)
        except ValueError as error:
            raise Refused(
                f"方案 {code} 的内容与摘要不符，批准作废 / the plan is not the one of its digest, "
                f"its approval is void: {error}; make a new plan"
            ) from error

    def decide(self, code: str, *, decision: str, digest: str, actor: str, reason: str) -> None:
        """Write an approval or a rejection with its audit entry."""
        at = self._truth.now()
        values = {"digest": digest, "decision": decision, "actor": actor, "reason": reason}
        with self._truth.writing() as connection:
            connection.execute(insert(approvals).values(plan=code, at=at, **values))
            record(
                connection,
                at=at,
                actor=actor,
                action=f"plan.{decision}",
                object=code,
                detail={"digest": digest, "reason": reason},
            )

"""What the HTTP API answers, typed: the OpenAPI document is made from this."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from migrator.planning.plan import Plan, StepKind
from migrator.runs.records import ItemState, RunState, StepState, Wanted


class Answer(BaseModel):
    """An answer never has fields that its description lacks."""

    model_config = ConfigDict(extra="forbid")


class Alive(Answer):
    status: Literal["alive"] = "alive"
    version: str = Field(description="迁云版本 / version of Qianyun")


class CheckAnswer(Answer):
    ok: bool
    detail: str = Field(default="", description="为何不正常 / why not")


class HealthAnswer(Answer):
    """503 while database or engine is away; degraded (200): they answer, and NetBox does not."""

    status: Literal["ok", "degraded", "down"]
    version: str = Field(description="迁云版本 / version of Qianyun")
    checks: dict[str, CheckAnswer] = Field(
        description="database, engine, netbox（已设置时 / where one is set）"
    )
    reasons: list[str] = Field(description="不正常之处 / what is not well")


class ApprovalAnswer(Answer):
    digest: str
    decision: str = Field(description="approve、reject 或 / or withdraw")
    actor: str
    reason: str
    at: datetime
    scope: str = Field(description="plan、wave 或 / or item")
    subject: str
    kind: str
    reference: str
    content: str


class PlanSummary(Answer):
    code: str = Field(examples=["P-20261122-1"])
    state: Literal["draft", "approved", "rejected"]
    digest: str = Field(description="SHA-256，审批所绑定 / what an approval binds to")
    author: str
    made_at: datetime
    approvals: list[ApprovalAnswer]


class PlanAnswer(PlanSummary):
    plan: Plan = Field(description="批次、迁移项与结论 / waves, items and verdicts")


class PlansAnswer(Answer):
    plans: list[PlanSummary]


_StateName = Annotated[
    str, WithJsonSchema({"type": "string", "enum": [state.value for state in ItemState]})
]
"""An `ItemState` as a plain text: pydantic asks each member of an enum for its value, which takes five
times as long, and a run has thousands of items."""


class RunHead(Answer):
    code: str = Field(examples=["R-20261122-1"])
    plan: str
    state: RunState
    paused: bool
    note: str
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    limits: dict[str, int] = Field(description="在途调整的限制 / limits changed in flight")


class RunCounted(RunHead):
    """In a list: how many items stand where; whose they are, the run itself tells."""

    states: dict[_StateName, int] = Field(description="状态 → 迁移项数 / items by state")


class RunSummary(RunHead):
    items: dict[str, _StateName] = Field(description="系统 → 状态 / state by system")


class StepAnswer(Answer):
    step: StepKind
    state: StepState
    message: str
    started_at: datetime | None
    ended_at: datetime | None


class ItemAnswer(Answer):
    run: str
    system: str
    wave: int
    state: ItemState
    wanted: Wanted = Field(description="前行或回退 / forward or rollback")
    paused: bool
    note: str
    ready_at: datetime | None
    begun_at: datetime | None
    steps: list[StepAnswer]


class AttemptAnswer(Answer):
    """One run of one step; `token` fences and is its name on the hosts (aTOKEN)."""

    token: int
    run: str
    system: str
    step: StepKind
    state: str
    machine: str
    pid: int | None
    cgroup: str
    folder: str
    message: str
    started_at: datetime
    ended_at: datetime | None
    rate_kbps: int | None = Field(description="线路上可用速率 / what it may take of its line")


class EvidenceAnswer(Answer):
    """What an attempt found; `digest` is the SHA-256 of its canonical JSON."""

    run: str
    system: str
    step: StepKind
    token: int
    body: dict[str, Any]
    digest: str
    at: datetime


class RunAnswer(Answer):
    code: str = Field(examples=["R-20261122-1"])
    plan: str
    state: RunState
    paused: bool
    note: str
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    limits: dict[str, int] = Field(description="在途调整的限制 / limits changed in flight")
    items: list[ItemAnswer]
    waiting_for_operator: list[str] = Field(description="等待操作人的系统 / systems that wait")
    attempts: list[AttemptAnswer]
    evidence: list[EvidenceAnswer]


class Fault(Answer):
    """One thing that is wrong with a request: where, and what was expected."""

    at: str
    expected: str


class Problem(Answer):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    faults: list[Fault] = Field(default=[], description="逐处错误 / each fault by its place")

"""What /api/v1/inventory answers, typed."""

from typing import Literal

from pydantic import Field, JsonValue

from api.http.responses import Answer
from inventory.changes import ChangeSet
from inventory.findings import Finding
from inventory.ledger.report import Ignored
from inventory.ledger.report import Problem as LedgerProblem
from inventory.store import Objection


class RowProblem(LedgerProblem):
    """A fault of a ledger and its place: under a name of its own in the document."""


class Checked(Answer):
    """What reading the ledgers gives; nothing is written."""

    ok: bool
    counts: dict[str, int]
    problems: list[RowProblem]
    ignored: list[Ignored]


class Touched(Answer):
    """Who changed a field in NetBox last."""

    kind: str
    code: str
    field: str
    at: str
    by: str


class Compared(Answer):
    """`digest`: of the changes, to be given when they are applied. `findings`: the conflicts; all of them,
    and who changed what (`touches`), where they were asked for live."""

    ok: bool
    digest: str
    counts: dict[str, int]
    problems: list[RowProblem]
    conflicts: int
    changes: ChangeSet
    findings: list[Finding]
    objections: list[Objection] = Field(default=[])
    touches: list[Touched] = Field(default=[])


class Applied(Compared):
    applied: bool
    estate: str = Field(description="写入后的摘要 / digest of the inventory afterwards")


class Counts(Answer):
    digest: str
    counts: dict[str, int]


class Thing(Answer):
    kind: str
    code: str
    name: str
    organisation: str | None = None
    facts: dict[str, JsonValue]


class Told(Answer):
    """Where a field was read."""

    field: str
    source: str
    sheet: str
    row: int
    column: str
    raw: str


class ThingWhole(Thing):
    provenance: list[Told]
    needs: list[str] = Field(default=[])
    needed_by: list[str] = Field(default=[])


class Pulling(Answer):
    full: bool = Field(default=False, description="全部重读 / read everything anew")


class Pulled(Answer):
    digest: str
    counts: dict[str, int]
    full: bool
    requests: int


class Settling(Answer):
    take: Literal["netbox", "ledger"]
    reason: str = Field(min_length=1, max_length=2000)

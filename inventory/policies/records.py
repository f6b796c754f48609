"""What people put on record about a policy, apart from the estate: declarations with evidence,
exceptions, what was handed in, events of clocks, baselines. Each names its policy and its entry.
"""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from inventory.model import Code, Frozen
from inventory.policies.pack import EntryId, PackId

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Period = Annotated[str, StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$")]


class Of(Frozen):
    policy: PackId
    entry: EntryId


class Declaration(Of):
    """“Done”, said by somebody who answers for it (R0-4, G11, G20). `code` names the object, `item`
    the item that it is about, where the entry has several."""

    on: date
    by: Text
    evidence: Text
    done: bool = True
    code: str | None = None
    item: str | None = None


class Exempt(Of):
    """An exception for one object (R0-2, R0-8); it ends with its review day (G22)."""

    code: str
    reason: Text
    approver: Text
    document: Text
    approved_on: date
    review_on: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review_on < self.approved_on:
            raise ValueError(
                f"复核日期早于批准日期 / reviewed before it is approved: {self.review_on} < "
                f"{self.approved_on}"
            )
        return self


class Handed(Of):
    """A report that was handed in: by which organisation or for which project, about which period
    (2018 or 2020-08), when, by which channels."""

    code: Code
    period: Period
    on: date
    channels: tuple[Text, ...] = ()
    evidence: Text


class Event(Of):
    """A clock that ran: what started it and, once it is over, what ended it."""

    code: str
    started: date
    ended: date | None = None
    evidence: Text


class BaselineFile(Frozen):
    """An estate as it was on a day (`qianyun inventory export --json`), next to the records, and its
    digest, so that it is the same one for good (G2)."""

    policy: PackId
    on: date
    file: Text
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Records(Frozen):
    """All of them. The order in which they were written never matters."""

    declarations: tuple[Declaration, ...] = ()
    exceptions: tuple[Exempt, ...] = ()
    reports: tuple[Handed, ...] = ()
    events: tuple[Event, ...] = ()
    baselines: tuple[BaselineFile, ...] = Field(default=())

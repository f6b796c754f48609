"""What people put on record about a policy, apart from the estate: declarations with evidence,
exceptions, what was handed in, events of clocks, baselines, each of a policy and its entry; and what
became of an object.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from inventory.model import Code, Frozen
from inventory.policies.ids import EntryId, PackId, SetName

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


class Became(StrEnum):
    """What became of an object that was counted once (G2)."""

    MERGED = "merged"
    RETIRED = "retired"
    EXCLUDED = "excluded"


class Fate(Frozen):
    """What became of an object, who decided it and on which paper.

    Merged (`into` another of its set) and retired hold for every policy, whether or not the object
    is still in the inventory. An exclusion is from one entry's count and names it: it says by whom
    and why and moves no number, since only facts do.
    """

    set: SetName = "systems"
    code: Code
    became: Became
    into: Code | None = None
    on: date
    by: Text
    evidence: Text
    policy: PackId | None = None
    entry: EntryId | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.became is Became.MERGED) != (self.into is not None) or self.into == self.code:
            raise ValueError(
                "合并须写明并入的对象 into，且不是它自己；其他情形不写 / into: expected the other object "
                "that it was merged into, and only then"
            )
        named = self.policy is not None and self.entry is not None
        if named != (self.became is Became.EXCLUDED) or (self.policy is None) != (
            self.entry is None
        ):
            raise ValueError(
                "排除须写明 policy 和 entry；其他情形不写 / policy and entry: expected both for what is "
                "excluded, and only then"
            )
        return self


class Baseline(Frozen):
    """Which estate is the one of a day, by its digest: the same for good (G2)."""

    policy: PackId
    on: date
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class BaselineFile(Baseline):
    """One in a file next to the records (`qianyun inventory export --json`)."""

    file: Text


class Records(Frozen):
    """All of them. The order in which they were written never matters."""

    declarations: tuple[Declaration, ...] = ()
    exceptions: tuple[Exempt, ...] = ()
    reports: tuple[Handed, ...] = ()
    events: tuple[Event, ...] = ()
    fates: tuple[Fate, ...] = ()
    baselines: tuple[BaselineFile, ...] = Field(default=())

    def joined(self, other: "Records") -> "Records":
        """These and those."""
        every = {name: getattr(self, name) + getattr(other, name) for name in Records.model_fields}
        return Records(**every)

"""How an estate stands against a policy on a day: values that screens, reports and finance read.

Amounts in yuan; every list in one order, whatever the order of the objects.
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction

from pydantic import Field

from inventory.model import Frozen
from inventory.policies.pack import Roles
from inventory.policies.records import Declaration, Exempt
from inventory.policies.wording import Severity


class Verdict(StrEnum):
    """How a target, a clock or a report stands."""

    MET = "met"
    PENDING = "pending"  # not reached; the day has not come, or there is none
    LATE = "late"
    EARLY = "early"  # ended before the time that had to pass
    BORN_LATE = "born_late"  # due before the policy held: told, never an alarm (G1-2)
    DISPUTED = (
        "disputed"  # reached by today's number and not by the baseline's, or the reverse (G2)
    )
    TOLD = "told"  # a soft clause: progress is told, nothing passes or fails (R0-3)
    UNJUDGED = "unjudged"  # facts are missing, or the text gives no threshold
    NOT_IN_FORCE = "not_in_force"


class Ratio(Frozen):
    """`done` of `total`. `undecided` are those of which it is not told whether they belong to the
    total; `unknown` those of the total of which it is not told whether they are done."""

    done: int
    total: int
    undecided: int = 0
    unknown: int = 0

    @property
    def value(self) -> Fraction | None:
        """None of nothing."""
        return Fraction(self.done, self.total) if self.total else None


class Lineage(Frozen):
    """What became of the objects that the baseline counted: codes (G2)."""

    kept: tuple[str, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()  # which, into which
    retired: tuple[str, ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()  # which, and by whom and why
    gone: tuple[str, ...] = ()  # no longer there and nothing told
    added: tuple[str, ...] = ()  # counted today and not then


class Group(Frozen):
    """One county, or the city's own departments (""). `to_go`: how many would be enough, where each
    has to reach the threshold by itself."""

    name: str
    ratio: Ratio
    to_go: int | None = None


class TargetResult(Frozen):
    """One target. `open` are the codes that are not done; `to_go`, how many of them would be enough;
    `days` until the deadline, negative once it is past; `nothing`: of what is told, nothing counts."""

    policy: str
    entry: str
    of: str
    title: str
    title_en: str
    clause: str
    quote: tuple[str, ...]
    severity: Severity
    kind: str
    set: str | None = None
    verdict: Verdict
    threshold: str | None = None
    at_most: bool = False
    today: Ratio | None = None
    baseline: Ratio | None = None
    baseline_on: date | None = None
    lineage: Lineage | None = None
    groups: tuple[Group, ...] = ()
    open: tuple[str, ...] = ()
    to_go: int | None = None
    deadline: date | None = None
    goal: date | None = None
    days: int | None = None
    declaration: Declaration | None = None
    exempt: tuple[Exempt, ...] = ()
    nothing: bool = False
    born_late: bool = False  # its day was past before the policy held: nobody is called (G1-2)
    roles: Roles = Roles()
    consequences: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def overdue(self) -> bool:
        """Whether its day is past and it is not reached."""
        return self.verdict is Verdict.LATE

    @property
    def unsettled(self) -> bool:
        """Whether its day is past and nobody can say: facts are missing, or the two numbers
        disagree. To leave a field blank must not be a way out; where all is told and nothing counts,
        nobody is called."""
        nobody = self.nothing and self.verdict is Verdict.UNJUDGED
        open_ = self.verdict in (Verdict.DISPUTED, Verdict.UNJUDGED) and not nobody
        open_ = open_ and not self.born_late
        return open_ and self.days is not None and self.days < 0 and self.threshold is not None


class Violation(Frozen):
    """One object against one rule. `exception` lets it pass; `lapsed` is one whose review day is
    past, `idle` one that the clause does not allow."""

    policy: str
    entry: str
    of: str
    title: str
    title_en: str
    clause: str
    quote: tuple[str, ...]
    severity: Severity
    set: str
    code: str
    name: str
    organisation: str | None = None
    since: date
    exception: Exempt | None = None
    lapsed: Exempt | None = None
    idle: Exempt | None = None
    consequences: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return self.exception is not None


class Timed(Frozen):
    """One run of a clock, or one report of one organisation: `due` inclusive, `done` when it ended.
    `period` is what a report is about, "" for a clock."""

    policy: str
    entry: str
    of: str
    title: str
    title_en: str
    clause: str
    severity: Severity
    code: str
    name: str
    period: str = ""
    started: date | None = None
    due: date | None = None
    done: date | None = None
    verdict: Verdict
    notes: tuple[tuple[str, str], ...] = ()
    consequences: tuple[str, ...] = ()


class Unjudged(Frozen):
    """How many objects a rule could not be asked of, because a fact is not told."""

    entry: str
    count: int
    codes: tuple[str, ...] = Field(default=(), repr=False)


class Assessment(Frozen):
    """One policy on one day."""

    policy: str
    title: str
    title_en: str
    day: date
    estate: str  # its digest
    in_force: bool
    effective_from: date
    expires_on: date | None = None
    targets: tuple[TargetResult, ...] = ()
    violations: tuple[Violation, ...] = ()
    timed: tuple[Timed, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    unowed: tuple[str, ...] = ()  # reports that no organisation of the inventory owes
    strays: tuple[tuple[str, str], ...] = ()  # records: entry, and a code that is nowhere

    @property
    def alarms(self) -> int:
        """What calls for somebody: hard targets that are late or that nobody can settle after their
        day, times that are late, hard rules broken."""
        late = sum((t.overdue or t.unsettled) and t.severity in _HARD for t in self.targets)
        late += sum(t.verdict in _BROKEN and t.severity in _HARD for t in self.timed)
        return late + sum(v.severity is Severity.ERROR and not v.passes for v in self.violations)


_BROKEN = (Verdict.LATE, Verdict.EARLY)
_HARD = (Severity.ERROR, Severity.DECLARED)

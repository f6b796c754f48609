"""A policy as data: one document, its targets, rules, clocks, reports and consequences.

Every entry names its clause and quotes it word for word. Texts that people read come in Chinese and
English. The checks here need one entry alone; those between entries are in `review.py`.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from inventory.model import Frozen
from inventory.policies.conditions import Conditions
from inventory.policies.forms import NAMES
from inventory.policies.ids import EntryId, PackId, SetName
from inventory.policies.measures import Measure, Threshold
from inventory.policies.wording import Severity, severity_of

Said = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Kind = Literal["targets", "rules", "clocks", "reports"]
Level = Literal["nation", "province", "city", "county"]
LEVELS: tuple[Level, ...] = ("nation", "province", "city", "county")
KINDS: tuple[Kind, ...] = ("targets", "rules", "clocks", "reports")


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Quotes = Annotated[tuple[Said, ...], BeforeValidator(_several), Field(min_length=1)]


def _form(value: str) -> str:
    if value not in NAMES:
        raise ValueError(f"应为其一 / expected one of: {'、'.join(NAMES)}")
    return value


FormName = Annotated[str, BeforeValidator(_form)]


class Validity(Frozen):
    """When the document holds. `source` says which date `effective_from` was taken from, and
    `source_note` why, where the text leaves a choice (G1-5)."""

    signed: date
    issued: date | None = None
    published: date | None = None
    effective_from: date
    expires_on: date | None = None
    source: Literal["signed", "issued", "published", "chosen"]
    source_note: str = ""
    source_note_en: str = ""


class Roles(Frozen):
    """牵头 / 配合 / 责任 / 落实 (G6), by the names of the document."""

    lead: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    responsible: tuple[str, ...] = ()
    carries_out: tuple[str, ...] = ()

    def named(self) -> Iterator[tuple[str, int, str]]:
        for role in type(self).model_fields:
            for index, name in enumerate(getattr(self, role)):
                yield role, index, name


class Body(Frozen):
    """An organisation that the document names; `group`: it stands for several."""

    name: Said
    also: tuple[Said, ...] = ()
    group: bool = False


class Instrument(Frozen):
    """One of several instruments of a document, with its own validity (Xianning 办法, 细则, 方案)."""

    id: Said
    title: Said
    expires_on: date | None = None
    clause: str = ""
    quote: Quotes | None = None


class Defect(Frozen):
    """A conflict or damage in the text, kept as it is (G1)."""

    clause: Said
    quote: Quotes
    note: Said
    note_en: Said


class Consequence(Frozen):
    """What follows. A `hold` stops money: `amount` is the object's field that says how much is at
    stake, in yuan; `phase_out` and the others only tell. `only_open`: it follows a time that is
    over only while nothing was done (拒不执行), not for what came late; `next_year`: it is about the
    money of the year after the one in which that time ended, and is told no longer."""

    id: EntryId
    kind: Literal["notice", "hold", "phase_out", "no_approval", "appraisal"]
    title: Said
    title_en: Said
    clause: Said
    quote: Quotes
    amount: str | None = None
    by: tuple[str, ...] = ()
    only_open: bool = False
    next_year: bool = False


class Entry(Frozen):
    """What every target, rule, clock and report has.

    `wording` is the word of the clause that says how hard it is; `severity` stands only where the
    clause has no such word, and `wording_note` says why then, or why a soft clause is taken as hard.
    `of` is the id of the pack whose text is quoted; the loader writes it. `form` is the report that
    answers it and `to` who reads that, by the names of the clause.
    """

    id: EntryId
    of: str = ""
    title: Said
    title_en: Said
    clause: Said
    quote: Quotes
    wording: str = ""
    severity_set: Severity | None = Field(default=None, alias="severity")
    wording_note: str = ""
    wording_note_en: str = ""
    roles: Roles = Roles()
    consequences: tuple[EntryId, ...] = ()
    note: str = ""
    note_en: str = ""
    set: SetName | None = None
    where: Conditions = ()
    form: FormName | None = None
    to: tuple[Said, ...] = ()

    @property
    def severity(self) -> Severity:
        """How hard it is. `review.py` makes sure that the word is in the table and in the quote."""
        return self.severity_set or severity_of(self.wording) or Severity.INFO


class Target(Entry):
    """A number or a state to reach, by a day. `goal` is an earlier date that another clause names for
    the same (G1-1); `deadline_note` stands where the day can't be read in the quote."""

    measure: Measure
    threshold: Threshold | None = None
    deadline: date | None = None
    deadline_note: str = ""
    deadline_note_en: str = ""
    goal: date | None = None
    goal_clause: str = ""
    goal_quote: Quotes | None = None
    groups: bool = False  # told for the city's own departments and each county too
    each_group: bool = False  # and each county, by itself, has to reach the threshold


class Rule(Entry):
    """A prohibition: objects of `set` that match `where` must not match `breach`. `since` is the
    first day on which it binds, the pack's own without one; `exception_words` are the words of the
    quote that let a hard rule be excepted."""

    set: SetName
    breach: Conditions = Field(min_length=1)
    since: date | None = None
    exception_words: str = ""

    @property
    def exceptable(self) -> bool:
        """Whether a recorded exception counts (R0-2, R0-8)."""
        return self.severity is not Severity.ERROR or bool(self.exception_words)


class Clock(Entry):
    """A time between two days: two date fields of an object, or recorded events where it names
    none. `at_least` turns a limit into a time that must have passed."""

    starts: str | None = None
    ends: str | None = None
    working_days: int | None = Field(default=None, ge=1)
    months: int | None = Field(default=None, ge=1)
    words: Said
    at_least: bool = False


class Report(Entry):
    """What has to be handed in again and again by each organisation of `set`. `due` is the day of the
    month, 0 its last; `about`: the period that a report is about, the running or the previous one. A
    quarter has the name of its last month, 2019-03."""

    set: SetName = "organisations"
    every: Literal["year", "quarter", "month"]
    month: int | None = Field(default=None, ge=1, le=12)
    due: int = Field(ge=0, le=28)
    about: Literal["running", "previous"]
    first_due: date
    channels: tuple[Said, ...] = ()


class Proof(Frozen):
    """One piece of evidence: facts of the inventory and declarations, or a time of a clock of this
    policy that must have passed. `named`: the text itself asks for it; else it is our proposal."""

    title: Said
    title_en: Said
    needs: Conditions = ()
    clock: EntryId | None = None
    named: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.needs) == bool(self.clock):
            raise ValueError("应为 needs 或 clock 之一 / expected one of needs, clock")
        return self


class Phase(Frozen):
    """A part of an object's way, in the order of `number`. It begins once the phases of `after` are
    left and the evidence of `enter` (the gate) is there, and is left with that of `leave`. `where`
    says whom it concerns; `entries` are the targets that set its day."""

    id: EntryId
    number: int = Field(ge=0)
    title: Said
    title_en: Said
    clause: Said
    quote: Quotes
    set: Literal["systems", "projects", "lines"] = "systems"
    where: Conditions = ()
    after: tuple[EntryId, ...] = ()
    enter: tuple[Proof, ...] = ()
    leave: tuple[Proof, ...] = Field(min_length=1)
    entries: tuple[EntryId, ...] = ()
    roles: Roles = Roles()
    note: str = ""
    note_en: str = ""


class Waived(Frozen):
    """An entry of a policy above that this one takes back, with its own clause."""

    id: EntryId
    clause: Said
    quote: Quotes


class Pack(Frozen):
    """A whole policy. `inherits`: the policy above, whose entries hold here unless one with the same
    id overrides them or `waives` takes them back (G17)."""

    id: PackId
    title: Said
    title_en: Said
    number: Said
    place: Said
    level: Level
    inherits: PackId | None = None
    source_file: str = ""
    validity: Validity
    organisations: tuple[Body, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    defects: tuple[Defect, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    clocks: tuple[Clock, ...] = ()
    reports: tuple[Report, ...] = ()
    phases: tuple[Phase, ...] = ()
    waives: tuple[Waived, ...] = ()

    def entries(self) -> Iterator[tuple[Kind, int, Entry]]:
        """Every entry with its kind and its place in the list."""
        for kind in KINDS:
            for index, entry in enumerate(getattr(self, kind)):
                yield kind, index, entry

    def consequence(self, named: str) -> Consequence:
        return next(c for c in self.consequences if c.id == named)

    def expires(self, clause: str = "") -> date | None:
        """The last day on which a clause holds: that of its instrument, whose id stands before the
        clause, else that of the document."""
        for instrument in self.instruments:
            if clause.split(" ", maxsplit=1)[0] == instrument.id:
                return instrument.expires_on or self.validity.expires_on
        return self.validity.expires_on

    def in_force(self, day: date, clause: str = "") -> bool:
        """Whether the document, or a clause of it, holds on `day`, both ends inclusive."""
        until = self.expires(clause)
        return self.validity.effective_from <= day and (until is None or day <= until)

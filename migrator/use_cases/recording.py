"""Use cases around records of policies: put down, withdraw, read all of them. Every way in calls
these.

What stands in files (the city's shelf) and in the database is one: a judgement reads both.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import JsonValue, ValidationError

from inventory.changes import WORDS
from inventory.errors import RecordRefused
from inventory.halves import together
from inventory.model import Estate
from inventory.policies.checking import slips
from inventory.policies.faults import of_validation
from inventory.policies.naming import elsewhere, named_in, strange
from inventory.policies.records import (
    Baseline,
    BaselineFile,
    Event,
    Exempt,
    Fate,
    Records,
)
from inventory.policies.shelf import Shelf, first_baseline
from inventory.policies.wording import Severity
from inventory.references import rings
from inventory.store import EstateStore
from migrator.errors import Forbidden
from migrator.people.rights import Deed, Person, Subject, within
from migrator.people.scope import Owners
from migrator.store.records import KINDS, Kept, Record, kind_of
from migrator.store.sendings import Sending
from migrator.store.truth import Truth


@dataclass(frozen=True)
class Recording:
    """`recorders`: accounts of the operating system that may put something on record; empty: all
    that may run the program. A name given with --as is only a name, so it is never asked."""

    truth: Truth
    estate: EstateStore
    shelf: Shelf
    recorders: tuple[str, ...] = ()

    def book(self) -> "Book":
        """All that stands now. Raises PackError, PackRefused, StoreDown."""
        records, baselines = self.truth.records.standing()
        handed = Records(reports=self.truth.sendings.handed())  # through `qianyun report`
        joined = self.shelf.records().joined(records).joined(handed)
        return Book(self, joined, baselines)

    def put(
        self, kind: str, told: Mapping[str, JsonValue | date], actor: Person, day: date
    ) -> Kept:
        """Put a record of a kind (`KINDS`) down as of `day`, the city's today.

        Raises RecordRefused with every mistake, Forbidden for an account that may not.
        """
        about = told.get("code")
        self._may(actor, f"policy.{kind}", Deed.POLICY_RECORD, str(about) if about else None)
        try:
            record = KINDS[kind].model_validate(dict(told))
        except ValidationError as error:
            found = of_validation(error, KINDS[kind], Path(kind), {})
            lines = [_line(fault.at, fault.read, fault.expected) for fault in found]
            raise RecordRefused(_message(lines)) from None
        faults = list(self._faults(record, day))
        if faults:
            raise RecordRefused(_message(faults))
        return self.truth.records.add(record, actor.name)

    def keep_baseline(self, policy: str, actor: Person, day: date) -> Kept:
        """Keep the inventory as it is, as the policy's baseline of `day`. Raises RecordRefused
        where it would take the place of another, Forbidden."""
        self._may(actor, "policy.baseline", Deed.POLICY_RECORD, None)
        self.shelf.pack(policy)
        estate = self.estate.load()
        if not any(objects for _, objects in estate.collections()):
            raise RecordRefused(
                "台账库为空，不能作为基线 / the inventory is empty and can't be a baseline: apply a "
                "ledger first"
            )
        made = Baseline(policy=policy, on=day, digest=estate.digest)
        first = first_baseline(self.book().all_baselines(), policy, date.max)
        if first is not None and day <= first.on and first.digest != made.digest:
            raise RecordRefused(
                f"已有 {first.on} 的基线，更早的会取而代之 / there is a baseline of {first.on}, and one of "
                f"{day} would take its place: withdraw that one first, with a reason "
                "(`qianyun policy records`)"
            )
        return self.truth.records.add(made, actor.name, estate)

    def hand_in(self, sending: Sending, actor: Person) -> Sending:
        """Put down that a report went out. Raises Refused where the same is on record, Forbidden."""
        self._may(actor, "report.send", Deed.REPORT_SEND, sending.code or None)
        return self.truth.sendings.add(sending, actor=actor.name)

    def withdraw(self, number: int, actor: Person, reason: str) -> Kept:
        """Take a record back that a command put down. Raises RecordRefused without a reason,
        NotFound, Refused, Forbidden."""
        self._may(actor, "policy.withdraw", Deed.POLICY_WITHDRAW, None)
        if not reason.strip():
            raise RecordRefused(
                "撤回须写明理由 / a withdrawal needs a reason: read an empty text, expected why"
            )
        return self.truth.records.withdraw(number, actor.name, reason.strip())

    def listed(self, *, withdrawn: bool = False) -> tuple[Kept, ...]:
        """Those of the database, by number."""
        return self.truth.records.listed(withdrawn=withdrawn)

    def seen(
        self, person: Person, whole: Callable[[], Estate], *, withdrawn: bool = False
    ) -> list[Kept]:
        """Those that are about what a person sees. `whole`: the estate as a server holds it."""
        self.truth.permit(person, Deed.POLICY_READ, "records")
        every = list(self.listed(withdrawn=withdrawn))
        if person.whole_city:
            return every
        owners = Owners(whole())
        return [
            kept
            for kept in every
            if (code := getattr(kept.record, "code", None))
            and any(within(person, o) for o in owners.of_code(code).organisations)
        ]

    def _may(self, actor: Person, action: str, deed: Deed, about: str | None) -> None:
        """`about`: the code of the object; None: of the whole city. Raises Forbidden."""
        subject = None
        if not actor.whole_city:
            owners = Owners(self.estate.load())
            subject = owners.of_code(about) if about else Subject.of(None)
        self.truth.permit(actor, deed, about or "records", subject)
        if actor.via:  # accounts of this machine are asked of who sits at it
            return
        if self.recorders and self.truth.login not in self.recorders:
            self.truth.audit(actor.name, f"{action}.refused", "records", reason="not a recorder")
            raise Forbidden(
                f"账户 {self.truth.login} 无权登记 / the account {self.truth.login} may not put anything "
                f"on record: expected one of {'、'.join(self.recorders)} (QIANYUN_RECORDERS)"
            )

    def _faults(self, record: Record, day: date) -> Iterable[str]:
        """What a file's records are asked, and what only a command can: the day and the object."""
        if isinstance(record, Baseline):  # only `keep_baseline` has the estate for it
            raise RecordRefused(
                "基线由 baseline 保存 / a baseline is kept by `qianyun policy baseline`"
            )
        one = Records.model_validate({f"{kind_of(record)}s": (record,)})
        wrong = [
            _line(str(s.at[2]) if len(s.at) > 2 else "code", s.read, s.expected)
            for s in slips(one, self.shelf.packs())
        ]
        if wrong:
            return wrong
        return [*_of_day(record, day), *self._of_entry(record), *self._of_object(record, day)]

    def _of_entry(self, record: Record) -> Iterable[str]:
        if not isinstance(record, Exempt):
            return
        pack = self.shelf.pack(record.policy)
        rule = next((r for r in pack.rules if r.id == record.entry), None)
        target = next((t for t in pack.targets if t.id == record.entry), None)
        hard = rule is not None and not rule.exceptable
        hard = hard or (target is not None and target.severity is Severity.ERROR)
        if hard or (rule is None and target is None):
            yield _line(
                "entry",
                record.entry,
                "该条款不许例外，应为“原则上”或写明例外的条款 / its clause allows no exception: expected "
                "one in principle or one that names the exception",
            )

    def _of_object(self, record: Record, day: date) -> Iterable[str]:
        """There is such an object, and it is of the kind that the entry is about."""
        policy, now = record.policy or "", self.estate.load()
        one = Records.model_validate({f"{kind_of(record)}s": (record,)})
        pack = self.shelf.pack(policy) if policy else None
        wrong = strange(named_in(policy, one, pack), now)
        book = self.book()
        then: list[Estate | None] = [now]
        if wrong:
            told = {b.policy for b in book.all_baselines() if policy in ("", b.policy)}
            then += [b[1] for named in sorted(told) if (b := book.baseline(named, day))]
            wrong = strange(wrong, *then)
        there = elsewhere(wrong, *then)
        for found in sorted(wrong):
            if found.code in there and found.of:
                kind = WORDS.get(found.of, "县（市、区）")
                wanted = f"不是{kind}的编号 / expected a code of {found.of}, for that is what it is about"
                yield _line("code", found.code, wanted)
            elif not isinstance(record, Event):  # a clock may be of a request, with its number
                wanted = (
                    "台账与基线中均无此编号 / expected the code of an object of the inventory or of a "
                    "baseline"
                )
                yield _line("code", found.code, wanted)
        if isinstance(record, Fate) and record.into:
            yield from _rings(record, now, book.records.fates)


@dataclass(frozen=True)
class Book:
    """All that stood when it was opened."""

    of: Recording
    records: Records
    kept: tuple[Baseline, ...]

    def all_baselines(self) -> tuple[Baseline, ...]:
        """Those in files, and those in the database."""
        return (*self.records.baselines, *self.kept)

    def baseline(self, policy: str, day: date) -> tuple[date, Estate] | None:
        """The first baseline of a policy that is on record by `day`: a later one never replaces it.
        Raises PackError where its file is missing or was changed, StoreDown."""
        first = first_baseline(self.all_baselines(), policy, day)
        if first is None:
            return None
        if isinstance(first, BaselineFile):
            return first.on, self.of.shelf.estate_of(first)
        return first.on, self.of.truth.records.estate(first.digest)


def _rings(record: Fate, now: Estate, fates: Iterable[Fate]) -> Iterable[str]:
    """A merger that leads back to itself: then all of them would have gone nowhere."""
    told = {f.code: f.into for f in fates if f.set == record.set and f.into and not f.entry}
    if record.set == "systems":
        told |= {s.code: s.merged_into for s in now.systems if s.merged_into}
    for ring in rings(told | {record.code: record.into or ""}):
        if record.code in ring:
            way = " → ".join((*ring, ring[0]))
            yield _line(
                "into",
                str(record.into),
                f"互相并入，成了一圈，应有一个留用 / merged into each other in a ring, expected one of them "
                f"to stay: {way}",
            )


def _of_day(record: Record, day: date) -> Iterable[str]:
    """What has happened can't lie in the future."""
    fields = {Exempt: ("approved_on",), Event: ("started", "ended")}
    for name in fields.get(type(record), ("on",)):
        told: date | None = getattr(record, name)
        if told is not None and told > day:
            wanted = f"应不晚于今日 {day} / expected no later than today, {day}"
            yield _line(name, str(told), wanted)


def _line(at: str, read: str, wanted: str) -> str:
    told = together(f"读到 {read} / read {read}", wanted) if read else wanted
    return f"  {at}: {told}"


def _message(lines: Iterable[str]) -> str:
    return "登记被拒绝 / the record is refused, nothing was written:\n" + "\n".join(lines)

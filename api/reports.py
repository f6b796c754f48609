"""Reports as the ways in ask for them: what they are made from, made final once, written, handed in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.bootstrap import Qianyun
from api.errors import BadUsage
from inventory.errors import ReportError
from inventory.ledger_write.writing import write_files
from inventory.model import Estate
from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment
from inventory.policies.forms import form_of
from inventory.policies.pack import Pack
from inventory.policies.shelf import Shelf
from inventory.report_write.write import KINDS, written
from inventory.reports.case import PLACE, Case, Sampling, Scope
from inventory.reports.cleanup import drawn_by
from inventory.reports.kinds import make
from inventory.reports.model import Report, Text
from inventory.reports.periods import (
    Due,
    Period,
    began,
    default_period,
    dues,
    entry_for,
    fits,
    period_of,
)
from inventory.verification import Verification, verify
from migrator.errors import NotFound, Refused
from migrator.people.rights import Deed, Person, Subject, within
from migrator.store.records import Kept as Recorded
from migrator.store.reports import Kept
from migrator.store.sendings import Sending

_UNFIT = re.compile(r"[\s/\\:*?\"<>|\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Wanted:
    """What was asked for; None where nothing was said."""

    form: str
    policy: str | None = None
    period: str | None = None
    scope: Scope = PLACE
    sampling: Sampling | None = None
    remark: str = ""
    final: bool = False
    revise: str = ""


@dataclass(frozen=True)
class Made:
    """`kept`: the final one, None for a report that is only shown."""

    report: Report
    kept: Kept | None


@dataclass(frozen=True)
class Office:
    """Where reports are made: the product, and the day that is today."""

    product: Qianyun
    today: date

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.product.settings.state / "policies")

    def assessed(self, pack: Pack, day: date) -> Assessment:
        """How the place stands on a day, with the estate of that day."""
        book = self.product.recording.book()
        baseline = book.baseline(pack.id, day)
        return assess(pack, self.estate(day)[0], book.records, day, baseline)

    def estate(self, day: date) -> tuple[Estate, str]:
        """The estate as it stood at the end of a day, and since when that is so: a past day's from
        what was kept; where nothing was kept by then, today's, and that is said."""
        if day >= self.today:
            return self.product.estate.load(), self.today.isoformat()
        found = self._kept(day)
        if found is not None:
            return found, day.isoformat()
        return self.product.estate.load(), f"{self.today}（截止日没有留存快照）"

    def _kept(self, day: date) -> Estate | None:
        from inventory.store_embedded import EmbeddedStore  # noqa: PLC0415

        end = datetime.combine(day, time.max, ZoneInfo(self.product.settings.timezone))
        return EmbeddedStore(self.product.truth.engine).as_of(end)

    def pack(self, form: str, policy: str | None) -> Pack:
        """The policy that is named, else the only one that asks for the form. Raises BadUsage."""
        if policy is not None:
            return self.shelf.pack(policy)
        packs = [self.shelf.pack(named) for named in self.shelf.names()]
        asking = [pack for pack in packs if entry_for(pack, form)]
        if len(asking) != 1:
            told = "、".join(pack.id for pack in asking or packs)
            raise BadUsage(
                f"请用 --policy 指明政策 / name the policy: read no --policy, expected one of: {told}"
            )
        return asking[0]

    def make(self, wanted: Wanted, actor: Person) -> Made:
        """The report: the final one where there is one, else made now, and kept where that is
        wanted. Raises ReportError, Refused."""
        pack = self.pack(wanted.form, wanted.policy)
        entry = entry_for(pack, wanted.form)
        told = wanted.period
        period = default_period(entry, self.today) if told is None else period_of(told)
        fits(entry, period)
        store = self.product.truth.reports
        scope = self._scope(wanted.scope)
        deed = Deed.REPORT_FINAL if wanted.final or wanted.revise else Deed.REPORT_READ
        self.product.truth.permit(actor, deed, wanted.form, Subject.of(scope.organisation))
        kept = store.find(wanted.form, pack.id, period.told, scope.key)
        if kept and not wanted.revise:
            _holds(kept, wanted)
            return Made(kept.report, kept)
        report = make(self._case(wanted, pack, period, scope))
        if not (wanted.final or wanted.revise):
            return Made(report, None)
        if report.draft:
            raise ReportError(
                f"未到截止日 {period.last}，不能定稿 / not final before its cut-off day: read today "
                f"{self.today}, expected {period.last} or later"
            )
        return Made(report, store.keep(report, {}, actor=actor.name, reason=wanted.revise))

    def _scope(self, told: Scope) -> Scope:
        """By code, however the organisation was named."""
        if told.organisation is None:
            return told
        every = self.product.estate.load().organisations
        wanted = told.organisation
        found = [o for o in every if wanted in (o.code, o.name, *o.aliases)]
        return Scope(organisation=found[0].code) if len(found) == 1 else told

    def _case(self, wanted: Wanted, pack: Pack, period: Period, scope: Scope) -> Case:
        day = min(period.last, self.today)
        estate, as_of = self.estate(day)
        book = self.product.recording.book()
        verification, looks = None, ""
        if wanted.form == "verification":
            verification, looks = self._verification(estate)
        return Case(
            pack=pack,
            form=wanted.form,
            period=period,
            estate=estate,
            records=book.records,
            day=day,
            made_on=self.today,
            scope=scope,
            as_of=as_of,
            baseline=book.baseline(pack.id, day),
            earlier=self._kept(period.first - timedelta(days=1)),
            verification=verification,
            looks=looks,
            sampling=wanted.sampling,
            remark=wanted.remark,
        )

    def _verification(self, estate: Estate) -> tuple[Verification | None, str]:
        """What the newest looks at the hosts found; None before the first look."""
        census = self.product.truth.census
        codes = [h.code for h in estate.hosts]
        latest, failed = census.latest(codes), census.failed(codes)
        if not latest and not failed:
            return None, ""
        days = sorted(look.visit.ended[:10] for look in latest.values())
        span = f"{days[0]} 至 {days[-1]} 的主机查看记录" if days else "主机查看记录"
        return verify(estate, latest, failed, self.today), span

    def dues(self, policy: str | None, person: Person) -> list[Due]:
        """What is to be handed in and who has not yet; of one who is bound to organisations, theirs.
        Raises PackError."""
        self.product.truth.permit(person, Deed.REPORT_READ, "dues")
        names = self.shelf.names() if policy is None else (policy,)
        packs = [self.shelf.pack(named) for named in names]
        found = [
            due
            for pack in packs
            if pack.in_force(self.today)
            for due in dues(pack, self.assessed(pack, self.today))
        ]
        if person.organisations is None:
            return found
        mine = person.organisations
        return [
            replace(
                due,
                reported=tuple(c for c in due.reported if c in mine),
                late=tuple(c for c in due.late if c in mine),
                missing=tuple(c for c in due.missing if c in mine),
            )
            for due in found
        ]

    def kept(self, person: Person) -> list[Kept]:
        """Final reports that a person sees: all, or their organisations' own."""
        self.product.truth.permit(person, Deed.REPORT_READ, "reports")
        every = self.product.truth.reports.every()
        return [one for one in every if _seen(person, one.report.scope)]

    def final(self, number: int, person: Person) -> Kept:
        """Raises NotFound."""
        self.product.truth.permit(person, Deed.REPORT_READ, f"report {number}")
        found = self.product.truth.reports.get(number)
        if not _seen(person, found.report.scope):
            raise NotFound(f"没有此报告 / no such report: {number}; see `qianyun report kept`")
        return found

    def file(self, kept: Kept, kind: str, person: Person) -> bytes:
        """The file of a final report, as it was first written; the reading is noted."""
        body = self._content(Made(kept.report, kept), kind, person)
        self.product.truth.audit(person.name, "report.read", f"report {kept.id}", kind=kind)
        return body

    def sendings(self, person: Person) -> list[Sending]:
        self.product.truth.permit(person, Deed.REPORT_READ, "sendings")
        return [one for one in self.product.truth.sendings.every() if within(person, one.code)]

    def send(
        self, number: int, person: Person, *, on: date, channel: str, to: str, evidence: str
    ) -> Sending:
        """Put down that a final report went out; nothing is sent. Raises NotFound, BadUsage,
        ReportError, Refused."""
        report = self.final(number, person).report
        began(period_of(report.cut_off.isoformat()), on)  # its figures were not there before
        if on > self.today:
            raise BadUsage(
                f"--on 不能晚于今日 / --on: read {on}, expected no later than today, {self.today}"
            )
        scope = report.scope.partition(":")
        code = scope[2] if scope[0] == "organisation" else self._issuer(report.issuer)
        sending = Sending(
            policy=report.source.policy,
            entry=report.source.entry,
            code=code,
            period=report.period,
            on=on,
            channel=channel,
            receiver=to or report.addressee,
            evidence=evidence,
            report=number,
        )
        return self.product.recording.hand_in(sending, person)

    def receive(
        self,
        person: Person,
        *,
        policy: str,
        entry: str,
        organisation: str,
        period: str,
        on: date,
        channels: Sequence[str],
        evidence: str,
    ) -> tuple[Recorded, str]:
        """Put down what another organisation handed in; the record, and the title of what it was.
        Raises ReportError, RecordRefused."""
        asked = {e.id: e for e in self.shelf.pack(policy).reports}
        if entry not in asked:
            raise ReportError(
                f"该政策没有此报送条目 / no such report in {policy}: read {entry}, expected one of: "
                f"{'、'.join(asked)}"
            )
        about = period_of(period)
        fits(asked[entry], about)
        began(about, on)
        told: dict[str, Any] = {"policy": policy, "entry": entry, "code": organisation}
        told |= {"period": period, "channels": list(channels), "on": on, "evidence": evidence}
        kept = self.product.recording.put("report", told, person, self.today)
        return kept, asked[entry].title

    def _issuer(self, name: str) -> str:
        """The code of the organisation that issued a whole place's report, "" where it is no one's
        of the inventory."""
        every = self.product.estate.load().organisations
        return next((o.code for o in every if name and name in (o.name, *o.aliases)), "")

    def write(
        self, made: Made, to: Path, *, actor: Person, replace: bool = False
    ) -> Mapping[Path, bytes]:
        """Put the files where they belong: one where `to` ends in a kind of file, else the form's
        kinds in a folder. Of a final report they are the very bytes that were written first.
        Raises ReportError, Unprintable, LedgerError where files are in the way."""
        kind = to.suffix.removeprefix(".").lower()
        if kind in KINDS:
            paths = {to: kind}
        elif kind and not to.is_dir():
            self._written(made.report, kind)  # says which kinds there are
            paths = {}
        else:
            name = _UNFIT.sub("", made.report.title)[:80] or made.report.form
            paths = {to / f"{name}.{kind}": kind for kind in form_of(made.report.form).files}
        contents = {path: self._content(made, kind, actor) for path, kind in paths.items()}
        write_files(contents, replace=replace)
        return contents

    def _content(self, made: Made, kind: str, actor: Person) -> bytes:
        if made.kept is None:
            return self._written(made.report, kind)
        store = self.product.truth.reports
        found = store.content(made.kept.id, kind)
        if found is None:
            store.add_file(made.kept.id, kind, self._written(made.report, kind), actor=actor.name)
            found = store.content(made.kept.id, kind)
            assert found is not None
        return found

    def _written(self, report: Report, kind: str) -> bytes:
        return written(report, kind, self.product.settings.state / "printing")


def _seen(person: Person, scope: str) -> bool:
    """Whether a report of a scope ("", county:NAME, organisation:CODE) is a person's to see."""
    kind, _, code = scope.partition(":")
    return person.whole_city or (kind == "organisation" and within(person, code))


def _holds(kept: Kept, wanted: Wanted) -> None:
    """Raises Refused where something was asked for that a report which is final has not in it: a
    remark, another sample."""
    texts = {b.text for s in kept.report.sections for b in s.blocks if isinstance(b, Text)}
    notes = {note for table in kept.report.tables() for note in table.notes}
    missing = "--remark" if wanted.remark and wanted.remark not in texts else ""
    if wanted.sampling and not any(drawn_by(wanted.sampling) in note for note in notes):
        missing = "--seed --size"
    if missing:
        raise Refused(
            f"该报告已于 {kept.made_at[:10]} 定稿（第 {kept.id} 号），{missing} 的内容不在其中；更正请用 "
            f"--revise 说明理由 / this report is final since {kept.made_at[:10]} (number {kept.id}) and "
            f"has not what {missing} says: read {missing}, expected none, or --revise REASON to correct it"
        )

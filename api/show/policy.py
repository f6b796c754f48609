"""Screens of policies: the list, one pack, mistakes, how the city stands, money on hold."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from rich.console import RenderableType
from rich.text import Text

from api.show.inventory import shown_value
from api.show.parts import BAD, BUSY, DIM, GOOD, HEAD, lines, rows, table, text
from api.words import Words
from inventory.errors import PackFault
from inventory.policies.assessment import Assessment, Ratio, TargetResult, Timed, Verdict, Violation
from inventory.policies.fields import label, owner_of
from inventory.policies.holds import Hold, total
from inventory.policies.pack import KINDS, Entry, Pack, Phase, Roles, Target
from inventory.secrecy import CLASSIFIED_NAME

_STYLES = {
    Verdict.MET: GOOD,
    Verdict.LATE: BAD,
    Verdict.EARLY: BAD,
    Verdict.DISPUTED: BUSY,
    Verdict.UNJUDGED: BUSY,
    Verdict.BORN_LATE: DIM,
    Verdict.TOLD: DIM,
    Verdict.NOT_IN_FORCE: DIM,
}
_SHOWN = 3


def list_screen(packs: Iterable[Pack], day: date, say: Words) -> Iterator[RenderableType]:
    """One row a policy."""
    heads = (say(key) for key in ("policy", "name", "number", "city", "in_force", *KINDS))
    yield rows(
        table(*heads),
        (
            (
                pack.id,
                _title(pack, say),
                pack.number,
                pack.place,
                _force(pack, day, say),
                *(len(getattr(pack, kind)) for kind in KINDS),
            )
            for pack in packs
        ),
    )


def pack_screen(pack: Pack, say: Words) -> Iterator[RenderableType]:
    """The whole of a policy, an entry a row."""
    validity = pack.validity
    until = say("until", day=validity.expires_on) if validity.expires_on else say("no_end")
    yield text(f"{pack.id}  {_title(pack, say)}", HEAD)
    yield text(f"{pack.number}  {say('since_until', since=validity.effective_from, until=until)}")
    for instrument in pack.instruments:
        if instrument.expires_on:
            yield text(f"{instrument.id}: {say('until', day=instrument.expires_on)}", DIM)
    for kind in KINDS:
        entries: tuple[Entry, ...] = getattr(pack, kind)
        if entries:
            heads = ("code", "name", "severity", "threshold", "deadline", "who", "clause")
            made = table(*(say(head) for head in heads), title=say(kind))
            yield rows(made, (_entry(entry, say) for entry in entries))
    if pack.consequences:
        made = table(*(say(head) for head in ("code", "consequence", "kind", "clause", "quote")))
        yield rows(
            made,
            (
                (c.id, _title(c, say), say.known(f"kind.{c.kind}"), c.clause, "".join(c.quote))
                for c in pack.consequences
            ),
        )
    if pack.phases:
        heads = ("code", "phase", "kind", "gate_needs", "proofs", "who", "clause")
        made = table(*(say(head) for head in heads), title=say("phases"))
        yield rows(made, (_phase(phase, say) for phase in pack.phases))
    if pack.defects:
        yield text(say("defects"), HEAD)
        for defect in pack.defects:
            yield lines(f"{defect.clause}  {defect.note if say.lang == 'zh' else defect.note_en}")


def faults_screen(faults: Sequence[PackFault], say: Words) -> Iterator[RenderableType]:
    """Every mistake with its line."""
    heads = (say(key) for key in ("file", "file_line", "field", "read", "expected"))
    yield rows(
        table(*heads, title=say("pack_bad", n=len(faults))),
        ((f.file, f.line, f.at, text(f.read, BAD), f.expected) for f in faults),
    )


def overview_screen(found: Iterable[Assessment], say: Words) -> Iterator[RenderableType]:
    """One row a policy."""
    heads = ("policy", "name", "in_force", "targets", "verdict.met", "verdict.late", "alarms")
    yield rows(
        table(*(say(head) for head in heads)),
        (
            (
                a.policy,
                _title(a, say),
                say("in_force.yes" if a.in_force else "in_force.no"),
                len(a.targets),
                sum(t.verdict is Verdict.MET for t in a.targets),
                sum(t.overdue for t in a.targets),
                text(a.alarms, BAD if a.alarms else GOOD),
            )
            for a in found
        ),
    )


def assessment_screen(pack: Pack, found: Assessment, say: Words) -> Iterator[RenderableType]:
    """Targets, then what is broken, then what is late, then what can't be said."""
    yield text(f"{found.policy}  {_title(found, say)}", HEAD)
    heads = ("code", "targets", "today_ratio", "baseline_ratio", "threshold", "verdict", "deadline")
    made = table(*(say(head) for head in (*heads, "to_go", "who", "clause")))
    yield rows(made, (_target(t, say) for t in found.targets))
    for result in found.targets:
        yield from _details(result, say)
    yield from _violations(pack, found.violations, say)
    late = [t for t in found.timed if t.verdict in (Verdict.LATE, Verdict.EARLY)]
    if late:
        yield _timed(late, say)
    if found.unjudged:
        told = "、".join(f"{u.entry}×{u.count}" for u in found.unjudged)
        yield text(say("unjudged_rules", told=told), BUSY)
    if found.unowed:
        names = {report.id: _title(report, say) for report in pack.reports}
        told = "、".join(f"{entry} {names.get(entry, '')}" for entry in found.unowed)
        yield text(say("unowed", told=told), BUSY)
    if found.strays:
        told = "、".join(f"{entry} {code}" for entry, code in found.strays)
        yield text(say("strays", told=told), BUSY)
    figures = {
        "day": found.day,
        "targets": len(found.targets),
        "met": sum(t.verdict is Verdict.MET for t in found.targets),
        "late": sum(t.overdue for t in found.targets),
        "unsettled": sum(t.unsettled for t in found.targets),
        "alarms": found.alarms,
    }
    yield text(say("assessed", **figures), BAD if found.alarms else GOOD)


def holds_screen(found: Sequence[Hold], say: Words) -> Iterator[RenderableType]:
    """One row a hold, with the facts that it rests on; then the sum."""
    if not found:
        yield text(say("no_holds"), GOOD)
        return
    heads = ("organisations", "object", "amount", "hold.hold", "rule", "finance", "proof")
    stopped = sum(hold.kind == "hold" for hold in found)
    counts = {"n": stopped, "shrinking": len(found) - stopped}
    made = table(*(say(head) for head in heads), title=say("holds_title", **counts))
    made.columns[2].justify = "right"
    yield rows(made, (_hold(hold, say) for hold in found))
    for kind, of in (("hold", stopped), ("phase_out", len(found) - stopped)):
        if of:
            yuan, unknown = total(found, "hold" if kind == "hold" else "phase_out")
            figures = {"kind": say.known(f"hold.{kind}"), "yuan": f"{yuan:,}", "unknown": unknown}
            yield text(say("holds_total", **figures), HEAD)
    yield text(say("holds_note"), DIM)


def object_name(code: str, name: str, say: Words) -> str:
    """An object by its code and its name; a classified one's name was taken out before."""
    if name == CLASSIFIED_NAME:
        name = say("classified_system")
    return f"{code} {name}" if name != code else code


def _title(of: Pack | Assessment | object, say: Words) -> str:
    return str(getattr(of, "title" if say.lang == "zh" else "title_en"))


def _force(pack: Pack, day: date, say: Words) -> Text:
    holds = pack.in_force(day)
    return text(say("in_force.yes" if holds else "in_force.no"), GOOD if holds else DIM)


def _entry(entry: Entry, say: Words) -> tuple[object, ...]:
    threshold = entry.threshold.words if isinstance(entry, Target) and entry.threshold else ""
    deadline = entry.deadline if isinstance(entry, Target) else ""
    severity = say.known(f"severity.{entry.severity}")
    name, who = _title(entry, say), _roles(entry.roles, say)
    return entry.id, name, severity, threshold, deadline, who, entry.clause


def _phase(phase: Phase, say: Words) -> tuple[object, ...]:
    gate, proofs = (
        "；".join(_title(proof, say) for proof in every) for every in (phase.enter, phase.leave)
    )
    name, who = _title(phase, say), _roles(phase.roles, say)
    return phase.id, name, say(phase.set), gate, proofs, who, phase.clause


def _roles(roles: Roles, say: Words) -> Text:
    told = ((role, getattr(roles, role)) for role in type(roles).model_fields)
    parts = (f"{say.known(f'role.{role}')} {'、'.join(names)}" for role, names in told if names)
    return lines("\n".join(parts))


def _target(result: TargetResult, say: Words) -> tuple[object, ...]:
    when = text(result.deadline or "")
    if result.days is not None and (result.overdue or result.verdict is Verdict.PENDING):
        word = say("days_late" if result.overdue else "days_left", n=abs(result.days))
        when = Text.assemble(when, "\n", text(word, BAD if result.overdue else DIM))
    elif result.unsettled:
        when = Text.assemble(when, "\n", text(say("days_past", n=-(result.days or 0)), BUSY))
    return (
        result.entry,
        Text.assemble(text(_title(result, say)), "\n", _severity(result, say)),
        _ratio(result, result.today, say),
        _ratio(result, result.baseline, say),
        _limit(result),
        text(say.known(f"verdict.{result.verdict}"), _STYLES.get(result.verdict, "")),
        when,
        say("to_go_of", n=result.to_go, open=len(result.open)) if result.to_go else "",
        _roles(result.roles, say),
        result.clause,
    )


def _severity(result: TargetResult, say: Words) -> Text:
    return text(say.known(f"severity.{result.severity}"), DIM)


def _limit(result: TargetResult) -> str:
    if result.threshold is None:
        return ""
    if result.at_most:
        return f"≤ {result.threshold}"
    return f"≥ {float(result.threshold):.0%}"


def _ratio(result: TargetResult, ratio: Ratio | None, say: Words) -> str:
    if ratio is None:
        return ""
    undecided = say("undecided", n=ratio.undecided) if ratio.undecided else ""
    if result.kind in ("count", "fewer"):
        return f"{ratio.done}{undecided}"
    part = "" if ratio.value is None else f" {float(ratio.value):.1%}"
    return f"{ratio.done}/{ratio.total}{part}{undecided}"


def _details(result: TargetResult, say: Words) -> Iterator[RenderableType]:
    if len(result.groups) > 1:
        told = "，".join(f"{g.name or '—'} {g.ratio.done}/{g.ratio.total}" for g in result.groups)
        yield text(f"{result.entry}: {told}", DIM)
    if result.lineage is not None:
        names = ("merged", "retired", "excluded", "gone", "added")
        counts = {name: len(getattr(result.lineage, name)) for name in names}
        if any(counts.values()):
            yield text(say("lineage", entry=result.entry, **counts), BUSY)


def _violations(pack: Pack, found: Sequence[Violation], say: Words) -> Iterator[RenderableType]:
    """A row an object; what is the rule's own stands in its first row."""
    if not found:
        yield text(say("no_violations"), GOOD)
        return
    heads = ("rule", "object", "severity", "exception", "consequence", "clause", "quote")
    made = table(*(say(head) for head in heads), title=say("violations", n=len(found)))
    before = ""
    for v in found:
        first, before = v.entry != before, v.entry
        made.add_row(
            text(f"{v.entry} {_title(v, say)}" if first else v.entry),
            text(object_name(v.code, v.name, say)),
            text(say.known(f"severity.{v.severity}")),
            _exception(v, say),
            text(
                "；".join(_title(pack.consequence(c), say) for c in v.consequences) if first else ""
            ),
            text(v.clause),
            text("".join(v.quote) if first else "", DIM),
        )
    yield made


def _exception(violation: Violation, say: Words) -> Text:
    if violation.exception:
        return text(say("exception.holds", day=violation.exception.review_on), GOOD)
    if violation.lapsed:
        return text(say("exception.lapsed", day=violation.lapsed.review_on), BAD)
    return text(say("exception.idle"), BUSY) if violation.idle else Text("")


def _timed(late: Sequence[Timed], say: Words) -> RenderableType:
    heads = ("code", "reports", "organisations", "period", "due", "done_on", "verdict", "clause")
    made = table(*(say(head) for head in heads), title=say("late_times", n=len(late)))
    return rows(
        made,
        (
            (
                t.entry,
                _title(t, say),
                object_name(t.code, t.name, say),
                t.period,
                t.due,
                t.done,
                text(say.known(f"verdict.{t.verdict}"), _STYLES.get(t.verdict, "")),
                t.clause,
            )
            for t in late
        ),
    )


def _hold(hold: Hold, say: Words) -> tuple[object, ...]:
    unknown = text(say("amount_unknown"), BUSY)
    facts = [
        f"{_field(hold.set, e.field, say)}={_value(hold.set, e.field, e.value, say)}"
        + (f"（{e.source}）" if e.source else "")
        for e in hold.evidence
    ]
    return (
        hold.organisation_name or hold.organisation or "",
        object_name(hold.code, hold.name, say),
        unknown if hold.amount is None else f"{hold.amount:,}",
        Text.assemble(text(say.known(f"hold.{hold.kind}")), "\n", text(_title(hold, say), DIM)),
        lines(f"{hold.policy}\n{hold.entry} {hold.clause}"),
        "、".join(hold.by),
        text("；".join(facts[:_SHOWN]) + ("…" if len(facts) > _SHOWN else ""), DIM),
    )


def _field(of: str, path: str, say: Words) -> str:
    if path.startswith("declared:"):
        return say("on_record", entry=path.partition(":")[2])
    if path.startswith("run:"):
        return say(f"clock_{path.partition(':')[2]}")
    return label(of, path) if say.lang == "zh" else path


def _value(of: str, path: str, value: str, say: Words) -> str:
    if path.startswith("declared:"):
        return say("yes" if value == "true" else "no")
    if path.startswith("run:"):
        return value or say("clock_none")
    plain = {"true": True, "false": False}.get(value, value or "∅")
    return str(shown_value(*owner_of(of, path), plain, say))

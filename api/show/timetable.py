"""Screens of timetables: the nights, what is proved, days to keep, groups, questions, why, what if."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from api.capacities import capacity
from api.scheduling import Groups, Question, Told
from api.show.notes import hours, notes_screen, waits_screen
from api.show.parts import BAD, DIM, GOOD, HEAD, rows, table, text
from api.words import Words
from inventory.labels import field_label
from migrator.planning.dispositions import grounds_text
from migrator.planning.means import Measured
from migrator.planning.plan import Disposition, Plan, Verdict, Way
from migrator.planning.timetable import DutyTold, Note, Short, Split, Timetable
from migrator.timing.differ import Differences, Shift
from migrator.timing.helping import Help, advice
from migrator.timing.jobs import Basis
from migrator.timing.lots import Task
from migrator.timing.why import Binding, Wait, Why, told


def timetable_screen(plan: Plan, say: Words) -> Iterator[RenderableType]:
    """Nothing but a hint for a plan without one."""
    timetable = plan.timetable
    if timetable is None:
        yield text(say("no_timetable"))
        return
    names = {v.system: v.name for v in plan.verdicts}
    heads = ("wave", "night", "system", "cutover_between", "copy_from", "copy_nights", "by_line")
    made = table(*(say(key) for key in (*heads, "plan.due", "late_days")), title=say("timetable"))
    last = None
    for one in sorted(timetable.appointments, key=lambda a: (a.night, a.group, a.system)):
        if last not in (None, one.night):
            made.add_section()
        fresh, last = one.night != last, one.night
        made.add_row(
            text(one.wave if fresh else ""),
            text(one.night if fresh else ""),
            Text.assemble(text(one.system, HEAD), "\n", text(names.get(one.system))),
            text(hours(one)),
            text(one.copy_from),
            text(one.copy_nights),
            text(one.by.removeprefix("line:"), DIM),
            text(one.due),
            text(one.late, BAD) if one.late else text(""),
        )
    yield made
    yield from _moving(plan, say)
    city = plan.means.city
    yield from summary(timetable, say, city.lines.measured if city else {})


def _moving(plan: Plan, say: Words) -> Iterator[RenderableType]:
    """Of what moves only that of which more is to be known than its night: it changes its kind of
    machine, or a clause says so. How many lack something; the workbook and `why` say what."""
    moving = [v for v in plan.verdicts if v.disposition is Disposition.MOVE]
    told = [v for v in moving if v.grounds or v.way is Way.X86_TO_XINCHUANG]
    if lacking := sum(bool(v.asks) for v in moving):
        yield text(say("lacking_n", n=lacking), BAD)
    if told:
        heads = ("system", "name", "way", "why", "grounds")
        yield rows(
            table(*(say(key) for key in heads), title=say("moving")),
            ((v.system, v.name, *verdict_cells(v, say)) for v in told),
        )


def verdict_cells(verdict: Verdict, say: Words) -> tuple[str, str, str]:
    """Way, reason, clauses."""
    way = say.known(verdict.way.value) if verdict.way else ""
    return way, say.half(verdict.reason), grounds_text(verdict.grounds)


def _rates(measured: Mapping[str, Measured], say: Words) -> Iterator[RenderableType]:
    """What was learned of lines, or told in the means: nothing where there is none."""
    if measured:
        heads = (say("line"), say("rate.measured"), say("rate.samples"))
        lines = ((code, f"{one.percent} %", one.samples) for code, one in sorted(measured.items()))
        yield rows(table(*heads, title=say("rates")), lines)


def summary(
    timetable: Timetable, say: Words, measured: Mapping[str, Measured]
) -> Iterator[RenderableType]:
    """What is reached, what of it is proved, on what rates of lines, and which days are kept."""
    nights = {one.night for one in timetable.appointments}
    yield text(
        say("placed_n", placed=len(timetable.appointments), waves=len(nights), last=max(nights)),
        HEAD,
    )
    yield rows(
        table(say("plan.stage"), say("value"), say("bound"), say("gap")),
        (
            (
                say.known(f"stage.{one.name}"),
                one.value,
                one.bound,
                text(say("proved"), GOOD)
                if one.proved
                else f"{100 * (one.value - one.bound) / one.value:.1f} %",
            )
            for one in timetable.stages
        ),
    )
    yield from _rates(measured, say)
    if timetable.duties:
        heads = ("plan.due", "name", "grounds", "needed", "in_time", "state")
        yield rows(
            table(*(say(key) for key in heads), title=say("duties")),
            (
                (
                    one.deadline,
                    say.half(one.title),
                    f"{say('sheet.city') if one.of == 'means' else one.of} {one.clause}".strip(),
                    one.needed,
                    one.in_time,
                    text(say("kept_day"), GOOD) if one.kept else text(say("lost_day"), BAD),
                )
                for one in timetable.duties
            ),
        )
    yield from takes_screen(timetable.duties, say)
    yield from _split(timetable.split or (), say)
    yield from _short(timetable.short or (), say)
    yield from notes_screen(timetable.notes or (), say)
    if not timetable.repeatable:
        yield text(say("not_repeatable"), DIM)


def _short(short: Sequence[Short], say: Words) -> Iterator[RenderableType]:
    if short:
        heads = (say("capacity"), say("wanted"), say("delivered"), say("missing"))
        yield rows(
            table(*heads, title=say("capacity_short")),
            (
                (capacity(one.what, say), one.wanted, one.there, text(one.missing, BAD))
                for one in short
            ),
        )


def takes_screen(duties: Sequence[DutyTold], say: Words) -> Iterator[RenderableType]:
    """What it would take to keep the days that are not kept."""
    told = [(one, line) for one in duties for line in one.takes or ()]
    if told:
        yield rows(
            table(say("plan.due"), say("name"), say("would_take"), title=say("days_lost")),
            ((one.deadline, say.half(one.title), say.half(line)) for one, line in told),
        )


def _split(split: Sequence[Split], say: Words) -> Iterator[RenderableType]:
    if split:
        yield rows(
            table(say("systems"), say("split_price_n"), say("why"), title=say("split_rings")),
            (("、".join(one.systems), one.price, say.half(one.why)) for one in split),
        )


def groups_screen(found: Groups, say: Words) -> Iterator[RenderableType]:
    """Groups of several systems: why they move together, and what a split costs; the rings that fall
    apart, what the network engineer told, and what no night takes."""
    made = table(say("group"), say("systems"), say("bonds"), title=say("groups"))
    for number, group in enumerate(found.several, start=1):
        why = [f"{b.one}–{b.other} {say.half(b.why)}" for b in group.bonds or ()]
        if group.ring:
            why.append(f"{say('ring')}: {' → '.join(group.ring)}")
        if group.split_off:
            off = "、".join(group.split_off)
            why.append(say("split_price", price=group.split_price, off=off))
        made.add_row(text(number), text("、".join(group.systems)), text("；".join(why)))
    yield made
    yield text(say("alone_n", n=found.alone), DIM)
    yield from _split(found.split, say)
    if found.told:
        yield rows(
            table(say("told"), say("systems"), say("night"), say("why"), title=say("engineer")),
            ((say(f"told.{t.what}"), _names(t, say), t.night, t.reason) for t in found.told),
        )
    if found.refused:
        yield rows(
            table(say("systems"), say("why"), title=say("no_night")),
            (("、".join(one.systems), say.half(one.why)) for one in found.refused),
        )


def _names(told: Told, say: Words) -> str:
    moving = "、".join(told.systems)
    return moving or f"{'、'.join(told.named)} {say('told.nobody')}"


def questions_screen(found: Sequence[Question], say: Words) -> Iterator[RenderableType]:
    if not found:
        yield text(say("no_questions"), GOOD)
        return
    heads = ("system", "name", "asked", "why", "grounds")
    yield rows(
        table(*(say(key) for key in heads), title=say("questions")),
        (
            (
                one.system,
                one.name,
                "、".join(_label(field, say) for field in one.asks),
                say.half(one.verdict.reason),
                grounds_text(one.verdict.grounds),
            )
            for one in found
        ),
    )


def _label(field: str, say: Words) -> str:
    return field_label("systems", field) if say.lang == "zh" else field


def left_screen(verdict: Verdict, say: Words) -> RenderableType:
    """Of a system without a night: what is decided of it, and why."""
    return text("  ".join(filter(None, (verdict.system, *verdict_cells(verdict, say)))))


def why_screen(
    why: Why,
    task: Task,
    say: Words,
    *,
    verdicts: Sequence[Verdict],
    bases: Sequence[Basis],
    helps: Sequence[Help],
    notes: Sequence[Note] = (),
    waits: Sequence[Wait] = (),
) -> Iterator[RenderableType]:
    """`verdicts`: of the group's systems; `bases`: of the roads that they are copied over; `helps`: the
    smallest changes that would have it earlier."""
    night = task.city.plan.night
    systems = "、".join(job.code for job in why.lot.jobs)
    yield text(systems, HEAD)
    for one in verdicts:
        yield text("  ".join(filter(None, (one.system, *verdict_cells(one, say)))))
    for basis in bases:
        yield text(_basis(basis, say), DIM)
    for copy in why.lot.copies:
        size = {"by": copy.road, "gib": copy.mib // 1024, "nights": copy.slots}
        yield text(say("copy_takes", percent=task.city.lines.one_item, **size), DIM)
    yield from waits_screen(waits, task, say)
    yield from notes_screen(notes, say)
    yield text(say("why_night", night=night(why.slot), first=night(why.first), free=why.free))
    if why.free:
        yield text(say("why_objective"), DIM)
    yield bindings_table(why.bindings, say)
    if helps:
        yield rows(
            table(say("change"), say("night"), say("earlier_by"), title=say("would_help")),
            ((say.half(advice(one)), one.night, one.days) for one in helps),
        )
    elif why.bindings:
        yield text(say("no_single_help"), DIM)


def _basis(basis: Basis, say: Words) -> str:
    told = basis.measured
    reached = say("rate.declared")
    if told:
        reached = say("rate.reached", percent=told.percent, samples=told.samples)
    shares = {"day": basis.day, "night": basis.night, "reached": reached}
    mbps = f"{basis.rate_kbps / 1000:g}"
    return say("rate.basis", by=basis.code, gib=basis.mib // 1024, mbps=mbps, **shares)


def bindings_table(bindings: Sequence[Binding], say: Words) -> RenderableType:
    return rows(
        table(say("binding"), say("nights_blocked"), say("gain")),
        ((say.half(told(one.what)), one.nights, one.gain or "") for one in bindings),
    )


def most_screen(bindings: Sequence[Binding], say: Words) -> Iterator[RenderableType]:
    """What holds the whole plan."""
    heads = ("binding", "groups_held", "nights_blocked", "gain_most")
    yield rows(
        table(*(say(key) for key in heads), title=say("binds_most")),
        ((say.half(told(one.what)), one.groups, one.nights, one.gain or "") for one in bindings),
    )


def differences_screen(found: Differences, say: Words) -> Iterator[RenderableType]:
    yield rows(
        table(say("figure"), say("before"), say("after")),
        ((_figure(one.what, say), one.before, one.after) for one in found.figures),
    )
    yield text(say("same_n", n=found.same))
    if not found.shifts:
        yield text(say("no_shifts"), GOOD)
        return
    yield rows(
        table(say("system"), say("before"), say("after"), say("days_moved"), title=say("shifts")),
        ((one.system, one.before, _after(one, say), one.days) for one in found.shifts),
    )


def _after(one: Shift, say: Words) -> str:
    return str(one.after) if one.after else say.half(one.why)


def _figure(what: str, say: Words) -> str:
    named = say.known(f"figure.{what}")
    return named if named != f"figure.{what}" else say.known(f"stage.{what}")


def names_of(plan: Plan) -> Mapping[str, str]:
    """The systems' names."""
    return {v.system: v.name for v in plan.verdicts}

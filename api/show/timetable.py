"""Screens of timetables: the nights, what is proved, days to keep, groups, questions, why, what if."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from api.scheduling import Question
from api.show.parts import BAD, DIM, GOOD, HEAD, rows, table, text
from api.words import Words
from inventory.labels import field_label
from migrator.dispositions import grounds_text
from migrator.plan import Plan
from migrator.timetable import MoveGroup, Timetable
from migrator.timing.differ import Differences
from migrator.timing.mapping import Task
from migrator.timing.why import Binding, Why, told


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
            text(f"{one.begins[11:]}–{one.ends[11:]}"),
            text(one.copy_from),
            text(one.copy_nights),
            text(one.by, DIM),
            text(one.due),
            text(one.late, BAD) if one.late else text(""),
        )
    yield made
    yield from summary(timetable, say)


def summary(timetable: Timetable, say: Words) -> Iterator[RenderableType]:
    """What is reached, what of it is proved, and which days are kept."""
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
    if timetable.duties:
        heads = ("plan.due", "name", "grounds", "needed", "in_time", "state")
        yield rows(
            table(*(say(key) for key in heads), title=say("duties")),
            (
                (
                    one.deadline,
                    say.half(one.title),
                    f"{one.of} {one.clause}".strip(),
                    one.needed,
                    one.in_time,
                    text(say("kept_day"), GOOD) if one.kept else text(say("lost_day"), BAD),
                )
                for one in timetable.duties
            ),
        )
    if not timetable.repeatable:
        yield text(say("not_repeatable"), DIM)


def groups_screen(groups: Sequence[MoveGroup], say: Words) -> Iterator[RenderableType]:
    """Groups of several systems: why they move together, and what a split costs."""
    made = table(say("group"), say("systems"), say("bonds"), title=say("groups"))
    for number, group in enumerate(groups, start=1):
        if len(group.systems) == 1:
            continue
        why = [f"{b.one}–{b.other} {say.half(b.why)}" for b in group.bonds or ()]
        if group.ring:
            why.append(f"{say('ring')}: {' → '.join(group.ring)}")
        if group.split_off:
            off = "、".join(group.split_off)
            why.append(say("split_price", price=group.split_price, off=off))
        made.add_row(text(number), text("、".join(group.systems)), text("；".join(why)))
    yield made


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


def why_screen(why: Why, task: Task, say: Words) -> Iterator[RenderableType]:
    night = task.city.plan.night
    systems = "、".join(job.code for job in why.lot.jobs)
    yield text(systems, HEAD)
    yield text(say("why_night", night=night(why.slot), first=night(why.first), free=why.free))
    if why.free:
        yield text(say("why_objective"), DIM)
    yield bindings_table(why.bindings, say)


def bindings_table(bindings: Sequence[Binding], say: Words, title: str = "") -> RenderableType:
    return rows(
        table(say("binding"), say("nights_blocked"), say("gain"), title=title),
        ((say.half(told(one.what)), one.nights, one.gain or "") for one in bindings),
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
        ((one.system, one.before, one.after, one.days) for one in found.shifts),
    )


def _figure(what: str, say: Words) -> str:
    named = say.known(f"figure.{what}")
    return named if named != f"figure.{what}" else say.known(f"stage.{what}")


def names_of(plan: Plan) -> Mapping[str, str]:
    """The systems' names."""
    return {v.system: v.name for v in plan.verdicts}

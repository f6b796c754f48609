"""Screens of plans: the list, one plan whole, drift, the dry run."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from api.show.parts import BAD, BUSY, DIM, GOOD, HEAD, lines, rows, table, text
from api.show.timetable import timetable_screen
from api.times import local
from api.words import Words
from migrator.planning.dispositions import grounds_text
from migrator.planning.plan import Disposition, Plan, Verdict
from migrator.runs.approvals import PlanRecord
from migrator.use_cases.planning import Rehearsal

_STATES = {"draft": BUSY, "approved": GOOD, "rejected": BAD}


def state(record: PlanRecord, say: Words) -> Text:
    return text(say.known(record.state), _STATES.get(record.state, ""))


def list_screen(records: Sequence[PlanRecord], say: Words, zone: str) -> Iterator[RenderableType]:
    if not records:
        yield text(say("no_plans"))
        return
    heads = (say(key) for key in ("code", "state", "author", "made_at", "digest"))
    yield rows(
        table(*heads),
        (
            (r.code, state(r, say), r.author, local(r.made_at, zone), text(r.digest, DIM))
            for r in records
        ),
    )


def plan_screen(record: PlanRecord, plan: Plan, say: Words, zone: str) -> Iterator[RenderableType]:
    """Whose plan, its digest, the waves with reasons, who moves in none and why, decisions."""
    head = Text.assemble(
        (f"{say('plan')} {record.code}  ", HEAD),
        state(record, say),
        text(f"  {say('author')} {record.author}  {local(record.made_at, zone)}"),
    )
    yield head
    yield Text.assemble((f"{say('digest')} ", HEAD), (record.digest, "bold yellow"))
    means = plan.means
    figures = {"moves": means.moves_at_once, "soak": means.soak_seconds, "zone": means.timezone}
    yield text(say("means", hold=means.hold_seconds, **figures), DIM)
    if means.ignore_windows:
        yield text(say("windows_ignored"), BAD)
    if means.practise:
        yield text(say("practised"), BAD)
    if plan.timetable is not None:
        yield from timetable_screen(plan, say)
    else:
        yield _waves(plan, say)
    left = [v for v in plan.verdicts if v.disposition is not Disposition.MOVE]
    if left:
        heads = (say(key) for key in ("system", "name", "disposition", "why", "grounds"))

        def what(verdict: Verdict) -> str:
            done = verdict.disposition is Disposition.DONE
            return say("item.done" if done else verdict.disposition.value)

        styles = {Disposition.BLOCKED: BAD, Disposition.DONE: GOOD}
        yield rows(
            table(*heads, title=say("not_moving")),
            (
                (
                    v.system,
                    v.name,
                    text(what(v), styles.get(v.disposition, "")),
                    say.half(v.reason),
                    grounds_text(v.grounds),
                )
                for v in left
            ),
        )
    if record.approvals:
        heads = (say(key) for key in ("decision", "actor", "at", "reason"))
        yield rows(
            table(*heads, title=say("approvals")),
            (
                (say.known(a.decision), a.actor, local(a.at, zone), a.reason)
                for a in record.approvals
            ),
        )
    if record.state == "draft":
        yield text(say("approve_with", code=record.code, digest=record.digest))


def _waves(plan: Plan, say: Words) -> RenderableType:
    whys = {v.system: v.reason for v in plan.verdicts}
    made = table(*(say(key) for key in ("wave", "system", "from", "to", "line", "window", "why")))
    for wave in plan.waves:
        for number, item in enumerate(wave.items):
            made.add_row(
                text(wave.number if number == 0 else ""),
                Text.assemble(text(item.code, HEAD), "\n", text(item.system.name)),
                Text.assemble(text(item.source.code), "\n", text(item.source.place, DIM)),
                Text.assemble(text(item.target.code), "\n", text(item.target.place, DIM)),
                text(item.line.code if item.line else ""),
                text("" if plan.means.ignore_windows else item.system.window),
                text(whys.get(item.code, "")),
            )
        made.add_section()
    return made


def nothing_screen(verdicts: Sequence[Verdict], say: Words) -> Iterator[RenderableType]:
    """No system is left to move: what becomes of each, and why."""
    yield text(say("nothing_moves"), BAD)
    yield rows(
        table(say("system"), say("name"), say("disposition"), say("reason")),
        (
            (
                v.system,
                v.name,
                say("item.done") if v.disposition is Disposition.DONE else say(v.disposition.value),
                say.half(v.reason),
            )
            for v in verdicts
        ),
    )


def drift_screen(changed: Mapping[str, Sequence[str]], say: Words) -> Iterator[RenderableType]:
    if not changed:
        yield text(say("no_drift"), GOOD)
        return
    yield rows(
        table(say("system"), say("difference"), title=say("drift")),
        ((system, say.half(line)) for system, lines in changed.items() for line in lines),
    )


def rehearsal_screen(results: Sequence[Rehearsal], say: Words) -> Iterator[RenderableType]:
    heads = (say(key) for key in ("system", "step", "result", "would_change", "message"))
    yield rows(
        table(*heads, title=say("rehearsal")),
        (
            (
                r.system,
                say.known(r.step.value),
                text(say("ok"), GOOD) if r.ok else text(say("bad"), BAD),
                r.would_change,
                lines(r.message),
            )
            for r in results
        ),
    )
    bad = sum(not r.ok for r in results)
    yield text(say("rehearsed_bad", n=bad), BAD) if bad else text(say("rehearsed_good"), GOOD)

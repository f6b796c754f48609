"""Screens of the lifecycle: how many stand in which phase, and one object's way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import BAD, BUSY, DIM, GOOD, HEAD, rows, table, text
from api.show.policy import object_name
from api.words import Words
from inventory.policies.pack import Pack
from inventory.policies.phases import SETS, Missing, PhaseState, Stage, Standing

type Found = Sequence[tuple[Pack, tuple[Standing, ...]]]

_STYLES = {
    Stage.DONE: GOOD,
    Stage.OPEN: BUSY,
    Stage.WAITING: "",
    Stage.OUT_OF_ORDER: BAD,
    Stage.SKIPPED: DIM,
}


def phases_screen(found: Found, say: Words) -> Iterator[RenderableType]:
    """A row a phase of each policy: how many stand how to it, and how many are late."""
    for pack, every in found:
        if not pack.phases:
            continue
        name = pack.title if say.lang == "zh" else pack.title_en
        counts, late = _counts(every)
        heads = (*("code", "phase", "kind"), *(f"stage.{s}" for s in Stage), "verdict.late")
        made = table(*(say(head) for head in heads), title=f"{pack.id}  {name}")
        for column in made.columns[3:]:
            column.justify = "right"
        ordered = sorted(pack.phases, key=lambda p: (SETS.index(p.set), p.number, p.id))
        content = (
            (
                phase.id,
                phase.title if say.lang == "zh" else phase.title_en,
                say(phase.set),
                *(counts[phase.id, stage] or "" for stage in Stage),
                text(late[phase.id] or "", BAD),
            )
            for phase in ordered
        )
        yield rows(made, content)


def _counts(every: Iterable[Standing]) -> tuple[Counter[tuple[str, Stage]], Counter[str]]:
    counts: Counter[tuple[str, Stage]] = Counter()
    late: Counter[str] = Counter()
    for standing in every:
        for state in standing.phases:
            counts[state.id, state.stage] += 1
            late[state.id] += state.late
    return counts, late


def one_screen(found: Found, say: Words) -> Iterator[RenderableType]:
    """One object: its phase by each policy, and what is missing for the next."""
    told = [(pack, standing) for pack, every in found for standing in every]
    if not told:
        yield text(say("no_phases"), DIM)
    for pack, standing in told:
        yield text(f"{object_name(standing.code, standing.name, say)}  {pack.id}", HEAD)
        heads = ("code", "phase", "stage", "deadline", "missing_evidence", "clause")
        yield rows(
            table(*(say(head) for head in heads)),
            (_phase(state, standing, say) for state in standing.phases),
        )
        now = standing.now
        if now is None:
            yield text(say("phases_done"), GOOD)
        else:
            yield text(say("phase_now", phase=_name(now, say)), BUSY)


def _phase(state: PhaseState, standing: Standing, say: Words) -> tuple[object, ...]:
    mark = "→ " if state.id == standing.phase else ""
    missing = [_told(one, "gate_of", say) for one in state.gate]
    missing += [_told(one, "leave_of", say) for one in state.missing]
    if state.undecided:
        missing.insert(0, say("not_told_whether"))
    if state.waits_for:
        before = (_name(s, say) for s in standing.phases if s.id in state.waits_for)
        missing.append(say("waits_for", phases="、".join(before)))
    shown = [] if state.stage is Stage.SKIPPED else missing
    return (
        f"{mark}{state.id}",
        _name(state, say),
        text(say(f"stage.{state.stage}"), _STYLES[state.stage]),
        text(state.deadline or "", BAD if state.late else ""),
        text("；".join(shown)),
        state.clause,
    )


def _told(one: Missing, how: str, say: Words) -> str:
    name = one.title if say.lang == "zh" else one.title_en
    return say(how, what=name + ("" if one.known else say("not_told_yet")))


def _name(state: PhaseState, say: Words) -> str:
    return state.title if say.lang == "zh" else state.title_en

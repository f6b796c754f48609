"""A run as its page shows it: waves, items, steps, how far it is. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.pages.frame import Viewer
from api.pages.run_doing import doings_of, doings_of_wave
from api.pages.run_feed import Said, matches, said
from api.pages.tones import tone
from api.times import seconds_between
from migrator.planning.plan import WAY, StepKind
from migrator.runs.eta import rest
from migrator.runs.records import ItemRecord, ItemState, StepState
from migrator.store.tallies import Tally

FOUND = 200
"""Lines that a search shows a page."""
ITEMS = 100
"""Items of a page: of a run with more, the page whose items go now is shown first."""
_PASSED = (StepState.DONE, StepState.SKIPPED)
_UNDER_WAY = (ItemState.RUNNING, ItemState.FAILED, ItemState.HELD)


@dataclass(frozen=True)
class StepView:
    kind: str
    state: str
    message: str
    began: str | None
    ended: str | None
    seconds: float | None


@dataclass(frozen=True)
class ItemView:
    """`doings`: what may be done with it now."""

    system: str
    name: str
    wave: int
    state: str
    tone: str
    ended: bool
    note: str
    steps: tuple[StepView, ...]
    stuck: str
    since: str | None
    doings: tuple[str, ...]


@dataclass(frozen=True)
class WaveView:
    """`items`: those of the page; `done` of `total` are of the whole wave. `doings`: what may be done with
    it now, by what stands on the page."""

    number: int
    items: tuple[ItemView, ...]
    done: int
    total: int
    doings: tuple[str, ...]


@dataclass(frozen=True)
class RunView:
    """`share` of all steps that are done; `eta` in seconds, None while too little is known. `waves`: those
    of the page; `here`: systems whose items stand on it."""

    code: str
    plan: str
    state: str
    tone: str
    note: str
    by: str
    began: str
    ended: str | None
    waves: tuple[WaveView, ...]
    here: frozenset[str]
    page: int
    pages: int
    done: int
    total: int
    share: float
    eta: float | None
    waiting: tuple[str, ...]
    doings: tuple[str, ...]


def run_view(
    tally: Tally,
    items: Sequence[ItemRecord],
    names: Mapping[str, str],
    now: str,
    *,
    page: int = 1,
) -> RunView:
    """A run as a page shows it, with these of its items; `now`: ISO, for what is under way."""
    run, counts = tally.run, tally.waves
    waves: dict[int, list[ItemView]] = defaultdict(list)
    for item in items:
        waves[item.wave].append(item_view(item, names.get(item.system, ""), now))
    return RunView(
        code=run.code,
        plan=run.plan,
        state=str(run.state),
        tone=tone(run.state),
        note=run.note,
        by=run.started_by,
        began=run.started_at,
        ended=run.ended_at,
        waves=tuple(
            WaveView(
                n,
                tuple(waves[n]),
                counts.get((n, ItemState.DONE), 0),
                sum(count for (wave, _), count in counts.items() if wave == n),
                doings_of_wave([i for i in items if i.wave == n]),
            )
            for n in sorted(waves)
        ),
        here=frozenset(item.system for item in items),
        page=page,
        pages=max(1, -(-tally.items // ITEMS)),
        done=sum(n for (_, state), n in counts.items() if state is ItemState.DONE),
        total=tally.items,
        share=share_of(tally),
        eta=None if run.ended_at else eta_of(tally, now),
        waiting=tally.waiting,
        doings=() if run.ended_at else (("resume", "abort") if run.paused else ("pause", "abort")),
    )


def share_of(tally: Tally) -> float:
    """Of all steps on the way, the part that is done or was passed over; items that ended without being
    done have none left."""
    passed = sum(s.many for s in tally.steps if s.step in WAY and s.state in _PASSED)
    over = sum(n for (_, s), n in tally.waves.items() if s.ended and s is not ItemState.DONE)
    return passed / max(1, (tally.items - over) * len(WAY))


def item_view(item: ItemRecord, name: str, now: str) -> ItemView:
    shown = [item.step(kind) for kind in WAY]
    back = item.step(StepKind.ROLLBACK)
    if back.state is not StepState.PENDING:
        shown.append(back)
    stuck = next((s for s in shown if s.state in (StepState.FAILED, StepState.HELD)), None)
    running = next((s for s in shown if s.state is StepState.RUNNING), None)
    return ItemView(
        system=item.system,
        name=name,
        wave=item.wave,
        state=str(item.state),
        tone=tone(item.state),
        ended=item.state.ended,
        note=item.note,
        steps=tuple(
            StepView(
                kind=str(s.step),
                state=str(s.state),
                message=s.message,
                began=s.started_at,
                ended=s.ended_at,
                seconds=seconds_between(
                    s.started_at, now if s.state is StepState.RUNNING else s.ended_at
                ),
            )
            for s in shown
        ),
        stuck=str(stuck.step) if stuck else "",
        since=(running or stuck or back).started_at,
        doings=doings_of(item),
    )


def eta_of(tally: Tally, now: str) -> float | None:
    """Seconds until what is under way and waits would be done, by what each kind of step took in this
    run and how many items went at once; None before every kind that is left was done once."""
    at_once = sum(n for (_, state), n in tally.waves.items() if state in _UNDER_WAY)
    open_items = sum(n for (_, state), n in tally.waves.items() if not state.ended)
    whole, under_way = 0.0, list[float]()
    for kind in WAY:
        of = [s for s in tally.steps if s.step is kind]
        gone = sum(s.many for s in of if s.state is StepState.SKIPPED and not s.ended)
        done = [s for s in of if s.state is StepState.DONE]
        begun = [at for step, at in tally.running if step is kind]
        left = open_items - gone - sum(s.timed for s in done if not s.ended) - len(begun)
        timed = sum(s.timed for s in done)
        if left <= 0 and not begun:
            continue
        if not timed:
            return None
        usual = sum(s.seconds for s in done) / timed
        whole += max(0, left) * usual
        under_way += [rest(usual, seconds_between(at, now) or 0.0) for at in begun]
    whole += sum(under_way)
    return max([whole / max(1, at_once), *under_way]) if whole else None


@dataclass(frozen=True)
class Found:
    """What a search of the log found: exact totals, one page of it."""

    lines: tuple[Said, ...]
    total: int
    every: int
    page: int
    pages: int


def found_in(
    lines: Sequence[dict[str, object]],
    viewer: Viewer,
    *,
    q: str = "",
    system: str = "",
    step: str = "",
    page: int = 1,
) -> Found:
    """Lines with words in them that fit, the newest page first is page 1 counted from the end."""
    words = q.casefold().split()
    shown = [s for line in lines if (s := said(line, viewer.say, viewer.zone))]
    fit = [
        s
        for line in lines
        if matches(line, words, system, step) and (s := said(line, viewer.say, viewer.zone))
    ]
    pages = max(1, -(-len(fit) // FOUND))
    page = min(max(1, page), pages)
    end = len(fit) - (page - 1) * FOUND
    return Found(tuple(fit[max(0, end - FOUND) : end]), len(fit), len(shown), page, pages)


def last_said(lines: Sequence[dict[str, object]], viewer: Viewer, most: int) -> tuple[Said, ...]:
    """The last lines that have words, at most so many; a long log is not read from its start."""
    found: list[Said] = []
    for line in reversed(lines):
        if shown := said(line, viewer.say, viewer.zone):
            found.append(shown)
            if len(found) == most:
                break
    return tuple(reversed(found))

"""Screens of runs: the list, one run as waves × steps, its log."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from api.show.parts import BAD, BUSY, DIM, GOOD, HEAD, lines, rows, table, text
from api.times import local, seconds_between, took
from api.words import TEXTS, Words
from migrator.engine.run_log import BEGUN, LOOKED, PHASE
from migrator.planning.plan import WAY, StepKind
from migrator.runs.records import ItemRecord, ItemState, RunRecord, RunState, StepRecord, StepState

_RUN = {RunState.RUNNING: BUSY, RunState.PAUSED: BAD, RunState.DONE: GOOD, RunState.ENDED: BAD}
_ITEM = {
    ItemState.RUNNING: BUSY,
    ItemState.PAUSED: "yellow",
    ItemState.FAILED: BAD,
    ItemState.HELD: BAD,
    ItemState.ROLLING_BACK: "yellow",
    ItemState.ROLLED_BACK: "yellow",
    ItemState.DONE: GOOD,
    ItemState.ABORTED: "yellow",
}
_STEP = {
    StepState.PENDING: DIM,
    StepState.RUNNING: BUSY,
    StepState.DONE: GOOD,
    StepState.FAILED: BAD,
    StepState.HELD: BAD,
    StepState.SKIPPED: "yellow",
}


def list_screen(runs: Sequence[RunRecord], say: Words, zone: str) -> Iterator[RenderableType]:
    if not runs:
        yield text(say("no_runs"))
        return
    heads = ("run", "plan", "state", "items", "started_by", "started_at", "ended_at")
    yield rows(
        table(*(say(key) for key in heads)),
        (
            (
                r.code,
                r.plan,
                text(say(f"run.{r.state}"), _RUN[r.state]),
                f"{sum(i.state is ItemState.DONE for i in r.items)}/{len(r.items)}",
                r.started_by,
                local(r.started_at, zone),
                local(r.ended_at, zone),
            )
            for r in runs
        ),
    )


def run_screen(
    run: RunRecord, names: Mapping[str, str], say: Words, zone: str, *, details: bool = False
) -> Iterator[RenderableType]:
    """The run's head, its items as rows with a column a step, then notes. `names`: by system."""
    head = say(
        "run_of",
        run=run.code,
        plan=run.plan,
        state=say(f"run.{run.state}"),
        by=run.started_by,
        at=local(run.started_at, zone),
    )
    ended = say("run_ended", at=local(run.ended_at, zone)) if run.ended_at else ""
    yield text(head + ended, _RUN[run.state])
    if run.note:
        yield text(run.note, DIM if run.ended_at else BAD)
    yield _matrix(run, names, say)
    if details:
        for item in run.items:
            yield _details(item, names, say, zone)
    told = [(item.system, lines(item.note)) for item in run.items if item.note]
    if told:
        yield rows(table(say("system"), say("notes")), told)


def _matrix(run: RunRecord, names: Mapping[str, str], say: Words) -> Table:
    """Narrow on purpose: eleven steps stand side by side on 100 columns."""
    now = datetime.now(UTC).isoformat()
    made = table(say("wave"), say("system"))
    made.padding = (0, 0, 0, 0)
    made.columns[1].min_width = 18
    for kind in WAY:
        head = f"head.{kind}"
        made.add_column(lines(say(head if head in TEXTS else kind.value)))
    last = None
    for item in run.items:
        if last is not None and item.wave != last:
            made.add_section()
        made.add_row(
            text(item.wave if item.wave != last else ""),
            _item(item, names.get(item.system, ""), now, say),
            *(_cell(item.step(kind), now, say) for kind in WAY),
        )
        last = item.wave
    return made


def _item(item: ItemRecord, name: str, now: str, say: Words) -> Text:
    """Code and state, the name, and its rollback where there is one."""
    state = text(say(f"item.{item.state}"), _ITEM.get(item.state, DIM))
    cell = Text.assemble(text(item.system, HEAD), " ", state, "\n", text(name))
    back = item.step(StepKind.ROLLBACK)
    if back.state is not StepState.PENDING:
        cell.append_text(
            Text.assemble("\n", (say("rollback"), DIM), " ", _cell(back, now, say, " "))
        )
    return cell


def _cell(step: StepRecord, now: str, say: Words, between: str = "\n") -> Text:
    """State, then time; a running step's time is that so far."""
    end = now if step.state is StepState.RUNNING else step.ended_at
    time = "" if step.state is StepState.PENDING else took(seconds_between(step.started_at, end))
    return Text.assemble((say(f"step.{step.state}"), _STEP[step.state]), between, (time, DIM))


def _details(item: ItemRecord, names: Mapping[str, str], say: Words, zone: str) -> Table:
    heads = ("step", "state", "started_at", "ended_at", "seconds", "message")
    title = f"{item.system} {names.get(item.system, '')}"
    return rows(
        table(*(say(key) for key in heads), title=title),
        (
            (
                say(step.step.value),
                text(say(f"step.{step.state}"), _STEP[step.state]),
                local(step.started_at, zone, date=False),
                local(step.ended_at, zone, date=False),
                took(seconds_between(step.started_at, step.ended_at)),
                lines(step.message),
            )
            for step in item.steps
        ),
    )


def log_line(line: Mapping[str, Any], say: Words, zone: str) -> Iterator[Text]:
    """One event: when, which item and step, what Ansible said or what came of phase or looks."""
    event = str(line.get("event"))
    made = event in {PHASE, BEGUN, LOOKED} and "number" not in line  # else an attempt wrote it
    said, style = _made(line, say) if made else _ansible(line)
    if not said:  # an event without words, such as a task that begins on a host
        return
    head = f"{local(line.get('at'), zone, date=False)} {line['system']} {say.known(line['step'])} "
    yield Text.assemble(text(head, DIM), lines(said, style))


def _ansible(line: Mapping[str, Any]) -> tuple[str, str]:
    """What Ansible said without its colours, its blank lines and its carriage returns (which Rich
    would take as "write over what stands there"), and the style."""
    whole = str(line.get("text") or "").replace("\r\n", "\n").replace("\r", "\n")
    plain = (Text.from_ansi(part).plain.rstrip() for part in whole.split("\n"))
    bad = {"runner_on_failed": BAD, "runner_on_unreachable": BAD}
    return "\n".join(part for part in plain if part), bad.get(str(line.get("event")), "")


def _made(line: Mapping[str, Any], say: Words) -> tuple[str, str]:
    """A phase or looks in words, and the style."""
    if line["event"] == BEGUN:
        return say("log.begun"), BUSY
    ok = line["ok"]
    key = "log.unended" if ok is None else "log.done" if ok else "log.failed"
    told = [say(key, took=took(line["seconds"]))]
    if line["event"] == PHASE:
        if line["phase"] != line["step"]:
            told[0] = f"{say.known(line['phase'])} {told[0]}"
        if "hold_seconds" in line:
            told.append(say("log.held", seconds=line["hold_seconds"]))
    elif line["looks"]:
        figures = {key: line[key] for key in ("looks", "failed", "slowest_ms")}
        told.append(say("log.looks", **figures))
        told += [f"{target}: {say('log.red', n=n)}" for target, n in line["red"].items()]
    if line["text"]:
        told.append(str(line["text"]))
    return "; ".join(told), GOOD if ok else BAD

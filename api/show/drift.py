"""Screens of the comparison with NetBox: differences, tasks, what was left out."""

import json
from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from api.show.inventory import field_name, shown_value, thing
from api.show.parts import BAD, DIM, GOOD, rows, table, text
from api.times import local
from api.words import Words
from inventory.findings import Cause, Finding
from inventory.store import LeftOut, Objection, Touch
from inventory.tasks import Noted, Task
from inventory.text import shorten

_STYLES = {
    Cause.CONFLICT: BAD,
    Cause.DELETED: BAD,
    Cause.LOST: BAD,
    Cause.HELD: BAD,
    Cause.AGREED: DIM,
}
_EXAMPLES = 3


def findings_screen(
    findings: Iterable[Finding],
    touches: Mapping[tuple[str, str, str], Touch],
    say: Words,
    *,
    zone: str,
    store: str,
) -> Iterator[RenderableType]:
    """One row per field; `store` heads the column of what is stored now."""
    found = tuple(findings)
    if not found:
        yield text(say("no_findings"), GOOD)
        return
    heads = ("object", "field", store, "ledger", "snapshot", "changed_by", "winner")
    yield rows(
        table(*(say(head) for head in heads), title=say("findings", n=len(found))),
        (
            (
                f"{thing(f.kind, say)} {f.code}",
                _field(f, say),
                _value(f, f.netbox, "netbox" not in f.missing, say),
                _value(f, f.ledger, "ledger" not in f.missing, say),
                _value(f, f.snapshot, "snapshot" not in f.missing, say),
                _touch(touches.get((f.kind, f.code, f.field)), zone),
                _winner(f, say),
            )
            for f in found
        ),
    )


def conflicts_line(findings: Iterable[Finding], say: Words) -> Iterator[RenderableType]:
    """Said where there is any."""
    if n := sum(f.conflict for f in findings):
        yield text(say("conflicts", n=n), BAD)


def objections_screen(found: Iterable[Objection], say: Words) -> Iterator[RenderableType]:
    """What the store would refuse, where there is any."""
    if told := tuple(found):
        heads = say("object"), say("reason")
        yield rows(
            table(*heads, title=say("objections", n=len(told))),
            ((one.whose, say.half(one.reason)) for one in told),
        )


def noted_line(noted: Noted, say: Words) -> Iterator[RenderableType]:
    """What became of the tasks, where there is any."""
    counts = {name: len(getattr(noted, name)) for name in ("opened", "changed", "same", "gone")}
    if any(counts.values()):
        yield text(say("tasks_noted", **counts), BAD if noted.opened or noted.changed else "")


def tasks_screen(tasks: Iterable[Task], say: Words, zone: str) -> Iterator[RenderableType]:
    """One row per task; who settled it and why where somebody did."""
    found = tuple(tasks)
    if not found:
        yield text(say("no_tasks"), GOOD)
        return
    heads = ("task", "object", "field", "netbox", "ledger", "snapshot", "at", "state")
    yield rows(table(*(say(head) for head in heads)), (_task(t, say, zone) for t in found))


def left_out_screen(left_out: Iterable[LeftOut], say: Words) -> Iterator[RenderableType]:
    """Grouped by type and reason, the most first, with a few by name."""
    groups: dict[tuple[str, str], list[LeftOut]] = {}
    for one in left_out:
        groups.setdefault((one.endpoint, say.half(one.reason)), []).append(one)
    if not groups:
        return
    heads = (say(key) for key in ("endpoint", "count", "reason", "examples"))
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    yield rows(
        table(*heads, title=say("left_out")),
        (
            (endpoint, len(held), reason, "、".join(_called(o, say) for o in held[:_EXAMPLES]))
            for (endpoint, reason), held in ordered
        ),
    )


def _called(one: LeftOut, say: Words) -> str:
    """By its name, or by NetBox's id where it has none."""
    return shorten(one.name) if one.name else say("id", id=one.id)


def _task(task: Task, say: Words, zone: str) -> tuple[object, ...]:
    there = bool(task.field)
    state = text(say(task.state), BAD if task.state == "open" else "")
    if task.decision:
        chosen = say("gone") if task.decision == "gone" else say.known(f"winner.{task.decision}")
        told = f"{chosen} {task.settled_by} {local(task.settled_at, zone)}"
        state = Text.assemble(text(told), "\n", text(task.reason, DIM))
    return (
        task.id,
        f"{thing(task.kind, say)} {task.code}",
        _field(task, say),
        *(
            _value(task, value, there or value is not None, say)
            for value in (task.netbox, task.ledger, task.snapshot)
        ),
        Text.assemble(text(local(task.opened_at, zone)), "\n", text(task.opened_by, DIM)),
        state,
    )


def _winner(finding: Finding, say: Words) -> Text:
    style = _STYLES.get(finding.cause, "")
    cause = say.known(f"cause.{finding.cause}")
    parts: list[str | Text] = [
        text(say.known(f"winner.{finding.winner}"), style),
        "\n",
        text(cause, DIM),
    ]
    if finding.source is not None:
        where = (finding.source.sheet, finding.source.row or "", finding.source.column)
        parts += ["\n", text(" ".join(str(part) for part in where if part), DIM)]
    return Text.assemble(*parts)


def _touch(touch: Touch | None, zone: str) -> Text:
    if touch is None:
        return Text("")
    parts: list[str | Text] = [text(touch.by), "\n", text(local(touch.at, zone), DIM)]
    if touch.message:
        parts += ["\n", text(touch.message, DIM)]
    return Text.assemble(*parts)


def _field(of: Finding | Task, say: Words) -> str:
    return field_name(of.kind, of.field, say) if of.field else say("whole_object")


def _value(of: Finding | Task, value: JsonValue, there: bool, say: Words) -> Text:
    """What one side says: "—" the object isn't there, "∅" the field is not told."""
    if not there:
        return text("—", DIM)
    if value is None:
        return text("∅", DIM)
    shown = shown_value(of.kind, of.field, value, say)
    return text(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))

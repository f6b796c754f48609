"""Screens of the inventory: problems of ledgers, changes, one object, the whole in figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from api.show.parts import BAD, DIM, GOOD, HEAD, lines, rows, table, text
from api.words import Words
from inventory.changes import ChangeSet, noun
from inventory.labels import field_label, value_label
from inventory.ledger import LedgerReport
from inventory.model import Estate

SHOWN = 8
"""Places that are named of what was passed over for one reason; --json names all."""


def report_screen(report: LedgerReport, say: Words) -> Iterator[RenderableType]:
    """Problems first, then what was passed over, then figures."""
    if report.problems:
        heads = (say(key) for key in ("file", "sheet", "row", "column", "read", "reason"))
        title = say("problems", n=len(report.problems))
        yield rows(table(*heads, title=title), _problems(report, say))
    passed: dict[str, list[str]] = {}
    for skipped in report.ignored:
        row = f" {skipped.row}" if skipped.row else ""
        cell = f" {skipped.column}“{skipped.raw}”" if skipped.raw else ""
        passed.setdefault(skipped.reason, []).append(f"{skipped.sheet}{row}{cell}")
    for reason, places in passed.items():
        more = f" … ({len(places)})" if len(places) > SHOWN else ""
        shown = ", ".join(places[:SHOWN])
        yield text(f"{say('passed_over')} {say.half(reason)}: {shown}{more}", DIM)
    yield counts_screen({k: v for k, v in report.counts.items() if k in Estate.model_fields}, say)
    figures = {k: report.counts.get(k, 0) for k in ("rows", "refused", "problems")}
    yield text(say("refused_rows", **figures), GOOD if report.ok else BAD)


def _problems(report: LedgerReport, say: Words) -> Iterator[tuple[object, ...]]:
    """Of the same fault in many rows one line, where it was first; --json has each of them."""
    alike: dict[tuple[str, ...], list[int | None]] = {}
    for p in report.problems:
        key = Path(p.file).name, p.sheet, p.column, p.raw, p.message
        alike.setdefault(key, []).append(p.row)
    for (file, sheet, column, raw, message), held in alike.items():
        row: object = held[0] or ""
        if len(held) > 1:
            row = say("and_others", first=row, n=len(held))
        yield file, sheet, row, column, text(raw, BAD), say.half(message)


def counts_screen(counts: dict[str, int], say: Words) -> RenderableType:
    """One row of figures, a column a collection."""
    made = table(*(say(kind) for kind in counts))
    for column in made.columns:
        column.justify = "right"
    return rows(made, [counts.values()])


def changes_screen(changes: ChangeSet, say: Words) -> Iterator[RenderableType]:
    """The change as its own text, coloured by its first sign."""
    styles = {"+": GOOD, "-": BAD}
    for line in changes.render_text(say.lang).splitlines():
        yield text(line, styles.get(line[:1], ""))


def object_screen(kind: str, found: dict[str, Any], say: Words) -> Iterator[RenderableType]:
    """One object: its facts, and where each was read."""
    told = {
        p["field"]: " ".join(
            str(part) for part in (Path(p["source"]).name, p["sheet"], p["row"] or "") if part
        )
        for p in found.get("provenance", ())
    }
    yield text(f"{thing(kind, say)} {found['code']}", HEAD)
    made = table(say("field"), say("value"), say("told_in"))
    for field, value in found["facts"].items():
        if value == []:
            continue  # nothing told
        for name, shown in _flat(kind, field, value, say):
            made.add_row(text(name), text(shown), text(told.get(field, ""), DIM))
    yield made
    for key in ("place_now", "needs", "needed_by"):
        if found.get(key):
            value = found[key]
            yield lines(f"{say(key)}: {value if isinstance(value, str) else '、'.join(value)}")


def thing(kind: str, say: Words) -> str:
    """What one object of collection `kind` is called."""
    return noun(kind, zh=say.lang == "zh")


def field_name(kind: str, field: str, say: Words) -> str:
    """A field as people call it; in English by the model's own name."""
    return field_label(kind, field) if say.lang == "zh" else field


def shown_value[T](kind: str, field: str, value: T, say: Words) -> T | str:
    """A value, a word of the model in the chosen language."""
    if say.lang == "zh":
        return value_label(kind, field, value)
    return say("yes" if value else "no") if isinstance(value, bool) else value


def _flat(
    kind: str, field: str, value: object, say: Words, before: str = ""
) -> Iterator[tuple[str, object]]:
    """Nested facts with the names that lead to them."""
    name = before + field_name(kind, field, say)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(kind, key, inner, say, f"{name}.")
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value, start=1):
            for key, part in inner.items():
                yield from _flat(kind, key, part, say, f"{name}[{number}].")
    elif isinstance(value, list):
        yield name, "、".join(map(str, value))
    else:
        yield name, shown_value(kind, field, value, say)

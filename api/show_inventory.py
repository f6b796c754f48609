"""Screens of the inventory: problems of ledgers, changes, one object, the whole in figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from api.show import BAD, DIM, GOOD, HEAD, lines, rows, table, text
from api.words import Words
from inventory.changes import ChangeSet
from inventory.ledger import LedgerReport
from inventory.model import Estate


def report_screen(report: LedgerReport, say: Words) -> Iterator[RenderableType]:
    """Problems first, then what was passed over, then figures."""
    if report.problems:
        heads = (say(key) for key in ("file", "sheet", "row", "column", "read", "reason"))
        title = say("problems", n=len(report.problems))
        yield rows(
            table(*heads, title=title),
            (
                (Path(p.file).name, p.sheet, p.row or "", p.column, text(p.raw, BAD), p.message)
                for p in report.problems
            ),
        )
    passed: dict[str, list[str]] = {}
    for skipped in report.ignored:
        row = f" {skipped.row}" if skipped.row else ""
        passed.setdefault(skipped.reason, []).append(f"{skipped.sheet}{row}")
    for reason, places in passed.items():
        yield text(f"{say('passed_over')} {reason}: {', '.join(places)}", DIM)
    yield counts_screen({k: v for k, v in report.counts.items() if k in Estate.model_fields}, say)
    figures = {k: report.counts.get(k, 0) for k in ("rows", "refused", "problems")}
    yield text(say("refused_rows", **figures), GOOD if report.ok else BAD)


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
    yield text(f"{say(kind)} {found['code']}", HEAD)
    made = table(say("field"), say("value"), say("told_in"))
    for field, value in found["facts"].items():
        for name, shown in _flat(field, value):
            made.add_row(text(name), text(shown), text(told.get(field, ""), DIM))
    yield made
    for key in ("place_now", "needs", "needed_by"):
        if found.get(key):
            value = found[key]
            yield lines(f"{say(key)}: {value if isinstance(value, str) else '、'.join(value)}")


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Nested facts as dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name}[{number}]", inner)
    elif isinstance(value, list):
        yield name, "、".join(map(str, value))
    else:
        yield name, value

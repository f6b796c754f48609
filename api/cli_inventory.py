"""`qianyun inventory`: ledgers into the estate, and looking at it."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.desk import Desk, command, group
from api.errors import Exit

if TYPE_CHECKING:
    from inventory.changes import ChangeSet
    from inventory.ledger import LedgerReport
    from inventory.model import Estate

app = group("台账库 / the inventory: ledgers, facts")

Ledgers = Annotated[
    list[Path], typer.Argument(metavar="LEDGER...", help="台账文件 / ledger files (xlsx, csv)")
]


@command(app, "check", help="检查台账 / read ledgers and show what is refused; 1 when there is any")
def check(desk: Desk, ledgers: Ledgers) -> None:
    from api.show_inventory import report_screen

    report = _read(desk, ledgers)
    data = {"ok": report.ok, "counts": report.counts} | report.as_json()
    desk.answer(data, lambda: report_screen(report, desk.words))
    raise typer.Exit(Exit.DONE if report.ok else Exit.NO)


@command(app, "diff", help="与台账库比对 / compare ledgers with the inventory; 1 when they differ")
def diff(desk: Desk, ledgers: Ledgers) -> None:
    from api.show_inventory import changes_screen, report_screen

    report = _read(desk, ledgers)
    _, changes = _changes(desk, report)
    if not report.ok and not desk.flags.json:
        desk.answer(None, lambda: report_screen(report, desk.words))
    desk.answer(_data(report, changes), lambda: changes_screen(changes, desk.words))
    raise typer.Exit(Exit.DONE if changes.empty and report.ok else Exit.NO)


@command(app, "apply", help="写入台账库 / bring ledgers into the inventory; twice changes nothing")
def apply(
    desk: Desk,
    ledgers: Ledgers,
    yes_digest: Annotated[
        str | None,
        typer.Option(metavar="DIGEST", help="确认大变更的摘要 / confirms a large change"),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(help="有拒收行也收无误的行 / take the good rows although some are refused"),
    ] = False,
) -> None:
    from api.show import BAD, GOOD, text
    from api.show_inventory import changes_screen, report_screen

    report = _read(desk, ledgers)
    if not report.ok and not desk.flags.json:
        desk.answer(None, lambda: report_screen(report, desk.words))
    before, changes = _changes(desk, report)
    if not report.ok and not partial:
        data = _data(report, changes) | {"applied": False}
        desk.answer(data, lambda: [text(desk.words("not_applied"), BAD)])
        raise typer.Exit(Exit.NO)
    product = desk.product
    after = product.estate.apply(changes, actor=desk.actor, confirmed=yes_digest)
    if after.digest != before.digest:
        product.truth.audit(
            desk.actor,
            "inventory.apply",
            "estate",
            digest=changes.digest,
            base=changes.base,
            result=changes.result,
            counts=changes.counts,
            ledgers=[str(path) for path in ledgers],
            refused=report.counts.get("refused", 0),
        )
    done = desk.words("nothing_changed" if changes.empty else "applied")
    data = _data(report, changes) | {"applied": True, "estate": after.digest}
    desk.answer(data, lambda: [*changes_screen(changes, desk.words), text(done, GOOD)])


@command(app, "show", help="查看一个对象 / show one object by its code")
def show(desk: Desk, code: Annotated[str, typer.Argument(help="编号 / code")]) -> None:
    from api.show_inventory import object_screen
    from migrator.errors import NotFound

    estate = desk.product.estate.load()
    found = _find(estate, code)
    if not found:
        raise NotFound(
            f"台账库中没有此编号 / the inventory has no such code: {code}; see `qianyun inventory "
            "export`"
        )

    desk.answer(
        {"objects": found},
        lambda: (part for o in found for part in object_screen(o["kind"], o, desk.words)),
    )


@command(app, "export", help="导出 / the whole inventory (--json), or its figures")
def export(desk: Desk) -> None:
    from api.show import text
    from api.show_inventory import counts_screen

    estate = desk.product.estate.load()
    data = {"digest": estate.digest} | estate.model_dump(mode="json", exclude_none=True)
    counts = {kind: len(objects) for kind, objects in estate.collections()}
    desk.answer(
        data,
        lambda: [
            counts_screen(counts, desk.words),
            text(f"{desk.words('digest')} {estate.digest}"),
        ],
    )


def _read(desk: Desk, ledgers: list[Path]) -> "LedgerReport":
    from inventory.ledger import read_ledgers

    return read_ledgers(ledgers, known=desk.product.estate.load())


def _changes(desk: Desk, report: "LedgerReport") -> "tuple[Estate, ChangeSet]":
    from inventory.changes import diff, merge_declared

    stored = desk.product.estate.load()
    return stored, diff(stored, merge_declared(stored, report.estate))


def _data(report: "LedgerReport", changes: "ChangeSet") -> dict[str, Any]:
    return {
        "ok": report.ok,
        "problems": [p.model_dump(mode="json") for p in report.problems],
        "digest": changes.digest,
        "counts": changes.counts,
        "changes": changes.model_dump(mode="json"),
    }


def _find(estate: "Estate", code: str) -> list[dict[str, Any]]:
    """Every object with that code, its facts apart from where they were read."""
    from inventory.model import content

    found = []
    for kind, objects in estate.collections():
        for thing in objects:
            if thing.code != code:
                continue
            one: dict[str, Any] = {
                "kind": kind,
                "code": code,
                "facts": content(thing),
                "provenance": [p.model_dump(mode="json") for p in thing.provenance],
            }
            if kind == "systems":
                one["place_now"] = thing.place
                one["needs"] = [d.needs for d in estate.dependencies if d.system == code]
                one["needed_by"] = [d.system for d in estate.dependencies if d.needs == code]
            found.append(one)
    return found

"""`qianyun inventory`: ledgers into the estate, and looking at it."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import ledgers, tasks
from api.cli.desk import Desk, command, group
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from api.drift import Comparison
    from inventory.findings import Finding
    from inventory.model import Estate
    from inventory.store import Touch

app = group("台账库 / the inventory: ledgers, facts")

Ledgers = Annotated[
    list[Path],
    typer.Argument(metavar="LEDGER...", help="台账文件 / ledger files (xlsx, xls, ods, csv)"),
]
WordsFile = Annotated[
    Path | None,
    typer.Option(
        "--words",
        metavar="FILE",
        help="本市台账用语（TOML） / what this city's ledgers call things (QIANYUN_LEDGER_WORDS)",
    ),
]
MaybeLedgers = Annotated[
    list[Path] | None,
    typer.Argument(metavar="LEDGER", help="台账文件 / ledger files (xlsx, xls, ods, csv)"),
]


@command(app, "check", help="检查台账 / read ledgers and show what is refused; 1 when there is any")
def check(desk: Desk, ledgers: Ledgers, words: WordsFile = None) -> None:
    from api.drift import read
    from api.show.inventory import report_screen

    with desk.reading() as progress:
        report = read(desk.product, ledgers, words, progress=progress)
    desk.answer(report.as_json(), lambda: report_screen(report, desk.words))
    raise typer.Exit(Exit.DONE if report.ok else Exit.NO)


@command(
    app,
    "diff",
    help="与台账库比对 / compare ledgers with the inventory; 1 when they differ, also where NetBox's word "
    "counts and an apply would write nothing, or when rows are refused",
)
def diff(
    desk: Desk,
    ledgers: MaybeLedgers = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="逐字段比对 NetBox、台账、上次快照 / NetBox, ledgers, last snapshot by field",
        ),
    ] = False,
    words: WordsFile = None,
) -> None:
    from api.drift import compare
    from api.show.inventory import changes_screen, report_screen

    if not ledgers and not live:
        raise BadUsage(
            "请给出台账文件，或用 --live 查看 NetBox 的变化 / name ledger files, or give --live to "
            "see what changed in NetBox"
        )
    with desk.reading() as progress:
        compared = compare(desk.product, ledgers or [], words, progress=progress)
    report, changes = compared.report, compared.changes
    if not report.ok and not desk.flags.json:
        desk.answer(None, lambda: report_screen(report, desk.words))
    if live:
        _diff_live(desk, compared)
    left = _left_as_they_are(compared)
    desk.answer(
        _data(compared) | {"not_written": len(left)},
        lambda: [*changes_screen(changes, desk.words), *_left_line(desk, left, ledgers or [])],
    )
    same = changes.empty and not left
    raise typer.Exit(Exit.DONE if same and report.ok else Exit.NO)


def _left_as_they_are(compared: "Comparison") -> "list[Finding]":
    """Where the ledgers say another thing than NetBox, and an apply would leave it so."""
    told = (f for f in compared.findings if "ledger" not in f.missing and f.netbox != f.ledger)
    return [f for f in told if f.winner != "ledger"]


def _left_line(
    desk: Desk, left: "list[Finding]", ledgers: list[Path]
) -> "Iterator[RenderableType]":
    import shlex

    from api.show.parts import BUSY, text

    if left:
        words = ["qianyun", "inventory", "diff", "--live", *(str(path) for path in ledgers)]
        told = desk.words("not_written_apart", n=len(left), command=shlex.join(words))
        yield text(told, BUSY)


def _diff_live(desk: Desk, compared: "Comparison") -> None:
    from api.drift import touches
    from api.show.drift import conflicts_line, findings_screen

    store, say, found = desk.product.estate, desk.words, compared.findings
    known = touches(store, found)
    data = _data(compared) | {
        "findings": [_finding(f, known.get((f.kind, f.code, f.field))) for f in found]
    }
    own = "netbox" if store.dry_by_default else "estate"
    desk.answer(
        data,
        lambda: [
            *findings_screen(found, known, say, zone=desk.settings.timezone, store=own),
            *conflicts_line(found, say),
        ],
    )
    raise typer.Exit(Exit.NO if found or not compared.report.ok else Exit.DONE)


@command(app, "apply", help="写入台账库 / bring ledgers into the inventory; twice changes nothing")
def apply(
    desk: Desk,
    ledgers: Ledgers,
    confirmed: Annotated[
        str | None,
        typer.Option(
            "--digest",
            "--yes-digest",
            metavar="DIGEST",
            help="确认变更的摘要：写入 NetBox 或大变更时须给 / the digest of the change: needed to "
            "write to NetBox, and for a large change",
        ),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(help="有拒收行也收无误的行 / take the good rows although some are refused"),
    ] = False,
    words: WordsFile = None,
) -> None:
    from api import drift
    from api.show.drift import noted_line
    from api.show.inventory import changes_screen, report_screen
    from api.show.parts import BAD, GOOD, text

    product, say = desk.product, desk.words
    with desk.reading() as progress:
        compared = drift.compare(product, ledgers, words, progress=progress)
    report, changes = compared.report, compared.changes
    if not report.ok and not desk.flags.json:
        desk.answer(None, lambda: report_screen(report, say))
    if not report.ok and not partial:
        data = _data(compared) | {"applied": False}
        desk.answer(data, lambda: [text(say("not_applied"), BAD)])
        raise typer.Exit(Exit.NO)
    if product.estate.dry_by_default and confirmed is None and not changes.empty:
        _show_only(desk, compared, ledgers, words, partial=partial)
        return
    noted = drift.apply(product, compared, ledgers=ledgers, actor=desk.actor, confirmed=confirmed)
    done = say("nothing_changed" if changes.empty else "applied")
    data = _data(compared) | {"applied": True, "estate": changes.result}
    data |= {"tasks": {name: [t.id for t in found] for name, found in noted}}
    desk.answer(
        data | {"findings": [_finding(f) for f in _not_plain(compared)]},
        lambda: [
            *changes_screen(changes, say),
            *_told(desk, compared),
            text(done, GOOD),
            *noted_line(noted, say),
        ],
    )


def _show_only(
    desk: Desk, compared: "Comparison", ledgers: list[Path], words: Path | None, *, partial: bool
) -> None:
    """What an apply to NetBox would do, and the command that does it."""
    import shlex

    from api.show.drift import conflicts_line, objections_screen
    from api.show.inventory import changes_screen
    from api.show.parts import BUSY, text

    argv = ["qianyun", "inventory", "apply", *(str(path) for path in ledgers)]
    argv += ["--partial"] if partial else []
    argv += ["--words", str(words)] if words else []
    argv += ["--digest", compared.changes.digest]
    say, command = desk.words, shlex.join(argv)
    refused = desk.product.estate.objections(compared.changes)
    data = _data(compared) | {"applied": False, "confirm_with": argv}
    data |= {"objections": [one.model_dump() for one in refused]}
    data |= {"findings": [_finding(f) for f in _not_plain(compared)]}
    desk.answer(
        data,
        lambda: [
            *_told(desk, compared),
            *changes_screen(compared.changes, say),
            *conflicts_line(compared.findings, say),
            *objections_screen(refused, say),
            text(say("dry", command=command), BUSY),
        ],
    )
    if refused:
        raise typer.Exit(Exit.NO)


def _told(desk: Desk, compared: "Comparison") -> "Iterator[RenderableType]":
    from api.drift import touches
    from api.show.drift import findings_screen

    if found := _not_plain(compared):
        known = touches(desk.product.estate, found)
        zone = desk.settings.timezone
        yield from findings_screen(found, known, desk.words, zone=zone, store="netbox")


def _not_plain(compared: "Comparison") -> "list[Finding]":
    """Where the ledgers' word is not simply taken; what only NetBox knows is no matter here."""
    from inventory.findings import Cause

    plain = (Cause.LEDGER, Cause.AGREED)
    return [f for f in compared.findings if "ledger" not in f.missing and f.cause not in plain]


@command(app, "show", help="查看一个对象 / show one object by its code")
def show(desk: Desk, code: Annotated[str, typer.Argument(help="编号 / code")]) -> None:
    from api.show.inventory import object_screen
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


def _data(compared: "Comparison") -> dict[str, Any]:
    changes = compared.changes
    return {
        "ok": compared.report.ok,
        "problems": [p.model_dump(mode="json") for p in compared.report.problems],
        "digest": changes.digest,
        "counts": changes.counts,
        "conflicts": sum(f.conflict for f in compared.findings),
        "changes": changes.model_dump(mode="json"),
    }


def _finding(finding: "Finding", touch: "Touch | None" = None) -> dict[str, Any]:
    changed = None if touch is None else touch.model_dump(mode="json")
    return finding.model_dump(mode="json") | {"conflict": finding.conflict, "changed": changed}


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
                "provenance": [asdict(p) for p in thing.provenance],
            }
            if kind == "systems":
                one["place_now"] = thing.place
                one["needs"] = [d.needs for d in estate.dependencies if d.system == code]
                one["needed_by"] = [d.system for d in estate.dependencies if d.needs == code]
            found.append(one)
    return found


ledgers.register(app)
tasks.register(app)

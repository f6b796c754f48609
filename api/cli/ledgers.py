"""`qianyun inventory template|export`: ledgers written."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.ledger_write.export import Exported

TEMPLATE = "台账模板.xlsx"

Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind", metavar="KIND", help="对象种类，可多次 / a kind such as systems; several"
    ),
]
Replace = Annotated[
    bool, typer.Option("--replace", help="覆盖已有文件 / write over files that are there")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the inventory's."""
    command(
        app, "template", help="空白台账 / ledgers to fill in: headers, notes, lists, an example"
    )(template)
    command(app, "export", help="导出台账 / the inventory as ledgers or --json, or its figures")(
        export
    )


def template(
    desk: Desk,
    to: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE|DIR",
            help="xlsx 文件，或文件夹（每种对象一个文件） / an xlsx, or a folder: a file a kind",
        ),
    ] = None,
    kind: Kinds = None,
    replace: Replace = False,
) -> None:
    from api.show.parts import GOOD, text
    from inventory.ledger_write.template import template as make
    from inventory.ledger_write.template import template_files
    from inventory.ledger_write.writing import write_files

    target = to or Path(TEMPLATE)
    kinds, known = _kinds(kind), desk.product.estate.load()
    if target.suffix.lower() == ".xlsx":
        contents = {target: make(kinds, known=known)}
    else:
        contents = {target / name: data for name, data in template_files(kinds, known=known)}
    write_files(contents, replace=replace)
    desk.answer(
        {"files": [str(path) for path in contents]},
        lambda: [text(desk.words("written", file=str(path)), GOOD) for path in contents],
    )


def export(
    desk: Desk,
    *,
    to: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE.xlsx|DIR",
            help="xlsx 文件，或放 CSV 的文件夹 / an xlsx, or a folder for CSV, a file a kind",
        ),
    ] = None,
    kind: Kinds = None,
    organisation: Annotated[
        str | None,
        typer.Option(
            "--organisation", metavar="NAME", help="只导出一个单位的 / one organisation's"
        ),
    ] = None,
    county: Annotated[
        str | None,
        typer.Option("--county", metavar="NAME", help="只导出一个区县的 / one county's (of sites)"),
    ] = None,
    replace: Replace = False,
) -> None:
    from api.show.inventory import counts_screen
    from api.show.parts import text
    from inventory.ledger.spelling import default_words
    from inventory.ledger_write.export import export as write
    from inventory.ledger_write.select import part_of

    kinds, estate = _kinds(kind), desk.product.estate.load()
    if to is not None:
        done = write(
            estate, to, kinds=kinds, organisation=organisation, county=county, replace=replace
        )
        _tell(desk, done)
        raise typer.Exit(Exit.NO if done.changed else Exit.DONE)
    part = part_of(estate, default_words(), kinds=kinds, organisation=organisation, county=county)
    data = {"digest": part.digest} | part.model_dump(mode="json", exclude_none=True)
    counts = {name: len(objects) for name, objects in part.collections()}
    desk.answer(
        data,
        lambda: [
            counts_screen(counts, desk.words),
            text(f"{desk.words('digest')} {part.digest}"),
        ],
    )


def _tell(desk: Desk, done: "Exported") -> None:
    from api.show.inventory import counts_screen, thing
    from api.show.parts import BAD, GOOD, text

    say = desk.words
    inexact = [{"kind": c.kind, "code": c.code, "column": c.title} for c in done.inexact]
    changed = [{"kind": kind, "code": code} for kind, code in done.changed]
    data = {
        "files": [str(path) for path in done.files],
        "counts": done.counts,
        "digest": done.digest,
        "reads_back": not done.changed,
        "changed": changed,
        "inexact": inexact,
    }
    desk.answer(
        data,
        lambda: [
            *(text(say("written", file=str(path)), GOOD) for path in done.files),
            counts_screen(done.counts, say),
            *(
                text(
                    say("not_told_back", what=f"{thing(c.kind, say)} {c.code}", column=c.title), BAD
                )
                for c in done.inexact
            ),
            *(
                text(say("changed_back", what=f"{thing(kind, say)} {code}"), BAD)
                for kind, code in done.changed
            ),
            *([] if done.changed else [text(say("reads_back", digest=done.digest), GOOD)]),
        ],
    )


def _kinds(told: "Sequence[str] | None") -> tuple[str, ...]:
    """Kinds by their own name or by that of their sheet. Raises BadUsage."""
    from inventory.changes import WORDS
    from inventory.ledger_write.export import KINDS

    by_name = {**{kind: kind for kind in KINDS}, **{WORDS[kind]: kind for kind in KINDS}}
    for name in told or ():
        if name not in by_name:
            raise BadUsage(
                f"不认识的种类 / unknown kind: read {name!r}, expected one of {', '.join(by_name)}"
            )
    return tuple(dict.fromkeys(by_name[name] for name in told or ()))

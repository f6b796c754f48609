"""`qianyun plan means`: a city's means as a file to edit."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import Desk, command


def register(app: typer.Typer) -> None:
    """Add the command to the plans'."""
    command(app, "means", help="可改的全市条件 / the city's means, to edit for plan make --means")(
        means
    )


def means(
    desk: Desk,
    like: Annotated[
        str | None,
        typer.Argument(metavar="[PLAN]", help="取自哪个方案 / whose; the last plan's by default"),
    ] = None,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="写入文件 / write it")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="覆盖已有文件 / write over")] = False,
) -> None:
    from rich.text import Text

    from api.days import today_of
    from api.show.parts import GOOD
    from api.show.parts import text as line
    from inventory.ledger_write.writing import write_files
    from migrator.use_cases.means_to_edit import means_to_edit

    told = means_to_edit(desk.product.truth, desk.actor, like, today_of(desk))
    if to is None:
        desk.answer({"means": told}, lambda: [Text(told.rstrip("\n"))])
        return
    write_files({to: told.encode()}, replace=replace)
    done = line(desk.words("means_written", file=str(to)), GOOD)
    desk.answer({"file": str(to)}, lambda: [done])

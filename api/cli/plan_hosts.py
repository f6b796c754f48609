"""`qianyun plan hosts`: hosts that are wanted on clouds, as a list for their operators."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command
from api.errors import Exit

if TYPE_CHECKING:
    from rich.console import RenderableType


def register(app: typer.Typer) -> None:
    """Add the command to the plans'."""
    command(app, "hosts", help="待云方提供的主机 / hosts that clouds are to give; 1 when any")(
        hosts
    )


def hosts(
    desk: Desk,
    *,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="写成待云方填写的台账 / as an xlsx to fill in"),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="覆盖已有文件 / write over")] = False,
) -> None:
    from api.show.parts import GOOD, rows, table, text
    from inventory.ledger_write.wanted_hosts import wanted_hosts
    from inventory.ledger_write.writing import write_files
    from migrator.people.rights import Deed
    from migrator.planning.lacking import lacking

    product, say = desk.product, desk.words
    product.truth.permit(desk.actor, Deed.PLAN_READ, "hosts")
    estate = product.estate.load()
    found = lacking(estate)
    data: dict[str, Any] = {
        "wanted": [
            {
                **{"system": one.code, "name": one.name, "place": one.target},
                **{"cpu_cores": one.cpu_cores, "memory_gib": one.memory_gib},
                **{"storage_gib": one.storage_gib, "cpu_arch": one.cpu_arch, "os": one.os},
            }
            for one in found
        ]
    }
    lines: list[RenderableType] = [text(say("hosts_wanted", n=len(found)))]
    if found:
        heads = (say("system"), say("old_name"), say("to"), "CPU", "GiB", "GiB", "")
        shown = (
            (s.code, s.name, s.target, s.cpu_cores, s.memory_gib, s.storage_gib, s.cpu_arch)
            for s in found
        )
        lines = [rows(table(*heads), shown), *lines]
    if to is not None and found:
        write_files({to: wanted_hosts(estate, found)}, replace=replace)
        data["file"] = str(to)
        lines.append(text(say("hosts_written", file=str(to)), GOOD))
    desk.answer(data, lambda: lines)
    raise typer.Exit(Exit.NO if found else Exit.DONE)

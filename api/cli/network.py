"""`qianyun network`: changes of network devices as commands for an engineer's hands."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import Desk, command, group

app = group("网络设备变更 / changes of network devices")


@app.callback()
def _group() -> None:
    """Keeps `render` a command of its own while it is the only one."""


@command(
    app, "render", help="变更清单→各厂商命令与回退 / a list of changes as commands, with rollback"
)
def render(
    desk: Desk,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="变更清单 / list of changes")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="新目录 / a new folder")],
) -> None:
    from api.show.network import network_screen
    from migrator.network.package import rendered

    found = rendered(desk.product.truth, desk.actor, file, out)
    data = {"out": str(out), "devices": [one.as_json() for one in found]}
    desk.answer(data, lambda: network_screen(found, str(out), desk.words))

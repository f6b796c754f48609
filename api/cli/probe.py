"""`qianyun probe`: look at a system or a host now."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import Annotated

import typer

from api.cli.desk import Desk, command, group
from api.errors import Exit

app = group("探测 / probes: look, never touch")


@app.callback()
def _group() -> None:
    """探测 / probes: look, never touch."""


@command(
    app, "once", help="探测一次，v4 与 v6 分开 / look once, v4 and v6 apart; 1 when one is red"
)
def once(
    desk: Desk,
    codes: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…",
            help="编号（系统、服务器、节点、链路、线路）、地址、域名或 https://… / a code of the inventory, "
            "an address, a name, https://…, tcp://HOST:PORT",
        ),
    ],
    deadline: Annotated[
        float, typer.Option(min=0.1, max=60, help="每项时限秒数 / seconds for each look")
    ] = 5.0,
) -> None:
    from api.probing_once import look_once, plain
    from api.show.probe import probe_screen

    results = look_once(
        desk.product, codes, deadline, on_empty=lambda: desk.tell(desk.words("no_inventory"))
    )
    ok = all(result.ok for result in results)
    data = {"ok": ok, "looks": [plain(result) for result in results]}
    desk.answer(data, lambda: probe_screen(results, desk.words))
    raise typer.Exit(Exit.DONE if ok else Exit.NO)

"""`qianyun probe serve` and what it starts: the prober, its exporter, the list of targets.

qianyun probe serve [--listen HOST:PORT] [--vantage NAME] [--shard N/M] [--targets FILE]
qianyun probe targets
"""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command, write_json

if TYPE_CHECKING:
    from api.supervisor import Part

Vantage = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="观测点名称，写入标签 / name of this vantage point, a label of each series",
    ),
]
Shard = Annotated[
    str,
    typer.Option(metavar="N/M", help="目标的第几份/共几份 / this prober's share of the targets"),
]
Listen = Annotated[
    str,
    typer.Option(
        metavar="HOST:PORT",
        help="指标监听地址，默认回环 / where the metrics are read; loopback by default",
    ),
]
FolderOf = Annotated[Path, typer.Argument(metavar="FOLDER", help="探测文件夹 / a prober's folder")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `probe`."""
    command(
        app,
        "serve",
        help="持续探测台账全部目标并提供指标 / look at all of the inventory again and again; metrics",
    )(serve)
    command(
        app, "targets", help="将要探测的目标（JSON 行） / what would be looked at, as JSON lines"
    )(targets)
    command(app, "prober", help="只启动探测进程 / the prober alone")(prober)
    command(app, "exporter", help="只启动指标进程 / the exporter alone")(exporter)
    command(app, "historian", help="只启动历史进程 / the history and the surveys alone")(historian)


def serve(
    desk: Desk,
    listen: Listen = "127.0.0.1:9420",
    vantage: Vantage = "local",
    shard: Shard = "1/1",
    targets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="用此目标清单代替台账 / a list of targets instead of the inventory's",
        ),
    ] = None,
) -> None:
    import asyncio

    from api.probing import share_of
    from api.show.parts import text
    from api.watching import Place
    from api.watching import serve as run

    share = share_of(shard)
    place = Place(listen=listen, vantage=vantage, shard=share[0], shards=share[1], targets=targets)

    def on_ready() -> None:
        if desk.flags.json:
            write_json({"ready": True, "metrics": f"http://{listen}/metrics"}, line=True)
        else:
            desk.screen.print(text(desk.words("probe_ready", listen=listen)), soft_wrap=True)

    def on_death(part: "Part", code: int, pause: float) -> None:
        told = desk.words("child_died", name=part.name, code=code, pause=pause, log=part.log)
        desk.tell(told)

    def on_trouble(error: Exception) -> None:
        desk.tell(desk.words("probe_trouble", error=error))

    asyncio.run(run(desk.product, place, on_ready, on_death, on_trouble))
    desk.tell(desk.words("stopped"))


def targets(desk: Desk) -> None:
    from api.http.estate_cache import filled
    from probes.watch.of_estate import watches_of
    from probes.watch.watched import line

    for watch in watches_of(filled(desk.product.estate.load())):
        sys.stdout.buffer.write(line(watch).encode())
    sys.stdout.buffer.flush()


def prober(
    desk: Desk,
    folder: FolderOf,
    vantage: Vantage = "local",
    shard: Shard = "1/1",
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    import asyncio

    from api.probing import probe_on, share_of

    del desk
    asyncio.run(probe_on(folder, vantage, share_of(shard), ready_fd))


def exporter(desk: Desk, folder: FolderOf, listen: Listen = "127.0.0.1:9420") -> None:
    from api.probing import export

    del desk
    export(folder, listen)


def historian(desk: Desk, folder: FolderOf) -> None:
    import asyncio

    from api.probing import remember
    from migrator.errors import NotFound

    if not folder.is_dir():
        raise NotFound(f"文件夹不存在 / no such folder: {folder}; expected that of a prober")
    asyncio.run(remember(folder, lambda error: desk.tell(str(error))))

"""`qianyun up`, `qianyun worker`, `qianyun api`: what runs until it is told to stop."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command, write_json

if TYPE_CHECKING:
    from api.supervisor import Part


def register(app: typer.Typer) -> None:
    """The commands that have no group."""
    command(app, "up", help="启动引擎、工作进程与接口 / engine, worker and HTTP API on loopback")(
        up
    )
    command(app, "worker", help="只启动工作进程 / the worker alone: runs steps until told to stop")(
        worker
    )
    command(app, "api", help="只启动 HTTP 接口 / the HTTP API alone")(api)


def up(desk: Desk) -> None:
    import asyncio

    from api.show.parts import text
    from api.up import up as run

    settings, say = desk.settings, desk.words
    addresses = {"temporal": settings.temporal_address, "api": settings.api_address}

    def on_key(public: Path) -> None:
        desk.tell(say("key_made", path=public))

    def on_ready() -> None:
        if desk.flags.json:
            data = {"ready": True, "state": str(settings.state), "addresses": addresses}
            write_json(data, line=True)
        else:
            told = say("ready", state=settings.state, **addresses)
            desk.screen.print(text(told), soft_wrap=True)

    def on_death(part: "Part", code: int, pause: float) -> None:
        desk.tell(say("child_died", name=part.name, code=code, pause=pause, log=part.log))

    def on_first(name: str, password: str) -> None:
        url = settings.public_url or f"http://{settings.api_address}"
        desk.tell(say("first_admin", name=name, password=password, url=url))

    asyncio.run(run(desk.product, on_key, on_ready, on_death, on_first))
    desk.tell(say("stopped"))


def worker(
    desk: Desk,
    zone: Annotated[
        str | None,
        typer.Option(metavar="Z", help="只执行该网络域的步骤 / does the steps of this zone alone"),
    ] = None,
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    import asyncio

    from api.logs import configure
    from api.working import work

    configure(secrets=desk.settings.secrets())
    if zone is not None:
        desk.settings = desk.settings.with_zone(zone)
    asyncio.run(work(desk.product, ready_fd))


def api(desk: Desk) -> None:
    from api.http.serving import serve

    serve(desk.product)

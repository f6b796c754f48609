"""`qianyun worker`, `qianyun api`, `qianyun up`: what runs until it is told to stop."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import Annotated

import typer

from api.desk import Desk, command


def register(app: typer.Typer) -> None:
    """The commands that have no group."""
    command(app, "worker", help="工作进程 / run steps until told to stop")(worker)


def worker(
    desk: Desk,
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    import asyncio

    from api.logs import configure
    from api.working import work

    configure(secrets=desk.settings.secrets())
    asyncio.run(work(desk.product, ready_fd))

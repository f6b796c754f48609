"""`qianyun machine`: where workers run, and what to do when one is off for good."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command, group

if TYPE_CHECKING:
    from migrator.store.machines import Machine

app = group("执行机器 / machines on which workers run")

Name = Annotated[str, typer.Argument(metavar="MACHINE", help="机器名 / the machine's name")]


@command(app, "list", help="机器一览 / all of them")
def list_(desk: Desk) -> None:
    _show(desk, desk.product.truth.machines.all())


@command(app, "gone", help="确认已关机，他机接手 / seen to be off: others take its attempts over")
def gone(
    desk: Desk,
    name: Name,
    reason: Annotated[str, typer.Option(help="如何确认 / how that was seen")] = "",
) -> None:
    _show(desk, [desk.product.truth.machines.declare_gone(name, desk.actor.name, reason)])


@command(app, "back", help="恢复使用 / it works again")
def back(desk: Desk, name: Name) -> None:
    _show(desk, [desk.product.truth.machines.back(name, desk.actor.name)])


@command(
    app, "promote", help="切换到该版本的执行进程 / workers of this build take all runs from now on"
)
def promote(
    desk: Desk,
    build: Annotated[str, typer.Argument(metavar="BUILD", help="worker_build 的值 / its name")],
) -> None:
    import asyncio

    from api.show.parts import text

    async def go() -> None:
        await (await desk.product.engine()).promote(build)

    asyncio.run(go())
    desk.product.truth.audit(desk.actor.name, "engine.promoted", build)
    desk.answer({"build": build}, lambda: [text(desk.words("promoted", build=build))])


def _show(desk: Desk, found: "list[Machine]") -> None:
    from api.show.parts import rows, table, text
    from api.times import local

    zone, say = desk.settings.timezone, desk.words
    heads = (say(key) for key in ("machine", "zone", "seen_at", "gone_at", "why"))
    lines = (
        (m.name, m.zone, local(m.seen_at, zone), local(m.gone_at, zone), m.reason) for m in found
    )
    data = {"machines": [m.model_dump(mode="json") for m in found]}
    desk.answer(data, lambda: [rows(table(*heads), lines) if found else text(say("no_machines"))])

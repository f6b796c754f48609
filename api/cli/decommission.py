"""`qianyun decommission`: the old host after the trial."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command, group
from api.errors import Exit

if TYPE_CHECKING:
    from migrator.attempts.ansible import Outcome

app = group("下线 / old hosts after the trial: archive, wipe, paper")

Run = Annotated[str, typer.Argument(metavar="RUN", help="执行编号 / the run's code")]
System = Annotated[str, typer.Argument(metavar="SYSTEM", help="系统编号 / the system's code")]


@command(app, "show", help="旧主机、机房与线路的现状 / how host, room and lines stand")
def show(desk: Desk, run: Run, system: System) -> None:
    from api.show.decommission import old_host_screen

    old = desk.product.decommissioning.look(run, system, desk.actor)
    desk.answer(old.as_json(), lambda: old_host_screen(old, desk.words, desk.settings.timezone))


@command(app, "archive", help="归档旧主机上的目录与数据库 / archive what is the system's there")
def archive(desk: Desk, run: Run, system: System) -> None:
    from api.stopping import signals

    product = desk.product
    with signals() as stop:
        outcome = product.decommissioning.archive(
            run, system, lambda: product.crew, desk.actor, stop.why
        )
    _told(desk, run, system, outcome)


@command(app, "wipe", help="清除已归档的数据，不可撤销 / wipe what was archived: no way back")
def wipe(
    desk: Desk,
    run: Run,
    system: System,
    *,
    digest: Annotated[
        str, typer.Option("--digest", help="归档清单的 SHA-256 / of the archive's manifest.json")
    ],
) -> None:
    product = desk.product
    outcome = product.decommissioning.wipe(run, system, digest, lambda: product.crew, desk.actor)
    _told(desk, run, system, outcome)


def _told(desk: Desk, run: str, system: str, outcome: "Outcome") -> None:
    from api.show.decommission import old_host_screen
    from api.show.parts import BAD, text

    if not outcome.ok:
        data = {"run": run, "system": system, "ok": False, "message": outcome.message}
        desk.answer(data, lambda: [text(outcome.message, BAD)])
        raise typer.Exit(Exit.NO)
    old = desk.product.decommissioning.standing(run, system)
    desk.answer(old.as_json(), lambda: old_host_screen(old, desk.words, desk.settings.timezone))


@command(app, "paper", help="下线与专线注销表 / the form that an office signs")
def paper(
    desk: Desk,
    run: Run,
    system: System,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="docx、xlsx、html、pdf")],
) -> None:
    from api.show.parts import text
    from inventory.report_write.write import written
    from migrator.use_cases.old_host_paper import paper as made

    product = desk.product
    old = product.decommissioning.look(run, system, desk.actor)
    today = product.truth.clock().date()
    report = made(old, product.estate.load(), today)
    out.write_bytes(
        written(report, out.suffix.removeprefix("."), product.settings.state / "scratch")
    )
    data = {"path": str(out), "digest": report.digest, "draft": report.draft}
    desk.answer(data, lambda: [text(desk.words("old_paper", path=out))])

"""`qianyun run`: start, watch, command."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import run_control, run_watch
from api.cli.desk import Desk, command, group, write_json
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from migrator.runs.records import RunRecord

app = group("执行 / runs: start, watch, pause, retry, roll back")

Run = Annotated[str, typer.Argument(metavar="RUN", help="执行编号 / the run's code")]
System = Annotated[str, typer.Argument(metavar="SYSTEM", help="系统编号 / the system's code")]
MaybeSystem = Annotated[
    str | None,
    typer.Argument(metavar="[SYSTEM]", help="系统编号，默认全部 / system, all by default"),
]
Reason = Annotated[str, typer.Option(help="理由 / reason")]
Wave = Annotated[
    int | None, typer.Option("--wave", min=1, metavar="N", help="整个批次 / a whole wave")
]


@command(app, "start", help="执行已批准的方案 / start an approved plan")
def start(
    desk: Desk, plan: Annotated[str, typer.Argument(metavar="PLAN", help="方案编号 / plan")]
) -> None:
    from api.http.views import run_summary
    from api.show.parts import text

    product = desk.product
    run = product.running.start(plan, desk.actor)
    told = desk.words("started", run=run.code)
    desk.answer(run_summary(run), lambda: [text(f"{run.code} {told}")])


@command(app, "list", help="执行一览 / all runs")
def list_(desk: Desk) -> None:
    from api.http.views import run_summary
    from api.show.run import list_screen

    runs = desk.product.truth.runs.all()
    desk.answer(
        {"runs": [run_summary(run) for run in runs]},
        lambda: list_screen(runs, desk.words, desk.settings.timezone),
    )


@command(app, "status", help="查看进展 / how a run stands (the last one by default)")
def status(
    desk: Desk,
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="执行编号，默认最近一次 / run, the last by default"),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="持续刷新至结束 / live, until it has ended")
    ] = False,
    steps: Annotated[
        bool, typer.Option("--steps", help="逐步列出时间与说明 / each step with times and message")
    ] = False,
) -> None:
    from api.cli.follow import await_end
    from api.http.views import names_of, run_whole
    from api.show.run import run_screen

    truth = desk.product.truth
    record = truth.runs.get(run) if run else _last(desk)
    names = names_of(truth, record)

    def screen(current: "RunRecord") -> "list[RenderableType]":
        parts = run_screen(current, names, desk.words, desk.settings.timezone, details=steps)
        return list(parts)

    if watch and not desk.flags.json:
        _live(desk, record.code, screen)
        return
    if watch:
        _, record = await_end(truth, record.code, None, stop_when_stuck=False)
    desk.answer(run_whole(truth, record), lambda: screen(record))


@command(app, "wait", help="等到结束 / wait for the end; 1 when not all is done or one is needed")
def wait(
    desk: Desk,
    run: Run,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="至多等待秒数 / at most")
    ] = None,
) -> None:
    from api.cli.follow import Ending, await_end
    from api.http.views import run_summary, waiting
    from api.show.parts import text

    ending, record = await_end(desk.product.truth, run, timeout)
    say = desk.words
    told = f"{run} {say(f'run.{record.state}')}"
    if ending is Ending.TIMEOUT:
        told = f"{run} {say('timed_out', seconds=timeout)}"
    elif ending is Ending.WAITING:
        stuck = waiting(record)
        told = (
            say("waits", systems=", ".join(stuck))
            if stuck
            else say("self_paused", note=record.note)
        )
    data = run_summary(record) | {
        "ending": ending.value,
        "waiting_for_operator": waiting(record),
    }
    desk.answer(data, lambda: [text(told)])
    raise typer.Exit(Exit.DONE if ending is Ending.DONE else Exit.NO)


@command(app, "logs", help="日志 / what the attempts say; --json gives one object a line")
def logs(
    desk: Desk,
    run: Run,
    system: MaybeSystem = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="持续跟随至结束 / follow until it has ended")
    ] = False,
) -> None:
    from api.cli.follow import log_lines
    from api.show.run import log_line

    product = desk.product
    if system:
        product.truth.runs.item(run, system)
    for line in log_lines(product.running, run, system, follow=follow):
        if desk.flags.json:
            write_json(line, line=True)
            continue
        for part in log_line(line, desk.words, desk.settings.timezone):
            desk.screen.print(part, soft_wrap=True)


@command(app, "pause", help="暂停，在途步骤做完 / no further step begins")
def pause(
    desk: Desk, run: Run, system: MaybeSystem = None, wave: Wave = None, reason: Reason = ""
) -> None:
    running = desk.product.running
    if wave is not None:
        _order_wave(
            desk, run, system, wave, lambda: running.pause_wave(run, wave, desk.actor, reason)
        )
        return
    _order(desk, run, system, lambda: running.pause(run, system, desk.actor, reason))


@command(app, "resume", help="继续 / go on")
def resume(
    desk: Desk, run: Run, system: MaybeSystem = None, wave: Wave = None, reason: Reason = ""
) -> None:
    running = desk.product.running
    if wave is not None:
        _order_wave(
            desk, run, system, wave, lambda: running.resume_wave(run, wave, desk.actor, reason)
        )
        return
    _order(desk, run, system, lambda: running.resume(run, system, desk.actor, reason))


@command(app, "retry", help="重试失败或挂起的步骤 / run the failed or held step again")
def retry(desk: Desk, run: Run, system: System, reason: Reason = "") -> None:
    running = desk.product.running
    _order(desk, run, system, lambda: running.retry(run, system, desk.actor, reason))


@command(
    app, "skip", help="跳过失败的步骤，须有理由 / go on without the failed step; needs a reason"
)
def skip(desk: Desk, run: Run, system: System, reason: Reason = "") -> None:
    running = desk.product.running
    _order(desk, run, system, lambda: running.skip(run, system, desk.actor, reason))


@command(
    app, "rollback", help="回退系统或批次 / an item or a wave back to its source, before commit"
)
def rollback(
    desk: Desk, run: Run, system: MaybeSystem = None, wave: Wave = None, reason: Reason = ""
) -> None:
    running = desk.product.running
    if wave is not None:
        _order_wave(
            desk, run, system, wave, lambda: running.rollback_wave(run, wave, desk.actor, reason)
        )
        return
    if system is None:
        raise BadUsage("须给出系统或 --wave / expected a system or --wave N: read none")
    _order(desk, run, system, lambda: running.rollback(run, system, desk.actor, reason))


@command(
    app, "abort", help="中止：不再开始，在途的回退 / begin nothing more, roll back what is open"
)
def abort(desk: Desk, run: Run, reason: Reason = "") -> None:
    running = desk.product.running
    _order(desk, run, None, lambda: running.abort(run, desk.actor, reason))


def _order(desk: Desk, run: str, system: str | None, give: Callable[[], None]) -> None:
    """Give a command; say that it is recorded, also when only the engine could not be woken."""
    from api.http.views import run_summary
    from api.show.parts import text
    from migrator.errors import EngineDown

    try:
        give()
    except EngineDown:
        desk.tell(desk.words("late"))
        raise
    record = desk.product.truth.runs.get(run)
    what = f"{run} {system}" if system else run
    desk.answer(run_summary(record), lambda: [text(desk.words("recorded", what=what))])


def _order_wave(
    desk: Desk, run: str, system: str | None, wave: int, give: Callable[[], tuple[str, ...]]
) -> None:
    """A command to a whole wave; which items it changed."""
    from api.http.views import run_summary
    from api.show.parts import text
    from migrator.errors import EngineDown

    if system is not None:
        raise BadUsage(f"系统与 --wave 只能给一个 / a system or --wave, not both: read {system}")
    try:
        changed = give()
    except EngineDown:
        desk.tell(desk.words("late"))
        raise
    say = desk.words
    told = say("wave_changed", wave=wave, systems=", ".join(changed))
    line = told if changed else say("wave_unchanged")
    data = run_summary(desk.product.truth.runs.get(run)) | {"changed": list(changed)}
    desk.answer(data, lambda: [text(line)])


def _last(desk: Desk) -> "RunRecord":
    from migrator.errors import NotFound

    runs = desk.product.truth.runs.all()
    if not runs:
        raise NotFound(desk.words("no_runs"))
    return runs[-1]


def _live(desk: Desk, code: str, screen: "Callable[[RunRecord], list[RenderableType]]") -> None:
    """The screen drawn anew at each look, until the run has ended."""
    from rich.console import Group
    from rich.live import Live

    from api.cli.follow import await_end

    with Live(console=desk.screen, auto_refresh=False, vertical_overflow="visible") as live:

        def draw(run: "RunRecord") -> None:
            live.update(Group(*screen(run)), refresh=True)

        await_end(desk.product.truth, code, None, stop_when_stuck=False, each=draw)


run_control.register(app)
run_watch.register(app)

"""`qianyun run`: events, lines of logs, outlook, dossiers."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command, write_json
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from migrator.store.events import Event

Run = Annotated[str, typer.Argument(metavar="RUN", help="执行编号 / the run's code")]
After = Annotated[int, typer.Option(min=0, metavar="ID", help="从此编号之后 / after this id")]


def events(
    desk: Desk,
    run: Run,
    after: After = 0,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="跟随至结束 / follow until it has ended")
    ] = False,
) -> None:
    from api.show.run_watch import event_line

    def show(event: "Event") -> None:
        if desk.flags.json:
            write_json(event.model_dump(mode="json"), line=True)
        else:
            line = event_line(event, desk.words, desk.settings.timezone)
            desk.screen.print(line, soft_wrap=True)

    truth = desk.product.truth
    truth.runs.head(run)
    if follow:
        asyncio.run(_follow(desk, run, after, show))
        return
    while found := truth.events.after(after, run):
        after = found[-1].id
        for event in found:
            show(event)


def find(
    desk: Desk,
    run: Run,
    *,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="所含文字 / that holds it")] = "",
    system: Annotated[
        str | None, typer.Option(metavar="SYSTEM", help="某系统 / of an item")
    ] = None,
    attempt: Annotated[
        int | None, typer.Option(metavar="TOKEN", help="某次尝试 / of an attempt")
    ] = None,
    after: After = 0,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="每页行数 / lines a page")] = 200,
) -> None:
    from api.show.run_watch import page_screen

    truth = desk.product.truth
    truth.runs.head(run)
    page = truth.logs.page(run, system=system, token=attempt, text=text, after=after, limit=limit)
    more = page[-1].id if len(page) == limit else None
    data = {"lines": [line.model_dump(mode="json") for line in page], "after": more}
    desk.answer(data, lambda: page_screen(page, more, desk.words, desk.settings.timezone))


def eta(desk: Desk, run: Run) -> None:
    from api.show.run_watch import eta_screen
    from migrator.engine.outlooks import outlook_of

    found = outlook_of(desk.product.truth, desk.product.gates.rules, run)
    data: dict[str, Any] = {
        "run": run,
        "percent": found.percent,
        "left_seconds": found.left_seconds,
        "ends": found.ends and found.ends.isoformat(timespec="seconds"),
        "items": dict(found.items),
        "waits": list(found.waits),
    }
    desk.answer(data, lambda: eta_screen(found, desk.words, desk.settings.timezone))


def dossier(
    desk: Desk,
    item: Annotated[
        str,
        typer.Argument(metavar="ITEM", help="系统编号或 RUN/SYSTEM / its system, or run too"),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="写入 / file to write")],
) -> None:
    from api.show.parts import text
    from migrator.engine.dossier import make

    truth = desk.product.truth
    run, _, system = item.rpartition("/")
    made = make(truth, run or _last_run_of(desk, system), system, desk.actor.name)
    try:
        to.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise BadUsage(f"无法写入 / cannot be written: {to}: {error.strerror}; --to") from error
    told = desk.words("dossier_made", path=to, digest=made["digest"])
    data = {"item": item, "file": str(to), "digest": made["digest"]}
    desk.answer(data, lambda: [text(told)])


def verify(
    desk: Desk, file: Annotated[Path, typer.Argument(metavar="FILE", help="卷宗 / the dossier")]
) -> None:
    from api.show.parts import BAD, GOOD, text
    from migrator.engine.dossier import named
    from migrator.engine.dossier import verify as faults_of

    try:
        document = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadUsage(f"无法读取卷宗 / the dossier cannot be read: {file}: {error}") from error
    faults = faults_of(document)
    data: dict[str, Any] = {"ok": not faults, "faults": faults}
    say = desk.words
    if faults:
        head = text(say("dossier_bad", n=len(faults)), BAD)
        desk.answer(data, lambda: [head, *(text(fault) for fault in faults)])
        raise typer.Exit(Exit.NO)
    run, system = named(document)
    told = say("dossier_good", run=run, system=system, digest=document["digest"])
    desk.answer(data | {"digest": document["digest"]}, lambda: [text(told, GOOD)])


async def _follow(desk: Desk, run: str, after: int, show: Any) -> None:
    from migrator.engine.streaming import stream

    async for event in stream(desk.product.truth, run, after):
        if event is not None:
            show(event)


def _last_run_of(desk: Desk, system: str) -> str:
    from migrator.errors import NotFound

    runs = desk.product.truth.runs.of_system(system)
    if not runs:
        raise NotFound(f"没有执行涉及此系统 / no run has an item {system}; `qianyun run list`")
    return runs[-1]


def register(app: typer.Typer) -> None:
    """Add the commands to `qianyun run`."""
    command(app, "events", help="事件流，可续 / events, to be gone on with; --json: one a line")(
        events
    )
    command(app, "find", help="翻页与查找日志 / page and search the log")(find)
    command(app, "eta", help="进度与预计结束 / how far it is and when it may end")(eta)
    command(app, "dossier", help="迁移项卷宗，可离线核验 / an item's dossier, verifiable offline")(
        dossier
    )
    command(
        app, "verify", help="离线核验卷宗 / whether a dossier holds; 1 when not; needs no state"
    )(verify)

"""`qianyun inventory tasks|settle|pull|verify`: what people decide, and reading NetBox anew."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from enum import StrEnum
from typing import Annotated

import typer

from api.cli.desk import Desk, command
from api.errors import Exit


class Take(StrEnum):
    """Whose value is taken."""

    netbox = "netbox"
    ledger = "ledger"


def register(app: typer.Typer) -> None:
    """Add the commands to the group `inventory`."""
    command(app, "tasks", help="待裁定的冲突 / conflicts that wait for a person")(tasks)
    command(app, "settle", help="裁定一项冲突 / decide a conflict")(settle)
    command(app, "pull", help="读取 NetBox / read NetBox, only what changed since")(pull)
    command(app, "verify", help="核对所存与 NetBox / compare what is held with NetBox; 1: differs")(
        verify
    )


def tasks(
    desk: Desk,
    all_: Annotated[bool, typer.Option("--all", help="含已裁定的 / the settled ones too")] = False,
) -> None:
    from api.drift import all_tasks
    from api.show.drift import tasks_screen

    found = all_tasks(desk.product, settled=all_)
    data = {"tasks": [task.model_dump(mode="json") for task in found]}
    desk.answer(data, lambda: tasks_screen(found, desk.words, desk.settings.timezone))


def settle(
    desk: Desk,
    id: Annotated[int, typer.Argument(metavar="ID", min=1, help="任务号 / the task's number")],
    take: Annotated[Take, typer.Option(help="取谁的值 / whose value is taken")],
    reason: Annotated[str, typer.Option(help="理由 / why")],
) -> None:
    from api import drift
    from api.show.parts import GOOD, text

    task = drift.settle(desk.product, id, take.value, reason=reason, actor=desk.actor)
    told = desk.words("task_settled", id=task.id, winner=desk.words.known(f"winner.{take.value}"))
    desk.answer(task.model_dump(mode="json"), lambda: [text(told, GOOD)])


def pull(
    desk: Desk,
    full: Annotated[bool, typer.Option("--full", help="全部重读 / read everything anew")] = False,
) -> None:
    from api import drift
    from api.show.drift import left_out_screen
    from api.show.inventory import counts_screen
    from api.show.parts import GOOD, text

    say = desk.words
    pulled = drift.pull(desk.product, full=full, actor=desk.actor)
    counts = {kind: len(objects) for kind, objects in pulled.estate.collections()}
    data = {
        "digest": pulled.estate.digest,
        "counts": counts,
        "full": pulled.full,
        "requests": pulled.requests,
        "left_out": [one.model_dump(mode="json") for one in pulled.left_out],
    }
    told = say(
        "pulled",
        how=say("pulled_full" if pulled.full else "pulled_part"),
        requests=pulled.requests,
        left=len(pulled.left_out),
    )
    desk.answer(
        data,
        lambda: [
            counts_screen(counts, say),
            *left_out_screen(pulled.left_out, say),
            text(told, GOOD),
        ],
    )


def verify(desk: Desk) -> None:
    from api.drift import live_store
    from api.show.drift import left_out_screen
    from api.show.inventory import changes_screen
    from api.show.parts import BAD, GOOD, text

    store, say = live_store(desk.product), desk.words
    found = store.verify()
    good = found.changes.empty
    data = {
        "ok": good,
        "requests": found.requests,
        "changes": found.changes.as_json(),
        "left_out": [one.model_dump(mode="json") for one in found.left_out],
    }
    told = (
        text(say("verified", requests=found.requests), GOOD)
        if good
        else text(say("not_verified"), BAD)
    )
    shown = () if good else changes_screen(found.changes, say)
    desk.answer(data, lambda: [*shown, *left_out_screen(found.left_out, say), told])
    raise typer.Exit(Exit.DONE if good else Exit.NO)

"""`qianyun backup|restore`: the state as one file."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import Desk, command

File = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 .tar.gz / the backup's file")]


def register(app: typer.Typer) -> None:
    """The commands that have no group."""
    command(app, "backup", help="备份状态，服务不停 / the state as one file, while all runs")(
        backup
    )
    command(app, "restore", help="恢复到空的状态文件夹 / into an empty state folder")(restore)


def backup(desk: Desk, file: File) -> None:
    from api.backup import backup as save
    from api.show.parts import GOOD, text

    saved = save(desk.product, file, desk.actor)
    data = {"file": str(file), "files": saved.files, "size": saved.size, "sha256": saved.digest}
    told = desk.words(
        "backed_up", file=file, n=saved.files, mib=saved.size / 2**20, digest=saved.digest
    )
    desk.answer(data, lambda: [text(told, GOOD)])


def restore(desk: Desk, file: File) -> None:
    from api.backup import restore as bring_back
    from api.show.parts import GOOD, text

    done = bring_back(desk.product, file, desk.actor)
    data = {"state": str(done.folder), "files": done.files, "entries": done.entries}
    told = desk.words("restored", folder=done.folder, n=done.files, entries=done.entries)
    desk.answer(data, lambda: [text(told, GOOD)])

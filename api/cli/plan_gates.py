"""`qianyun plan`: take one's own approval back, put a paper down. Rules: docs/engine.md."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import Desk, command
from api.errors import BadUsage

Code = Annotated[str, typer.Argument(metavar="PLAN", help="方案编号 / the plan's code")]
Digest = Annotated[
    str, typer.Option(metavar="DIGEST", help="所看方案的摘要 / digest of the plan looked at")
]
Reason = Annotated[str, typer.Option(help="理由 / reason")]


def withdraw(desk: Desk, code: Code, digest: Digest, reason: Reason = "") -> None:
    if not reason.strip():
        raise BadUsage("撤回须写明理由 / a withdrawal needs a reason: --reason")
    desk.product.planning.withdraw(code, digest, desk.actor, reason)
    _show(desk, code)


def evidence(
    desk: Desk,
    code: Code,
    digest: Digest,
    *,
    kind: Annotated[str, typer.Option(metavar="KIND", help="如 sign-off、paper / its kind")],
    reference: Annotated[str, typer.Option(metavar="TEXT", help="文号 / the paper's number")],
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="只记其摘要 / its digest is kept")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="撤销登记 / take it back")] = False,
    reason: Reason = "",
) -> None:
    paper = {"kind": kind, "reference": reference, "content": digest_of(file)}
    planning = desk.product.planning
    planning.put_evidence(code, digest, desk.actor, reason, remove=remove, **paper)
    _show(desk, code)


def digest_of(file: Path | None) -> str:
    """SHA-256 of a file, "" of none. Raises BadUsage."""
    if file is None:
        return ""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise BadUsage(f"无法读取 / cannot be read: {file}: {error.strerror}; --file") from error


def _show(desk: Desk, code: str) -> None:
    from api.http.views import plan_summary
    from api.show.plan import list_screen

    record = desk.product.truth.plans.record(code)
    papers = [d.model_dump(mode="json") for d in record.decisions if d.kind]
    zone = desk.settings.timezone
    desk.answer(
        plan_summary(record) | {"papers": papers}, lambda: list_screen([record], desk.words, zone)
    )


def register(app: typer.Typer) -> None:
    """Add the commands to `qianyun plan`."""
    command(app, "withdraw", help="撤回自己的批准 / take one's own approval back; needs a reason")(
        withdraw
    )
    command(app, "evidence", help="登记依据：文件、签字 / put down a paper or a sign-off")(evidence)

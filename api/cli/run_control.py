"""`qianyun run`: approvals of waves and items, limits in flight."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import Desk, command
from api.cli.plan_gates import digest_of
from api.errors import BadUsage

Run = Annotated[str, typer.Argument(metavar="RUN", help="执行编号 / the run's code")]
Systems = Annotated[
    list[str] | None, typer.Argument(metavar="[SYSTEM]…", help="系统编号 / the systems' codes")
]
Wave = Annotated[
    int | None, typer.Option("--wave", min=1, metavar="N", help="整个批次 / a whole wave")
]
Reason = Annotated[str, typer.Option(help="理由 / reason")]


def limit(
    desk: Desk,
    run: Run,
    limits: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VALUE…", help="0 恢复方案的限制 / 0: the plan's again"),
    ],
    reason: Reason = "",
) -> None:
    from api.show.parts import text

    told = dict(_limit(one) for one in limits)
    stands = desk.product.running.limit(run, told, desk.actor, reason)
    shown = ", ".join(f"{k}={v}" for k, v in sorted(stands.items()))
    say = desk.words
    line = say("limits_now", limits=shown) if shown else say("limits_none")
    desk.answer({"run": run, "limits": dict(stands)}, lambda: [text(line)])


def approve(
    desk: Desk,
    run: Run,
    *,
    systems: Systems = None,
    wave: Wave = None,
    ready: Annotated[
        bool, typer.Option("--ready", help="只批准已就绪的 / only those that are ready")
    ] = False,
    reason: Reason = "",
) -> None:
    chosen = list(systems or ())
    if ready:
        found = desk.product.running.ready(run)
        chosen = [s for s in found if not systems or s in systems]
    elif not chosen and wave is None:
        raise BadUsage(
            "须给出系统、--wave 或 --ready / expected systems, --wave N or --ready: read none"
        )
    _decide(desk, run, "approve", chosen, wave, reason=reason)


def refuse(
    desk: Desk, run: Run, systems: Systems = None, wave: Wave = None, reason: Reason = ""
) -> None:
    _decide(desk, run, "reject", _some(systems, wave), wave, reason=reason)


def withdraw(
    desk: Desk, run: Run, systems: Systems = None, wave: Wave = None, reason: Reason = ""
) -> None:
    _decide(desk, run, "withdraw", _some(systems, wave), wave, reason=reason)


def evidence(
    desk: Desk,
    run: Run,
    *,
    kind: Annotated[str, typer.Option(metavar="KIND", help="如 sign-off、paper / its kind")],
    reference: Annotated[str, typer.Option(metavar="TEXT", help="文号 / the paper's number")],
    systems: Systems = None,
    wave: Wave = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="只记其摘要 / its digest is kept")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="撤销登记 / take it back")] = False,
    reason: Reason = "",
) -> None:
    decision = "no-evidence" if remove else "evidence"
    paper = {"kind": kind, "reference": reference, "content": digest_of(file)}
    _decide(desk, run, decision, _some(systems, wave), wave, reason=reason, **paper)


def _decide(
    desk: Desk,
    run: str,
    decision: str,
    systems: list[str],
    wave: int | None,
    *,
    reason: str,
    **evidence: str,
) -> None:
    from api.show.parts import text
    from migrator.errors import EngineDown

    fresh: tuple[str, ...] = ()
    try:
        if systems or wave is not None:
            fresh = desk.product.running.decide(
                run, decision, desk.actor, reason, wave=wave, systems=systems, **evidence
            )
    except EngineDown:
        desk.tell(desk.words("late"))
        raise
    say = desk.words
    told = say("decided", decision=decision, what=", ".join(fresh))
    data = {"run": run, "decision": decision, "of": "item" if wave is None else "wave"}
    line = told if fresh else say("decided_nothing")
    desk.answer(data | {"subjects": list(fresh)}, lambda: [text(line)])


def _some(systems: list[str] | None, wave: int | None) -> list[str]:
    if not systems and wave is None:
        raise BadUsage("须给出系统或 --wave / expected systems or --wave N: read none")
    return list(systems or ())


def _limit(told: str) -> tuple[str, int]:
    """NAME=VALUE; a rate may be 20M or 1G, as in a file of means."""
    from migrator.planning.means import rate_kbps

    name, equals, value = told.partition("=")
    try:
        number = rate_kbps(value) if name.startswith("rate:") else int(value)
    except ValueError:
        number = -1
    if not equals or number < 0:
        raise BadUsage(
            f"应如 line:L=1、rate:L=20M、total=8 / expected NAME=VALUE such as line:L=1, rate:L=20M, "
            f"total=8: read {told!r}"
        )
    return name, number


def register(app: typer.Typer) -> None:
    """Add the commands to `qianyun run`."""
    command(app, "approve", help="批准批次或迁移项 / approve a wave, items, or all that are ready")(
        approve
    )
    command(app, "refuse", help="否决批次或迁移项 / refuse a wave or items; needs a reason")(refuse)
    command(app, "withdraw", help="撤回自己的批准 / take one's own approval back; needs a reason")(
        withdraw
    )
    command(app, "evidence", help="登记依据：文件、主管部门签字 / put down a paper or a sign-off")(
        evidence
    )
    command(
        app, "limit", help="在途调整限制 / change limits in flight: line:L=1 rate:L=20M total=8"
    )(limit)

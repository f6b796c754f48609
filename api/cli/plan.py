"""`qianyun plan`: make, look, rehearse, decide."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import plan_gates, plan_hosts, plan_means, schedule
from api.cli.desk import Desk, command, group
from api.days import day_of
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from migrator.planning.plan import Means, Plan
    from migrator.runs.approvals import PlanRecord
    from migrator.use_cases.planning import Rehearsal

app = group("迁移方案 / plans: make, look, rehearse, approve")

Code = Annotated[str, typer.Argument(metavar="PLAN", help="方案编号 / the plan's code")]
Digest = Annotated[
    str | None, typer.Option(metavar="DIGEST", help="所看方案的摘要 / digest of the plan looked at")
]
Reason = Annotated[str, typer.Option(help="理由 / reason")]


@command(app, "make", help="编制方案 / make a plan of what is left to move")
def make(
    desk: Desk,
    *,
    ignore_windows: Annotated[
        bool, typer.Option("--ignore-windows", help="不等窗口，限演练 / rehearsals only")
    ] = False,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="割接、回退、再割接 / cut over, roll back, cut over again"),
    ] = False,
    moves_at_once: Annotated[
        int | None, typer.Option(min=1, max=1000, help="同时迁移上限 / items under way together")
    ] = None,
    soak: Annotated[
        int | None, typer.Option(min=0, max=604800, help="切换后观察秒数 / seconds of soak")
    ] = None,
    means: schedule.MeansFile = None,
    settings: schedule.Settings = None,
    policy: schedule.Policy = None,
    today: schedule.Today = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="PLAN", help="尽量保持该方案的夜晚 / keep that plan's nights"),
    ] = None,
) -> None:
    city = schedule.city_of(desk, means, settings)
    if city is not None:
        schedule.ready(desk)
    if after and city is None:
        raise BadUsage("--after 须与 --means 同用 / --after goes with --means")
    given = _means(desk, ignore_windows, moves_at_once, soak).model_copy(
        update={"city": city, "practise": rehearse}
    )
    from api.show.plan import nothing_screen
    from migrator.errors import NothingMoves

    try:
        record, plan = desk.product.planning.make(
            desk.actor,
            given,
            schedule.orders(desk, policy, today),
            seen=schedule.seen_of(desk) if city else None,
            former=after,
            today=day_of(desk, today, "--today"),
        )
    except NothingMoves as error:
        if desk.flags.json:
            raise
        verdicts = error.verdicts
        desk.answer(None, lambda: nothing_screen(verdicts, desk.words))
        raise typer.Exit(Exit.NO) from error
    _show(desk, record, plan)


@command(app, "list", help="方案一览 / all plans")
def list_(desk: Desk) -> None:
    from api.http.views import plan_summary
    from api.show.plan import list_screen

    records = desk.product.truth.plans.all()
    desk.answer(
        {"plans": [plan_summary(record) for record in records]},
        lambda: list_screen(records, desk.words, desk.settings.timezone),
    )


@command(app, "show", help="查看方案与其摘要 / a plan whole, with its digest")
def show(desk: Desk, code: Code) -> None:
    plans = desk.product.truth.plans
    _show(desk, plans.record(code), plans.load(code))


@command(
    app,
    "check",
    help="方案今日是否仍成立 / whether a plan still holds, or an edited timetable; 1 when not",
)
def check(
    desk: Desk,
    code: Code,
    edited: Annotated[
        Path | None,
        typer.Option(
            "--edited",
            metavar="FILE",
            help="判断改过的时间表 / a timetable as edited, .xlsx or .json",
        ),
    ] = None,
) -> None:
    from api.plan_check import edited_verdict, standing
    from api.show.plan_check import standing_screen, verdict_screen
    from probes.watch.history_report import moment

    if edited is not None:
        verdict = edited_verdict(desk.product, code, edited)
        told = {"code": code, "ok": verdict.ok} | asdict(verdict)
        desk.answer(told, lambda: verdict_screen(verdict, desk.words))
        raise typer.Exit(Exit.DONE if verdict.ok else Exit.NO)
    found = standing(desk.product, code)
    down = [
        {
            "code": one.code,
            "check": one.check,
            "family": one.family,
            "began": moment(one.began),
            "reason": one.reason,
        }
        for one in found.down
    ]
    data = {"code": code, "ok": found.ok, "drift": found.drift, "there": found.there}
    data |= {"broken": found.broken, "missed": found.missed, "down": down}
    desk.answer(data, lambda: standing_screen(found, down, desk.words))
    raise typer.Exit(Exit.DONE if found.ok else Exit.NO)


@command(app, "dry-run", help="预演，不改动任何主机 / rehearse all of it, change nothing")
def dry_run(
    desk: Desk,
    code: Code,
    at_once: Annotated[int, typer.Option(min=1, max=32, help="同时预演 / items at once")] = 2,
) -> None:
    from api.show.plan import drift_screen, rehearsal_screen
    from api.stopping import signals

    product, say = desk.product, desk.words
    # an unknown plan, or facts that are no longer the plan's, are told before a missing key
    if changed := product.planning.items_drifted(code):
        desk.tell(say("drifted"))
        nothing = {"code": code, "ok": False, "drift": changed, "steps": []}
        desk.answer(nothing, lambda: drift_screen(changed, say))
        raise typer.Exit(Exit.NO)

    def told(done: "Rehearsal") -> None:
        mark = say("ok" if done.ok else "bad")
        desk.tell(f"{done.system} {say.known(done.step.value)}: {mark}")

    with signals() as stop:
        results = product.planning.rehearse(
            code, product.crew, desk.actor, on_done=told, at_once=at_once, stop=stop.why
        )
    why = stop.why()
    ok = not why and all(result.ok for result in results)
    data = {"code": code, "ok": ok, "steps": [r.model_dump(mode="json") for r in results]}
    if why:
        desk.tell(
            f"{why}：在途的剧本已终止，本机确认无残留，未改动任何主机 / its playbooks were ended and seen "
            "to be gone from this machine; no host was changed"
        )
        desk.answer(data | {"stopped": why}, lambda: [])
        raise typer.Exit(stop.exit_code)
    desk.answer(data, lambda: rehearsal_screen(results, say))
    raise typer.Exit(Exit.DONE if ok else Exit.NO)


@command(app, "approve", help="批准所给摘要的方案 / approve the plan of exactly that digest")
def approve(desk: Desk, code: Code, digest: Digest = None, reason: Reason = "") -> None:
    seen = _given(desk, code, digest)
    record = desk.product.planning.approve(code, seen, desk.actor, reason)
    _decided(desk, record)


@command(app, "reject", help="否决或撤回批准 / reject a plan, or withdraw its approval")
def reject(
    desk: Desk,
    code: Code,
    digest: Digest = None,
    reason: Reason = "",
) -> None:
    seen = _given(desk, code, digest)
    if not reason.strip():
        raise BadUsage("否决须写明理由 / a rejection needs a reason: --reason")
    _decided(desk, desk.product.planning.reject(code, seen, desk.actor, reason))


def _given(desk: Desk, code: str, digest: str | None) -> str:
    if digest is None:
        raise BadUsage(desk.words("digest_needed", code=code))
    return digest


def _means(
    desk: Desk, ignore_windows: bool, moves_at_once: int | None, soak: int | None
) -> "Means":
    try:
        means = desk.product.means(ignore_windows=ignore_windows, moves_at_once=moves_at_once)
    except ValueError as error:  # pydantic's: a setting that no plan can have
        raise BadUsage(f"设置不适用于方案 / a setting fits no plan: {error}") from error
    return means if soak is None else means.model_copy(update={"soak_seconds": soak})


def _show(desk: Desk, record: "PlanRecord", plan: "Plan") -> None:
    from api.http.views import plan_summary
    from api.show.plan import plan_screen

    desk.answer(
        plan_summary(record) | {"plan": plan.model_dump(mode="json")},
        lambda: plan_screen(record, plan, desk.words, desk.settings.timezone),
    )


def _decided(desk: Desk, record: "PlanRecord") -> None:
    from api.http.views import plan_summary
    from api.show.plan import list_screen

    desk.answer(
        plan_summary(record),
        lambda: list_screen([record], desk.words, desk.settings.timezone),
    )


schedule.register(app)
plan_hosts.register(app)
plan_means.register(app)
plan_gates.register(app)

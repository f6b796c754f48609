"""`qianyun plan questions|groups|timetable|why|what-if|compare`: around a plan's timetable."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command
from api.days import day_of
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from inventory.seen import Seen
    from migrator.planning.means import CityMeans
    from migrator.planning.orders import Orders

Code = Annotated[str, typer.Argument(metavar="PLAN", help="方案编号 / the plan's code")]
MeansFile = Annotated[
    Path | None,
    typer.Option("--means", metavar="FILE", help="全市条件文件 / the city's means, TOML"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="改一项条件，如 line.YZ-1.rate=1G / one of the means otherwise",
    ),
]
Policy = Annotated[
    str | None,
    typer.Option(
        "--policy", metavar="ID", help="一个政策 / one policy; QIANYUN_POLICIES by default"
    ),
]
Today = Annotated[
    str | None, typer.Option("--today", metavar="DATE", help="当作今天的日期 / the day, YYYY-MM-DD")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="覆盖已有文件 / write over files that are there")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the plans'."""
    command(app, "questions", help="请部门补充 / what departments have to tell; 1 when anything")(
        questions
    )
    command(app, "groups", help="同批组 / what moves together, and what a split costs")(groups)
    command(app, "timetable", help="时间表 / nights; --to .xlsx, .ics or .svg writes it")(timetable)
    command(app, "why", help="为何不能更早 / what holds a system, or the plan; what would help")(
        why
    )
    command(app, "what-if", help="假如 / the plan with other means, beside it; nothing is kept")(
        what_if
    )
    command(app, "compare", help="比较两案 / the nights of two plans; 1 when they differ")(compare)


def city_of(desk: Desk, file: Path | None, settings: list[str] | None) -> "CityMeans | None":
    """The city's means, None where no file was told. Raises BadUsage, MeansRefused."""
    from api.scheduling import means_of

    if file is None:
        if settings:
            raise BadUsage("--set 须与 --means 同用 / --set goes with --means")
        return None
    return means_of(file, settings or (), desk.product.estate.load())


def ready(desk: Desk) -> None:
    """Has the search's machine code ready; told where that takes long: on a new installation."""
    from threading import Timer

    from migrator.timing.warming import warm

    told = Timer(3, desk.tell, [desk.words("compiling")])
    told.start()
    try:
        warm()
    finally:
        told.cancel()


def orders(desk: Desk, policy: str | None, today: str | None) -> "Orders":
    from api.scheduling import orders_on

    return orders_on(desk.product, policy, day_of(desk, today, "--today"))


def seen_of(desk: Desk) -> "Seen":
    """What hosts were seen to talk with."""
    from api.scheduling import seen_within

    return seen_within(desk.product)


def questions(
    desk: Desk,
    *,
    means: MeansFile = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="写成待填台账 / as an xlsx to fill in"),
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(metavar="CODE", help="只问一个单位 / one organisation's")
    ] = None,
    policy: Policy = None,
    today: Today = None,
    replace: Replace = False,
) -> None:
    from api import scheduling
    from api.show.parts import DIM, GOOD, text
    from api.show.timetable import questions_screen
    from inventory.ledger_write.questions import questionnaire
    from inventory.ledger_write.writing import write_files

    estate, city = desk.product.estate.load(), city_of(desk, means, None)
    found = scheduling.questions(estate, orders(desk, policy, today), city, organisation)
    data: dict[str, Any] = {
        "questions": [
            one.verdict.model_dump(mode="json", exclude_none=True)
            | {"organisation": one.organisation}
            for one in found
        ]
    }
    after = []
    if to is not None and found:
        book = questionnaire(estate, {one.system: one.asks for one in found})
        write_files({to: book}, replace=replace)
        data["file"] = str(to)
        after = [text(desk.words("answers_to", file=str(to)), GOOD)]
    if city is None:
        after.append(text(desk.words("questions_more"), DIM))
    desk.answer(data, lambda: [*questions_screen(found, desk.words), *after])
    raise typer.Exit(Exit.NO if found else Exit.DONE)


def groups(desk: Desk, means: MeansFile = None, settings: Settings = None) -> None:
    from api.scheduling import move_groups
    from api.show.timetable import groups_screen

    found = move_groups(desk.product, city_of(desk, means, settings))
    parts = {
        "groups": found.several,
        "split": found.split,
        "told": found.told,
        "refused": found.refused,
    }
    data: dict[str, Any] = {
        key: [one.model_dump(mode="json", exclude_none=True) for one in several]
        for key, several in parts.items()
    }
    desk.answer(data | {"alone": found.alone}, lambda: groups_screen(found, desk.words))
    raise typer.Exit(Exit.NO if found.refused else Exit.DONE)


def timetable(
    desk: Desk,
    code: Code,
    to: Annotated[
        list[Path] | None,
        typer.Option("--to", metavar="FILE", help=".xlsx、.ics、.svg，可多次 / may be given again"),
    ] = None,
    replace: Replace = False,
) -> None:
    from api.scheduling import takes_in
    from api.show.parts import GOOD, text
    from api.show.timetable import timetable_screen
    from api.timetable_files import written
    from inventory.ledger_write.writing import write_files

    plans = desk.product.truth.plans
    record, plan = plans.record(code), plans.load(code)
    if plan.timetable is None:
        desk.answer({"code": code, "timetable": None}, lambda: timetable_screen(plan, desk.words))
        raise typer.Exit(Exit.NO)
    estate = desk.product.estate.load() if to else None
    takes = takes_in(plan, estate) if estate else None
    lang = desk.words.lang
    files = {
        path: written(plan, record, path.suffix, takes=takes, estate=estate, lang=lang)
        for path in to or ()
    }
    write_files(files, replace=replace)
    data = {"code": code, "digest": record.digest} | plan.timetable.model_dump(mode="json")
    done = [text(desk.words("written", file=str(path)), GOOD) for path in files]
    if files:
        desk.answer(data | {"files": [str(path) for path in files]}, lambda: done)
        return
    desk.answer(data, lambda: timetable_screen(plan, desk.words))


def why(
    desk: Desk,
    code: Code,
    system: Annotated[
        str | None, typer.Argument(metavar="[SYSTEM]", help="信息系统 / one system's code")
    ] = None,
    policy: Policy = None,
    today: Today = None,
) -> None:
    from api import scheduling
    from api.show.timetable import left_screen, most_screen, takes_screen, why_screen
    from migrator.timing.case import reasons_of
    from migrator.timing.helping import Helping, advice
    from migrator.timing.jobs import Measures, bases_of
    from migrator.timing.why import binding_most, told

    plan, estate = desk.product.truth.plans.load(code), desk.product.estate.load()
    reasons = reasons_of(plan, estate, orders(desk, policy, today), seen_of(desk))
    if system is None:
        most = binding_most(reasons)
        data: dict[str, Any] = {"bindings": [b.model_dump() | {"told": told(b.what)} for b in most]}
        duties = plan.timetable.duties if plan.timetable else ()
        data["duties"] = [one.model_dump(mode="json") for one in duties if not one.kept]
        screens = (most_screen(most, desk.words), takes_screen(duties, desk.words))
        desk.answer(data, lambda: chain(*screens))
        return
    if system not in reasons.task.of and (left := scheduling.left_out(plan, system)):
        verdict = left.model_dump(mode="json", exclude_none=True)
        data = {"systems": [system], "night": None, "verdicts": [verdict]}
        desk.answer(data, lambda: [left_screen(left, desk.words)])
        return
    found = scheduling.why(reasons, system)
    night = reasons.task.city.plan.night
    known = Measures.of(estate, reasons.task.city)
    bases = bases_of(found.lot.jobs, known)
    helps = Helping(reasons, {one.code: one.rate_kbps for one in bases}).of(found.lot)
    inside = {job.code for job in found.lot.jobs}
    verdicts = [v for v in plan.verdicts if v.system in inside]
    waits = list(reasons.waits(found.lot))
    notes = [
        one
        for one in (plan.timetable.notes if plan.timetable else None) or ()
        if inside & set(one.systems)
    ]
    data = {
        "systems": [job.code for job in found.lot.jobs],
        "night": night(found.slot),
        "earliest": night(found.first),
        "free_nights": found.free,
        "bindings": [b.model_dump() | {"told": told(b.what)} for b in found.bindings],
        "roads": [asdict(one) for one in bases],
        "one_item": reasons.task.city.lines.one_item,
        "copies": [
            {"by": copy.road, "mib": copy.mib, "nights": copy.slots} for copy in found.lot.copies
        ],
        "helps": [
            one.model_dump(mode="json", exclude_none=True) | {"told": advice(one)} for one in helps
        ],
        "verdicts": [v.model_dump(mode="json", exclude_none=True) for v in verdicts],
        "notes": [one.text for one in notes],
        "waits": [one.model_dump(mode="json") | {"over": night(one.over)} for one in waits],
    }
    desk.answer(
        data,
        lambda: why_screen(
            found,
            reasons.task,
            desk.words,
            verdicts=verdicts,
            bases=bases,
            helps=helps,
            notes=notes,
            waits=waits,
        ),
    )


def what_if(
    desk: Desk,
    code: Code,
    settings: Settings = None,
    policy: Policy = None,
    today: Today = None,
) -> None:
    from api.show.parts import BAD, DIM, text
    from api.show.timetable import differences_screen
    from migrator.timing.differ import compared

    if not settings:
        raise BadUsage(
            "须给出要改的条件 / nothing to change was told: --set line.CODE.rate=1G, --set room.CODE=3"
        )
    wanted = orders(desk, policy, today)
    before, after = desk.product.planning.what_if(code, settings, wanted, seen=seen_of(desk))
    found = compared(before, after)
    already = len(compared(desk.product.truth.plans.load(code), before).shifts)
    data = {"code": code, "set": settings, "today": already} | found.model_dump(mode="json")
    first = [text(desk.words("what_if_today", n=already), BAD)] if already else []
    note = text(desk.words("what_if_note"), DIM)
    desk.answer(data, lambda: [*first, *differences_screen(found, desk.words), note])


def compare(
    desk: Desk,
    code: Code,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="另一方案 / another plan's code")],
) -> None:
    from api.show.timetable import differences_screen
    from migrator.timing.differ import compared

    plans = desk.product.truth.plans
    found = compared(plans.load(code), plans.load(other))
    data = {"before": code, "after": other} | found.model_dump(mode="json")
    desk.answer(data, lambda: differences_screen(found, desk.words))
    raise typer.Exit(Exit.NO if found.shifts else Exit.DONE)

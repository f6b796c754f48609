"""`qianyun policy`: what the documents order, and how the city stands."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import records
from api.cli.desk import Desk, command, group
from api.days import day_of
from api.errors import Exit

if TYPE_CHECKING:
    from api.judging import Case
    from inventory.policies.pack import Pack
    from inventory.policies.shelf import Shelf

app = group("政策 / policies: targets, rules, money")

Named = Annotated[str, typer.Argument(metavar="ID", help="政策编号 / a policy's id")]
Policy = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="ID",
        help="一个政策 / one policy; QIANYUN_POLICIES by default",
    ),
]
Today = Annotated[
    str | None,
    typer.Option("--today", metavar="DATE", help="当作今天的日期 / the day to judge, YYYY-MM-DD"),
]


@command(app, "list", help="政策一览 / every policy, and whether it holds")
def list_(desk: Desk, today: Today = None) -> None:
    from api.show.policy import list_screen

    shelf, day = _shelf(desk), day_of(desk, today, "--today")
    packs = [shelf.pack(named) for named in shelf.names()]
    data = [
        {
            "id": pack.id,
            "title": pack.title,
            "title_en": pack.title_en,
            "number": pack.number,
            "place": pack.place,
            "validity": pack.validity.model_dump(mode="json"),
            "in_force": pack.in_force(day),
            "own": pack.id in desk.settings.policies,
            "counts": _counts(pack),
        }
        for pack in packs
    ]
    desk.answer({"today": day, "policies": data}, lambda: list_screen(packs, day, desk.words))


@command(app, "show", help="查看一个政策 / one policy: validity, entries, consequences")
def show(desk: Desk, named: Named) -> None:
    from api.show.policy import pack_screen

    pack = _shelf(desk).pack(named)
    data = pack.model_dump(mode="json", by_alias=True, exclude_none=True)
    desk.answer(data, lambda: pack_screen(pack, desk.words))


@command(app, "check", help="检查政策文件 / a policy's file: every mistake by line; 1 when any")
def check(
    desk: Desk,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML 文件 / a TOML file")],
) -> None:
    from dataclasses import asdict

    from api.show.parts import GOOD, text
    from api.show.policy import faults_screen
    from inventory.errors import PackRefused
    from inventory.policies.loader import load_file

    say = desk.words
    try:
        pack = load_file(file, (_shelf(desk).folder,), compare=True)
    except PackRefused as refused:
        faults = refused.faults
        data = {"ok": False, "faults": [asdict(fault) for fault in faults]}
        desk.answer(data, lambda: faults_screen(faults, say))
        raise typer.Exit(Exit.NO) from None
    counts = _counts(pack)
    desk.answer(
        {"ok": True, "id": pack.id, "counts": counts, "faults": []},
        lambda: [text(say("pack_good", id=pack.id, **counts), GOOD)],
    )


@command(app, "assess", help="评估 / how the city stands; 1 when something is late or broken")
def assess_(desk: Desk, policy: Policy = None, today: Today = None) -> None:
    from api.show.policy import assessment_screen, overview_screen

    cases = _cases(desk, policy, today)
    found = [case.assessed for case in cases]
    alarms = sum(assessment.alarms for assessment in found)
    data = {
        "alarms": alarms,
        "assessments": [{**a.model_dump(mode="json"), "alarms": a.alarms} for a in found],
    }
    if policy is None:
        desk.answer(data, lambda: overview_screen(found, desk.words))
    else:
        desk.answer(data, lambda: assessment_screen(cases[0].pack, found[0], desk.words))
    raise typer.Exit(Exit.NO if alarms else Exit.DONE)


@command(app, "holds", help="经费暂缓 / whose money is on hold: amount, clause, evidence")
def holds_(desk: Desk, policy: Policy = None, today: Today = None) -> None:
    from api.show.policy import holds_screen
    from inventory.policies.holds import total

    found = tuple(hold for case in _cases(desk, policy, today) for hold in case.holds)
    yuan, unknown = total(found, "hold")
    shrinking, untold = total(found, "phase_out")
    data = {
        "yuan": yuan,
        "unknown_amounts": unknown,
        "phase_out": {"yuan": shrinking, "unknown_amounts": untold},
        "holds": [hold.model_dump(mode="json") for hold in found],
    }
    desk.answer(data, lambda: holds_screen(found, desk.words))


@command(
    app, "lifecycle", help="所处阶段 / in which phase everything is, what is missing for the next"
)
def lifecycle_(
    desk: Desk,
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="系统、项目或线路 / one object")
    ] = None,
    policy: Policy = None,
    today: Today = None,
) -> None:
    from api.judging import standings
    from api.show.phases import one_screen, phases_screen

    day, estate = day_of(desk, today, "--today"), desk.product.estate.load()
    found = standings(desk.product, desk.actor, estate, policy, day, code=code)
    data = {
        "today": day,
        "policies": [
            {"policy": p.id, "objects": [standing.model_dump(mode="json") for standing in every]}
            for p, every in found
        ],
    }
    if code is None:
        desk.answer(data, lambda: phases_screen(found, desk.words))
    else:
        desk.answer(data, lambda: one_screen(found, desk.words))


def _cases(desk: Desk, policy: str | None, today: str | None) -> "list[Case]":
    from api.judging import cases

    day, estate = day_of(desk, today, "--today"), desk.product.estate.load()
    return cases(desk.product, desk.actor, estate, policy, day)


def _shelf(desk: Desk) -> "Shelf":
    from inventory.policies.shelf import Shelf

    return Shelf(desk.settings.state / "policies")


def _counts(pack: "Pack") -> dict[str, int]:
    kinds = ("targets", "rules", "clocks", "reports", "phases")
    return {kind: len(getattr(pack, kind)) for kind in kinds}


records.register(app)

"""`qianyun policy`: what the documents order, and how the city stands."""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer

from api.desk import Desk, command, group
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from inventory.model import Estate
    from inventory.policies.assessment import Assessment
    from inventory.policies.pack import Pack
    from inventory.policies.records import Records
    from inventory.policies.shelf import Shelf

app = group("政策 / policies: targets, rules, money")

Named = Annotated[str, typer.Argument(metavar="ID", help="政策编号 / a policy's id")]
Policy = Annotated[
    str | None,
    typer.Option("--policy", metavar="ID", help="一个政策，默认全部 / one policy, all by default"),
]
Today = Annotated[
    str | None,
    typer.Option("--today", metavar="DATE", help="当作今天的日期 / the day to judge, YYYY-MM-DD"),
]


@command(app, "list", help="政策一览 / every policy, and whether it holds")
def list_(desk: Desk, today: Today = None) -> None:
    from api.show_policy import list_screen

    shelf, day = _shelf(desk), _day(desk, today)
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
            "counts": _counts(pack),
        }
        for pack in packs
    ]
    desk.answer({"today": day, "policies": data}, lambda: list_screen(packs, day, desk.words))


@command(app, "show", help="查看一个政策 / one policy: validity, entries, consequences")
def show(desk: Desk, named: Named) -> None:
    from api.show_policy import pack_screen

    pack = _shelf(desk).pack(named)
    data = pack.model_dump(mode="json", by_alias=True, exclude_none=True)
    desk.answer(data, lambda: pack_screen(pack, desk.words))


@command(app, "check", help="检查政策文件 / a policy's file: every mistake by line; 1 when any")
def check(
    desk: Desk,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML 文件 / a TOML file")],
) -> None:
    from dataclasses import asdict

    from api.show import GOOD, text
    from api.show_policy import faults_screen
    from inventory.errors import PackRefused
    from inventory.policies.loader import load_file

    say = desk.words
    try:
        pack = load_file(file, (_shelf(desk).folder,))
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
    from api.show_policy import assessment_screen, overview_screen

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
    from api.show_policy import holds_screen
    from inventory.policies.holds import holds, total

    found = tuple(
        hold
        for case in _cases(desk, policy, today)
        for hold in holds(case.pack, case.estate, case.assessed, case.records, case.baseline)
    )
    yuan, unknown = total(found)
    data = {
        "yuan": yuan,
        "unknown_amounts": unknown,
        "holds": [hold.model_dump(mode="json") for hold in found],
    }
    desk.answer(data, lambda: holds_screen(found, desk.words))


class _Case(NamedTuple):
    """One policy, what it was judged on, and how it stands."""

    pack: "Pack"
    estate: "Estate"
    records: "Records"
    baseline: "tuple[date, Estate] | None"
    assessed: "Assessment"


def _cases(desk: Desk, policy: str | None, today: str | None) -> list[_Case]:
    from inventory.policies.assess import assess

    shelf, day = _shelf(desk), _day(desk, today)
    names = shelf.names() if policy is None else (policy,)
    packs = [shelf.pack(named) for named in names]
    records, estate = shelf.records(), desk.product.estate.load()
    handed = desk.product.truth.reports.handed()  # what was handed in through `qianyun report`
    records = records.model_copy(update={"reports": (*records.reports, *handed)})
    found = []
    for pack in packs:
        baseline = shelf.baseline(records, pack.id, day)
        assessed = assess(pack, estate, records, day, baseline)
        found.append(_Case(pack, estate, records, baseline, assessed))
    return found


def _shelf(desk: Desk) -> "Shelf":
    from inventory.policies.shelf import Shelf

    return Shelf(desk.settings.state / "policies")


def _day(desk: Desk, today: str | None) -> date:
    """The day of the command line, else of the settings, else the city's own today."""
    if today is None:
        now = datetime.now(ZoneInfo(desk.settings.timezone)).date()
        return desk.settings.today or now
    try:
        return date.fromisoformat(today)
    except ValueError as error:
        raise BadUsage(
            f"应为日期 YYYY-MM-DD / --today: read {today!r}, expected a date YYYY-MM-DD"
        ) from error


def _counts(pack: "Pack") -> dict[str, int]:
    return {kind: len(getattr(pack, kind)) for kind in ("targets", "rules", "clocks", "reports")}

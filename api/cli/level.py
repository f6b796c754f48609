"""`qianyun probe level [CODE]`: how far a node, a link, a system, the city is ready for IPv6, and what
blocks it. `qianyun probe survey [CODE…]`: what is looked at rarely, looked at now.

Without a code: the city as a matrix, a row a thing, a column a check; `--to FILE` writes the report
for the department. Exit 1 when a level that was asked for (`--at-least`) is not reached.
"""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command
from api.errors import BadUsage, Exit

if TYPE_CHECKING:
    from probes.readiness.evidence import Readiness, Thresholds
    from probes.readiness.levels import City, Judge

Success = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="成功率阈值，缺省不判 / least share of looks; none by default"),
]
Degradation = Annotated[
    float | None,
    typer.Option(min=0, help="劣化比阈值，缺省不判 / largest degradation ratio; none by default"),
]
Links = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="内链支持率阈值 / least share of internal links; none"),
]
Similar = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="首页相似度阈值 / least likeness of both pages; none"),
]
Floor = Annotated[
    float | None,
    typer.Option(
        "--floor-ms",
        min=0,
        help="两族均不超过此毫秒数时不计劣化 / as quick as this is quick enough",
    ),
]
Also = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOLDER", help="其他观测点的探测文件夹，可多次 / a folder of a prober elsewhere"
    ),
]
To = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="写成报告：.docx .pdf .html .xlsx / write the report"),
]
Replace = Annotated[bool, typer.Option("--replace", help="覆盖已有文件 / overwrite files")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `probe`."""
    command(
        app,
        "level",
        help="IPv6 就绪等级 L0–L6 及卡在何处 / IPv6 readiness, and the check that blocks it",
    )(level)
    command(
        app,
        "survey",
        help="调查入口的内链、域名服务器；纯 IPv6 网络中即第 11 项 / links, name servers; check 11",
    )(survey)


def level(
    desk: Desk,
    code: Annotated[
        str | None,
        typer.Argument(metavar="CODE", help="节点、链路或信息系统 / a node, link or system"),
    ] = None,
    *,
    at_least: Annotated[
        int, typer.Option(min=0, max=6, help="不足此级则退出码 1 / exit 1 below this level")
    ] = 0,
    success: Success = None,
    degradation: Degradation = None,
    links: Links = None,
    similar: Similar = None,
    floor: Floor = None,
    also: Also = None,
    to: To = None,
    replace: Replace = False,
) -> None:
    from api.judged import thresholds_of

    thresholds = thresholds_of(
        desk.settings,
        success=success,
        degradation=degradation,
        links=links,
        similar=similar,
        floor_ms=floor,
    )
    judge = _judge(desk, thresholds, also or [])
    if code is not None:
        if to is not None:
            raise BadUsage("--to 只用于全市报告 / --to is for the city's report: leave CODE out")
        reached = [_one(desk, judge.level_of(code))]
    else:
        city = judge.city()
        written = _written(desk, judge, city, to, replace=replace) if to else None
        _city(desk, city, written)
        reached = list(city.all)
    good = all(one.level >= at_least for one in reached)
    raise typer.Exit(Exit.DONE if good else Exit.NO)


def _judge(desk: Desk, thresholds: "Thresholds", also: list[Path]) -> "Judge":
    from api.http.estate_cache import filled
    from api.judged import evidence_of
    from probes.readiness.levels import Judge

    for folder in also:
        if not folder.is_dir():
            raise BadUsage(f"{folder}: 应为探测文件夹 / expected the folder of a prober")
    estate = filled(desk.product.estate.load())
    seen = desk.product.seen()
    for name, why in seen.missing:
        desk.tell(desk.words("vantage_missing", name=name, why=why))
    return Judge(estate, evidence_of(desk.product, seen, thresholds, also))


def _one(desk: Desk, found: "Readiness") -> "Readiness":
    from api.show.level import level_screen

    desk.answer(_plain(found), lambda: level_screen(found, desk.words))
    return found


def _city(desk: Desk, city: "City", written: Path | None) -> None:
    from api.show.level import matrix_screen
    from api.show.parts import text
    from probes.readiness.levels import HIGHEST

    data = {
        "level": city.level,
        "counts": {
            kind: {str(n): levels[n] for n in range(HIGHEST + 1)}
            for kind, levels in city.levels.items()
        },
        "blocking": [
            {"kind": kind, "number": number, "count": count}
            for (kind, number), count in sorted(city.blocking.items())
        ],
        "nodes": [_plain(one) for one in city.nodes],
        "links": [_plain(one) for one in city.links],
        "systems": [_plain(one) for one in city.systems],
        "report": str(written) if written else None,
    }
    desk.answer(data, lambda: matrix_screen(city, desk.words))
    if written and not desk.flags.json:
        desk.screen.print(text(desk.words("report_written", path=written)))


def _written(desk: Desk, judge: "Judge", city: "City", to: Path, *, replace: bool) -> Path:
    from api.days import today_of
    from probes.readiness.report import department_report

    report = department_report(city, judge.estate, judge.evidence.thresholds, today_of(desk))
    return written_report(desk, report, to, replace=replace)


def written_report(desk: Desk, report: Any, to: Path, *, replace: bool) -> Path:
    """Into the kind of file that its name says. Raises ReportError, LedgerError, Unprintable."""
    from inventory.ledger_write.writing import write_files
    from inventory.report_write.write import written

    kind = to.suffix.removeprefix(".").lower()
    content = written(report, kind, desk.settings.state / "printing")
    write_files({to: content}, replace=replace)
    return to


def survey(
    desk: Desk,
    codes: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE…", help="系统编号，缺省全部 / systems; all by default"),
    ] = None,
    vantage: Annotated[
        str, typer.Option(metavar="NAME", help="观测点名称 / name of this vantage point")
    ] = "local",
) -> None:
    import asyncio

    from api.http.estate_cache import filled
    from api.show.parts import text
    from probes.names import Resolver
    from probes.survey.alone import ipv6_alone
    from probes.survey.survey import Surveyor
    from probes.watch.folder import Folder
    from probes.watch.historian import surveyed
    from probes.watch.of_estate import watches_of
    from probes.watch.watched import write

    folder = Folder(desk.settings.state / "probes")
    if not folder.targets.exists():  # nobody probes here yet
        folder.path.mkdir(parents=True, exist_ok=True)
        write(folder.targets, watches_of(filled(desk.product.estate.load())))
    done = asyncio.run(surveyed(folder, codes, Surveyor(Resolver()), vantage))
    alone = ipv6_alone()
    lines = [desk.words("surveyed", n=len(done), codes=", ".join(done))]
    lines += [desk.words("surveyed_alone")] if alone else []
    desk.answer({"surveyed": done, "ipv6_alone": alone}, lambda: (text(line) for line in lines))


def _plain(one: "Readiness") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)

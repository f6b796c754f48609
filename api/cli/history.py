"""`qianyun probe history`, `outages`, `acknowledge`: how it was, for months and years.

qianyun probe history [CODE] [--month 2026-11 | --year 2026 | --from DAY --until DAY] [--to FILE]
qianyun probe outages [CODE] [--to FILE.csv]
qianyun probe acknowledge NUMBER… --cause TEXT
"""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command
from api.cli.level import Replace, written_report
from api.errors import BadUsage

if TYPE_CHECKING:
    from probes.watch.availability import Available
    from probes.watch.outages import Outage

Code = Annotated[
    str | None, typer.Argument(metavar="CODE", help="只看一个编号 / of one code alone")
]
ToAny = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help=".csv .xlsx .docx .html .pdf / write it there"),
]
ToCsv = Annotated[Path | None, typer.Option(metavar="FILE", help=".csv / write it there")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `probe`."""
    command(
        app,
        "history",
        help="节点与线路可用率，按月，保留五年 / availability by month, kept five years",
    )(history)
    command(
        app, "outages", help="中断记录：起止、原因、确认人 / outages: when, why, who took note"
    )(outages)
    command(
        app,
        "acknowledge",
        help="确认中断并写明原因，记入审计 / take note of outages and say the cause; audited",
    )(acknowledge)


def history(
    desk: Desk,
    code: Code = None,
    *,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="某月，默认本月 / a month; this one")
    ] = None,
    year: Annotated[int | None, typer.Option(metavar="YYYY", help="某年，按月 / a year")] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="起始日 / first day")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="截止日 / last day")] = None,
    to: ToAny = None,
    replace: Replace = False,
) -> None:
    import time

    from api.show.history import history_screen
    from probes.watch.availability import months, of_folder
    from probes.watch.folder import Folder
    from probes.watch.history_report import HEADS, rows

    span = _span(desk, month, year, (first, until))
    folder = Folder(desk.settings.state / "probes")
    found = of_folder(folder, months(*span), time.time_ns(), code)
    if to is not None:
        _write(desk, found, span, code, to, replace=replace)
    data = {
        "history": [dict(zip(HEADS, row, strict=True)) for row in rows(found)],
        "file": str(to) if to else None,
    }
    desk.answer(data, lambda: history_screen(found, to, desk.words))


def _span(
    desk: Desk, month: str | None, year: int | None, ends: tuple[str | None, str | None]
) -> tuple[date, date]:
    from api.days import day_of, today_of

    if sum((month is not None, year is not None, ends != (None, None))) > 1:
        raise BadUsage("--month、--year 与 --from/--until 只能选一 / expected one of these")
    today = today_of(desk)
    if year is not None:
        if not 2000 <= year <= 2200:
            raise BadUsage(f"--year: read {year}; 应为 2000 至 2200 / expected 2000 to 2200")
        return date(year, 1, 1), date(year, 12, 31)
    if ends != (None, None):
        first, last = (day_of(desk, end, "--from/--until") for end in ends)
        if first > last:
            raise BadUsage(f"--from {first} 晚于 --until {last} / expected it no later")
        return first, last
    try:
        begins = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    except ValueError as error:
        raise BadUsage(f"--month: read {month!r}; 应为 / expected YYYY-MM") from error
    return begins, (begins + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _write(
    desk: Desk,
    found: "Sequence[Available]",
    span: tuple[date, date],
    code: str | None,
    to: Path,
    *,
    replace: bool,
) -> None:
    from api.days import today_of
    from api.http.estate_cache import filled
    from probes.watch.availability import thing_of
    from probes.watch.folder import Folder
    from probes.watch.history import begins
    from probes.watch.history_report import HEADS, history_report, rows
    from probes.watch.outages import recorded

    if to.suffix.lower() == ".csv":
        _csv(to, HEADS, rows(found), replace=replace)
        return
    path = Folder(desk.settings.state / "probes").outages
    low, high = begins(span[0]), begins(span[1] + timedelta(days=1))
    shown = {one.code for one in found}
    told = [
        one
        for one in (recorded(path) if path.exists() else ())
        if one.check == "icmp"
        and (one.ended is None or one.ended > low)
        and one.began < high
        and thing_of(one.code) in shown
        and code in (None, thing_of(one.code))
    ]
    estate = filled(desk.product.estate.load())
    names = {thing.code: thing.name for thing in (*estate.nodes, *estate.lines, *estate.links)}
    report = history_report(found, told, estate, today_of(desk), names)
    written_report(desk, report, to, replace=replace)


def _csv(to: Path, heads: Sequence[str], content: Any, *, replace: bool) -> None:
    from inventory.ledger_write.comma import csv_bytes
    from inventory.ledger_write.writing import write_files

    write_files({to: csv_bytes([heads, *content])}, replace=replace)


def outages(desk: Desk, code: Code = None, *, to: ToCsv = None, replace: Replace = False) -> None:
    from api.show.outages import outages_screen
    from probes.watch.folder import Folder
    from probes.watch.history_report import OUTAGE_HEADS, outage_rows
    from probes.watch.picture import outages_of

    folder = Folder(desk.settings.state / "probes")
    found, missing = outages_of(folder, desk.settings.vantages, code)
    for name, why in missing:
        desk.tell(desk.words("vantage_missing", name=name, why=why))
    if to is not None:
        _csv(to, OUTAGE_HEADS, outage_rows(found), replace=replace)
    desk.answer({"outages": _plain(found)}, lambda: outages_screen(_plain(found), desk.words))


def _plain(found: "Sequence[Outage]") -> list[dict[str, Any]]:
    from probes.watch.history_report import OUTAGE_HEADS, outage_rows

    return [dict(zip(OUTAGE_HEADS, row, strict=True)) for row in outage_rows(found)]


def acknowledge(
    desk: Desk,
    numbers: Annotated[
        list[int], typer.Argument(metavar="NUMBER…", help="中断编号 / see `probe outages`")
    ],
    cause: Annotated[str, typer.Option(metavar="TEXT", help="原因，如“光缆被挖断” / what it was")],
) -> None:
    from api.acknowledging import acknowledge as take_note
    from api.show.parts import text

    done = take_note(desk.product, numbers, cause, desk.actor)
    told = desk.words("acknowledged", n=len(done))
    desk.answer({"outages": _plain(done)}, lambda: [text(told)])

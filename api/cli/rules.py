"""`qianyun probe rules --to FOLDER`: Prometheus's rules and Alertmanager's inhibitions, of the estate."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import Desk, command
from api.errors import BadUsage

SEVERITIES = ("critical", "warning", "info")


def register(app: typer.Typer) -> None:
    """Add the command to the group `probe`."""
    command(
        app,
        "rules",
        help="由台账生成告警规则与抑制 / alert rules and inhibitions, made from the inventory",
    )(rules)
    command(app, "dashboards", help="Grafana 看板（JSON） / Grafana's dashboards, as JSON")(
        dashboards
    )


def rules(
    desk: Desk,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="写入的文件夹 / where the files go")],
    severity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=LEVEL",
            help="某类节点的级别：critical、warning、info / severity of a kind of node",
        ),
    ] = None,
    home: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="探测机所在机房或政务云 / where the prober stands"),
    ] = None,
) -> None:
    import json

    from api.http.estate_cache import filled
    from probes.alerts import Alerting, inhibitions
    from probes.alerts import rules as made

    estate = filled(desk.product.estate.load())
    places = {place.code for place in (*estate.rooms, *estate.clouds)}
    if home is not None and home not in places:
        raise BadUsage(
            f"读到 / read --home {home!r}; 应为机房或政务云编号 / expected a room or cloud"
        )
    alerting = Alerting(dict(_severity(told) for told in severity or ()), home=home)
    text = made(estate, alerting)
    inhibit = {"inhibit_rules": inhibitions()}
    try:
        to.mkdir(parents=True, exist_ok=True)
        files = {to / "rules.yml": text, to / "inhibit.yml": json.dumps(inhibit, indent=1) + "\n"}
        for path, content in files.items():
            aside = path.with_suffix(".new")
            aside.write_text(content)
            aside.rename(path)
    except OSError as error:
        raise BadUsage(f"{to}: 无法写入 / cannot be written: {error.strerror}") from error
    count = text.count('"alert":')
    data = {"files": [str(path) for path in files], "alerts": count}
    desk.answer(data, lambda: [desk.words("rules_made", n=count, folder=to)])


def dashboards(
    desk: Desk,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="写入的文件夹 / where the files go")],
) -> None:
    import json

    from api.show.parts import text
    from probes.dashboards import dashboards as made

    files = {to / name: board for name, board in made().items()}
    try:
        to.mkdir(parents=True, exist_ok=True)
        for path, board in files.items():
            aside = path.with_suffix(".new")
            aside.write_text(json.dumps(board, ensure_ascii=False, indent=1) + "\n")
            aside.rename(path)
    except OSError as error:
        raise BadUsage(f"{to}: 无法写入 / cannot be written: {error.strerror}") from error
    data = {"files": [str(path) for path in files]}
    desk.answer(data, lambda: [text(desk.words("dashboards_made", n=len(files), folder=to))])


def _severity(told: str) -> tuple[str, str]:
    kind, _, level = told.rpartition("=")
    if not kind or level not in SEVERITIES:
        raise BadUsage(
            f"读到 / read --severity {told!r}; 应为“节点类型=级别” / expected KIND=LEVEL, LEVEL one of "
            f"{', '.join(SEVERITIES)}"
        )
    return kind, level

"""`qianyun probe rules --to FOLDER`: what Prometheus and Alertmanager are to do, made of the estate."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.desk import Desk, command
from api.errors import BadUsage

if TYPE_CHECKING:
    from inventory.model import Estate
    from probes.alerts.paging import Paging

SEVERITIES = ("critical", "warning", "info")


def register(app: typer.Typer) -> None:
    """Add the command to the group `probe`."""
    command(
        app,
        "rules",
        help="由台账生成 Prometheus 与 Alertmanager 配置 / Prometheus's and Alertmanager's configuration, "
        "made from the inventory",
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
    paging: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="值班文件，缺省为 QIANYUN_PAGING / who is woken (TOML); QIANYUN_PAGING by default",
        ),
    ] = None,
) -> None:
    from api.http.estate_cache import filled
    from probes.alerts.routes import alertmanager, prometheus
    from probes.alerts.rules import rules as made

    estate = filled(desk.product.estate.load())
    who = _paging(desk, estate, paging, dict(_severity(told) for told in severity or ()), home)
    text = made(estate, who)
    exporters = [url.partition("://")[2] for _, url in desk.settings.vantages]
    scraped = prometheus(exporters or ["127.0.0.1:9420"], desk.settings.alertmanager_url)
    files = {
        "rules.yml": text,
        "alertmanager.yml": alertmanager(estate, who),
        "prometheus.yml": scraped,
    }
    written = _write(to, files)
    count = text.count('"alert":')
    data = {"files": written, "alerts": count, "receivers": sorted(who.receivers)}
    lines = [desk.words("rules_made", n=count, folder=to)]
    if not who.receivers:
        lines.append(desk.words("rules_nobody"))
    desk.answer(data, lambda: lines)


def _paging(
    desk: Desk, estate: "Estate", file: Path | None, severities: dict[str, str], home: str | None
) -> "Paging":
    """The file, with what the command says over it. Raises BadUsage, Misuse."""
    from probes.alerts.paging import Paging, read_paging

    places = {place.code for place in (*estate.rooms, *estate.clouds)}
    if home is not None and home not in places:
        raise BadUsage(
            f"读到 / read --home {home!r}; 应为机房或政务云编号 / expected a room or cloud"
        )
    path = file or desk.settings.paging
    who = read_paging(path, estate) if path else Paging()
    return who.model_copy(
        update={"severities": {**who.severities, **severities}, "home": home or who.home}
    )


def _write(to: Path, files: dict[str, str]) -> list[str]:
    """Each whole or not at all: Prometheus may read them at any moment."""
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            aside = to / f"{name}.new"
            aside.write_text(content)
            aside.rename(to / name)
    except OSError as error:
        raise BadUsage(f"{to}: 无法写入 / cannot be written: {error.strerror}") from error
    return [str(to / name) for name in files]


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

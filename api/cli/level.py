"""`qianyun probe level [CODE]`: how far a node, a link or a system is ready for IPv6, and what blocks.

Without a code: the city, each node's level and how many are at which. Exit 1 when a level that was
asked for (`--at-least`) is not reached.
"""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command
from api.errors import Exit

if TYPE_CHECKING:
    from probes.readiness import Readiness


def register(app: typer.Typer) -> None:
    """Add the command to the group `probe`."""
    command(
        app,
        "level",
        help="IPv6 就绪等级 L0–L6 及卡在何处 / IPv6 readiness, and the check that blocks it",
    )(level)


def level(
    desk: Desk,
    code: Annotated[
        str | None,
        typer.Argument(metavar="CODE", help="节点、链路或信息系统 / a node, link or system"),
    ] = None,
    at_least: Annotated[
        int, typer.Option(min=0, max=6, help="不足此级则退出码 1 / exit 1 below this level")
    ] = 0,
    success: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="成功率阈值，缺省不判 / least share of looks; none by default"
        ),
    ] = None,
    degradation: Annotated[
        float | None,
        typer.Option(
            min=0, help="劣化比阈值，缺省不判 / largest degradation ratio; none by default"
        ),
    ] = None,
) -> None:
    import time

    from api.http.estate_cache import filled
    from api.show.level import level_screen, matrix_screen
    from inventory.secrecy import hidden
    from probes.readiness import Evidence, Thresholds, level_of, of_node

    estate = filled(desk.product.estate.load())
    seen = desk.product.seen()
    for name, why in seen.missing:
        desk.tell(desk.words("vantage_missing", name=name, why=why))
    evidence = Evidence(seen.standings(), time.time_ns(), Thresholds(success, degradation))
    if code is not None:
        found = [level_of(code, estate, evidence)]
        desk.answer(_plain(found[0]), lambda: level_screen(found[0], desk.words))
    else:
        secret = hidden(estate)
        shown = [
            n
            for n in estate.nodes
            if n.host not in secret.hosts and not secret.hides_at(n.ipv4, n.ipv6)
        ]
        found = [of_node(node, estate, evidence) for node in shown]
        counts = {str(n): sum(one.level == n for one in found) for n in range(7)}
        data = {"counts": counts, "nodes": [_plain(one) for one in found]}
        desk.answer(data, lambda: matrix_screen(found, counts, desk.words))
    reached = all(one.level >= at_least for one in found)
    raise typer.Exit(Exit.DONE if reached else Exit.NO)


def _plain(one: "Readiness") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)

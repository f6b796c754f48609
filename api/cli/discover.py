"""`qianyun inventory discover | facts | found | seen | idle`: hosts as they are.

`discover` goes out and reads; the others show what was read beside what was declared.
"""

# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command
from api.days import SEEN_DAYS
from api.errors import Exit

if TYPE_CHECKING:
    from api.census import Told
    from inventory.facts import Visit
    from inventory.model import Estate, Zone

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="HOST", help="服务器编号或地址 / codes or addresses of hosts"),
]
Codes = Annotated[
    list[str] | None, typer.Argument(metavar="HOST", help="服务器编号 / codes of hosts")
]


def register(inventory: typer.Typer) -> None:
    """Add the commands to the group that they belong to."""
    for name, function, help_text in (
        (
            "discover",
            _discover,
            "登录主机只读采集，可续 / log in to hosts and read what they are, changing nothing; goes "
            "on where it stopped; 1 when one could not be read",
        ),
        ("facts", _facts, "一台主机的采集结果 / what was read of one host"),
        (
            "found",
            _found,
            "申报与实际逐项核对 / declared and found side by side, field by field; 1 when they differ",
        ),
        (
            "seen",
            _seen,
            "由连接发现的依赖 / dependencies seen beside those declared; 1 when they differ",
        ),
        (
            "idle",
            _idle,
            "“僵尸”系统五项标准的迹象 / signs for the five zombie criteria; no verdict",
        ),
    ):
        command(inventory, name, help=help_text)(function)


def _discover(
    desk: Desk,
    *,
    hosts: Names = None,
    zone: Annotated[str | None, typer.Option(help="只采集一个网络域 / of one zone only")] = None,
    at_most: Annotated[
        int | None, typer.Option(min=1, max=256, metavar="N", help="同时至多几台 / hosts at once")
    ] = None,
    per_line: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="每条线路同时至多几台 / at once by one line, 0: any",
        ),
    ] = 0,
    again: Annotated[
        bool, typer.Option("--again", help="开始新一轮，全部重新采集 / a new sweep: read all anew")
    ] = False,
) -> None:
    from api.census import Told, Wish, discover
    from api.show.census import sweep_screen

    say = desk.words
    wish = Wish(tuple(hosts or ()), _zone(zone), again, at_most, per_line)

    def tell(number: int, told: Told, visit: "Visit") -> None:
        if not desk.flags.json:
            how = say("visit_read") if visit.failure is None else visit.message
            total = told.wanted - len(told.already)
            desk.tell(say("sweep_progress", n=number, total=total, code=visit.code, how=how))

    try:
        told = discover(desk.product, wish, actor=desk.actor.name, on_visit=tell)
    except KeyboardInterrupt:
        desk.tell(say("visit_cut"))
        raise
    desk.answer(_told(told), lambda: sweep_screen(told, say))
    raise typer.Exit(Exit.DONE if told.ok else Exit.NO)


def _zone(name: str | None) -> "Zone | None":
    """By name, which typer could check only with the model loaded: --help is quick."""
    from api.errors import BadUsage
    from inventory.model import Zone

    try:
        return None if name is None else Zone(name)
    except ValueError:
        known = ", ".join(zone.value for zone in Zone)
        raise BadUsage(f"--zone: 读到 / read {name}, 应为 / expected one of: {known}") from None


def _told(told: "Told") -> dict[str, Any]:
    return {
        "ok": told.ok,
        "sweep": told.sweep.model_dump(mode="json"),
        "wanted": told.wanted,
        "already": len(told.already),
        "hidden": told.hidden,
        "read": sorted(told.read),
        "failed": [
            {"code": v.code, "address": v.address, "failure": v.failure, "message": v.message}
            for v in sorted(told.failed, key=lambda v: v.code)
        ],
    }


def _facts(
    desk: Desk,
    host: Annotated[str, typer.Argument(metavar="HOST", help="服务器编号 / code")],
    look: Annotated[
        int | None,
        typer.Option(metavar="N", help="第几次查看，默认最近 / which look; the newest by default"),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="主机的原始输出（密码已抹去） / the raw output, secrets masked"),
    ] = False,
) -> None:
    from api.census import evidence_text, look_of
    from api.show.census import facts_screen
    from api.show.parts import lines

    found = look_of(desk.product, host, look)
    if raw:
        said = evidence_text(desk.settings.state, found)
        desk.answer({"look": found.id, "raw": said}, lambda: [lines(said)])
        return
    data = found.model_dump(mode="json", exclude={"visit": {"package_list"}})
    data["packages"] = [list(one) for one in found.visit.package_list]
    zone = desk.settings.timezone
    desk.answer(data, lambda: facts_screen(found, desk.words, zone))


def _found(desk: Desk, hosts: Codes = None) -> None:
    from api.census import only_codes
    from api.show.found import found_screen
    from api.verifying import found

    estate = _read(desk)
    made = found(desk.product, estate, frozenset(only_codes(estate, hosts or ())))
    data = made.checked.model_dump(mode="json") | {
        "ok": made.ok,
        "unknown_services": [one.model_dump(mode="json") for one in made.services],
        "unknown_hosts": [one.model_dump(mode="json") for one in made.strangers],
    }
    say = desk.words
    desk.answer(data, lambda: found_screen(made.checked, made.services, made.strangers, say))
    raise typer.Exit(Exit.DONE if made.ok else Exit.NO)


def _seen(
    desk: Desk,
    days: Annotated[
        int,
        typer.Option(
            min=1, max=3650, metavar="N", help="取最近几天的查看 / looks of how many days"
        ),
    ] = SEEN_DAYS,
) -> None:
    from api.show.found import seen_screen
    from api.verifying import talks

    found, ok = talks(desk.product, _read(desk), days)
    data = {"ok": ok} | found.model_dump(mode="json")
    desk.answer(data, lambda: seen_screen(found, desk.words))
    raise typer.Exit(Exit.DONE if ok else Exit.NO)


def _idle(
    desk: Desk,
    systems: Annotated[
        list[str] | None, typer.Argument(metavar="SYSTEM", help="系统编号 / codes of systems")
    ] = None,
) -> None:
    from api.show.found import idle_screen
    from api.verifying import idle

    shown = idle(desk.product, _read(desk), frozenset(systems or ()))
    data = {"systems": [one.model_dump(mode="json") for one in shown]}
    desk.answer(data, lambda: idle_screen(shown, desk.words, desk.settings.timezone))


def _read(desk: Desk) -> "Estate":
    """The estate; says so where nothing was read of any of its hosts."""
    from api.verifying import looks_of

    estate = desk.product.estate.load()
    if not looks_of(desk.product, estate):
        desk.tell(desk.words("nothing_read"))
    return estate

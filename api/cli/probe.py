"""`qianyun probe`: look at a system or a host now."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.desk import Desk, command, group
from api.errors import Exit

if TYPE_CHECKING:
    from inventory.model import Estate, Host, System
    from probes.model import ProbeResult, Target

app = group("探测 / probes: look, never touch")


@app.callback()
def _group() -> None:
    """探测 / probes: look, never touch."""


@command(
    app, "once", help="探测一次，v4 与 v6 分开 / look once, v4 and v6 apart; 1 when one is red"
)
def once(
    desk: Desk,
    codes: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…",
            help="编号（系统、服务器、节点、链路、线路）、地址、域名或 https://… / a code of the inventory, "
            "an address, a name, https://…, tcp://HOST:PORT",
        ),
    ],
    deadline: Annotated[
        float, typer.Option(min=0.1, max=60, help="每项时限秒数 / seconds for each look")
    ] = 5.0,
) -> None:
    import asyncio

    from api.show.probe import probe_screen
    from inventory.secrecy import hidden
    from probes.model import ProbeResult
    from probes.names import Resolver
    from probes.table import probe
    from probes.wanted import located, unhidden

    estate = desk.product.estate.load()
    targets = [target for code in codes for target in _targets(estate, code)]
    resolver = Resolver() if any(target.host for target in targets) else None

    async def one(target: "Target") -> "ProbeResult":
        placed = await located(target, resolver, deadline) if resolver else target
        if isinstance(placed, ProbeResult):
            return placed
        if placed is not target:
            unhidden((placed,), hidden(estate))
        return await probe(placed, deadline)

    async def look() -> "list[ProbeResult]":
        return list(await asyncio.gather(*map(one, targets)))

    results = asyncio.run(look())
    ok = all(result.ok for result in results)
    data = {"ok": ok, "looks": [_plain(result) for result in results]}
    desk.answer(data, lambda: probe_screen(results, desk.words))
    raise typer.Exit(Exit.DONE if ok else Exit.NO)


def _targets(estate: "Estate", code: str) -> "tuple[Target, ...]":
    """What proves that a system serves where it lives now, or that a host is itself."""
    from inventory.secrecy import hidden
    from migrator.errors import NotFound
    from probes.system import refuse_classified, refuse_hidden, ssh_targets_of, targets_of
    from probes.wanted import is_wanted, targets_for, unhidden

    secret = hidden(estate)
    for host in estate.hosts:
        if host.code == code:
            refuse_hidden(host, secret)
            return ssh_targets_of(host)
    system = next((s for s in estate.systems if s.code == code), None)
    if system is None and (watched := _watched(estate, code)):
        return watched
    if system is None and is_wanted(code):
        return unhidden(targets_for(code), secret)
    if system is None:
        raise NotFound(
            f"台账库中没有此系统或服务器 / the inventory has no such system or host: {code}; see "
            "`qianyun inventory export`"
        )
    refuse_classified(system)  # before its hosts are looked for: the inventory knows none
    wanted = system.entrance.node if system.entrance else None
    node = next((n for n in estate.nodes if n.code == wanted), None)
    hosts = _hosts(estate, system)
    for host in hosts:
        refuse_hidden(host, secret)
    if node is not None and node.host in secret.hosts:
        node = None
    return tuple(t for host in hosts for t in targets_of(system, host, node))


def _watched(estate: "Estate", code: str) -> "tuple[Target, ...]":
    """What the prober looks at of a node, a link's or line's ends, or a service."""
    from api.http.estate_cache import filled
    from probes.wanted import as_train
    from probes.watch.of_estate import watches_of

    return tuple(
        as_train(watch.target)
        for watch in watches_of(filled(estate))
        if watch.target.code == code or watch.target.code.startswith(f"{code}@")
    )


def _hosts(estate: "Estate", system: "System") -> "list[Host]":
    """The hosts on which the system lives now: our own record, else what was declared."""
    from migrator.errors import NotFound

    if system.placement:
        found = [h for h in estate.hosts if h.code in system.placement.hosts]
    else:
        found = [h for h in estate.hosts if h.system == system.code and h.place == system.place]
    if not found:
        raise NotFound(
            f"{system.code} 在 {system.place or '(未登记位置)'} 没有登记的服务器 / no host of it is "
            f"declared at {system.place or '(no place)'}; complete the ledger"
        )
    return found


def _plain(result: "ProbeResult") -> dict[str, Any]:
    from probes.explain import explain

    target = result.target
    return {
        "code": target.code,
        "check": target.check,
        "family": target.family,
        "address": target.address,
        "port": target.port,
        "ok": result.ok,
        "failure": result.failure.value if result.failure else None,
        "timings_ms": dict(result.timings),
        "evidence": dict(result.evidence),
        "message": explain(result),
    }

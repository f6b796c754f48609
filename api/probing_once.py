"""Look once at something of the inventory, or at an address: for the command line and the API alike."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from api.bootstrap import Qianyun
from api.http.estate_cache import filled
from inventory.model import Estate, Host, System
from inventory.secrecy import Hidden, hidden
from migrator.errors import NotFound
from probes.explain import explain
from probes.model import ProbeResult, Target
from probes.names import Resolver
from probes.system import refuse_classified, refuse_hidden, ssh_targets_of, targets_of
from probes.table import probe
from probes.wanted import ADDRESSES, as_train, is_wanted, located, targets_for, unhidden
from probes.watch.of_estate import watches_of


def look_once(
    product: Qianyun,
    codes: Sequence[str],
    deadline: float,
    on_empty: Callable[[], None] = lambda: None,
) -> list[ProbeResult]:
    """What each look says, v4 and v6 apart. `codes`: of the inventory, or addresses as `probe once`
    takes them. `on_empty` is called where nothing is on record, so that nothing is known to be classified
    either. Raises NotFound, Misuse, and Forbidden's like for what is classified."""
    estate = product.estate.load()
    if not any(objects for _, objects in estate.collections()):
        on_empty()
    targets = [target for code in codes for target in _targets(estate, code)]
    return asyncio.run(_look(targets, hidden(estate), deadline))


async def _look(targets: Sequence[Target], secret: Hidden, deadline: float) -> list[ProbeResult]:
    """Names at each of their addresses; nothing is looked at before all of these are known to be free
    of what is classified."""
    resolver = Resolver() if any(target.host for target in targets) else None

    async def places(target: Target) -> tuple[Target | ProbeResult, ...]:
        if resolver is None:
            return (target,)
        found = await located(target, resolver, deadline)
        if found != (target,):
            unhidden(tuple(t for t in found if isinstance(t, Target)), secret)
        return found

    async def one(placed: Target | ProbeResult, among: int) -> ProbeResult:
        result = placed if isinstance(placed, ProbeResult) else await probe(placed, deadline)
        if among <= ADDRESSES:
            return result
        return replace(result, evidence={**result.evidence, "addresses": f"{ADDRESSES}/{among}"})

    found = await asyncio.gather(*map(places, targets))
    looks = [one(placed, len(several)) for several in found for placed in several[:ADDRESSES]]
    return list(await asyncio.gather(*looks))


def of_inventory(estate: Estate, code: str) -> bool:
    """Whether a code names something that is looked at, and no address of somebody's choice."""
    named = {one.code for every in (estate.hosts, estate.systems) for one in every}
    return code in named or bool(_watched(estate, code))


def _targets(estate: Estate, code: str) -> tuple[Target, ...]:
    """What proves that a system serves where it lives now, or that a host is itself."""

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


def _watched(estate: Estate, code: str) -> tuple[Target, ...]:
    """What the prober looks at of a node, a link's or line's ends, or a service. Only what is no code
    for certain is looked at without an inventory: there is nothing classified to be spared yet."""

    return tuple(
        as_train(watch.target)
        for watch in watches_of(estate if is_wanted(code) else filled(estate))
        if watch.target.code == code or watch.target.code.startswith(f"{code}@")
    )


def _hosts(estate: Estate, system: System) -> list[Host]:
    """The hosts on which the system lives now: our own record, else what was declared."""

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


def plain(result: ProbeResult) -> dict[str, Any]:
    """A look as --json and the API tell it."""

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

"""What the estate says of a network plan's hosts: how they are reached, whom they serve. Pure."""

from collections.abc import Iterable, Iterator

from inventory.halves import labelled, together
from inventory.model import Estate, System
from inventory.secrecy import Hidden, hidden, is_classified
from migrator.errors import Refused
from migrator.runs.network_plan import Device, NetworkPlan
from migrator.runs.rules import Concerned


def devices(codes: Iterable[str], estate: Estate) -> dict[str, Device]:
    """By code. Raises Refused for a host that is not known, must not be touched, or can't be reached."""
    secret, known = hidden(estate), {host.code: host for host in estate.hosts}
    found: dict[str, Device] = {}
    for code in codes:
        _require_open(secret, code)
        if code not in known:
            raise Refused(
                f"台账中没有主机 {code} / no such host in the inventory: {code}; expected the code of the "
                "device to log in to"
            )
        found[code] = one = Device.of(known[code])
        if one.ssh_host_key is None or (one.ipv4 or one.ipv6) is None:
            raise Refused(
                f"主机 {code} 缺地址或 SSH 主机密钥 / host {code} lacks an address or its SSH host key: "
                "add them to the inventory, nobody is trusted at first sight"
            )
    return found


def _require_open(secret: Hidden, code: str) -> None:
    if code in secret.hosts:
        raise Refused(secret.why(code))


def concerned(hosts: Iterable[Device], named: Iterable[str], estate: Estate) -> list[Concerned]:
    """Whom a change of these hosts is about: their rooms, the systems on them or behind them, and those
    that the engineer names. Raises Refused for a system that is not known or classified."""
    at = {host.code: host for host in hosts}
    found = [Concerned(room=host.place) for host in at.values()]
    nodes = {node.code for node in estate.nodes if node.host in at}
    found += [_of(s) for s in estate.systems if _stands(s, set(at), nodes, estate)]
    known = {s.code: s for s in estate.systems}
    for code in named:
        if code not in known or is_classified(known[code]):
            raise Refused(
                f"台账中没有可用的系统 {code} / systems: no such system to speak of: {code}"
            )
        found.append(_of(known[code]))
    return found


def _stands(system: System, hosts: set[str], nodes: set[str], estate: Estate) -> bool:
    if is_classified(system):
        return False
    return (
        (system.entrance is not None and system.entrance.node in nodes)
        or bool(system.placement and hosts & set(system.placement.hosts))
        or any(host.system == system.code for host in estate.hosts if host.code in hosts)
        or any(one.system == system.code for one in estate.services if one.host in hosts)
    )


def _of(system: System) -> Concerned:
    return Concerned(
        code=system.code,
        organisation=system.organisation,
        mlps_level=system.mlps_level,
        room=system.place,
    )


def facts_changed(plan: NetworkPlan, estate: Estate) -> tuple[str, ...]:
    """How the hosts of a network plan are no longer those that it was filed for."""
    told = list(_changed(plan, estate))
    if not told:
        return ()
    return (together(*told, "请重新编制并审批 / file it anew and have it approved"),)


def _changed(plan: NetworkPlan, estate: Estate) -> Iterator[str]:
    secret, known = hidden(estate), {host.code: host for host in estate.hosts}
    for code, filed in plan.hosts.items():
        if code in secret.hosts:
            yield secret.why(code)
        elif code not in known or Device.of(known[code]) != filed:
            why = (
                "台账中的地址、端口或主机密钥已变 / its addresses, port or host key are others now"
            )
            yield labelled(why, code)

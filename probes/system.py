"""What to look at for a system, and what the looks say together. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from inventory.model import Entrance, Host, Node, Secrecy, System
from inventory.secrecy import Hidden
from probes.errors import Misuse
from probes.explain import explain
from probes.model import Family, ProbeResult, Target

FAMILIES: tuple[Family, ...] = (4, 6)


def targets_of(
    system: System, host: Host, gateway: Node | None, *, families: Iterable[Family] = FAMILIES
) -> tuple[Target, ...]:
    """What proves that `system` serves from `host`, each family apart.

    Directly against the host's backend port: icmp, tcp, http with content (code
    `SYSTEM@HOST`); and the same http through the entrance's gateway (code `SYSTEM@NODE`) if one is
    given. A system without an entrance has only icmp. A family without a declared address gives
    targets that fail as `bad_target`: what is unknown never passes; say `families=(4,)` for a
    system that is meant to have no IPv6. Raises Misuse for a classified system and for a node
    that is not its entrance.
    """
    refuse_classified(system)
    entrance = system.entrance
    if gateway and (entrance is None or entrance.node != gateway.code):
        raise Misuse(
            f"读到节点 / read node {gateway.code}; 应为系统 {system.code} 的接入节点 / "
            f"expected its entrance {entrance.node if entrance else '(无 / none)'}"
        )
    found: list[Target] = []
    for family in families:
        found += _direct(system, host, entrance, family)
        if gateway and entrance:
            found.append(
                _http(f"{system.code}@{gateway.code}", gateway, entrance.port, entrance, family)
            )
    return tuple(found)


def refuse_classified(system: System) -> None:
    """Raises Misuse for a classified system."""
    if system.secrecy is Secrecy.CLASSIFIED:
        raise Misuse(
            f"涉密系统不得探测 / a classified system is never probed: {system.code}; "
            "应为非涉密 / expected one that is not classified"
        )


def refuse_hidden(host: Host, secret: Hidden) -> None:
    """Raises Misuse for a host that a classified system has to do with."""
    if host.code in secret.hosts:
        raise Misuse(
            f"服务器属于涉密系统，不得探测 / a host of a classified system is never probed: {host.code}; "
            "应为其他服务器 / expected another one"
        )


def ssh_targets_of(host: Host, *, families: Iterable[Family] = FAMILIES) -> tuple[Target, ...]:
    """Is the host the one whose key is declared? Code: the host's."""
    return tuple(
        Target(
            code=host.code,
            check="ssh",
            family=family,
            address=_address(host, family),
            port=host.ssh_port,
            host_key=host.ssh_host_key or "",
        )
        for family in families
    )


def _direct(
    system: System, host: Host, entrance: Entrance | None, family: Family
) -> Iterable[Target]:
    code = f"{system.code}@{host.code}"
    plain = partial(Target, code=code, family=family, address=_address(host, family))
    yield plain(check="icmp")
    if entrance:
        yield plain(check="tcp", port=entrance.backend_port)
        yield _http(code, host, entrance.backend_port, entrance, family)


def _http(code: str, at: Host | Node, port: int, entrance: Entrance, family: Family) -> Target:
    return Target(
        code=code,
        check="http",
        family=family,
        address=_address(at, family),
        port=port,
        path=entrance.path,
        content=entrance.content,
        name=(entrance.name or "") if isinstance(at, Node) else "",
        tls=bool(entrance.tls) and isinstance(at, Node),
    )


def _address(at: Host | Node, family: Family) -> str:
    address = at.ipv4 if family == 4 else at.ipv6
    return str(address) if address else ""


@dataclass(frozen=True, kw_only=True)
class FamilySummary:
    """How the looks over one family ended."""

    family: Family
    ok: tuple[ProbeResult, ...]
    failed: tuple[ProbeResult, ...]

    @property
    def green(self) -> bool:
        """Something was looked at and nothing failed."""
        return bool(self.ok) and not self.failed

    @property
    def reasons(self) -> tuple[str, ...]:
        """One bilingual line for each failure."""
        return tuple(explain(result) for result in self.failed)


def summary(results: Iterable[ProbeResult]) -> Mapping[Family, FamilySummary]:
    """The families that were looked at, in order, never mixed."""
    kept = tuple(results)
    return {
        family: FamilySummary(
            family=family,
            ok=tuple(r for r in kept if r.target.family == family and r.ok),
            failed=tuple(r for r in kept if r.target.family == family and not r.ok),
        )
        for family in FAMILIES
        if any(r.target.family == family for r in kept)
    }


def all_green(results: Iterable[ProbeResult]) -> bool:
    """Every look was ok, and there was at least one: no evidence is no pass."""
    kept = tuple(results)
    return bool(kept) and all(result.ok for result in kept)

"""Services that nobody declared. (Hosts that nobody declared: `seen.Stranger`.) Pure."""

from collections.abc import Mapping

from inventory.difference import evidence
from inventory.facts import Evidence, Look
from inventory.ground import Ground
from inventory.model import Estate, Frozen
from inventory.verification_host import undeclared_services


class UnknownService(Frozen):
    """A port that others can reach, and what listens on it where that could be seen."""

    code: str
    protocol: str
    port: int
    process: str | None
    evidence: Evidence


def unknown_services(estate: Estate, looks: Mapping[str, Look]) -> tuple[UnknownService, ...]:
    """`looks`: the newest of each host. Hosts whose sockets could not be read say nothing."""
    ground = Ground(estate, looks)
    return tuple(
        UnknownService(
            code=host.code,
            protocol=protocol,
            port=port,
            process=process,
            evidence=evidence(looks[host.code], "sockets"),
        )
        for host in estate.hosts
        if host.code in ground.looks
        for protocol, port, process in undeclared_services(ground, host, looks[host.code])
    )

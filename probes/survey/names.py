"""The name of an entrance: its AAAA record, and the servers that tell it (internet.nl, RFC 3901)."""

from dataclasses import dataclass

from probes import dns
from probes.answers import Found, Nameless
from probes.model import Target
from probes.names import Resolver
from probes.readiness.evidence import Verdict, both

LEAST = 2
"""Name servers with AAAA that answer over IPv6."""
DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    told: str


async def has_address(name: str, resolver: Resolver) -> Judged:
    """Check 1: an AAAA record. A resolver that says nothing leaves it unknown."""
    found = await resolver.addresses(name, 6, DEADLINE)
    if isinstance(found, Found):
        return Judged(Verdict.PASSED, f"AAAA {', '.join(found.addresses)}")
    verdict = Verdict.FAILED if isinstance(found, Nameless) else Verdict.UNKNOWN
    return Judged(verdict, f"AAAA: {found.told}")


async def name_servers(name: str, resolver: Resolver, port: int = 53) -> Judged:
    """Check 2: LEAST name servers of its zone with AAAA, which answer for the name over IPv6."""
    zone = await resolver.zone(name, DEADLINE)
    servers = await resolver.records(zone, "NS", DEADLINE) if zone else None
    if not isinstance(servers, Found):
        told = servers.told if servers else "?"
        return Judged(
            Verdict.UNKNOWN,
            both(f"{name}: 查不到域名服务器: ", f"{name}: name servers can't be told: ", told),
        )
    good, bad = [], []
    for server in servers.addresses:
        found = await resolver.addresses(server, 6, DEADLINE)
        if not isinstance(found, Found):
            bad.append(f"{server} no AAAA")
            continue
        target = Target(
            code=name, check="dns", family=6, address=found.addresses[0],
            port=port, name=name, record="AAAA",
        )  # fmt: skip
        result = await dns.check(target, DEADLINE)
        if result.ok:
            good.append(server)
        else:
            bad.append(f"{server} {result.failure}")
    if len(good) >= LEAST:
        return Judged(Verdict.PASSED, both("经 IPv6 应答: ", "answer over IPv6: ", ", ".join(good)))
    told = both(f"仅 {len(good)} 个: ", f"only {len(good)} of {LEAST}: ", "; ".join(bad) or zone)
    return Judged(Verdict.FAILED, told)

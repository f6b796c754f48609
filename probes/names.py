"""Names to addresses, one family at a time, and never in anybody's way. Owner of dns.asyncresolver.

A resolver that says nothing is no fault of the name, nor of whom it names: `Silent` is one answer,
`Nameless` (it has no address of this family) another. Asked over UDP and where that is cut short TCP;
search domains are not tried: every name is whole.
"""

import asyncio
import ipaddress

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from probes.answers import Answer, Found, Nameless, Silent
from probes.model import Family

RECORD = {4: "A", 6: "AAAA"}
NO_NAME = (
    dns.resolver.NXDOMAIN,
    dns.name.LabelTooLong,
    dns.name.EmptyLabel,
    dns.name.NameTooLong,
)
SHORTEST, LONGEST = 30.0, 3600.0
"""Seconds that an answer is believed, whatever its time to live says."""


class Resolver:
    """`servers`: literal addresses, by default those of /etc/resolv.conf."""

    def __init__(self, servers: tuple[str, ...] = (), port: int = 53) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._told = ""
        if servers:
            self._resolver.nameservers = list(servers)
        else:
            try:
                self._resolver.read_resolv_conf("/etc/resolv.conf")
            except (OSError, dns.exception.DNSException) as error:
                self._told = f"/etc/resolv.conf: {error}"
        self._resolver.port = port
        self._resolver.search = []

    async def addresses(self, name: str, family: Family, deadline: float) -> Answer:
        found = await self.records(name, RECORD[family], deadline)
        if isinstance(found, Found):
            return Found(tuple(sorted(found.addresses, key=ipaddress.ip_address)), found.ttl)
        return found

    async def records(self, name: str, kind: str, deadline: float) -> Answer:
        """Any record as text (`addresses` of Found holds them)."""
        if self._told:
            return Silent(self._told)
        try:
            async with asyncio.timeout(deadline):
                answer = await self._resolver.resolve(
                    dns.name.from_text(name), kind, lifetime=deadline, raise_on_no_answer=False
                )
        except NO_NAME as error:
            return Nameless(f"{name}: {type(error).__name__}")
        except (dns.exception.DNSException, OSError) as error:
            return Silent(f"{type(error).__name__}: {error}")
        if answer.rrset is None:
            return Nameless(f"{name}: 无 / no {kind}")
        ttl = min(LONGEST, max(SHORTEST, float(answer.rrset.ttl)))
        return Found(tuple(sorted(r.to_text() for r in answer.rrset)), ttl)

    async def zone(self, name: str, deadline: float) -> str:
        """The zone that a name lies in, "" where it can't be told."""
        try:
            async with asyncio.timeout(deadline):
                found = await dns.asyncresolver.zone_for_name(
                    dns.name.from_text(name), resolver=self._resolver, lifetime=deadline
                )
        except (dns.exception.DNSException, OSError):
            return ""
        return found.to_text()

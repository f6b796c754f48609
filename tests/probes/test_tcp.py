"""TCP over exactly the family, on real sockets in a namespace of the test's own."""

import asyncio

from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import InNamespace, firewall, ip
from tests.probes.servers import free_port, hanging_up, serving


def target(address: str, port: int) -> Target:
    family: Family = 6 if ":" in address else 4
    return Target(code="x", check="tcp", family=family, address=address, port=port)


def test_open_ports_on_both_families(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        async with serving(hanging_up) as v4, serving(hanging_up, "::1") as v6:
            return [
                await probe(target("127.0.0.1", v4), 10),
                await probe(target("::1", v6), 10),
            ]

    for result in in_namespace(story):
        assert result.ok
        assert set(result.timings) == {"connect", "total"}


def test_v4_only_server_fails_over_v6_though_v4_is_fine(in_namespace: InNamespace) -> None:
    async def story() -> tuple[ProbeResult, ProbeResult]:
        async with serving(hanging_up) as port:
            return await probe(target("127.0.0.1", port), 10), await probe(target("::1", port), 10)

    v4, v6 = in_namespace(story)
    assert v4.ok
    assert v6.failure is Failure.REFUSED


def test_closed_port_is_refused(in_namespace: InNamespace) -> None:
    for address in ("127.0.0.1", "::1"):
        result = in_namespace(lambda a=address: probe(target(a, free_port(a)), 10))
        assert result.failure is Failure.REFUSED
        assert "Errno 111" in result.evidence["error"]


def test_nowhere_to_go_is_no_route(in_namespace: InNamespace) -> None:
    for address in ("203.0.113.10", "2001:db8:113::10"):
        result = in_namespace(lambda a=address: probe(target(a, 80), 10))
        assert result.failure is Failure.NO_ROUTE


def test_every_kind_of_dead_route_is_no_route(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        found = []
        for kind in ("unreachable", "prohibit", "blackhole"):
            for network, address in (
                ("203.0.113.0/24", "203.0.113.10"),
                ("2001:db8:113::/64", "2001:db8:113::10"),
            ):
                ip("route", "add", kind, network)
                found.append(await probe(target(address, 80), 10))
                ip("route", "del", kind, network)
        return found

    for result in in_namespace(story):
        assert result.failure is Failure.NO_ROUTE, result.evidence


def test_dropped_packets_time_out_at_the_deadline(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        firewall("input", "tcp dport 81 drop")
        looks = (probe(target(a, 81), 0.5) for a in ("127.0.0.1", "::1"))
        return await asyncio.gather(*looks)

    for result in in_namespace(story):
        assert result.failure is Failure.TIMEOUT_CONNECT


def test_a_firewall_that_rejects(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        firewall(
            "input",
            "tcp dport 81 reject with icmpx admin-prohibited",
            "tcp dport 82 reject with tcp reset",
        )
        return [
            await probe(target(address, port), 10)
            for address in ("127.0.0.1", "::1")
            for port in (81, 82)
        ]

    found = [result.failure for result in in_namespace(story)]
    assert found == [Failure.NO_ROUTE, Failure.REFUSED] * 2

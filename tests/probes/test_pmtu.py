"""Path MTU over a real router: a path that tells, one that is silent, one that takes all."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from probes.model import Failure, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import (
    InNamespace,
    another_namespace,
    cable,
    firewall,
    inside,
    ip,
    sysctl,
)

FAR = {4: "10.9.2.2", 6: "fd00:9:2::2"}


@contextmanager
def routed(mtu: int) -> Iterator[None]:
    """We, a router, and behind its link of `mtu` bytes the far host."""
    with another_namespace() as router, another_namespace() as far:
        # a router asks for neighbours from its link-local address, not before DAD has passed it:
        # on a busy machine that takes longer than the far host is asked for
        inside(router, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        cable(router, ("10.9.1.1/24", "10.9.1.2/24"), ("fd00:9:1::1/64", "fd00:9:1::2/64"))
        ip("route", "add", "10.9.2.0/24", "via", "10.9.1.2")
        ip("route", "add", "fd00:9:2::/64", "via", "fd00:9:1::2")
        for key in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"):
            inside(router, "sysctl", "-qw", key)
        lines = (
            f"link add south type veth peer name north netns {far}",
            f"link set south mtu {mtu} up",
            "addr add 10.9.2.1/24 dev south",
            "addr add fd00:9:2::1/64 dev south nodad",
        )
        inside(router, "ip", "-batch", "-", text="\n".join(lines) + "\n")
        lines = (
            f"link set north mtu {mtu} up",
            "addr add 10.9.2.2/24 dev north",
            "addr add fd00:9:2::2/64 dev north nodad",
            "route add default via 10.9.2.1",
            "route add default via fd00:9:2::1",
        )
        inside(far, "ip", "-batch", "-", text="\n".join(lines) + "\n")
        yield


def both(deadline: float = 20, size: int = 1500) -> "asyncio.Future[list[ProbeResult]]":
    return asyncio.gather(
        *(
            probe(Target(code="x", check="pmtu", family=f, address=FAR[f], size=size), deadline)  # type: ignore[arg-type]
            for f in (4, 6)
        )
    )


GROUPS = pytest.mark.parametrize("groups", ["0 2147483647", "1 0"], ids=["ping", "raw"])


@GROUPS
def test_the_whole_size_passes(in_namespace: InNamespace, groups: str) -> None:
    async def story() -> list[ProbeResult]:
        sysctl("ipv4/ping_group_range", groups)
        with routed(1500):
            return await both()

    for result in in_namespace(story):
        assert result.ok, result.evidence
        assert result.evidence["mtu"] == "1500"


@GROUPS
def test_a_router_that_tells_is_believed_and_tried(in_namespace: InNamespace, groups: str) -> None:
    async def story() -> list[ProbeResult]:
        sysctl("ipv4/ping_group_range", groups)
        with routed(1400):
            return await both()

    results = in_namespace(story)
    assert [r.evidence.get("told_by") for r in results] == ["10.9.1.2", "fd00:9:1::2"], results
    for result in results:
        assert result.ok, result.evidence
        assert result.evidence["mtu"] == "1400"


def test_silence_is_a_black_hole(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        with routed(1400):
            firewall(
                "input", "icmp type destination-unreachable drop", "icmpv6 type packet-too-big drop"
            )
            return await both()

    for result in in_namespace(story):
        assert result.failure is Failure.BLACK_HOLE, result.evidence
        assert 1392 <= int(result.evidence["mtu"]) <= 1400


def test_nobody_answers_is_no_black_hole(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        with routed(1500):
            firewall("input", "icmp type echo-reply drop", "icmpv6 type echo-reply drop")
            return await both(1.0)

    for result in in_namespace(story):
        assert result.failure is Failure.TIMEOUT_ANSWER, result.evidence


def test_our_own_interface_is_the_narrow_one(in_namespace: InNamespace) -> None:
    async def story() -> list[ProbeResult]:
        with routed(1500):
            ip("link", "set", "far", "mtu", "1300")
            return await both()

    for result in in_namespace(story):
        assert result.ok, result.evidence
        assert result.evidence["mtu"] == "1300"
        assert "this machine" in result.evidence["told_by"]


@pytest.mark.parametrize("size", [100, 20000])
def test_a_size_that_no_path_has(in_namespace: InNamespace, size: int) -> None:
    async def story() -> list[ProbeResult]:
        return await both(1, size)

    for result in in_namespace(story):
        assert result.failure is Failure.BAD_TARGET

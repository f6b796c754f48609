"""ICMP echo with ping sockets and with raw ones, on v4 and v6."""

import asyncio
import dataclasses
import json
import subprocess
import sys

import pytest

from probes.icmp import checksum
from probes.loss import Train
from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import InNamespace, firewall, ip, sysctl


def target(address: str) -> Target:
    family: Family = 6 if ":" in address else 4
    return Target(code="x", check="icmp", family=family, address=address)


def both(deadline: float = 10) -> "asyncio.Future[list[ProbeResult]]":
    return asyncio.gather(*(probe(target(a), deadline) for a in ("127.0.0.1", "::1")))


@pytest.mark.parametrize(
    ("groups", "kind"), [("0 2147483647", "ping"), ("1 0", "raw")], ids=["ping", "raw"]
)
class TestBothSockets:
    def test_answers(self, in_namespace: InNamespace, groups: str, kind: str) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            return await both()

        for result in in_namespace(story):
            assert result.ok, result.evidence
            assert result.evidence["socket"] == kind
            assert 0 < result.timings["answer"] <= result.timings["total"]

    def test_many_at_once_do_not_mix(
        self, in_namespace: InNamespace, groups: str, kind: str
    ) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            hosts = [f"127.0.0.{n}" for n in range(1, 60)]
            return await asyncio.gather(*(probe(target(h), 20) for h in hosts))

        assert all(result.ok for result in in_namespace(story))

    def test_dropped_requests_time_out(
        self, in_namespace: InNamespace, groups: str, kind: str
    ) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            firewall("input", "icmp type echo-request drop", "icmpv6 type echo-request drop")
            return await both(0.5)

        for result in in_namespace(story):
            assert result.failure is Failure.TIMEOUT_ANSWER
            assert int(result.evidence["sent"]) >= 1

    def test_a_lost_first_packet_is_no_outage(
        self, in_namespace: InNamespace, groups: str, kind: str
    ) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            firewall(
                "input",
                "icmp type echo-request icmp sequence 1 drop",
                "icmpv6 type echo-request icmpv6 sequence 1 drop",
            )
            return await both()

        for result in in_namespace(story):
            assert result.ok, result.evidence
            assert int(result.evidence["sent"]) >= 2

    def test_no_route(self, in_namespace: InNamespace, groups: str, kind: str) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            ip("route", "add", "unreachable", "203.0.113.0/24")
            ip("route", "add", "unreachable", "2001:db8:113::/64")
            hosts = ("198.51.100.1", "2001:db8:ffff::1", "203.0.113.10", "2001:db8:113::10")
            return [await probe(target(h), 10) for h in hosts]

        for result in in_namespace(story):
            assert result.failure is Failure.NO_ROUTE, result.evidence

    def test_an_unreachable_told_from_afar_is_heard(
        self, in_namespace: InNamespace, groups: str, kind: str
    ) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            firewall(
                "input",
                "icmp type echo-request reject with icmp host-unreachable",
                "icmpv6 type echo-request reject with icmpv6 no-route",
            )
            return await both()

        for result in in_namespace(story):
            assert result.failure is Failure.NO_ROUTE, result.evidence

    def test_own_firewall(self, in_namespace: InNamespace, groups: str, kind: str) -> None:
        async def story() -> list[ProbeResult]:
            sysctl("ipv4/ping_group_range", groups)
            firewall("output", "icmp type echo-request drop", "icmpv6 type echo-request drop")
            return await both(0.5)

        v4, v6 = in_namespace(story)
        assert v4.failure is Failure.PERMISSION, v4.evidence
        # The kernel keeps this error from the v6 ping socket: it looks like any lost packet.
        told = Failure.TIMEOUT_ANSWER if kind == "ping" else Failure.PERMISSION
        assert v6.failure is told, v6.evidence


def train(*rules: str, in_namespace: InNamespace, count: int = 8) -> list[ProbeResult]:
    async def story() -> list[ProbeResult]:
        if rules:
            firewall("input", *rules)
        ask = [dataclasses.replace(target(a), count=count) for a in ("127.0.0.1", "::1")]
        return await asyncio.gather(*(probe(one, 3) for one in ask))

    results: list[ProbeResult] = in_namespace(story)
    return results


def test_a_train_tells_loss_and_jitter(in_namespace: InNamespace) -> None:
    lost = [
        f"{v} type echo-request {v} sequence {n} drop" for v in ("icmp", "icmpv6") for n in (2, 5)
    ]
    for result in train(*lost, in_namespace=in_namespace):
        assert result.ok, result.evidence
        assert result.evidence["sent"] == "8"
        assert result.evidence["received"] == "6"
        assert result.evidence["loss"] == "25.0 %"
        assert result.timings["best"] <= result.timings["answer"] <= result.timings["worst"]
        assert result.timings["jitter"] >= 0


def test_a_train_of_which_nothing_comes_back(in_namespace: InNamespace) -> None:
    lost = ("icmp type echo-request drop", "icmpv6 type echo-request drop")
    for result in train(*lost, in_namespace=in_namespace):
        assert result.failure is Failure.TIMEOUT_ANSWER
        assert result.evidence["loss"] == "100.0 %"


def test_loss_and_jitter_of_numbers() -> None:
    told = Train(5, (1.0, 4.0, 2.0))
    assert told.loss == pytest.approx(0.4)
    assert told.jitter == pytest.approx(2.5)
    assert (told.best, told.answer, told.worst) == (1.0, 2.0, 4.0)
    assert Train(1, (1.0,)).jitter == 0


ALONE = """
import asyncio, json
from probes.loss import Train
from probes.model import Target
from probes.table import probe
for family, address in ((4, "127.0.0.1"), (6, "::1")):
    target = Target(code="x", check="icmp", family=family, address=address)
    result = asyncio.run(probe(target, 10))
    print(json.dumps([result.failure, dict(result.evidence)]))
"""


def test_without_the_right_it_says_which_right(in_namespace: InNamespace) -> None:
    async def story() -> bytes:
        sysctl("ipv4/ping_group_range", "1 0")
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--bounding-set=-net_raw", sys.executable, "-c", ALONE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        return (await process.communicate())[0]

    lines = in_namespace(story).splitlines()
    assert len(lines) == 2
    for line in lines:
        failure, evidence = json.loads(line)
        assert failure == Failure.PERMISSION
        assert "CAP_NET_RAW" in evidence["expected"]


def test_checksum_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D
    assert checksum(b"\xff") == 0x00FF

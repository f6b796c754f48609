"""What is looked at for a system, and the verdict over it."""

import asyncio
from ipaddress import IPv4Address, IPv6Address

import pytest

from inventory.model import Entrance, Host, Node, Secrecy, System
from probes.errors import Misuse
from probes.explain import WORDS, explain
from probes.model import Failure, ProbeResult, Target
from probes.system import all_green, ssh_targets_of, summary, targets_of
from probes.table import CHECKS, probe
from tests.probes.conftest import InNamespace
from tests.probes.servers import answering, serving

ENTRANCE = Entrance(
    node="LJ-GW-01", port=8002, backend_port=8080, path="/healthz", content="就业登记系统"
)
SYSTEM = System(code="LJ-S-002", name="就业登记系统", entrance=ENTRANCE)
HOST = Host(
    code="zw-app-01", name="应用服务器", ipv4=IPv4Address("10.30.0.12"),
    ipv6=IPv6Address("fd30::12"), ssh_host_key="ssh-ed25519 AAAA",
)  # fmt: skip
GATEWAY = Node(
    code="LJ-GW-01", name="接入节点", ipv4=IPv4Address("10.40.0.10"), ipv6=IPv6Address("fd40::10")
)


def test_the_host_directly_and_through_the_entrance_on_each_family() -> None:
    found = [
        (t.family, t.check, t.code, t.address, t.port) for t in targets_of(SYSTEM, HOST, GATEWAY)
    ]
    assert found == [
        (4, "icmp", "LJ-S-002@zw-app-01", "10.30.0.12", 0),
        (4, "tcp", "LJ-S-002@zw-app-01", "10.30.0.12", 8080),
        (4, "http", "LJ-S-002@zw-app-01", "10.30.0.12", 8080),
        (4, "http", "LJ-S-002@LJ-GW-01", "10.40.0.10", 8002),
        (6, "icmp", "LJ-S-002@zw-app-01", "fd30::12", 0),
        (6, "tcp", "LJ-S-002@zw-app-01", "fd30::12", 8080),
        (6, "http", "LJ-S-002@zw-app-01", "fd30::12", 8080),
        (6, "http", "LJ-S-002@LJ-GW-01", "fd40::10", 8002),
    ]


def test_http_asks_what_the_entrance_declares() -> None:
    for target in targets_of(SYSTEM, HOST, GATEWAY):
        assert target.check in CHECKS
        if target.check == "http":
            assert (target.path, target.status, target.content) == ("/healthz", 200, "就业登记系统")


def test_keys_of_series_are_unique() -> None:
    keys = [(t.code, t.check, t.family) for t in targets_of(SYSTEM, HOST, GATEWAY)]
    assert len(keys) == len(set(keys))


def test_without_gateway_or_entrance() -> None:
    assert {t.code for t in targets_of(SYSTEM, HOST, None)} == {"LJ-S-002@zw-app-01"}
    bare = SYSTEM.model_copy(update={"entrance": None})
    assert [(t.check, t.family) for t in targets_of(bare, HOST, None)] == [("icmp", 4), ("icmp", 6)]


def test_an_undeclared_family_fails_unless_it_is_not_asked_for() -> None:
    v4_only = HOST.model_copy(update={"ipv6": None})
    v6 = [t for t in targets_of(SYSTEM, v4_only, None) if t.family == 6]
    results = [asyncio.run(probe(t, 1)) for t in v6]
    assert {r.failure for r in results} == {Failure.BAD_TARGET}
    assert "none declared" in results[0].evidence["read"]
    assert {t.family for t in targets_of(SYSTEM, v4_only, None, families=(4,))} == {4}


def test_a_classified_system_is_never_addressed() -> None:
    stub = SYSTEM.model_copy(update={"secrecy": Secrecy.CLASSIFIED})
    with pytest.raises(Misuse, match="classified"):
        targets_of(stub, HOST, None)


@pytest.mark.parametrize("entrance", [ENTRANCE, None])
def test_a_node_that_is_not_the_entrance(entrance: Entrance | None) -> None:
    system = SYSTEM.model_copy(update={"entrance": entrance})
    with pytest.raises(Misuse, match="LJ-GW-09"):
        targets_of(system, HOST, GATEWAY.model_copy(update={"code": "LJ-GW-09"}))


def test_ssh_targets() -> None:
    v4, v6 = ssh_targets_of(HOST)
    assert (v4.check, v4.address, v4.port, v4.host_key) == (
        "ssh",
        "10.30.0.12",
        22,
        "ssh-ed25519 AAAA",
    )
    assert (v6.family, v6.address) == (6, "fd30::12")


def looked(family: int, failure: Failure | None = None, **evidence: str) -> ProbeResult:
    target = Target(code="x", check="tcp", family=family, address="127.0.0.1", port=9)  # type: ignore[arg-type]
    return ProbeResult(target=target, ok=failure is None, failure=failure, evidence=evidence)


def test_summary_keeps_the_families_apart() -> None:
    found = summary([looked(6, Failure.REFUSED, error="Errno 111"), looked(4), looked(6)])
    assert list(found) == [4, 6]
    assert found[4].green
    assert not found[6].green
    assert (len(found[6].ok), len(found[6].failed)) == (1, 1)
    (reason,) = found[6].reasons
    assert "refused" in reason
    assert "Errno 111" in reason
    assert "IPv6" in reason


def test_no_evidence_is_no_pass() -> None:
    assert not all_green([])
    assert summary([]) == {}
    assert all_green([looked(4), looked(6)])
    assert not all_green([looked(4), looked(6, Failure.NO_ROUTE)])


def test_every_failure_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Failure)
    for failure in Failure:
        line = explain(looked(4, failure, read="r", expected="e"))
        assert "\n" not in line
        for part in ("tcp x IPv4 127.0.0.1:9", "读到 / read r", "应为 / expected e"):
            assert part in line
    assert explain(looked(4)) == "正常 / ok: tcp x IPv4 127.0.0.1:9"


def test_a_system_that_lost_its_v6_is_seen_to_have(in_namespace: InNamespace) -> None:
    """The same port on both families first, then on v4 alone."""
    talk = answering("就业登记系统".encode())

    async def look(port: int) -> list[ProbeResult]:
        entrance = ENTRANCE.model_copy(update={"backend_port": port})
        system = SYSTEM.model_copy(update={"entrance": entrance})
        update = {"ipv4": IPv4Address("127.0.0.1"), "ipv6": IPv6Address("::1")}
        targets = targets_of(system, HOST.model_copy(update=update), None)
        return list(await asyncio.gather(*(probe(target, 20) for target in targets)))

    async def story() -> tuple[list[ProbeResult], list[ProbeResult]]:
        async with serving(talk) as port:
            async with serving(talk, "::1", port):
                healthy = await look(port)
            return healthy, await look(port)

    healthy, broken = in_namespace(story)
    assert all_green(healthy)
    assert not all_green(broken)
    found = summary(broken)
    assert found[4].green
    assert [(r.target.check, r.failure) for r in found[6].failed] == [
        ("tcp", Failure.REFUSED),
        ("http", Failure.REFUSED),
    ]

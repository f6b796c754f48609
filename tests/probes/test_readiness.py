"""IPv6 readiness: each level by what blocks it; nothing unknown or stale passes."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from inventory.model import Dependency, Entrance, Estate, Link, Node, System
from probes.errors import Misuse
from probes.readiness.evidence import (
    Evidence,
    Period,
    Readiness,
    Seen,
    Standing,
    Thresholds,
    Verdict,
)
from probes.readiness.levels import Judge, climbed

NOW = 1_800_000_000 * 10**9
UP = Standing(up=True, last=NOW, answered=99, failed=1, mean=0.010)
DOWN = replace(UP, up=False)
NODE = Node(
    code="N-1", name="n", ipv4=IPv4Address("10.0.0.1"), ipv6=IPv6Address("fd00::1"), ports=(443, 80)
)
ALL = {("N-1", check, family): UP for check in ("icmp", "tcp/443", "tcp/80") for family in (4, 6)}


def of_node(node: Node, evidence: Evidence) -> Readiness:
    return Judge(Estate(nodes=(node,)), evidence).node(node.code)


def level_of(code: str, estate: Estate, evidence: Evidence) -> Readiness:
    return Judge(estate, evidence).level_of(code)


def level(known: dict[tuple[str, str, int], Standing], node: Node = NODE, **more: float) -> int:
    return of_node(node, evidence(known, **more)).level


def evidence(known: dict[tuple[str, str, int], Standing], **more: float) -> Evidence:
    return Evidence(known, NOW, Thresholds(**more))


def test_no_address_is_level_nought() -> None:
    found = of_node(replace_node(ipv6=None), evidence(ALL))
    assert found.level == 0
    assert found.blocks
    assert found.blocks.number == 1
    assert "N-1" in found.blocks.told


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "fe80::1", "ff02::1"])
def test_an_address_that_is_none(address: str) -> None:
    assert level(ALL, replace_node(ipv6=IPv6Address(address))) == 0


def replace_node(**more: object) -> Node:
    return NODE.model_copy(update=more)


def test_an_address_alone_is_one_and_unknown_passes_nothing() -> None:
    assert level({}) == 1


def test_stale_evidence_is_none() -> None:
    old = {key: replace(UP, last=NOW - 301 * 10**9) for key in ALL}
    assert level(old) == 1
    assert level(old, fresh_s=400.0) == 3


def test_layer_three_or_a_service() -> None:
    assert level({("N-1", "icmp", 6): UP}) == 2
    assert level({("N-1", "tcp/443", 6): UP, ("N-1", "tcp/80", 6): UP}) == 2  # no v4 to compare
    assert level({**ALL, ("N-1", "icmp", 6): DOWN}) == 3  # echo is often blocked on purpose


def test_ports_and_their_parity() -> None:
    assert level(ALL) == 3
    assert level({**ALL, ("N-1", "tcp/80", 6): DOWN}) == 2
    only_v6 = of_node(NODE, evidence({**ALL, ("N-1", "tcp/80", 4): DOWN}))
    assert only_v6.level == 2
    assert only_v6.blocks
    assert only_v6.blocks.number == 5
    assert len(only_v6.security) == 1
    assert "80" in only_v6.security[0]
    closed_on_both = {**ALL, ("N-1", "tcp/80", 4): DOWN, ("N-1", "tcp/80", 6): DOWN}
    assert of_node(NODE, evidence(closed_on_both)).security == ()


def test_a_node_without_ipv4_has_nothing_to_compare() -> None:
    assert level(ALL, replace_node(ipv4=None)) == 3


def test_what_was_never_looked_at_keeps_from_level_four() -> None:
    found = of_node(NODE, evidence(ALL, success=0.9, degradation=0.5))
    assert found.level == 3
    verdicts = {finding.number: finding.verdict for finding in found.findings}
    assert verdicts[8] is Verdict.PASSED
    assert verdicts[9] is Verdict.PASSED
    assert {n for n, v in verdicts.items() if v is Verdict.UNKNOWN} == {2, 6, 7, 10, 11}


def test_without_a_threshold_a_figure_is_shown_and_passes_nothing() -> None:
    slow = {**ALL, ("N-1", "icmp", 6): replace(UP, mean=0.030)}
    bare = {f.number: f for f in of_node(NODE, evidence(slow)).findings}
    assert bare[8].verdict is bare[9].verdict is Verdict.UNKNOWN
    assert "99.00%" in bare[8].told
    assert "+200%" in bare[9].told
    judged = {
        f.number: f for f in of_node(NODE, evidence(slow, degradation=0.5)).findings
    }
    assert judged[9].verdict is Verdict.FAILED


def test_parity_is_the_ratio_of_the_texts() -> None:
    known = {**ALL, ("N-1", "icmp", 6): replace(UP, mean=0.015, failed=11)}
    (echo, *_) = of_node(NODE, evidence(known)).parity
    assert echo.check == "icmp"
    assert echo.delay == pytest.approx(0.5)
    assert echo.success_v4 == pytest.approx(0.99)
    assert echo.success_v6 == pytest.approx(0.9)


def city() -> Estate:
    entrance = Entrance(node="N-1", port=443, backend_port=80)
    other = Node(code="N-2", name="v4 alone", ipv4=IPv4Address("10.0.0.2"))
    return Estate(
        nodes=(NODE, other),
        links=(Link(code="K", name="k", a_node="N-1", z_node="N-2"),),
        systems=(
            System(code="S-1", name="s", entrance=entrance),
            System(code="S-2", name="t", entrance=entrance),
            System(code="S-3", name="u", exchange_node="N-2"),
            System(code="S-4", name="nowhere"),
        ),
        dependencies=(
            Dependency(system="S-2", needs="S-3"),
            Dependency(system="S-3", needs="S-2"),  # a circle ends too
        ),
    )


def test_a_system_is_as_ready_as_the_least_of_what_it_needs() -> None:
    assert level_of("S-1", city(), evidence(ALL)).level == 3
    needs = level_of("S-2", city(), evidence(ALL))
    assert needs.level == 0
    assert needs.blocks
    assert needs.blocks.told.startswith("N-2: ")
    assert level_of("S-4", city(), evidence(ALL)).level == 0


def test_a_link_needs_both_ends_and_both_directions() -> None:
    found = level_of("K", city(), evidence(ALL))
    assert found.level == 0
    assert found.blocks
    assert "N-2" in found.blocks.told
    both = city()
    nodes = (NODE, both.nodes[1].model_copy(update={"ipv6": IPv6Address("fd00::2")}))
    both = both.model_copy(update={"nodes": nodes})
    known = {("K@N-1", "icmp", 6): UP, ("K@N-2", "icmp", 6): UP}
    found = level_of("K", both, evidence(known))
    assert found.level == 2
    assert found.blocks
    assert found.blocks.number == 9


def test_a_code_that_nothing_has() -> None:
    with pytest.raises(Misuse, match="N-9"):
        level_of("N-9", city(), evidence({}))


def test_climbing_stops_at_the_first_that_did_not_pass() -> None:
    assert climbed(()) == (0, None)

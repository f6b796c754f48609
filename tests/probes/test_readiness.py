"""IPv6 readiness: each level by what blocks it; nothing unknown or stale passes."""

import io
from dataclasses import replace
from datetime import date, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from rich.console import Console

from api.show.level import matrix_screen
from api.words import Words
from inventory.choices import Secrecy
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


TODAY = date(2027, 1, 15)
WEEK = [TODAY - timedelta(days=n) for n in range(1, 8)]
LIMITS = {"success": 0.9, "degradation": 0.5, "links": 0.9}
ENTRANCE = Entrance(node="N-1", port=443, backend_port=80)
PORTAL = System(code="S-1", name="s", entrance=ENTRANCE)
PAGES = {("S-1@N-1", "http/443", family): UP for family in (4, 6)}
MTU = {("N-1", "pmtu", 6): replace(UP, last=NOW - 1500 * 10**9, interval=600.0)}


def survey(number: int, verdict: Verdict = Verdict.PASSED, days: int = 8, **more: Any) -> Any:
    """A survey's word on S-1's entrance, today's and those of the days before."""
    seen = [
        Seen("S-1@N-1", number, TODAY - timedelta(days=n), NOW, verdict, verdict, "甲", **more)
        for n in range(days - 1, -1, -1)
    ]
    return {("S-1@N-1", number): tuple(seen)}


def whole(**more: Any) -> Evidence:
    """All that L6 wants of a node with a portal."""
    good = Evidence(
        {**ALL, **PAGES, **MTU},
        NOW,
        Thresholds(**LIMITS),
        today=TODAY,
        days={("N-1", "pmtu", 6): dict.fromkeys(WEEK, Verdict.PASSED)},
        seen={
            **survey(1), **survey(2), **survey(6, similar=1.0), **survey(11),
            **survey(7, second=1.0, third=0.95),
        },
    )  # fmt: skip
    return replace(good, **more)


def portal(evidence: Evidence) -> Readiness:
    return Judge(Estate(nodes=(NODE,), systems=(PORTAL,)), evidence).node("N-1")


def test_all_of_it() -> None:
    found = portal(whole())
    assert (found.level, found.blocks) == (6, None)
    assert {f.number for f in found.findings} == set(range(1, 12))


def without(number: int, **put: Any) -> dict[Any, Any]:
    seen = {key: value for key, value in whole().seen.items() if key[1] != number}
    return {**seen, **(survey(number, **put) if put else {})}


FAILED = Verdict.FAILED


@pytest.mark.parametrize(
    ("changed", "level", "number"),
    [
        ({"seen": without(1, verdict=FAILED)}, 0, 1),  # a name without AAAA
        ({"by": {**ALL, **PAGES, **MTU, ("S-1@N-1", "http/443", 6): DOWN}}, 3, 6),
        ({"by": {**ALL, **MTU}}, 3, 6),
        ({"seen": without(6, verdict=FAILED)}, 3, 6),
        ({"thresholds": Thresholds(**LIMITS, similar=0.9), "seen": without(6)}, 3, 6),
        ({"seen": without(7)}, 3, 7),
        ({"seen": without(7, second=0.5, third=1.0)}, 3, 7),
        ({"seen": without(7, second=1.0, third=1.0, skylights=("10.1.1.1",))}, 3, 7),
        ({"seen": without(7, verdict=FAILED, second=1.0)}, 3, 7),
        ({"thresholds": Thresholds(success=0.9, degradation=0.5)}, 3, 7),
        ({"thresholds": Thresholds(links=0.9, degradation=0.5)}, 3, 8),
        ({"thresholds": Thresholds(links=0.9, success=0.9)}, 3, 9),
        ({"seen": without(2)}, 4, 2),
        ({"seen": without(2, verdict=FAILED)}, 4, 2),
        ({"seen": without(2, days=6)}, 4, 2),  # five full days
        ({"days": {}}, 4, 10),
        ({"days": {("N-1", "pmtu", 6): dict.fromkeys(WEEK[1:], Verdict.PASSED)}}, 4, 10),
        (
            {
                "days": {
                    ("N-1", "pmtu", 6): {**dict.fromkeys(WEEK, Verdict.PASSED), WEEK[3]: FAILED}
                }
            },
            4,
            10,
        ),
        ({"by": {**ALL, **PAGES}}, 4, 10),
        ({"seen": without(11)}, 5, 11),
        ({"seen": without(11, verdict=FAILED)}, 5, 11),
        ({"now": NOW + 3 * 86400 * 10**9}, 1, 3),  # all of it is stale
    ],
)
def test_each_check_blocks_by_its_name(changed: dict[str, Any], level: int, number: int) -> None:
    found = portal(whole(**changed))
    assert found.blocks
    assert (found.level, found.blocks.number) == (level, number), found.blocks
    assert found.blocks.verdict in (Verdict.FAILED, Verdict.UNKNOWN)


def test_a_node_without_pages_has_none_to_look_at() -> None:
    found = of_node(NODE, evidence(ALL, success=0.9, degradation=0.5))
    assert found.level == 4
    assert found.blocks
    assert found.blocks.number == 10
    verdicts = {finding.number: finding.verdict for finding in found.findings}
    assert {n for n, v in verdicts.items() if v is Verdict.NONE} == {2, 6, 7}


def test_what_is_quick_over_both_is_no_degradation() -> None:
    quick = {key: replace(UP, mean=0.0002 if key[2] == 6 else 0.0001) for key in ALL}
    assert level(quick, success=0.9, degradation=0.5) == 3
    assert level(quick, success=0.9, degradation=0.5, floor_s=0.001) == 4


def test_the_last_days_looks_count_where_they_are_kept() -> None:
    """Years of good looks must not hide a bad day."""
    bad = {key: Period(answered=50, failed=50, delay=0.5) for key in ALL}
    known = replace(evidence(ALL, success=0.9, degradation=0.5), lately=bad)
    verdicts = {finding.number: finding.verdict for finding in of_node(NODE, known).findings}
    assert verdicts[8] is Verdict.FAILED


def test_without_a_threshold_a_figure_is_shown_and_passes_nothing() -> None:
    slow = {**ALL, ("N-1", "icmp", 6): replace(UP, mean=0.030)}
    bare = {f.number: f for f in of_node(NODE, evidence(slow)).findings}
    assert bare[8].verdict is bare[9].verdict is Verdict.UNKNOWN
    assert "99.00%" in bare[8].told
    assert "+200%" in bare[9].told
    judged = {f.number: f for f in of_node(NODE, evidence(slow, degradation=0.5)).findings}
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
    assert found.blocks.number == 1


def test_a_link_climbs_by_both_directions_and_its_path() -> None:
    estate = city()
    nodes = (
        NODE.model_copy(update={"place": "R-1"}),
        estate.nodes[1].model_copy(update={"ipv6": IPv6Address("fd00::2")}),
    )
    estate = estate.model_copy(update={"nodes": nodes})
    ends = ("K@N-1", "K@N-2")
    echoes = {(end, "icmp", family): UP for end in ends for family in (4, 6)}
    mtu = {(end, "pmtu", 6): replace(UP, interval=600.0) for end in ends}
    known = Evidence(echoes, NOW, Thresholds(degradation=0.5), today=TODAY)

    def judged(**more: Any) -> tuple[int, int]:
        found = level_of("K", estate, replace(known, **more))
        return found.level, found.blocks.number if found.blocks else 0

    assert judged(by={}) == (1, 3)
    assert judged() == (2, 3)  # nobody stands at either end
    there = {"vantage": "R-1", "elsewhere": {"N-2": echoes}}
    assert judged(**there, thresholds=Thresholds()) == (3, 9)
    assert judged(**there) == (4, 10)
    assert judged(vantage="R-1", elsewhere={"N-2": {**echoes, ("K@N-1", "icmp", 6): DOWN}}) == (
        2,
        3,
    )
    days = {(end, "pmtu", 6): dict.fromkeys(WEEK, Verdict.PASSED) for end in ends}
    assert judged(**there, by={**echoes, **mtu}, days=days) == (6, 0)


def test_the_city() -> None:
    found = Judge(city(), evidence(ALL)).city()
    assert [one.code for one in found.all] == ["N-1", "N-2", "K", "S-1", "S-2", "S-3", "S-4"]
    assert found.level == 0
    assert found.levels["node"] == {3: 1, 0: 1}
    assert found.blocking["system", 1] == 3
    assert sum(found.blocking.values()) == 7


def test_what_is_classified_is_in_no_level() -> None:
    estate = city()
    secret = estate.systems[0].model_copy(update={"secrecy": Secrecy.CLASSIFIED, "entrance": None})
    estate = estate.model_copy(update={"systems": (secret, *estate.systems[1:])})
    judge = Judge(estate, evidence(ALL))
    assert "S-1" not in {one.code for one in judge.city().all}
    with pytest.raises(Misuse, match="S-1"):
        judge.level_of("S-1")


def test_a_code_that_nothing_has() -> None:
    with pytest.raises(Misuse, match="N-9"):
        level_of("N-9", city(), evidence({}))


def test_climbing_stops_at_the_first_that_did_not_pass() -> None:
    assert climbed(()) == (0, None)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_eighty_columns_hold_the_matrix(lang: Any) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, markup=False, emoji=False, highlight=False)
    for part in matrix_screen(Judge(city(), evidence(ALL)).city(), Words(lang)):
        console.print(part)
    text = out.getvalue()
    assert "1 2 3 4 5 6 7 8 9 10 11" in text
    (row,) = [line for line in text.splitlines() if line.strip().startswith("N-2")]
    assert len([sign for sign in row if sign in "√×?-"]) >= 11  # all of them in one line
    assert not any(line.strip() == "s" for line in text.splitlines())

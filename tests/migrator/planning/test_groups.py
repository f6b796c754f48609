"""What moves together: declared, seen, pinned, in rings; and what a split costs."""

from collections.abc import Iterable
from typing import Any

from inventory.model import Dependency, Estate
from inventory.seen import Confidence, Edge, Seen, SeenDependency, Standing
from migrator.planning.groups import Tie, found, shared_databases, ties_of
from migrator.planning.means import Groups
from migrator.planning.timetable import MoveGroup

CODES = tuple("ABCDE")


def groups(ties: Iterable[Tie], **told: Any) -> list[tuple[str, ...]]:
    return [one.systems for one in made(ties, **told)]


def made(ties: Iterable[Tie], **told: Any) -> tuple[MoveGroup, ...]:
    return found(CODES, tuple(ties), Groups.model_validate(told))


def seen_edge(client: str, server: str, confidence: Confidence, port: int = 5432) -> Edge:
    return Edge(
        client=f"h-{client}",
        server=f"h-{server}",
        port=port,
        client_system=client,
        server_system=server,
        confidence=confidence,
        looks=1,
        evidence=(),
    )


def test_a_plain_dependency_leaves_each_alone() -> None:
    assert groups([Tie("A", "B")]) == [("A",), ("B",), ("C",), ("D",), ("E",)]


def test_words_of_a_kind_pins_and_rings_join() -> None:
    ties = [Tie("A", "B", "数据库直连"), Tie("C", "D"), Tie("D", "C")]
    assert groups(ties, together=["数据库"]) == [("A", "B"), ("C", "D"), ("E",)]
    assert groups(ties, rings=False) == [("A",), ("B",), ("C",), ("D",), ("E",)]
    pin = [{"systems": ["A", "E"], "reason": "同一合同"}]
    assert groups(ties, together=["数据库"], pin=pin) == [("A", "B", "E"), ("C", "D")]


def test_a_ring_through_what_is_bound() -> None:
    """A and B are one; A needs C, and C needs B."""
    ties = [Tie("A", "B", "数据库"), Tie("A", "C"), Tie("C", "B")]
    assert groups(ties, together=["数据库"])[0] == ("A", "B", "C")


def test_a_split_has_the_last_word_over_a_dependency() -> None:
    split = [{"systems": ["A", "B"], "reason": "接口可经外网"}]
    ties = [Tie("A", "B", "数据库"), Tie("B", "A", "数据库")]
    assert groups(ties, together=["数据库"], split=split)[:2] == [("A",), ("B",)]


def test_the_cheapest_split_and_what_is_not_for_sale() -> None:
    ties = [
        Tie("A", "B", "实时接口"),
        Tie("B", "C", "实时接口"),
        Tie("C", "A", "批量文件"),
        Tie("C", "B", "实时接口"),
        Tie("B", "A", "实时接口"),
    ]
    group = made(ties, weight={"实时": 10, "批量": 2})[0]
    assert group.systems == ("A", "B", "C")
    assert (group.split_price, group.split_off) == (22, ("A",))
    assert group.ring is not None
    bound = made([Tie("A", "B", "数据库")], together=["数据库"])[0]
    assert bound.split_price is None
    assert bound.bonds is not None
    assert bound.bonds[0].firm


def test_declared_and_seen_are_one_list() -> None:
    estate = Estate(dependencies=(Dependency(system="A", needs="B", kind="接口"),))

    def one(system: str, standing: Standing, sure: Confidence, port: int) -> SeenDependency:
        return SeenDependency(
            system=system, needs="B", standing=standing, confidence=sure, ports=(port,)
        )

    seen = Seen(
        dependencies=(
            one("A", Standing.BOTH, Confidence.CERTAIN, 443),
            one("C", Standing.SEEN_ONLY, Confidence.LIKELY, 5432),
            one("D", Standing.SEEN_ONLY, Confidence.POSSIBLE, 5432),
        )
    )
    assert ties_of(estate, seen) == (
        Tie("A", "B", "接口", False, Confidence.CERTAIN),
        Tie("C", "B", "seen", True, Confidence.LIKELY),
    )
    assert groups(ties_of(estate, seen))[1] == ("B", "C")


def test_users_of_one_database_are_found_however_the_port_is_reached() -> None:
    seen = Seen(
        edges=(
            seen_edge("A", "B", Confidence.CERTAIN),
            seen_edge("C", "B", Confidence.LIKELY),
            seen_edge("D", "B", Confidence.POSSIBLE),
            seen_edge("E", "B", Confidence.CERTAIN, port=443),
        )
    )
    assert shared_databases(seen) == {"h-B:5432": ("A", "B", "C")}
    joined = found(CODES, (), Groups(), shared_databases(seen))
    assert joined[0].systems == ("A", "B", "C")
    assert shared_databases(None) == {}

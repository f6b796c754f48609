import pytest

from inventory.model import Cloud, Estate, Line, Node, Room
from probes.alerts.topology import NOTHING, Hung, Topology


def estate(*lines: tuple[str, str, str], nodes: tuple[Node, ...] = ()) -> Estate:
    places = sorted({end for _, a, z in lines for end in (a, z)} - {"C"})
    return Estate(
        rooms=tuple(Room(code=p, name=p) for p in places),
        clouds=(Cloud(code="C", name="云"),),
        lines=tuple(Line(code=code, name=code, a_end=a, z_end=z) for code, a, z in lines),
        nodes=nodes,
    )


TREE = (("L1", "C", "COUNTY"), ("L2", "COUNTY", "TOWN"), ("L3", "C", "X"), ("L4", "X", "C"))


@pytest.mark.parametrize(
    ("lines", "home", "place", "hung"),
    [
        (TREE, None, "COUNTY", ("L1",)),
        (TREE, None, "TOWN", ("L1", "L2")),
        (TREE, None, "X", ()),  # two lines: on neither
        (TREE, None, "C", ()),
        (TREE, "COUNTY", "TOWN", ("L2",)),
        (TREE, "TOWN", "COUNTY", ("L2",)),
        (TREE, "TOWN", "X", ("L2", "L1")),  # its own uplink first
        (TREE, "X", "TOWN", ("L1", "L2")),
        ((*TREE, ("L6", "A", "B")), "A", "TOWN", ("L1", "L2")),  # no way from there is on record
        ((*TREE, ("L5", "TOWN", "X")), None, "TOWN", ()),  # a ring has no bridge
        ((*TREE, ("L6", "A", "B")), None, "B", ()),  # on record, but nobody knows how to get there
        ((("L1", "C", "A"), ("L2", "A", "A")), None, "A", ("L1",)),
    ],
)
def test_lines_before_a_place(
    lines: tuple[tuple[str, str, str], ...], home: str | None, place: str, hung: tuple[str, ...]
) -> None:
    assert Topology.of(estate(*lines), home).of_place(place).lines == hung


def test_a_line_hangs_on_those_before_it() -> None:
    found = Topology.of(estate(*TREE), None)
    assert found.lines == {"L1": (), "L2": ("L1",), "L3": (), "L4": ()}
    assert found.cuts == {"L1", "L2"}


def test_platforms_by_code_or_name_and_no_rings() -> None:
    nodes = (
        Node(code="CITY", name="市平台"),
        Node(code="P", name="县级平台", platform="CITY", place="COUNTY"),
        Node(code="D", name="前置机", platform="县级平台", place="COUNTY"),
        Node(code="SELF", name="自己", platform="自己"),
        Node(code="A", name="甲", platform="B"),
        Node(code="B", name="乙", platform="A"),
        Node(code="N", name="无", platform="一个没有登记的平台"),
    )
    found = Topology.of(estate(*TREE, nodes=nodes), None)
    assert found.of_node(nodes[2]) == Hung(("L1",), ("CITY", "P"))
    assert found.of_node(nodes[2]).labels() == {
        "line_1": "L1", "platform_1": "CITY", "platform_2": "P",
    }  # fmt: skip
    assert [found.of_node(n) for n in nodes[3:]] == [NOTHING] * 4

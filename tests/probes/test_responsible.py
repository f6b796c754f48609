"""Who answers for what, before and after a system's cutover: the label by which alerts are routed."""

from ipaddress import IPv4Address

from inventory.model import (
    Cloud,
    Entrance,
    Estate,
    Host,
    Node,
    Organisation,
    Placement,
    Room,
    Service,
    System,
)
from probes.watch.of_estate import watches_of

OLD, NEW = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
BEFORE = Estate(
    organisations=(
        Organisation(code="JYJ", name="教育局"), Organisation(code="YUN", name="云公司"),
    ),
    rooms=(Room(code="R", name="机房", organisation="JYJ"),),
    clouds=(Cloud(code="C", name="云", organisation="YUN"),),
    nodes=(Node(code="N", name="接入", place="R", ipv4=IPv4Address("10.0.0.9")),),
    hosts=(
        Host(code="OLD", name="o", place="R", system="S", ipv4=OLD),
        Host(code="NEW", name="n", place="C", system="S", ipv4=NEW),
    ),
    services=(
        Service(code="SV-OLD", name="o", host="OLD", system="S", protocol="http", port=80),
        Service(code="SV-NEW", name="n", host="NEW", system="S", protocol="http", port=80),
    ),
    systems=(
        System(
            code="S", name="学籍", organisation="JYJ", room="R", target="C",
            entrance=Entrance(node="N", port=80, backend_port=80, path="/", content="ok"),
        ),
    ),
)  # fmt: skip


def answering(estate: Estate) -> dict[str, str]:
    return {w.target.code: w.organisation for w in watches_of(estate)}


def test_the_cutover_hands_it_over() -> None:
    assert answering(BEFORE) == {"N": "JYJ", "SV-OLD": "JYJ", "S@N": "JYJ"}
    moved = BEFORE.systems[0].model_copy(
        update={"placement": Placement(place="C", hosts=("NEW",), run="R-1", since="2026-01-01")}
    )
    after = BEFORE.model_copy(update={"systems": (moved,)})
    assert answering(after) == {"N": "JYJ", "SV-NEW": "YUN", "S@N": "YUN"}


def test_without_a_party_on_record() -> None:
    nobody = BEFORE.model_copy(
        update={"clouds": (Cloud(code="C", name="云"),), "rooms": (Room(code="R", name="机房"),)}
    )
    assert answering(nobody) == {"N": "", "SV-OLD": "JYJ", "S@N": "JYJ"}

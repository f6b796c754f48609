"""Connections between hosts, as dependencies between systems, with how sure that is."""

from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from inventory.facts import Look, Why
from inventory.model import Dependency, Entrance, Estate, Host, Node, Room, Secrecy, Service, System
from inventory.seen import Seen, seen
from tests.inventory.looks import listens, look, talks


def estate(*pairs: tuple[str, str], **more: Any) -> Estate:
    """Systems A, B and C on hosts a, b and c at 10.0.0.1, .2 and .3."""
    told: dict[str, Any] = {
        "rooms": (Room(code="R", name="R"),),
        "systems": tuple(System(code=c, name=c, room="R") for c in "ABC"),
        "hosts": tuple(
            Host.model_validate(
                {"code": c, "name": c, "place": "R", "system": c.upper(), "ipv4": f"10.0.0.{n}"}
            )
            for n, c in enumerate("abc", 1)
        ),
        "dependencies": tuple(Dependency(system=one, needs=other) for one, other in pairs),
    }
    return Estate(**(told | more))


def found(of: Estate, *looks: Look, within: str = "") -> Seen:
    latest = {one.code: one for one in looks}
    return seen(of, looks, latest, [ip_network(within)] if within else ())


def standings(of: Seen) -> dict[str, tuple[str, str | None]]:
    return {
        f"{d.system}>{d.needs}": (d.standing.value, d.confidence and d.confidence.value)
        for d in of.dependencies
    }


A_TO_B = talks("10.0.0.1", 40000, "10.0.0.2", 8080)
B_FROM_A = talks("10.0.0.2", 8080, "10.0.0.1", 40000)


def test_both_ends_one_end_and_none() -> None:
    a = look("a", "10.0.0.1", 1, connections=(A_TO_B,))
    b = look("b", "10.0.0.2", 2, connections=(B_FROM_A,), sockets=listens(8080))
    c = look("c", "10.0.0.3", 3)
    both = found(estate(("A", "B"), ("A", "C")), a, b, c)
    assert standings(both) == {"A>B": ("both", "certain"), "A>C": ("declared_only", None)}
    (edge,) = both.edges
    assert (edge.client, edge.server, edge.port, edge.looks) == ("a", "b", 8080, 2)
    assert [e.look for e in edge.evidence] == [1, 2]
    # the server alone was read: it listens, so the direction is known
    assert standings(found(estate(), b)) == {"A>B": ("seen_only", "likely")}
    # the client alone: by the port numbers
    assert standings(found(estate(), a)) == {"A>B": ("seen_only", "possible")}


def test_high_ports_on_both_sides_are_told_by_who_listens() -> None:
    """A listener above the ephemeral ports, as brokers and databases of ours have."""
    out = talks("10.0.0.1", 33000, "10.0.0.2", 54321)
    a = look("a", "10.0.0.1", 1, connections=(out,))
    b = look("b", "10.0.0.2", 2, sockets=listens(54321))
    assert standings(found(estate(), a, b)) == {"A>B": ("seen_only", "likely")}


def test_a_declared_one_is_not_missed_where_nobody_looked() -> None:
    of = estate(("A", "B"), ("A", "C"))
    a, b = look("a", "10.0.0.1", 1), look("b", "10.0.0.2", 2, connections=Why.NOT_PERMITTED)
    assert standings(found(of, a, b)) == {"A>B": ("not_looked", None), "A>C": ("not_looked", None)}


def test_a_port_belongs_to_the_system_that_it_is_declared_for() -> None:
    service = Service(code="x", name="x", host="b", port=8080, system="C")
    a = look("a", "10.0.0.1", 1, connections=(A_TO_B,))
    b = look("b", "10.0.0.2", 2, sockets=listens(8080))
    assert standings(found(estate(services=(service,)), a, b)) == {"A>C": ("seen_only", "likely")}


def test_what_goes_through_a_gateway_needs_the_system_behind_it() -> None:
    systems = [System(code=c, name=c, room="R") for c in "AC"]
    entrance = Entrance(node="N", port=8080, backend_port=80)
    systems.append(System(code="B", name="B", room="R", entrance=entrance))
    hosts = [h for h in estate().hosts if h.code != "b"]
    hosts.append(Host.model_validate({"code": "gw", "name": "gw", "ipv4": "10.0.0.2"}))
    node = Node(code="N", name="N", host="gw")
    of = estate(systems=tuple(systems), hosts=tuple(hosts), nodes=(node,))
    a = look("a", "10.0.0.1", 1, connections=(A_TO_B,))
    gateway = look("gw", "10.0.0.2", 2, sockets=listens(8080))
    assert standings(found(of, a, gateway)) == {"A>B": ("seen_only", "likely")}


def test_administration_is_no_dependency() -> None:
    ssh = talks("10.0.0.1", 40000, "10.0.0.2", 22)
    a = look("a", "10.0.0.1", 1, connections=(ssh,))
    assert found(estate(), a) == Seen()


def test_a_visit_of_ours_is_nobody() -> None:
    visit = talks("10.0.0.1", 22, "10.0.0.250", 50000)
    a = look("a", "10.0.0.1", 1, connections=(visit,), visitor=ip_address("10.0.0.250"))
    assert found(estate(), a) == Seen()


def test_strangers_inside_our_prefixes_and_outside() -> None:
    connections = (
        talks("10.0.0.1", 40000, "10.0.0.66", 3306),
        talks("10.0.0.1", 8080, "10.0.0.67", 51000),
        talks("10.0.0.1", 40001, "198.51.100.7", 443),
        talks("10.0.0.1", 40002, "10.8.0.1", 443),
    )
    a = look("a", "10.0.0.1", 1, connections=connections, sockets=listens(8080))
    of = found(estate(), a)
    assert [(s.address, s.serves, s.uses) for s in of.strangers] == [
        ("10.0.0.66", (3306,), ()),
        ("10.0.0.67", (), (8080,)),
    ]
    assert of.outside == ("10.8.0.1", "198.51.100.7")
    wider = found(estate(), a, within="10.8.0.0/16")
    assert [s.address for s in wider.strangers] == ["10.0.0.66", "10.0.0.67", "10.8.0.1"]


def test_nodes_are_no_strangers() -> None:
    node = Node.model_validate({"code": "N", "name": "前置机", "ipv4": "10.0.0.66"})
    a = look("a", "10.0.0.1", 1, connections=(talks("10.0.0.1", 40000, "10.0.0.66", 3306),))
    assert found(estate(nodes=(node,)), a).strangers == ()


def test_an_address_that_two_hosts_have_is_nobodys() -> None:
    """A floating address: both say that it is theirs."""
    both = tuple(map(ip_interface, ("10.0.0.100/24",)))
    a = look("a", "10.0.0.1", 1, connections=(talks("10.0.0.1", 40000, "10.0.0.100", 80),))
    b, c = (look(x, f"10.0.0.{n}", n, addresses=both) for x, n in (("b", 2), ("c", 3)))
    of = found(estate(), a, b, c)
    assert of.ambiguous == ("10.0.0.100",)
    assert of.dependencies == of.strangers == ()


def test_a_found_address_counts_more_than_a_declared_one() -> None:
    """b was declared at .2 and says that it is at .9; c says that it is at .2."""
    a = look("a", "10.0.0.1", 1, connections=(A_TO_B,))
    b = look("b", "10.0.0.9", 2)
    c = look("c", "10.0.0.2", 3, sockets=listens(8080))
    assert standings(found(estate(), a, b, c)) == {"A>C": ("seen_only", "likely")}


def test_looks_of_several_days_are_taken_together() -> None:
    yesterday = look("a", "10.0.0.1", 1, connections=(A_TO_B,))
    today = look("a", "10.0.0.1", 5)
    b = look("b", "10.0.0.2", 2, sockets=listens(8080))
    of = estate(("A", "B"))
    latest = {"a": today, "b": b}
    assert standings(seen(of, [yesterday, b, today], latest)) == {"A>B": ("both", "likely")}
    assert standings(seen(of, [b, today], latest)) == {"A>B": ("declared_only", None)}


def test_classified_systems_are_in_nothing() -> None:
    systems = tuple(
        System(code=c, name=c, room="R", secrecy=Secrecy.CLASSIFIED if c == "B" else Secrecy.NONE)
        for c in "ABC"
    )
    of = estate(("A", "B"), systems=systems)
    a = look("a", "10.0.0.1", 1, connections=(A_TO_B,))
    b = look("b", "10.0.0.2", 2, connections=(B_FROM_A,), sockets=listens(8080))
    assert found(of, a, b) == Seen()

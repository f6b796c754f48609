"""What of an estate is looked at, and what never is."""

from ipaddress import IPv4Address, IPv6Address

from inventory.choices import Secrecy, Zone
from inventory.model import Entrance, Estate, Host, Line, Link, Node, Service, System
from probes.watch.of_estate import watches_of, watches_of_move
from probes.watch.watched import Watch

V4, V6 = IPv4Address("10.0.0.1"), IPv6Address("fd00::1")


def told(estate: Estate) -> dict[str, Watch]:
    """Without the path's MTU, which has a test of its own."""
    return {w.key: w for w in watches_of(estate) if w.target.check != "pmtu"}


def test_a_paths_mtu_is_looked_at_rarely_at_nodes_and_ends() -> None:
    node = Node(code="A", name="a", ipv4=V4, ipv6=V6, probe_interval_s=1)
    link = Link(code="K", name="k", a_node="A", z_node="B")
    line = Line(code="L", name="l", ipv6_prefix="fd00:255::/127", organisation="O")
    estate = Estate(nodes=(node,), links=(link,), lines=(line,))
    found = {w.key: w for w in watches_of(estate) if w.target.check == "pmtu"}
    assert sorted(found) == [
        *("A|pmtu|4", "A|pmtu|6", "K@A|pmtu|4", "K@A|pmtu|6", "L@1|pmtu|6", "L@2|pmtu|6")
    ]
    assert {w.interval for w in found.values()} == {600.0}
    assert found["L@1|pmtu|6"].organisation == "O"


def test_names_certificates_and_name_servers() -> None:
    """An entrance with a name is looked at by its address and by its name; what is asked of services
    over TLS and of name servers comes from the names on record."""
    base = portal()
    entrance = base.systems[0].entrance
    assert entrance
    named = entrance.model_copy(update={"name": "www.a.gov.cn", "tls": True, "port": 443})
    services = tuple(
        Service(code=code, name="s", host="app", port=port, protocol=protocol, system=system)
        for code, port, protocol, system in (
            ("tls", 8443, "https", "S"),
            ("other", 9443, "https", None),
            ("names", 53, "dns", None),
        )
    )
    host = Host(code="app", name="app", ipv4=V4)
    system = base.systems[0].model_copy(update={"entrance": named})
    estate = base.model_copy(update={"systems": (system,), "services": services, "hosts": (host,)})
    found = {key: watch.target for key, watch in told(estate).items()}
    by_address, by_name = found["S@G|http/443|6"], found["S|http/443|6"]
    assert (by_address.address, by_address.name, by_address.tls) == (
        "fd00::1",
        "www.a.gov.cn",
        True,
    )
    assert (by_name.address, by_name.host, by_name.name) == ("", "www.a.gov.cn", "www.a.gov.cn")
    assert "S|http/443|4" not in found  # no IPv4 address at the entrance
    assert found["tls|tls/8443|4"].name == "www.a.gov.cn"
    assert found["other|tcp/9443|4"].check == "tcp"
    assert (found["names|dns/53|4"].name, found["names|dns/53|4"].record) == ("www.a.gov.cn", "A")
    assert not any(
        key.startswith("names") for key in told(base.model_copy(update={"services": services}))
    )


def test_nodes_by_family_and_port() -> None:
    node = Node(
        code="N-1", name="n", kind="接入节点", organisation="O-1", zone=Zone.EXTRANET, ipv4=V4,
        ipv6=V6, ports=(443, 80), probe_interval_s=2,
    )  # fmt: skip
    found = told(Estate(nodes=(node, Node(code="N-2", name="v4 alone", ipv4=V4 + 1))))
    assert sorted(found) == [
        *("N-1|icmp|4", "N-1|icmp|6", "N-1|tcp/443|4", "N-1|tcp/443|6"),
        *("N-1|tcp/80|4", "N-1|tcp/80|6", "N-2|icmp|4"),
    ]
    one = found["N-1|tcp/443|6"]
    assert (one.target.address, one.target.port, one.interval) == ("fd00::1", 443, 2.0)
    assert one.labels("city") == {
        "code": "N-1", "kind": "接入节点", "organisation": "O-1", "zone": "extranet",
        "family": "6", "vantage": "city", "check": "tcp/443",
    }  # fmt: skip
    assert found["N-2|icmp|4"].interval == 5.0


def test_links_and_lines_have_two_ends_and_fine_buckets() -> None:
    nodes = (Node(code="A", name="a", ipv4=V4), Node(code="Z", name="z", ipv4=V4 + 1, ipv6=V6))
    lines = (
        Line(code="L-1", name="l", ipv4_prefix="10.255.0.0/30", ipv6_prefix="fd00:255::/127"),
        Line(code="L-2", name="a customer's network, no transit", ipv4_prefix="10.7.0.0/16"),
        Line(code="L-3", name="nonsense", ipv4_prefix="见附件"),
    )
    link = Link(code="K", name="k", a_node="A", z_node="Z")
    found = told(Estate(nodes=nodes, links=(link,), lines=lines))
    fine = {key: watch.target.address for key, watch in found.items() if watch.fine}
    assert fine == {
        "K@A|icmp|4": "10.0.0.1", "K@Z|icmp|4": "10.0.0.2", "K@Z|icmp|6": "fd00::1",
        "L-1@1|icmp|4": "10.255.0.1", "L-1@2|icmp|4": "10.255.0.2",
        "L-1@1|icmp|6": "fd00:255::", "L-1@2|icmp|6": "fd00:255::1",
    }  # fmt: skip


def test_services_by_their_protocol() -> None:
    host = Host(code="h", name="h", ipv4=V4, system="S")
    system = System(code="S", name="s", organisation="O-1")
    services = tuple(
        Service(code=f"h-{port}", name="s", host="h", port=port, protocol=protocol)
        for port, protocol in ((5432, "postgresql"), (3306, "MySQL"), (80, "http"), (53, "udp"))
    )
    found = told(Estate(systems=(system,), hosts=(host,), services=services))
    assert {w.target.code: w.target.check for w in found.values()} == {
        "h-5432": "postgresql", "h-3306": "mysql", "h-80": "tcp",
    }  # fmt: skip
    assert {w.organisation for w in found.values()} == {"O-1"}


def portal(secrecy: Secrecy = Secrecy.UNKNOWN) -> Estate:
    entrance = Entrance(node="G", port=8001, backend_port=80, path="/healthz", content="就业")
    return Estate(
        nodes=(Node(code="G", name="g", host="gw", ipv6=V6),),
        hosts=(
            Host(code="gw", name="gw", ipv4=V4 + 9),
            Host(code="app", name="app", ipv4=V4, system="S"),
        ),
        services=(Service(code="app-80", name="s", host="app", port=80),),
        systems=(
            System(code="S", name="s", citizen_facing=True, entrance=entrance, secrecy=secrecy),
        ),
    )


def test_portals_through_their_entrance_with_content() -> None:
    one = told(portal())["S@G|http/8001|6"]
    assert one.kind == "portal"
    assert (one.target.path, one.target.content, one.target.address) == (
        "/healthz",
        "就业",
        "fd00::1",
    )


def test_what_is_classified_is_never_looked_at() -> None:
    found = told(portal(Secrecy.CLASSIFIED))
    assert sorted(found) == ["G|icmp|6"]


def test_an_address_with_a_zone_is_a_target_that_says_so() -> None:
    node = Node(code="N", name="n", ipv6=IPv6Address("fe80::1%eth0"))
    (watch,) = told(Estate(nodes=(node,))).values()
    assert watch.target.address.startswith("fe80::1")


def test_what_tells_of_a_move_is_on_the_list() -> None:
    """The gate asks for keys that the prober has: entrance, content, both ends of the line."""
    made = portal()
    line = Line(code="L", name="l", ipv4_prefix="10.255.0.0/31", ipv6_prefix="fd00:1::/127")
    estate = made.model_copy(update={"lines": (line,)})
    own, of_line = watches_of_move(estate.systems[0], estate.nodes[0], line)
    asked = {watch.key for watch in own + of_line}
    assert asked <= {watch.key for watch in watches_of(estate)}
    assert len(of_line) == 4
    assert "pmtu" not in {watch.target.check for watch in own + of_line}  # looked at too rarely
    assert any(watch.target.check == "http" for watch in own)

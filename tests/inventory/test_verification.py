"""Declared beside found, field by field, and nothing that is not so."""

from datetime import date
from ipaddress import ip_interface
from typing import Any

import pytest

from inventory.facts import (
    Certificate,
    Clock,
    Failure,
    Filesystem,
    FoundDatabase,
    Look,
    Socket,
    Why,
)
from inventory.model import (
    Database,
    Entrance,
    Estate,
    Host,
    Node,
    Organisation,
    Provenance,
    Room,
    Secrecy,
    Service,
    System,
    Workload,
)
from inventory.unknown import unknown_services
from inventory.verification import Verification, verify
from tests.inventory.looks import GIB, failed, listens, look

TODAY = date(2026, 3, 1)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1" + "a" * 40
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1" + "b" * 40


def host(code: str = "h1", **changed: Any) -> Host:
    told = {
        "code": code,
        "name": "门户服务器",
        "place": "R1",
        "system": "S1",
        "ipv4": "10.0.0.1",
        "os": "银河麒麟 V10",
        "cpu_arch": "鲲鹏920",
        "ssh_host_key": KEY,
    }
    return Host.model_validate(told | changed)


def system(code: str = "S1", **changed: Any) -> System:
    told = {"code": code, "name": code, "room": "R1", "organisation": "O1"}
    sizes = {"cpu_cores": 8, "memory_gib": 16, "storage_gib": 500}
    return System.model_validate(told | sizes | changed)


def estate(*hosts: Host, systems: tuple[System, ...] = (system(),), **more: Any) -> Estate:
    return Estate(
        organisations=(Organisation(code="O1", name="局"),),
        rooms=(Room(code="R1", name="机房"), Room(code="R2", name="机房二", organisation="O1")),
        hosts=hosts or (host(),),
        systems=systems,
        **more,
    )


def checked(of: Estate, *looks: Look, failed: tuple[Look, ...] = ()) -> Verification:
    return verify(of, {one.code: one for one in looks}, {one.code: one for one in failed}, TODAY)


def told(found: Verification) -> list[tuple[str, str, str, object, object]]:
    return [(d.code, d.field, d.how.value, d.declared, d.found) for d in found.differences]


def test_a_careful_ledger_has_no_difference() -> None:
    found = checked(estate(), look("h1", "10.0.0.1"))
    assert found == Verification()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"os": "CentOS 7"}, ("os", "differs", "CentOS 7", "Kylin Linux Advanced Server V10")),
        ({"cpu_arch": "X86"}, ("cpu_arch", "differs", "X86", "aarch64")),
        ({"name": "web-02"}, ("name", "differs", "web-02", "web-01")),
        ({"ipv4": None}, ("ipv4", "undeclared", None, "10.0.0.1")),
        ({"ipv4": "10.0.0.9"}, ("ipv4", "differs", "10.0.0.9", "10.0.0.1")),
        ({"ipv6": "2001:db8::1"}, ("ipv6", "absent", "2001:db8::1", None)),
    ],
)
def test_fields_of_a_host(changed: dict[str, Any], expected: tuple[object, ...]) -> None:
    found = checked(estate(host(**changed)), look("h1", "10.0.0.1"))
    assert told(found) == [("h1", *expected)]
    (one,) = found.differences
    assert one.organisation == "O1"
    assert [(e.look, e.code) for e in one.evidence] == [(1, "h1")]


def test_the_place_in_the_ledger_goes_with_it() -> None:
    source = Provenance(field="os", source="a.xlsx", sheet="服务器", row=7)
    found = checked(estate(host(os="Debian 12", provenance=(source,))), look("h1", "10.0.0.1"))
    assert found.differences[0].source == source


def test_what_cannot_be_compared_is_no_difference() -> None:
    found = checked(estate(host(os="国产操作系统")), look("h1", "10.0.0.1"))
    assert told(found) == []
    assert [(d.field, d.declared) for d in found.unclear] == [("os", "国产操作系统")]


@pytest.mark.parametrize("fact", ["os", "arch", "hostname", "addresses", "sockets", "databases"])
def test_what_was_not_read_makes_no_difference(fact: str) -> None:
    wrong = host(os="AIX 7", cpu_arch="X86", name="x", ipv4="10.9.9.9")
    of = estate(wrong, services=(Service(code="x", name="x", host="h1", port=1),))
    base = look("h1", "10.0.0.1")
    without = look("h1", "10.0.0.1", **{fact: Why.NOT_PERMITTED})
    fields = {d.field for d in checked(of, without).differences}
    gone = {"os": "os", "arch": "cpu_arch", "hostname": "name", "addresses": "ipv4"}
    lost = {gone.get(fact, "services")} if fact != "databases" else set()
    assert fields == {d.field for d in checked(of, base).differences} - lost


def test_sizes_of_a_system_over_all_its_hosts() -> None:
    two = (host("h1"), host("h2", ipv4="10.0.0.2"))
    looks = (look("h1", "10.0.0.1"), look("h2", "10.0.0.2", number=2))
    both = system(cpu_cores=16, memory_gib=32, storage_gib=1000)
    assert told(checked(estate(*two, systems=(both,)), *looks)) == []
    wrong = system(cpu_cores=8, memory_gib=64, storage_gib=2000)
    assert told(checked(estate(*two, systems=(wrong,)), *looks)) == [
        ("S1", "cpu_cores", "differs", 8, 16),
        ("S1", "memory_gib", "differs", 64, 32),
        ("S1", "storage_gib", "differs", 2000, 931),
    ]
    # one host that was not read: nothing is said of their sum
    assert told(checked(estate(*two, systems=(wrong,)), looks[0])) == []


def test_sizes_of_a_shared_host_say_nothing_of_either_system() -> None:
    from inventory.model import Placement

    placed = Placement(place="R1", hosts=("h1",), run="r", since="2026-01-01T00:00:00+00:00")
    other = system("S2", cpu_cores=99, placement=placed)
    found = checked(estate(systems=(system(cpu_cores=99), other)), look("h1", "10.0.0.1"))
    assert told(found) == []


def test_services() -> None:
    services = (
        Service(code="web", name="web", host="h1", port=80, protocol="http"),
        Service(code="dns", name="dns", host="h1", port=53, protocol="udp"),
        Service(code="old", name="old", host="h1", port=8443),
    )
    local = Socket.model_validate(
        {"protocol": "tcp", "family": 4, "address": "127.0.0.1", "port": 8443}
    )
    dns = Socket(protocol="udp", family=4, address=None, port=53)
    dhcp = Socket(protocol="udp", family=4, address=None, port=68)
    redis = Socket(protocol="tcp", family=4, address=None, port=6379, process="redis-server")
    sockets = (*listens(22, 80, 8080, 5432, 8001), local, dns, dhcp, redis)
    one = look("h1", "10.0.0.1", sockets=sockets)
    whole = system(
        entrance=Entrance(node="N1", port=8001, backend_port=8080),
        workload=Workload(databases=(Database(version="15", cluster="main"),)),
    )
    node = Node(code="N1", name="节点", host="h1")
    database = FoundDatabase(engine="postgresql")
    one = look("h1", "10.0.0.1", sockets=sockets, databases=(database,))
    of = estate(systems=(whole,), services=services, nodes=(node,))
    assert told(checked(of, one)) == [("h1", "services", "absent", "old 8443/tcp", None)]
    assert [(u.protocol, u.port, u.process) for u in unknown_services(of, {"h1": one})] == [
        ("tcp", 6379, "redis-server")
    ]


def test_databases() -> None:
    found = (
        FoundDatabase(engine="mysql", name="shop"),
        FoundDatabase(engine="mysql", name="log"),
        FoundDatabase(engine="dameng"),
    )
    one = look("h1", "10.0.0.1", databases=found)
    declared = system(workload=Workload(databases=(Database(version="15", cluster="main"),)))
    assert told(checked(estate(systems=(declared,)), one)) == [
        ("h1", "databases", "undeclared", None, "mysql: shop, log"),
        ("h1", "databases", "undeclared", None, "dameng"),
        ("S1", "databases", "absent", "postgresql 15/main", None),
    ]


def test_a_host_in_a_network_where_all_others_stand_elsewhere() -> None:
    others = [host(f"h{n}", ipv4=f"10.0.0.{n}", place="R2", system=None) for n in range(2, 5)]
    looks = [look(f"h{n}", f"10.0.0.{n}", number=n) for n in range(1, 5)]
    of = estate(host(), *others)
    assert told(checked(of, *looks)) == [("h1", "place", "differs", "R1", "R2")]
    assert told(checked(of, *looks[:3])) == []  # two witnesses are too few
    mixed = estate(host(), host("h9", ipv4="10.0.0.9", system=None), *others)
    nine = look("h9", "10.0.0.9", number=9)
    assert told(checked(mixed, *looks, nine)) == []  # the network reaches into both


def test_another_host_answers_at_the_address() -> None:
    of = estate(host(), host("h2", ipv4="10.0.0.2", ssh_host_key=OTHER_KEY, system=None))
    swapped = failed("h1", Failure.WRONG_HOST_KEY, OTHER_KEY)
    found = checked(of, failed=(swapped,))
    assert told(found) == [("h1", "ipv4", "differs", "10.0.0.1", "→ h2")]
    assert found.unread == {"h1": "wrong_host_key", "h2": None}
    stranger = failed("h1", Failure.WRONG_HOST_KEY, KEY[:-1] + "c")
    assert [d[1] for d in told(checked(of, failed=(stranger,)))] == ["ssh_host_key"]


def test_nothing_of_a_classified_system_is_told() -> None:
    secret = system(secrecy=Secrecy.CLASSIFIED, cpu_cores=1)
    of = estate(host(os="AIX"), systems=(secret,))
    one = look("h1", "10.0.0.1", sockets=listens(6379))
    assert checked(of, one) == Verification()
    assert unknown_services(of, {"h1": one}) == ()


def test_things_to_know() -> None:
    old = Certificate(
        path="/etc/a.pem",
        subject="CN=a",
        issuer="CN=a",
        begins="",
        ends="2026-02-28T23:59:59+00:00",
    )
    new = old.model_copy(update={"path": "/b", "ends": "2026-03-01T12:00:00+00:00"})
    full = Filesystem(mount="/data", device="/dev/b", type="ext4", size=100 * GIB, used=97 * GIB)
    off = Clock(synchronised=False, source="", offset=-300)
    one = look("h1", "10.0.0.1", certificates=(old, new), filesystems=(full,), clock=off)
    found = checked(estate(systems=()), one).notices
    assert [(n.what, n.about, n.value) for n in found] == [
        ("certificate_expired", "/etc/a.pem", "2026-02-28T23:59:59+00:00"),
        ("clock_off", "", -300),
        ("filesystem_full", "/data", 97),
    ]


def test_more_addresses_than_one_are_no_difference() -> None:
    several = tuple(map(ip_interface, ("10.0.0.1/24", "172.17.0.1/16", "2001:db8::1/64")))
    found = checked(estate(host(ipv6="2001:db8::1")), look("h1", "10.0.0.1", addresses=several))
    assert told(found) == []

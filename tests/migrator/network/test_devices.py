"""Vendor commands: golden texts, a rollback that brings everything back, a checker that refuses."""

import copy
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface

import pytest

from migrator.errors import Refused
from migrator.network.changes import Change, CloseExit, EnableIPv6, Interface, Rehome
from migrator.network.checker import State, differences, follow
from migrator.network.devices import Vendor, render

PORT = Interface("GigabitEthernet0/0/1")
SIX = EnableIPv6(interface=PORT, address=IPv6Interface("2001:db8:1::1/64"))
EXIT = CloseExit(interface=PORT, gateway=IPv4Address("192.0.2.1"))
MOVED = Rehome(interface=PORT, old=IPv4Interface("10.1.0.1/24"), new=IPv4Interface("10.9.0.1/25"))


def before(change: Change) -> State:
    state = State(addresses={PORT.name: "10.1.0.1/24"}, gateways={"192.0.2.1"})
    if isinstance(change, EnableIPv6) and change.enabled:
        state.enabled.add(PORT.name)
    return state


def test_golden_vrp_exit() -> None:
    assert render(Vendor.VRP, EXIT).forward.splitlines() == [
        "system-view",
        "undo ip route-static 0.0.0.0 0.0.0.0 192.0.2.1",
        "interface GigabitEthernet0/0/1",
        " shutdown",
        " quit",
        "return",
    ]


def test_golden_comware_address() -> None:
    assert render(Vendor.COMWARE, MOVED).back.splitlines() == [
        "system-view",
        "interface GigabitEthernet0/0/1",
        " ip address 10.1.0.1 255.255.255.0",
        " quit",
        "return",
    ]


def test_golden_ruijie_ipv6() -> None:
    assert render(Vendor.RUIJIE, SIX).back.splitlines() == [
        "configure terminal",
        "interface GigabitEthernet0/0/1",
        " no ipv6 address 2001:db8:1::1/64",
        " no ipv6 enable",
        " exit",
        "end",
    ]


@pytest.mark.parametrize("vendor", Vendor)
@pytest.mark.parametrize(
    "change", [SIX, EXIT, MOVED, EnableIPv6(interface=PORT, address=SIX.address, enabled=True)]
)
def test_rollback_brings_everything_back(vendor: Vendor, change: Change) -> None:
    state, texts = before(change), render(vendor, change)
    start = copy.deepcopy(state)
    follow(vendor, texts.forward, state)
    assert list(differences(start, state))
    follow(vendor, texts.back, state)
    assert list(differences(start, state)) == []


@pytest.mark.parametrize(
    "name", ["", "Gi0/0/1\nreboot", "Gi0/0/1 ", "{{ x }}", "Vlanif100;reboot", "接口0/1", "Gi٣"]
)
def test_text_is_no_interface(name: str) -> None:
    with pytest.raises(Refused, match="interface"):
        Interface(name)


@pytest.mark.parametrize(
    ("old", "new"),
    [(" shutdown", " reboot"), (" quit\n", ""), ("192.0.2.1", "192.0.2.999"), ("return\n", "")],
)
def test_checker_refuses_what_is_broken(old: str, new: str) -> None:
    text = render(Vendor.VRP, EXIT).forward
    assert old in text
    with pytest.raises(Refused):
        follow(Vendor.VRP, text.replace(old, new), before(EXIT))


def test_one_vendors_words_are_not_anothers() -> None:
    with pytest.raises(Refused):
        follow(Vendor.RUIJIE, render(Vendor.VRP, EXIT).forward, before(EXIT))


@pytest.mark.parametrize(
    "address", ["ff02::1/64", "::/0", "::1/128", "fe80::1%eth0/64", "fe80::1%a\nreboot/64"]
)
def test_ports_have_unicast_addresses(address: str) -> None:
    with pytest.raises(Refused):
        EnableIPv6(interface=PORT, address=IPv6Interface(address))

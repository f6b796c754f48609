"""What stands for which network: told, embedded in 96 bits, or nobody said."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.network.firewall.address_map import AddressMap, Unmapped

CITY = AddressMap(
    (
        (IPv4Network("10.1.0.0/16"), IPv6Network("2001:db8:1::/48")),
        (IPv4Network("10.1.3.0/24"), IPv6Network("2001:db8:1:3::/96")),
        (IPv4Network("10.9.0.0/16"), None),
    )
)


@pytest.mark.parametrize(
    ("four", "six"),
    [
        ("10.1.0.0/16", "2001:db8:1::/48"),
        ("10.1.3.0/24", "2001:db8:1:3::/96"),
        ("10.1.3.4/32", "2001:db8:1:3::a01:304/128"),
        ("10.1.3.64/26", "2001:db8:1:3::a01:340/122"),
        ("0.0.0.0/0", "::/0"),
        ("127.0.0.1/32", "::1/128"),
        ("224.0.0.0/4", "ff00::/8"),
    ],
)
def test_what_stands_for_it(four: str, six: str) -> None:
    assert CITY.of(IPv4Network(four)) == IPv6Network(six)


@pytest.mark.parametrize("four", ["10.9.0.0/16", "10.9.1.2/32"])
def test_it_has_no_ipv6(four: str) -> None:
    assert CITY.of(IPv4Network(four)) is None


@pytest.mark.parametrize("four", ["10.2.0.1/32", "10.1.4.0/24", "10.0.0.0/8"])
def test_nobody_said(four: str) -> None:
    with pytest.raises(Unmapped, match=four):
        CITY.of(IPv4Network(four))


@given(st.integers(0, 255), st.integers(0, 255))
def test_two_hosts_are_two_there(one: int, other: int) -> None:
    hosts = [CITY.host(IPv4Address("10.1.3.0") + last) for last in (one, other)]
    assert (hosts[0] == hosts[1]) == (one == other)

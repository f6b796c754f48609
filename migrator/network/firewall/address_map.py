"""Which IPv6 network stands for which IPv4 network: the engineer's word, never guessed.

[[network]]
v4 = "10.1.0.0/16"
v6 = "2001:db8:1::/48"       # left out: it has no IPv6, and what is said of it has no twin
[[network]]
v4 = "10.1.3.0/24"
v6 = "2001:db8:1:3::/96"     # of 96 bits: a host is its IPv4 address within it
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_HOSTS_AT = 96  # bits of a prefix that leave room for an IPv4 address, as RFC 6052 has them

KNOWN = {
    IPv4Network("0.0.0.0/0"): IPv6Network("::/0"),
    IPv4Network("127.0.0.0/8"): IPv6Network("::1/128"),
    IPv4Network("127.0.0.1/32"): IPv6Network("::1/128"),
    IPv4Network("169.254.0.0/16"): IPv6Network("fe80::/10"),  # RFC 3927, RFC 4291 2.5.6
    IPv4Network("224.0.0.0/4"): IPv6Network("ff00::/8"),  # RFC 5771, RFC 4291 2.7
    IPv4Network("255.255.255.255/32"): IPv6Network("ff02::1/128"),
}
"""What stands for what by the standards."""


class Unmapped(Exception):
    """An IPv4 network for which nobody said what stands for it."""

    def __init__(self, network: IPv4Network) -> None:
        super().__init__(str(network))
        self.network = network


@dataclass(frozen=True)
class AddressMap:
    """`pairs`: v4 to v6, None where there is no IPv6."""

    pairs: tuple[tuple[IPv4Network, IPv6Network | None], ...]

    def of(self, network: IPv4Network) -> IPv6Network | None:
        """What stands for it: by the pair of just this network, else within the narrowest pair that holds
        it. None: it has no IPv6. Raises Unmapped."""
        told = {**KNOWN, **dict(self.pairs)}
        if network in told:
            return told[network]
        wider = [one for one, _ in self.pairs if network.subnet_of(one)]
        if not wider:
            raise Unmapped(network)
        narrowest = max(wider, key=lambda one: one.prefixlen)
        six = told[narrowest]
        if six is None:
            return None
        if six.prefixlen != _HOSTS_AT:
            raise Unmapped(network)
        embedded = IPv6Address(int(six.network_address) | int(network.network_address))
        return IPv6Network((embedded, _HOSTS_AT + network.prefixlen))

    def host(self, address: IPv4Address) -> IPv6Address | None:
        """Raises Unmapped."""
        six = self.of(IPv4Network(address))
        return None if six is None else six.network_address


def twice(networks: Iterable[IPv4Network]) -> list[IPv4Network]:
    """Those that are told more than once."""
    seen: set[IPv4Network] = set()
    return [one for one in networks if one in seen or seen.add(one)]  # type: ignore[func-returns-value]

"""A virtual address as a value: what VRRP (RFC 5798, by keepalived) holds on one of two hosts.

It comes as data from `qianyun network render` and is checked here once more, field by field, since it
ends up in a configuration and in names of files. Which side may hold it is a number in a file of its
own, which keepalived watches: changing it moves the address with no reload, and a restart reads it
again.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Tuple

from .errors import BadMove
from .move import number, text

NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
KEEPALIVED = Path("/etc/keepalived")
FOLDER = KEEPALIVED / "qianyun.d"
MAIN = KEEPALIVED / "keepalived.conf"
INCLUDE = f"include {FOLDER}/*.conf"
WIDTH = {4: 32, 6: 128}  # no second route to the segment, and no source of connections
INTERVAL = (
    1.0  # seconds between adverts, RFC 5798's own: a holder may stall for three before it is lost
)

# What the watched number adds to a priority of 100. Only one side is ever let hold the address,
# except while it moves: a source that takes it back because the target restarts would serve what is
# out of date, and nobody would have decided it.
BARRED, HOLDS, TAKES = -254, 50, 100  # the first means FAULT to keepalived (keepalived.conf(5))
Addresses = Tuple[str, ...]


@dataclass(frozen=True)
class Vip:
    """`addresses`: one per family, IPv4 first; `source`, `target`: the hosts' own in that order."""

    name: str
    vrid: int
    addresses: Addresses
    source: Addresses
    target: Addresses
    ports: Tuple[int, ...]

    def own(self, side: str) -> Addresses:
        """The host's own addresses, of side source or target."""
        return self.source if side == "source" else self.target

    def peer(self, side: str) -> Addresses:
        return self.own("target" if side == "source" else "source")

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.conf"

    @property
    def state(self) -> Path:
        """Where the number lies."""
        return FOLDER / f"{self.name}.priority"


def family(address: str) -> int:
    return 6 if ":" in address else 4


def _bad(name: str, value: object, expected: str) -> BadMove:
    return BadMove(
        f"虚拟地址参数不合规 / a field of the virtual address is refused: {name}",
        read=repr(value),
        expected=expected,
        do="更正变更清单，重新生成 / correct the list of changes, render it again",
    )


def _addresses(raw: Mapping[str, Any], name: str) -> Addresses:
    """One per family, IPv4 first, each as Python spells it."""
    value = raw.get(name)
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= 2:
        raise _bad(name, value, "an IPv4 address, an IPv6 address, or one of each")
    found = {}
    for one in value:
        try:
            address = ipaddress.ip_address(one if isinstance(one, str) else "")
        except ValueError:
            raise _bad(name, one, "an IPv4 or IPv6 address") from None
        local = address.is_loopback or address.is_link_local or address.is_unspecified
        if local or address.is_multicast or address.is_reserved or "%" in str(address):
            raise _bad(name, one, "an address of one host, seen beyond its link")
        found[address.version] = str(address)
    if len(found) != len(value):
        raise _bad(name, value, "one address per family")
    return tuple(found[version] for version in sorted(found))


def _ports(raw: Mapping[str, Any]) -> Tuple[int, ...]:
    value = raw.get("ports")
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= 32:
        raise _bad("ports", value, "1 to 32 ports that are served")
    return tuple(number({"ports": one}, "ports", 1, 65535) for one in value)


def parse(raw: object) -> Vip:
    """The virtual address; raises BadMove naming the first field that is refused."""
    if not isinstance(raw, Mapping):
        raise _bad("vip", raw, "an object")
    vip = Vip(
        name=text(raw, "name", NAME, "a name of letters, digits, - and _"),
        vrid=number(raw, "vrid", 1, 255),
        addresses=_addresses(raw, "addresses"),
        source=_addresses(raw, "source"),
        target=_addresses(raw, "target"),
        ports=_ports(raw),
    )
    families = [family(one) for one in vip.addresses]
    for name in ("source", "target"):
        if [family(one) for one in vip.own(name)] != families:
            raise _bad(name, vip.own(name), "the host's own address in each family of addresses")
    if len({*vip.addresses, *vip.source, *vip.target}) != 3 * len(families):
        raise _bad("addresses", vip.addresses, "addresses that are neither host's own")
    return vip


def instance(vip: Vip, side: str, interface: str, state: Path) -> str:
    """The instance of VRRP on one side. Adverts go to the other host alone: clouds' networks drop
    multicast, and no router's VRID can be the same. They go over the first family; the address of the
    other comes and goes with it, so the two never stand on different hosts.
    """
    first, *rest = (f"        {one}/{WIDTH[family(one)]} dev {interface}" for one in vip.addresses)
    excluded = ["    virtual_ipaddress_excluded {", *rest, "    }"] if rest else []
    lines = [
        f"# qianyun {vip.name}",
        f"vrrp_track_file qy_{vip.name} {{",
        f"    file {state}",
        "    weight 1",
        f"    init_file {BARRED}",  # a number that was lost bars this side
        "}",
        f"vrrp_instance qy_{vip.name} {{",
        "    state BACKUP",
        "    version 3",
        f"    interface {interface}",
        f"    virtual_router_id {vip.vrid}",
        "    priority 100",
        f"    advert_int {INTERVAL}",
        f"    unicast_src_ip {vip.own(side)[0]}",
        "    unicast_peer {",
        f"        {vip.peer(side)[0]}",
        "    }",
        "    check_unicast_src",
        # a neighbour that missed the first ones learns it a second later, or within a minute
        "    garp_master_delay 1",
        "    garp_master_repeat 3",
        "    garp_master_refresh 60",
        "    track_file {",
        f"        qy_{vip.name}",
        "    }",
        "    virtual_ipaddress {",
        first,
        "    }",
        *excluded,
        "}",
    ]
    return "\n".join(lines) + "\n"

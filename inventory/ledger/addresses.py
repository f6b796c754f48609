"""Cells that name addresses and ports. Pure.

Every parser takes (cell, unit of the header or "", words), returns None for "not told" and raises
Refused.
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

from inventory.ledger.cells import ASIDE, Cell, Partly, Refused, is_blank, narrow
from inventory.ledger.choices import chosen
from inventory.ledger.words import Words, squeeze

type Address = IPv4Address | IPv6Address
_REMARK = re.compile(r"\([^()]*\)")
_MASK = re.compile(r"/(?:[89]|[1-9]\d{1,2})$")  # 10.1.1.1/2 are two, or nothing
_SIGNS = re.compile(r"[/(]|\.\d+:\d")
_PORT = re.compile(r"(?<=\.\d)(?<!:):\d{1,5}$|(?<=\.\d\d):\d{1,5}$|(?<=\.\d\d\d):\d{1,5}$")
_PORTS = re.compile(r"(\d{1,6})(?:[-~至](\d{1,6}))?")
_LABELLED_IP = re.compile(
    r"(?:^|(?<=[\s、,;|/]))(?:(?:[\u4e00-\u9fff]{1,6}|(?=[iv]))(?:ip)?(?:v[46])?(?:地址)?\s*:)\s*(?=[\da-f:.\[])"
)
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$")
_RESERVED = 224  # 224/4 are groups, 240/4 nobody's, with the broadcast; 0/8 is "this network"
MAX_PORTS = 200  # that a range may name


def ipv4(cell: Cell, _unit: str, words: Words) -> IPv4Address | Partly | None:
    """The first that the cell names."""
    found = _addresses(cell, words, IPv4Address)
    if any(isinstance(a, IPv6Address) for a in found):
        raise Refused("not_an_ip", "IPv4 地址 / an IPv4 address such as 10.1.2.3")
    return _first(cell, found, found[0]) if found else None


def either_ip(cell: Cell, _unit: str, words: Words) -> dict[str, Any] | Partly:
    """A cell of a column of addresses that names no family: it may tell both fields."""
    found = _addresses(cell, words, IPv4Address)
    told: dict[str, Any] = {}
    for address in found:
        told.setdefault("ipv4" if isinstance(address, IPv4Address) else "ipv6", address)
    left: dict[str, Any] | Partly = _first(cell, found, told, *told.values())
    return left


def ipv6(cell: Cell, _unit: str, words: Words) -> IPv6Address | Partly | None:
    """The first that the cell names."""
    found = _addresses(cell, words, IPv6Address)
    if any(isinstance(a, IPv4Address) for a in found):
        raise Refused("not_an_ip", "IPv6 地址 / an IPv6 address such as 2001:db8::1")
    return _first(cell, found, found[0]) if found else None


def _first(cell: Cell, found: list[Address], value: Any, *taken: Address) -> Any:
    """`value`, which holds the addresses `taken` or is one; what else was found is left: other
    addresses, and what stands beside one: a port, a mask, what it is mapped to."""
    left = [a for a in dict.fromkeys(found) if a != value and a not in taken]
    if left:
        return Partly(value, "、".join(map(str, left)))
    beside = _beside(narrow(cell)) if isinstance(cell, str) and value else ""
    return Partly(value, beside, ASIDE) if beside else value


def _beside(written: str) -> str:
    """What a cell of one address says besides it, with a digit in it."""
    if written.isascii() and not _SIGNS.search(written):  # as most are written
        return ""
    told = [r for r in _REMARK.findall(written) if any(c.isdigit() for c in r)]
    bare = _REMARK.sub("", written)
    told += [m[0] for m in (_MASK.search(bare), _PORT.search(bare)) if m]
    return "、".join(told)


def _addresses(cell: Cell, words: Words, family: type[Address]) -> list[Address]:
    """In the order of the cell. Raises Refused."""
    if is_blank(cell, words):
        return []
    expected = (
        "IPv4 地址 / an IPv4 address such as 10.1.2.3"
        if family is IPv4Address
        else "IPv6 地址 / an IPv6 address such as 2001:db8::1"
    )
    found: list[Address] = []
    try:
        return _of_hosts([family(str(cell))], expected)  # as most are written
    except AddressValueError:
        pass
    written = _REMARK.sub("", narrow(cell)).replace("。", ".").casefold()
    written = re.sub(r"(?<=\d)\s*\.\s*(?=\d)", ".", _LABELLED_IP.sub(" ", written))
    if chosen("address", squeeze(written), words) == "none":
        return []
    for part in re.split(r"[、,;\s|]+|/(?=[^/]*[.:])", written):
        if not part:
            continue
        bare = _WITH_PORT.sub(r"\1", _MASK.sub("", part).rstrip(".").strip("[]"))
        try:
            found.append(IPv6Address(bare) if ":" in bare else IPv4Address(bare))
        except AddressValueError as error:
            raise Refused("not_an_ip", expected) from error
    return _of_hosts(found, expected)


def _of_hosts(found: list[Address], expected: str) -> list[Address]:
    """Without what no host in a network has: 0.0.0.0, 127.0.0.1, a group's address, broadcast, or
    fe80::1%eth0, which holds on one machine alone."""
    for address in found:
        nobody = isinstance(address, IPv4Address) and not 0 < int(address) >> 24 < _RESERVED
        scoped = isinstance(address, IPv6Address) and address.scope_id is not None
        if (
            nobody
            or scoped
            or address.is_unspecified
            or address.is_loopback
            or address.is_multicast
        ):
            raise Refused("not_an_ip", expected)
    return found


def port_list(cell: Cell, _unit: str, words: Words) -> tuple[int, ...]:
    """443/8443, TCP 443、8443, 8000-8003."""
    if is_blank(cell, words):
        return ()
    found: set[int] = set()
    bare = re.sub(r"(?:tcp|udp|https?|端口|\([^()]*\))[:/]?", " ", narrow(cell).casefold())
    for part in re.split(r"[、,;/|&和与及\s]+", bare.strip()):
        if part:
            found.update(_port_range(part))
    return tuple(sorted(found))


def _port_range(part: str) -> Iterator[int]:
    match = _PORTS.fullmatch(part)
    if match is None:
        raise Refused("not_a_number", "端口，如 443、8443 / ports such as 443, 8443")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last <= 65535 or last - first > MAX_PORTS:
        raise Refused("out_of_range", "1 至 65535 / 1 to 65535")
    return iter(range(first, last + 1))

"""Whether a target can be looked at over exactly its family. Pure."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from probes.model import Target

FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
BROADCAST = IPv4Address("255.255.255.255")


def fault_of(target: Target) -> str | None:
    """What is wrong with a target's address or port, or None."""
    if _plainly_fine(target):
        return None
    if fault := _address_fault(target):
        return (
            f"读到地址 / read address {target.address!r}: {fault}; "
            f"应为 / expected an IPv{target.family} literal of one host, e.g. "
            f"{'203.0.113.10' if target.family == 4 else '2001:db8:113::10'}"
        )
    if target.check not in ("icmp", "pmtu") and not 1 <= target.port <= 65535:
        return f"读到端口 / read port {target.port}; 应为 / expected 1 to 65535"
    return None


def _plainly_fine(target: Target) -> bool:
    """What nearly all are, told quickly: the words for what is not come from `_address_fault`."""
    if target.check not in ("icmp", "pmtu") and not 1 <= target.port <= 65535:
        return False
    try:
        packed = socket.inet_pton(FAMILIES[target.family], target.address)
    except (OSError, ValueError):
        return False
    if target.family == 4:  # neither 0/8 nor multicast nor above
        return 0 < packed[0] < 224
    # global and unique local unicast alone (RFC 4291, RFC 4193): no ::, ::ffff:0:0/96, fe80::/10, ff00::/8
    return 0x20 <= packed[0] <= 0x3F or packed[0] & 0xFE == 0xFC


def _address_fault(target: Target) -> str | None:
    if not target.address:
        return "未登记 / none declared"
    try:
        address = ip_address(target.address)
    except ValueError:
        return "不是 IP 地址 / no IP address"
    if address.version != target.family:
        return f"是 IPv{address.version} / is IPv{address.version}"
    return _unusable(address)


def _unusable(address: IPv4Address | IPv6Address) -> str | None:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return "是映射的 IPv4,走的是 IPv4 / is v4-mapped and would go over IPv4"
        if address.scope_id or address.is_link_local:
            return "只在本链路有效 / holds on one link only"
    if address.is_unspecified or address.is_multicast or address == BROADCAST:
        return "不是单个服务器 / not one host"
    return None

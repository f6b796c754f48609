"""This host: its card, and which of the virtual addresses it has."""

from __future__ import annotations

import ipaddress
import json
import time
from typing import Any, Dict, Iterable, List, Sequence, Set, Tuple

from .errors import AgentError
from .proc import check
from .vip import WIDTH, Vip, family
from .vip_wire import Interface

ADOPT_SECONDS = 5.0  # beyond VRRP's start


def _listed() -> List[Dict[str, Any]]:
    raw = check(["ip", "-j", "addr", "show"], doing="ip -j addr", do="安装 iproute2 / install it")
    found: List[Dict[str, Any]] = json.loads(raw)
    return found


def card(vip: Vip, side: str) -> Interface:
    """The card with this host's own addresses, in whose networks the virtual ones lie. Raises."""
    own = vip.own(side)
    for one in _listed():
        nets = {
            str(ipaddress.ip_address(had["local"])): ipaddress.ip_network(
                f"{had['local']}/{had['prefixlen']}", strict=False
            )
            for had in one.get("addr_info", [])
            if "local" in had
        }
        if one.get("link_type") != "ether" or not set(own) <= set(nets):
            continue
        for mine, address in zip(own, vip.addresses):  # noqa: B905
            if ipaddress.ip_address(address) not in nets[mine]:
                raise _elsewhere(address, f"{mine} in {nets[mine]}")
        return Interface(one["ifname"], int(one["ifindex"]), str(one["address"]))
    raise AgentError(
        "本机没有申报的地址 / this host does not have the addresses that it was declared with",
        read="no card with them",
        expected=" and ".join(own) + " on one card of an Ethernet",
        do="核对变更清单中的 source、target 与主机清单 / compare source, target and the inventory",
    )


def _elsewhere(address: str, read: str) -> AgentError:
    return AgentError(
        f"虚拟地址不在本机网段 / the virtual address is of another segment: {address}",
        read=read,
        expected="a network that holds it, on both hosts: VRRP works within one segment",
        do="改用域名或代理切换，或更正地址 / turn a name or a proxy instead, or correct the address",
    )


def _entries(wanted: Iterable[str]) -> List[Tuple[str, Dict[str, Any]]]:
    """Card and entry of each of these addresses that this host has, with whatever prefix."""
    return [
        (listed["ifname"], one)
        for listed in _listed()
        for one in listed.get("addr_info", [])
        if "local" in one and str(ipaddress.ip_address(one["local"])) in wanted
    ]


def holding(vip: Vip) -> Set[str]:
    """Which of the virtual addresses this host has now."""
    return {str(ipaddress.ip_address(one["local"])) for _, one in _entries(vip.addresses)}


def strays(vip: Vip) -> List[Tuple[str, str]]:
    """Card and prefix of those that are not VRRP's, since they were here before it."""
    return [
        (name, f"{one['local']}/{one['prefixlen']}")
        for name, one in _entries(vip.addresses)
        if one["prefixlen"] != WIDTH[family(one["local"])]
    ]


def hangs_on_stray(vip: Vip, side: str) -> bool:
    """Whether the kernel would take the host's own address away with a stray (it is its secondary)."""
    return bool(strays(vip)) and any(one.get("secondary") for _, one in _entries(vip.own(side)))


def adopt(vip: Vip, seconds: float) -> bool:
    """Waits until VRRP has all addresses here, and nobody else; whether it came to that.

    Strays stay up until VRRP is at work: it misses the one that goes, and has it again in 0.5 s.
    """
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        found = strays(vip)
        ours = len(_entries(vip.addresses)) - len(found)
        if ours == len(vip.addresses) and not found:
            return True
        # of IPv6 the kernel has an address once, so a stray hides whether VRRP is at work
        if found and (ours or passed > ADOPT_SECONDS):
            _convert(found)
        time.sleep(0.3 if found else 0.02)
    return False


def _convert(found: Sequence[Tuple[str, str]]) -> None:
    """In one go, so that an address is away for no longer than the kernel needs."""
    orders = []
    for name, address in found:
        bare, more = address.partition("/")[0], ""
        if family(bare) == 6:
            more = f"addr add {bare}/{WIDTH[6]} dev {name} nodad preferred_lft 0\n"
        orders.append(f"addr del {address} dev {name}\n{more}")
    check(
        ["ip", "-batch", "-"],
        doing="ip addr del",
        do="人工撤下该地址后重试 / take it away by hand, then retry",
        feed="".join(orders),
    )


def holds_all(vip: Vip) -> bool:
    return holding(vip) == set(vip.addresses)


def awaited(vip: Vip, wanted: Set[str], seconds: float) -> bool:
    """Waits until this host has just `wanted` of the addresses; whether it came to that."""
    limit = time.monotonic() + seconds
    while holding(vip) != wanted:
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True

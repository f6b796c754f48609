"""What a plan changes on a network device, as closed types: no text of people gets through.

Every change tells what was there before, so that its rollback follows from itself alone.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface

from migrator.errors import Refused

_INTERFACE = re.compile(r"[A-Za-z][A-Za-z-]{1,30}[0-9]{1,4}(/[0-9]{1,4}){0,3}(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Interface:
    """A port as GigabitEthernet0/0/1, Vlanif100, Ten-GigabitEthernet1/0/1.20 or eth0. Raises `Refused`."""

    name: str

    def __post_init__(self) -> None:
        if not _INTERFACE.fullmatch(self.name):
            raise Refused(
                f"接口名 {self.name!r} 无法识别，应如 GigabitEthernet0/0/1，请核对设备 / "
                f"interface {self.name!r} is none; expected one like GigabitEthernet0/0/1; look at "
                "the device"
            )


@dataclass(frozen=True, kw_only=True)
class EnableIPv6:
    """An address beside IPv4. `enabled`: IPv6 is on at the port already, and stays on at rollback."""

    interface: Interface
    address: IPv6Interface
    enabled: bool = False

    def __post_init__(self) -> None:
        ip = self.address.ip  # has no scope any more; the scope is free text and would be rendered
        scoped = self.address.scope_id is not None
        if scoped or ip.is_multicast or ip.is_unspecified or ip.is_loopback:
            raise Refused(
                f"{str(self.address)!r} 不能配在接口上，应为单播地址 / "
                f"{str(self.address)!r} can't be a port's address; expected a unicast address"
            )


@dataclass(frozen=True, kw_only=True)
class CloseExit:
    """An internet exit: its default route goes first, then the port is shut."""

    interface: Interface
    gateway: IPv4Address


@dataclass(frozen=True, kw_only=True)
class Rehome:
    """A port goes from one network to another, as when a front-end machine's access moves."""

    interface: Interface
    old: IPv4Interface
    new: IPv4Interface

    def __post_init__(self) -> None:
        if self.old == self.new:
            raise Refused(
                f"新旧地址均为 {self.old}，应为不同地址 / "
                f"{self.old} is both the old and the new address; expected two"
            )


Change = EnableIPv6 | CloseExit | Rehome

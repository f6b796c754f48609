"""Changes as commands of Huawei VRP 5, H3C Comware 7 and Ruijie RGOS, with their rollback.

Nothing here was run on such a device: none can be had here. What is rendered is read back by
`checker`, which shares no line with this file. Not for VRP 8, whose changes need a `commit`.
"""

from dataclasses import dataclass
from enum import StrEnum

from migrator.network.changes import Change, CloseExit, EnableIPv6, Rehome


class Vendor(StrEnum):
    VRP = "huawei-vrp"
    COMWARE = "h3c-comware"
    RUIJIE = "ruijie"


@dataclass(frozen=True)
class Rendered:
    """Two texts, each whole: from the login's view into the configuration and out again."""

    forward: str
    back: str


def render(vendor: Vendor, change: Change) -> Rendered:
    """The commands of a change and those that undo it; nothing is saved on the device, so that a
    restart undoes it too."""
    return Rendered(
        forward=_framed(vendor, _forward(vendor, change)),
        back=_framed(vendor, _back(vendor, change)),
    )


def _framed(vendor: Vendor, lines: list[str]) -> str:
    first, last = (
        ("configure terminal", "end") if vendor is Vendor.RUIJIE else ("system-view", "return")
    )
    return "\n".join([first, *lines, last]) + "\n"


def _port(vendor: Vendor, name: str, lines: list[str]) -> list[str]:
    leave = "exit" if vendor is Vendor.RUIJIE else "quit"
    return [f"interface {name}", *(f" {line}" for line in lines), f" {leave}"]


def _forward(vendor: Vendor, change: Change) -> list[str]:
    name = change.interface.name
    if isinstance(change, EnableIPv6):
        on = [] if change.enabled or vendor is Vendor.COMWARE else ["ipv6 enable"]
        return _port(vendor, name, [*on, f"ipv6 address {change.address}"])
    if isinstance(change, CloseExit):
        route = f"{_no(vendor)} {_default(vendor, change)}"
        return [route, *_port(vendor, name, ["shutdown"])]
    return _port(vendor, name, [_address(change, new=True)])


def _back(vendor: Vendor, change: Change) -> list[str]:
    name, no = change.interface.name, _no(vendor)
    if isinstance(change, EnableIPv6):
        off = [] if change.enabled or vendor is Vendor.COMWARE else [f"{no} ipv6 enable"]
        return _port(vendor, name, [f"{no} ipv6 address {change.address}", *off])
    if isinstance(change, CloseExit):
        return [*_port(vendor, name, [f"{no} shutdown"]), _default(vendor, change)]
    return _port(vendor, name, [_address(change, new=False)])


def _no(vendor: Vendor) -> str:
    return "no" if vendor is Vendor.RUIJIE else "undo"


def _default(vendor: Vendor, change: CloseExit) -> str:
    word = "ip route" if vendor is Vendor.RUIJIE else "ip route-static"
    return f"{word} 0.0.0.0 0.0.0.0 {change.gateway}"


def _address(change: Rehome, *, new: bool) -> str:
    """A primary address takes the place of the one before."""
    address = change.new if new else change.old
    return f"ip address {address.ip} {address.netmask}"

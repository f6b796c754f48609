"""Changes as commands of Huawei VRP 5, H3C Comware 7, Ruijie RGOS and FRR 8, with their rollback.

FRR's were run, on FRR in a namespace (`tests/migrator/network/test_frr.py`). No device of the others can be
had here, so none of theirs was. What is rendered is read back by `checker`, which shares no line with this
file. Not for VRP 8, whose changes need a `commit`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from migrator.network.changes import Change, CloseExit, EnableIPv6, Rehome


class Vendor(StrEnum):
    VRP = "huawei-vrp"
    COMWARE = "h3c-comware"
    RUIJIE = "ruijie"
    FRR = "frr"  # on Linux


@dataclass(frozen=True)
class _Dialect:
    """`default`: a default route before its gateway. `switch`: IPv6 has to be put on at a port.
    `replaces`: an address takes the place of the one before; else that is taken away."""

    enter: str
    leave: str
    no: str
    out: str
    default: str
    switch: bool = True
    replaces: bool = True


_VRP = _Dialect("system-view", "return", "undo", "quit", "ip route-static 0.0.0.0 0.0.0.0")
_DIALECTS: Mapping[Vendor, _Dialect] = {
    Vendor.VRP: _VRP,
    Vendor.COMWARE: _Dialect(_VRP.enter, _VRP.leave, _VRP.no, _VRP.out, _VRP.default, switch=False),
    Vendor.RUIJIE: _Dialect("configure terminal", "end", "no", "exit", "ip route 0.0.0.0 0.0.0.0"),
    Vendor.FRR: _Dialect(
        "configure terminal",
        "end",
        "no",
        "exit",
        "ip route 0.0.0.0/0",
        switch=False,
        replaces=False,
    ),
}


@dataclass(frozen=True)
class Rendered:
    """Two texts, each whole: from the login's view into the configuration and out again."""

    forward: str
    back: str


def render(vendor: Vendor, change: Change) -> Rendered:
    """The commands of a change and those that undo it; nothing is saved on the device, so that a
    restart undoes it too."""
    words = _DIALECTS[vendor]
    return Rendered(
        forward=_framed(words, _forward(words, change)),
        back=_framed(words, _back(words, change)),
    )


def _framed(words: _Dialect, lines: list[str]) -> str:
    return "\n".join([words.enter, *lines, words.leave]) + "\n"


def _port(words: _Dialect, name: str, lines: list[str]) -> list[str]:
    return [f"interface {name}", *(f" {line}" for line in lines), f" {words.out}"]


def _forward(words: _Dialect, change: Change) -> list[str]:
    name = change.interface.name
    if isinstance(change, EnableIPv6):
        on = ["ipv6 enable"] if words.switch and not change.enabled else []
        return _port(words, name, [*on, f"ipv6 address {change.address}"])
    if isinstance(change, CloseExit):
        route = f"{words.no} {words.default} {change.gateway}"
        return [route, *_port(words, name, ["shutdown"])]
    return _port(words, name, _addresses(words, change, new=True))


def _back(words: _Dialect, change: Change) -> list[str]:
    name, no = change.interface.name, words.no
    if isinstance(change, EnableIPv6):
        off = [f"{no} ipv6 enable"] if words.switch and not change.enabled else []
        return _port(words, name, [f"{no} ipv6 address {change.address}", *off])
    if isinstance(change, CloseExit):
        return [*_port(words, name, [f"{no} shutdown"]), f"{words.default} {change.gateway}"]
    return _port(words, name, _addresses(words, change, new=False))


def _addresses(words: _Dialect, change: Rehome, *, new: bool) -> list[str]:
    """The old one goes first where both would stand beside each other: the kernel drops an address that
    is second in its network together with the first."""
    to, since = (change.new, change.old) if new else (change.old, change.new)
    if words.replaces:
        return [f"ip address {to.ip} {to.netmask}"]
    return [f"{words.no} ip address {since}", f"ip address {to}"]


type Lines = tuple[tuple[str, str], ...]


def shows(change: Change) -> tuple[Lines, Lines]:
    """What FRR's running configuration has only before a change, and only after it: lines with the
    block that they stand in."""
    block = f"interface {change.interface.name}"
    if isinstance(change, EnableIPv6):
        return (), ((block, f"ipv6 address {change.address}"),)
    if isinstance(change, CloseExit):
        route = f"{_DIALECTS[Vendor.FRR].default} {change.gateway}"
        return (("", route),), ((block, "shutdown"),)
    return ((block, f"ip address {change.old}"),), ((block, f"ip address {change.new}"),)

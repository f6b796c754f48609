"""Reads rendered commands back, line by line, by a closed grammar of each vendor's words.

What it proves: every line is a command known here, in the view it belongs to, with values that are
addresses, and the rollback leaves what was there before. What it does not: that a device takes it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface

from migrator.errors import Refused
from migrator.network.devices import Vendor

_ANYWHERE = "0.0.0.0 0.0.0.0"
_LIKE_CISCO = {Vendor.RUIJIE, Vendor.FRR}
_ON = {Vendor.COMWARE, Vendor.FRR}  # IPv6 is on at a port that has an address


@dataclass
class State:
    """What a device is set to, as far as these commands reach."""

    addresses: dict[str, str] = field(default_factory=dict)
    six: set[tuple[str, str]] = field(default_factory=set)
    enabled: set[str] = field(default_factory=set)
    shut: set[str] = field(default_factory=set)
    gateways: set[str] = field(default_factory=set)


def follow(vendor: Vendor, text: str, state: State) -> None:
    """Does to `state` what the commands say. Raises `Refused` with the line that is wrong."""
    cisco = vendor in _LIKE_CISCO
    first, last = ("configure terminal", "end") if cisco else ("system-view", "return")
    lines = text.split("\n")
    if len(lines) < 3 or lines[0] != first or lines[-2:] != [last, ""]:
        raise Refused(
            f"配置应以 {first} 开始、以 {last} 结束 / "
            f"a configuration begins with {first} and ends with {last}; render it again"
        )
    port = ""
    for number, line in enumerate(lines[1:-2], start=2):
        try:
            port = _line(vendor, line, port, state)
        except (ValueError, KeyError) as error:
            raise Refused(
                f"第 {number} 行 {line!r} 不是 {vendor} 在此处的命令，请重新生成 / "
                f"line {number}, {line!r}: no command of {vendor} here; render it again"
            ) from error
    if port:
        raise Refused(f"接口 {port} 未退出 / port {port} is never left; render it again")


def _line(vendor: Vendor, line: str, port: str, state: State) -> str:
    """One line; the port whose view comes after it, "" for none."""
    if not port:
        if found := re.fullmatch(r"interface ([A-Za-z][A-Za-z-]*[0-9][0-9/.]*)", line):
            return found[1]
        _route(vendor, line, state)
        return ""
    if not line.startswith(" "):
        raise ValueError(line)
    if line == (" exit" if vendor in _LIKE_CISCO else " quit"):
        return ""
    _in_port(vendor, line[1:], port, state)
    return port


def _split(vendor: Vendor, line: str) -> tuple[bool, list[str]]:
    words = line.split(" ")
    off = words[0] == ("no" if vendor in _LIKE_CISCO else "undo")
    return off, words[1:] if off else words


def _route(vendor: Vendor, line: str, state: State) -> None:
    off, words = _split(vendor, line)
    word = "route" if vendor in _LIKE_CISCO else "route-static"
    anywhere = "0.0.0.0/0" if vendor is Vendor.FRR else _ANYWHERE
    if " ".join(words[:-1]) != f"ip {word} {anywhere}":
        raise ValueError(line)
    gateway = str(IPv4Address(words[-1]))
    (state.gateways.remove if off else state.gateways.add)(gateway)


def _in_port(vendor: Vendor, line: str, port: str, state: State) -> None:
    off, words = _split(vendor, line)
    match words:
        case ["shutdown"]:
            (state.shut.remove if off else state.shut.add)(port)
        case ["ipv6", "enable"] if vendor not in _ON:
            (state.enabled.remove if off else state.enabled.add)(port)
        case ["ipv6", "address", address] if "/" in address:
            if vendor not in _ON and port not in state.enabled:
                raise ValueError(line)
            one = (port, str(IPv6Interface(address)))
            (state.six.remove if off else state.six.add)(one)
        case ["ip", "address", address] if vendor is Vendor.FRR and "/" in address:
            had = str(IPv4Interface(address))
            if (state.addresses.pop(port) if off else state.addresses.setdefault(port, had)) != had:
                raise ValueError(line)  # another one is there
        case ["ip", "address", address, mask] if not off and vendor is not Vendor.FRR:
            state.addresses[port] = str(IPv4Interface(f"{IPv4Address(address)}/{mask}"))
        case _:
            raise ValueError(line)


def differences(before: State, after: State) -> Iterator[str]:
    """Names of what a rollback did not bring back."""
    for name in ("addresses", "six", "enabled", "shut", "gateways"):
        if getattr(before, name) != getattr(after, name):
            yield name

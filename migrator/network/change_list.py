"""A list of network changes from a TOML file: closed types, every mistake with its line.

docs/network.md has one whole: ports of devices, firewalls said of IPv6, names to other addresses,
virtual addresses from one host to another.
"""

import json
from collections import Counter
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from inventory.errors import PackError, PackFault, PackRefused
from inventory.policies.faults import of_validation
from inventory.policies.loader import read_toml
from migrator.errors import MeansRefused, Refused
from migrator.network.changes import Change, CloseExit, EnableIPv6, Interface, Rehome
from migrator.network.devices import Vendor
from migrator.network.firewall.address_map import AddressMap


def _text(value: object) -> object:
    """A number is an address to Python (1 is 0.0.0.1), and was meant as none."""
    if not isinstance(value, str):
        raise ValueError("应为带引号的地址 / expected an address in quotes")
    return value


_OnlyText = BeforeValidator(_text)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _EnableIPv6(_Closed):
    kind: Literal["enable-ipv6"]
    interface: str
    address: Annotated[IPv6Interface, _OnlyText]
    enabled: bool = False

    def change(self) -> Change:
        return EnableIPv6(
            interface=Interface(self.interface), address=self.address, enabled=self.enabled
        )


class _CloseExit(_Closed):
    kind: Literal["close-exit"]
    interface: str
    gateway: Annotated[IPv4Address, _OnlyText]

    def change(self) -> Change:
        return CloseExit(interface=Interface(self.interface), gateway=self.gateway)


class _Rehome(_Closed):
    kind: Literal["rehome"]
    interface: str
    old: Annotated[IPv4Interface, _OnlyText]
    new: Annotated[IPv4Interface, _OnlyText]

    def change(self) -> Change:
        return Rehome(interface=Interface(self.interface), old=self.old, new=self.new)


# the name becomes a file's: nothing that a file system or a shell reads otherwise
_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
# a listing lies beside its list: a list that came over the network must not name files of ours
_Beside = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$")]
_HostCode = Annotated[str, Field(min_length=1, max_length=63)]
_DomainName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$")]
_Addresses = tuple[Annotated[IPv4Address | IPv6Address, _OnlyText], ...]


class _Device(_Closed):
    name: _FileName
    vendor: Vendor
    host: _HostCode | None = None
    change: Annotated[
        tuple[Annotated[_EnableIPv6 | _CloseExit | _Rehome, Field(discriminator="kind")], ...],
        Field(min_length=1),
    ]


class _Network(_Closed):
    v4: Annotated[IPv4Network, _OnlyText]
    v6: Annotated[IPv6Network, _OnlyText] | None = None


class _Firewall(_Closed):
    name: _FileName
    listing: _Beside
    host: _HostCode | None = None
    network: tuple[_Network, ...] = ()


class _Name(_Closed):
    name: _FileName
    server: Annotated[IPv4Address | IPv6Address, _OnlyText]
    port: Annotated[int, Field(ge=1, le=65535)] = 53
    zone: _DomainName
    host: _DomainName
    key_name: _DomainName
    before: _Addresses
    after: Annotated[_Addresses, Field(min_length=1)]
    ttl: Annotated[int, Field(ge=1, le=604800)] = 60


_HostAddresses = Annotated[_Addresses, Field(min_length=1, max_length=2)]


class _Vip(_Closed):
    name: _FileName
    vrid: Annotated[int, Field(ge=1, le=255)]
    addresses: _HostAddresses
    source: _HostAddresses
    target: _HostAddresses
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], Field(min_length=1)]
    source_host: _HostCode | None = None
    target_host: _HostCode | None = None


class _List(_Closed):
    confirm_seconds: Annotated[int, Field(ge=5, le=600)] = 60
    systems: tuple[_HostCode, ...] = ()
    device: tuple[_Device, ...] = ()
    firewall: tuple[_Firewall, ...] = ()
    name: tuple[_Name, ...] = ()
    vip: tuple[_Vip, ...] = ()


@dataclass(frozen=True)
class DeviceChanges:
    """What one device is to be changed to, in this order; no port twice. `host`: its code in the inventory,
    "" where none was told."""

    name: str
    vendor: Vendor
    changes: tuple[Change, ...]
    host: str = ""


@dataclass(frozen=True)
class FirewallChange:
    """A device's nftables as it lists them, and what stands for which network of IPv4."""

    name: str
    listing: tuple[dict[str, Any], ...]
    addresses: AddressMap
    host: str = ""


@dataclass(frozen=True)
class NameChange:
    """A name from some addresses to others, A and AAAA together (RFC 2136); `told`: as dns.yml takes it."""

    name: str
    told: dict[str, object]


@dataclass(frozen=True)
class VipChange:
    """A virtual address from the source to the target by VRRP; `told`: as vip.yml takes it; `hosts`:
    source and target in the inventory, "" where none was told."""

    name: str
    told: dict[str, object]
    hosts: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class NetworkChanges:
    """The whole file. `systems`: whom it is about, as the engineer says, beside those of its hosts."""

    devices: tuple[DeviceChanges, ...]
    firewalls: tuple[FirewallChange, ...]
    names: tuple[NameChange, ...]
    vips: tuple[VipChange, ...] = ()
    confirm_seconds: int = 60
    systems: tuple[str, ...] = ()


def read_changes(path: Path) -> NetworkChanges:
    """Everything in the file. Raises MeansRefused with every mistake of form, Refused for a value
    that can't be on a port, for what is told twice, and for a listing that is none."""
    try:
        raw, places = read_toml(path)
    except PackRefused as refused:
        raise MeansRefused(refused.faults) from refused
    except PackError as error:
        raise MeansRefused([PackFault(path.name, 0, "—", "", str(error.__cause__))]) from error
    try:
        told = _List.model_validate(raw)
    except ValidationError as error:
        raise MeansRefused(of_validation(error, _List, path, places)) from error
    names = [
        *(one.name for one in told.device),
        *(one.name for one in told.firewall),
        *(one.name for one in told.name),
        *(one.name for one in told.vip),
    ]
    if not names:
        raise Refused(
            f"{path.name}: 没有变更 / no change in it; expected [[device]], [[firewall]], [[name]] or "
            "[[vip]]"
        )
    _once("名称 / name", [name.casefold() for name in names])
    return NetworkChanges(
        devices=tuple(_device(one) for one in told.device),
        firewalls=tuple(_firewall(one, path.parent) for one in told.firewall),
        names=tuple(_name(one) for one in told.name),
        vips=tuple(_vip(one) for one in told.vip),
        confirm_seconds=told.confirm_seconds,
        systems=told.systems,
    )


def _device(told: _Device) -> DeviceChanges:
    changes = tuple(one.change() for one in told.change)
    # two changes of one port would need the state between them for their rollback
    _once(f"{told.name}: 接口 / port", [one.interface.name.casefold() for one in changes])
    gateways = [str(one.gateway) for one in changes if isinstance(one, CloseExit)]
    _once(f"{told.name}: 网关 / gateway", gateways)
    return DeviceChanges(told.name, told.vendor, changes, told.host or "")


def _firewall(told: _Firewall, folder: Path) -> FirewallChange:
    _once(f"{told.name}: 网段 / network", [str(one.v4) for one in told.network])
    pairs = tuple((one.v4, one.v6) for one in told.network)
    listing = _listing(folder / told.listing)
    return FirewallChange(told.name, listing, AddressMap(pairs), told.host or "")


def _listing(path: Path) -> tuple[dict[str, Any], ...]:
    """What `nft -j list ruleset` wrote. Raises Refused."""
    try:
        rows = json.loads(path.read_text("utf-8"))["nftables"]
        if not all(isinstance(one, dict) and len(one) == 1 for one in rows):
            raise TypeError("nftables")
    except OSError as error:
        raise Refused(
            f"{path.name}: 无法读取 / can't be read: {error.strerror}; 请先在设备上执行 / first, on the "
            "device: nft -j list ruleset"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{path.name}: 应为 nft -j list ruleset 的输出 / expected what `nft -j list ruleset` writes: "
            f"{type(error).__name__}"
        ) from error
    return tuple(one for one in rows if "metainfo" not in one)


def _name(told: _Name) -> NameChange:
    data: dict[str, object] = told.model_dump(mode="json", exclude={"name", "host"})
    return NameChange(told.name, data | {"name": told.host})


def _vip(told: _Vip) -> VipChange:
    """Raises Refused unless each host has an address of its own beside each virtual one."""
    families = sorted(one.version for one in told.addresses)
    for name, own in (("source", told.source), ("target", told.target)):
        if sorted(one.version for one in own) != families or len(set(families)) != len(families):
            raise Refused(
                f"{told.name}: {name} 与 addresses 的地址族不一致，每族应各有一个地址 / the families of "
                f"{name} and addresses differ; expected one address of each family in both"
            )
    whole = (*told.addresses, *told.source, *told.target)
    _once(f"{told.name}: 地址 / address", [str(one) for one in whole])
    for one in whole:
        if one.is_multicast or one.is_loopback or one.is_link_local or one.is_unspecified:
            raise Refused(
                f"{told.name}: {one} 不是主机的单播地址 / {one} is no host's unicast address; expected "
                "one that is seen beyond its link"
            )
    hosts = (told.source_host or "", told.target_host or "")
    plain = told.model_dump(mode="json", exclude={"source_host", "target_host"})
    return VipChange(told.name, plain, hosts)


def _once(what: str, names: list[str]) -> None:
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise Refused(
            f"{what} {twice[0]}: 出现多次，应只有一次 / told more than once; expected once"
        )

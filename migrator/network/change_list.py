"""A list of changes of network devices from a TOML file: closed types, every mistake with its line.

[[device]]
name = "jf1-egress"
vendor = "huawei-vrp"        # h3c-comware, ruijie, frr
[[device.change]]
kind = "close-exit"          # enable-ipv6, rehome
interface = "GigabitEthernet0/0/1"
gateway = "203.0.113.1"
"""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from inventory.errors import PackError, PackFault, PackRefused
from inventory.policies.faults import of_validation
from inventory.policies.loader import read_toml
from migrator.errors import MeansRefused, Refused
from migrator.network.changes import Change, CloseExit, EnableIPv6, Interface, Rehome
from migrator.network.devices import Vendor


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


class _Device(_Closed):
    # the name becomes a file's: nothing that a file system or a shell reads otherwise
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    vendor: Vendor
    change: Annotated[
        tuple[Annotated[_EnableIPv6 | _CloseExit | _Rehome, Field(discriminator="kind")], ...],
        Field(min_length=1),
    ]


class _List(_Closed):
    device: Annotated[tuple[_Device, ...], Field(min_length=1)]


@dataclass(frozen=True)
class DeviceChanges:
    """What one device is to be changed to, in this order; no port twice."""

    name: str
    vendor: Vendor
    changes: tuple[Change, ...]


def read_changes(path: Path) -> tuple[DeviceChanges, ...]:
    """Every device of the file. Raises MeansRefused with every mistake of form, Refused for a value
    that can't be on a port and for a device, port or gateway that is told twice."""
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
    _once("设备 / device", [one.name.casefold() for one in told.device])
    return tuple(_device(one) for one in told.device)


def _device(told: _Device) -> DeviceChanges:
    changes = tuple(one.change() for one in told.change)
    # two changes of one port would need the state between them for their rollback
    _once(f"{told.name}: 接口 / port", [one.interface.name.casefold() for one in changes])
    gateways = [str(one.gateway) for one in changes if isinstance(one, CloseExit)]
    _once(f"{told.name}: 网关 / gateway", gateways)
    return DeviceChanges(told.name, told.vendor, changes)


def _once(what: str, names: list[str]) -> None:
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise Refused(
            f"{what} {twice[0]}: 出现多次，应只有一次 / told more than once; expected once"
        )

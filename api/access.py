"""How hosts are logged in to: one TOML file, by default, by zone and by host; the nearest counts.

    [default]                    # for every host; without the file: QIANYUN_SSH_USER and _SSH_KEY
    user = "census"
    key = "/etc/qianyun/census"  # private key
    [zones.private]
    jump = "jump-01"             # a host of the inventory; a list is passed one after the other
    password = "file:/etc/qianyun/private.password"
    [hosts."win-01"]
    way = "winrm"                # ssh, windows_ssh or winrm

A password may stand in the file itself where only its owner can read it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, SecretStr, ValidationError, field_validator

from api.secret_files import open_to_others, secret_text
from api.settings import Settings, SettingsError
from inventory.facts import Address
from inventory.model import Estate, Frozen, Host, Port, Zone
from inventory.secrecy import hidden
from probes.census.known import KnownHosts
from probes.census.model import Login, Stop, Target, Trust, Way
from probes.errors import Misuse

_SECRETS = ("password", "passphrase")


class Entry(Frozen):
    """What the file says for one zone or host. A field's description is what was expected."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user: str | None = Field(default=None, min_length=1, description="登录用户 / login user")
    key: Path | None = Field(default=None, description="私钥文件 / private key file")
    passphrase: SecretStr | None = Field(default=None, description="私钥口令 / of the key")
    agent: bool | None = Field(default=None, description="用 ssh-agent / the agent's keys, true")
    password: SecretStr | None = Field(default=None, description="密码 / password or file:/PATH")
    jump: tuple[str, ...] | None = Field(default=None, description="跳板机编号 / jump hosts")
    way: Way | None = Field(default=None, description="ssh, windows_ssh, winrm")
    port: Port | None = Field(default=None, description="端口 / port, 1 to 65535")
    ca: Path | None = Field(default=None, description="WinRM 的 CA 文件 / CA file for WinRM")
    verify: bool | None = Field(default=None, description="核验证书 / check the certificate")
    tls: bool | None = Field(default=None, description="WinRM 用 HTTPS / HTTPS for WinRM")
    auth: str | None = Field(
        default=None,
        pattern="^(negotiate|ntlm|kerberos|basic)$",
        description="negotiate, ntlm, kerberos, basic",
    )
    name: str | None = Field(default=None, description="证书中的名称 / name in the certificate")

    @field_validator("jump", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    def over(self, below: "Entry") -> "Entry":
        """This entry, and `below` where it says nothing."""
        told = {n: getattr(self, n) for n in Entry.model_fields if getattr(self, n) is not None}
        return below.model_copy(update=told)


@dataclass(frozen=True)
class Access:
    """Entries by zone and host, over the default."""

    default: Entry
    zones: Mapping[str, Entry]
    hosts: Mapping[str, Entry]

    def of(self, code: str, zone: Zone | None) -> Entry:
        entry = self.default
        if zone is not None and zone.value in self.zones:
            entry = self.zones[zone.value].over(entry)
        return self.hosts[code].over(entry) if code in self.hosts else entry

    def secrets(self) -> tuple[str, ...]:
        """Every secret text in it, for what is written to be kept free of."""
        entries = (self.default, *self.zones.values(), *self.hosts.values())
        held = (getattr(entry, name) for entry in entries for name in _SECRETS)
        return tuple({secret.get_secret_value() for secret in held if secret is not None})


def read_access(settings: Settings, own_key: Path) -> Access:
    """The file of the settings over what they say themselves. Raises SettingsError."""
    default = Entry(
        user=settings.ssh_user,
        key=own_key if own_key.exists() else None,
        password=settings.discover_password,
    )
    if settings.discover_access is None:
        return Access(default, {}, {})
    path = settings.discover_access
    told = _document(path)
    faults = [f"{name}: 没有这一节 / no such section" for name in told if name not in _PARTS]
    zones, hosts = told.get("zones", {}), told.get("hosts", {})
    if not isinstance(zones, dict) or not isinstance(hosts, dict):
        raise _refused(path, ["zones, hosts: 应为表 / expected tables"])
    known = {zone.value for zone in Zone}
    faults += [f"zones.{z}: 应为 / expected: {', '.join(known)}" for z in zones if z not in known]
    entries = {
        name: _entry(path, name, raw, faults)
        for name, raw in (
            ("default", told.get("default", {})),
            *((f"zones.{name}", raw) for name, raw in zones.items()),
            *((f"hosts.{name}", raw) for name, raw in hosts.items()),
        )
    }
    if faults:
        raise _refused(path, faults)
    return Access(
        default=entries["default"].over(default),
        zones={name: entries[f"zones.{name}"] for name in zones},
        hosts={name: entries[f"hosts.{name}"] for name in hosts},
    )


_PARTS = ("default", "zones", "hosts")


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise _refused(path, [f"无法读取 / cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):  # its text may quote a secret
        raise _refused(path, ["不是 UTF-8 的 TOML / not TOML in UTF-8"]) from None


def _entry(path: Path, name: str, raw: object, faults: list[str]) -> Entry:
    if not isinstance(raw, dict):
        faults.append(f"{name}: 应为表 / expected a table")
        return Entry()
    values = dict(raw)
    for key in _SECRETS & values.keys():
        if not str(values[key]).startswith("file:") and open_to_others(path):
            faults.append(
                f"{name}.{key}: 文件内含密码而他人可读 / the file holds a secret that others can read; "
                f"请执行 / run: chmod 600 {path}"
            )
        try:
            values[key] = secret_text(values[key])
        except (OSError, ValueError) as error:
            faults.append(f"{name}.{key}: {error}")
            del values[key]
    try:
        return Entry.model_validate(values)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            field = str(fault["loc"][0]) if fault["loc"] else ""
            known = Entry.model_fields.get(field)
            expected = known.description if known else "没有这个键 / no such key"
            faults.append(f"{name}.{field}: 应为 / expected: {expected}")
        return Entry()


def _refused(path: Path, faults: Iterable[str]) -> SettingsError:
    lines = "\n".join(f"  {path}: {fault}" for fault in faults)
    return SettingsError(f"登录设置有误 / access file refused:\n{lines}")


@dataclass(frozen=True)
class Guide:
    """From hosts of the estate to where to go and as whom."""

    estate: Estate
    access: Access
    known: KnownHosts | None = None

    def target(self, host: Host) -> Target | None:
        """None for a host without an address. Raises Misuse for a jump host that cannot be one."""
        entry = self.access.of(host.code, host.zone)
        address = host.ipv4 or host.ipv6
        if address is None:
            return None
        return self._target(host.code, address, entry, host)

    def address(self, text: str) -> Target:
        """An address that is no host's."""
        address = ip_address(text)
        return self._target(str(address), address, self.access.of(str(address), None), None)

    @cached_property
    def _lines(self) -> Mapping[str, list[str]]:
        """Codes of the lines that end at a place."""
        found: dict[str, list[str]] = {}
        for line in self.estate.lines:
            for place in {line.a_end, line.z_end} - {None}:
                found.setdefault(place or "", []).append(line.code)
        return found

    @cached_property
    def _open_hosts(self) -> Mapping[str, Host]:
        """Hosts by code, without those of classified systems."""
        secret = hidden(self.estate).hosts
        return {host.code: host for host in self.estate.hosts if host.code not in secret}

    def _target(self, code: str, address: Address, entry: Entry, host: Host | None) -> Target:
        way = entry.way or _usual_way(host, entry)
        return Target(
            stop=self._stop(code, address, entry, host, way),
            way=way,
            jumps=tuple(self._jump(jump) for jump in entry.jump or () if jump != code),
            lines=tuple(self._lines.get(host.place or "", ())) if host else (),
            trust=Trust(
                ca=entry.ca,
                verify=entry.verify is not False,
                tls=entry.tls is not False,
                auth=entry.auth or "negotiate",
                name=entry.name or "",
            ),
        )

    def _stop(self, code: str, address: Address, entry: Entry, host: Host | None, way: Way) -> Stop:
        usual = (5986 if entry.tls is not False else 5985) if way is Way.WINRM else None
        port = entry.port or usual or (host.ssh_port if host else 22)
        keys = [host.ssh_host_key] if host and host.ssh_host_key else []
        if self.known is not None:
            keys += self.known.keys(address, port, code)
        login = Login(
            user=entry.user or "",
            key=entry.key,
            passphrase=entry.passphrase,
            agent=bool(entry.agent),
            password=entry.password,
        )
        return Stop(code=code, address=address, port=port, keys=tuple(keys), login=login)

    def _jump(self, code: str) -> Stop:
        host = self._open_hosts.get(code)
        address = (host.ipv4 or host.ipv6) if host else None
        if host is None or address is None:
            raise Misuse(
                f"跳板机应为台账库中有地址的非涉密服务器 / a jump host is a host of the inventory with an "
                f"address, and not of a classified system: read {code}; see the file of "
                "QIANYUN_DISCOVER_ACCESS"
            )
        return self._stop(code, address, self.access.of(code, host.zone), host, Way.SSH)


def _usual_way(host: Host | None, entry: Entry) -> Way:
    """As the ledger calls the system, and as there is something to log in with."""
    if host is None or "windows" not in (host.os or "").lower():
        return Way.SSH
    return Way.WINRM if entry.password is not None else Way.WINDOWS_SSH

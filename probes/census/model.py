"""Where to go, as whom and by which way; how much of it at once. Values only."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr

from inventory.facts import Address
from inventory.model import Frozen, Port


class Way(StrEnum):
    """How a host is visited."""

    SSH = "ssh"  # a POSIX shell
    WINDOWS_SSH = "windows_ssh"  # PowerShell over OpenSSH
    WINRM = "winrm"  # PowerShell over WinRM


class Login(Frozen):
    """As whom. Tried in this order: the key, the agent's keys, the password."""

    user: str
    key: Path | None = None
    passphrase: SecretStr | None = None
    agent: bool = False
    password: SecretStr | None = None


class Stop(Frozen):
    """An SSH server that we log in to: `keys` are the host keys ("type base64") it may show."""

    code: str
    address: Address
    port: Port = 22
    keys: tuple[str, ...] = ()
    login: Login


class Trust(Frozen):
    """How a WinRM endpoint proves itself: TLS by the system's authorities or by `ca`."""

    ca: Path | None = None
    verify: bool = True
    tls: bool = True
    auth: str = Field(default="negotiate", pattern="^(negotiate|ntlm|kerberos|basic|certificate)$")
    name: str = ""  # name in its certificate, when it isn't reached by it


class Target(Frozen):
    """One host to visit. `lines`: codes of the lines on the way, for the limit per line."""

    stop: Stop
    way: Way = Way.SSH
    jumps: tuple[Stop, ...] = ()
    lines: tuple[str, ...] = ()
    trust: Trust = Trust()

    @property
    def code(self) -> str:
        return self.stop.code


class Limits(Frozen):
    """`per_line` 0: no limit per line. Times in seconds, sizes in bytes."""

    at_once: int = Field(default=16, ge=1, le=256)
    per_line: int = Field(default=0, ge=0)
    connect_seconds: float = 10.0
    login_seconds: float = 20.0
    host_seconds: float = 120.0
    output_bytes: int = 8 * 1024 * 1024
    keepalive_seconds: int = 15

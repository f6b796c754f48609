"""What a host is, as it was read on the host itself: values, and what could not be read.

A fact that could not be read is None and named in `unread` with the reason: nothing read as empty
is ever a fact that nobody could read. Units: bytes, seconds, per mille, UTC in ISO 8601.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Literal, NamedTuple, Self

from pydantic import Field, SkipValidation, model_validator

from inventory.model import Frozen

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


class Why(StrEnum):
    """Why a fact could not be read."""

    NOT_PERMITTED = "not_permitted"  # the login may not, and sudo without a password may not
    NOT_KEPT = "not_kept"  # the host keeps no such record
    NO_COMMAND = "no_command"  # none of the programs that tell it is installed
    TIMEOUT = "timeout"  # the command was ended after its time
    FAILED = "failed"  # the command ended with a fault
    NOT_UNDERSTOOD = "not_understood"  # it said what no parser of ours knows
    CUT_OFF = "cut_off"  # the host's whole answer ended, or was ended by us, before it


class Unread(Frozen):
    """A fact, or with a dot a part of one (`sockets.process`), that could not be read."""

    fact: str
    why: Why
    said: str = ""  # what the host said, at most a line, secrets masked


class OperatingSystem(Frozen):
    """`name` as the system calls itself; `version` the most precise one that it tells."""

    family: Literal["linux", "windows"]
    id: str  # os-release's ID, such as centos, kylin; "windows"
    name: str
    version: str
    kernel: str


class Disk(Frozen):
    name: str
    size: int


class Filesystem(Frozen):
    mount: str
    device: str
    type: str
    size: int
    used: int


class Socket(Frozen):
    """A port that is listened on; `address` None: on every address of `family`."""

    protocol: Literal["tcp", "udp"]
    family: Literal[4, 6, 46]  # 46: one socket for both
    address: Address | None
    port: int
    process: str | None = None  # None: could not be seen

    @property
    def local(self) -> bool:
        """Only the host itself can reach it."""
        return self.address is not None and self.address.is_loopback


class Connection(Frozen):
    """An established TCP connection of this host with another."""

    address: Address
    port: int
    peer: Address
    peer_port: int
    process: str | None = None


class Packages(Frozen):
    """`updated`: when the newest change was made, ISO 8601."""

    manager: str
    count: int
    updated: str | None


class Package(NamedTuple):
    """A tuple and no model: a host has thousands."""

    name: str
    version: str


class Service(Frozen):
    """A service that runs. `manager`: systemd, sysv, windows."""

    name: str
    manager: str


class FoundDatabase(Frozen):
    """One database, or the data of an engine as a whole (`name` ""); `size` None: unread."""

    engine: str
    name: str = ""
    version: str = ""
    port: int | None = None
    size: int | None = None
    how: str = ""  # how the size was read: sql, folder


class Job(Frozen):
    """A scheduled job: where it stands, when it runs, what it does (secrets masked)."""

    source: str
    when: str
    command: str


class Certificate(Frozen):
    path: str
    subject: str
    issuer: str
    names: tuple[str, ...] = ()
    begins: str
    ends: str
    self_signed: bool = False


class Login(Frozen):
    user: str
    source: str
    at: str


class Route(Frozen):
    to: str  # "default", or a prefix
    via: str
    device: str


class Clock(Frozen):
    """`synchronised` None: the host's own word could not be had; `offset`: seconds that its clock
    is ahead of ours, with the way there and back in it."""

    synchronised: bool | None
    source: str
    offset: int


class Load(Frozen):
    """`load` as the kernel tells it (1, 5, 15 minutes); `busy`: per mille of all CPU time since
    boot that was not idle."""

    load: tuple[str, str, str] | None
    busy: int
    uptime: int


class Memory(Frozen):
    total: int
    available: int | None
    swap: int


class HostFacts(Frozen):
    """What one look at one host found. Each field is None exactly when it is in `unread`."""

    hostname: str | None = None
    os: OperatingSystem | None = None
    arch: str | None = None
    cores: int | None = Field(default=None, ge=1)
    memory: Memory | None = None
    model: str | None = None
    disks: tuple[Disk, ...] | None = None
    filesystems: tuple[Filesystem, ...] | None = None
    sockets: tuple[Socket, ...] | None = None
    connections: tuple[Connection, ...] | None = None
    packages: Packages | None = None
    services: tuple[Service, ...] | None = None
    databases: tuple[FoundDatabase, ...] | None = None
    jobs: tuple[Job, ...] | None = None
    certificates: tuple[Certificate, ...] | None = None
    logins: tuple[Login, ...] | None = None
    addresses: tuple[Interface, ...] | None = None
    routes: tuple[Route, ...] | None = None
    clock: Clock | None = None
    load: Load | None = None
    unread: tuple[Unread, ...] = ()
    visitor: Address | None = None  # from where we came, as the host saw it

    @model_validator(mode="after")
    def _unread_is_told(self) -> Self:
        told = {one.fact for one in self.unread}
        for name in FACTS:
            if (getattr(self, name) is None) != (name in told):
                raise ValueError(f"{name}: a fact is either there or told as unread")
        return self


FACTS = tuple(n for n in HostFacts.model_fields if n not in {"unread", "visitor"})
"""The names of the facts, in order."""


class Failure(StrEnum):
    """Why a host could not be visited at all."""

    UNKNOWN_HOST_KEY = "unknown_host_key"  # nobody told us its key: not spoken to
    WRONG_HOST_KEY = "wrong_host_key"
    AUTH = "auth"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"  # what answers does not speak SSH or WinRM as it should
    TLS = "tls"  # the certificate of a WinRM endpoint is not good
    NO_ADDRESS = "no_address"
    NO_LOGIN = "no_login"  # no key, agent or password for it, or a key that cannot be read
    JUMP = "jump"  # the jump host could not be passed
    REFUSED = "refused"  # it let us in and ran nothing


class Visit(Frozen):
    """One visit to one host: its facts, or the failure. `evidence`: SHA-256 of the raw output."""

    code: str
    address: str
    way: str  # ssh, windows_ssh, winrm
    begun: str
    ended: str
    facts: HostFacts | None = None
    failure: Failure | None = None
    message: str = ""
    found_key: str = ""  # the host key that was shown instead of the known one
    evidence: str = ""
    package_list: SkipValidation[tuple[Package, ...]] = Field(default=(), repr=False)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.facts is None) == (self.failure is None):
            raise ValueError("a visit has facts or a failure")
        return self


class Look(Frozen):
    """A visit as it is kept: its number, the sweep it belongs to."""

    id: int
    sweep: str
    visit: Visit

    @property
    def code(self) -> str:
        return self.visit.code

    @property
    def facts(self) -> HostFacts:
        """Those of a look that read something; ValueError for one that failed."""
        if self.visit.facts is None:
            raise ValueError(f"look {self.id} at {self.code} read nothing")
        return self.visit.facts


class Evidence(Frozen):
    """What a finding rests on: the look (`qianyun inventory facts CODE --look N`), and its part."""

    look: int
    code: str
    fact: str
    at: str


class Sweep(Frozen):
    """A round over the estate: each host is read once in it, until `discover --again`."""

    id: str
    begun: str
    by: str

"""What the objects of the estate are made of: codes and other forms of text, people, where a fact
was read, what a system has to move with it. Units are told in the package."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from inventory.frozen import Frozen
from inventory.paths import fault, plain


def _code(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", value):
        raise ValueError("a code is 1 to 63 of A-Z a-z 0-9 . _ - and begins with a letter or digit")
    return value


def _path(value: str) -> str:
    if why := fault(value):
        raise ValueError(why)
    return plain(value)


def _unit(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,63}", value):
        raise ValueError("a service name of A-Z a-z 0-9 @ . _ -")
    return value


def _host_key(value: str) -> str:
    if not re.fullmatch(
        r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}", value
    ):
        raise ValueError("an OpenSSH public host key: type and base64, without a comment")
    return value


Code = Annotated[str, AfterValidator(_code)]
HostPath = Annotated[str, AfterValidator(_path)]
UnitName = Annotated[str, AfterValidator(_unit)]
HostKey = Annotated[str, AfterValidator(_host_key)]
Port = Annotated[int, Field(ge=1, le=65535)]


def _or_none[T](values: tuple[T, ...] | None) -> tuple[T, ...] | None:
    return values or None


# several values, or None where nobody told any: an estate that tells none keeps its digest
Texts = Annotated[tuple[str, ...] | None, AfterValidator(_or_none)]
Codes = Annotated[tuple[Code, ...] | None, AfterValidator(_or_none)]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a declared field came from: file, sheet, 1-based row, header, the raw text.

    No pydantic model, for there are hundreds of thousands of them: a sixth of the memory."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    field: str
    source: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    raw: str = ""


class Thing(Frozen):
    """What every object of the estate has."""

    code: Code
    name: str
    provenance: tuple[Provenance, ...] = Field(default=(), repr=False)


class Contact(Frozen):
    """联系人: a person and what they answer for (负责人, 运维, 值班 …)."""

    role: str
    name: str
    phone: str = ""
    email: str = ""


def _in_contact_order(contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    """In one order, whoever told them, so that equal contacts are equal."""
    return tuple(sorted(contacts, key=lambda c: (c.role, c.name, c.phone, c.email)))


def _maybe_in_order(contacts: tuple[Contact, ...] | None) -> tuple[Contact, ...] | None:
    return _in_contact_order(contacts) if contacts else None


Contacts = Annotated[tuple[Contact, ...], AfterValidator(_in_contact_order)]
MaybeContacts = Annotated[tuple[Contact, ...] | None, AfterValidator(_maybe_in_order)]


class Tree(Frozen):
    """A folder that belongs to a system; `writable`: written while the system serves."""

    path: HostPath
    writable: bool = False


class Database(Frozen):
    """A PostgreSQL cluster in Debian's naming: version/cluster, e.g. 15/main; or a host's MariaDB
    or Redis, whose version has two numbers (10.11, 7.0) and whose cluster is `main`."""

    engine: str = Field(default="postgresql", pattern="^(postgresql|mariadb|redis)$")
    version: str = Field(pattern=r"^\d{1,2}(\.\d{1,2})?$")
    cluster: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    port: Port = 5432


class Workload(Frozen):
    """What has to move: trees, databases, and the services in the order in which they start;
    `stateless`: these keep nothing to themselves, and may run on both sides at once."""

    trees: tuple[Tree, ...] = ()
    databases: tuple[Database, ...] = ()
    services: tuple[UnitName, ...] = ()
    stateless: bool | None = None


class Entrance(Frozen):
    """How clients reach a system: the node's gateway listens on `port` on v4 and v6 and passes
    requests to `backend_port` of the system's host; `path` must answer 200 and hold `content`.
    `name` is what clients ask for (a DNS name, whose addresses are not on record here), `tls` says
    that the gateway speaks TLS on `port`."""

    node: Code
    port: Port
    backend_port: Port
    path: str = Field(default="/", pattern=r"^/[!-~]{0,200}$")
    content: str = ""
    name: str | None = Field(
        default=None,
        max_length=253,
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$",
    )
    tls: bool | None = None


class Placement(Frozen):
    """Where a system lives by our own records, after a committed move."""

    place: Code
    hosts: tuple[Code, ...]
    run: str
    since: str  # ISO 8601 with zone

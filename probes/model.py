"""What every check takes and gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Family = Literal[4, 6]


class Failure(StrEnum):
    """Why a check failed; a closed set, so that alerts and pages can count on it."""

    REFUSED = "refused"
    NO_ROUTE = "no_route"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_TLS = "timeout_tls"
    TIMEOUT_ANSWER = "timeout_answer"
    TIMEOUT_BODY = "timeout_body"
    WRONG_STATUS = "wrong_status"
    WRONG_REDIRECT = "wrong_redirect"
    WRONG_CONTENT = "wrong_content"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_NAME = "wrong_name"
    WRONG_HOST_KEY = "wrong_host_key"
    AUTH = "auth"
    RESET = "reset"
    BAD_TARGET = "bad_target"
    PROTOCOL = "protocol"
    NO_ALGORITHM = "no_algorithm"
    PERMISSION = "permission"
    NOT_READY = "not_ready"
    BLACK_HOLE = "black_hole"
    NO_ADDRESS = "no_address"
    NO_RESOLVER = "no_resolver"
    ECHO_RATIONED = "echo_rationed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One thing to look at over one family; never resolved with fallback.

    `address` is an IPv4 or IPv6 literal of `family`; `port` is unused by icmp and pmtu; `path`,
    `status`, `tls`, `redirect` (how Location must begin) and `content` (a text the body must hold)
    are http's; `host_key` is ssh's. `name` is whom TLS and HTTP ask for and what DNS is asked,
    `record` the DNS type; there `content` is a record that the answer must hold. `authorities`: a
    PEM file of CAs instead of the system's. `count`: requests of one icmp look. `size`: bytes of
    the largest packet that pmtu tries. `host`: a name whose address of `family` is looked up, again
    and again, where `address` is empty (probes/watch/naming.py).
    """

    code: str
    check: str
    family: Family
    address: str
    port: int = 0
    path: str = "/"
    status: int = 200
    content: str = ""
    host_key: str = ""
    name: str = ""
    tls: bool = False
    redirect: str = ""
    record: str = "A"
    authorities: str = ""
    count: int = 1
    size: int = 1500
    host: str = ""


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """`timings` are milliseconds by phase; `evidence` is small, plain text."""

    target: Target
    ok: bool
    failure: Failure | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)


type Check = Callable[[Target, float], Awaitable[ProbeResult]]
"""A check: (target, deadline in seconds from now) → result. Never raises for what it looks at."""

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
    TIMEOUT_ANSWER = "timeout_answer"
    WRONG_STATUS = "wrong_status"
    WRONG_CONTENT = "wrong_content"
    WRONG_HOST_KEY = "wrong_host_key"
    AUTH = "auth"
    RESET = "reset"
    BAD_TARGET = "bad_target"
    PROTOCOL = "protocol"
    NO_ALGORITHM = "no_algorithm"
    PERMISSION = "permission"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing to look at over one family; never resolved with fallback.

    `address` is an IPv4 or IPv6 literal of `family`; `port` is unused by icmp; `path`, `status`
    and `content` (a text the body must hold) are http's; `host_key` is ssh's.
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

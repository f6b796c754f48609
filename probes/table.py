"""From a check's name to its function: the way in for every look."""

import importlib
import math
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from probes.errors import Misuse
from probes.literal import fault_of
from probes.look import Look
from probes.model import Check, Failure, ProbeResult, Target

CHECKS: Mapping[str, str] = MappingProxyType(
    {
        name: f"probes.{name}"
        for name in (
            *("icmp", "tcp", "tls", "http", "dns", "ssh", "banner", "pmtu"),
            *("postgresql", "mysql", "oracle", "redis"),
        )
    }
)
"""Each check's module, whose `check` it is: loaded when it is wanted, since one of them brings a
library that takes longer to load than ten thousand targets to seat."""


@cache
def _check(name: str) -> Check:
    check: Check = importlib.import_module(CHECKS[name]).check
    return check


def load(names: Iterable[str]) -> None:
    """What these checks need, now: a loop that looks at thousands must not stop for it later."""
    for name in names:
        if name in CHECKS:
            _check(name)


async def probe(target: Target, deadline: float) -> ProbeResult:
    """Look at one target over exactly its family; `deadline` is seconds from now.

    >>> await probe(Target(code="gw-01", check="tcp", family=6, address="fd40::10", port=8001), 2.0)

    Never raises for what it looks at: an unknown check, an address that is no literal of the
    family (v4-mapped included) or an impossible port is a `bad_target` result. Raises Misuse
    for a deadline that is not a positive number, Exhausted when this machine itself is.
    """
    if not (math.isfinite(deadline) and deadline > 0):
        raise Misuse(
            f"读到时限 / read deadline {deadline!r}; 应为正数秒 / expected seconds above 0"
        )
    if target.check not in CHECKS:
        return Look(target).done(
            Failure.BAD_TARGET,
            read=f"检查 / check {target.check!r}",
            expected=f"其中之一 / one of {', '.join(sorted(CHECKS))}",
        )
    if fault := fault_of(target):
        return Look(target).done(Failure.BAD_TARGET, read=fault)
    return await _check(target.check)(target, deadline)

"""From a check's name to its function: the way in for every look."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from probes import (
    banner,
    dns,
    http,
    icmp,
    mysql,
    oracle,
    pmtu,
    postgresql,
    redis,
    ssh,
    tcp,
    tls,
)
from probes.errors import Misuse
from probes.literal import fault_of
from probes.look import Look
from probes.model import Check, Failure, ProbeResult, Target

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "icmp": icmp.check,
        "tcp": tcp.check,
        "tls": tls.check,
        "http": http.check,
        "dns": dns.check,
        "ssh": ssh.check,
        "banner": banner.check,
        "pmtu": pmtu.check,
        "postgresql": postgresql.check,
        "mysql": mysql.check,
        "oracle": oracle.check,
        "redis": redis.check,
    }
)


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
    check = CHECKS.get(target.check)
    if check is None:
        return Look(target).done(
            Failure.BAD_TARGET,
            read=f"检查 / check {target.check!r}",
            expected=f"其中之一 / one of {', '.join(sorted(CHECKS))}",
        )
    if fault := fault_of(target):
        return Look(target).done(Failure.BAD_TARGET, read=fault)
    return await check(target, deadline)

"""What a person types to have a look at: an address, a name, or one of them with how to ask. Pure.

www.example.gov.cn          echo
tcp://10.1.1.1:443          a connection; tls://, ssh://, postgresql:// … likewise
https://www.example.gov.cn/healthz
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from inventory.halves import together
from inventory.secrecy import Hidden
from probes.answers import Found, Silent
from probes.errors import Misuse
from probes.look import Look
from probes.model import Failure, Family, ProbeResult, Target
from probes.names import Resolver
from probes.table import CHECKS

FAMILIES: tuple[Family, ...] = (4, 6)
PORTS = {
    **{"http": 80, "https": 443, "tls": 443, "ssh": 22, "banner": 22, "postgresql": 5432},
    **{"mysql": 3306, "oracle": 1521, "redis": 6379, "dns": 53},
}
_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9-]*[a-z][a-z0-9-]*\.?"
)
_SUCH = "10.1.1.1, www.example.gov.cn, tcp://10.1.1.1:443, https://www.example.gov.cn/"
EXPECTED = f"应为如 {_SUCH} / expected such as {_SUCH}"
ADDRESSES = 4
"""Of one name and family that are looked at; how many there are is told."""
TRAIN = 5
"""Echoes of one look."""


def is_wanted(text: str) -> bool:
    """Whether it is no code of the inventory but something of these; a code is asked for first."""
    return "://" in text or "." in text or ":" in text


def _misuse(read: str, fault: str = "") -> Misuse:
    return Misuse(together(f"读到 {read} / read {read}", fault, EXPECTED))


def targets_for(text: str, families: Iterable[Family] = FAMILIES) -> tuple[Target, ...]:
    """One target a family: a literal address has one, a name both, still to be looked up (`host`).
    Raises Misuse."""
    scheme, _, _ = text.partition("://") if "://" in text else ("icmp", "", "")
    try:
        parts = urlsplit(text if "://" in text else f"icmp://{_bracketed(text)}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise _misuse(f"{text!r}: {error}") from error
    check = {"https": "http", "ssh": "banner"}.get(scheme.lower(), scheme.lower())
    port = port or PORTS.get(scheme.lower(), 0)
    family = _family(host)
    if check not in CHECKS or (family == 0 and not _NAME.fullmatch(host)):
        raise _misuse(repr(text))
    if check not in ("icmp", "pmtu") and not port:
        raise _misuse(repr(text), "缺端口 / no port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    one = Target(
        code=text,
        check=check,
        family=4,
        address=host if family else "",
        host="" if family else host,
        port=0 if check in ("icmp", "pmtu") else port,
        path=path,
        tls=scheme.lower() == "https",
        name="" if family else host,
        count=TRAIN if check == "icmp" else 1,
    )
    return tuple(replace(one, family=f) for f in families if family in (0, f))


def _bracketed(text: str) -> str:
    return f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text


def _family(host: str) -> int:
    try:
        return ip_address(host).version
    except ValueError:
        return 0


def as_train(target: Target) -> Target:
    """An echo as several: a person wants loss and jitter at once."""
    return replace(target, count=TRAIN) if target.check == "icmp" else target


async def located(
    target: Target, resolver: Resolver, deadline: float
) -> tuple[Target | ProbeResult, ...]:
    """A target told by name at each of its addresses of its family, or why there is none."""
    if not target.host or target.address:
        return (target,)
    found = await resolver.addresses(target.host, target.family, deadline)
    if isinstance(found, Found):
        return tuple(replace(target, address=address) for address in found.addresses)
    silent = isinstance(found, Silent)
    failure = Failure.NO_RESOLVER if silent else Failure.NO_ADDRESS
    return (Look(target).done(failure, read=found.told),)


def unhidden(targets: tuple[Target, ...], secret: Hidden) -> tuple[Target, ...]:
    """Raises Misuse for an address that a classified system has to do with."""
    for target in targets:
        if target.address and secret.hides_at(ip_address(target.address)):
            raise Misuse(
                f"地址属于涉密系统，不得探测 / an address of a classified system is never probed: "
                f"{target.address}"
            )
    return targets

"""One visit to one host: log in, run one script, leave; what comes back is a value."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory.facts import Failure, HostFacts, Package, Visit
from inventory.masking import masked
from inventory.text import printable
from probes.census import linux, windows
from probes.census.errors import Broken
from probes.census.explain import explain
from probes.census.model import Target, Way
from probes.census.script import SHELL, script
from probes.census.session import Output, Sessions
from probes.census.winrm import run as run_winrm

type Clock = Callable[[], float]


@dataclass(frozen=True)
class Visited:
    """A visit, and what the host said (secrets masked), which is kept as evidence."""

    visit: Visit
    raw: bytes = b""


@dataclass(frozen=True)
class _Read:
    """What a host said, and what was made of it."""

    raw: str
    facts: HostFacts
    packages: tuple[Package, ...]


def visit(target: Target, sessions: Sessions, now: Clock = time.time) -> Visited:
    """Never raises for what it meets: each end is a Visit."""
    begun = now()
    deadline = time.monotonic() + sessions.limits.host_seconds
    told = {"code": target.code, "address": str(target.stop.address), "way": target.way.value}
    try:
        read = _guarded(target, sessions, deadline, int(begun))
    except Broken as broken:
        ended = Visit(
            **told,
            begun=_iso(begun),
            ended=_iso(now()),
            failure=broken.failure,
            message=explain(broken.failure, target, masked(broken.said)),
            found_key=broken.found_key,
        )
        return Visited(ended)
    good = Visit(
        **told,
        begun=_iso(begun),
        ended=_iso(now()),
        facts=read.facts,
        package_list=read.packages,
    )
    return Visited(good, read.raw.encode())


def _guarded(target: Target, sessions: Sessions, deadline: float, now: int) -> "_Read":
    """What nobody foresaw in a host's answer is that host's failure, and no other host's."""
    try:
        return _read(target, sessions, deadline, now)
    except Broken:
        raise
    except Exception as error:
        raise Broken(Failure.PROTOCOL, f"unforeseen {type(error).__name__}") from error


def _read(target: Target, sessions: Sessions, deadline: float, now: int) -> _Read:
    boundary = secrets.token_hex(16)
    if target.way is Way.SSH:
        output = _over_ssh(target, sessions, deadline, SHELL, script(boundary))
        raw = _said(output, f"\n{boundary} ")
        return _Read(raw, *linux.facts_of(raw, boundary, now=now))
    if target.way is Way.WINDOWS_SSH:
        text = windows.script(boundary)
        output = _over_ssh(target, sessions, deadline, windows.COMMAND, text)
    else:
        text = windows.script(boundary)
        output = run_winrm(target, windows.COMMAND, text, sessions.limits, sessions.stopped)
    raw = _said(output, boundary)
    return _Read(raw, *windows.facts_of(raw, boundary, now=now))


def _over_ssh(
    target: Target, sessions: Sessions, deadline: float, command: str, text: str
) -> Output:
    with sessions.session(target.stop, target.jumps, deadline) as transport:
        return sessions.run(transport, command, text.encode(), deadline)


def _said(output: Output, mark: str) -> str:
    """The text to keep and to read. Raises Broken when nothing of the script ran.

    Secrets are masked here, before anything is parsed or kept.
    """
    raw = masked(output.out.decode("utf-8", "replace"))
    if mark in raw:
        return raw
    if output.late:
        raise Broken(Failure.TIMEOUT, "no answer")
    met = (output.err or output.out).decode("utf-8", "replace").strip()
    lines = printable(" ".join(met.split())[:200])
    raise Broken(Failure.REFUSED, f"exit {output.status}: {lines}")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

"""A gateway that is HAProxy: holding requests, counting those in flight, turning traffic.

HAProxy's admin socket changes what runs; the configuration file is edited alike, so that a
restart keeps it. Per family there is one frontend and one backend of the same name with one
server `main`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
import socket
import time
from pathlib import Path
from typing import Any

from .errors import AgentError
from .files import STATE, locked, write
from .move import FAMILIES, Move
from .proc import check as run_check

SOCKET = "/run/haproxy/admin.sock"
CONFIGURATION = Path("/etc/haproxy/haproxy.cfg")
MAP = "/etc/haproxy/hold.map"
tools = ("haproxy", "sudo", "visudo")


def _wrong(what: str, read: object, expected: str) -> AgentError:
    return AgentError(
        what,
        read=read,
        expected=expected,
        do="检查网关 HAProxy 配置与运行状态 / check HAProxy's configuration and state on the gateway",
    )


def admin(command: str, seconds: float = 5) -> str:
    """One command to the runtime API; raises AgentError when HAProxy does not answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(seconds)
            link.connect(SOCKET)
            link.sendall(command.encode() + b"\n")
            parts: list[bytes] = []
            while True:
                block = link.recv(65536)
                if not block:
                    return b"".join(parts).decode(errors="replace")
                parts.append(block)
    except OSError as error:
        raise _wrong(
            "网关管理接口无应答 / the gateway's admin socket does not answer",
            f"{SOCKET}: {error}",
            "an answer",
        ) from error


def _expect(command: str, pattern: str) -> str:
    answer = admin(command).strip()
    if not re.search(pattern, answer):
        raise _wrong(
            f"网关拒绝命令 / the gateway refused: {command}", answer[:400], pattern or "''"
        )
    return answer


def _statistics() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(admin("show stat").lstrip("# "))))


def servers(move: Move) -> dict[str, str]:
    """Address and port at which each frontend's backend points now: {"c-v4": "10.0.0.1:80"}."""
    found = {}
    for line in admin("show servers state").splitlines():
        fields = line.split()
        if len(fields) > 18 and fields[1] in move.frontends and fields[3] == "main":
            found[fields[1]] = f"{fields[4]}:{fields[18]}"
    missing = [name for name in move.frontends if name not in found]
    if missing:
        raise _wrong(
            "网关缺少后端 / the gateway has no such backend", missing, "backend with server main"
        )
    return found


def holds(move: Move) -> dict[str, str]:
    """Values of the hold map by frontend."""
    found = {}
    for line in admin(f"show map {MAP}").splitlines():
        fields = line.split(" ", 2)
        if len(fields) == 3 and fields[1] in move.frontends:
            found[fields[1]] = fields[2].strip()
    return found


def hold(move: Move, seconds: float) -> dict[str, Any]:
    """Holds new requests until released, for at most `seconds` by the gateway's own clock."""
    deadline = math.ceil(time.time() + seconds)
    for name in move.frontends:
        _expect(f"set map {MAP} {name} hold\\ {deadline}", r"^$")
    return {"deadline": deadline}


def release(move: Move) -> None:
    for name in move.frontends:
        _expect(f"set map {MAP} {name} open", r"^$")


def in_flight(move: Move) -> int:
    """Requests that the backends are working on now."""
    return sum(
        int(row["scur"] or 0) + int(row["qcur"] or 0)
        for row in _statistics()
        if row["pxname"] in move.frontends and row["svname"] == "BACKEND"
    )


def drain(move: Move, seconds: float) -> dict[str, Any]:
    """Waits until nothing is in flight, seen twice; raises AgentError after `seconds`."""
    started, quiet, polls = time.monotonic(), 0, 0
    while quiet < 2:
        waiting = in_flight(move)
        polls += 1
        quiet = quiet + 1 if waiting == 0 else 0
        if quiet < 2 and time.monotonic() - started > seconds:
            raise AgentError(
                "在途请求未在时限内结束 / requests in flight did not end in time",
                read=f"{waiting} after {seconds:g} s",
                expected="0",
                do="查找长请求，或加大 hold_seconds，再次割接 / find the long requests, or allow more time",
            )
        time.sleep(0.005)
    return {"seconds": round(time.monotonic() - started, 3), "polls": polls}


def _server_address(family: int, address: str, port: int) -> str:
    return f"{address}:{port}" if family == 4 else f"ipv6@{address}:{port}"


def edited(text: str, move: Move, side: str) -> str:
    """The configuration with both server lines pointing at `side`; raises AgentError."""
    lines, section, changed = text.split("\n"), "", 0
    place = move.place(side)
    for index, line in enumerate(lines):
        head = re.match(r"^(backend|frontend|listen|global|defaults)\b\s*(\S*)", line)
        if head:
            section = head.group(2) if head.group(1) == "backend" else ""
        found = re.match(r"^(\s*server\s+main\s+)(\S+)(.*)$", line)
        if found and section in move.frontends:
            family = FAMILIES[move.frontends.index(section)]
            address = _server_address(family, place.of_family(family), move.check.port)
            lines[index] = f"{found.group(1)}{address}{found.group(3)}"
            changed += 1
    if changed != 2:
        raise _wrong(
            "网关配置不符 / the gateway's configuration is not as agreed",
            f"{changed} server lines",
            "2: one per family",
        )
    return "\n".join(lines)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def validated(move: Move, side: str) -> str:
    """Asks HAProxy whether it would take the edited configuration; returns its digest."""
    text = edited(CONFIGURATION.read_text(), move, side)
    draft = CONFIGURATION.with_name(f".qianyun-{move.code}.cfg")
    try:
        write(draft, text)
        run_check(
            ["haproxy", "-c", "-q", "-f", str(draft)],
            doing="haproxy -c",
            do="修正网关配置 / correct the gateway's configuration",
        )
    finally:
        if draft.exists():
            draft.unlink()
    return _digest(text)


def switch(move: Move, side: str, known: str = "") -> None:
    """Turns traffic of both families to `side`, now and in the configuration.

    `known` is the digest of a text that was validated before the hold, to spare the time.
    """
    place = move.place(side)
    with locked(STATE / "gateway.lock", 5, "gateway"):
        text = edited(CONFIGURATION.read_text(), move, side)
        if _digest(text) != known:
            validated(move, side)
        for family, name in zip(FAMILIES, move.frontends):  # noqa: B905
            address = place.of_family(family)
            _expect(
                f"set server {name}/main addr {address} port {move.check.port}",
                r"(?i)changed|no need",
            )
        write(CONFIGURATION, text, CONFIGURATION.stat().st_mode & 0o777)


def agreed(move: Move) -> None:
    """Raises AgentError unless the configuration is one that this can hold and turn."""
    text = CONFIGURATION.read_text()
    edited(text, move, "target")
    lua = [line for line in text.splitlines() if line.strip() == "http-request lua.hold"]
    if "lua-load" not in text or len(lua) < 2:
        raise AgentError(
            "网关前端未启用冻结 / frontends do not use the hold",
            read=f"{len(lua)} × http-request lua.hold",
            expected="≥ 2",
            do="按角色 gateway 配置 / configure as the role gateway does",
        )

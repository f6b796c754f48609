"""The gateway: holding requests, turning traffic, and looking, whatever the gateway is made of.

It is what the host has for the system: a table of nftables (`forwarding`), else HAProxy.
"""

from __future__ import annotations

import re
import socket
import time
from typing import Any, Protocol, Sequence

from . import forwarding, haproxy
from .errors import AgentError
from .move import FAMILIES, Check, Move, Place


class Way(Protocol):
    """What turns the traffic. Each function raises AgentError when it cannot."""

    tools: Sequence[str]

    def servers(self, move: Move) -> dict[str, str]:
        """Where each frontend points: {"c-v4": "10.0.0.1:80"}."""

    def holds(self, move: Move) -> dict[str, str]:
        """By frontend: open, or hold and until when."""

    def hold(self, move: Move, seconds: float) -> dict[str, Any]:
        """Holds what is new, for at most `seconds` by the gateway's own clock."""

    def release(self, move: Move) -> None:
        """Lets it go."""

    def drain(self, move: Move, seconds: float) -> dict[str, Any]:
        """Waits for what is in flight, where the gateway can know of it."""

    def validated(self, move: Move, side: str) -> str:
        """Digest of the configuration after a switch to `side`, which has been tried."""

    def switch(self, move: Move, side: str, known: str = "") -> None:
        """Turns both families to `side`, now and in the configuration."""

    def agreed(self, move: Move) -> None:
        """Raises unless the configuration is one that this can hold and turn."""


def way(move: Move) -> Way:
    """What turns this system's traffic on this host."""
    return forwarding if forwarding.here(move) else haproxy


def wanted(move: Move, side: str) -> dict[str, str]:
    """What `servers` gives when traffic goes to the source or the target."""
    place = move.place(side)
    return {
        name: f"{place.of_family(family)}:{move.check.port}"
        for family, name in zip(FAMILIES, move.frontends)  # noqa: B905
    }


def points_to(move: Move) -> dict[str, str]:
    """By frontend: source, target or other."""
    source, target = wanted(move, "source"), wanted(move, "target")
    return {
        name: "source" if at == source[name] else "target" if at == target[name] else "other"
        for name, at in way(move).servers(move).items()
    }


def holds(move: Move) -> dict[str, str]:
    """By frontend: open, or hold and until when."""
    return way(move).holds(move)


def hold(move: Move, seconds: float) -> dict[str, Any]:
    """Holds what is new until released, for at most `seconds` by the gateway's own clock."""
    return way(move).hold(move, seconds)


def release(move: Move) -> dict[str, Any]:
    """Lets what was held go."""
    way(move).release(move)
    return {"held": holds(move)}


def drain(move: Move, seconds: float) -> dict[str, Any]:
    """Waits until nothing is in flight; raises AgentError after `seconds`."""
    return way(move).drain(move, seconds)


def validated(move: Move, side: str) -> str:
    """Tries the configuration that points to `side`; its digest."""
    return way(move).validated(move, side)


def switch(move: Move, side: str, known: str = "") -> dict[str, Any]:
    """Turns traffic of both families to `side`, now and in the configuration.

    `known` is the digest of a text that was validated before the hold, to spare the time.
    """
    way(move).switch(move, side, known)
    found = points_to(move)
    if set(found.values()) != {side}:
        raise AgentError(
            "网关未切换 / the gateway did not turn",
            read=found,
            expected=side,
            do="检查网关配置与运行状态 / check the gateway's configuration and state",
        )
    return {"servers": way(move).servers(move)}


def routed(address: str, port: int, seconds: float = 3) -> str:
    """How a TCP connection ends: open, refused (the host answered), or the error's name."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as link:
            link.settimeout(seconds)
            link.connect((address, port))
            return "open"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return str(error.strerror or error or type(error).__name__)


def fetch(address: str, wanted_page: Check, seconds: float) -> dict[str, Any]:
    """GET over TCP to an address literal: {"ok", "status", "why", "connect_ms", "answer_ms"}."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    host = f"[{address}]" if family == socket.AF_INET6 else address
    started = time.monotonic()
    result: dict[str, Any] = {
        "ok": False,
        "status": 0,
        "why": "",
        "connect_ms": None,
        "answer_ms": None,
    }
    try:
        with socket.socket(family, socket.SOCK_STREAM) as link:
            link.settimeout(seconds)
            link.connect((address, wanted_page.port))
            result["connect_ms"] = round((time.monotonic() - started) * 1000, 1)
            request = (
                f"GET {wanted_page.path} HTTP/1.0\r\nHost: {host}:{wanted_page.port}\r\n"
                "User-Agent: qianyun\r\nConnection: close\r\n\r\n"
            )
            link.sendall(request.encode())
            answer = b""
            while len(answer) < 1 << 20:
                block = link.recv(65536)
                if not block:
                    break
                answer += block
    except OSError as error:
        result["why"] = str(error.strerror or error or type(error).__name__)
        return result
    result["answer_ms"] = round((time.monotonic() - started) * 1000, 1)
    head = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    result["status"] = int(head.group(1)) if head else 0
    has = wanted_page.content.encode() in answer
    result["ok"] = result["status"] == 200 and has
    result["why"] = (
        ""
        if result["ok"]
        else f"status {result['status']}, content {'found' if has else 'missing'}"
    )
    return result


def probe(
    place: Place, wanted_page: Check, seconds: float, families: Sequence[int] = FAMILIES
) -> dict[str, Any]:
    """Asks a host over v4 and v6 apart, again and again until both are well or time is up."""
    limit = time.monotonic() + seconds
    found: dict[str, Any] = {}
    tries = 0
    while True:
        tries += 1
        for family in families:
            if not found.get(f"v{family}", {}).get("ok"):
                left = max(0.2, min(3.0, limit - time.monotonic()))
                found[f"v{family}"] = fetch(place.of_family(family), wanted_page, left)
        bad = {name: one["why"] for name, one in found.items() if not one["ok"]}
        if not bad:
            return {**found, "tries": tries}
        if time.monotonic() > limit:
            raise AgentError(
                f"从网关探测失败 / the probe from the gateway failed: {place.host}",
                read=str(bad),
                expected=f"200 with the agreed content on port {wanted_page.port}, v4 and v6",
                do="检查目标主机的服务与双栈网络 / check the service and both address families there",
            )
        time.sleep(0.02)

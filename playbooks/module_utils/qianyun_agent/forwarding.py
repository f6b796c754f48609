"""A gateway without a proxy: the kernel forwards the old address by nftables (nft(8)).

Per system one table `inet qy_CODE` and one file that makes it, with maps `to4` and `to6` from the
old address's port to where the system is, a set `held` with time-outs (so a hold ends by itself),
and a set `gone4`/`gone6` of where it was: connections that still lead there are reset at their
next packet. What is held are first packets of connections: clients send them again after 1 s.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

from .errors import AgentError
from .files import STATE, locked, write
from .move import FAMILIES, Move
from .proc import check as run_check

FOLDER = Path("/etc/nftables.d")
tools = ("nft", "sudo", "visudo")
ELEMENT = r"^(\s*elements\s*=\s*\{\s*\d{1,5}\s*:\s*)([0-9a-fA-F.:]+)\s*\.\s*(\d{1,5})(\s*\}.*)$"


def name(move: Move) -> str:
    """The system's table."""
    return "qy_" + re.sub(r"[^a-z0-9]", "_", move.code)


def file(move: Move) -> Path:
    return FOLDER / f"{name(move)}.nft"


def here(move: Move) -> bool:
    """Whether this host forwards that system."""
    return file(move).exists()


def _nft(*words: str, feed: str = "") -> str:
    return run_check(
        ["nft", *words],
        doing=f"nft {' '.join(words)}",
        do="检查网关 nftables 配置 / check nftables on the gateway",
        seconds=10,
        feed=feed,
    )


def _wrong(read: object, expected: str) -> AgentError:
    return AgentError(
        "网关转发表不符 / the gateway's table is not as agreed",
        read=read,
        expected=expected,
        do="按 playbooks/README.md 建立该表 / make the table as playbooks/README.md tells",
    )


def _listed(move: Move) -> dict[str, list[Any]]:
    """Elements by map or set of the table, as libnftables-json(5) has them."""
    raw = json.loads(_nft("-j", "list", "table", "inet", name(move)))["nftables"]
    found = {}
    for one in raw:
        for kind in ("map", "set"):
            if kind in one:
                found[str(one[kind]["name"])] = list(one[kind].get("elem", []))
    missing = {"to4", "to6", "held", "gone4", "gone6"} - set(found)
    if missing or any(len(found[way]) != 1 for way in ("to4", "to6")):
        raise _wrong({key: found[key] for key in sorted(found)}, "to4, to6 with one element each")
    return found


def _ports(found: dict[str, list[Any]]) -> dict[int, int]:
    """The old address's port by family."""
    return {family: int(found[f"to{family}"][0][0]) for family in FAMILIES}


def servers(move: Move) -> dict[str, str]:
    """Address and port at which each family's map points: {"c-v4": "10.0.0.1:80"}."""
    found = _listed(move)
    told = {}
    for family, frontend in zip(FAMILIES, move.frontends):  # noqa: B905
        address, port = found[f"to{family}"][0][1]["concat"]
        told[frontend] = f"{address}:{port}"
    return told


def holds(move: Move) -> dict[str, str]:
    """By frontend: open, or hold and the seconds left."""
    found = _listed(move)
    left = {int(one["elem"]["val"]): one["elem"]["expires"] for one in found["held"]}
    ports = _ports(found)
    return {
        frontend: f"hold {left[ports[family]]} s" if ports[family] in left else "open"
        for family, frontend in zip(FAMILIES, move.frontends)  # noqa: B905
    }


def hold(move: Move, seconds: float) -> dict[str, Any]:
    """First packets of connections are dropped for at most `seconds`, by the kernel's clock."""
    table, last = f"inet {name(move)} held", math.ceil(seconds)
    ports = sorted(set(_ports(_listed(move)).values()))
    added = [f"add element {table} {{ {port} timeout {last}s }}" for port in ports]
    _nft("-f", "-", feed="\n".join([f"flush set {table}", *added]) + "\n")
    return {"seconds": last}


def release(move: Move) -> None:
    _nft("flush", "set", "inet", name(move), "held")


def drain(move: Move, seconds: float) -> dict[str, Any]:
    """The kernel knows connections, not requests: those in flight end as the services stop."""
    note = "no proxy: requests in flight end as the services stop"
    return {"drained": False, "note": note, "limit": seconds, "of": name(move)}


def edited(text: str, move: Move, side: str) -> str:
    """The file with both maps pointing at `side`; raises AgentError."""
    lines, within, changed = text.split("\n"), 0, 0
    place = move.place(side)
    for index, line in enumerate(lines):
        head = re.match(r"^\s*(?:map|set|chain)\s+(\S+)", line)
        if head:
            within = {"to4": 4, "to6": 6}.get(head.group(1), 0)
        found = re.match(ELEMENT, line)
        if found and within:
            way = f"{place.of_family(within)} . {move.check.port}"
            lines[index] = f"{found.group(1)}{way}{found.group(4)}"
            changed += 1
    if changed != 2:
        raise _wrong(f"{changed} lines of elements in {file(move)}", "2: one in to4, one in to6")
    return "\n".join(lines)


def validated(move: Move, side: str) -> str:
    """Asks nft whether it would take the edited file; returns its digest."""
    text = edited(file(move).read_text(), move, side)
    _nft("-c", "-f", "-", feed=f"delete table inet {name(move)}\n{text}")
    return hashlib.sha256(text.encode()).hexdigest()


def switch(move: Move, side: str, known: str = "") -> None:
    """Both maps at once, in one transaction; connections to the other side are reset."""
    other = "source" if side == "target" else "target"
    with locked(STATE / "gateway.lock", 5, "gateway"):
        text = edited(file(move).read_text(), move, side)
        if hashlib.sha256(text.encode()).hexdigest() != known:
            validated(move, side)
        ports = _ports(_listed(move))
        orders = []
        for family in FAMILIES:
            to, gone = f"inet {name(move)} to{family}", f"inet {name(move)} gone{family}"
            new, old = move.place(side).of_family(family), move.place(other).of_family(family)
            orders += [
                f"flush map {to}",
                f"add element {to} {{ {ports[family]} : {new} . {move.check.port} }}",
                f"flush set {gone}",
                f"add element {gone} {{ {old} . {move.check.port} }}",
            ]
        _nft("-f", "-", feed="\n".join(orders) + "\n")
        write(file(move), text, file(move).stat().st_mode & 0o777)


def agreed(move: Move) -> None:
    """Raises AgentError unless the table runs and its file can be edited for the target."""
    _listed(move)
    validated(move, "target")

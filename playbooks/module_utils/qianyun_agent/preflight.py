"""Looking before anything is done. Changes nothing on any host, and collects all that is wrong."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable

from . import backup, gateway, ours, portability, presync, record, services, units
from .errors import AgentError
from .journal import now
from .move import Move
from .side import Side

TOOLS = {
    "source": ("rsync", "sudo", "tar", "service", "visudo"),
    "target": ("rsync", "ssh", "ssh-keygen", "service"),
}


class Findings:
    """What is wrong, as text; the playbook fails with all of it at once."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def expect(self, good: bool, what: str, read: object, expected: str, do: str) -> None:
        if not good:
            self.wrong.append(str(AgentError(what, read=read, expected=expected, do=do)))

    def ask(self, question: Callable[[], Any]) -> Any:
        """Runs a check that raises; None when it did."""
        try:
            return question()
        except AgentError as error:
            self.wrong.append(str(error))
            return None


def facts(move: Move, kind: str) -> dict[str, Any]:
    """Of any host: system, tools, clock, role record."""
    release = {}
    for line in Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        release[name] = value.strip('"')
    return {
        "kind": kind,
        "clock": now(),
        "clock_unix": time.time(),
        "python": platform.python_version(),
        "os": f"{release.get('ID', '?')} {release.get('VERSION_ID', '?')}",
        "arch": platform.machine(),
        "libc": os.confstr("CS_GNU_LIBC_VERSION"),
        "record": record.read(move.code).plain(),
    }


def _common(move: Move, kind: str, token: int, found: Findings) -> dict[str, Any]:
    seen = record.read(move.code)
    found.expect(
        os.geteuid() == 0,
        "没有 root 权限 / not root",
        os.geteuid(),
        "0",
        "修正 sudo / correct sudo",
    )
    missing = [
        name
        for name in TOOLS.get(kind) or gateway.way(move).tools
        if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    ]
    found.expect(
        not missing, "缺少程序 / programs are missing", missing, "installed", "安装 / install them"
    )
    if kind != "target":
        sudoers = Path("/etc/sudoers").read_text()
        found.expect(
            re.search(r"^[@#]includedir /etc/sudoers\.d\s*$", sudoers, re.MULTILINE) is not None,
            "sudo 未读取 sudoers.d / sudo does not read sudoers.d",
            "no @includedir in /etc/sudoers",
            "@includedir /etc/sudoers.d",
            "由管理员补上该行 / have that line added",
        )
    roles = {
        "source": ("", "active"),
        "target": ("", "standby", "yielded"),
        "gateway": ("", "entrance"),
    }[kind]
    found.expect(
        seen.role in roles and seen.seen <= token,
        "主机角色被占用 / the host is in another role",
        f"{seen.role or 'none'} (token {seen.seen})",
        f"{' | '.join(role or 'none' for role in roles)}, token ≤ {token}",
        "先完成或回退已有迁移 / finish or roll back the move under way",
    )
    return facts(move, kind)


def _reach(
    found: Findings, what: str, place_addresses: tuple[str, str], port: int, only_open: bool
) -> dict[str, str]:
    result = {}
    for address in place_addresses:
        how = gateway.routed(address, port)
        result[f"[{address}]:{port}"] = how
        good = how == "open" or (how == "refused" and not only_open)
        found.expect(
            good,
            f"网络不通 / no way to {what}",
            f"[{address}]:{port} {how}",
            "open" if only_open else "open or refused",
            "检查路由与防火墙 / check routes and firewalls",
        )
    return result


def services_known(side: Side, found: Findings) -> None:
    """Finds services that this host does not have, and files of theirs that are amiss."""
    for one in units.files(side.move.services):
        if side.kind == "source":
            found.ask(one.offer)
        elif one.path.exists() and record.read(side.move.code).role != record.ACTIVE:
            found.wrong.append(str(units.in_the_way(one)))
    for name in side.move.services:
        found.expect(
            services.known(name),
            f"没有该服务 / no such service: {name}",
            "unknown",
            "installed",
            "安装软件或更正台账 / install it or correct the ledger",
        )


def folders_free(side: Side, found: Findings) -> None:
    """Finds folders of the target that hold what is not this system's copy."""
    for error in ours.refusals(side.move):
        found.wrong.append(str(error))


def source(side: Side, token: int, found: Findings) -> dict[str, Any]:
    """Of the source: sizes, clusters, services, trees, room for the backup, the way to the target."""
    result = _common(side.move, "source", token, found)
    services_known(side, found)
    for error in ours.misplaced(side.move):
        found.wrong.append(str(error))
    for one in side.move.trees:
        found.expect(
            Path(one.path).is_dir(),
            f"目录不存在 / no such tree: {one.path}",
            "absent",
            "a folder",
            "更正台账 / correct the ledger",
        )
    result["databases"] = {
        one.label: found.ask(partial(one.look_at_source, side, found)) for one in side.clusters
    }
    if not found.wrong:
        result["sizes"] = presync.sizes(side)
        result["native"] = portability.held(side.move)
        result["backup"] = found.ask(lambda: backup.need(side))
    target = (side.move.target.address, side.move.target.address6)
    for cluster in side.clusters:
        reach = _reach(found, "target", target, cluster.of.port, False)
        result.setdefault("reach", {}).update(reach)
    return result


def target(side: Side, token: int, found: Findings) -> dict[str, Any]:
    """Of the target: programs, no cluster or folder in the way, the way to the source."""
    result = _common(side.move, "target", token, found)
    services_known(side, found)
    folders_free(side, found)
    place = side.move.source
    both = (place.address, place.address6)
    result["reach"] = _reach(found, "source ssh", both, place.ssh_port, True)
    for cluster in side.clusters:
        found.ask(partial(cluster.look_at_target, side, found))
        result["reach"].update(_reach(found, "source database", both, cluster.of.port, True))
    return result


def entrance(move: Move, token: int, found: Findings) -> dict[str, Any]:
    """Of the gateway: frontends, hold, traffic at the source, the ways to both."""
    result = _common(move, "gateway", token, found)
    points = found.ask(lambda: gateway.points_to(move)) or {}
    result["points_to"] = points
    found.expect(
        set(points.values()) == {"source"},
        "网关当前不指向源主机 / the gateway does not point at the source",
        points,
        str(gateway.wanted(move, "source")),
        "核对台账与网关 / compare ledger and gateway",
    )
    holds = found.ask(lambda: gateway.holds(move)) or {}
    result["holds"] = holds
    found.expect(
        set(holds) == set(move.frontends),
        "网关未装割接冻结 / the gateway has no hold",
        holds,
        "both frontends in hold.map",
        "安装 hold.lua 与 hold.map / install hold.lua and hold.map",
    )
    found.ask(lambda: gateway.way(move).agreed(move))
    both = (move.target.address, move.target.address6)
    result["reach"] = _reach(found, "target", both, move.check.port, False)
    result["source"] = found.ask(lambda: gateway.probe(move.source, move.check, 5))
    return result


def compare(
    side: Side, of_source: dict[str, Any], of_gateway: dict[str, Any], found: Findings
) -> dict[str, Any]:
    """On the target: both hosts fit together, and there is room; clocks as evidence."""
    here = facts(side.move, "target")
    # A database's files fit their own kind of machine only; of trees it is told file by file.
    as_files = any(not one.files_fit_anywhere for one in side.clusters)
    for name in ("os", "arch", "libc") if as_files else ():
        found.expect(
            here[name] == of_source.get(name),
            f"两端不同 / source and target differ: {name}",
            here[name],
            str(of_source.get(name)),
            "换用相同环境，或走逻辑迁移 / use an equal one, or migrate logically",
        )
    theirs = of_source.get("databases") or {}
    for store in side.clusters:
        here_too = found.ask(partial(store.look_at_target, side, Findings())) or {}
        store.compare(here_too, theirs.get(store.label) or {}, found)
    wanted = of_source.get("sizes") or {"trees": {}, "clusters": {}}
    space = found.ask(lambda: presync.room(side, wanted))
    native = portability.findings(of_source.get("native") or {}, side.move)
    for one in native:
        found.expect(
            one["severity"] != portability.BLOCKS,
            one["what"],
            portability.shown(one),
            one["expected"],
            one["do"],
        )
    return {
        "portability": native,
        "room": space,
        "clocks": {
            "source": of_source.get("clock"),
            "gateway": of_gateway.get("clock"),
            "target": here["clock"],
        },
    }

#!/usr/bin/python3
"""A network change on the device that it is for: there, back, or looked at. Linux with FRR or nftables.

The change is compare-and-set: a device that is set otherwise than the change was made for is left
alone. With `confirm_seconds` it goes back by itself unless `confirm` comes in that time, by another
connection than the one that the change may have cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import traceback
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: qianyun_network
short_description: Makes, undoes or confirms a network change
options:
  verb: {type: str, choices: [forward, back, confirm], required: true}
  change: {type: dict, required: true, description: as `qianyun network render` wrote it}
  confirm_seconds: {type: int, default: 0, description: it goes back by itself after so long; 0 never}
"""
RETURN = """
qianyun: {type: dict, description: verb, name, outcome}
"""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
PENDING = Path("/run/qianyun-network")
SECONDS = 30
MARK = "QIANYUN_ATTEMPT"


class Refused(Exception):
    """What was read, what was expected, what to do."""

    def __init__(self, what: str, *, read: object, expected: object, do: str) -> None:
        super().__init__(
            f"{what}; 读到 / read: {read}; 应为 / expected: {expected}; 处理 / do: {do}"
        )


def run(argv: list[str], text: str = "") -> str:
    """Raises Refused with what the program said."""
    try:
        done = subprocess.run(
            argv, input=text, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(
            f"{argv[0]} 无法运行 / can't be run",
            read=error,
            expected="0",
            do="检查设备 / look at the device",
        ) from error
    if done.returncode:
        raise Refused(
            f"{' '.join(argv)} 失败 / failed",
            read=(done.stderr or done.stdout).strip()[:500],
            expected="0",
            do="检查设备 / look at the device",
        )
    return done.stdout


class Frr:
    """`forward`, `back`: texts for vtysh; `shows_before`, `shows_after`: [block, line] of its running
    configuration."""

    def __init__(self, change: dict[str, Any]) -> None:
        self.change = change

    def stands(self) -> str:
        """before | after | other"""
        lines = self._running()
        before = {tuple(one) for one in self.change["shows_before"]}
        after = {tuple(one) for one in self.change["shows_after"]}
        if before <= lines and not after & lines:
            return "before"
        return "after" if after <= lines and not before & lines else "other"

    def _running(self) -> set[tuple[str, str]]:
        lines: set[tuple[str, str]] = set()
        block = ""
        for line in run(["vtysh", "-c", "show running-config"]).splitlines():
            if line.startswith(" "):
                lines.add((block, line.strip()))
            else:
                block = line if line.startswith("interface ") else ""
                lines.add(("", line))
        return lines

    def send(self, way: str) -> None:
        told = run(["vtysh"], self.change[way])
        if complaint := [line for line in told.splitlines() if line.startswith("%")]:
            raise Refused(
                "FRR 拒绝命令 / FRR refused a command",
                read=complaint[0],
                expected="no complaint",
                do="检查设备 / look at the device",
            )


class Nftables:
    """`listing`: the ruleset that the change was made for; `objects`, `twins`: what is added to it.
    Rules of ours bear our comment, so nothing has to be kept about them, not even over a restart."""

    def __init__(self, change: dict[str, Any]) -> None:
        self.change = change
        self.comment = f"qianyun {change['name']}"

    def stands(self) -> str:
        """before | after | other"""
        found = listing()
        wanted = normal(self.change["listing"])
        if normal(found) == wanted:
            return "before"
        ours = [one for one in found if self._is_ours(one)]
        others = [one for one in found if not self._is_ours(one)]
        whole = len(ours) == len(self.change["objects"]) + len(self.change["twins"])
        return "after" if whole and normal(others) == wanted else "other"

    def _is_ours(self, one: dict[str, Any]) -> bool:
        ((kind, row),) = one.items()
        if kind == "rule":
            return bool(row.get("comment") == self.comment)
        return identity(one) in {identity(other) for other in self.change["objects"]}

    def send(self, way: str) -> None:
        commands = self._forward() if way == "forward" else self._back()
        run(["nft", "-j", "-f", "-"], json.dumps({"nftables": commands}))

    def _forward(self) -> list[dict[str, Any]]:
        handles: dict[tuple[str, str, str], list[int]] = {}
        for one in listing():
            if row := one.get("rule"):
                handles.setdefault(chain_of(row), []).append(row["handle"])
        commands = [{"add": one} for one in self.change["objects"]]
        first = [one for one in self.change["twins"] if one["after"] == -1]
        for one in reversed(first):  # each goes before the one that came before it
            commands.append({"insert": {"rule": self._rule(one)}})
        for one in self.change["twins"]:
            if one["after"] == -1:
                continue
            at = {"handle": handles[chain_of(one)][one["after"]]} if one["after"] >= 0 else {}
            commands.append({"add": {"rule": {**self._rule(one), **at}}})
        return commands

    def _rule(self, one: dict[str, Any]) -> dict[str, Any]:
        place = {key: one[key] for key in ("family", "table", "chain")}
        return {**place, "expr": one["expr"], "comment": self.comment}

    def _back(self) -> list[dict[str, Any]]:
        tables = [one for one in self.change["objects"] if "table" in one]
        gone = {(one["table"]["family"], one["table"]["name"]) for one in tables}
        commands: list[dict[str, Any]] = [{"delete": one} for one in tables]
        for one in listing():
            row = one.get("rule", {})
            if row.get("comment") == self.comment and chain_of(row)[:2] not in gone:
                place = {key: row[key] for key in ("family", "table", "chain", "handle")}
                commands.append({"delete": {"rule": place}})
        for one in reversed(self.change["objects"]):
            ((kind, row),) = one.items()
            if kind != "table" and (row["family"], row["table"]) not in gone:
                place = {key: row[key] for key in ("family", "table", "name")}
                commands.append({"delete": {kind: place}})
        return commands


def listing() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(["nft", "-j", "list", "ruleset"]))["nftables"]
    return [one for one in found if "metainfo" not in one]


def chain_of(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["family"], row["table"], row["chain"]


def identity(one: dict[str, Any]) -> tuple[str, str, str, str]:
    ((kind, row),) = one.items()
    return kind, row["family"], row.get("table", ""), row["name"]


def normal(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """A ruleset without what changes by itself: handles, counts, elements that packets make. Rules by
    chain in their order, everything else in none."""
    told: dict[str, list[str]] = {}
    for one in found:
        ((kind, row),) = one.items()
        if kind == "metainfo":
            continue
        chain = " ".join(chain_of(row)) if kind == "rule" else ""
        told.setdefault(chain, []).append(json.dumps({kind: still(row)}, sort_keys=True))
    told.get("", []).sort()
    return told


def still(value: Any) -> Any:
    if isinstance(value, list):
        return [still(one) for one in value]
    if not isinstance(value, dict):
        return value
    moving = {"timeout", "dynamic"} & set(value.get("flags") or ())
    dropped = {"handle", "packets", "bytes", "used", "expires"} | ({"elem"} if moving else set())
    told = {key: still(one) for key, one in value.items() if key not in dropped}
    for key in ("set", "elem"):  # the kernel tells elements in an order of its own
        if isinstance(told.get(key), list):
            told[key] = sorted(told[key], key=lambda one: json.dumps(one, sort_keys=True))
    return told


KINDS = {"frr": Frr, "nftables": Nftables}


def device(change: dict[str, Any]) -> Frr | Nftables:
    """Raises Refused."""
    if change.get("vendor") not in KINDS or not NAME.fullmatch(str(change.get("name"))):
        raise Refused(
            "无法向该设备下发 / nothing can be sent to such a device",
            read=f"{change.get('name')!r}, {change.get('vendor')!r}",
            expected=" | ".join(KINDS),
            do="由工程师按文件手工执行 / an engineer types the files",
        )
    return KINDS[change["vendor"]](change)


def turn(there: Frr | Nftables, verb: str, seconds: int, *, check: bool) -> tuple[bool, str]:
    """(changed, outcome); raises Refused."""
    had, wanted = ("before", "after") if verb == "forward" else ("after", "before")
    found = there.stands()
    if found == wanted:
        return False, "there already"
    if found != had:
        raise Refused(
            "设备现状与变更编制时不符，未改动 / the device is set otherwise than the change was made "
            "for, nothing was changed",
            read=found,
            expected=had,
            do="查明谁改了设备，重新生成 / find out who changed it, render it again",
        )
    if check:
        return True, "would be changed"
    if seconds:
        watch(there, verb, seconds)
    other = "back" if verb == "forward" else "forward"
    try:
        there.send(verb)
        now = there.stands()
    except Refused:
        if there.stands() != had:
            there.send(other)
        forget(there.change["name"])
        raise
    if now != wanted:
        there.send(other)
        forget(there.change["name"])
        raise Refused(
            "变更后设备不符，已回退 / the device is not as it was to be; it was set back",
            read=now,
            expected=wanted,
            do="查看设备日志 / read the device's log",
        )
    return True, "changed, to be confirmed" if seconds else "changed"


def watch(there: Frr | Nftables, verb: str, seconds: int) -> None:
    """A process that outlives us and our connection; it sets back what nobody confirmed."""
    name = there.change["name"]
    PENDING.mkdir(mode=0o700, exist_ok=True)
    forget(name)
    if os.fork():
        os.wait()
        return
    os.setsid()
    if child := os.fork():
        (PENDING / name).write_text(str(child))
        os._exit(0)
    for fd in range(256):
        with contextlib.suppress(OSError):
            os.close(fd)
    os.dup(os.dup(os.open(os.devnull, os.O_RDWR)))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    unmark()
    try:
        time.sleep(seconds)
        there.send("back" if verb == "forward" else "forward")
        (PENDING / name).rename(PENDING / f"{name}.undone")
    finally:
        os._exit(0)


def unmark() -> None:
    """Wipes the attempt's mark off this process (/proc/PID/environ is its memory, proc(5)): who ends what
    an attempt left must not end the way back."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import ctypes

        found = ctypes.CDLL(None).getenv
        found.restype = ctypes.c_void_p
        if at := found(MARK.encode()):
            ctypes.memset(at, ord("-"), len(os.environ.get(MARK, "")))


def forget(name: str) -> bool:
    """Ends the process that would set it back; False when it has done so already."""
    try:
        pid = int((PENDING / name).read_text())
        os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
    (PENDING / name).unlink()
    return True


def confirm(there: Frr | Nftables) -> tuple[bool, str]:
    """Raises Refused when it has gone back already."""
    name = there.change["name"]
    if forget(name):
        return True, "confirmed"
    if (PENDING / f"{name}.undone").exists():
        (PENDING / f"{name}.undone").unlink()
        raise Refused(
            "未在限时内确认，设备已自行回退 / nobody confirmed it in time: the device set itself back",
            read="undone",
            expected="pending",
            do="检查管理通路后重试 / look at the way to the device, then retry",
        )
    return False, "nothing to confirm"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "verb": {"type": "str", "required": True, "choices": ["forward", "back", "confirm"]},
            "change": {"type": "dict", "required": True},
            "confirm_seconds": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    p, told = module.params, {"verb": module.params["verb"]}
    try:
        there = device(p["change"])
        told["name"] = p["change"]["name"]
        if p["verb"] == "confirm":
            changed, outcome = (False, "") if module.check_mode else confirm(there)
        else:
            changed, outcome = turn(there, p["verb"], p["confirm_seconds"], check=module.check_mode)
    except Refused as error:
        module.fail_json(msg=str(error), qianyun=told)
    except Exception as error:
        module.fail_json(
            msg=f"网络变更失败 / the change failed: {type(error).__name__}: {error}",
            exception=traceback.format_exc(),
            qianyun=told,
        )
    else:
        module.exit_json(changed=changed, qianyun={**told, "outcome": outcome})


if __name__ == "__main__":
    main()

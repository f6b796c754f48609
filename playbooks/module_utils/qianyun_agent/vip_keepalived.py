"""This host's keepalived: its instance of ours, the number that it watches, and what else is set."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import List, Optional, Sequence, Set

from .errors import AgentError
from .files import ensure_folder, write
from .proc import PATH, check
from .units import Service
from .vip import FOLDER, INCLUDE, KEEPALIVED, MAIN, Vip, instance

SERVICE = "keepalived"
PID = Path("/run/keepalived.pid")
OURS = f"# qianyun: made where there was none\n{INCLUDE}\n"
INCLUDED = rf"^\s*include\s+({KEEPALIVED}/)?{FOLDER.name}/\*\.conf\s*$"
# Where systems keep addresses that are set at boot: an address there comes up with no regard to VRRP.
BOOT = (
    "network/interfaces", "network/interfaces.d/*", "netplan/*", "systemd/network/*", "rc.local",
    "NetworkManager/system-connections/*", "sysconfig/network-scripts/ifcfg-*",
    "sysconfig/network/ifcfg-*",
)  # fmt: skip
INSTANCES = ("keepalived/*.conf", "keepalived/*/*.conf")


def priority(vip: Vip) -> Optional[int]:
    """The watched number; None where this host was never prepared."""
    try:
        return int(vip.state.read_text())
    except (FileNotFoundError, ValueError):
        return None


def set_priority(vip: Vip, value: int) -> bool:
    """Durably, in one step; keepalived learns of it at once. False where it stood already."""
    return write(vip.state, f"{value}\n")


def alive() -> bool:
    """Whether keepalived runs (its script of Debian's knows no `status`)."""
    try:
        return Path(f"/proc/{int(PID.read_text())}/comm").read_text().strip() == SERVICE
    except (OSError, ValueError):
        return False


def includes() -> bool:
    """Whether keepalived reads what lies in our folder, or will since there is no configuration."""
    return not MAIN.exists() or bool(re.search(INCLUDED, MAIN.read_text(), re.MULTILINE))


def tried(vip: Vip, side: str, interface: str) -> None:
    """Asks this host's keepalived whether it would take the instance beside what it has. Raises."""
    with tempfile.TemporaryDirectory(dir="/run", prefix="qianyun-vip-") as made:
        draft, whole = Path(made, "instance.conf"), Path(made, "keepalived.conf")
        draft.write_text(instance(vip, side, interface, Path(made, "priority")))
        main = MAIN.read_text() if MAIN.exists() else ""
        main = re.sub(INCLUDED, "", main, flags=re.MULTILINE)
        main = re.sub(r"(?m)^(\s*include\s+)(?![/\s])", rf"\1{KEEPALIVED}/", main)
        others = [one for one in sorted(FOLDER.glob("*.conf")) if one != vip.file]
        parts = [main, *(f"include {one}" for one in (*others, draft))]
        whole.write_text("\n".join(parts) + "\n")
        check(
            [SERVICE, "-t", "-f", str(whole)],
            doing="keepalived -t",
            do="更正 keepalived 配置，或换用未占用的 vrid / correct its configuration, or take another vrid",
        )


def prepared(vip: Vip, side: str, interface: str) -> bool:
    """Whether this host was prepared for just this."""
    try:
        same = vip.file.read_text() == instance(vip, side, interface, vip.state)
    except FileNotFoundError:
        return False
    return same and priority(vip) is not None


def another(vip: Vip) -> Set[str]:
    """The addresses of an instance of this name that is here for others; empty is right."""
    if not vip.file.exists():
        return set()
    found = set(re.findall(r"(?m)^ {8}(\S+)/\d+ dev ", vip.file.read_text()))
    return found if found != set(vip.addresses) else set()


def install(vip: Vip, side: str, interface: str, first: int) -> bool:
    """Instance, number (`first`, unless there is one), and keepalived at work, now and after a
    restart. Returns whether anything changed. Raises AgentError."""
    ensure_folder(FOLDER, 0o755)
    changed = priority(vip) is None and set_priority(vip, first)
    changed |= not MAIN.exists() and write(MAIN, OURS)
    changed |= write(vip.file, instance(vip, side, interface, vip.state))
    if changed or not alive():
        renew()
        return True
    return False


def remove(vip: Vip) -> None:
    """The instance goes, and keepalived with it where it had nothing else to do."""
    vip.file.unlink(missing_ok=True)
    vip.state.unlink(missing_ok=True)
    ours = MAIN.exists() and MAIN.read_text() == OURS
    if not ours or any(FOLDER.glob("*.conf")):
        renew()
        return
    _stop()  # the script does nothing once the configuration is gone
    Service(SERVICE).at_boot(False)
    MAIN.unlink()


def renew() -> None:
    """Keepalived starts, or reads its configuration anew. Raises AgentError."""
    service = Service(SERVICE)
    if not alive():
        service.start(30)
        if note := service.at_boot(True):
            raise AgentError(
                "无法设为开机启动 / keepalived cannot be set to start at boot",
                read=note,
                expected="started at boot",
                do="由管理员设为开机启动后重试 / have it enabled, then retry",
            )
        return
    os.kill(int(PID.read_text()), signal.SIGHUP)  # other instances go on meanwhile


def _stop() -> None:
    """Its script of Debian's finds no process by its program on an overlay, so it is looked after."""
    Service(SERVICE).stop(30)
    limit = time.monotonic() + 10
    while alive():
        if time.monotonic() > limit:
            raise AgentError(
                "keepalived 未停止 / keepalived does not stop",
                read=f"process {PID.read_text().strip()}",
                expected="none",
                do="查看其日志 / read its log",
            )
        os.kill(int(PID.read_text()), signal.SIGTERM)
        time.sleep(0.2)


# -- what else sets it ---------------------------------------------------------------------------


def _named(path: Path, wanted: Set[str]) -> Set[str]:
    """Those of the addresses that a file names outside of comments, however they are spelled."""
    found = set()
    lines = path.read_text(errors="replace").splitlines()
    for word in re.findall(r"[0-9A-Fa-f:.]+", "\n".join(re.sub(r"[#!].*", "", x) for x in lines)):
        try:
            found.add(str(ipaddress.ip_address(word)))
        except ValueError:
            continue
    return found & wanted


def _others(vip: Vip, patterns: Sequence[str]) -> List[Path]:
    found = [path for pattern in patterns for path in sorted(Path("/etc").glob(pattern))]
    return [path for path in found if path != vip.file and path.is_file()]


def set_elsewhere(vip: Vip) -> List[str]:
    """Files that would set the address at boot, or another instance of keepalived's that has it."""
    wanted = set(vip.addresses)
    paths = _others(vip, (*BOOT, *INSTANCES))
    return [f"{path}: {one}" for path in paths for one in sorted(_named(path, wanted))]


def vrid_elsewhere(vip: Vip) -> List[str]:
    """Files with another instance of that VRID, which keepalived takes without a word."""
    same = re.compile(rf"^\s*virtual_router_id\s+{vip.vrid}\s*$", re.MULTILINE)
    paths = _others(vip, INSTANCES)
    return [str(path) for path in paths if same.search(path.read_text(errors="replace"))]


def installed() -> bool:
    return all(shutil.which(name, path=PATH) for name in (SERVICE, "ip"))

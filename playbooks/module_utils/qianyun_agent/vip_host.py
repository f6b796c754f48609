"""This host: its card, its keepalived, and where the virtual address is set besides."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from .errors import AgentError
from .files import ensure_folder, write
from .proc import check, run
from .units import Service
from .vip import FOLDER, INCLUDE, KEEPALIVED, MAIN, WIDTH, Vip, family, instance
from .vip_wire import Interface

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
ADOPT_SECONDS = 2.0  # beyond VRRP's start
INSTANCES = ("keepalived/*.conf", "keepalived/*/*.conf")


def _listed() -> List[Dict[str, Any]]:
    raw = check(["ip", "-j", "addr", "show"], doing="ip -j addr", do="安装 iproute2 / install it")
    found: List[Dict[str, Any]] = json.loads(raw)
    return found


def card(vip: Vip, side: str) -> Interface:
    """The card with this host's own addresses, in whose networks the virtual ones lie. Raises."""
    own = vip.own(side)
    for one in _listed():
        nets = {
            str(ipaddress.ip_address(had["local"])): ipaddress.ip_network(
                f"{had['local']}/{had['prefixlen']}", strict=False
            )
            for had in one.get("addr_info", [])
            if "local" in had
        }
        if not set(own) <= set(nets):
            continue
        for mine, address in zip(own, vip.addresses):  # noqa: B905
            if ipaddress.ip_address(address) not in nets[mine]:
                raise _elsewhere(address, f"{mine} in {nets[mine]}")
        return Interface(one["ifname"], int(one["ifindex"]), str(one["address"]))
    raise AgentError(
        "本机没有申报的地址 / this host does not have the addresses that it was declared with",
        read="no card with them",
        expected=" and ".join(own) + " on one card",
        do="核对变更清单中的 source、target 与主机清单 / compare source, target and the inventory",
    )


def _elsewhere(address: str, read: str) -> AgentError:
    return AgentError(
        f"虚拟地址不在本机网段 / the virtual address is of another segment: {address}",
        read=read,
        expected="a network that holds it, on both hosts: VRRP works within one segment",
        do="改用域名或代理切换，或更正地址 / turn a name or a proxy instead, or correct the address",
    )


def _entries(wanted: Iterable[str]) -> List[Tuple[str, Dict[str, Any]]]:
    """Card and entry of each of these addresses that this host has, with whatever prefix."""
    return [
        (listed["ifname"], one)
        for listed in _listed()
        for one in listed.get("addr_info", [])
        if "local" in one and str(ipaddress.ip_address(one["local"])) in wanted
    ]


def holding(vip: Vip) -> Set[str]:
    """Which of the virtual addresses this host has now."""
    return {str(ipaddress.ip_address(one["local"])) for _, one in _entries(vip.addresses)}


def strays(vip: Vip) -> List[Tuple[str, str]]:
    """Card and prefix of those that are not VRRP's, since they were here before it."""
    return [
        (name, f"{one['local']}/{one['prefixlen']}")
        for name, one in _entries(vip.addresses)
        if one["prefixlen"] != WIDTH[family(one["local"])]
    ]


def hangs_on_stray(vip: Vip, side: str) -> bool:
    """Whether the kernel would take the host's own address away with a stray (it is its secondary)."""
    return bool(strays(vip)) and any(one.get("secondary") for _, one in _entries(vip.own(side)))


def adopt(vip: Vip, seconds: float) -> bool:
    """Waits until VRRP has all addresses here, and nobody else; whether it came to that.

    Strays stay up until VRRP is at work: it misses the one that goes, and has it again in 0.1 s.
    """
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        found = strays(vip)
        ours = len(_entries(vip.addresses)) - len(found)
        if ours == len(vip.addresses) and not found:
            return True
        # of IPv6 the kernel has an address once, so a stray hides whether VRRP is at work
        if found and (ours or passed > ADOPT_SECONDS):
            _convert(found)
        time.sleep(0.3 if found else 0.02)
    return False


def _convert(found: Sequence[Tuple[str, str]]) -> None:
    """In one go, so that an address is away for no longer than the kernel needs."""
    orders = []
    for name, address in found:
        bare, more = address.partition("/")[0], ""
        if family(bare) == 6:
            more = f"addr add {bare}/{WIDTH[6]} dev {name} nodad preferred_lft 0\n"
        orders.append(f"addr del {address} dev {name}\n{more}")
    check(
        ["ip", "-batch", "-"],
        doing="ip addr del",
        do="人工撤下该地址后重试 / take it away by hand, then retry",
        feed="".join(orders),
    )


def holds_all(vip: Vip) -> bool:
    return holding(vip) == set(vip.addresses)


def awaited(vip: Vip, wanted: Set[str], seconds: float) -> bool:
    """Waits until this host has just `wanted` of the addresses; whether it came to that."""
    limit = time.monotonic() + seconds
    while holding(vip) != wanted:
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def priority(vip: Vip) -> Optional[int]:
    """The watched number; None where this host was never prepared."""
    try:
        return int(vip.state.read_text())
    except (FileNotFoundError, ValueError):
        return None


def set_priority(vip: Vip, value: int) -> bool:
    """Durably, in one step; keepalived learns of it at once. False where it stood already."""
    return write(vip.state, f"{value}\n")


# -- keepalived ----------------------------------------------------------------------------------


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


def ready(vip: Vip, side: str, interface: str) -> bool:
    """Whether this host was prepared for just this, and keepalived runs."""
    try:
        same = vip.file.read_text() == instance(vip, side, interface, vip.state)
    except FileNotFoundError:
        return False
    return same and alive() and priority(vip) is not None


def install(vip: Vip, side: str, interface: str, first: int) -> bool:
    """Instance, number (`first`, unless there is one), and keepalived at work, now and after a
    restart. Returns whether anything changed. Raises AgentError."""
    ensure_folder(FOLDER, 0o755)
    changed = priority(vip) is None and set_priority(vip, first)
    changed |= not MAIN.exists() and write(MAIN, OURS)
    changed |= write(vip.file, instance(vip, side, interface, vip.state))
    if changed or not alive():
        _renew()
        return True
    return False


def remove(vip: Vip) -> None:
    """The instance goes, and keepalived with it where it had nothing else to do."""
    vip.file.unlink(missing_ok=True)
    vip.state.unlink(missing_ok=True)
    ours = MAIN.exists() and MAIN.read_text() == OURS
    if not ours or any(FOLDER.glob("*.conf")):
        _renew()
        return
    _stop()  # the script does nothing once the configuration is gone
    Service(SERVICE).at_boot(False)
    MAIN.unlink()


def _renew() -> None:
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
    os.kill(
        int(PID.read_text()), signal.SIGHUP
    )  # reads its configuration anew; other instances go on


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
    return run(["which", SERVICE, "ip"], seconds=15, marked=False).code == 0

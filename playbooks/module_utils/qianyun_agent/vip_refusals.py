"""What keeps a virtual address from being moved, in words; each is raised, or told with others."""

from __future__ import annotations

from typing import Dict, Iterable, Sequence

from .errors import AgentError, Fenced


def taken(address: str, cards: Iterable[str], expected: str) -> AgentError:
    return AgentError(
        f"虚拟地址已在别处 / the virtual address is somewhere else: {address}",
        read=f"it answers from {', '.join(sorted(cards))}",
        expected=expected,
        do="按该网卡地址找到设备，收回地址后重试 / find the machine by that card, free the address, retry",
    )


def missing() -> AgentError:
    return AgentError(
        "缺少程序 / programs are missing",
        read="keepalived or ip is not installed",
        expected="keepalived, iproute2",
        do="安装后重试 / install them, then retry",
    )


def at_boot(found: Sequence[str]) -> AgentError:
    return AgentError(
        "虚拟地址另有开机配置 / the virtual address is set at boot besides, with no regard to VRRP",
        read="; ".join(found),
        expected="set by our instance of keepalived alone",
        do="从这些文件中删去该地址，当前地址不必撤下 / take it out of these files; it may stay up meanwhile",
    )


def hangs() -> AgentError:
    return AgentError(
        "本机自身地址依附于虚拟地址 / this host's own address hangs on the virtual one",
        read="its own address is a secondary one (ip addr)",
        expected="a primary one: it would go with the virtual address",
        do="把自身地址配为主地址后重试 / set its own address first, then the virtual one, and retry",
    )


def same_vrid(vrid: int, found: Sequence[str]) -> AgentError:
    return AgentError(
        f"VRID 已被占用 / the VRID is taken on this host: {vrid}",
        read=", ".join(found),
        expected="a VRID of this virtual address alone (RFC 5798, 5.2.3)",
        do="换用未占用的 vrid，重新生成 / take another one, render it again",
    )


def another(name: str, found: Iterable[str]) -> AgentError:
    return AgentError(
        f"同名的另一虚拟地址已在本机 / another virtual address of that name is here: {name}",
        read=", ".join(sorted(found)),
        expected="none, or the same addresses",
        do="换一个名称重新生成 / render it again under another name",
    )


def unread() -> AgentError:
    return AgentError(
        "keepalived 未读取我们的目录 / keepalived does not read our folder",
        read="no such line in /etc/keepalived/keepalived.conf",
        expected="include /etc/keepalived/qianyun.d/*.conf",
        do="由管理员补上该行 / have that line added",
    )


def apart(peer: str) -> AgentError:
    return AgentError(
        f"两台主机不在同一网段 / the two hosts are not of one segment: {peer}",
        read="nobody answers for it on the wire (ARP, neighbour discovery)",
        expected="the other host's card",
        do="改用域名或代理切换，或打通二层 / turn a name or a proxy instead, or join the segments",
    )


def unheard(peer: str) -> AgentError:
    return AgentError(
        f"收不到对端的 VRRP 报文 / VRRP does not get there and back: {peer}",
        read="no greeting of the other host, or none of ours came to it",
        expected="IP protocol 112 let through by both hosts' firewalls and the cloud's security groups",
        do="放行协议 112；Ansible 并发数至少为 2 / let it through; Ansible needs two forks or more",
    )


def unmoved(holding: Sequence[str], wanted: Sequence[str]) -> AgentError:
    return AgentError(
        "虚拟地址未按预期就位 / the virtual address is not where it was to be",
        read=f"this host has {list(holding)}",
        expected=f"{list(wanted)}",
        do="查看两台主机的 keepalived 日志 / read keepalived's log on both hosts",
    )


def unready(name: str) -> Fenced:
    return Fenced(
        f"本机没有为此虚拟地址做好准备 / this host is not prepared for the virtual address: {name}",
        read="another instance or none, or keepalived does not run",
        expected="what vip_prepare.yml leaves for this very change",
        do="先运行 vip_prepare.yml / run vip_prepare.yml first",
    )


def silent(ports: Sequence[int], wanted: Sequence[int]) -> AgentError:
    return AgentError(
        "新持有方没有服务 / nothing is served where the address is to go",
        read=f"nothing listens on {list(ports)}",
        expected=f"listening: {list(wanted)}",
        do="先启动服务，再切换虚拟地址 / start the services first, then move the address",
    )


def kept(here: Sequence[str], elsewhere: Dict[str, list[str]]) -> Fenced:
    return Fenced(
        "新持有方尚未接管，本机不让出 / the other host does not have the address, so this one keeps it",
        read=f"here {list(here)}, elsewhere {elsewhere}",
        expected="every address on the other host",
        do="重新运行 vip.yml / run vip.yml again",
    )


def two_holders(address: str, cards: Iterable[str]) -> AgentError:
    return AgentError(
        f"原持有方没有让出，已退回 / the old holder did not let go, and it was set back: {address}",
        read=f"it still answers from {', '.join(sorted(cards))}",
        expected="nobody but this host",
        do="检查防火墙是否丢弃 VRRP 报文 / look whether a firewall drops VRRP (protocol 112)",
    )

"""What a host, SSH or sudo said when a task could not even begin, told in our words and theirs.

Both strategies meet the same refusals and word them differently; an operator reads one sentence.
"""

import re
from dataclasses import dataclass

from inventory.halves import labelled, together


@dataclass(frozen=True)
class _Refusal:
    """`sign`: how it is recognised, in Ansible's, Mitogen's, ssh's or sudo's words."""

    sign: re.Pattern[str]
    told: str
    do: str


def _refusal(sign: str, told: str, do: str) -> _Refusal:
    return _Refusal(re.compile(sign, re.IGNORECASE), told, do)


NOT_RUN = (
    "主机没有按预期执行 / the host did not run our module",
    "请检查登录用户的 sudo 权限与 python3 / check the login's sudo right and python3",
)

_REFUSALS = (
    # ansible-core waits 5 s for a part of itself (_internal/_rpc_host.py), then gives up; a socket's path
    # that is longer than 107 bytes (unix(7)) looks the same
    _refusal(
        r"Local RPC server did not start",
        "本机太忙，Ansible 没有启动，没有触动任何主机 / this machine is too busy, Ansible did not start "
        "and no host was touched",
        "请减少同时进行的工作后重试；若不忙，请缩短 TMPDIR 的路径 / retry with less going on at once; "
        "if it is not busy, give TMPDIR a shorter path",
    ),
    _refusal(
        r"(incorrect|missing) sudo password|sudo password is (incorrect|required)",
        "sudo 密码不对或没有设置 / the sudo password is wrong or not set",
        "请检查 / check QIANYUN_BECOME_PASSWORD",
    ),
    _refusal(
        r"host key verification failed|host identification has changed|mismatching host key",
        "主机密钥与登记的不符，没有登录 / the host's key is not the one on record, nobody logged in",
        "请先查明原因，再更正台账 / find out why, then correct the ledger",
    ),
    _refusal(  # behind a login that worked, Mitogen's stream ended: sudo or python, in any language; or a
        # Python too old for Ansible's own files, of which "master:" shows the lines
        r"not in the sudoers|/usr/bin/env: |error occurred on host \S+: *eof on stream|\"master:/",
        *NOT_RUN,
    ),
    _refusal(
        r"could not be sent to remote host|failed to connect to the host|\bssh: |disconnected from"
        r"|connection timed out|\beof on stream",
        "SSH 连不上主机，或连接中断 / no SSH connection to the host, or it broke",
        "请检查主机、线路与防火墙 / check the host, the line and firewalls",
    ),
)

_WRAPPERS = re.compile(
    r"EOF on stream; last 100 lines received:|mitogen-sudo-prompt:|error occurred on host \S+:"
    r"|@{9,}|Task failed:"
)
"""Words around the cause that say nothing to an operator."""


def explained(message: str) -> str:
    """The refusal in `message` in both languages, with what was read; other messages unchanged."""
    for refusal in _REFUSALS:
        if refusal.sign.search(message):
            read = " ".join(_WRAPPERS.sub(" ", message).split())
            return together(labelled(refusal.told, read[-500:]), refusal.do)
    return message

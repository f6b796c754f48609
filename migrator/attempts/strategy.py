"""How Ansible gets a playbook's tasks done on the hosts: its own linear strategy, or Mitogen's.

Plain Ansible starts an interpreter on the host for each task. Mitogen starts one for the login and
one behind sudo, each with a fork in reserve, and keeps them for the whole playbook: that pays on
playbooks of many tasks. Ours have one or two a host, so plain is cheaper and the default (BENCHMARKS.md).

Mitogen reaches into Ansible's inner parts, and we into Mitogen's in two places: it is used with the
releases that it was made for; with another one the plain strategy does the work and the attempt's
log says why.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inventory.halves import labelled, together
from migrator.attempts.processes import MARKER


class Strategy(StrEnum):
    MITOGEN = "mitogen"
    PLAIN = "plain"


KNOWN = {"ansible-core": ((2, 19), (2, 22)), "mitogen": ((0, 3, 54), (0, 4))}
"""From (included) … to (excluded). Results of ansible-core 2.21 are the last that Mitogen 0.3.54 knows
(ansible_mitogen/mixins.py); ours are its loader on hosts (install.py) and its CPU placing
(strategy_plugins). Tried together: ansible-core 2.21.5, Mitogen 0.3.54."""

_BOOT_SECONDS = 60
"""For Mitogen to have its interpreters on a host, sudo included; ssh itself gives up much earlier."""


@dataclass(frozen=True)
class Choice:
    """What will be used; `why` says in both languages why it is not what was wanted, else empty."""

    strategy: Strategy
    why: str = ""


def choose(wanted: Strategy, installed: Callable[[str], str] = version) -> Choice:
    """The strategy to use here. `installed` gives the version of a package that is installed."""
    if wanted is Strategy.PLAIN:
        return Choice(wanted)
    faults = [fault for package in KNOWN if (fault := _fault(package, installed))]
    if not faults:
        return Choice(wanted)
    return Choice(
        Strategy.PLAIN,
        labelled(
            "没有使用 Mitogen，改用 Ansible 自带策略，结果相同 / Mitogen is not used but Ansible's own "
            "strategy, with the same result",
            together(*faults),
        ),
    )


def _fault(package: str, installed: Callable[[str], str]) -> str:
    first, end = KNOWN[package]
    wanted = f"{package} ≥ {_dotted(first)}, < {_dotted(end)}"
    told = f"应为 {wanted} / expected {wanted}"
    try:
        found = installed(package)
    except PackageNotFoundError:
        return together(f"{package} 未安装 / {package} is not installed", told)
    release = tuple(int(part) for part in re.findall(r"\d+", found)[: len(first)])
    read = f"读到 {package} {found} / read {package} {found}"
    return "" if first <= release < end else together(read, told)


def _dotted(release: tuple[int, ...]) -> str:
    return ".".join(map(str, release))


def settings(strategy: Strategy, plugins: Path, sockets: Path) -> dict[str, str]:
    """Environment of ansible-playbook. `plugins`: our strategy plugins; `sockets`: a short folder
    of the attempt's own, which exists."""
    if strategy is Strategy.PLAIN:
        return {
            "ANSIBLE_STRATEGY": "linear",
            "ANSIBLE_PIPELINING": "True",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=30s",
        }
    return {
        "ANSIBLE_STRATEGY": "qianyun_mitogen",
        "ANSIBLE_STRATEGY_PLUGINS": str(plugins),
        # ansible-core warns of every strategy that it did not bring itself
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_TIMEOUT": str(_BOOT_SECONDS),
        # one ssh per host for the whole playbook, whatever the machine's ssh_config says
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=no -o ControlPath=none",
        # where Mitogen on a host makes an empty folder per task: in memory, so that a full disk is
        # found by the agent and told in its words
        "ANSIBLE_REMOTE_TMP": "/dev/shm",  # noqa: S108 on the host
        "TMPDIR": str(sockets),  # the multiplexer's socket
    }


def interpreter(attempt: str) -> str:
    """What starts Python on a host, for the login as behind sudo: with the attempt's mark.

    `environment:` of a play is set within Mitogen's long-lived interpreter and is not seen in
    /proc/PID/environ, by which reap.yml finds what an attempt left; `env` puts it there (execve(2)).
    """
    return f"/usr/bin/env {shlex.quote(f'{MARKER}={attempt}')} /usr/bin/python3"

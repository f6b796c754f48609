"""The order to go back, without Ansible's seconds: one ssh to the target starts the shipped program.

The playbook of the same attempt, under the same token, then finds the run, waits for its end and
does the rest; so an order that did not get through costs nothing but its time, and one that came
twice is one (`launch.begin` on the target). What was said is a line of the attempt's log.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

PLAYBOOK = "rollback.yml"
PROGRAM = "/usr/local/lib/qianyun/agent"
SECONDS = 20.0
PASSWORD = "QIANYUN_BECOME_PASSWORD"  # noqa: S105 the name of a variable
CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def order_back(
    inventory: Mapping[str, Any],
    variables: Mapping[str, Any],
    token: int,
    secrets: Mapping[str, str],
) -> str:
    """Begins the rollback of the move in `variables` (Ansible's, marked as data) on the inventory's
    target; what came of it, for a log. It never raises for what a host or the line does."""
    try:
        code = str(variables["move"]["system"]["__ansible_unsafe"]).lower()
        ssh = ssh_of(inventory)
    except (KeyError, TypeError, ValueError):
        return "没有下达，由 Ansible 继续 / not sent, Ansible goes on: no move, or not one target"
    if not CODE.fullmatch(code):
        return "没有下达，由 Ansible 继续 / not sent, Ansible goes on: not a system's code"
    words = ["sudo", "-S", "-p", "", "--", PROGRAM, "order", code, str(token)]
    try:
        done = subprocess.run(
            [*ssh, shlex.join(words)],
            input=secrets.get(PASSWORD, "") + "\n",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"没有下达，由 Ansible 继续 / not sent, Ansible goes on: {type(error).__name__}"
    if done.returncode:
        said = done.stderr.strip()[-300:]
        return (
            f"没有下达，由 Ansible 继续 / not sent, Ansible goes on: exit {done.returncode} {said}"
        )
    return _told(done.stdout)


def _told(output: str) -> str:
    try:
        told = json.loads(output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return "没有读懂回答，由 Ansible 继续 / the answer was not understood, Ansible goes on"
    if not isinstance(told, dict) or not {"token", "attached"} <= set(told):
        return "目标上没有可立即回退的 / nothing to roll back at once on the target"
    which = "正在进行的 / under way" if told["attached"] else "新的 / new"
    return f"已下达，{which}: token {int(told['token'])} / ordered"


def ssh_of(inventory: Mapping[str, Any]) -> list[str]:
    """The ssh of the inventory's only target, as Ansible would reach it, without its masters."""
    shared = inventory["all"]["vars"]
    (host,) = inventory["all"]["children"]["target"]["hosts"].values()
    options = ["-F", "none", "-o", "BatchMode=yes", "-o", "ControlPath=none", "-T"]
    return [
        "ssh",
        *options,
        *shlex.split(shared["ansible_ssh_common_args"]),
        *("-i", str(shared["ansible_ssh_private_key_file"])),
        *("-p", str(host.get("ansible_port", 22))),
        *("-l", str(shared["ansible_user"])),
        "--",
        str(host["ansible_host"]),
    ]

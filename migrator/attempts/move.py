"""What an item tells the playbooks: the extra variable `move` and the inventory of three hosts.

Everything in it came from people, so all of it travels as `__ansible_unsafe`: Ansible must never
take a name for a template (`research/migration.md`: a lookup in an extra-vars file was run).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Protocol

from inventory.model import Host, content
from migrator.attempts.strategy import interpreter
from migrator.planning.plan import Item


@dataclass(frozen=True)
class Login:
    """How hosts are reached: login user and private key file."""

    user: str
    key: Path


class Reached(Protocol):
    """A host as far as Ansible has to reach it."""

    @property
    def code(self) -> str: ...
    @property
    def ipv4(self) -> IPv4Address | None: ...
    @property
    def ipv6(self) -> IPv6Address | None: ...
    @property
    def ssh_port(self) -> int: ...
    @property
    def ssh_host_key(self) -> str | None: ...


class Ground(Protocol):
    """What attempts are made on: an item of a plan, or a change of a network plan. `code`: one attempt of
    it is open at a time; `hosts`: by their group in Ansible's inventory, none where all is done here;
    `rate_kbps`: of its line, 0 for none."""

    @property
    def code(self) -> str: ...
    @property
    def hosts(self) -> Mapping[str, Reached]: ...
    @property
    def rate_kbps(self) -> int: ...


def move_of(item: Item) -> dict[str, Any]:
    """The item as the agent's `move` dictionary (playbooks/module_utils/qianyun_agent)."""
    code = item.code.lower()
    return {
        "system": item.code,
        "name": item.system.name,
        "source": _end(item.source),
        "target": _end(item.target),
        "gateway": _end(item.gateway) | {"frontends": [f"{code}-v4", f"{code}-v6"]},
        "trees": [content(tree) for tree in item.workload.trees],
        "databases": [content(database) for database in item.workload.databases],
        "services": list(item.workload.services),
        "stateless": bool(item.workload.stateless),
        "check": {
            "port": item.way_in.backend_port,
            "path": item.way_in.path,
            "content": item.way_in.content,
        },
        "rate_kbps": item.rate_kbps,
    }


def inventory_of(ground: Ground, login: Login, known_hosts: Path, attempt: str) -> dict[str, Any]:
    """Ansible's inventory: one host in each of the ground's groups."""
    ssh = f"-o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=yes -o ConnectTimeout=10"
    return {
        "all": {
            "vars": {
                "ansible_user": login.user,
                "ansible_ssh_private_key_file": str(login.key),
                "ansible_ssh_common_args": f"{ssh} -o IdentitiesOnly=yes",
                "ansible_become_password": "{{ lookup('env', 'QIANYUN_BECOME_PASSWORD') }}",
                "ansible_python_interpreter": interpreter(attempt),
                "mitogen_mask_remote_name": True,  # else hosts see who runs us, and where
                "ansible_remote_tmp": "/tmp/.qianyun-ansible",  # noqa: S108 on the host
            },
            "children": {
                group: {
                    "hosts": {
                        host.code: {
                            "ansible_host": str(host.ipv4 or host.ipv6),
                            "ansible_port": host.ssh_port,
                        }
                    }
                }
                for group, host in ground.hosts.items()
            },
        }
    }


def known_hosts_of(ground: Ground) -> str:
    """known_hosts lines for its hosts, over v4 and v6 (sshd(8), SSH_KNOWN_HOSTS FORMAT)."""
    lines = []
    for host in ground.hosts.values():
        for address in (host.ipv4, host.ipv6):
            if address is None:
                continue
            name = str(address) if host.ssh_port == 22 else f"[{address}]:{host.ssh_port}"
            lines.append(f"{name} {host.ssh_host_key}")
    return "\n".join(lines) + "\n"


def unsafe(value: Any) -> Any:
    """`value` with every text marked as data for Ansible's JSON reader."""
    if isinstance(value, dict):
        return {key: unsafe(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [unsafe(inner) for inner in value]
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    return value


def _end(host: Host) -> dict[str, Any]:
    return {
        "host": host.code,
        "address": str(host.ipv4),
        "address6": str(host.ipv6),
        "ssh_port": host.ssh_port,
        "host_key": host.ssh_host_key,
    }

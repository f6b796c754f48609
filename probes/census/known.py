"""Host keys from a known_hosts file (sshd(8)), plain or hashed names."""

import logging
from dataclasses import dataclass
from pathlib import Path

import paramiko

from inventory.facts import Address
from probes.errors import Misuse
from probes.ssh import QUIET


@dataclass(frozen=True)
class KnownHosts:
    """The keys that a file tells. Lines that say nothing to us are passed over, as OpenSSH does."""

    hosts: paramiko.HostKeys

    @classmethod
    def read(cls, path: Path) -> "KnownHosts":
        """Raises Misuse for a file that cannot be read."""
        hosts = paramiko.HostKeys()
        logging.getLogger("paramiko.hostkeys").parent = logging.getLogger(QUIET)
        try:
            hosts.load(str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise Misuse(
                f"known_hosts 无法读取 / cannot be read: {path}: {error}; "
                "set QIANYUN_DISCOVER_KNOWN_HOSTS to a file in OpenSSH's format"
            ) from error
        return cls(hosts)

    def keys(self, address: Address, port: int, *names: str) -> tuple[str, ...]:
        """ "type base64" of each key that is known for the address or one of the names."""
        found = []
        for name in (str(address), *names):
            for spelt in {name} if port == 22 else {f"[{name}]:{port}"}:
                for kind, key in (self.hosts.lookup(spelt) or {}).items():
                    found.append(f"{kind} {key.get_base64()}")
        return tuple(dict.fromkeys(found))

"""Host keys from a known_hosts file (sshd(8)): plain or hashed names; patterns count for nothing."""

import base64
import binascii
import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from inventory.facts import Address
from probes.errors import Misuse
from probes.ssh import known_key


@dataclass(frozen=True)
class KnownHosts:
    """`plain`: "type base64" by name; `hashed`: (salt, digest, key). A revoked key is in neither."""

    plain: dict[str, list[str]]
    hashed: tuple[tuple[bytes, bytes, str], ...]

    @classmethod
    def read(cls, path: Path) -> "KnownHosts":
        """Lines that say nothing to us are passed over, as OpenSSH does. Raises Misuse for a file
        that cannot be read."""
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise Misuse(
                f"known_hosts 无法读取 / cannot be read: {path}: {error.strerror}; "
                "set QIANYUN_DISCOVER_KNOWN_HOSTS to a file in OpenSSH's format"
            ) from error
        plain: dict[str, list[str]] = defaultdict(list)
        hashed: list[tuple[bytes, bytes, str]] = []
        revoked = {_key(line.split()[1:]) for line in lines if line.startswith("@revoked")}
        for line in lines:
            words = line.split()
            key = _key(words)
            if key is None or key in revoked or words[0][0] in "#@":
                continue
            for name in words[0].split(","):
                if name.startswith("|1|"):
                    hashed += _hash(name, key)
                elif not set(name) & set("*?!"):
                    plain[name.lower()].append(key)
        return cls(dict(plain), tuple(hashed))

    def keys(self, address: Address, port: int, *names: str) -> tuple[str, ...]:
        """ "type base64" of each key that is known for the address or one of the names."""
        found: list[str] = []
        for name in (str(address), *names):
            spelt = name.lower() if port == 22 else f"[{name.lower()}]:{port}"
            found += self.plain.get(spelt, [])
            found += [key for salt, told, key in self.hashed if _matches(spelt, salt, told)]
        return tuple(dict.fromkeys(found))


def _key(words: list[str]) -> str | None:
    if len(words) < 3:
        return None
    text = f"{words[1]} {words[2]}"
    return text if known_key(text) else None


def _hash(name: str, key: str) -> list[tuple[bytes, bytes, str]]:
    try:
        salt, told = (base64.b64decode(part, validate=True) for part in name[3:].split("|"))
    except (ValueError, binascii.Error):
        return []
    return [(salt, told, key)]


def _matches(name: str, salt: bytes, told: bytes) -> bool:
    made = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return hmac.compare_digest(made, told)

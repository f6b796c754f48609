"""Whether what a person wrote and what a host says are the same thing. Pure.

People write "Ubuntu 18.04", "银河麒麟V10", "16G"; hosts say "18.04.6 LTS", "Kylin Linux Advanced
Server V10 (Sword)", 15.6 GiB. What is written less precisely than found agrees with it; what is
written so that it can't be compared is said to be so, and is no difference.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from inventory.ansible import FAMILIES
from inventory.facts import Disk, Filesystem, OperatingSystem

GIB = 2**30


class Sameness(StrEnum):
    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"


_BITS = re.compile(r"\b(?:x86[_-]64|x64|amd64|(?:32|64)[ -]?bit)\b|(?:32|64)\s*位", re.I)
_ARCHES: tuple[tuple[str, str], ...] = (
    (r"aarch64|arm|鲲鹏|飞腾|kunpeng|phytium|ft-?[12]\d{3}", "arm"),
    (r"loongarch|龙芯|loongson", "loongarch"),
    (r"mips", "mips"),
    (r"sw_?64|申威|sunway", "sunway"),
    (r"ppc|power", "power"),
    (r"s390", "s390"),
    (r"x86|x64|amd64|i[3-6]86|intel|海光|兆芯|hygon|zhaoxin|xeon|至强", "x86"),
)
_NETWORK_TYPES = ("nfs", "cifs", "smb", "fuse", "ceph", "gluster", "9p", "glusterfs", "lustre")


def same_os(declared: str, found: OperatingSystem) -> Sameness:
    """By family, then by as much of the version as both tell."""
    family, theirs = _family(declared), _family(f"{found.id} {found.name}")
    if family is None:
        if re.search(r"linux", declared, re.I):
            return _when(found.family == "linux")
        return Sameness.UNCLEAR
    if family != theirs:
        return Sameness.OTHER
    said = _version(declared)
    told = _version(f"{found.name} {found.version}" if found.family == "windows" else found.version)
    parts = zip(said.numbers, told.numbers, strict=False)
    other = any(one != another for one, another in parts)
    other |= bool(said.pack and told.pack and said.pack != told.pack)
    other |= found.family == "windows" and said.second and not told.second
    return _when(not other)


def same_arch(declared: str, found: str) -> Sameness:
    one, other = _arch(declared), _arch(found)
    if one is None or other is None:
        return Sameness.UNCLEAR
    return _when(one == other)


def same_memory(declared_gib: int, found: int) -> Sameness:
    """A kernel tells less than what is built in: it keeps some for itself and for a crash."""
    gib = found / GIB
    return _when(declared_gib * 0.9 - 0.5 <= gib <= declared_gib * 1.02 + 0.1)


def same_storage(
    declared_gib: int, disks: Iterable[Disk], systems: Iterable[Filesystem]
) -> Sameness:
    """Against the disks and against the file systems on them; makers' GB are taken as well."""
    raw = sum(disk.size for disk in disks) / GIB
    formatted = storage_of(systems) / GIB
    if not raw and not formatted:
        return Sameness.UNCLEAR
    decimal = declared_gib * 10**9 / GIB
    near = any(abs(raw - said) <= 0.03 * said + 0.5 for said in (declared_gib, decimal))
    fits = any(0.92 * said - 0.5 <= formatted <= 1.03 * said for said in (declared_gib, decimal))
    return _when(near or fits)


def storage_of(systems: Iterable[Filesystem]) -> int:
    """Bytes of the host's own file systems, each device once."""
    own = {s.device: s.size for s in systems if not s.type.startswith(_NETWORK_TYPES)}
    return sum(own.values())


def same_name(declared: str, found: str) -> Sameness:
    """Only where the declared name is a host name: letters, digits, hyphens, dots."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", declared):
        return Sameness.UNCLEAR
    return _when(declared.lower().partition(".")[0] == found.lower().partition(".")[0])


class _Version:
    """What a text tells of a version: the first number with its dots, a service pack, R2."""

    def __init__(self, text: str) -> None:
        number = re.search(r"\d+(?:\.\d+)*", re.sub(r"SP\s*\d", "", text, flags=re.I))
        self.numbers = [int(n) for n in number[0].split(".")] if number else []
        pack = re.search(r"SP\s*(\d)", text, re.I)
        self.pack = pack[1] if pack else ""
        self.second = re.search(r"\bR2\b", text) is not None


def _version(text: str) -> _Version:
    return _Version(_BITS.sub(" ", text))


def _family(text: str) -> str | None:
    return next((name for sign, name in FAMILIES if re.search(sign, text, re.I)), None)


def _arch(text: str) -> str | None:
    return next((name for sign, name in _ARCHES if re.search(sign, text, re.I)), None)


def _when(same: bool) -> Sameness:
    return Sameness.SAME if same else Sameness.OTHER

"""What a Linux host says of itself as a machine: system, CPU, memory, disks, load, clock. Pure.

Sources: os-release(5), proc(5), df by POSIX (`-Pk`), chronyc(1), ntpq(8), timedatectl(1).
"""

import re
from typing import Literal

from inventory.facts import Clock, Disk, Filesystem, Load, Memory, OperatingSystem, Why
from probes.census.reading import NotRead, clean, whole
from probes.census.script import Answer

_RELEASE = re.compile(
    r"(?P<name>.{1,80}?)[ \t]{1,4}(?:release[ \t]{1,4})?V?(?P<version>\d[\w.]{0,20}(?: ?[Ss][Pp]\d)?)"
)
_DF = re.compile(
    r"(\S.{0,200}?) {1,60}(\d{1,15}) {1,20}(\d{1,15}) {1,20}-?\d{1,15} {1,20}(?:\d{1,3}%|-) {1,20}(/.*)$"
)
_SMALL = 4_000  # characters of a file that names a system
_SECTOR = 512
_PSEUDO = frozenset(
    [
        "proc",
        "sysfs",
        "devpts",
        "devtmpfs",
        "tmpfs",
        "cgroup",
        "cgroup2",
        "securityfs",
        "debugfs",
        "tracefs",
        "pstore",
        "bpf",
        "mqueue",
        "hugetlbfs",
        "configfs",
        "fusectl",
        "autofs",
        "rpc_pipefs",
        "binfmt_misc",
        "efivarfs",
        "nsfs",
        "ramfs",
        "selinuxfs",
        "squashfs",
        "iso9660",
    ]
)


def hostname(answer: Answer) -> str:
    """The first label and what follows, as `uname -n` says."""
    return _uname(answer)[0]


def arch(answer: Answer) -> str:
    return _uname(answer)[3]


def _uname(answer: Answer) -> list[str]:
    lines = [clean(one, 100) for one in answer.parts.get("uname", "").strip().splitlines()]
    if len(lines) != 4 or not all(lines):
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("uname", ""))
    return lines


def system(answer: Answer) -> OperatingSystem:
    """By /etc/os-release, made precise by the older files beside it."""
    kernel = _uname(answer)[2]
    told = _pairs(answer.parts.get("/etc/os-release", "")[:_SMALL])
    old = _release(answer)
    if not told.get("NAME") and not old[0]:
        raise NotRead(Why.NOT_UNDERSTOOD, "no os-release and no release file")
    name = told.get("NAME") or old[0]
    version = told.get("VERSION_ID") or old[1]
    if old[1].startswith(
        f"{version}."
    ):  # CentOS 7 says "7" in one file and "7.9.2009" in the other
        version = old[1]
    debian = answer.parts.get("/etc/debian_version", "").strip()
    if told.get("ID") == "debian" and debian.startswith(f"{version}."):
        version = debian
    pretty = re.search(r"\b(\d+(?:\.\d+)+)\b", told.get("PRETTY_NAME", ""))
    if pretty and pretty[1].startswith(f"{version}."):  # Ubuntu: 18.04 and 18.04.6 LTS
        version = pretty[1]
    service_pack = re.search(r"[Ss][Pp]\d", f"{told.get('VERSION', '')} {_product(answer)}")
    if service_pack and "SP" not in version.upper():
        version = f"{version} {service_pack[0].upper()}"
    return OperatingSystem(
        family="linux",
        id=clean(told.get("ID") or name.split()[0].lower(), 60),
        name=clean(name, 200),
        version=clean(version, 100),
        kernel=kernel,
    )


def _product(answer: Answer) -> str:
    """What Kylin writes of its service pack."""
    told = answer.parts.get("/etc/.productinfo", "") + answer.parts.get("/etc/.kyinfo", "")
    return told[:_SMALL]


def _release(answer: Answer) -> tuple[str, str]:
    for file in ("/etc/redhat-release", "/etc/kylin-release", "/etc/neokylin-release"):
        line = answer.parts.get(file, "").strip().partition("\n")[0][:200]
        if found := _RELEASE.match(line):
            return found["name"].strip(), found["version"]
    return "", ""


def _pairs(text: str) -> dict[str, str]:
    """NAME=value lines, quoted as the shell would (os-release(5))."""
    found = re.findall(r"^([A-Z_]+)=(?:\"([^\"]*)\"|'([^']*)'|(\S*))\s*$", text, re.M)
    return {name: double or single or bare for name, double, single, bare in found}


def cores(answer: Answer) -> int:
    count = len(re.findall(r"^cpu\d+ ", answer.parts.get("stat", ""), re.M))
    if not count:
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("stat", ""))
    return count


def memory(answer: Answer) -> Memory:
    found = re.findall(r"^(\w+):\s+(\d{1,15}) kB$", answer.parts.get("meminfo", ""), re.M)
    told = {name: int(kib) * 1024 for name, kib in found}
    if "MemTotal" not in told:
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("meminfo", ""))
    available = told.get("MemAvailable")
    if available is None and "MemFree" in told:  # before Linux 3.14
        available = told["MemFree"] + told.get("Buffers", 0) + told.get("Cached", 0)
    return Memory(total=told["MemTotal"], available=available, swap=told.get("SwapTotal", 0))


def load(answer: Answer) -> Load:
    numbers = re.search(r"^cpu +((?:\d{1,19} ?)+)", answer.parts.get("stat", ""), re.M)
    said = answer.parts.get("load", "").split()
    if not numbers or len(said) < 7:
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("load", ""))
    ticks = [int(n) for n in numbers[1].split()][:8]  # user … steal; guests are counted in user
    total, idle = sum(ticks), sum(ticks[3:5])
    uptime = whole(said[5].partition(".")[0])
    if not total or uptime is None or not all(re.fullmatch(r"\d+\.\d+", n) for n in said[:3]):
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("load", ""))
    return Load(
        load=(said[0], said[1], said[2]), busy=(total - idle) * 1000 // total, uptime=uptime
    )


def model(answer: Answer) -> str:
    """Maker and product by DMI; a machine without DMI (many ARM boards, containers) has none."""
    told = clean(" ".join(answer.parts.get("model", "").split()), 200)
    if not told:
        raise NotRead(Why.NO_COMMAND)
    return told


def disks(answer: Answer) -> tuple[Disk, ...]:
    found = []
    for name, sectors in re.findall(r"^(\S+) (\d{1,15})$", answer.parts.get("", ""), re.M):
        if int(sectors) and not re.match(r"(sr|fd|loop|ram|zram|nbd)\d", name):
            found.append(Disk(name=clean(name, 60), size=int(sectors) * _SECTOR))
    return tuple(found)


def filesystems(answer: Answer) -> tuple[Filesystem, ...]:
    """Those that hold files of their own: by df, with the type that /proc/mounts gives."""
    mounts = {}
    for line in answer.parts.get("mounts", "").splitlines():
        words = line.split(" ")
        if len(words) >= 3:
            mounts[_unescaped(words[1])] = words[2]
    found: dict[str, Filesystem] = {}
    rows = [m.groups() for m in map(_DF.match, answer.parts.get("df", "").splitlines()) if m]
    if not rows:
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("df", ""))
    for device, size, used, mount in rows:
        kind = mounts.get(mount, "")
        if kind in _PSEUDO or not int(size):
            continue
        found[mount] = Filesystem(
            mount=clean(mount),
            device=clean(device),
            type=clean(kind, 60),
            size=int(size) * 1024,
            used=int(used) * 1024,
        )
    return tuple(found.values())


def _unescaped(mount: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), mount)


def clock(answer: Answer, sent: int) -> Clock:
    """`sent`: our own time when the host was asked, in seconds since 1970."""
    now = whole(answer.parts.get("now", ""))
    if now is None:
        raise NotRead(Why.NOT_UNDERSTOOD, answer.parts.get("now", ""))
    kept, source = _kept(answer)
    return Clock(synchronised=kept, source=source, offset=now - sent)


_Kept = tuple[Literal[True, False] | None, str]


def _kept(answer: Answer) -> _Kept:
    chrony = answer.parts.get("chronyc", "")
    if status := re.search(r"^Leap status\s*:\s*(.+)$", chrony, re.M):
        server = re.search(r"^Reference ID\s*:\s*\S+(?:\s+\((.*)\))?", chrony, re.M)
        good = status[1].strip() != "Not synchronised"
        return good, clean(f"chrony {server[1] or ''}" if server else "chrony", 100)
    if "remote" in answer.parts.get("ntpq", ""):
        peer = re.search(r"^\*(\S+)", answer.parts["ntpq"], re.M)
        return peer is not None, clean(f"ntpd {peer[1]}" if peer else "ntpd", 100)
    said = re.search(
        r"^\s*(?:NTP|System clock) synchronized:\s*(yes|no)",
        answer.parts.get("timedatectl", ""),
        re.M,
    )
    if said:
        return said[1] == "yes", "timedatectl"
    return None, ""

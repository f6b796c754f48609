"""Whether what lies in a system's trees can run on another machine, such as a Xinchuang one.

The source tells what it holds: programs and libraries by the machine of their ELF header (System V
ABI, chapter 4), interpreters that scripts name in their first line, native code inside archives of
Java, versions of Java that classes were compiled for (JVM specification, 4.1), versions of Python
environments. The target compares that with what it is. Both only read.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import struct
import time
import zipfile
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

from .move import Move
from .proc import run
from .tree import walk

SECONDS = 30.0  # of reading the trees; what was not looked at by then is told
EXAMPLES = 5
CLASSES = 20  # of an archive: compilers give all of one build the same version
BLOCKS, CHECK = "blocks", "check"
MACHINES = {
    3: "i386", 8: "mips64", 21: "ppc64le", 40: "arm", 62: "x86_64", 183: "aarch64",
    243: "riscv64", 258: "loongarch64", 0x9916: "sw_64",
}  # fmt: skip
INTERPRETER = re.compile(rb"^#![ \t]*(\S+)(?:[ \t]+(\S+))?")
ARCHIVES = (".jar", ".war", ".ear", ".whl")


def machine(head: bytes) -> Optional[str]:
    """The machine of an ELF file by its first 20 bytes, None when it is no ELF file."""
    if len(head) < 20 or head[:4] != b"\x7fELF" or head[5] not in (1, 2):
        return None
    number = struct.unpack("<H" if head[5] == 1 else ">H", head[18:20])[0]
    return MACHINES.get(number, f"e_machine {number}")


def interpreter(head: bytes) -> Optional[str]:
    """What the first line of a script names; of `/usr/bin/env NAME` the name."""
    found = INTERPRETER.match(head)
    if not found:
        return None
    first, second = (one.decode(errors="replace") if one else "" for one in found.groups())
    return second if first.endswith("/env") and second else first


def java(head: bytes) -> int:
    """The least version of Java that runs a class, by its first 8 bytes; 0 when it is no class."""
    if len(head) < 8 or head[:4] != b"\xca\xfe\xba\xbe":
        return 0
    return max(1, int(struct.unpack(">H", head[6:8])[0]) - 44)


def java_version(told: str) -> int:
    """The major version that `java -version` tells: 8 of "1.8.0_392", 17 of "17.0.15"; 0 if none."""
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found.group(1)) if found else 0


def _classes(whole: zipfile.ZipFile) -> Iterator[bytes]:
    """The heads of some of an archive's own classes (those for later versions lie apart)."""
    names = (n for n in whole.namelist() if n.endswith(".class") and "META-INF/" not in n)
    for name in islice(names, CLASSES):
        if not name.endswith("module-info.class"):
            with whole.open(name) as stream:
                yield stream.read(8)


@dataclass
class Seen:
    """Counted by what it is, with the first few places."""

    by: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, what: str, where: str) -> None:
        one = self.by.setdefault(what, {"count": 0, "examples": []})
        one["count"] += 1
        if len(one["examples"]) < EXAMPLES:
            one["examples"].append(where)


@dataclass
class Look:
    """One look over the trees of a source."""

    machines: Seen = field(default_factory=Seen)
    interpreters: Seen = field(default_factory=Seen)
    pythons: Seen = field(default_factory=Seen)
    javas: Seen = field(default_factory=Seen)  # by the least version that runs an archive
    files: int = 0
    unread: int = 0
    whole: bool = True

    def over(self, tops: Sequence[str], seconds: float = SECONDS) -> "Look":
        limit = time.monotonic() + seconds
        for top in tops:
            for name, found in walk(top):
                if not stat.S_ISREG(found.st_mode):
                    continue
                if time.monotonic() > limit:
                    self.whole = False
                    return self
                self._file(os.path.join(top, name))  # noqa: PTH118
        return self

    def _file(self, path: str) -> None:
        self.files += 1
        try:
            with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
                head = stream.read(256)
                kind = machine(head)
                if kind:
                    self.machines.add(kind, path)
                elif path.endswith(ARCHIVES) and head[:2] == b"PK":
                    self._archive(path)
                else:
                    self._text(path, head)
        except (OSError, zipfile.BadZipFile):
            self.unread += 1

    def _archive(self, path: str) -> None:
        """Native code in an archive: each entry's own first bytes tell its machine."""
        with zipfile.ZipFile(path) as whole:
            for entry in whole.infolist():
                if re.search(r"\.(so|jnilib)(\.\d+)*$", entry.filename) and not entry.is_dir():
                    with whole.open(entry) as stream:
                        kind = machine(stream.read(20))
                    if kind:
                        self.machines.add(kind, f"{path}!{entry.filename}")
            needed = max((java(head) for head in _classes(whole)), default=0)
            if needed:
                self.javas.add(str(needed), path)

    def _text(self, path: str, head: bytes) -> None:
        named = interpreter(head)
        if named:
            self.interpreters.add(named, path)
        if path.endswith("/pyvenv.cfg"):
            version = re.search(rb"^version(?:_info)?\s*=\s*(\d+\.\d+)", head, re.MULTILINE)
            if version:
                self.pythons.add(version.group(1).decode(), path)

    def plain(self) -> dict[str, Any]:
        return {
            "arch": platform.machine(),
            "machines": self.machines.by,
            "interpreters": self.interpreters.by,
            "pythons": self.pythons.by,
            "javas": self.javas.by,
            "files": self.files,
            "unread": self.unread,
            "whole": self.whole,
        }


def held(move: Move) -> dict[str, Any]:
    """What the source's trees hold that depends on the machine; see `Look.plain`."""
    return Look().over([tree.path for tree in move.trees if Path(tree.path).is_dir()]).plain()


def _finding(severity: str, what: str, read: object, expected: str, do: str) -> dict[str, Any]:
    return {"severity": severity, "what": what, "read": read, "expected": expected, "do": do}


def _there(name: str, tops: Sequence[str]) -> bool:
    """Whether an interpreter is on this host, or comes with the trees."""
    if any(name.startswith(f"{top}/") for top in tops):
        return True
    if name.startswith("/"):
        return os.access(name, os.X_OK)
    return shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin") is not None


def findings(of_source: Mapping[str, Any], move: Move, arch: str = "") -> list[dict[str, Any]]:
    """On the target: what of the source's does not run here, the worst first.

    `blocks`: the system cannot work as it is; `check`: a person has to look.
    """
    here, found = arch or platform.machine(), []
    tops = [tree.path for tree in move.trees]
    alien = {kind: one for kind, one in of_source.get("machines", {}).items() if kind != here}
    for kind, one in sorted(alien.items()):
        # A 32-bit program or an archive with code for several machines may be fine as it is.
        packed = all("!" in path for path in one["examples"])
        native = of_source.get("machines", {}).get(here)
        found.append(
            _finding(
                CHECK if kind != of_source.get("arch") or (packed and native) else BLOCKS,
                f"本机不能运行的二进制 / binaries for another machine: {kind}",
                one,
                here,
                f"换用 {here} 版软件包或重新编译 / bring packages for {here}, or build them anew",
            )
        )
    for name, one in sorted(of_source.get("interpreters", {}).items()):
        if not _there(name, tops):
            found.append(
                _finding(
                    BLOCKS,
                    f"缺少脚本解释器 / scripts name an interpreter that is not here: {name}",
                    one,
                    name,
                    "在目标主机安装 / install it on the target",
                )
            )
    for version, one in sorted(of_source.get("pythons", {}).items()):
        if not _there(f"python{version}", tops):
            found.append(
                _finding(
                    BLOCKS,
                    f"缺少 Python 环境所需版本 / a Python environment's version is not here: {version}",
                    one,
                    f"python{version}",
                    "安装该版本，或重建虚拟环境 / install it, or build the environment anew",
                )
            )
    found += _java(of_source, tops)
    if not of_source.get("whole", True):
        found.append(
            _finding(
                CHECK,
                "目录过大，未全部查看 / the trees are too large, not all was looked at",
                of_source.get("files"),
                "every file",
                "在源主机上人工核对其余文件 / look at the rest on the source by hand",
            )
        )
    return sorted(found, key=lambda one: str(one["severity"]))


def _java(of_source: Mapping[str, Any], tops: Sequence[str]) -> list[dict[str, Any]]:
    """What this host's Java is too old for; without a Java a person has to look."""
    needed = of_source.get("javas", {})
    if not needed:
        return []
    program = shutil.which("java", path="/usr/local/bin:/usr/bin:/bin")
    version = java_version(run([program, "-version"], seconds=20).output) if program else 0
    own = any(os.access(os.path.join(top, "bin/java"), os.X_OK) for top in tops)  # noqa: PTH118
    return [
        _finding(
            BLOCKS if version and not own else CHECK,
            f"本机 Java 版本不足 / classes need a later Java than this host's: {least}",
            one,
            f"java ≥ {least}" + (f", read {version}" if version else ", read none on the PATH"),
            f"安装 Java {least} 或更新版本 / install Java {least} or later",
        )
        for least, one in sorted(needed.items(), key=lambda pair: -int(pair[0]))
        if version < int(least)
    ]


def shown(finding: Mapping[str, Any]) -> str:
    """What a finding read, as one line: how many, and a few places."""
    read = finding["read"]
    if not isinstance(read, dict):
        return str(read)
    return f"{read['count']}: {', '.join(read['examples'])}"

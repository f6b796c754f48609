"""Wiping files where they lie: overwritten once with zeros, written out, then removed.

That is "Clear" of NIST SP 800-88 Rev. 1 (2.5, table A-5) on a disk whose file system writes in place. On
flash, and where a file system copies on write, old blocks stay behind: `medium` says so, and the disk
itself is to be purged or destroyed then.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from . import tree
from .errors import AgentError
from .proc import run

BLOCK = b"\0" * (1 << 20)
IN_PLACE = ("ext2", "ext3", "ext4", "xfs", "vfat")
METHOD = "overwritten once with zeros, synced, removed (NIST SP 800-88r1 Clear)"


def medium(path: str) -> dict[str, Any]:
    """{"file_system", "rotational", "reached"}: whether overwriting reaches what was written before."""
    told = run(["findmnt", "-no", "FSTYPE,SOURCE", "--target", path], seconds=20)
    kind, _, device = told.output.strip().partition(" ")
    asked = run(["lsblk", "-dno", "ROTA", device.strip()], seconds=20)
    turns = asked.output.strip() == "1" if asked.code == 0 else None
    return {
        "file_system": kind,
        "rotational": turns,
        "reached": kind in IN_PLACE and turns is True,
    }


def others_within(path: str) -> list[str]:
    """Folders below `path` on another file system: what lies there is not the tree's. (Files of an
    overlay may tell another device than their folder.)"""
    top = os.lstat(path).st_dev
    found = ((name, one) for name, one in tree.walk(path) if stat.S_ISDIR(one.st_mode))
    return [name for name, one in found if one.st_dev != top]


def expect_alone(path: str) -> None:
    """Raises AgentError where another file system is mounted within."""
    if os.path.lexists(path) and (others := others_within(path)):
        raise AgentError(
            f"目录中挂有其他文件系统 / another file system is mounted within: {path}",
            read=others[0],
            expected="one file system",
            do="先卸载它 / unmount it first",
        )


def wipe(path: str) -> dict[str, int]:
    """Everything below the folder and itself: {"files", "bytes"}. Links are removed, never followed.
    Repeated after a kill, it goes on. Raises AgentError."""
    if not os.path.lexists(path):
        return {"files": 0, "bytes": 0}
    expect_alone(path)
    files = total = 0
    for name, found in sorted(tree.walk(path), reverse=True):  # what lies in a folder before it
        whole = os.path.join(path, name) if name else path  # noqa: PTH118
        if stat.S_ISDIR(found.st_mode):
            Path(whole).rmdir()
            continue
        if stat.S_ISREG(found.st_mode):
            total += _zero(whole, found.st_size)
            files += 1
        Path(whole).unlink()
    return {"files": files, "bytes": total}


def _zero(path: str, size: int) -> int:
    """Bytes overwritten: those that are stored, holes are left as they are."""
    done = begin = 0
    file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        while begin < size:
            try:
                begin = os.lseek(file, begin, os.SEEK_DATA)
            except OSError:
                break  # nothing but a hole from here on
            end = os.lseek(file, begin, os.SEEK_HOLE)
            os.lseek(file, begin, os.SEEK_SET)
            done += end - begin
            while begin < end:
                begin += os.write(file, BLOCK[: end - begin])
        os.fsync(file)
    finally:
        os.close(file)
    return done

"""What a host changed on its disk, as one number.

Left out is what running services and being looked at write by themselves: /tmp and /run, records of
log-ins, logs of services, and the files a PostgreSQL cluster rewrites while nobody writes to it.
What a host only opened for writing (a file equal to the one it booted from) is no change either.
"""

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

LEFT_OUT = re.compile(
    r"/(tmp|run|var/tmp)(/|$)"
    r"|/var/log/(lastlog|wtmp|btmp|utmp|faillog|auth\.log|sudo\.log|syslog)$"
    r"|/var/log/(nginx|postgresql|lj-app|haproxy)(/|$)"
    r"|/var/lib/(sudo|nginx)(/|$)"
    r"|/var/lib/postgresql/\d+/\w+/(postmaster\.(pid|opts)|global/pg_control"
    r"|(base/\d+|global)/pg_internal\.init|(pg_wal|pg_stat|pg_stat_tmp|pg_logical|pg_subtrans)/.*)$"
)

NEW = ", in the place of what was there"


def entries(top: Path, below: Sequence[Path] = ()) -> dict[str, str]:
    """Every changed path below `top` with kind, mode, owner and content, in words.

    `below` are the layers the host booted from, the uppermost first.
    """
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(top):
        inside = Path(folder).relative_to(top)
        folders[:] = [name for name in folders if not LEFT_OUT.search(f"/{inside / name}")]
        for name in (*folders, *files):
            shown = f"/{inside / name}"
            if LEFT_OUT.search(shown):
                continue
            said = _describe(Path(folder) / name)
            if said != _before(inside / name, below).removesuffix(NEW):
                found[shown] = said
    return found


def tree(top: Path, below: Sequence[Path] = ()) -> str:
    total = hashlib.sha256()
    for path, said in sorted(entries(top, below).items()):
        total.update(f"{path}\0{said}\n".encode())
    return total.hexdigest()


def _before(path: Path, below: Sequence[Path]) -> str:
    for layer in below:
        said = _describe(layer / path)
        if said != "gone":
            return said
    return "gone"


def _describe(path: Path) -> str:
    try:
        status = path.lstat()
        said = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}"
        if stat.S_ISLNK(status.st_mode):
            return f"{said} -> {path.readlink()}"
        if stat.S_ISREG(status.st_mode):
            return f"{said} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        if stat.S_ISDIR(status.st_mode):
            opaque = "trusted.overlay.opaque" in os.listxattr(path)
            return f"{said}{NEW}" if opaque else said
        # The number of a device; that of a whiteout (a deleted path) is 0.
        return f"{said} device {status.st_rdev}"
    except (FileNotFoundError, NotADirectoryError):  # went away while we looked
        return "gone"

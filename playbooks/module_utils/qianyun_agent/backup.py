"""A backup on the source before anything else: dumps of databases, archives of writable trees.

/var/backups/qianyun/<code>/<token>/ with manifest.json; a backup that was cut short has the name
<token>.partial and is thrown away by the next one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Sequence

from . import record, tree
from .errors import AgentError
from .files import ensure_folder, sync_folder, write_json
from .move import Move
from .proc import as_user, check, environment
from .side import Side

BACKUPS = Path("/var/backups/qianyun")
HOURS = 6 * 3600.0
SPARE = 1.1  # a dump is smaller than its database as a rule, an archive about as large as its tree


def saved_trees(move: Move) -> list[str]:
    """Trees that clients write; all of them if nothing else would be saved."""
    writable = [one.path for one in move.trees if one.writable]
    return writable if writable or move.databases else [one.path for one in move.trees]


def need(side: Side) -> dict[str, int]:
    """{"need", "free"} in bytes; raises AgentError when the disk is too small."""
    sizes = [tree.size(path)["bytes"] for path in saved_trees(side.move)]
    sizes += [tree.size(str(cluster.data))["bytes"] for cluster in side.clusters]
    wanted, free = int(sum(sizes) * SPARE) + (1 << 20), tree.disk_free(str(BACKUPS))
    if free < wanted:
        raise AgentError(
            f"备份空间不足 / too little room for the backup: {BACKUPS}",
            read=f"{free} bytes free",
            expected=f"≥ {wanted} bytes",
            do="清理旧备份或扩容 / remove old backups or enlarge the file system",
        )
    return {"need": wanted, "free": free}


def _into(path: Path, command: Sequence[str], user: str = "", fine: tuple[int, ...] = (0,)) -> None:
    """Runs a program with its standard output in a file of root's (0600)."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink:  # noqa: PTH123
        done = subprocess.run(
            list(command),
            stdout=sink,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment(marked=True),
            cwd="/",
            timeout=HOURS,
            check=False,
            **(as_user(user) if user else {}),
        )
        os.fsync(sink.fileno())
    if done.returncode not in fine:
        raise AgentError(
            f"备份失败 / the backup failed: {path.name}",
            read=f"{command[0]} exit {done.returncode}: {done.stderr.decode(errors='replace')[-600:]}",
            expected="exit 0",
            do="查看源端磁盘与数据库日志后重试 / look at the source's disk and log, then retry",
        )


def _dump(side: Side, folder: Path) -> list[dict[str, Any]]:
    return [one for cluster in side.clusters for one in cluster.dump(folder, _into)]


def tar(top: str, path: Path, fine: tuple[int, ...] = (0,)) -> None:
    """A folder into a file of root's, with owners, rights, attributes and holes. Raises AgentError."""
    kept = ["--acls", "--xattrs", "--numeric-owner", "--sparse"]
    if 1 in fine:
        kept += ["--ignore-failed-read", "--warning=no-file-changed"]
    _into(path, ["tar", "--create", *kept, "-C", "/", top.lstrip("/")], fine=fine)


def _archive(side: Side, folder: Path) -> list[dict[str, Any]]:
    made = []
    for index, top in enumerate(saved_trees(side.move)):
        path = folder / f"tree-{index}.tar"
        tar(top, path, fine=(0, 1))  # 1: a file changed while it was read; the system serves on
        listing = check(
            ["tar", "-tf", str(path)], doing="tar -t", do="重做备份 / back up again", seconds=HOURS
        )
        made.append({"file": path.name, "of": top, "entries": len(listing.splitlines())})
    return made


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def backup(side: Side, token: int) -> dict[str, Any]:
    """Makes and verifies the backup of this token; fine if it is there already."""
    record.claim(side.move.code, token)
    home = ensure_folder(ensure_folder(BACKUPS, 0o700) / side.move.code, 0o700)
    done = home / str(token)
    if (done / "manifest.json").exists():
        return {"folder": str(done), "repeated": True}
    for leftover in home.glob("*.partial"):
        shutil.rmtree(leftover)
    room = need(side)
    draft = ensure_folder(home / f"{token}.partial", 0o700)
    made = _dump(side, draft) + _archive(side, draft)
    for entry in made:
        path = draft / entry["file"]
        entry.update(bytes=path.stat().st_size, sha256=sha256(path))
    write_json(
        draft / "manifest.json", {"system": side.move.system, "token": token, "files": made}, 0o600
    )
    draft.rename(done)
    sync_folder(home)
    return {"folder": str(done), "files": made, **room}

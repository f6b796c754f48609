"""The old host after the trial: all that is the system's is archived, and wiped when people say so.

/var/backups/qianyun/<code>/decommission/ holds the archive with manifest.json, whose SHA-256 names it.
Wiping asks for that digest, reads the archive once more, and refuses when anything has changed since.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from . import backup, ours, overwrite, record, tree
from .errors import AgentError, Fenced
from .files import ensure_folder, folder, is_locked, locked, read_json, sync_folder, write_json
from .journal import now
from .move import Move
from .proc import check
from .side import Side

COMMITTED, WIPED = "committed.json", "wiped.json"
FOLDER = "decommission"


def committed(move: Move, token: int) -> None:
    """Noted by the commit on the source; a move back makes another role of it."""
    write_json(folder(move.code) / COMMITTED, {"token": token, "at": now()})


def forget(move: Move) -> None:
    """The system comes to this host, or is to leave it once more: what was is over. An archive stays,
    under the name of its day."""
    for name in (COMMITTED, WIPED):
        (folder(move.code) / name).unlink(missing_ok=True)
    if _home(move).exists():
        day = told(move)["at"][:19].replace(":", "")
        _home(move).rename(_home(move).with_name(f"{FOLDER}-{day}"))


def ready(side: Side) -> None:
    """Raises Fenced unless the system lives elsewhere for good and nothing of it runs here."""
    code = side.move.code
    role = record.read(code).role
    known = (folder(code) / COMMITTED).exists()
    busy = is_locked(folder(code) / "run.lock")
    if role != record.YIELDED or not known or busy:
        state = f"{role or 'none'}, {'committed' if known else 'not committed'}"
        raise Fenced(
            "尚不能下线 / this cannot be decommissioned",
            read=state + (", a run is under way" if busy else ""),
            expected="yielded, committed",
            do="先提交割接（commit.yml 可重复运行） / commit first; commit.yml may be repeated",
        )
    if running := [cluster.label for cluster in side.clusters if cluster.pid()]:
        raise Fenced(
            f"旧数据库仍在运行 / an old database runs: {running[0]}",
            read="running",
            expected="stopped",
            do="查明谁启动了它，停止后重试 / find out who started it, stop it, then retry",
        )
    for error in ours.misplaced(side.move):
        raise error


def parts(side: Side) -> list[str]:
    """Folders that are the system's alone on this host."""
    return [one.path for one in side.move.trees] + [str(one.data) for one in side.clusters]


def need(side: Side) -> dict[str, Any]:
    """What an archive would take; raises Fenced, AgentError."""
    ready(side)
    sizes = [tree.size(path) for path in parts(side) if Path(path).is_dir()]
    wanted = int(sum(one["bytes"] for one in sizes) * backup.SPARE) + (1 << 20)
    free = tree.disk_free(str(backup.BACKUPS))
    if free < wanted:
        raise AgentError(
            f"归档空间不足 / too little room for the archive: {backup.BACKUPS}",
            read=f"{free} bytes free",
            expected=f"≥ {wanted} bytes",
            do="清理旧备份或扩容 / remove old backups or enlarge the file system",
        )
    return {"need": wanted, "free": free, "files": sum(one["files"] for one in sizes)}


def archive(side: Side, token: int) -> dict[str, Any]:
    """Every folder as a tar that was compared with what it was made from. Repeated: the same archive."""
    move = side.move
    record.claim(move.code, token)
    ready(side)
    if (folder(move.code) / WIPED).exists():
        return {"archive": told(move), "repeated": True}
    home = _home(move)
    if (home / "manifest.json").exists():
        return {"archive": told(move), "repeated": True}
    need(side)
    with locked(folder(move.code) / "ops.lock", 60, "ops"):
        ensure_folder(backup.BACKUPS, 0o700)
        draft = home.with_name(FOLDER + ".partial")
        shutil.rmtree(draft, ignore_errors=True)
        ensure_folder(ensure_folder(draft.parent, 0o700) / draft.name, 0o700)
        made = [_packed(path, draft / f"part-{n}.tar") for n, path in enumerate(parts(side))]
        manifest = {"system": move.system, "token": token, "at": now(), "parts": made}
        write_json(draft / "manifest.json", manifest, 0o600)
        draft.rename(home)
        sync_folder(home.parent)
    return {"archive": told(move)}


def told(move: Move) -> dict[str, Any]:
    """{"folder", "digest", "at", "parts"} of the archive; raises AgentError where there is none."""
    path = _home(move) / "manifest.json"
    if not path.exists():
        raise AgentError(
            "没有归档 / there is no archive",
            read=f"{path}: absent",
            expected="manifest.json",
            do="先归档 / archive first",
        )
    raw = read_json(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"folder": str(path.parent), "digest": digest, "at": raw["at"], "parts": raw["parts"]}


def wipe(side: Side, token: int, digest: str) -> dict[str, Any]:
    """Everything that the archive holds, off this host: what was wiped, how, and what that is worth.

    Raises Fenced, AgentError: another digest, a damaged archive, folders that changed since. Killed, it
    is told to go on by being repeated."""
    move = side.move
    record.claim(move.code, token)
    ready(side)
    done = read_json(folder(move.code) / WIPED)
    if done.get("ended"):
        return {**done, "repeated": True}
    found = checked(move, digest, begun=bool(done))
    for one in found:
        overwrite.expect_alone(one["of"])
    with locked(folder(move.code) / "ops.lock", 60, "ops"):
        if not done:
            media = {
                one["of"]: overwrite.medium(one["of"]) for one in found if Path(one["of"]).is_dir()
            }
            done = {"archive": digest, "method": overwrite.METHOD, "begun": now(), "media": media}
            write_json(folder(move.code) / WIPED, done)
        counts = {one["of"]: overwrite.wipe(one["of"]) for one in found}
        left = [path for path in counts if Path(path).exists()]
        if left:
            raise AgentError(
                f"清除后仍存在 / still there after wiping: {left[0]}",
                read=", ".join(left),
                expected="absent",
                do="查看该目录后重试 / look at it, then retry",
            )
        done = {**done, "wiped": counts, "ended": now(), "boot": record.boot_id()}
        write_json(folder(move.code) / WIPED, done)
    return done


def checked(move: Move, digest: str, *, begun: bool = False) -> list[dict[str, Any]]:
    """The parts of the archive, read once more. `begun`: folders may be half gone already."""
    known = told(move)
    if digest != known["digest"]:
        raise AgentError(
            "归档摘要不符 / this is not the digest of the archive here",
            read=digest or "none",
            expected=known["digest"],
            do="核对带走的 manifest.json 再确认 / compare the manifest.json that was carried off",
        )
    for one in known["parts"]:
        path = Path(known["folder"]) / one["file"]
        read = backup.sha256(path) if path.exists() else "absent"
        if read != one["sha256"]:
            raise AgentError(
                f"归档文件已损坏 / the archive is damaged: {path}",
                read=read,
                expected=one["sha256"],
                do="恢复归档文件；源数据未动 / restore it; nothing was wiped",
            )
        if not begun and one["print"] != ours.print_of(one["of"]):
            raise AgentError(
                f"归档后目录有改动 / the folder changed after it was archived: {one['of']}",
                read="another print",
                expected=f"as it was at {known['at']}",
                do="查明改动，移走旧归档后重新归档 / find out why, move the archive away, archive again",
            )
    found: list[dict[str, Any]] = known["parts"]
    return found


def _home(move: Move) -> Path:
    return backup.BACKUPS / move.code / FOLDER


def _packed(of: str, path: Path) -> dict[str, Any]:
    """A folder as a tar, which is compared with it once it is written."""
    before = ours.print_of(of)
    if not Path(of).is_dir():
        raise AgentError(
            f"目录不存在 / the folder is not there: {of}",
            read="absent",
            expected="a folder",
            do="查明谁移走了它 / find out who moved it away",
        )
    backup.tar(of, path)
    compared = [
        "tar",
        "--compare",
        "--acls",
        "--xattrs",
        "--numeric-owner",
        "-C",
        "/",
        "-f",
        str(path),
    ]
    check(
        compared, doing=f"tar --compare {of}", do="重做归档 / archive again", seconds=backup.HOURS
    )
    listing = check(
        ["tar", "-tf", str(path)],
        doing="tar -t",
        do="重做归档 / archive again",
        seconds=backup.HOURS,
    )
    return {
        **{"file": path.name, "of": of, "entries": len(listing.splitlines())},
        **{"bytes": path.stat().st_size, "sha256": backup.sha256(path), "print": before},
    }

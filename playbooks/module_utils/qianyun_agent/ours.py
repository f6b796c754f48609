"""Which folders of this host may be overwritten: those that we filled for this very system.

`rsync --delete` wipes whatever lies in a folder, so a target's folder has to be absent or empty,
or to bear our mark: /var/lib/qianyun/<code>/trees.json holds, by path,
  state   copying: a move of this system is under way, and what lies there was carried by it
          left: a move ended and left its copy behind, unchanged since
  print   left only: a digest over names, kinds, modes, owners, sizes and times of what was left
  at      when that was written
What a package put there (/var/www/html) is nobody's copy either, and is refused: a person has to
say that it may go, by moving it away. An empty `lost+found` of a fresh file system is nothing.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from itertools import islice
from pathlib import Path
from typing import Any

from . import files, paths, tree
from .errors import AgentError
from .files import folder, read_json, write_json
from .journal import now
from .move import Move

COPYING, LEFT = "copying", "left"
MARKS = "trees.json"
COUNTED = 100_000  # entries; more are told as "more than"
DO = (
    "核实后由管理员移走该目录或换目标主机，本次未改动它 / nothing in it was touched: have it moved "
    "away, or choose another host"
)


def marks(code: str) -> dict[str, Any]:
    """The marks of a system on this host by path; empty when there are none."""
    return read_json(folder(code) / MARKS)


def refusals(move: Move) -> list[AgentError]:
    """On the target: why its folders must not be overwritten, each with what was read."""
    marked, others = marks(move.code), _others(move.code)
    found = misplaced(move)
    for one in move.trees:
        error = _taken(one.path, others) or _foreign(one.path, marked.get(one.path, {}))
        if error:
            found.append(error)
    return found


def expect(move: Move) -> None:
    """Raises the first of the refusals."""
    for error in refusals(move):
        raise error


def take(move: Move) -> None:
    """Marks all folders of the move before the first byte is carried; raises AgentError."""
    expect(move)
    mark = {"state": COPYING, "at": now()}
    _write(move.code, {**marks(move.code), **{one.path: mark for one in move.trees}})


def expect_taken(move: Move) -> None:
    """Before the cutover's own passes: raises AgentError for a folder that presync did not take."""
    marked = marks(move.code)
    for one in move.trees:
        state = marked.get(one.path, {}).get("state", "")
        if state != COPYING:
            raise AgentError(
                f"目标目录未经预同步 / presync has not carried this folder: {one.path}",
                read=f"mark {state or 'none'}",
                expected=COPYING,
                do="重新运行 presync.yml / run presync.yml again",
            )


def leave(move: Move) -> list[str]:
    """A move was given up: what it had carried so far stays, known by its print. Gives the paths."""
    found = marks(move.code)
    ended = [path for path, mark in found.items() if mark.get("state") == COPYING]
    if ended:
        _write(move.code, {**found, **_left(ended)})
    return ended


def leave_source(move: Move) -> None:
    """The system lives elsewhere for good: its old folders may be filled again by a move back."""
    _write(move.code, {**marks(move.code), **_left([one.path for one in move.trees])})


def drop(move: Move) -> None:
    """The copy is the system itself from now on, and nothing may be carried over it."""
    declared = {one.path for one in move.trees}
    found = marks(move.code)
    kept = {path: mark for path, mark in found.items() if path not in declared}
    if kept != found:
        _write(move.code, kept)


def misplaced(move: Move) -> list[AgentError]:
    """On any host: folders that lead, by links, to what is the host's own or the login's home."""
    try:
        home = tuple(filter(None, [pwd.getpwnam(move.login).pw_dir.rstrip("/")]))
    except KeyError:
        home = ()
    found = []
    for one in move.trees:
        real = os.path.realpath(one.path)
        why = paths.overlap(one.path, home) or paths.overlap(real, (*paths.PROTECTED, *home))
        if why:
            found.append(
                AgentError(
                    f"目录属于主机 / the folder is the host's: {one.path}",
                    read=real,
                    expected=why,
                    do="更正台账或主机上的链接 / correct the ledger, or the link on the host",
                )
            )
    return found


def _write(code: str, value: dict[str, Any]) -> None:
    write_json(files.ensure_folder(folder(code)) / MARKS, value)


def _left(ended: list[str]) -> dict[str, Any]:
    return {path: {"state": LEFT, "at": now(), "print": print_of(path)} for path in ended}


def _others(code: str) -> dict[str, str]:
    """Folders that moves of other systems are filling on this host: path → system."""
    found = {}
    for place in files.STATE.glob("*/" + MARKS):
        if place.parent.name == code:
            continue
        for path, mark in read_json(place).items():
            if mark.get("state") == COPYING:
                found[path] = place.parent.name
    return found


def _taken(path: str, others: dict[str, str]) -> AgentError | None:
    for other, system in others.items():
        if paths.within(path, other) or paths.within(other, path):
            return AgentError(
                f"目标目录正由另一系统迁入 / another system is being moved into it: {path}",
                read=f"{other} of {system}",
                expected="folders apart from each other",
                do="先完成或回退该系统，或更正台账 / finish or roll that one back, or correct the ledger",
            )
    return None


def _foreign(path: str, mark: dict[str, Any]) -> AgentError | None:
    """Why what lies at `path` on this target must stay; None when it may be overwritten."""
    if not os.path.lexists(path):
        return None
    if not Path(path).is_dir():
        return AgentError(
            f"目标上该路径不是目录 / not a folder on the target: {path}",
            read="a file or a broken link",
            expected="absent, or an empty folder",
            do=DO,
        )
    if mark.get("state") == COPYING or _empty(path):
        return None
    if mark.get("state") == LEFT:
        if mark.get("print") == print_of(path):
            return None
        return AgentError(
            f"目标目录在上次迁移结束后有改动 / the folder has changed since its last move: {path}",
            read=_told(path),
            expected=f"the copy as it was left at {mark.get('at')}",
            do=DO,
        )
    return AgentError(
        f"目标目录已有数据 / the target's folder holds data that we did not put there: {path}",
        read=_told(path),
        expected="absent or empty, or this system's own earlier copy",
        do=DO,
    )


def _empty(path: str) -> bool:
    """Whether nothing lies there, but for an empty lost+found."""
    names = os.listdir(path)  # noqa: PTH208
    if names == ["lost+found"]:
        inner = Path(path, "lost+found")
        return inner.is_dir() and not inner.is_symlink() and not any(inner.iterdir())
    return not names


def _told(path: str) -> str:
    """How many entries lie there and one of them: a file if there is any, the newest of all."""
    seen = list(islice(((n, s) for n, s in tree.walk(path) if n), COUNTED + 1))
    name, _ = max(seen, key=lambda one: (not stat.S_ISDIR(one[1].st_mode), one[1].st_ctime_ns))
    many = f"more than {COUNTED}" if len(seen) > COUNTED else str(len(seen))
    return f"{path}: {many} entries, such as {name!r}"


def print_of(path: str) -> str:
    """Digest of what can be seen without reading: the same unless somebody was there."""
    if not Path(path).is_dir():
        return ""
    lines = []
    for name, found in tree.walk(path):
        if not name:
            continue
        line = f"{name}\0{found.st_mode:o}\0{found.st_uid}\0{found.st_gid}"
        if not stat.S_ISDIR(found.st_mode):
            line += f"\0{found.st_size}\0{found.st_mtime_ns}"
        lines.append(line)
    whole = hashlib.sha256()
    for line in sorted(lines):
        whole.update(line.encode(errors="surrogateescape") + b"\n")
    return whole.hexdigest()

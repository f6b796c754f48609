"""`qianyun backup|restore`: the state as one file, taken while everything runs.

The database first, as of one moment (SQLite: its online backup API, which waits for no writer and
stops none; PostgreSQL: pg_dump's own snapshot), then the files of the state folder that the database
speaks of. A tar with a list of SHA-256s in it; a restore checks all of them and the audit's chain before
anything is where it belongs.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from api.bootstrap import Qianyun
from api.errors import BadUsage, NotStarted
from api.supervisor import LOCK_FILE, alone
from migrator.people.rights import Deed, Person
from migrator.store.audit import first_fault
from migrator.store.truth import Truth

LIST = "qianyun-backup.json"
DATABASE = "database"
FORMAT = 1
NOT_KEPT = frozenset(
    {"up.json", "up.lock", "temporal.log", "worker.log", "api.log", "qianyun.db", "printing"}
)
"""Of the state folder: what only a running process needs, and the database, which goes by itself."""


@dataclass(frozen=True)
class Saved:
    """A backup: its file, how many files are in it, its size in bytes and SHA-256."""

    file: Path
    files: int
    size: int
    digest: str


@dataclass(frozen=True)
class Restored:
    folder: Path
    files: int
    entries: int


def backup(product: Qianyun, to: Path, actor: Person) -> Saved:
    """Raises Forbidden, BadUsage for a file that is there, NotStarted where pg_dump fails."""
    product.truth.permit(actor, Deed.SYSTEM_BACKUP, "state")
    if to.exists():
        raise BadUsage(f"文件已存在 / the file is there already: {to}; expected a new name")
    product.truth.audit(actor.name, "system.backup", str(to))
    state = product.settings.state
    aside = to.with_name(f"{to.name}.part")
    with tempfile.TemporaryDirectory(dir=state, prefix=".backup-") as folder:
        dumped = Path(folder) / DATABASE
        _dump(product.settings.database_url, dumped)
        temporal = _copy_of(state / "temporal.db", Path(folder) / "temporal.db")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w:gz") as tar:
                told = dict(_packed(tar, dumped, temporal, state))
                _add(tar, LIST, json.dumps(_list(told, product)).encode())
            aside.rename(to)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    body = to.read_bytes()
    return Saved(to, len(told), len(body), hashlib.sha256(body).hexdigest())


def _list(told: dict[str, str], product: Qianyun) -> dict[str, object]:
    kind = urlsplit(product.settings.database_url).scheme.partition("+")[0]
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return {"format": FORMAT, "database": kind, "made_at": made, "files": told}


def _packed(
    tar: tarfile.TarFile, dumped: Path, temporal: Path | None, state: Path
) -> Iterator[tuple[str, str]]:
    yield DATABASE, _put(tar, DATABASE, dumped)
    if temporal is not None:
        yield "state/temporal.db", _put(tar, "state/temporal.db", temporal)
    for path in sorted(_files(state)):
        name = f"state/{path.relative_to(state).as_posix()}"
        with contextlib.suppress(FileNotFoundError):  # an attempt's file that has just gone
            yield name, _put(tar, name, path)


def _files(state: Path) -> Iterator[Path]:
    """Regular files only: no link leads a backup out of the folder."""
    for root, folders, names in os.walk(state):
        here = Path(root)
        if here == state:
            folders[:] = [f for f in folders if f not in NOT_KEPT and not f.startswith(".backup-")]
        for name in names:
            if here == state and (name in NOT_KEPT or name.startswith("temporal.db")):
                continue
            path = here / name
            if path.is_file() and not path.is_symlink() and not _of_sqlite(name):
                yield path


def _of_sqlite(name: str) -> bool:
    return name.endswith(("-wal", "-shm", "-journal"))


def _put(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """The file whole in memory, so that list and content are of one moment: logs grow."""
    return _add(tar, name, path.read_bytes(), path.stat().st_mode & 0o700)


def _add(tar: tarfile.TarFile, name: str, body: bytes, mode: int = 0o600) -> str:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(body), mode | 0o600
    tar.addfile(info, io.BytesIO(body))
    return hashlib.sha256(body).hexdigest()


def _dump(url: str, to: Path) -> None:
    if url.startswith("sqlite"):
        path = Path(unquote(url.partition(":///")[2]))
        if _copy_of(path, to) is None:
            raise BadUsage(f"数据库不存在 / no database: {path}; see QIANYUN_DATABASE_URL")
        return
    _postgresql("pg_dump", url, "--format=custom", "--no-owner", f"--file={to}")


def _copy_of(source: Path, to: Path) -> Path | None:
    """SQLite's online backup, in steps, so that no writer waits for the whole of it."""
    if not source.exists():
        return None
    with (
        contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as old,
        contextlib.closing(sqlite3.connect(to)) as new,
    ):
        old.backup(new)  # one step: one read transaction of WAL, which stops no writer
    return to


def _postgresql(program: str, url: str, *arguments: str) -> None:
    """The password goes by the environment: a command line is everybody's to read."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")  # no place: a socket, which ?host= names
    user = user.partition(":")[0]
    plain = parts._replace(scheme="postgresql", netloc=f"{user}@{place}" if user else place)
    environment = {"PATH": os.defpath, "PGPASSWORD": unquote(parts.password or "")}
    command = [program, *arguments, f"--dbname={urlunsplit(plain)}"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", "") or str(error)
        raise NotStarted(
            f"{program} 失败 / failed: {' '.join(told.split())[:500]}; install postgresql-client of the "
            "server's version, or check QIANYUN_DATABASE_URL"
        ) from error


def restore(product: Qianyun, file: Path, actor: Person) -> Restored:
    """Into a state folder that holds nothing yet, and a database without tables. Raises BadUsage for a
    file that is no backup or was changed, for a state that is there; AlreadyUp while one runs."""
    state, url = product.settings.state, product.settings.database_url
    # the lock of a restore that failed is nothing
    if state.exists() and any(one.name != LOCK_FILE for one in state.iterdir()):
        raise BadUsage(
            f"状态文件夹不是空的 / the state folder holds something: {state}; move it away, or set "
            "QIANYUN_STATE to another"
        )
    with alone(state, "qianyun restore"), tempfile.TemporaryDirectory(dir=state) as folder:
        told = _opened(file, Path(folder))
        kind = urlsplit(url).scheme.partition("+")[0]
        if told["database"] != kind:
            raise BadUsage(
                f"备份来自 {told['database']}，此处为 {kind} / the backup is of {told['database']}, this is "
                f"{kind}: set QIANYUN_DATABASE_URL to the same kind"
            )
        dumped = Path(folder) / DATABASE
        if kind == "sqlite":
            entries = _verified(f"sqlite:///{dumped}")
            target = Path(unquote(url.partition(":///")[2]))
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if target.exists():
                raise BadUsage(f"数据库已存在 / there is a database already: {target}")
            shutil.move(dumped, target)
        else:
            _postgresql("pg_restore", url, "--no-owner", "--single-transaction", str(dumped))
            entries = _verified(url)
        for path in (Path(folder) / "state").glob("*"):
            shutil.move(path, state / path.name)
    truth = product.truth  # opened only now: the folder had to be empty
    truth.audit(actor.name, "system.restore", file.name, made_at=told["made_at"])
    return Restored(state, len(told["files"]), entries)


def _verified(url: str) -> int:
    """How many entries the audit has. Raises BadUsage where its chain is broken."""
    truth = Truth.open(url)
    chain = truth.audit_entries()
    truth.engine.dispose()
    if fault := first_fault(chain):
        raise BadUsage(f"备份中的审计链有误 / the audit chain of the backup is broken: {fault}")
    return len(chain)


def _opened(file: Path, folder: Path) -> dict[str, Any]:
    """The list, once every file is what it says. Names in a tar are anybody's: only plain ones below
    our folder are taken, and the tar's own modes and owners never."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            found: dict[str, str] = {}
            told: dict[str, Any] = {}
            for member in tar:
                path = PurePosixPath(member.name)
                body = tar.extractfile(member) if member.isfile() else None
                if body is None or path.is_absolute() or ".." in path.parts:
                    raise BadUsage(f"备份中有不该有的名称 / no name for a backup: {member.name!r}")
                content = body.read()
                if member.name == LIST:
                    told = json.loads(content)
                    continue
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                target.write_bytes(content)
                target.chmod(0o600 | (member.mode & 0o100))
                found[member.name] = hashlib.sha256(content).hexdigest()
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise BadUsage(f"不是备份文件 / no backup: {file}: {error}") from error
    if told.get("format") != FORMAT or told.get("files") != found:
        raise BadUsage(
            f"备份不完整或被改动 / the backup is cut off or was changed: {file}: what is in it is not what "
            "its list says"
        )
    return told

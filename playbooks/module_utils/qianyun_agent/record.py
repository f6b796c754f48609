"""The role record: who may be active, on this host, for one system.

/var/lib/qianyun/<code>/role.json holds
  role      active | fenced | yielded | standby (entrance on a gateway)
  token     the token under which the role was taken
  seen      the highest token that ever acted here; lower ones are refused
  deadline  fenced only: unix seconds at which the source takes itself back
  boot      the boot in which the record was written
Changes happen under a lock, by compare-and-set, atomically and fsync'ed.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterator, Sequence

from .errors import Fenced
from .files import folder, locked, read_json, write_json

ACTIVE, FENCED, YIELDED, STANDBY, ENTRANCE = "active", "fenced", "yielded", "standby", "entrance"


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@dataclass(frozen=True)
class Record:
    """See the module. An absent record is `Record()`."""

    role: str = ""
    token: int = 0
    seen: int = 0
    deadline: float = 0.0
    boot: str = ""

    def plain(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "token": self.token,
            "seen": self.seen,
            "deadline": self.deadline,
            "boot": self.boot,
        }


def _file(code: str) -> Path:
    return folder(code) / "role.json"


def read(code: str) -> Record:
    """The record as it is now; `Record()` if there is none."""
    raw = read_json(_file(code))
    return Record(
        role=str(raw.get("role", "")),
        token=int(raw.get("token", 0)),
        seen=int(raw.get("seen", 0)),
        deadline=float(raw.get("deadline", 0)),
        boot=str(raw.get("boot", "")),
    )


def _write(code: str, record: Record) -> Record:
    write_json(_file(code), record.plain())
    return record


def refuse_lower(record: Record, token: int) -> None:
    """Raises Fenced if a higher token has been at work."""
    if token < record.seen:
        raise Fenced(
            "令牌已过期 / a newer attempt has taken over",
            read=f"token {token}",
            expected=f"≥ {record.seen}",
            do="停止本次尝试；以最新一次为准 / stop this attempt; the newest one counts",
        )


@contextmanager
def held(code: str, seconds: float = 10.0) -> Iterator[Record]:
    """The record, under its lock."""
    with locked(folder(code) / "role.lock", seconds, "role"):
        yield read(code)


def claim(code: str, token: int) -> Record:
    """Notes that `token` acts here from now on; raises Fenced for a lower one."""
    with held(code) as record:
        refuse_lower(record, token)
        return record if token == record.seen else _write(code, replace(record, seen=token))


def change(  # the only way to change a role
    code: str,
    token: int,
    *,
    to: str,
    frm: Sequence[str],
    same_token: bool = False,
    seconds: float = 0.0,
) -> Record:
    """Compare-and-set of the role under the lock; see `change_held`."""
    with held(code) as record:
        return change_held(
            code, record, token, to=to, frm=frm, same_token=same_token, seconds=seconds
        )


def change_held(
    code: str,
    record: Record,
    token: int,
    *,
    to: str,
    frm: Sequence[str],
    same_token: bool = False,
    seconds: float = 0.0,
) -> Record:
    """Sets the role `to` if it is one of `frm` (and was taken by this very token, if asked).

    `seconds` from now make the deadline of a fenced role. Being there already with this token is
    fine. Raises Fenced otherwise.
    """
    refuse_lower(record, token)
    if record.role == to and record.token == token and to != FENCED:
        return record
    if record.role not in frm or (same_token and record.token != token):
        raise Fenced(
            "主机角色不符 / the host's role is not the expected one",
            read=f"{record.role or 'none'} (token {record.token})",
            expected=f"{' | '.join(role or 'none' for role in frm)}"
            + (f" (token {token})" if same_token else ""),
            do="查看两端 role.json；必要时运行 rollback.yml / look at role.json of both; run rollback.yml",
        )
    deadline = time.time() + seconds if to == FENCED else 0.0
    return _write(code, Record(to, token, max(record.seen, token), deadline, boot_id()))

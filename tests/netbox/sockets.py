"""Folders for unix sockets: below /tmp, as a socket's path may not be long; swept when left over."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PREFIX = "qianyun-nb-"
LOCK = "owner"


@dataclass(frozen=True)
class SocketFolder:
    """Ours as long as the lock in it is held, and with us the lock goes, however we end."""

    path: Path
    lock: int

    @classmethod
    def make(cls) -> Self:
        sweep()
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        path.chmod(0o711)  # other users' servers have their own folders in it
        lock = os.open(path / "new", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (path / "new").rename(path / LOCK)  # under this name it was locked from the beginning
        return cls(path, lock)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def sweep() -> None:
    """Removes the folders of those that were killed."""
    for lock in Path("/tmp").glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError):  # another user's, or just gone
            opened = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
            finally:
                os.close(opened)

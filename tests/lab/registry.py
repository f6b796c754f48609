"""Which labs there are on the machine, so that what a dead one left can be swept away.

A lab's keeper tears it down when its owner dies. Only if both were killed is anything left: a
folder, a note here, and programs that ran in the lab's plain namespaces.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.lab import keeper, shell
from tests.lab.network import MARK

FOLDER = Path("/run/qianyun-lab")
KEEPER_SECONDS = 15.0


@dataclass(frozen=True)
class Note:
    lab_id: str
    folder: str
    files: tuple[str, ...]
    owner: int
    owner_started: str
    keeper: int = 0
    keeper_started: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.lab_id}.json"

    def write(self) -> None:
        draft = self.path.with_suffix(".new")
        while True:
            FOLDER.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_text(json.dumps(asdict(self)))
            except FileNotFoundError:  # another lab, the last one, just took the folder away
                continue
            draft.rename(self.path)
            return


def notes() -> Iterator[Note]:
    for path in sorted(FOLDER.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            values = json.loads(path.read_text())
            yield Note(**{**values, "files": tuple(values["files"])})


def sweep() -> list[str]:
    """Removes what dead labs left; gives their ids."""
    swept = []
    for note in notes():
        if shell.alive(note.owner, note.owner_started):
            continue
        clear(note)
        swept.append(note.lab_id)
    return swept


def clear(note: Note) -> None:
    """Sees to it that nothing of a lab is left, whether its keeper did its work or was killed."""
    _await_keeper(note)
    _kill_marked(note.lab_id)
    keeper.remove(Path(note.folder), list(note.files), note.path)


def _await_keeper(note: Note) -> None:
    """The keeper is at its work; if it does not end, it is ended, and its hosts with it."""
    deadline = time.monotonic() + KEEPER_SECONDS
    while note.keeper and shell.alive(note.keeper, note.keeper_started):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(note.keeper, signal.SIGKILL)
        time.sleep(0.02)


def _kill_marked(lab_id: str) -> None:
    wanted = f"{MARK}={lab_id}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)

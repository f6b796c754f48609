"""Running the machine's programs with an environment that holds no surprises."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.lab.addresses import SAFE_PATH
from tests.lab.errors import LabError

ENVIRONMENT = {"PATH": SAFE_PATH, "HOME": "/root", "LANG": "C.UTF-8"}


def run(argv: Sequence[str], text: str | None = None) -> str:
    """Runs a program of the machine and gives what it printed; LabError if it fails."""
    done = subprocess.run(
        argv,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    if done.returncode:
        raise LabError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks after boot; None if there is no such process.

    With the pid it names one process for ever, as pids are used again.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def alive(pid: int, started: str) -> bool:
    return start_time(pid) == started


def self_start_time() -> str:
    return start_time(os.getpid()) or ""

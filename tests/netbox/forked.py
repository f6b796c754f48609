"""What is forked from the loaded NetBox: code that runs in it, and its worker. See inside/shell.py."""

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.children import LOOK_AGAIN

UPPER = 60

WORKER = """
from django.core.management import call_command
call_command("rqworker", "high", "default", "low")
"""


def run(shell: Path, code: str) -> str:
    """What the code printed; RuntimeError with the traceback when it fails. A process of its own."""
    answer = _ask(shell, code, stay=False)
    if answer["error"]:
        raise RuntimeError(f"NetBox's shell: {answer['error']}")
    return str(answer["printed"])


@dataclass(frozen=True)
class Worker:
    """Sends webhooks and does background jobs. It ends with the web server."""

    pid: int

    @classmethod
    def start(cls, shell: Path, ready: Callable[[], bool]) -> "Worker":
        """Returns once `ready()`; RuntimeError where it ends before."""
        worker = cls(_ask(shell, WORKER, stay=True)["pid"])
        watched = os.pidfd_open(worker.pid)
        try:
            while not ready():
                if select.select([watched], [], [], LOOK_AGAIN)[0]:
                    raise RuntimeError("NetBox's worker ended at once; web.log says why")
        finally:
            os.close(watched)
        return worker

    def stop(self) -> None:
        """Its job is done first; then it and what it started are seen to be gone."""
        with contextlib.suppress(ProcessLookupError):
            watched = os.pidfd_open(self.pid)
            try:
                os.kill(self.pid, signal.SIGTERM)
                select.select([watched], [], [], UPPER)
            finally:
                os.close(watched)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _ask(shell: Path, code: str, *, stay: bool) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(shell))
        client.sendall(json.dumps({"code": code, "stay": stay}).encode())
        client.shutdown(socket.SHUT_WR)
        answer: dict[str, Any] = json.loads(b"".join(iter(lambda: client.recv(65536), b"")))
    return answer

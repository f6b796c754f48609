"""A lasting session of MariaDB's own client over the local socket, as the superuser root."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from contextlib import suppress
from typing import Any

from .errors import AgentError
from .proc import environment

MARK = "qianyun-end-of-answer"
SOCKET = "/run/mysqld/mysqld.sock"
CLIENT = ("--no-defaults", "--protocol=socket", f"--socket={SOCKET}", "--user=root")


class SqlClient:
    """One session; a query costs a round trip and not a process."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [
                "mariadb", *CLIENT, "--batch", "--skip-column-names", "--raw", "--unbuffered",
                "--force", "--no-auto-rehash", "--default-character-set=utf8mb4",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(marked=True),
            cwd="/",
        )  # fmt: skip
        self._rest = b""

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def close(self) -> None:
        """Ends the session; a server that is gone does no harm."""
        if self._child.stdin:
            with suppress(OSError):
                self._child.stdin.close()
        try:
            self._child.wait(2)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()

    def query(self, sql: str, seconds: float = 30) -> list[str]:
        """Runs SQL of ours (text from people comes as `literal`); output lines. Raises AgentError."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(f"{sql}\n;\nSELECT '{MARK}';\n".encode())
            self._child.stdin.flush()
        except OSError as error:
            raise _failed(str(error)) from error
        lines = self._answer(time.monotonic() + seconds)
        if any(line.startswith("ERROR ") for line in lines):
            raise _failed(" | ".join(lines)[-800:])
        return [line for line in lines if line]

    def value(self, sql: str, seconds: float = 30) -> str:
        """The only value of a query; '' where it is an empty text."""
        lines = self.query(sql, seconds)
        if len(lines) > 1:
            raise _failed(f"{len(lines)} lines: {lines[:3]}")
        return lines[0] if lines else ""

    def rows(self, sql: str, seconds: float = 30) -> list[dict[str, Any]]:
        """Rows of a query that gives one JSON object a row."""
        return [json.loads(line) for line in self.query(sql, seconds)]

    def _answer(self, limit: float) -> list[str]:
        assert self._child.stdout is not None
        handle = self._child.stdout.fileno()
        end = f"{MARK}\n".encode()
        while not (self._rest == end or self._rest.endswith(b"\n" + end)):
            ready, _, _ = select.select([handle], [], [], max(0.0, limit - time.monotonic()))
            block = os.read(handle, 65536) if ready else b""
            if not block:
                why = "no answer in time" if not ready else "the session ended"
                said = self._rest[-400:].decode(errors="replace")
                self._child.kill()  # what still comes must not be taken for the next answer
                raise _failed(f"{why}: {said}")
            self._rest += block
        lines = self._rest[: -len(end)].decode(errors="replace").splitlines()
        self._rest = b""
        return lines


def literal(value: str) -> str:
    """Text as a literal that needs no quoting, whatever is in it."""
    return "CONVERT(0x" + value.encode().hex() + " USING utf8mb4)" if value else "''"


def quoted(value: str) -> str:
    """Text as a quoted literal, where the grammar takes no expression; printable ASCII only."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _failed(read: str) -> AgentError:
    return AgentError(
        "数据库查询失败 / a query of the database failed",
        read=read,
        expected="an answer",
        do="查看数据库日志 / read the log of the database",
    )

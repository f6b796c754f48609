"""A lasting psql session: a query costs a round trip over a local socket, not a process."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from contextlib import suppress
from typing import Any

from .errors import AgentError
from .proc import as_user, environment

MARK = "qianyun-end-of-answer"
SOCKETS = "/var/run/postgresql"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Psql:
    """One session of the superuser `postgres` with one database of the cluster on `port`."""

    def __init__(self, port: int, database: str = "postgres") -> None:
        conninfo = (
            f"host={SOCKETS} port={port} user=postgres dbname={_quoted(database)}"
            " connect_timeout=5 application_name=qianyun"
        )
        self._child = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "--no-password", "-d", conninfo],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(marked=True),
            cwd="/",
            **as_user("postgres"),
        )
        self._rest = b""

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
        """Runs SQL of ours (never text from people); returns output lines. Raises AgentError."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(f"{sql}\n;\n\\echo {MARK}\n".encode())
            self._child.stdin.flush()
        except OSError as error:
            raise self._failed(str(error)) from error
        lines = self._answer(time.monotonic() + seconds)
        bad = [line for line in lines if line.startswith(("ERROR:", "FATAL:", "psql:", "PANIC:"))]
        if bad:
            raise self._failed(" | ".join(lines)[-800:])
        return [line for line in lines if line]

    def value(self, sql: str, seconds: float = 30) -> str:
        """The only value of a query."""
        lines = self.query(sql, seconds)
        if len(lines) != 1:
            raise self._failed(f"{len(lines)} lines: {lines[:3]}")
        return lines[0]

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
                raise self._failed(f"{why}: {self._rest[-400:].decode(errors='replace')}")
            self._rest += block
        lines = self._rest[: -len(end)].decode(errors="replace").splitlines()
        self._rest = b""
        return lines

    @staticmethod
    def _failed(read: str) -> AgentError:
        return AgentError(
            "数据库查询失败 / a query of the database failed",
            read=read,
            expected="an answer",
            do="查看该数据库集群的日志 / read the log of the cluster",
        )

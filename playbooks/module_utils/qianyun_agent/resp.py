"""A connection to this host's Redis: RESP2, the standard library alone.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import socket
from typing import Any

from .errors import AgentError


class Resp:
    """Raises OSError where the server does not answer."""

    def __init__(self, port: int, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._stream = self._socket.makefile("rb")
        if password:
            self.ask("AUTH", password)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def ask(self, *words: str, seconds: float = 30) -> Any:
        """One command's answer: text, number, list or None. Raises AgentError for a refusal."""
        self._socket.settimeout(seconds)
        parts = [word.encode() for word in words]
        whole = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self._socket.sendall(b"*%d\r\n%s" % (len(parts), whole))
        return self._read(words[0])

    def _read(self, command: str) -> Any:
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("the connection ended")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        if kind == b"-":
            raise AgentError(
                f"数据库拒绝命令 / the database refuses a command: {command}",
                read=rest, expected="OK", do="查看其配置与日志 / look at its configuration and log",
            )  # fmt: skip
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._bulk(int(rest))
        if kind == b"*":
            return None if int(rest) < 0 else [self._read(command) for _ in range(int(rest))]
        return rest

    def _bulk(self, size: int) -> str | None:
        if size < 0:
            return None
        return self._stream.read(size + 2)[:-2].decode(errors="replace")

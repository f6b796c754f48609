"""Ports as the cutover sees them: this host's own, and those behind SSH.

A remote port is one ssh process that lives through the whole cutover, so a request costs a round
trip. It is the connection's master too: rsync runs over the same one.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, Protocol

from .errors import Unreachable, from_plain
from .files import ensure_folder, folder, write
from .move import Move
from .port import answer, side_table
from .proc import environment
from .side import Side

CONNECT_SECONDS = 15.0
RUN = Path("/run/qianyun")


class Port(Protocol):
    """Something that answers the verbs of port.py; raises AgentError."""

    def call(self, verb: str, wait: float = 60, **args: Any) -> Any: ...

    def close(self) -> object: ...


class LocalPort:
    """The target's own side, in this process."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._table = side_table(side)

    def call(self, verb: str, wait: float = 60, **args: Any) -> Any:  # noqa: ARG002
        """Runs the verb; its own limits apply. Raises AgentError."""
        reply = answer(self._table, {"verb": verb, "args": args})
        if not reply["ok"]:
            raise from_plain(reply["error"])
        return reply["result"]

    def close(self) -> None:
        self.side.close()


def ssh_files(move: Move) -> None:
    """Writes ssh_config and known_hosts for the move's key: hosts source, source6, gateway …"""
    home = folder(move.code)
    known, config = [], []
    for name in ("source", "gateway"):
        place = move.place(name)
        known.append(f"qianyun-{name} {place.host_key}")
        for suffix, address in (("", place.address), ("6", place.address6)):
            config.append(
                f"Host {name}{suffix}\n HostName {address}\n Port {place.ssh_port}\n"
                f" HostKeyAlias qianyun-{name}\n"
            )
    config.append(
        f"Host *\n User {move.login}\n IdentityFile {home}/id_ed25519\n IdentitiesOnly yes\n"
        f" UserKnownHostsFile {home}/known_hosts\n GlobalKnownHostsFile /dev/null\n"
        " StrictHostKeyChecking yes\n BatchMode yes\n ConnectTimeout 5\n ServerAliveInterval 5\n"
        " ServerAliveCountMax 3\n LogLevel ERROR\n PasswordAuthentication no\n"
        " CheckHostIP no\n UpdateHostKeys no\n"
    )
    write(home / "known_hosts", "\n".join(known) + "\n", 0o600)
    write(home / "ssh_config", "".join(config), 0o600)


def ssh_command(code: str, control: str) -> list[str]:
    """ssh with the move's key over the master at `control`; no word of it holds a blank."""
    return ["ssh", "-F", str(folder(code) / "ssh_config"), "-S", control]


class RemotePort:
    """The port of the source or gateway; v4 first, v6 if that does not connect."""

    def __init__(self, move: Move, name: str, token: int) -> None:
        self.move, self.name, self.token = move, name, token
        ensure_folder(RUN, 0o700)
        self.host = name
        self.control = str(RUN / f"{move.code[:40]}-{name}-{os.getpid()}")
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._open()

    def _open(self) -> None:
        errors = []
        for host in (self.name, self.name + "6"):
            command = [*ssh_command(self.move.code, self.control), "-M", host, "session"]
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(marked=True),
                cwd="/",
                start_new_session=True,
            )
            self._rest, self.host = b"", host
            try:
                self.call("hello", CONNECT_SECONDS, token=self.token)
                return
            except Unreachable as error:
                errors.append(f"{host}: {error.read}")
        raise self._lost("; ".join(errors))

    def reopen(self) -> None:
        """A new connection after one was lost."""
        self.close()
        self._open()

    def call(self, verb: str, wait: float = 60, **args: Any) -> Any:
        """Asks and waits for the answer; raises AgentError, or Unreachable and is closed then."""
        child = self._child
        if child is None or child.stdin is None:
            raise self._lost("closed")
        try:
            child.stdin.write(json.dumps({"verb": verb, "args": args}).encode() + b"\n")
            child.stdin.flush()
            line = self._line(child, time.monotonic() + max(0.05, wait))
        except OSError as error:
            raise self._broken(verb, str(error)) from error
        if line is None:
            raise self._broken(verb, f"no answer within {wait:.1f} s")
        reply = json.loads(line)
        if not reply["ok"]:
            raise from_plain(reply["error"])
        return reply["result"]

    def _line(self, child: subprocess.Popen[bytes], limit: float) -> bytes | None:
        assert child.stdout is not None
        handle = child.stdout.fileno()
        while b"\n" not in self._rest:
            ready, _, _ = select.select([handle], [], [], max(0.0, limit - time.monotonic()))
            if not ready:
                return None
            block = os.read(handle, 65536)
            if not block:
                raise OSError("the connection ended")
            self._rest += block
        line, self._rest = self._rest.split(b"\n", 1)
        return line

    def _broken(self, verb: str, why: str) -> Unreachable:
        return self._lost(f"{verb}: {why} {self.close()}".strip())

    def _lost(self, read: str) -> Unreachable:
        place = self.move.place(self.name)
        return Unreachable(
            f"无法联系主机 / a host cannot be reached: {place.host}",
            read=read,
            expected=f"an answer from {place.address} or {place.address6} port {place.ssh_port}",
            do="检查线路、sshd 与主机密钥 / check the line, sshd and the host key",
        )

    def close(self) -> str:
        """Ends the connection and tells what ssh said on its standard error.

        What was asked for may still come to pass over there.
        """
        child, self._child = self._child, None
        if child is None:
            return ""
        child.terminate()
        try:
            _, said = child.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            child.kill()
            _, said = child.communicate()
        except (OSError, ValueError):  # its input was broken already
            child.kill()
            child.wait()
            said = b""
        return said.decode(errors="replace").strip()[-400:]

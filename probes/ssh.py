"""SSH: is it the host we know? Reads banner and host key, never logs in. Owner of paramiko."""

import asyncio
import base64
import binascii
import contextlib
import logging
import socket
import threading

import paramiko
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import IncompatiblePeer

from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tcp import connect

# paramiko logs every broken handshake with a traceback; here the result is the report.
QUIET = "qianyun.probes.paramiko"
logging.getLogger(QUIET).setLevel(logging.CRITICAL + 1)


_OLD, _NEW = "curve25519-sha256@libssh.org", "curve25519-sha256"
_KEX: dict[str, object] = getattr(paramiko.Transport, "_kex_info", {})
_PREFERRED: tuple[str, ...] = getattr(paramiko.Transport, "_preferred_kex", ())


class Transport(paramiko.Transport):
    """paramiko's, which also knows curve25519 by the name that RFC 8731 gave it.

    paramiko (5.1) knows only the name from before the RFC; section 3 says that both names stand for
    the same exchange. A server that offers the new one alone would have nothing in common with us.
    """

    if _OLD in _KEX and _NEW not in _KEX:
        _kex_info = _KEX | {_NEW: _KEX[_OLD]}
        _preferred_kex = (_NEW, *_PREFERRED)


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, handshake. `target.host_key` is "type base64" as in known_hosts."""
    look = Look(target)
    known = known_key(target.host_key)
    if known is None:
        return look.done(
            Failure.BAD_TARGET,
            read=f"主机密钥 / host key {target.host_key!r}",
            expected="类型与 base64 / type and base64, e.g. ssh-ed25519 AAAA…; "
            "未知主机不连 / an unknown host is not spoken to",
        )
    try:
        async with asyncio.timeout(deadline):
            sock = await connect(target)
            look.mark("connect")
            with contextlib.closing(sock):
                found = await _handshake(sock, known, deadline, look)
    except _NothingInCommon as error:
        return look.done(Failure.NO_ALGORITHM, error=error, expected=error.known)
    except (OSError, paramiko.SSHException) as error:
        return look.broken(error)
    look.mark("handshake")
    if found.asbytes() != known.asbytes():
        return look.done(
            Failure.WRONG_HOST_KEY, read=fingerprint(found), expected=fingerprint(known)
        )
    return look.done(fingerprint=fingerprint(found))


async def _handshake(
    sock: socket.socket, known: paramiko.PKey, deadline: float, look: Look
) -> paramiko.PKey:
    """The key the server proved to hold. Raises SSHException with the cause kept."""
    finished = _Finished()
    transport = Transport(sock)
    transport.set_log_channel(QUIET)
    transport.banner_timeout = deadline
    _prefer(transport, known)
    try:
        transport.start_client(event=finished)  # paramiko goes on in its own thread
        await finished.seen.wait()
        if transport.remote_version:
            look.note(banner=transport.remote_version)
        if not transport.is_active():
            met = transport.get_exception() or EOFError("closed during the handshake")
            if isinstance(met, IncompatiblePeer) and "no acceptable" in str(met):
                raise _NothingInCommon(str(met), transport)
            # A hostile server can make paramiko stumble over anything: one class for all of it.
            raise paramiko.SSHException(f"{type(met).__name__}: {met}") from met
        return transport.get_remote_server_key()
    finally:
        # Wakes paramiko's thread out of its read: it ends without waiting for the server.
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        transport.close()


class _NothingInCommon(Exception):
    """An SSH server whose algorithms of one kind are all unknown to us."""

    def __init__(self, told: str, transport: paramiko.Transport) -> None:
        super().__init__(told)
        options = transport.get_security_options()
        kinds = {
            "kex": options.kex,
            "host key": options.key_types,
            "cipher": options.ciphers,
            "mac": options.digests,
            "compression": options.compression,
        }
        self.known = ", ".join(next((kinds[kind] for kind in kinds if kind in told), ()))


class _Finished(threading.Event):
    """The event paramiko sets from its thread, passed on to the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def set(self) -> None:
        super().set()
        with contextlib.suppress(RuntimeError):  # loop gone: nobody waits any more
            self._loop.call_soon_threadsafe(self.seen.set)


def _prefer(transport: paramiko.Transport, known: paramiko.PKey) -> None:
    """Ask for the known key's type first, but take others, so that a stranger shows its key."""
    options = transport.get_security_options()
    kinds = options.key_types
    wanted = "rsa-sha2-" if known.get_name() == "ssh-rsa" else known.get_name()
    options.key_types = tuple(sorted(kinds, key=lambda kind: not kind.startswith(wanted)))


def known_key(line: str) -> paramiko.PKey | None:
    kind, _, blob = line.strip().partition(" ")
    try:
        return paramiko.PKey.from_type_string(
            kind, base64.b64decode(blob.split()[0], validate=True)
        )
    except (IndexError, ValueError, binascii.Error, paramiko.SSHException, UnknownKeyType):
        return None


def fingerprint(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.fingerprint}"

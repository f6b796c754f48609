"""TLS: chain, expiry and name of a certificate, with a literal address and no login.

Verified by OpenSSL against the system's authorities, or those of `target.authorities`: a city that
runs its own CA names it. The name is `target.name`, else the address itself (RFC 6125).
"""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tcp import connect


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, tls. Evidence: version, cipher, subject, issuer, not_after (UTC)."""
    look = Look(target)
    try:
        trust = context(target.authorities)
    except (OSError, ssl.SSLError) as error:
        return unreadable(look, error)
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(deadline):
            sock = await connect(target)
            look.mark("connect")
            look.awaiting(Failure.TIMEOUT_TLS)
            _, writer = await handshake(sock, trust, target.name or target.address)
            look.mark("tls")
            look.note(**certificate(writer.get_extra_info("ssl_object")))
    except OSError as error:
        return look.broken(error, expected=target.name or target.address)
    finally:
        if writer is not None:
            writer.transport.abort()  # a peer that never answers our farewell must not hold us
    return look.done()


async def handshake(
    sock: socket.socket, trust: ssl.SSLContext, name: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Over a connected socket. Raises OSError (ssl.SSLError is one)."""
    try:
        return await asyncio.open_connection(sock=sock, ssl=trust, server_hostname=name)
    except BaseException:
        sock.close()  # asyncio leaves a socket of ours open when a handshake on it fails
        raise


@lru_cache(maxsize=64)
def _context(authorities: str, changed: int) -> ssl.SSLContext:
    del changed  # part of the key: a file that was replaced is read again
    made = ssl.create_default_context(cafile=authorities or None)
    # Python 3.13 asks for extensions that RFC 5280 wants and clients do without: a certificate that
    # every browser takes is not untrusted, and the answer must not hang on our Python.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def context(authorities: str) -> ssl.SSLContext:
    """Made once per file: reading a bundle of authorities takes milliseconds. Raises OSError."""
    return _context(authorities, Path(authorities).stat().st_mtime_ns if authorities else 0)


def unreadable(look: Look, error: Exception) -> ProbeResult:
    return look.done(
        Failure.BAD_TARGET,
        read=f"{look.target.authorities}: {error}",
        expected="CA 证书文件（PEM） / a PEM file of authorities",
    )


def certificate(connection: ssl.SSLObject) -> dict[str, str]:
    """What a verified peer showed."""
    shown = connection.getpeercert() or {}
    told = {"version": connection.version() or "", "cipher": (connection.cipher() or ("",))[0]}
    told["subject"] = _common_name(shown.get("subject", ()))
    told["issuer"] = _common_name(shown.get("issuer", ()))
    if until := shown.get("notAfter"):
        moment = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(until)), UTC)
        told["not_after"] = moment.isoformat()
    return told


def _common_name(parts: object) -> str:
    pairs = [pair for part in parts for pair in part] if isinstance(parts, tuple) else []
    return next((value for key, value in pairs if key == "commonName"), "")

"""The one seam where outside errors become a `Failure`."""

import errno
import ssl
from collections.abc import Iterator, Mapping

from probes.errors import Exhausted
from probes.model import Failure

# EACCES is what Linux says for a prohibited route and for ICMPv6 "administratively prohibited"
# (v4 says EHOSTUNREACH there), EINVAL for a black-hole route: all of them mean "no way there".
# A missing right of our own is EPERM, or is named by icmp where it opens its socket.
BY_ERRNO: Mapping[int, Failure] = {
    errno.ECONNREFUSED: Failure.REFUSED,
    errno.ENETUNREACH: Failure.NO_ROUTE,
    errno.EHOSTUNREACH: Failure.NO_ROUTE,
    errno.ENETDOWN: Failure.NO_ROUTE,
    errno.EHOSTDOWN: Failure.NO_ROUTE,
    errno.EADDRNOTAVAIL: Failure.NO_ROUTE,
    errno.EAFNOSUPPORT: Failure.NO_ROUTE,
    errno.ENONET: Failure.NO_ROUTE,
    errno.ENODEV: Failure.NO_ROUTE,
    errno.EACCES: Failure.NO_ROUTE,
    errno.EINVAL: Failure.NO_ROUTE,
    errno.ECONNRESET: Failure.RESET,
    errno.ECONNABORTED: Failure.RESET,
    errno.ENOTCONN: Failure.RESET,
    errno.EPIPE: Failure.RESET,
    errno.ESHUTDOWN: Failure.RESET,
    errno.EPERM: Failure.PERMISSION,
    errno.EPROTO: Failure.PROTOCOL,
    errno.ENOPROTOOPT: Failure.PROTOCOL,  # ICMP "protocol unreachable"
    errno.EMSGSIZE: Failure.PROTOCOL,
}

# Of X509_verify_cert (openssl/x509_vfy.h); every other number is a chain that leads nowhere trusted.
BY_VERIFY_CODE: Mapping[int, Failure] = {
    9: Failure.NOT_YET_VALID,
    10: Failure.EXPIRED,
    62: Failure.WRONG_NAME,  # of a host
    64: Failure.WRONG_NAME,  # of an address
}

OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def failure_of(error: BaseException, *, connected: bool) -> tuple[Failure, str]:
    """The reason and its text. Libraries wrap: the outermost error that is telling decides.

    `connected` tells a connect that timed out from an answer that did. An error nobody knows is
    `protocol`. Raises Exhausted when the error is this machine's own.
    """
    for one in _chain(error):
        _refuse_ours(one, error)
        if failure := _decide(one, connected=connected):
            return failure, f"{type(one).__name__}: {one}"
    return Failure.PROTOCOL, f"{type(error).__name__}: {error}"


def _decide(error: BaseException, *, connected: bool) -> Failure | None:
    match error:
        case TimeoutError():
            return Failure.TIMEOUT_ANSWER if connected else Failure.TIMEOUT_CONNECT
        case ssl.SSLError():
            return _decide_tls(error)
        case OSError(errno=int() as number):
            return BY_ERRNO.get(number)
        case EOFError() | ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return Failure.RESET
        case _:
            return None


def _decide_tls(error: ssl.SSLError) -> Failure:
    """Before OSError is asked: the errno of these is OpenSSL's, which only looks like the system's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return BY_VERIFY_CODE.get(error.verify_code, Failure.UNTRUSTED)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Failure.RESET
    return Failure.PROTOCOL


def _refuse_ours(one: BaseException, error: BaseException) -> None:
    if isinstance(one, OSError) and not isinstance(one, ssl.SSLError) and one.errno in OURS:
        raise Exhausted(
            f"探测机自身资源不足 / the prober itself is out of resources: {one}; "
            "放宽文件描述符上限或减少并发 / raise the descriptor limit or probe fewer at once"
        ) from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        # httpcore hides the telling error by `from None`, paramiko names no cause: context too.
        one = one.__cause__ or one.__context__

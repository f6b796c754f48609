"""One program on a Windows host over WinRM (MS-WSMV: a shell, a command, its streams). Owner of
pypsrp.

Over HTTPS with the certificate checked, unless the access file says otherwise; over HTTP only with
message encryption (NTLM or Kerberos), never with a password in the clear.
"""

import contextlib
import threading
import time
import warnings
from dataclasses import dataclass

from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.shell import CommandState, Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from inventory.facts import Failure
from inventory.text import printable
from probes.census.errors import Broken
from probes.census.model import Limits, Target
from probes.census.session import Output

_STILL_RUNNING = 2150858793  # 0x80338029: no output within the operation's time, ask again
_POLL_SECONDS = 5
_UTF8 = 65001
_PIECE = 100_000  # of standard input in one message; an envelope holds 150 kB


def run(
    target: Target, command: str, script: str, limits: Limits, stopped: threading.Event
) -> Output:
    """`command` with `script` on its standard input. Raises Broken when it cannot be run."""
    deadline = time.monotonic() + limits.host_seconds
    if target.jumps:
        raise Broken(
            Failure.JUMP,
            "WinRM: 不支持跳板机，请用 windows_ssh / use windows_ssh behind a jump host",
        )
    try:
        with (
            _endpoint(target, limits) as wsman,
            WinRS(wsman, codepage=_UTF8) as shell,
        ):
            return _run(shell, command, script, limits, _Until(deadline, stopped))
    except Broken:
        raise
    except AuthenticationError as error:
        raise Broken(Failure.AUTH, f"{target.stop.login.user}: {_said(error)}") from error
    except WinRMTransportError as error:
        raise Broken(Failure.PROTOCOL, f"HTTP {error.code}") from error
    except WSManFaultError as error:
        raise Broken(Failure.REFUSED, _said(error)) from error
    except WinRMError as error:
        raise Broken(Failure.PROTOCOL, _said(error)) from error
    except OSError as error:  # the errors of requests are OSErrors
        raise Broken(_failure(error), _said(error)) from error
    except Exception as error:  # what it sent was no XML, no base64 …
        raise Broken(Failure.PROTOCOL, _said(error)) from error


def _endpoint(target: Target, limits: Limits) -> WSMan:
    login, trust = target.stop.login, target.trust
    if login.password is None and trust.auth != "kerberos":
        raise Broken(Failure.NO_LOGIN, login.user)
    if not trust.tls and trust.auth == "basic":
        raise Broken(Failure.NO_LOGIN, "basic over HTTP")
    name = trust.name or str(target.stop.address)
    if ":" in name:
        name = f"[{name}]"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about TLS that was switched off on purpose
        return WSMan(
            name,
            port=target.stop.port,
            username=login.user,
            password=login.password.get_secret_value() if login.password else None,
            ssl=trust.tls,
            auth=trust.auth,
            # pypsrp hands this on to requests, which takes a path as well as a bool
            cert_validation=str(trust.ca) if trust.ca and trust.verify else trust.verify,  # type: ignore[arg-type]
            encryption="auto" if trust.tls else "always",
            connection_timeout=int(limits.connect_seconds),
            operation_timeout=_POLL_SECONDS,
            read_timeout=_POLL_SECONDS + int(limits.connect_seconds),
            no_proxy=True,
        )


@dataclass(frozen=True)
class _Until:
    deadline: float
    stopped: threading.Event


def _run(shell: WinRS, command: str, script: str, limits: Limits, until: _Until) -> Output:
    executable, *arguments = command.split(" ")
    process = Process(shell, executable, arguments)
    process.begin_invoke()
    if process.id is None:
        raise Broken(Failure.PROTOCOL, "no command id")
    data = script.encode()
    for at in range(0, len(data), _PIECE):
        shell.send("stdin", data[at : at + _PIECE], process.id, end=at + _PIECE >= len(data))
    output = Output()
    state = CommandState.RUNNING
    while state != CommandState.DONE:
        if until.stopped.is_set():
            raise Broken(Failure.TIMEOUT, "stopped")
        if time.monotonic() > until.deadline:
            output.late = True
            break
        try:
            state, status, streams = shell.receive(
                "stdout stderr", process.id, timeout=_POLL_SECONDS
            )
        except WSManFaultError as fault:
            if fault.code != _STILL_RUNNING:
                raise
            continue
        output.out += streams["stdout"]
        output.err = (output.err + streams["stderr"])[:65_536]
        output.status = status if status is not None else output.status
        if len(output.out) > limits.output_bytes:
            output.out, output.too_much = output.out[: limits.output_bytes], True
            break
    with contextlib.suppress(WinRMError, OSError):
        shell.signal(SignalCode.TERMINATE, process.id)
    return output


def _failure(error: Exception) -> Failure:
    kind = type(error).__name__
    if "SSL" in kind or "certificate" in str(error).lower():
        return Failure.TLS
    return Failure.TIMEOUT if "Timeout" in kind else Failure.UNREACHABLE


def _said(error: Exception) -> str:
    return printable(f"{type(error).__name__}: {error}")[:300]

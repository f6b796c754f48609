"""One SSH session: a host whose key we know, a login, one program, its bounded output.

Strict: a host that nobody gave a key for is not spoken to, and one that shows another key is left
before anything of ours is sent. The host is hostile until proved otherwise: each wait ends by the
deadline, and output beyond the limit ends the session.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import paramiko

from inventory.facts import Failure
from inventory.text import printable
from probes.census.errors import Broken
from probes.census.model import Limits, Login, Stop
from probes.ssh import QUIET, Transport, fingerprint, known_key

_CHUNK = 65_536
_ANSWER_SECONDS = 1.0  # how soon a wait notices that the sweep was stopped


@dataclass
class Output:
    """What the program wrote, and whether we ended it because it wrote too much or too long."""

    out: bytes = b""
    err: bytes = b""
    status: int | None = None
    too_much: bool = False
    late: bool = False


@dataclass
class Sessions:
    """Makes sessions and ends them; jump hosts are logged in to once and shared.

    `stop` may be called from any thread: every session then ends at once.
    """

    limits: Limits
    stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[paramiko.Transport] = field(default_factory=set)
    _jumps: dict[tuple[Stop, ...], paramiko.Transport] = field(default_factory=dict)
    _turns: dict[tuple[Stop, ...], threading.Lock] = field(default_factory=dict)
    _keys: dict[Login, paramiko.PKey] = field(default_factory=dict)

    @contextlib.contextmanager
    def session(
        self, stop: Stop, jumps: tuple[Stop, ...], deadline: float
    ) -> Iterator[paramiko.Transport]:
        """A transport that is logged in. Raises Broken with the reason."""
        transport = self._log_in(stop, self._socket(stop, jumps, deadline), deadline)
        try:
            yield transport
        finally:
            self._end(transport)

    def run(
        self, transport: paramiko.Transport, command: str, script: bytes, deadline: float
    ) -> Output:
        """`command` with `script` on its standard input. Raises Broken when it cannot be run."""
        output = Output()
        try:
            channel = transport.open_session(timeout=self._left(deadline))
            channel.settimeout(_ANSWER_SECONDS)
            channel.exec_command(command)
            self._talk(channel, script, output, deadline)
            channel.close()
        except paramiko.ChannelException as error:
            raise Broken(Failure.REFUSED, printable(str(error))) from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            if not output.out:
                raise self._broken(error) from error
        return output

    def stop(self) -> None:
        """Ends every session; those that wait see it at once."""
        self.stopped.set()
        with self._lock:
            transports = [*self._open]
            self._jumps.clear()
        for transport in transports:
            self._end(transport)

    def _talk(
        self, channel: paramiko.Channel, script: bytes, output: Output, deadline: float
    ) -> None:
        """Writes and reads side by side: a program may answer before it has read everything."""
        unsent = memoryview(script)
        ended = False
        while not ended:
            if self.stopped.is_set():
                raise Broken(Failure.TIMEOUT, "stopped")
            if time.monotonic() > deadline:
                output.late = True
                return
            if unsent and channel.send_ready():
                unsent = unsent[channel.send(bytes(unsent[:_CHUNK])) :]
                if not unsent:
                    channel.shutdown_write()
            if channel.recv_stderr_ready():
                output.err = (output.err + channel.recv_stderr(_CHUNK))[:_CHUNK]
            if unsent and not channel.recv_ready():
                time.sleep(0.001)  # the window is full: nothing tells us when it opens
                if channel.closed:
                    return
                continue
            with contextlib.suppress(TimeoutError):
                chunk = channel.recv(_CHUNK)
                output.out += chunk
                ended = not chunk
            if len(output.out) > self.limits.output_bytes:
                output.out, output.too_much = output.out[: self.limits.output_bytes], True
                return
        if channel.status_event.wait(self._left(deadline, most=2.0)):
            output.status = channel.recv_exit_status()

    # --- logging in

    def _socket(
        self, stop: Stop, jumps: tuple[Stop, ...], deadline: float
    ) -> socket.socket | paramiko.Channel:
        seconds = self._left(deadline, most=self.limits.connect_seconds)
        if not jumps:
            try:
                return socket.create_connection((str(stop.address), stop.port), timeout=seconds)
            except TimeoutError as error:
                raise Broken(Failure.TIMEOUT, f"connect {stop.address} {stop.port}") from error
            except OSError as error:
                raise Broken(Failure.UNREACHABLE, error.strerror or str(error)) from error
        jump = self._jump(jumps, deadline)
        try:
            return jump.open_channel(
                "direct-tcpip", (str(stop.address), stop.port), ("127.0.0.1", 0), timeout=seconds
            )
        except paramiko.ChannelException as error:
            # sshd says "Connect failed" (2) where the target refused, else that it may not forward
            failure = Failure.UNREACHABLE if error.code == 2 else Failure.JUMP
            raise Broken(failure, f"{jumps[-1].code}: {printable(error.text)}") from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise Broken(Failure.JUMP, f"{jumps[-1].code}: {printable(str(error))}") from error

    def _jump(self, jumps: tuple[Stop, ...], deadline: float) -> paramiko.Transport:
        """The transport of the last jump host; one login serves all that go through it."""
        with self._lock:
            turn = self._turns.setdefault(jumps, threading.Lock())
        with turn:
            held = self._jumps.get(jumps)
            if held is not None and held.is_active():
                return held
            try:
                sock = self._socket(jumps[-1], jumps[:-1], deadline)
                made = self._log_in(jumps[-1], sock, deadline)
            except Broken as error:
                raise Broken(
                    Failure.JUMP, f"{jumps[-1].code}: {error.failure}: {error.said}"
                ) from error
            self._jumps[jumps] = made
            return made

    def _log_in(
        self, stop: Stop, sock: socket.socket | paramiko.Channel, deadline: float
    ) -> paramiko.Transport:
        known = [key for line in stop.keys if (key := known_key(line))]
        if not known:
            sock.close()
            raise Broken(Failure.UNKNOWN_HOST_KEY, str(stop.address))
        transport = Transport(sock)
        transport.set_log_channel(QUIET)
        transport.banner_timeout = self._left(deadline, most=self.limits.login_seconds)
        transport.auth_timeout = self._left(deadline, most=self.limits.login_seconds)
        options = transport.get_security_options()
        first = tuple("rsa-sha2-" if k.get_name() == "ssh-rsa" else k.get_name() for k in known)
        options.key_types = tuple(
            sorted(options.key_types, key=lambda kind: not kind.startswith(first))
        )
        with self._lock:
            self._open.add(transport)
        try:
            transport.start_client(timeout=self._left(deadline, most=self.limits.login_seconds))
            if not transport.initial_kex_done:  # paramiko comes back without a word at its time-out
                raise TimeoutError("key exchange")
            self._check_key(transport.get_remote_server_key(), known)
            self._authenticate(transport, stop.login)
            transport.set_keepalive(self.limits.keepalive_seconds)
        except Broken:
            self._end(transport)
            raise
        except Exception as error:  # a hostile server can make paramiko stumble over anything
            self._end(transport)
            raise self._broken(error) from error
        return transport

    def _check_key(self, shown: paramiko.PKey, known: list[paramiko.PKey]) -> None:
        if all(shown.asbytes() != key.asbytes() for key in known):
            expected = ", ".join(fingerprint(key) for key in known)
            raise Broken(
                Failure.WRONG_HOST_KEY,
                f"{fingerprint(shown)} ≠ {expected}",
                found_key=f"{shown.get_name()} {shown.get_base64()}",
            )

    def _authenticate(self, transport: paramiko.Transport, login: Login) -> None:
        refused: list[str] = []
        for how, key in self._offers(login):
            try:
                transport.auth_publickey(login.user, key)
            except paramiko.AuthenticationException as error:
                refused.append(f"{how}: {_short(error)}")
            else:
                return
        if login.password is not None:
            try:
                transport.auth_password(login.user, login.password.get_secret_value())
            except paramiko.AuthenticationException as error:
                refused.append(f"password: {_short(error)}")
            else:
                return
        if not refused:
            raise Broken(Failure.NO_LOGIN, login.user)
        raise Broken(Failure.AUTH, f"{login.user}: {'; '.join(refused)}")

    def _offers(self, login: Login) -> Iterator[tuple[str, paramiko.PKey]]:
        if login.key is not None:
            yield "key", self._key(login)
        if login.agent:
            for key in paramiko.Agent().get_keys():
                yield "agent", key

    def _key(self, login: Login) -> paramiko.PKey:
        with self._lock:
            if login not in self._keys:
                secret = login.passphrase.get_secret_value().encode() if login.passphrase else None
                try:
                    self._keys[login] = paramiko.PKey.from_path(
                        str(login.key),
                        secret,  # type: ignore[arg-type]  # cryptography wants bytes
                    )
                except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
                    told = f"{login.key}: {type(error).__name__}"
                    raise Broken(Failure.NO_LOGIN, told) from error
            return self._keys[login]

    # --- ends

    def _end(self, transport: paramiko.Transport) -> None:
        with self._lock:
            self._open.discard(transport)
        with contextlib.suppress(OSError, EOFError):
            transport.sock.shutdown(socket.SHUT_RDWR)  # wakes paramiko's thread out of its read
        transport.close()

    def _left(self, deadline: float, most: float = 3600.0) -> float:
        return max(0.05, min(most, deadline - time.monotonic()))

    def _broken(self, error: Exception) -> Broken:
        if self.stopped.is_set():
            return Broken(Failure.TIMEOUT, "stopped")
        said = printable(f"{type(error).__name__}: {error}")[:300]
        late = isinstance(error, TimeoutError) or "timeout" in said.lower() or "timed out" in said
        return Broken(Failure.TIMEOUT if late else Failure.PROTOCOL, said)


def _short(error: Exception) -> str:
    return printable(str(error))[:100]

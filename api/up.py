"""What `qianyun up` starts, and what must hold before it starts anything."""

import asyncio
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from api.bootstrap import Qianyun
from api.errors import Exposed, NotStarted
from api.settings import Settings
from api.supervisor import Part, Supervisor, alone

WORKER_GRACE = 45.0
"""Seconds: the worker gives its attempts 30 to be cut off and seen to be gone."""


async def up(
    product: Qianyun,
    on_key: Callable[[Path], None],
    on_ready: Callable[[], None],
    on_death: Callable[[Part, int, float], None],
    on_first: Callable[[str, str], None] = lambda _name, _password: None,
) -> None:
    """Run all parts until SIGTERM or SIGINT. `on_first`: the first administrator's name and password,
    once. Raises AlreadyUp, Exposed, NotStarted."""
    settings = product.settings
    require_loopback(settings.temporal_address)
    require_guarded(settings)
    with alone(settings.state):
        product.truth.now()  # the schema is there before anybody needs it
        if (first := product.accounts.first()) is not None:
            on_first(*first)
        if own_key(product):
            on_key(product.ssh_key.with_suffix(".pub"))
        for address in (settings.temporal_address, settings.api_address):
            require_free(address)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        supervisor = Supervisor(
            state=settings.state,
            parts=parts(settings),
            addresses={"temporal": settings.temporal_address, "api": settings.api_address},
            on_death=on_death,
        )
        await supervisor.run(stop, on_ready)


def parts(settings: Settings) -> tuple[Part, ...]:
    """Engine, worker, API: in the order in which they start."""
    from migrator.engine.server import server_command  # noqa: PLC0415  brings Temporal's client

    state = settings.state
    ours = (sys.executable, "-m", "api.cli.main")
    return (
        Part(
            name="temporal",
            command=tuple(server_command(state / "temporal.db", settings.temporal_address)),
            log=state / "temporal.log",
            orphaned=signal.SIGKILL,
            grace=10.0,
            environment={"HOME": str(state), "PATH": os.defpath},  # no secret is its business
        ),
        Part(
            name="worker",
            command=(*ours, "worker", "--ready-fd", "{ready}"),
            log=state / "worker.log",
            orphaned=signal.SIGTERM,
            grace=WORKER_GRACE,
        ),
        Part(
            name="api",
            command=(*ours, "api"),
            log=state / "api.log",
            orphaned=signal.SIGKILL,
            grace=5.0,
        ),
    )


def split(address: str) -> tuple[str, int]:
    """host and port of `host:port` or `[v6]:port`."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(address: str) -> bool:
    host, _ = split(address)
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_loopback(address: str) -> None:
    """The engine that `up` starts knows no sign-in: nobody but this machine may come in. Raises
    Exposed."""
    if not is_loopback(address):
        raise Exposed(
            f"引擎没有登录认证，只可监听回环地址 / the engine has no sign-in: read {address}, expected a "
            "loopback address such as 127.0.0.1:7233; set QIANYUN_TEMPORAL_ADDRESS"
        )


def require_guarded(settings: Settings) -> None:
    """Passwords and tokens never go over a network in the clear: an address that is not loopback needs
    a certificate. Behind a proxy the API stays on loopback. Raises Exposed."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise Exposed(
            "证书与私钥须同设 / a certificate goes with its key: set QIANYUN_TLS_CERT and QIANYUN_TLS_KEY, "
            "or neither"
        )
    if settings.tls_cert is None and not is_loopback(settings.api_address):
        raise Exposed(
            f"未设证书，只可监听回环地址 / no certificate is set: read {settings.api_address}, expected a "
            "loopback address such as 127.0.0.1:8400; set QIANYUN_TLS_CERT and QIANYUN_TLS_KEY, or "
            "put a proxy in front and set QIANYUN_PUBLIC_URL"
        )


def require_free(address: str) -> None:
    """Nobody else listens there. Raises NotStarted."""
    host, port = split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotStarted(
                f"端口已被占用 / cannot listen on {address}: {error.strerror}; end what listens "
                "there, or set QIANYUN_API_ADDRESS or QIANYUN_TEMPORAL_ADDRESS to another port"
            ) from error


def own_key(product: Qianyun) -> bool:
    """Make an SSH key of our own where none is set and none lies there; whether it was made."""
    path = product.ssh_key
    if product.settings.ssh_key is not None or path.exists():
        return False
    path.parent.mkdir(mode=0o700, exist_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "qianyun", "-f", str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotStarted(
            f"无法生成 SSH 密钥 / cannot make an SSH key: {error}; install openssh-client or set "
            "QIANYUN_SSH_KEY"
        ) from error
    return True

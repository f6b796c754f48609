"""Visits to real sshds, kind and hostile: what comes back is facts or a failure, always a value."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import paramiko
import pytest
from pydantic import SecretStr

from inventory.facts import Failure
from probes.census.model import Limits, Login, Stop, Target, Way
from probes.census.session import Sessions
from probes.census.visit import Visited, visit
from tests.probes.census.test_windows import SERVER
from tests.probes.conftest import InNamespace
from tests.probes.servers import free_port, hanging_up, make_key, serving, silent, sshd

BRIEF = Limits(connect_seconds=2, login_seconds=2, host_seconds=5)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("keys")
    made = {name: make_key(folder, name=name) for name in ("host", "other", "login", "stranger")}
    (folder / "authorized").write_text(made["login"][1] + "\n")
    (folder / "authorized").chmod(0o600)
    return made


@contextlib.asynccontextmanager
async def host(
    folder: Path, keys: dict[str, tuple[Path, str]], *more: str
) -> AsyncIterator[Callable[..., Target]]:
    """An sshd that lets our key in as root; gives what makes a target of it."""
    authorized = keys["login"][0].parent / "authorized"
    lines = (f"AuthorizedKeysFile {authorized}", "StrictModes no", "PermitRootLogin yes", *more)
    async with sshd(folder, keys["host"][0], more=lines) as port:

        def target(login: Login | None = None, key: str = "host", **how: Any) -> Target:
            return Target(stop=stop(port, keys, login, key), **how)

        yield target


def stop(
    port: int, keys: dict[str, tuple[Path, str]], login: Login | None = None, key: str = "host"
) -> Stop:
    known = (keys[key][1],) if key else ()
    own = login or Login(user="root", key=keys["login"][0])
    return Stop(code="h", address=ip_address("127.0.0.1"), port=port, keys=known, login=own)


async def gone_to(target: Target, limits: Limits | None = None) -> Visited:
    """A visit, in a thread of this test's namespace."""
    sessions = Sessions(limits or Limits())
    try:
        return await asyncio.to_thread(visit, target, sessions)
    finally:
        sessions.stop()


class _Deaf(paramiko.ServerInterface):
    """Lets everybody in and never answers what it is asked to run."""

    def __init__(self) -> None:
        self.enough = threading.Event()

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return not self.enough.wait()


def test_a_host_that_lets_us_in_and_then_says_nothing(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]]
) -> None:
    deaf = _Deaf()

    async def story() -> Visited:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            target = Target(stop=stop(listening.getsockname()[1], keys))
            visiting = asyncio.create_task(gone_to(target, BRIEF))
            server = paramiko.Transport((await asyncio.to_thread(listening.accept))[0])
            server.add_server_key(paramiko.PKey.from_path(str(keys["host"][0])))
            server.start_server(server=deaf)
            try:
                return await visiting
            finally:
                deaf.enough.set()
                server.close()

    assert in_namespace(story).visit.failure is Failure.TIMEOUT


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_host_that_knows_us(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path, address: str
) -> None:
    async def story() -> Visited:
        async with host(tmp_path, keys) as target:
            there = target().stop.model_copy(update={"address": ip_address(address)})
            return await gone_to(Target(stop=there))

    found = in_namespace(story).visit
    assert found.failure is None, found.message
    facts = found.facts
    assert facts.hostname == socket.gethostname()
    assert facts.cores == os.cpu_count()
    assert str(facts.visitor) == address
    assert {s.process for s in facts.sockets} == {"sshd"}  # root sees whose they are
    assert facts.connections == ()


def test_a_key_with_a_passphrase_and_one_of_the_agent(
    in_namespace: InNamespace,
    keys: dict[str, tuple[Path, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locked = tmp_path / "locked"
    locked.write_bytes(keys["login"][0].read_bytes())
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "geheim", "-f", locked], check=True)
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.PIPE)
    try:
        assert agent.stdout
        agent.stdout.readline()  # it listens once it says where
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        subprocess.run(["ssh-add", "-q", keys["login"][0]], check=True)

        async def story() -> list[Visited]:
            async with host(tmp_path, keys, "ForceCommand true") as target:
                logins = (
                    Login(user="root", key=locked, passphrase=SecretStr("geheim")),
                    Login(user="root", key=locked, passphrase=SecretStr("wrong")),
                    Login(user="root", agent=True),
                    Login(user="root"),
                )
                return [await gone_to(target(login)) for login in logins]

        met = [one.visit for one in in_namespace(story)]
    finally:
        agent.terminate()
        agent.wait()
    # whoever was let in ran nothing there: "true" is all that the host runs
    assert [v.failure for v in met] == [
        *(Failure.REFUSED, Failure.NO_LOGIN, Failure.REFUSED, Failure.NO_LOGIN)
    ]
    assert not any("geheim" in v.model_dump_json() or "wrong" in v.message for v in met)


def test_a_stranger_is_refused_and_a_wrong_host_left(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    async def story() -> list[Visited]:
        async with host(tmp_path, keys) as target:
            stranger = Login(user="root", key=keys["stranger"][0], password=SecretStr("Geheim"))
            return [
                await gone_to(target(stranger)),
                await gone_to(target(key="other")),
                await gone_to(target(key="")),
            ]

    auth, wrong, unknown = (one.visit for one in in_namespace(story))
    assert (auth.failure, wrong.failure) == (Failure.AUTH, Failure.WRONG_HOST_KEY)
    assert "Geheim" not in auth.message
    assert wrong.found_key == keys["host"][1]
    assert unknown.failure is Failure.UNKNOWN_HOST_KEY
    assert "ssh-keyscan" in unknown.message


def test_servers_that_are_no_sshd(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]]
) -> None:
    async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(os.urandom(4096) + b"\n")
                await writer.drain()

    async def story() -> list[Failure | None]:
        met = [(await gone_to(Target(stop=stop(free_port(), keys)), BRIEF)).visit.failure]
        for talk in (silent, hanging_up, babbling):
            async with serving(talk) as port:
                met.append((await gone_to(Target(stop=stop(port, keys)), BRIEF)).visit.failure)
        return met

    refused, quiet, gone, noise = in_namespace(story)
    assert refused is Failure.UNREACHABLE
    assert quiet in {Failure.TIMEOUT, Failure.PROTOCOL}  # paramiko may give up on the banner first
    assert gone is Failure.PROTOCOL
    assert noise is Failure.PROTOCOL


RUN = "/bin/sh -s"
NOISE = "head -c 300000 /dev/urandom; printf '\\n00 begin os\\n\\033[2J\\033]0;x\\007'"


@pytest.mark.parametrize(
    ("command", "failure"),
    [
        (f"{NOISE}; {RUN}; {NOISE}", None),
        (f"{RUN}; exec cat /dev/zero", None),  # more than may be: what was whole stands
        (f"{RUN}; exec sleep 1000", None),  # hangs at the end: so does that
        (f"{RUN} | sed -u 2q; exec cat /dev/zero", Failure.PROTOCOL),  # nothing whole in it
        ("exec cat /dev/urandom", Failure.REFUSED),
        ("exec sleep 1000", Failure.TIMEOUT),
        ("exit 1", Failure.REFUSED),
        ("exec /nowhere", Failure.REFUSED),
        ("kill -9 $PPID", Failure.REFUSED),
    ],
)
def test_hosts_that_say_what_they_like(
    in_namespace: InNamespace,
    keys: dict[str, tuple[Path, str]],
    tmp_path: Path,
    command: str,
    failure: Failure | None,
) -> None:
    async def story() -> Visited:
        async with host(tmp_path, keys, f"ForceCommand {command}") as target:
            return await gone_to(target(), Limits(host_seconds=4, output_bytes=2_000_000))

    found = in_namespace(story)
    assert found.visit.failure is failure, found.visit.message
    if failure is None:
        assert found.visit.facts.hostname == socket.gethostname()
        assert len(found.raw) < 8_000_000  # a byte that is no UTF-8 becomes three
    assert "\x1b" not in found.visit.model_dump_json()


def test_a_jump_host_that_may_not_forward(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    async def story() -> list[Visited]:
        (tmp_path / "jump").mkdir()
        met = []
        async with host(tmp_path, keys) as target:
            for line in ("AllowTcpForwarding no", "AllowTcpForwarding yes"):
                async with host(tmp_path / "jump", keys, line) as jump:
                    met.append(await gone_to(target(jumps=(jump().stop,))))
            async with host(tmp_path / "jump", keys) as jump:
                met.append(await gone_to(target(jumps=(jump(key="other").stop,))))
        return met

    closed, opened, wrong = (one.visit for one in in_namespace(story))
    assert closed.failure is Failure.JUMP
    assert opened.failure is None, opened.message
    assert wrong.failure is Failure.JUMP
    assert "wrong_host_key" in wrong.message


def test_powershell_over_ssh(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    """A script named `powershell` stands for Windows: how it is called and read is what is tested."""
    stand_in = tmp_path / "bin" / "powershell"
    stand_in.parent.mkdir()
    (tmp_path / "answer.json").write_text(json.dumps(SERVER))
    stand_in.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\n" "$@" >{tmp_path}/arguments\n'
        f"cat >{tmp_path}/script\n"
        f"boundary=$(sed -n \"1s/.*'\\(.*\\)'/\\1/p\" {tmp_path}/script)\n"
        f'printf "\\n%s begin\\n" "$boundary"; cat {tmp_path}/answer.json\n'
        'printf "\\n%s end\\n" "$boundary"\n'
    )
    stand_in.chmod(0o755)
    path = f"SetEnv PATH={stand_in.parent}:/usr/bin:/bin"

    async def story() -> Visited:
        async with host(tmp_path, keys, path) as target:
            return await gone_to(target(way=Way.WINDOWS_SSH))

    found = in_namespace(story).visit
    assert found.failure is None, found.message
    assert found.facts.os.version == "2016"
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:3] == ["-NoProfile", "-NonInteractive", "-EncodedCommand"]
    assert "Get-NetTCPConnection" in (tmp_path / "script").read_text()

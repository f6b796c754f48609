"""Databases and front ends: real PostgreSQL, Redis and sshd; MySQL and Oracle by their documents."""

import asyncio
import os
import pwd
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes import oracle
from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.postgres import Cluster, programs
from tests.probes.conftest import InNamespace
from tests.probes.servers import Talk, free_port, hanging_up, make_key, serving, silent, sshd

CHECKS = ("banner", "mysql", "oracle", "postgresql", "redis")


def target(check: str, port: int, address: str = "127.0.0.1") -> Target:
    family: Family = 6 if ":" in address else 4
    return Target(code="x", check=check, family=family, address=address, port=port)


def ask(in_namespace: InNamespace, check: str, talk: Talk, deadline: float = 20) -> ProbeResult:
    async def story() -> ProbeResult:
        async with serving(talk) as port:
            return await probe(target(check, port), deadline)

    result: ProbeResult = in_namespace(story)
    return result


def script(*turns: bytes | int) -> Talk:
    """Says bytes and reads as many as a number tells, in order; then waits for the other's end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn in turns:
            if isinstance(turn, bytes):
                writer.write(turn)
            else:
                await reader.readexactly(turn)
        await silent(reader, writer)

    return talk


class TestAll:
    @pytest.mark.parametrize("check", CHECKS)
    def test_silent(self, in_namespace: InNamespace, check: str) -> None:
        result = ask(in_namespace, check, silent, 0.3)
        assert result.failure is Failure.TIMEOUT_ANSWER

    @pytest.mark.parametrize("check", CHECKS)
    def test_hangs_up(self, in_namespace: InNamespace, check: str) -> None:
        assert ask(in_namespace, check, hanging_up).failure is Failure.RESET

    @pytest.mark.parametrize("check", CHECKS)
    def test_nobody_there(self, in_namespace: InNamespace, check: str) -> None:
        async def story() -> list[ProbeResult]:
            return [await probe(target(check, free_port(a), a), 9) for a in ("127.0.0.1", "::1")]

        for result in in_namespace(story):
            assert result.failure is Failure.REFUSED

    @pytest.mark.parametrize("check", sorted({*CHECKS} - {"banner"}))  # which may be preceded
    def test_another_protocol(self, in_namespace: InNamespace, check: str) -> None:
        talk = script(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"x" * 99)
        result = ask(in_namespace, check, talk)
        assert result.failure is Failure.PROTOCOL, result.evidence

    @pytest.mark.parametrize("check", CHECKS)
    @pytest.mark.parametrize("what", [b"\xff\xff\xff", b"a"], ids=["ff", "a"])
    def test_sends_forever(self, in_namespace: InNamespace, check: str, what: bytes) -> None:
        async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                writer.write(what * 65536)
                await writer.drain()

        result = ask(in_namespace, check, talk)
        assert result.failure is Failure.PROTOCOL, result.evidence


class TestBanner:
    def test_a_real_sshd(self, in_namespace: InNamespace, tmp_path: Path) -> None:
        key, _ = make_key(tmp_path)

        async def story() -> list[ProbeResult]:
            async with sshd(tmp_path, key) as port:
                return [await probe(target("banner", port, a), 20) for a in ("127.0.0.1", "::1")]

        for result in in_namespace(story):
            assert result.ok, result.evidence
            assert result.evidence["banner"].startswith("SSH-2.0-OpenSSH")

    def test_lines_before_the_version(self, in_namespace: InNamespace) -> None:
        assert ask(in_namespace, "banner", script(b"Welcome\r\nSSH-2.0-x\r\n")).ok

    def test_a_version_that_is_too_old(self, in_namespace: InNamespace) -> None:
        result = ask(in_namespace, "banner", script(b"SSH-1.5-x\r\n"))
        assert result.failure is Failure.PROTOCOL


class TestPostgreSQL:
    @pytest.fixture
    def cluster(self, tmp_path: Path) -> Iterator[Cluster]:
        if programs() is None:
            pytest.skip("no PostgreSQL server here")
        folder = Path("/tmp") / f"qy-pg-{os.getpid()}"
        made = Cluster(folder / "data", folder / "sockets")
        folder.mkdir()
        try:
            made.make()
            yield made
        finally:
            shutil.rmtree(folder)

    def test_a_real_server_starts_serves_and_is_full(
        self, in_namespace: InNamespace, cluster: Cluster
    ) -> None:
        async def story() -> dict[str, list[ProbeResult]]:
            port = free_port()
            told = {}
            more = ("max_connections=1", "superuser_reserved_connections=0", "max_wal_senders=0")
            for name, options in (("serves", ()), ("full", more)):
                server = await _postgres(cluster, port, *options)
                held = None
                try:
                    if name == "full":
                        held = await _session(port)
                    addresses = ("127.0.0.1", "::1")
                    told[name] = [await probe(target("postgresql", port, a), 20) for a in addresses]
                finally:
                    if held is not None:
                        held.close()
                    server.terminate()
                    await server.wait()
            return told

        told = in_namespace(story)
        for result in told["serves"]:
            assert result.ok, result.evidence
        for result in told["full"]:
            assert result.failure is Failure.NOT_READY, result.evidence
            assert result.evidence["sqlstate"] == "53300"

    @pytest.mark.parametrize(
        ("state", "failure"), [("57P03", Failure.NOT_READY), ("28000", None), ("28P01", None)]
    )
    def test_what_it_says(
        self, in_namespace: InNamespace, state: str, failure: Failure | None
    ) -> None:
        body = f"SFATAL\0C{state}\0Mthe database system is starting up\0\0".encode()
        talk = script(8, b"E" + struct.pack("!I", len(body) + 4) + body)
        assert ask(in_namespace, "postgresql", talk).failure is failure


async def _postgres(cluster: Cluster, port: int, *options: str) -> asyncio.subprocess.Process:
    """Returns when it takes connections on both families."""
    settings = (
        *("listen_addresses=127.0.0.1,::1", f"port={port}", "fsync=off"),
        *(f"unix_socket_directories={cluster.sockets}", "lc_messages=C", *options),
    )
    user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    folder = programs()
    assert folder
    server = await asyncio.create_subprocess_exec(
        str(folder / "postgres"), "-D", str(cluster.data),
        *(word for setting in settings for word in ("-c", setting)),
        stderr=asyncio.subprocess.PIPE, cwd="/", user=user.pw_uid, group=user.pw_gid,
        extra_groups=[], env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert server.stderr
    while line := await server.stderr.readline():
        if b"ready to accept connections" in line:
            return server
    raise AssertionError("PostgreSQL ended before it served")


async def _session(port: int) -> asyncio.StreamWriter:
    """A session that is logged in (the cluster trusts everybody)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
    writer.write(struct.pack("!I", len(body) + 4) + body)
    await reader.readuntil(b"Z\0\0\0\5I")
    return writer


class TestRedis:
    @pytest.mark.parametrize("more", [(), ("--requirepass", "secret")], ids=["open", "password"])
    def test_a_real_server(
        self, in_namespace: InNamespace, tmp_path: Path, more: tuple[str, ...]
    ) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip("no redis-server here")

        async def story() -> list[ProbeResult]:
            port = free_port()
            server = await asyncio.create_subprocess_exec(
                *("redis-server", "--port", str(port), "--bind", "127.0.0.1", "::1"),
                *("--save", "", "--dir", str(tmp_path), *more),
                stdout=subprocess.PIPE,
            )
            assert server.stdout
            try:
                while b"eady to accept connections" not in await server.stdout.readline():
                    pass
                return [await probe(target("redis", port, a), 20) for a in ("127.0.0.1", "::1")]
            finally:
                server.terminate()
                await server.communicate()

        for result in in_namespace(story):
            assert result.ok, result.evidence

    @pytest.mark.parametrize("said", [b"-LOADING Redis is loading\r\n", b"-DENIED protected\r\n"])
    def test_not_ready(self, in_namespace: InNamespace, said: bytes) -> None:
        result = ask(in_namespace, "redis", script(14, said))
        assert result.failure is Failure.NOT_READY


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes((number,)) + body


GREETING = (
    b"\x0a8.4.3\0" + struct.pack("<I", 7) + b"12345678\0" + b"\xff\xf7\xff\x02\0\xff\xc1\x15"
    + b"\0" * 10 + b"123456789012\0caching_sha2_password\0"
)  # fmt: skip
DENIED = b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied for user 'qianyun_probe'"


class TestMySQL:
    def test_a_stranger_is_refused_in_order(self, in_namespace: InNamespace) -> None:
        heard = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(packet(0, GREETING))
            head = await reader.readexactly(4)
            heard.append((head[3], await reader.readexactly(int.from_bytes(head[:3], "little"))))
            writer.write(packet(2, b"\xfecaching_sha2_password\0" + b"s" * 20 + b"\0"))
            heard.append((3, await reader.readexactly(4)))
            writer.write(packet(4, DENIED))

        result = ask(in_namespace, "mysql", talk)
        assert result.ok, result.evidence
        assert result.evidence["version"] == "8.4.3"
        assert result.evidence["code"] == "1045"
        assert heard[0][0] == 1
        assert b"qianyun_probe\0\0mysql_native_password\0" in heard[0][1]
        assert heard[1:] == [(3, b"\0\0\0\3")]

    @pytest.mark.parametrize("code", [1040, 1129])
    def test_full_or_shut_out(self, in_namespace: InNamespace, code: int) -> None:
        talk = script(packet(0, b"\xff" + struct.pack("<H", code) + b"Too many connections"))
        result = ask(in_namespace, "mysql", talk)
        assert result.failure is Failure.NOT_READY
        assert result.evidence["code"] == str(code)

    def test_a_host_that_may_not_connect_is_up(self, in_namespace: InNamespace) -> None:
        talk = script(packet(0, b"\xff" + struct.pack("<H", 1130) + b"Host is not allowed"))
        result = ask(in_namespace, "mysql", talk)
        assert result.ok, result.evidence
        assert result.evidence["code"] == "1130"


def tns(kind: int, body: bytes) -> bytes:
    return struct.pack("!HHBBH", 8 + len(body), 0, kind, 0, 0) + body


class TestOracle:
    def test_the_request_names_its_own_length_and_place(self) -> None:
        wire = oracle.request()
        length, begin = struct.unpack("!H", wire[:2])[0], struct.unpack("!H", wire[26:28])[0]
        (data,) = struct.unpack("!H", wire[24:26])
        assert length == len(wire)
        assert wire[begin : begin + data] == oracle.PING

    def test_a_ping(self, in_namespace: InNamespace) -> None:
        said = b"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=0)(ALIAS=LISTENER))"
        size = len(oracle.request())
        body = b"\0\0" + len(said).to_bytes(2) + said
        result = ask(in_namespace, "oracle", script(size, tns(4, body)))
        assert result.ok, result.evidence
        assert result.evidence["version"] == "19.0.0.0.0"

    def test_a_listener_that_refuses(self, in_namespace: InNamespace) -> None:
        said = b"(DESCRIPTION=(ERR=12528)(ERROR_STACK=(ERROR=(CODE=12528))))"
        body = b"\0\0" + len(said).to_bytes(2) + said
        result = ask(in_namespace, "oracle", script(len(oracle.request()), tns(4, body)))
        assert result.failure is Failure.NOT_READY
        assert "TNS-12528" in result.evidence["read"]

"""SSH against a real sshd: is it the host we know?"""

import asyncio
from pathlib import Path

import pytest

from probes.explain import explain
from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import InNamespace, firewall
from tests.probes.servers import (
    Talk,
    free_port,
    hanging_up,
    make_key,
    resetting,
    serving,
    silent,
    sshd,
)


def target(port: int, key: str, address: str = "127.0.0.1") -> Target:
    family: Family = 6 if ":" in address else 4
    return Target(code="x", check="ssh", family=family, address=address, port=port, host_key=key)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("keys")
    made = {kind: make_key(folder, kind) for kind in ("ed25519", "ecdsa", "rsa")}
    return made | {"other": make_key(folder, "ed25519", "other")}


def test_the_known_key_of_each_type(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path
) -> None:
    async def story() -> list[ProbeResult]:
        served = [keys[kind][0] for kind in ("ed25519", "ecdsa", "rsa")]
        async with sshd(tmp_path, *served) as port:
            return [
                await probe(target(port, keys[kind][1], address), 20)
                for kind in ("ed25519", "ecdsa", "rsa")
                for address in ("127.0.0.1", "::1")
            ]

    for result in in_namespace(story):
        assert result.ok, result.evidence
        assert result.evidence["banner"].startswith("SSH-2.0-OpenSSH")
        assert " SHA256:" in result.evidence["fingerprint"]
        assert set(result.timings) == {"connect", "handshake", "total"}


@pytest.mark.parametrize("kex", ["curve25519-sha256", "curve25519-sha256@libssh.org"])
def test_curve25519_by_either_name(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path, kex: str
) -> None:
    async def story() -> ProbeResult:
        more = (f"KexAlgorithms {kex}",)
        async with sshd(tmp_path, keys["ed25519"][0], more=more) as port:
            return await probe(target(port, keys["ed25519"][1]), 20)

    result = in_namespace(story)
    assert result.ok, result.evidence


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("KexAlgorithms sntrup761x25519-sha512@openssh.com", "curve25519-sha256"),
        ("Ciphers chacha20-poly1305@openssh.com", "aes"),
    ],
)
def test_nothing_in_common_is_told_as_that(
    in_namespace: InNamespace,
    keys: dict[str, tuple[Path, str]],
    tmp_path: Path,
    line: str,
    known: str,
) -> None:
    async def story() -> ProbeResult:
        async with sshd(tmp_path, keys["ed25519"][0], more=(line,)) as port:
            return await probe(target(port, keys["ed25519"][1]), 20)

    result = in_namespace(story)
    assert result.failure is Failure.NO_ALGORITHM
    assert result.evidence["banner"].startswith("SSH-2.0-OpenSSH")
    assert known in result.evidence["expected"]
    assert "no algorithm in common" in explain(result)


@pytest.mark.parametrize("known", ["other", "rsa"], ids=["same-type", "another-type"])
def test_wrong_key_shows_both_fingerprints(
    in_namespace: InNamespace, keys: dict[str, tuple[Path, str]], tmp_path: Path, known: str
) -> None:
    async def story() -> ProbeResult:
        async with sshd(tmp_path, keys["ed25519"][0]) as port:
            return await probe(target(port, keys[known][1]), 20)

    result = in_namespace(story)
    assert result.failure is Failure.WRONG_HOST_KEY
    assert result.evidence["read"].startswith("ssh-ed25519 SHA256:")
    assert "SHA256:" in result.evidence["expected"]
    assert result.evidence["read"] != result.evidence["expected"]


@pytest.mark.parametrize(
    "key", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !!!!", "ssh-magic AAAA", "junk"]
)
def test_without_a_key_nothing_is_spoken(in_namespace: InNamespace, key: str) -> None:
    spoken = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken.append(1)

    async def story() -> ProbeResult:
        async with serving(talk) as port:
            return await probe(target(port, key), 20)

    assert in_namespace(story).failure is Failure.BAD_TARGET
    assert not spoken


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n" * 200)
    await silent(reader, writer)


async def _old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-1.5-old\r\n")
    await silent(reader, writer)


async def _banner_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-stuck\r\n")
    await silent(reader, writer)


async def _banner_then_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-gone\r\n")
    await reader.readline()


@pytest.mark.parametrize(
    ("talk", "deadline", "failure"),
    [
        (silent, 2, Failure.TIMEOUT_ANSWER),
        (_banner_only, 2, Failure.TIMEOUT_ANSWER),
        (hanging_up, 20, Failure.RESET),
        (resetting, 20, Failure.RESET),
        (_banner_then_gone, 20, Failure.RESET),
        (_http, 20, Failure.PROTOCOL),
        (_old, 20, Failure.PROTOCOL),
    ],
)
def test_servers_that_are_no_sshd(
    in_namespace: InNamespace,
    keys: dict[str, tuple[Path, str]],
    talk: Talk,
    deadline: float,
    failure: Failure,
) -> None:
    async def story() -> ProbeResult:
        async with serving(talk) as port:
            return await probe(target(port, keys["other"][1]), deadline)

    result = in_namespace(story)
    assert result.failure is failure, result.evidence


def _drop() -> None:
    firewall("input", "tcp dport 81 drop")


@pytest.mark.parametrize(
    ("address", "port", "failure"),
    [
        ("127.0.0.1", 0, Failure.REFUSED),
        ("2001:db8:113::10", 22, Failure.NO_ROUTE),
        ("127.0.0.1", 81, Failure.TIMEOUT_CONNECT),
    ],
)
def test_not_reached(
    in_namespace: InNamespace,
    keys: dict[str, tuple[Path, str]],
    address: str,
    port: int,
    failure: Failure,
) -> None:
    async def story() -> ProbeResult:
        _drop()
        return await probe(target(port or free_port(), keys["other"][1], address), 1)

    assert in_namespace(story).failure is failure

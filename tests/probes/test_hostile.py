"""Servers that say anything at all, and callers that walk away: no look ever raises or lingers."""

import asyncio
import random
import threading
from pathlib import Path

import pytest

from probes.model import ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import UPPER, InNamespace
from tests.probes.servers import make_key, serving

SEEDS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: a; charset=idna\r\nContent-Length: 3\r\n\r\n\xff\xfe!",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: \xff\xe4\r\nContent-Length: 0\r\n\r\n",
    b"SSH-2.0-x\r\n\x00\x00\x01\x14\x04\x14" + bytes(range(200)),
    b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x15" + bytes(40),
)


def mutated(chance: random.Random) -> bytes:
    said = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randrange(4)):
        said[chance.randrange(len(said))] = chance.randrange(256)
    return bytes(said[: chance.randrange(1, len(said) + 1)])


@pytest.mark.parametrize("check", ["http", "ssh"])
def test_anything_may_be_said(in_namespace: InNamespace, tmp_path: Path, check: str) -> None:
    chance = random.Random(20171570)
    key = make_key(tmp_path)[1]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(mutated(chance))

    async def story() -> list[ProbeResult]:
        async with serving(talk) as port:
            target = Target(
                code="x", check=check, family=4, address="127.0.0.1", port=port,
                content="!", host_key=key,
            )  # fmt: skip
            return [await probe(target, 20) for _ in range(60)]

    for result in in_namespace(story):
        assert result.ok or result.failure
        assert all(text.isprintable() and len(text) <= 200 for text in result.evidence.values())


@pytest.mark.parametrize("check", ["http", "ssh"])
def test_a_cancelled_look_hangs_up(in_namespace: InNamespace, tmp_path: Path, check: str) -> None:
    key = make_key(tmp_path)[1]
    before = set(threading.enumerate())

    async def story() -> None:
        reached, left = asyncio.Event(), asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            reached.set()
            while await reader.read(4096):
                pass
            left.set()

        async with serving(talk) as port:
            target = Target(
                code="x", check=check, family=4, address="127.0.0.1", port=port, host_key=key
            )
            look = asyncio.create_task(probe(target, UPPER))
            await reached.wait()
            look.cancel()
            with pytest.raises(asyncio.CancelledError):
                await look
            await left.wait()

    in_namespace(story)
    for thread in set(threading.enumerate()) - before:
        thread.join(UPPER)
        assert not thread.is_alive()

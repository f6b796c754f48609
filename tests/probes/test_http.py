"""HTTP over real sockets: every way an answer can be wrong."""

import asyncio
import gzip

import pytest

from probes.http import BODY_LIMIT, Answer
from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import InNamespace, firewall
from tests.probes.servers import (
    Talk,
    answering,
    free_port,
    hanging_up,
    resetting,
    saying,
    serving,
    silent,
)

HEALTHY = "就业登记系统"


def target(address: str, port: int, **more: str) -> Target:
    family: Family = 6 if ":" in address else 4
    more = {"path": "/healthz", "content": HEALTHY} | more
    return Target(code="x", check="http", family=family, address=address, port=port, **more)  # type: ignore[arg-type]


def ask(
    in_namespace: InNamespace, talk: Talk, deadline: float = 20, address: str = "127.0.0.1",
    **more: str,
) -> ProbeResult:  # fmt: skip
    async def story() -> ProbeResult:
        async with serving(talk, address) as port:
            return await probe(target(address, port, **more), deadline)

    result: ProbeResult = in_namespace(story)
    return result


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_status_and_content_right(in_namespace: InNamespace, address: str) -> None:
    result = ask(in_namespace, answering(HEALTHY.encode()), address=address)
    assert result.ok, result.evidence
    assert set(result.timings) == {"connect", "first_byte", "body", "total"}
    assert result.evidence["status"] == "200"


def test_the_request_is_what_was_asked_for(in_namespace: InNamespace) -> None:
    heard = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    assert ask(in_namespace, talk, address="::1", path="/a%20b?c={{d}}", content="ok").ok
    assert heard[0].startswith("GET /a%20b?c={{d}} HTTP/1.1\r\n")
    assert "host: [::1]:" in heard[0].lower()
    assert "accept-encoding: identity" in heard[0].lower()


def test_v4_only_server_fails_over_v6_though_v4_is_fine(in_namespace: InNamespace) -> None:
    async def story() -> tuple[ProbeResult, ProbeResult]:
        async with serving(answering(HEALTHY.encode())) as port:
            return await probe(target("127.0.0.1", port), 20), await probe(target("::1", port), 20)

    v4, v6 = in_namespace(story)
    assert v4.ok
    assert v6.failure is Failure.REFUSED


def test_the_environment_has_no_say(
    in_namespace: InNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ask(in_namespace, answering(HEALTHY.encode())).ok


def test_a_page_in_gb18030_is_read_as_such(in_namespace: InNamespace) -> None:
    talk = answering(
        HEALTHY.encode("gb18030"), "200 OK", "Content-Type: text/html; charset=gb18030"
    )
    assert ask(in_namespace, talk).ok


@pytest.mark.parametrize("charset", ["idna", "rot13", "no-such", ""])
def test_a_charset_that_cannot_be_used(in_namespace: InNamespace, charset: str) -> None:
    talk = answering(
        b"\xff" + HEALTHY.encode(), "200 OK", f"Content-Type: text/html; charset={charset}"
    )
    assert ask(in_namespace, talk).ok


def test_wrong_status(in_namespace: InNamespace) -> None:
    result = ask(in_namespace, answering(HEALTHY.encode(), "503 Service Unavailable"))
    assert result.failure is Failure.WRONG_STATUS
    assert (result.evidence["status"], result.evidence["expected"]) == ("503", "200")


def test_a_redirect_is_not_followed(in_namespace: InNamespace) -> None:
    talk = answering(b"", "302 Found", "Location: http://127.0.0.1:1/")
    result = ask(in_namespace, talk)
    assert result.failure is Failure.WRONG_STATUS
    assert result.evidence["location"] == "http://127.0.0.1:1/"


def test_wrong_content_shows_what_was_read(in_namespace: InNamespace) -> None:
    result = ask(in_namespace, answering(b"<h1>\nWelcome\x1b[2J</h1>" + b"x" * 999))
    assert result.failure is Failure.WRONG_CONTENT
    assert result.evidence["read"].startswith("<h1> Welcome [2J</h1>")
    assert len(result.evidence["read"]) <= 200
    assert result.evidence["expected"] == HEALTHY


def test_compressed_against_our_word_is_named(in_namespace: InNamespace) -> None:
    talk = answering(gzip.compress(HEALTHY.encode() * 50), "200 OK", "Content-Encoding: gzip")
    result = ask(in_namespace, talk)
    assert result.failure is Failure.WRONG_CONTENT
    assert result.evidence["encoding"] == "gzip"


def test_no_more_than_the_limit_is_read(in_namespace: InNamespace) -> None:
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Never stops by itself: only the client's hanging up ends it."""
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        finally:
            ended.set()

    async def story() -> ProbeResult:
        async with serving(talk) as port:
            result = await probe(target("127.0.0.1", port), 20)
            await ended.wait()
            return result

    result = in_namespace(story)
    assert result.failure is Failure.WRONG_CONTENT
    assert result.evidence["bytes"] == str(BODY_LIMIT)


def test_content_behind_the_limit_does_not_count(in_namespace: InNamespace) -> None:
    result = ask(in_namespace, answering(b"x" * BODY_LIMIT + HEALTHY.encode()))
    assert result.failure is Failure.WRONG_CONTENT


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_closed_port_and_no_route(in_namespace: InNamespace, address: str) -> None:
    async def story() -> list[ProbeResult]:
        away = "2001:db8:113::10" if ":" in address else "203.0.113.10"
        return [
            await probe(target(address, free_port(address)), 20),
            await probe(target(away, 80), 20),
        ]

    assert [r.failure for r in in_namespace(story)] == [Failure.REFUSED, Failure.NO_ROUTE]


def test_dropped_packets(in_namespace: InNamespace) -> None:
    async def story() -> ProbeResult:
        firewall("input", "tcp dport 81 drop")
        return await probe(target("127.0.0.1", 81), 0.5)

    assert in_namespace(story).failure is Failure.TIMEOUT_CONNECT


@pytest.mark.parametrize(
    ("head", "failure"),
    [
        (b"", Failure.TIMEOUT_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab", Failure.TIMEOUT_BODY),
    ],
    ids=["silent", "stalls"],
)
def test_an_answer_that_does_not_come(
    in_namespace: InNamespace, head: bytes, failure: Failure
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await silent(reader, writer)

    result = ask(in_namespace, talk, deadline=2)
    assert result.failure is failure
    assert "connect" in result.timings


@pytest.mark.parametrize(
    "talk",
    [
        resetting,
        hanging_up,
        saying(b""),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
    ],
    ids=["rst", "at-once", "no-answer", "half-a-body", "half-a-chunk"],
)
def test_hanging_up_is_a_reset(in_namespace: InNamespace, talk: Talk) -> None:
    result = ask(in_namespace, talk)
    assert result.failure is Failure.RESET, result.evidence


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x50\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_nonsense_is_protocol(in_namespace: InNamespace, said: bytes) -> None:
    result = ask(in_namespace, saying(said))
    assert result.failure is Failure.PROTOCOL, result.evidence


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\nContent-Length: 2\nX:\n\nok",
        b"HTTP/1.1 200 OK\r\nX: folded\r\n here\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\x00and what nobody asked for\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\no\r\n1;x=y\r\nk\r\n0\r\nTrailer: 1\r\n\r\n",
    ],
    ids=["informed", "1.0", "no-reason", "lf", "folded", "more", "two-lengths"],
)
def test_what_servers_do(in_namespace: InNamespace, said: bytes) -> None:
    result = ask(in_namespace, saying(said), content="ok")
    assert result.ok, result.evidence
    assert result.evidence["status"] == "200"
    assert result.evidence["bytes"] == "2"


def test_an_answer_may_come_byte_by_byte() -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    answer = Answer()
    for at in range(len(said)):
        assert not answer.ended
        answer.feed(said[at : at + 1])
    assert answer.ended
    assert (answer.status, answer.headers["x"], bytes(answer.body)) == (200, "y", b"ok")


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" * 2,
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(9000)),
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99_999,
    ],
    ids=["switched", "many-headers", "long-header"],
)
def test_what_is_no_answer(in_namespace: InNamespace, said: bytes) -> None:
    assert ask(in_namespace, saying(said)).failure is Failure.PROTOCOL


@pytest.mark.parametrize("name", ["a\r\nX: y", "a b", "路.cn"])
def test_a_name_says_nothing_else(in_namespace: InNamespace, name: str) -> None:
    assert ask(in_namespace, answering(b""), name=name).failure is Failure.PROTOCOL


@pytest.mark.parametrize("path", ["healthz", "", "/a b", "/路", "/a\r\nX: y"])
def test_impossible_path(in_namespace: InNamespace, path: str) -> None:
    result = ask(in_namespace, answering(b""), path=path)
    assert result.failure is Failure.BAD_TARGET
    assert "路径" in result.evidence["read"]

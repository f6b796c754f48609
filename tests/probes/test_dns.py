"""DNS over real sockets; the server speaks by dnspython, the answers are ours."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.conftest import InNamespace

NAME = "www.lanjiang.gov.cn"
type Answering = Callable[[dns.message.Message], list[bytes]]


def answer(query: dns.message.Message, *records: str, kind: str = "A", **more: object) -> bytes:
    made = dns.message.make_response(query)
    if records:
        made.answer.append(dns.rrset.from_text(f"{NAME}.", 60, "IN", kind, *records))
    made.set_rcode(more.get("rcode", dns.rcode.NOERROR))  # type: ignore[arg-type]
    if more.get("cut"):
        made.flags |= dns.flags.TC
    return made.to_wire()


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        for wire in self._answering(dns.message.from_wire(data)):
            self._transport.sendto(wire, peer)  # type: ignore[attr-defined]


@asynccontextmanager
async def nameserver(udp: Answering, tcp: Answering, address: str) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2))
        for wire in tcp(dns.message.from_wire(await reader.readexactly(length))):
            writer.write(len(wire).to_bytes(2) + wire)
        writer.close()

    streams = await asyncio.start_server(handle, address, 0)
    port = streams.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Server(udp), local_addr=(address, port)
    )
    try:
        yield port
    finally:
        transport.close()
        streams.close()


def ask(
    in_namespace: InNamespace, udp: Answering, tcp: Answering = lambda _: [],
    *, address: str = "127.0.0.1", deadline: float = 20, **more: str,
) -> ProbeResult:  # fmt: skip
    family: Family = 6 if ":" in address else 4
    more = {"name": NAME} | more

    async def story() -> ProbeResult:
        async with nameserver(udp, tcp, address) as port:
            one = Target(
                code="x", check="dns", family=family, address=address, port=port, **more  # type: ignore[arg-type]
            )  # fmt: skip
            return await probe(one, deadline)

    result: ProbeResult = in_namespace(story)
    return result


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(
    ("kind", "record"), [("A", "203.0.113.10"), ("AAAA", "2001:db8:113::10"), ("NS", "ns1.x.")]
)
def test_the_record_is_there(
    in_namespace: InNamespace, address: str, kind: str, record: str
) -> None:
    result = ask(
        in_namespace, lambda q: [answer(q, record, kind=kind)], address=address, record=kind,
        content=record,
    )  # fmt: skip
    assert result.ok, result.evidence
    assert result.evidence["records"] == record
    assert result.evidence["via"] == "udp"


@pytest.mark.parametrize(
    ("udp", "failure", "told"),
    [
        (lambda q: [answer(q, rcode=dns.rcode.NXDOMAIN)], Failure.WRONG_STATUS, "NXDOMAIN"),
        (lambda q: [answer(q, rcode=dns.rcode.SERVFAIL)], Failure.WRONG_STATUS, "SERVFAIL"),
        (lambda q: [answer(q)], Failure.WRONG_CONTENT, "none"),
        (lambda q: [answer(q, "203.0.113.66")], Failure.WRONG_CONTENT, "203.0.113.66"),
        (lambda _: [b"\x00"], Failure.PROTOCOL, "ShortHeader"),
    ],
    ids=["nxdomain", "servfail", "no record", "other record", "nonsense"],
)
def test_wrong(in_namespace: InNamespace, udp: Answering, failure: Failure, told: str) -> None:
    result = ask(in_namespace, udp, content="203.0.113.10")
    assert result.failure is failure, result.evidence
    assert told in " ".join(result.evidence.values())


def test_a_server_that_hangs(in_namespace: InNamespace) -> None:
    assert ask(in_namespace, lambda _: [], deadline=0.3).failure is Failure.TIMEOUT_ANSWER


def test_nobody_listens(in_namespace: InNamespace) -> None:
    async def story() -> ProbeResult:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
        one = Target(code="x", check="dns", family=4, address="127.0.0.1", port=port, name=NAME)
        return await probe(one, 20)

    assert in_namespace(story).failure is Failure.REFUSED


def test_answers_to_other_questions_are_passed_over(in_namespace: InNamespace) -> None:
    def udp(query: dns.message.Message) -> list[bytes]:
        forged = dns.message.make_query(NAME, "A")
        return [answer(forged, "203.0.113.66"), answer(query, "203.0.113.10")]

    assert ask(in_namespace, udp, content="203.0.113.10").ok


def test_one_question_lost(in_namespace: InNamespace) -> None:
    heard: list[int] = []

    def udp(query: dns.message.Message) -> list[bytes]:
        heard.append(query.id)
        return [answer(query, "203.0.113.10")] if len(heard) > 1 else []

    assert ask(in_namespace, udp).ok
    assert len(heard) == 2


def test_what_is_cut_short_is_asked_over_tcp(in_namespace: InNamespace) -> None:
    result = ask(
        in_namespace,
        lambda q: [answer(q, cut=True)],
        lambda q: [answer(q, "203.0.113.10")],
        content="203.0.113.10",
    )
    assert result.ok, result.evidence
    assert result.evidence["via"] == "tcp"


@pytest.mark.parametrize("more", [{"name": "a..b"}, {"record": "NOSUCH"}])
def test_no_question(in_namespace: InNamespace, more: dict[str, str]) -> None:
    result = ask(in_namespace, lambda _: [], **more)
    assert result.failure is Failure.BAD_TARGET
    assert "AAAA" in result.evidence["expected"]

"""DNS: does a server answer for a name, over its family? Owner of dnspython.

Asked over UDP, once more over TCP to the same server where the answer was cut short (RFC 7766);
nothing is asked of any other server, nothing falls back.
"""

import asyncio
import socket

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from probes.dialogue import LIMIT
from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tcp import connect

RESEND = 1.0  # seconds until the question is put again: a lost packet is no outage


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phase: answer (connect too, where TCP was needed). Evidence: rcode, records, via.

    An answer without the record is `wrong_content`, a code other than NOERROR `wrong_status`.
    """
    look = Look(target)
    try:
        query = dns.message.make_query(target.name, target.record, use_edns=0, payload=1232)
    except (dns.exception.DNSException, ValueError) as error:
        return look.done(
            Failure.BAD_TARGET,
            read=f"{target.name!r} {target.record!r}: {error}",
            expected="域名与记录类型 / a name and a record type, e.g. example.gov.cn AAAA",
        )
    try:
        async with asyncio.timeout(deadline):
            answer = await _by_udp(target, query)
            look.note(via="udp")
            if answer.flags & dns.flags.TC:
                answer = await _by_tcp(target, query, look)
                look.note(via="tcp")
    except (dns.exception.DNSException, _Unlike) as error:
        return look.done(Failure.PROTOCOL, read=f"{type(error).__name__}: {error}", expected="dns")
    except (OSError, EOFError) as error:
        return look.broken(error, connected=True)
    look.mark("answer")
    return _judged(look, answer)


def _judged(look: Look, answer: dns.message.Message) -> ProbeResult:
    target = look.target
    code = dns.rcode.to_text(answer.rcode())
    look.note(rcode=code)
    if answer.rcode() != dns.rcode.NOERROR:
        return look.done(Failure.WRONG_STATUS, status=code, expected="NOERROR")
    kind = dns.rdatatype.from_text(target.record)
    found = [r.to_text() for rows in answer.answer if rows.rdtype == kind for r in rows]
    look.note(records=", ".join(sorted(found)))
    wanted = target.content
    if not found or (wanted and wanted.lower() not in (text.lower() for text in found)):
        return look.done(
            Failure.WRONG_CONTENT,
            read=", ".join(sorted(found)) or "(无 / none)",
            expected=wanted or target.record,
        )
    return look.done()


class _Unlike(Exception):
    """An answer to some other question."""


async def _by_udp(target: Target, query: dns.message.QueryMessage) -> dns.message.Message:
    """A connected socket hears its server alone; a forged answer that does not fit is passed over."""
    family = socket.AF_INET if target.family == 4 else socket.AF_INET6
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, (target.address, target.port))
        wire = query.to_wire()
        while True:
            await loop.sock_sendall(sock, wire)
            try:
                async with asyncio.timeout(RESEND):
                    return await _fitting(sock, query)
            except TimeoutError:
                continue


async def _fitting(sock: socket.socket, query: dns.message.QueryMessage) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    while True:
        answer = dns.message.from_wire(await loop.sock_recv(sock, LIMIT), raise_on_truncation=False)
        if query.is_response(answer):
            return answer


async def _by_tcp(
    target: Target, query: dns.message.QueryMessage, look: Look
) -> dns.message.Message:
    sock = await connect(target)
    look.mark("connect")
    reader, writer = await asyncio.open_connection(sock=sock)
    try:
        wire = query.to_wire()
        writer.write(len(wire).to_bytes(2) + wire)
        await writer.drain()
        length = int.from_bytes(await reader.readexactly(2))
        answer = dns.message.from_wire(await reader.readexactly(length))
    finally:
        writer.close()
    if not query.is_response(answer):
        raise _Unlike("其他问题的应答 / the answer to another question")
    return answer

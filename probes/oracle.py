"""Oracle's listener: does it answer a ping? (TNS: a CONNECT that asks for no service)

The listener answers REFUSE with ERR=0 and its version number; anything else of TNS shows that one
is there and says why it does not serve.
"""

import re
import struct

from probes.dialogue import Dialogue, NotReady, Unlike, converse
from probes.look import Look
from probes.model import ProbeResult, Target

PING = b"(DESCRIPTION=(CONNECT_DATA=(COMMAND=ping)))"
CONNECT, ACCEPT, REFUSE, REDIRECT = 1, 2, 4, 5
HEAD = 8  # bytes of every packet
BEGIN = 58  # where the connect data of ours begin


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, answer. Evidence: answer, version where the listener told it."""
    return await converse(target, deadline, _talk)


async def _talk(dialogue: Dialogue, look: Look) -> None:
    await dialogue.say(request())
    length, _sum, kind, _flags, _more = struct.unpack("!HHBBH", await dialogue.exactly(HEAD))
    if kind not in (ACCEPT, REFUSE, REDIRECT) or length < HEAD:
        raise Unlike(f"TNS {kind}, {length} 字节 / bytes")
    body = await dialogue.exactly(length - HEAD)
    text = body[4:].decode("utf-8", "replace") if kind == REFUSE else ""
    look.note(answer=text or {ACCEPT: "accept", REDIRECT: "redirect"}.get(kind, ""))
    if number := re.search(r"\(VSNNUM=(\d{1,10})\)", text):
        look.note(version=version(int(number[1])))
    error = re.search(r"\(ERR=(\d{1,6})\)", text)
    if error and int(error[1]):
        raise NotReady(f"TNS-{int(error[1]):05}")


def request() -> bytes:
    """A CONNECT packet, version 312 down to 300."""
    head = struct.pack(
        "!HHHHHHHHHHIBB",
        *(312, 300, 0, 2048, 32767, 0x7F08, 0, 1, len(PING), BEGIN, 512, 0x41, 0x41),
    )
    body = head.ljust(BEGIN - HEAD, b"\0") + PING
    return struct.pack("!HHBBH", HEAD + len(body), 0, CONNECT, 0, 0) + body


def version(number: int) -> str:
    """Of VSNNUM: 318767104 is 19.0.0.0.0."""
    parts = (number >> 24, number >> 20 & 15, number >> 12 & 255, number >> 8 & 15, number & 255)
    return ".".join(str(part) for part in parts)

"""PostgreSQL: does it take sessions? Asks for one as nobody and stops at the question who we are.

Frontend/backend protocol 3.0 (PostgreSQL's documentation, chapter 54). A server that wants a
password, TLS or another name is up; one that starts, stops or is full says so by its SQLSTATE.
"""

import struct

from probes.dialogue import Dialogue, NotReady, Unlike, converse
from probes.look import Look
from probes.model import ProbeResult, Target

NOT_READY = frozenset({"57P01", "57P02", "57P03", "53300"})
USER = b"qianyun_probe"


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, answer. Evidence: answer, and sqlstate where the server named one."""
    return await converse(target, deadline, _talk)


async def _talk(dialogue: Dialogue, look: Look) -> None:
    body = struct.pack("!I", 196608) + b"user\0" + USER + b"\0database\0" + USER + b"\0\0"
    await dialogue.say(struct.pack("!I", len(body) + 4) + body)
    kind, length = struct.unpack("!cI", await dialogue.exactly(5))
    if kind == b"R":
        look.note(answer="authentication")
        await dialogue.say(b"X\0\0\0\4")
        return
    if kind != b"E":
        raise Unlike(repr(kind))
    told = _fields(await dialogue.exactly(length - 4))
    state = told.get("C", "")
    look.note(answer=told.get("M", ""), sqlstate=state)
    if state in NOT_READY:
        raise NotReady(f"{state} {told.get('M', '')}")
    if len(state) != 5:
        raise Unlike(repr(told))


def _fields(body: bytes) -> dict[str, str]:
    """Of an ErrorResponse: a letter and a text each."""
    parts = body.rstrip(b"\0").split(b"\0")
    return {chr(part[0]): part[1:].decode("utf-8", "replace") for part in parts if part}

"""Redis: does it answer? PING in its own protocol (RESP), which no one has to log in for."""

from probes.dialogue import Dialogue, NotReady, Unlike, converse
from probes.look import Look
from probes.model import ProbeResult, Target

NOT_READY = (b"-LOADING", b"-MASTERDOWN", b"-DENIED", b"-ERR max number of clients", b"-BUSY")


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, answer. Evidence: answer. One that wants a password is up."""
    return await converse(target, deadline, _talk)


async def _talk(dialogue: Dialogue, look: Look) -> None:
    await dialogue.say(b"*1\r\n$4\r\nPING\r\n")
    line = await dialogue.line(4096)
    text = line.decode("utf-8", "replace").strip()
    look.note(answer=text)
    if line.startswith(NOT_READY):
        raise NotReady(text)
    if not line.startswith((b"+PONG", b"-NOAUTH", b"-NOPERM", b"-ERR operation not permitted")):
        raise Unlike(repr(line[:60]))

"""SSH banner: does an SSH server greet? (RFC 4253, 4.2) Needs no key; `ssh` proves the key."""

import re

from probes.dialogue import Dialogue, Unlike, converse
from probes.look import Look
from probes.model import ProbeResult, Target

LINES = 50  # that a server may send before its version


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, answer. Evidence: banner."""
    return await converse(target, deadline, _talk)


async def _talk(dialogue: Dialogue, look: Look) -> None:
    line = b""
    for _ in range(LINES):
        line = await dialogue.line()
        if re.match(rb"SSH-(2\.0|1\.99)-[!-~]", line):
            look.note(banner=line.decode("ascii", "replace").strip())
            await dialogue.say(b"SSH-2.0-qianyun_probe\r\n")  # so that its log names who it was
            return
        if line.startswith(b"SSH-"):
            break
    raise Unlike(repr(line[:60]))

"""MySQL and MariaDB: does it take sessions? Reads the greeting and answers it as nobody.

Client/server protocol, handshake version 10. A server counts those who hang up in a handshake
and in the end shuts their address out (`max_connect_errors`), so the handshake is ended in an
orderly way: by a name that exists nowhere, which it refuses.
"""

import struct

from probes.dialogue import Dialogue, NotReady, Unlike, converse
from probes.look import Look
from probes.model import ProbeResult, Target

NOT_READY = frozenset({1040, 1053, 1129, 1203})  # full, stopping, shut out, full for one
USER = b"qianyun_probe"
# LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
CAPABILITIES = 0x00000001 | 0x00000200 | 0x00008000 | 0x00080000
ERROR, SWITCH, OK = 0xFF, 0xFE, 0x00


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, answer. Evidence: version, and code and answer where it named them."""
    return await converse(target, deadline, _talk)


async def _talk(dialogue: Dialogue, look: Look) -> None:
    _, greeting = await _packet(dialogue)
    if greeting[0] == ERROR:
        return _refused(greeting, look)
    if greeting[:1] != b"\x0a" or b"\0" not in greeting[1:80]:
        raise Unlike(repr(greeting[:40]))
    look.note(version=greeting[1 : greeting.index(b"\0", 1)].decode("ascii", "replace"))
    body = struct.pack("<IIB23x", CAPABILITIES, 1 << 24, 45)
    await _send(dialogue, 1, body + USER + b"\0\0mysql_native_password\0")
    number, answer = await _packet(dialogue)
    if answer[0] == SWITCH:  # asks again by another method: an empty answer ends it
        await _send(dialogue, number + 1, b"")
        number, answer = await _packet(dialogue)
    if answer[0] == ERROR:
        return _refused(answer, look)
    if answer[0] != OK:
        raise Unlike(repr(answer[:40]))
    return None


def _refused(packet: bytes, look: Look) -> None:
    """Refused as a stranger is all we want. Raises NotReady, Unlike."""
    if len(packet) < 3:
        raise Unlike(repr(packet))
    (code,) = struct.unpack("<H", packet[1:3])
    text = packet[3:].decode("utf-8", "replace")
    look.note(code=code, answer=text)
    if code in NOT_READY:
        raise NotReady(f"{code} {text}")


async def _packet(dialogue: Dialogue) -> tuple[int, bytes]:
    """Number and payload; never empty."""
    head = await dialogue.exactly(4)
    length = int.from_bytes(head[:3], "little")
    if not length:
        raise Unlike(repr(head))
    return head[3], await dialogue.exactly(length)


async def _send(dialogue: Dialogue, number: int, body: bytes) -> None:
    await dialogue.say(len(body).to_bytes(3, "little") + bytes((number & 0xFF,)) + body)

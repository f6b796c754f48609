"""The screen of network devices' commands."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import rows, table, text
from api.words import Words
from migrator.network.files import DNS, NFTABLES, VRRP, Checked


def network_screen(found: Sequence[Checked], out: str, say: Words) -> Iterator[RenderableType]:
    heads = (
        "network_device",
        "network_vendor",
        "network_changes",
        "network_check",
        "network_sent_by",
    )
    yield rows(
        table(*(say(key) for key in heads)),
        (
            (one.name, one.kind, one.changes, _found(one, say), one.sent_by or say("network_hands"))
            for one in found
        ),
    )
    for one in found:
        for note in one.notes:
            where, _, told = note.partition(": ")
            yield text(f"{one.name} {say.half(where)}: {say.half(told)}")
    yield text(say("network_written", out=out))


def _found(one: Checked, say: Words) -> str:
    if one.kind in (DNS, NFTABLES, VRRP):
        return say("network_compared")
    return ", ".join(one.left) or say("network_whole")

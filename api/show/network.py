"""The screen of network devices' commands."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import rows, table, text
from api.words import Words
from migrator.network.package import Checked


def network_screen(found: Sequence[Checked], out: str, say: Words) -> Iterator[RenderableType]:
    heads = ("network_device", "network_vendor", "network_changes", "network_check")
    yield rows(
        table(*(say(key) for key in heads)),
        (
            (one.name, one.vendor, one.changes, ", ".join(one.left) or say("network_whole"))
            for one in found
        ),
    )
    yield text(say("network_written", out=out))

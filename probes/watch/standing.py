"""What the table says of each target now, for those who judge: read-only."""

from probes.readiness.evidence import Standing
from probes.watch.folder import Folder
from probes.watch.slots import read
from probes.watch.table import State, Table, Word


def standings(folder: Folder) -> dict[tuple[str, str, int], Standing]:
    """(code, check, family) → standing of those that were looked at; empty where nobody probes.
    Raises Misuse for a table of another version."""
    if not folder.table.exists() or not folder.slots.exists():
        return {}
    table = Table(folder.table, writable=False)
    try:
        found = {}
        for seat in read(folder.slots):
            base = table.base(seat.slot)
            if seat.gone or table.q[base + Word.STATE] == State.UNKNOWN:
                continue
            answered = table.q[base + Word.ANSWERED]
            labels = seat.labels
            found[labels["code"], labels["check"], int(labels["family"])] = Standing(
                up=table.q[base + Word.STATE] == State.UP,
                last=table.q[base + Word.LAST],
                answered=answered,
                failed=table.q[base + Word.FAILED],
                interval=seat.interval,
                mean=table.q[base + Word.SUM] / 1e9 / answered if answered else 0.0,
            )
        return found
    finally:
        table.close()


def vantage_of(folder: Folder) -> str:
    """The name of the vantage point whose folder it is; "local" where it has none yet."""
    if folder.slots.exists():
        for seat in read(folder.slots):
            return seat.labels["vantage"]
    return "local"

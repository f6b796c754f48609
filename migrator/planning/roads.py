"""Which of several lines between the same ends is gone by."""

from inventory.model import Line


def is_internet(line: Line) -> bool:
    told = f"{line.type or ''} {line.nature or ''}".lower()
    return "互联网" in told or "internet" in told


def preference(line: Line, rate: int | None) -> tuple[bool, bool, int, int, str]:
    """The greater, the better: a line whose rate is known and that is there, the government's own
    before one that a department leases and the internet, the widest."""
    own = 0 if is_internet(line) else 1 if line.self_leased else 2
    return rate is not None, line.cancelled_on is None, own, rate or 0, line.code

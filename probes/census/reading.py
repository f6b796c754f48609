"""What parsers share: a fact that cannot be read, and small careful conversions. Pure."""

from datetime import UTC, datetime

from inventory.facts import Unread, Why
from inventory.text import printable

SAID = 200


class NotRead(Exception):
    """A fact could not be read from what the host said."""

    def __init__(self, why: Why, said: str = "") -> None:
        super().__init__(why)
        self.why, self.said = why, line(said)

    def of(self, fact: str) -> Unread:
        return Unread(fact=fact, why=self.why, said=self.said)


def line(text: str) -> str:
    """The first line of what a host said, shown safely and bounded."""
    return printable(text.strip().partition("\n")[0][:SAID])


def clean(text: str, most: int = 500) -> str:
    """A word or line from a host as a fact: no control characters, bounded."""
    return printable(text.strip())[:most]


def whole(text: str, least: int = 0, most: int = 2**63 - 1) -> int | None:
    """A decimal number between two limits, else None."""
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    number = int(text)
    return number if least <= number <= most else None


def moment(seconds: int) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC; None for what no clock of a host says."""
    if not 0 < seconds < 32_503_680_000:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()

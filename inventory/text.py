"""Text from people, made safe to show on a terminal or a log line."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: str) -> str:
    """`text` with control and format characters written as \\uXXXX: it can't drive a terminal,
    break a line or hide its direction."""
    if text.isprintable():  # of what it refuses, only what is hidden is written out below
        return text
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _HIDDEN else c for c in text)


def shorten(text: str, most: int = 60) -> str:
    """`text`, cut off after `most` characters and marked by "…"."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def within_bytes(text: str, most: int) -> str:
    """The beginning of a text that takes no more bytes of UTF-8: file systems take 255 of a name, and a
    Chinese character has three."""
    return text.encode()[:most].decode(errors="ignore").strip()

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

"""The lines of runs in one order that never changes while this process lives: page, stream and search
share its numbers, so that a stream that was cut goes on without a gap and without a repeat.

A cursor is `EPOCH.NUMBER`; one of another epoch (this process started anew) makes the page load anew.
"""

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from api.show.parts import BAD, GOOD
from api.show.run import log_line
from api.times import local
from api.words import Words
from migrator.engine.run_log import Line, Tail
from migrator.store.truth import Truth

PACE = 1.0
"""Least seconds between two readings of a run's log, however many look on."""
SHARE = 5.0
"""A reading that took long is not begun again before it has rested this many times as long."""
SHOWN = 2_000
"""Lines of a page at most; the rest is found by search."""


@dataclass
class Feed:
    """One run's lines as they became known. `lines` only grows."""

    tail: Tail
    lines: list[Line] = field(default_factory=list)
    read_at: float = 0.0
    took: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Feeds:
    """Of every run that somebody looked at. Safe between threads."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._feeds: dict[str, Feed] = {}
        self._lock = threading.Lock()
        self.epoch = secrets.token_hex(4)

    def lines(self, run: str) -> Sequence[Line]:
        """All that is known now; read anew at most once a second for all who ask."""
        with self._lock:
            feed = self._feeds.setdefault(run, Feed(Tail(self._truth, run)))
        with feed.lock:
            now = time.monotonic()
            if not feed.read_at or now - feed.read_at >= max(PACE, SHARE * feed.took):
                feed.lines.extend(feed.tail.new())
                feed.read_at = time.monotonic()
                feed.took = feed.read_at - now
        return feed.lines

    def cursor(self, number: int) -> str:
        return f"{self.epoch}.{number}"

    def number(self, cursor: str) -> int | None:
        """Lines before a cursor; None for one that is none of this process's."""
        epoch, _, told = cursor.partition(".")
        if epoch != self.epoch or not (told.isascii() and told.isdigit() and len(told) < 12):
            return None
        return int(told)


@dataclass(frozen=True)
class Said:
    """One line as it is shown; `tone`: good, bad or ""."""

    at: str
    system: str
    step: str
    said: str
    tone: str

    def plain(self) -> dict[str, str]:
        return {
            "at": self.at,
            "of": self.system,
            "step": self.step,
            "said": self.said,
            "tone": self.tone,
        }


def said(line: Line, say: Words, zone: str) -> Said | None:
    """A line in words, as the terminal says it; None for an event without any."""
    for shown in log_line(line, say, zone):
        head = (
            f"{local(line.get('at'), zone, date=False)} {line['system']} {say.known(line['step'])} "
        )
        styles = {str(span.style) for span in shown.spans}
        tone = "bad" if BAD in styles else "good" if GOOD in styles else ""
        return Said(
            at=local(line.get("at"), zone, date=False),
            system=str(line["system"]),
            step=say.known(str(line["step"])),
            said=shown.plain.removeprefix(head),
            tone=tone,
        )
    return None


def matches(line: Line, words: Sequence[str], system: str, step: str) -> bool:
    """Whether a line is searched for; every word must stand in it."""
    if (system and line["system"] != system) or (step and line["step"] != step):
        return False
    text = " ".join(_texts(line)).casefold()
    return all(word in text for word in words)


def _texts(line: dict[str, Any]) -> list[str]:
    return [str(line.get(key) or "") for key in ("system", "step", "event", "phase", "text")]

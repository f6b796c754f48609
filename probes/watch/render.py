"""The table as OpenMetrics text. Everything but the numbers is prepared when the list changes.

A hundred thousand series are rendered by joining prepared prefixes with words of the table: no
object per series, no label looked at twice. What the prober says of itself goes through
prometheus_client (`probes/metrics.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from probes.watch.slots import Seat
from probes.watch.table import (
    COARSE,
    FAILURES,
    FINE,
    HEAD,
    UNMEASURED_FOR,
    WORDS,
    State,
    Table,
    Word,
)

type Cell = tuple[str, int]
PREFIX = "qianyun_probe_"
LOOKS = (
    (Word.ANSWERED, "answered"),
    (Word.FAILED, "failed"),
    (Word.UNMEASURED, "unmeasured"),
)
UNTOLD = tuple(Word.FAILURE + FAILURES.index(reason) for reason in UNMEASURED_FOR)
ODD = ((Word.DUPLICATES, "duplicate"), (Word.LATE, "late"))


class Block:
    """Lines that are all there: one format for all of them, one getter of all their words."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        kept = list(cells)
        # two words that print nothing: a getter of one place would give no tuple
        self._format = "".join([form for form, _ in kept]) + "%.0s%.0s"
        self._get: Callable[[Any], Any] = itemgetter(*(place for _, place in kept), 0, 0)

    def text(self, words: memoryview) -> str:
        return str(self._format % self._get(words))


@dataclass
class Page:
    """What stands between the numbers, for one list of seats; labels are escaped for `%`.

    A time is an integer of nanoseconds, shown in seconds as `123e-9`: exact, and quick.
    """

    seats: list[Cell] = field(default_factory=list)
    blocks: dict[str, Block] = field(default_factory=dict)
    certificates: list[Cell] = field(default_factory=list)

    @classmethod
    def of(cls, seats: Iterable[Seat]) -> "Page":
        """Seats that are gone are shown nowhere."""
        here = [(_labels(s), HEAD + s.slot * WORDS, s) for s in seats if not s.gone]
        echoes = [(t, b) for t, b, seat in here if seat.labels["check"] == "icmp"]
        others = [(t, b) for t, b, seat in here if seat.labels["check"] != "icmp"]
        all_ = [(t, b) for t, b, _ in here]
        blocks = {
            "up": Block(_plain("up", all_, Word.STATE)),
            "state_since_timestamp_seconds": Block(
                _plain("state_since_timestamp_seconds", all_, Word.SINCE, "e-9")
            ),
            "last_timestamp_seconds": Block(
                _plain("last_timestamp_seconds", all_, Word.LAST, "e-9")
            ),
            "looks": Block(
                (f'{PREFIX}looks_total{{{t},result="{result}"}} %d\n', b + word)
                for t, b in all_
                for word, result in LOOKS
            ),
            "rtt_seconds": Block(c for t, b, seat in here for c in _histogram(t, b, seat.fine)),
            "jitter_seconds": Block(_plain("jitter_seconds", echoes, Word.JITTER, "e-9")),
            "odd_replies": Block(
                (f'{PREFIX}odd_replies_total{{{t},oddity="{name}"}} %d\n', b + word)
                for t, b in echoes
                for word, name in ODD
            ),
        }
        return cls(all_, blocks, others)

    def text(self, table: Table) -> Iterator[str]:
        """Parts of the document, one metric each; no end mark."""
        q = table.copy()
        yield from self._states(q)
        yield _head("looks", "counter", "Looks by how they ended; unmeasured: by our own fault")
        yield self._block("looks", q)
        yield from self._failing(q)
        yield _head("rtt_seconds", "histogram", "Round trip of an echo, or length of a look")
        yield self._block("rtt_seconds", q)
        yield _head("jitter_seconds", "gauge", "Interarrival jitter (RFC 3550)")
        yield self._block("jitter_seconds", q)
        yield _head("odd_replies", "counter", "Replies that came twice or too late")
        yield self._block("odd_replies", q)
        name = "certificate_not_after_timestamp_seconds"
        yield _head(name, "gauge", "When the certificate ends")
        for labels, base in self.certificates:
            if until := q[base + Word.NOT_AFTER]:
                yield f"{PREFIX}{name}{{{_one(labels)}}} {until}e-9\n"

    def _block(self, name: str, q: memoryview) -> str:
        return self.blocks[name].text(q) if self.blocks else ""

    def _states(self, q: memoryview) -> Iterator[str]:
        """A target that was never looked at has no state yet; one that is down keeps it."""
        known = [cell for cell in self.seats if q[cell[1] + Word.STATE] != State.UNKNOWN]
        whole = len(known) == len(self.seats)
        for name, word, unit, told in (
            ("up", Word.STATE, "", "1 while the target answers, 0 while it is down; stays 0 then"),
            ("state_since_timestamp_seconds", Word.SINCE, "e-9", "Since when it is so"),
            ("last_timestamp_seconds", Word.LAST, "e-9", "End of the latest look"),
        ):
            yield _head(name, "gauge", told)
            yield self._block(name, q) if whole else Block(_plain(name, known, word, unit)).text(q)

    def _failing(self, q: memoryview) -> Iterator[str]:
        """Reasons that occurred: as counters for good, and the one of now while it lasts."""
        yield _head("failures", "counter", "Looks that failed, by reason")
        some = [
            (_one(t), base)
            for t, base in self.seats
            if q[base + Word.FAILED] or any(q[base + word] for word in UNTOLD)
        ]
        for labels, base in some:
            for index, failure in enumerate(FAILURES):
                if count := q[base + Word.FAILURE + index]:
                    yield f'{PREFIX}failures_total{{{labels},reason="{failure}"}} {count}\n'
        yield _head("failure", "gauge", "1 for the reason for which it fails now")
        for labels, base in some:
            if reason := q[base + Word.REASON]:
                yield f'{PREFIX}failure{{{labels},reason="{FAILURES[reason - 1]}"}} 1\n'


def _plain(name: str, cells: Iterable[Cell], word: Word, unit: str = "") -> Iterator[Cell]:
    return ((f"{PREFIX}{name}{{{t}}} %d{unit}\n", b + word) for t, b in cells)


def _histogram(labels: str, base: int, fine: bool) -> Iterator[Cell]:
    name, place = f"{PREFIX}rtt_seconds", base + Word.BUCKET
    bounds = FINE if fine else COARSE
    for number, bound in enumerate((*bounds, "+Inf")):
        yield f'{name}_bucket{{{labels},le="{bound}"}} %d\n', place + number
    yield f"{name}_count{{{labels}}} %d\n", place + len(bounds)
    yield f"{name}_sum{{{labels}}} %de-9\n", base + Word.SUM


def _labels(seat: Seat) -> str:
    told = ",".join(f'{name}="{escape(value)}"' for name, value in seat.labels.items())
    return told.replace("%", "%%")


def _one(labels: str) -> str:
    return labels.replace("%%", "%")


def _head(name: str, kind: str, told: str) -> str:
    return f"# HELP {PREFIX}{name} {told}\n# TYPE {PREFIX}{name} {kind}\n"


def escape(value: str) -> str:
    """A label's value (OpenMetrics 1.0, ABNF: backslash, quote and line feed)."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

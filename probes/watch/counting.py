"""Where every look of the prober ends: in the table, and what turned in the record of outages."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from probes.model import Failure, ProbeResult
from probes.watch.echo import Outcomes
from probes.watch.limits import EchoLimits
from probes.watch.outages import LEFT, Outages, Turn
from probes.watch.table import COARSE, FAILURES, FINE, Head, State, Table, Word
from probes.watch.watched import Watch


@dataclass
class Counting:
    """`table` is another one after it grew; `by_slot` and `limits` follow the list of targets."""

    table: Table
    outages: Outages
    by_slot: Mapping[int, Watch]
    limits: EchoLimits

    def outcomes(self) -> Outcomes:
        """For echoes."""
        return Outcomes(
            answered=self.answered,
            failed=self.failed,
            unmeasured=self.unmeasured,
            duplicate=lambda slot: self._note(slot, Word.DUPLICATES),
            late=lambda slot: self._note(slot, Word.LATE),
            stray=lambda: self.table.count(Head.STRAY),
        )

    def ended(self, slot: int, result: ProbeResult) -> None:
        """A look of `probes.table.probe`."""
        if until := result.evidence.get("not_after"):
            self.table.q[self.table.base(slot) + Word.NOT_AFTER] = _nanoseconds(until)
        if result.failure is Failure.NO_RESOLVER:
            self.table.unmeasured_for(slot, result.failure)
        elif result.failure is None:
            self.answered(slot, result.timings["total"] / 1000)
        else:
            self.failed(slot, result.failure)

    def answered(self, slot: int, seconds: float) -> None:
        watch = self.by_slot[slot]
        if self.table.answered(slot, seconds, FINE if watch.fine else COARSE) is not None:
            self.outages.tell(self._turned(slot, watch))

    def failed(self, slot: int, failure: Failure) -> None:
        watch = self.by_slot[slot]
        if failure is Failure.TIMEOUT_ANSWER and self.limits.rationed(watch, slot, self.table):
            self.table.unmeasured_for(slot, Failure.ECHO_RATIONED)
            return
        if self.table.failed(slot, failure) is not None:
            self.outages.tell(self._turned(slot, watch))

    def unmeasured(self, slot: int) -> None:
        self.table.unmeasured(slot)

    def exhausted(self, slot: int) -> None:
        """This machine had no descriptor or no port for it."""
        self.table.count(Head.EXHAUSTED)
        self.table.unmeasured(slot)

    def standing(self) -> list[Turn]:
        """What the table says of every target that was looked at before."""
        q, place = self.table.q, self.table.base
        return [
            self._turned(slot, watch)
            for slot, watch in self.by_slot.items()
            if q[place(slot) + Word.STATE] != State.UNKNOWN
        ]

    def left(self, key: str, slot: int | None) -> Turn:
        """How an outage ends of a target that is on the list no more: with the last look at it."""
        code, check, family = key.rsplit("|", 2)
        at = self.table.q[self.table.base(slot) + Word.LAST] if slot is not None else 0
        at = at or time.time_ns()
        return Turn(key, code, check, int(family), down=False, at=at, cause=LEFT)

    def _note(self, slot: int, what: Word) -> None:
        self.table.q[self.table.base(slot) + what] += 1

    def _turned(self, slot: int, watch: Watch) -> Turn:
        base, target = self.table.base(slot), watch.target
        reason = self.table.q[base + Word.REASON]
        return Turn(
            key=watch.key,
            code=target.code,
            check=watch.check,
            family=target.family,
            down=self.table.q[base + Word.STATE] == State.DOWN,
            at=self.table.q[base + Word.SINCE],
            reason=FAILURES[reason - 1].value if reason else "",
        )


def _nanoseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000_000_000

"""Who sits where in the table: key → slot, with the labels that a series has.

The file is rewritten whole after the table's records are ready, so it never names a slot that is
not somebody's. A target that is gone keeps its slot and its counters for as long as there is room:
departments take things out of ledgers and put them back.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.watch.table import Table
from probes.watch.watched import Watch, number_of

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
KEPT = 16_384
"""Seats at least that are kept for targets which are gone."""


@dataclass(frozen=True, slots=True)
class Seat:
    """`gone`: no longer looked at, shown nowhere. `interval`: seconds, 0 of an earlier version's."""

    slot: int
    key: str
    labels: dict[str, str]
    fine: bool
    gone: bool = False
    interval: float = 0.0


@dataclass
class Slots:
    """The seats of one table."""

    path: Path
    vantage: str
    seats: dict[str, Seat] = field(default_factory=dict)
    _made_of: dict[str, Watch] = field(default_factory=dict)
    _texts: dict[str, tuple[Seat, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, vantage: str) -> "Slots":
        seats = {seat.key: seat for seat in read(path)} if path.exists() else {}
        return cls(path, vantage, seats)

    def needed(self, watches: Iterable[Watch]) -> int:
        """Records that a table must have for these and for all who had one."""
        return len(self.seats) + sum(w.key not in self.seats for w in watches)

    def place(self, watches: Iterable[Watch], table: Table) -> dict[str, int]:
        """Seats for all of them, the others gone; key → slot of those that are looked at."""
        wanted = {watch.key: watch for watch in watches}
        taken = {seat.slot for seat in self.seats.values()}
        free = iter(sorted(set(range(len(self.seats) + len(wanted))) - taken))
        placed: dict[str, Seat] = {}
        for key, watch in wanted.items():
            number = number_of(key)
            seat = self.seats.get(key)
            slot = next(free) if seat is None else seat.slot
            if seat is None or table.q[table.base(slot)] != number:
                table.clear(slot, number)
            elif seat.gone:
                table.restart(slot)  # how it was when it left says nothing of now
            if seat is None or seat.gone or self._made_of.get(key) is not watch:
                labels = watch.labels(self.vantage)
                seat = Seat(slot, key, labels, watch.fine, interval=watch.interval)
            placed[key] = seat
        gone = {
            key: seat if seat.gone else replace(seat, gone=True)
            for key, seat in self.seats.items()
            if key not in wanted
        }
        self._made_of = wanted
        # as many who are gone as are looked at; those who went first make room
        self.seats = placed | dict(list(gone.items())[-max(KEPT, len(placed)) :])
        return {key: seat.slot for key, seat in placed.items()}

    def write(self) -> None:
        aside = self.path.with_suffix(".new")
        before, self._texts = self._texts, {}
        for key, seat in self.seats.items():
            known = before.get(key)
            same = known is not None and known[0] is seat
            self._texts[key] = known if known and same else (seat, _text(seat))
        aside.write_text("".join([text for _, text in self._texts.values()]))
        aside.rename(self.path)


def _text(seat: Seat) -> str:
    told = [seat.slot, seat.key, seat.labels, seat.fine, seat.gone, seat.interval]
    return _encode(told) + "\n"


def read(path: Path) -> Iterator[Seat]:
    with path.open() as lines:
        for line in lines:
            yield Seat(*json.loads(line))

"""Availability of months and years, from kept days and outages. Pure but for `of_folder`.

Available is what was looked at and not down. A node is down while it answers over neither of the
families it is looked at by; a line or link while one of its ends is so. Time in which nobody looked
is neither.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from probes.watch.folder import Folder
from probes.watch.history import EPOCH, Kept, begins, kept
from probes.watch.outages import Outage, recorded

type Span = tuple[int, int]
"""From, up to: ns since 1970."""


@dataclass(frozen=True, slots=True)
class Family:
    """Looks over one family. `delay`: mean in seconds; None where none was answered."""

    family: int
    answered: int
    failed: int
    delay: float | None

    @property
    def share(self) -> float | None:
        return self.answered / looks if (looks := self.answered + self.failed) else None


@dataclass(frozen=True, slots=True)
class Available:
    """One thing in one stretch of time (`first` to `last`, both whole days). `watched`, `down`,
    `longest`: seconds."""

    code: str
    first: date
    last: date
    watched: float
    down: float
    outages: int
    longest: float
    families: tuple[Family, ...]

    @property
    def share(self) -> float | None:
        """Of the time in which it was looked at; None where that is none."""
        known = max(self.watched, self.down)
        return 1 - self.down / known if known else None


def months(first: date, last: date) -> list[tuple[date, date]]:
    """The months, or parts of them, from one day to another."""
    found = []
    while first <= last:
        after = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((first, min(last, after - timedelta(days=1))))
        first = after
    return found


def thing_of(code: str) -> str:
    """`LINE@1` and `LINK@NODE` are ends of LINE and LINK."""
    return code.partition("@")[0]


def available(
    rows: Iterable[Kept], outages: Iterable[Outage], first: date, last: date, now: int
) -> list[Available]:
    """Of every thing that was looked at by echo. `now` ends an outage that lasts."""
    looks: dict[str, dict[str, dict[int, list[Kept]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    low, high = (first - EPOCH).days, (last - EPOCH).days
    for row in rows:
        if row.check == "icmp" and low <= row.at <= high:
            looks[thing_of(row.code)][row.code][row.family].append(row)
    whole = (begins(first), min(now, begins(last + timedelta(days=1))))
    down: dict[tuple[str, int], list[Span]] = defaultdict(list)
    for one in outages:
        ends = looks.get(thing_of(one.code), {}).get(one.code, {})
        seen = ends.get(one.family, []) if one.check == "icmp" else []
        if not seen:
            continue
        # one that never ended, of a target that left the list, ends with the last day it was seen
        ended = one.ended or begins(EPOCH + timedelta(days=max(row.at for row in seen) + 1))
        span = max(one.began, whole[0]), min(ended, whole[1])
        if span[0] < span[1]:
            down[one.code, one.family].append(span)
    return [_of(code, ends, down, first, last) for code, ends in sorted(looks.items())]


def _of(
    code: str,
    ends: Mapping[str, Mapping[int, Sequence[Kept]]],
    down: Mapping[tuple[str, int], list[Span]],
    first: date,
    last: date,
) -> Available:
    spans = union(
        span
        for end, families in ends.items()
        for span in common([down.get((end, family), []) for family in families])
    )
    watched = max(
        sum(row.watched for row in rows) for families in ends.values() for rows in families.values()
    )
    lengths = [(b - a) / 1e9 for a, b in spans]
    by: dict[int, list[Kept]] = defaultdict(list)
    for families in ends.values():
        for family, rows in families.items():
            by[family] += rows
    return Available(
        code=code,
        first=first,
        last=last,
        watched=watched / 1e9,
        down=sum(lengths),
        outages=len(spans),
        longest=max(lengths, default=0.0),
        families=tuple(_family(family, rows) for family, rows in sorted(by.items())),
    )


def _family(family: int, rows: Iterable[Kept]) -> Family:
    kept_ = list(rows)
    answered = sum(row.answered for row in kept_)
    delay = sum(row.sum for row in kept_) / 1e9 / answered if answered else None
    return Family(family, answered, sum(row.failed for row in kept_), delay)


def union(spans: Iterable[Span]) -> list[Span]:
    """In order, none touching another."""
    found: list[Span] = []
    for begun, ended in sorted(spans):
        if found and begun <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ended)
        else:
            found.append((begun, ended))
    return found


def common(several: Sequence[Iterable[Span]]) -> list[Span]:
    """What all of them have in common."""
    if not several:
        return []
    shared = union(several[0])
    for spans in several[1:]:
        others = union(spans)
        shared = [
            (max(a, c), min(b, d)) for a, b in shared for c, d in others if max(a, c) < min(b, d)
        ]
    return shared


def of_folder(
    folder: Folder, spans: Iterable[tuple[date, date]], now: int, code: str | None = None
) -> list[Available]:
    """Each span's availability, of one thing (with its ends) or of all that have any."""
    wanted = list(spans)
    if not wanted:
        return []
    low = min(first for first, _ in wanted)
    high = max(last for _, last in wanted)
    rows = kept(folder.history, "days", (low - EPOCH).days, (high - EPOCH).days + 1)
    outages = recorded(folder.outages) if folder.outages.exists() else []
    found = [one for span in wanted for one in available(rows, outages, *span, now)]
    return [one for one in found if code is None or one.code == thing_of(code)]

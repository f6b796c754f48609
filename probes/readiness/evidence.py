"""What readiness is judged by. Values only; where they come from is the caller's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from inventory.halves import halves

DAYS = 7
"""Full days before today that a level which asks for lasting evidence wants."""

type Key = tuple[str, str, int]
"""Code, check (`tcp/443`), family."""


class Verdict(StrEnum):
    """`NONE`: the check has no subject here (a router has no pages), so it blocks nothing."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NONE = "none"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAILED before UNKNOWN before PASSED; NONE of none."""
    order = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED, Verdict.NONE)
    return min(verdicts, key=order.index, default=Verdict.NONE)


def both(zh: str, en: str, detail: str = "") -> str:
    """ "中文 / English", each with the detail, or with its half of one that has both."""
    one, other = halves(detail)
    return f"{zh}{one} / {en}{other}"


def joined(*tolds: str) -> str:
    """Several after each other, each language by itself."""
    parts = [halves(told) for told in tolds]
    return f"{''.join(zh for zh, _ in parts)} / {''.join(en for _, en in parts)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a prober knows of one target. `last`: ns since 1970; `mean` in seconds; `interval`:
    seconds between two looks, 0 where it is not known."""

    up: bool
    last: int
    answered: int
    failed: int
    mean: float
    interval: float = 0.0


@dataclass(frozen=True, slots=True)
class Period:
    """Looks of one stretch of time; `delay`: seconds, of all that were answered together."""

    answered: int = 0
    failed: int = 0
    delay: float = 0.0

    @property
    def share(self) -> float | None:
        """Of the looks that were answered; None without any."""
        return self.answered / looks if (looks := self.answered + self.failed) else None

    @property
    def mean(self) -> float | None:
        """Seconds."""
        return self.delay / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a survey saw of one check of an entrance or node, the latest of its day. `worst` of that
    day. `links`: share of internal links of the second and third level that answer over IPv6 as
    over IPv4 (None: there are none); `similar`: 0 to 1; `skylights`: things of other sites on its
    pages that have IPv4 alone."""

    code: str
    number: int
    day: date
    at: int
    verdict: Verdict
    worst: Verdict
    told: str
    second: float | None = None
    third: float | None = None
    similar: float | None = None
    skylights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None where no text gives one: the figure is shown and nothing passes by it.

    `success`, `links`, `similar`: least shares; `degradation`: largest 劣化比; `floor_s`: delays at
    or below which a degradation is not held against v6. `fresh_s`: older evidence is none, `slow`
    intervals for what is looked at rarely; `survey_s` the same of surveys.
    """

    success: float | None = None
    degradation: float | None = None
    links: float | None = None
    similar: float | None = None
    floor_s: float | None = None
    fresh_s: float = 300.0
    slow: float = 3.0
    survey_s: float = 2 * 86400.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """`by`: standings, of all probers together; `elsewhere`: those of each vantage point by itself, of
    `vantage`, where we are, as `by` says if it is not among them; `now`: ns since 1970 and `today`
    the day it is here; `lately`: the last day's looks; `days`: what each day's looks were; `seen`:
    surveys, the oldest first.
    """

    by: Mapping[Key, Standing]
    now: int
    thresholds: Thresholds = Thresholds()
    today: date = date.min
    lately: Mapping[Key, Period] = field(default_factory=dict)
    days: Mapping[Key, Mapping[date, Verdict]] = field(default_factory=dict)
    seen: Mapping[tuple[str, int], tuple[Seen, ...]] = field(default_factory=dict)
    elsewhere: Mapping[str, Mapping[Key, Standing]] = field(default_factory=dict)
    vantage: str = "local"

    def fresh(self, code: str, check: str, family: int) -> Standing | None:
        return self._fresh(self.by.get((code, check, family)))

    def _fresh(self, found: Standing | None) -> Standing | None:
        if found is None:
            return None
        allowed = max(self.thresholds.fresh_s, self.thresholds.slow * found.interval)
        return found if (self.now - found.last) / 1e9 <= allowed else None

    def up(self, code: str, check: str, family: int) -> Verdict:
        return _state(self.fresh(code, check, family))

    def up_from(self, places: Iterable[str | None], key: Key) -> Verdict:
        """As seen by a prober whose vantage point has one of these names."""
        named = {place for place in places if place}
        found = [
            _state(self._fresh(known.get(key)))
            for vantage, known in {self.vantage: self.by, **self.elsewhere}.items()
            if vantage in named
        ]
        order = (Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN)
        return min(found, key=order.index, default=Verdict.UNKNOWN)

    def period(self, code: str, check: str, family: int) -> Period | None:
        """The last day's looks, or where no history is kept all that were ever made."""
        key = (code, check, family)
        if self.fresh(*key) is None:
            return None
        if lately := self.lately.get(key):
            return lately
        one = self.by[key]
        return Period(one.answered, one.failed, one.mean * one.answered)

    def latest(self, code: str, number: int) -> Seen | None:
        """What the last survey saw, unless that is too long ago."""
        found = self.seen.get((code, number), ())
        if not found or (self.now - found[-1].at) / 1e9 > self.thresholds.survey_s:
            return None
        return found[-1]

    def surveyed_days(self, code: str, number: int) -> dict[date, Verdict]:
        return {one.day: one.worst for one in self.seen.get((code, number), ())}

    def lasting(self, days: Mapping[date, Verdict]) -> tuple[Verdict, str]:
        """Whether all of the last DAYS full days passed, and what is wrong if not."""
        wanted = [self.today - timedelta(days=n) for n in range(DAYS, 0, -1)]
        bad = [str(d) for d in wanted if days.get(d) is Verdict.FAILED]
        if bad:
            return Verdict.FAILED, both("未通过 ", "failed on ", ", ".join(bad))
        good = sum(days.get(d) is Verdict.PASSED for d in wanted)
        if good < DAYS:
            return (
                Verdict.UNKNOWN,
                f"仅有 {good} 天证据，需 {DAYS} 天 / {good} of {DAYS} days of evidence",
            )
        return Verdict.PASSED, f"连续 {DAYS} 天 / {DAYS} days on end"


def _state(found: Standing | None) -> Verdict:
    if found is None:
        return Verdict.UNKNOWN
    return Verdict.PASSED if found.up else Verdict.FAILED


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its number (docs/probes.md), what it found, and about what."""

    number: int
    verdict: Verdict
    told: str


@dataclass(frozen=True, slots=True)
class Parity:
    """v6 beside v4 of one check. 劣化比 = (v6 - v4) / v4 of the mean delay, of the share lost and of
    the share answered; None where v4 is 0 or one is unknown. `delay_v4`, `delay_v6` in seconds."""

    check: str
    delay: float | None
    loss: float | None
    success: float | None
    delay_v4: float | None
    delay_v6: float | None
    success_v4: float
    success_v6: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """`blocks`: the first finding that keeps it from the next level. `security`: ports that are
    open on IPv6 and closed on IPv4, which is rarely meant. `skylights`: as of Seen."""

    code: str
    kind: str
    level: int
    findings: tuple[Finding, ...]
    blocks: Finding | None
    parity: tuple[Parity, ...] = ()
    security: tuple[str, ...] = ()
    skylights: tuple[str, ...] = ()
    organisation: str = ""

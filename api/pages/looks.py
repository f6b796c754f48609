"""What the probes know now, for pages: each target's state in both families. "Not looked at" is never
shown as down, and never as zero."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from api.bootstrap import Qianyun
from api.judged import evidence_of
from probes.readiness.evidence import Evidence, Standing
from probes.watch.folder import Folder
from probes.watch.outages import Outage
from probes.watch.picture import outages_of

FRESH = 300.0
"""Seconds: what was seen longer ago is not known any more (`readiness.Thresholds`)."""

type Known = Mapping[tuple[str, str, int], Standing]


@dataclass(frozen=True)
class Looks:
    """All that the probers' tables say at one moment; `now`: ns since 1970; `gather`: what readiness is
    judged by, history and surveys too, read where a page asks for it; `silent`: probers that do not
    turn or did not answer, and why."""

    known: Known
    now: int
    gather: Callable[[], Evidence] | None = None
    silent: tuple[tuple[str, str], ...] = ()

    @property
    def any(self) -> bool:
        """Whether anybody probes at all."""
        return bool(self.known)

    @property
    def evidence(self) -> Evidence:
        return self.gather() if self.gather else Evidence(self.known, self.now)

    def fresh(self, standing: Standing) -> bool:
        return (self.now - standing.last) / 1e9 <= FRESH

    @property
    def counts(self) -> Counter[str]:
        """Looks by state."""
        return Counter(
            ("up" if one.up else "down") if self.fresh(one) else "unknown"
            for one in self.known.values()
        )

    def state(self, code: str, check: str, family: int) -> str:
        """up, down, unknown."""
        found = self.known.get((code, check, family))
        if found is None or not self.fresh(found):
            return "unknown"
        return "up" if found.up else "down"

    def worst(self, code: str, families: Iterable[int] = (4, 6)) -> str:
        """Of every check of a code: down where one is, else up where one is."""
        keys = self.by_code.get(code)
        if keys is None:
            return "unknown"
        states = {
            self.state(known, check, family) for known, check, family in keys if family in families
        }
        return "down" if "down" in states else "up" if "up" in states else "unknown"

    @cached_property
    def by_code(self) -> Mapping[str, list[tuple[str, str, int]]]:
        """What is looked at of each object that is looked at."""
        found: dict[str, list[tuple[str, str, int]]] = {}
        for key in self.known:
            found.setdefault(key[0].partition("@")[0], []).append(key)
        return found


def looks(product: Qianyun) -> Looks:
    """What the probers see now, our own and those of the settings."""
    seen = product.seen()
    return Looks(
        seen.standings(), time.time_ns(), partial(evidence_of, product, seen), seen.missing
    )


def outages(product: Qianyun, code: str | None = None) -> list[Outage]:
    """Of all probers, the newest first; a prober that does not answer is told by `probe outages`."""
    settings = product.settings
    return outages_of(Folder(settings.state / "probes"), settings.vantages, code)[0][::-1]

"""What readiness is judged by, for every way in: the command line, the API and the pages."""

import time
from collections.abc import Iterable
from pathlib import Path

from api.bootstrap import Qianyun
from api.settings import Settings
from probes.readiness.evidence import Evidence, Thresholds
from probes.watch.evidence import gathered
from probes.watch.folder import Folder
from probes.watch.picture import Picture


def thresholds_of(
    settings: Settings,
    *,
    success: float | None = None,
    degradation: float | None = None,
    links: float | None = None,
    similar: float | None = None,
    floor_ms: float | None = None,
) -> Thresholds:
    """As somebody says, else as the settings do; milliseconds become seconds."""

    def either(said: float | None, kept: float | None) -> float | None:
        return kept if said is None else said

    floor = either(floor_ms, settings.ipv6_floor_ms)
    return Thresholds(
        success=either(success, settings.ipv6_success),
        degradation=either(degradation, settings.ipv6_degradation),
        links=either(links, settings.ipv6_links),
        similar=either(similar, settings.ipv6_similar),
        floor_s=None if floor is None else floor / 1000,
    )


def evidence_of(
    product: Qianyun,
    seen: Picture,
    thresholds: Thresholds | None = None,
    also: Iterable[Path] = (),
) -> Evidence:
    """Of all probers that are seen, of this machine's history and surveys, and of the folders `also`.
    Raises Misuse for a folder's table of another version."""
    return gathered(
        seen,
        Folder(product.settings.state / "probes"),
        time.time_ns(),
        thresholds or thresholds_of(product.settings),
        [Folder(path) for path in also],
    )

"""Stored results as Prometheus metrics; few labels, latest results only."""

from collections.abc import Callable, Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from probes.model import ProbeResult

LABELS = ("code", "check", "family")


class ProbeCollector(Collector):
    """Renders what `latest` gives at each scrape: a target that is gone leaves no stale series.

    >>> registry.register(ProbeCollector(lambda: store.latest_probe_results()))

    Of several results of one (code, check, family) the last wins. Addresses, paths and evidence
    never become labels. A failure's series is only there while it lasts, so
    `count by (reason) (qianyun_probe_failure)` is the state now.
    """

    def __init__(self, latest: Callable[[], Iterable[ProbeResult]]) -> None:
        self._latest = latest

    def describe(self) -> Iterable[Metric]:
        """Names only: registering must not read the store."""
        return _families()

    def collect(self) -> Iterable[Metric]:
        success, duration, failure = _families()
        results = {(r.target.code, r.target.check, str(r.target.family)): r for r in self._latest()}
        for key, result in sorted(results.items()):
            success.add_metric(key, float(result.ok))
            if (total := result.timings.get("total")) is not None:
                duration.add_metric(key, total / 1000)
            if result.failure:
                failure.add_metric((*key, result.failure.value), 1.0)
        return success, duration, failure


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily(
            "qianyun_probe_success", "1 if the latest look was ok, else 0", labels=LABELS
        ),
        GaugeMetricFamily(
            "qianyun_probe_duration_seconds", "How long the latest look took", labels=LABELS
        ),
        GaugeMetricFamily(
            "qianyun_probe_failure",
            "1 for the reason for which the latest look failed",
            labels=(*LABELS, "reason"),
        ),
    )

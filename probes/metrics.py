"""Stored results, and what the prober says of itself, as Prometheus metrics."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from probes.model import ProbeResult
from probes.watch.table import LATENESS_BUCKETS, Head, Table

__all__ = ["CONTENT_TYPE_LATEST", "ProbeCollector", "of_the_prober"]

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


GAUGES = (
    (Head.BEAT, "qianyun_prober_heartbeat_timestamp_seconds", "The prober's latest turn", 1e9),
    (Head.STARTED, "qianyun_prober_start_timestamp_seconds", "When it was started", 1e9),
    (Head.TARGETS, "qianyun_prober_targets", "Targets that it looks at", 1),
    (Head.RUNNING, "qianyun_prober_looks_running", "Looks under way that need a connection", 1),
    (
        *(Head.UNTOLD, "qianyun_prober_names_untold"),
        *("Names that no resolver tells now: looked at where they led before, or not at all", 1),
    ),
    (Head.PRIVILEGED, "qianyun_prober_raw_sockets", "1 with raw sockets, 0 with ping sockets", 1),
)
COUNTERS = (
    (Head.STARTS, "starts", "Times that it was started"),
    (Head.SENT, "echo_sent", "ICMP requests sent"),
    (Head.RECEIVED, "echo_received", "ICMP replies that are of ours"),
    (Head.STRAY, "echo_stray", "ICMP replies to nothing that we sent"),
    (Head.SKIPPED, "looks_skipped", "Looks left out because it was behind"),
    (Head.UNSENT, "looks_unsent", "Requests that this machine would not take"),
    (Head.DROPS, "receive_drops", "Replies that this machine threw away before they were read"),
    (Head.EXHAUSTED, "looks_exhausted", "Looks for which a descriptor, buffer or port was missing"),
    (Head.FAULTS, "look_faults", "Looks that ended in a fault of ours"),
    (Head.RELOADS, "reloads", "Lists of targets taken over"),
    (Head.REFUSED, "reloads_refused", "Lists of targets that could not be read"),
)


class _Prober(Collector):
    def __init__(self, table: Table) -> None:
        self._table = table

    def collect(self) -> Iterable[Metric]:
        q = self._table.q
        for word, name, told, unit in GAUGES:
            yield GaugeMetricFamily(name, told, value=q[word] / unit)
        for counted, name, told in COUNTERS:
            yield CounterMetricFamily(f"qianyun_prober_{name}", told, value=q[counted])
        name = "qianyun_prober_lateness_seconds"
        late = HistogramMetricFamily(name, "How long after it was due a look was begun")
        total, buckets = 0, []
        for number, bound in enumerate((*LATENESS_BUCKETS, float("inf"))):
            total += q[Head.LATENESS + number]
            buckets.append(("+Inf" if bound == float("inf") else str(bound), float(total)))
        late.add_metric((), buckets, sum_value=q[Head.LATENESS_SUM] / 1e9)
        yield late


def of_the_prober(table: Table) -> str:
    """OpenMetrics text of what the prober says of itself, with the end mark."""
    registry = CollectorRegistry()
    registry.register(_Prober(table))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()

"""What the truth says, as Prometheus metrics; read anew at each scrape."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from api.times import seconds_between
from migrator.plan import StepKind
from migrator.progress import ItemState, RunState
from migrator.store import Truth
from migrator.store_figures import figures

ATTEMPT_STATES = ("running", "done", "failed", "lost", "cancelled")


class TruthCollector(Collector):
    """Runs, items and attempts by state, items of open runs by wave, and how long done steps took.

    Every state of the first three has a series, also at zero: a rule can tell "none" from "not told".
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def describe(self) -> Iterable[Metric]:
        """Names only: registering must not read the database."""
        return [*_gauges().values(), _waves(), _steps(())]

    def collect(self) -> Iterable[Metric]:
        found = figures(self._truth)
        gauges = _gauges()
        _fill(gauges["runs"], RunState, found.runs)
        _fill(gauges["items"], ItemState, found.items)
        _fill(gauges["attempts"], ATTEMPT_STATES, found.attempts)
        waves = _waves()
        for (run, wave, state), count in found.open_items.items():
            waves.add_metric((run, str(wave), state), count)
        return [*gauges.values(), waves, _steps(found.times)]


def _gauges() -> dict[str, GaugeMetricFamily]:
    told = {"runs": "Runs by state", "items": "Items by state", "attempts": "Attempts by state"}
    return {
        name: GaugeMetricFamily(f"qianyun_{name}", text, labels=("state",))
        for name, text in told.items()
    }


def _waves() -> GaugeMetricFamily:
    """Of open runs only, and only states that occur: series end with their run."""
    return GaugeMetricFamily(
        "qianyun_run_items", "Items of open runs", labels=("run", "wave", "state")
    )


def _fill(gauge: GaugeMetricFamily, states: Iterable[str], counts: Mapping[str, int]) -> None:
    for state in states:
        gauge.add_metric((str(state),), counts.get(str(state), 0))


def _steps(done: Iterable[tuple[str, str | None, str | None]]) -> SummaryMetricFamily:
    """Of steps that are done only: a failed step's time says nothing of what a step costs."""
    summary = SummaryMetricFamily(
        "qianyun_step_duration_seconds", "How long steps that are done took", labels=("step",)
    )
    times: dict[str, list[float]] = {kind.value: [] for kind in StepKind}
    for step, begun, ended in done:
        seconds = seconds_between(begun, ended)
        if seconds is not None:
            times[step].append(seconds)
    for kind, taken in times.items():
        summary.add_metric((kind,), count_value=len(taken), sum_value=sum(taken))
    return summary

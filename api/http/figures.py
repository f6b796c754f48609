"""What the truth says, as Prometheus metrics; read anew at each scrape."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from api.times import seconds_between
from migrator.plan import StepKind
from migrator.progress import ItemState, RunRecord, RunState, StepState
from migrator.store import Truth

ATTEMPT_STATES = ("running", "done", "failed", "lost", "cancelled")


class TruthCollector(Collector):
    """Runs, items and attempts by state, and how long the steps that are done took.

    Every state has a series, also at zero: a rule can tell "none" from "not told".
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def describe(self) -> Iterable[Metric]:
        """Names only: registering must not read the database."""
        return [*_gauges().values(), _steps([])]

    def collect(self) -> Iterable[Metric]:
        runs = self._truth.runs.all()
        attempts = (a.state for run in runs for a in self._truth.attempts.of(run.code))
        items = (item.state for run in runs for item in run.items)
        gauges = _gauges()
        _fill(gauges["runs"], RunState, (run.state for run in runs))
        _fill(gauges["items"], ItemState, items)
        _fill(gauges["attempts"], ATTEMPT_STATES, attempts)
        return [*gauges.values(), _steps(runs)]


def _gauges() -> dict[str, GaugeMetricFamily]:
    told = {"runs": "Runs by state", "items": "Items by state", "attempts": "Attempts by state"}
    return {
        name: GaugeMetricFamily(f"qianyun_{name}", text, labels=("state",))
        for name, text in told.items()
    }


def _fill(gauge: GaugeMetricFamily, states: Iterable[str], found: Iterable[str]) -> None:
    counts = Counter(str(state) for state in found)
    for state in states:
        gauge.add_metric((str(state),), counts[str(state)])


def _steps(runs: Iterable[RunRecord]) -> SummaryMetricFamily:
    """Of steps that are done only: a failed step's time says nothing of what a step costs."""
    summary = SummaryMetricFamily(
        "qianyun_step_duration_seconds", "How long steps that are done took", labels=("step",)
    )
    times: dict[StepKind, list[float]] = {kind: [] for kind in StepKind}
    for run in runs:
        for item in run.items:
            for step in item.steps:
                seconds = seconds_between(step.started_at, step.ended_at)
                if step.state is StepState.DONE and seconds is not None:
                    times[step.step].append(seconds)
    for kind, taken in times.items():
        summary.add_metric((kind.value,), count_value=len(taken), sum_value=sum(taken))
    return summary

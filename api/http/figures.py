"""What the truth says, as Prometheus metrics; read anew at each scrape."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from api.times import seconds_between
from migrator.engine.flows import Flows, LineFlow, flows
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemState, RunState
from migrator.store.figures import figures
from migrator.store.truth import Truth

ATTEMPT_STATES = ("running", "done", "failed", "lost", "cancelled")


class TruthCollector(Collector):
    """Runs, items and attempts by state, items of open runs by wave, what moves over each line and out of
    each room, and how long done steps took.

    Every state of the first three has a series, also at zero: a rule can tell "none" from "not told".
    """

    def __init__(self, truth: Truth, limits: Mapping[str, int] | None = None) -> None:
        self._truth = truth
        self._limits = limits or {}  # the city's

    def describe(self) -> Iterable[Metric]:
        """Names only: registering must not read the database."""
        return [*_gauges().values(), _waves(), *_flows(Flows()), _steps(())]

    def collect(self) -> Iterable[Metric]:
        found = figures(self._truth)
        gauges = _gauges()
        _fill(gauges["runs"], RunState, found.runs)
        _fill(gauges["items"], ItemState, found.items)
        _fill(gauges["attempts"], ATTEMPT_STATES, found.attempts)
        waves = _waves()
        for (run, wave, state), count in found.open_items.items():
            waves.add_metric((run, str(wave), state), count)
        moving = flows(self._truth, self._limits)
        return [*gauges.values(), waves, *_flows(moving), _steps(found.times)]


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


def _flows(found: Flows) -> list[GaugeMetricFamily]:
    """By the lines and rooms of open runs' plans: the city has no more, and series end with their runs."""
    told: tuple[tuple[str, str, Callable[[LineFlow], float]], ...] = (
        ("items", "Items under way over a line", lambda flow: flow.items),
        (
            "limit_bytes_per_second",
            "What copies may take of a line together",
            lambda flow: flow.allowed_kbps * 125,
        ),
        (
            "copy_bytes_per_second",
            "What copies under way told last that they take",
            lambda flow: flow.per_second,
        ),
        ("copied_bytes", "Bytes that copies under way have carried", lambda flow: flow.copied),
    )
    made = []
    for name, text, value in told:
        gauge = GaugeMetricFamily(f"qianyun_line_{name}", text, labels=("line",))
        for line, flow in sorted(found.lines.items()):
            gauge.add_metric((line,), value(flow))
        made.append(gauge)
    rooms = GaugeMetricFamily("qianyun_room_items", "Items under way from a room", labels=("room",))
    for room, count in sorted(found.rooms.items()):
        rooms.add_metric((room,), count)
    return [*made, rooms]


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

"""Which systems of a plan have missed their nights: nobody began them, and no time is left for it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from migrator.planning.plan import Plan
from migrator.planning.timetable import Appointment
from migrator.runs.records import ItemState, RunRecord
from migrator.store.truth import Truth

_IDLE = {ItemState.WAITING, ItemState.ROLLED_BACK, ItemState.ABORTED}


def begun_in(runs: Iterable[RunRecord]) -> frozenset[str]:
    """The systems that a run is at, or has moved."""
    return frozenset(item.system for run in runs for item in run.items if item.state not in _IDLE)


def begun_of(truth: Truth, plan: str) -> frozenset[str]:
    """The same of all runs of a plan."""
    codes = [head.code for head in truth.tallies.heads() if head.plan == plan]
    return begun_in(truth.runs.get(code) for code in codes)


def missed(plan: Plan, now: datetime) -> dict[str, str]:
    """By system and in both languages, whoever began: its night is over, by the clock that a run goes
    by too, or its copy can't be over before it any more."""
    local = now.astimezone(ZoneInfo(plan.means.timezone)).replace(tzinfo=None)
    each = (one for _, one in sorted(plan.appointments.items()))
    return {one.system: line for one in each if (line := _missed(one, local))}


def _missed(one: Appointment, local: datetime) -> str:
    if local >= datetime.fromisoformat(one.ends):
        return f"{one.system}: {one.night} 夜已过 / {one.system}: its night {one.night} is over"
    last = one.night - timedelta(days=one.copy_nights)
    if max(one.copy_from, local.date()) > last:
        return (
            f"{one.system}: 尚未开始复制，{one.night} 夜前来不及复制 {one.copy_nights} 昼夜 / {one.system}: "
            f"not begun: its copy takes {one.copy_nights} days before {one.night}"
        )
    return ""

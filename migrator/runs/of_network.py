"""What comes next in a network plan, and what must hold before it: pure decisions over the truth."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from inventory.frozen import Frozen
from migrator.people.names import same_person
from migrator.planning.plan import StepKind
from migrator.runs.gates import GateVerdict, lacking
from migrator.runs.network_plan import (
    SENT_WAY,
    NetworkChange,
    NetworkPlan,
    NetworkRecord,
    NetworkState,
    NetworkStep,
)
from migrator.runs.records import StepState, Wanted
from migrator.runs.rules import Before, Concerned, EngineRules

AGAIN_SECONDS = 10.0
"""Between tries of a rollback, while the device may be on its own way back."""

PATIENCE_SECONDS = 120.0
"""For so long a rollback is tried again after the device should have set itself back."""


class DoChange(Frozen):
    """Play this step of this change."""

    number: int
    step: StepKind


class WaitFor(Frozen):
    """Nothing to do until woken, or until `seconds` have passed. `hand`: the change that a person does."""

    reason: str
    seconds: float | None = None
    hand: int | None = None


class TurnBack(Frozen):
    """A change failed: from now on the way is back."""

    reason: str


class EndNetwork(Frozen):
    state: NetworkState
    note: str = ""


type NetworkMove = DoChange | WaitFor | TurnBack | EndNetwork


def next_of_network(
    plan: NetworkPlan,
    record: NetworkRecord,
    now: datetime,
    gates: Callable[[], GateVerdict],
) -> NetworkMove:
    """What a network plan that runs does next. Every change is looked at before the first is made; they
    are made in their order, each read back before the next, and undone in the other order."""
    if record.wanted is Wanted.ROLLBACK:
        return _next_back(plan, record, now)
    if failed := next((s for s in record.steps if s.state is StepState.FAILED), None):
        told = _failure(plan, failed)
        looked = failed.step is StepKind.PREFLIGHT and not record.made
        return EndNetwork(state=NetworkState.FAILED, note=told) if looked else TurnBack(reason=told)
    for number, step in _way(plan):
        state = record.step(number, step).state
        if state is StepState.DONE:
            continue
        if state is StepState.PENDING and step is not StepKind.VERIFY:
            verdict = gates()
            if not verdict.open:
                return WaitFor(reason="; ".join(verdict.reasons), seconds=verdict.seconds)
        change = plan.change(number)
        return _by_hand(change) if change.by_hand else DoChange(number=number, step=step)
    return EndNetwork(state=NetworkState.DONE)


def _way(plan: NetworkPlan) -> Iterator[tuple[int, StepKind]]:
    first, *rest = SENT_WAY
    yield from ((one.number, first) for one in plan.changes if not one.by_hand)
    for one in plan.changes:
        yield from ((one.number, step) for step in rest if not one.by_hand)
        if one.by_hand:
            yield one.number, StepKind.SWITCH


def _by_hand(change: NetworkChange, *, back: bool = False) -> WaitFor:
    zh, en = ("撤销", "undoes") if back else ("执行", "does")
    return WaitFor(
        reason=f"{change.name}（{change.kind}）由工程师手工{zh}后登记 / an engineer {en} it by hand, then "
        "tells: `qianyun network told`",
        hand=change.number,
    )


def _next_back(plan: NetworkPlan, record: NetworkRecord, now: datetime) -> NetworkMove:
    own = True  # whether every device had gone back by itself
    for number in reversed(record.made):
        back, change = record.step(number, StepKind.ROLLBACK), plan.change(number)
        if back.state is StepState.DONE:
            own = own and back.message == WENT_BACK
            continue
        if change.by_hand:
            return _by_hand(change, back=True)
        if back.state is StepState.FAILED:
            ended = datetime.fromisoformat(back.ended_at or record.made_at)
            switched = record.step(number, StepKind.SWITCH).ended_at or record.made_at
            last = plan.confirm_seconds + PATIENCE_SECONDS
            if ended > datetime.fromisoformat(switched) + timedelta(seconds=last):
                return EndNetwork(state=NetworkState.FAILED, note=_failure(plan, back))
            if (left := AGAIN_SECONDS - (now - ended).total_seconds()) > 0:
                return WaitFor(reason="", seconds=left)  # the step tells it
        return DoChange(number=number, step=StepKind.ROLLBACK)
    failed = next((s for s in record.steps if s.state is StepState.FAILED), None)
    why = _failure(plan, failed) if failed else record.note
    told = f"{why}; {WENT_BACK}" if own and record.made else why
    return EndNetwork(state=NetworkState.ROLLED_BACK, note=told)


def _failure(plan: NetworkPlan, step: NetworkStep) -> str:
    return f"{plan.change(step.number).name} {step.step}: {step.message}"


WENT_BACK = (
    "回退前设备已是原状，已自行回退 / the device was as before already: it had set itself back"
)


def network_gates(
    plan: NetworkPlan, record: NetworkRecord, rules: EngineRules, now: datetime
) -> GateVerdict:
    """Approvals, window and freezes, as of now; asked before each step forward. `seconds`: when it is
    worth asking again, where nobody has to act."""
    if missing := approvals_missing(plan, record, rules, now):
        return GateVerdict(gate="approval", open=False, reasons=missing)
    opens, closes = plan.window()
    window = f"{plan.opens.isoformat(' ', 'minutes')} – {plan.closes.isoformat(' ', 'minutes')}"
    if now < opens:
        reason = f"窗口未到 / the window is {window}: it has not opened"
        left = (opens - now).total_seconds()
        return GateVerdict(gate="window", open=False, reasons=(reason,), seconds=left)
    if now >= closes:
        reason = f"窗口已过，请回退或重新编制 / the window was {window}: roll back, or file it anew"
        return GateVerdict(gate="window", open=False, reasons=(reason,))
    today = now.astimezone(ZoneInfo(plan.timezone)).date()
    shut = tuple(
        f"封网 {one.name} / freeze {one.name}: {one.from_} – {one.to}"
        for one in rules.freezes
        if one.holds(today)
        and (
            one.everybody
            or any(
                (who.organisation or "") in one.organisations
                or (who.room or "") in one.rooms
                or who.code in one.systems
                for who in plan.touches
            )
        )
    )
    return GateVerdict(gate="freeze" if shut else "", open=not shut, reasons=shut)


def approvals_missing(
    plan: NetworkPlan, record: NetworkRecord, rules: EngineRules, now: datetime
) -> tuple[str, ...]:
    """What approvals and papers it lacks. Every rule that is about somebody it touches holds for the
    whole of it, whatever part of a plan the rule is of; only those before a commit do not, since
    there is none. Somebody who did not file it has approved it in any case."""
    missing: list[str] = []
    for rule in rules.approvals:
        about = any(rule.concerns(one, rules.critical) for one in plan.touches)
        if about and rule.before is not Before.COMMIT:
            missing += lacking(
                rule,
                rules,
                record.decisions,
                author=record.author,
                now=now,
                what=f"{record.code}",
            )
    if not missing and not any(not same_person(a, record.author) for a in record.approvals):
        missing.append(
            f"网络方案 {record.code} 未获他人批准 / nobody but who filed it has approved {record.code}"
        )
    return tuple(missing)


def touched(*groups: Concerned) -> tuple[Concerned, ...]:
    """Whom a plan is about, each once, in order; a plan that is about nobody known is about one who is."""
    found = {one.model_dump_json(): one for one in groups}
    return tuple(found[key] for key in sorted(found)) or (Concerned(),)

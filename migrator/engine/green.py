"""The gate's question to the running probers: has the system been well for N minutes? Asked before its
cutover and before its commit, by the activity that decides what is next; a workflow only waits.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from migrator.planning.plan import Item, Plan, StepKind
from migrator.runs.of_item import Decision, Do, Wait
from migrator.runs.records import ItemRecord, ItemState, StepState
from migrator.store.truth import Truth
from probes.watch.green import Answer, Verdict, green
from probes.watch.of_estate import watches_of_move
from probes.watch.picture import Picture

BEFORE_CUTOVER = frozenset({StepKind.GATE, StepKind.QUIESCE})
ASKED_BEFORE = BEFORE_CUTOVER | {StepKind.COMMIT}


@dataclass(frozen=True)
class Green:
    """`picture`: what the probers see now, our own and those elsewhere."""

    truth: Truth
    picture: Callable[[], Picture]
    clock: Callable[[], int] = time.time_ns

    def decide(self, plan: Plan, item: ItemRecord, decision: Decision) -> Decision:
        """`decision`, or that it waits and why. A step that is under way is never held up: what it
        began must come to its end. Raises Misuse for a table of another version."""
        minutes = plan.means.green_minutes
        if not isinstance(decision, Do) or decision.step not in ASKED_BEFORE or not minutes:
            return decision
        if item.step(decision.step).state is StepState.RUNNING:
            return decision
        seen = self.picture()
        found = self.verdict(plan.item(item.system), decision.step, seen, minutes)
        if found.answer is Answer.GREEN:
            self.truth.audit(
                "engine",
                "gate.green",
                f"{item.run}/{item.system}/{decision.step}",
                minutes=minutes,
                vantages=sorted({prober.vantage for prober in seen.probers}),
            )
            return decision
        held = found.answer is Answer.ASK
        state = ItemState.HELD if held else ItemState.PAUSED
        return Wait(state=state, reason=f"{decision.step}: {found.reason}", seconds=found.seconds)

    def verdict(self, item: Item, step: StepKind, seen: Picture, minutes: int) -> Verdict:
        """Before the cutover the line that the data goes over counts too."""
        own, line = watches_of_move(item.system, item.entrance, item.line)
        asked = own + line if step in BEFORE_CUTOVER else own
        return green(asked, seen, self.clock(), minutes)

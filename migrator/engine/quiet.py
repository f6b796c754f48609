"""Silence while a system is cut over, for exactly its own objects.

It is made before the system is quiesced, kept while quiesce, soak, commit or rollback are under way
(a lease: whoever works renews it), and ended with the commit or the rollback, or as soon as a cutover
gave up. Who dies renews nothing: the silence ends by itself within `LEASE`, and an alert that still has
a cause is told then. That Alertmanager does not answer holds no cutover up; the audit says so.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from inventory.model import Estate
from inventory.store import EstateStore
from migrator.attempts.crew import Watch
from migrator.engine.alertmanager import Alertmanager, exactly
from migrator.errors import AlertmanagerDown
from migrator.planning.plan import Item, StepKind
from migrator.store.truth import Truth

LEASE = timedelta(minutes=10)
RENEW = 60.0  # seconds between two renewals
KEPT = frozenset({StepKind.QUIESCE, StepKind.SOAK, StepKind.COMMIT, StepKind.ROLLBACK})
ENDS = frozenset({StepKind.COMMIT, StepKind.ROLLBACK})
ENGINE = "engine"


@dataclass(frozen=True)
class Quiet:
    """`at`: None where no Alertmanager is set: then nothing is done."""

    truth: Truth
    estate: EstateStore
    at: Alertmanager | None = None
    steady: Callable[[], float] = time.monotonic

    def kept(self, run: str, item: Item, step: StepKind, watch: Watch) -> Watch:
        """The silence is there; `watch` with a heartbeat that keeps it."""
        if self.at is None or step not in KEPT:
            return watch
        codes = codes_of(item, self.estate.load())
        self._put(f"{run}/{item.code}", codes, step, told=True)
        renewed = [self.steady()]

        def beat() -> None:
            watch.beat()
            if self.steady() - renewed[0] >= RENEW:
                renewed[0] = self.steady()
                self._put(f"{run}/{item.code}", codes, step, told=False)

        return replace(watch, beat=beat)

    def after(self, run: str, system: str, step: StepKind, *, ok: bool) -> None:
        """A step has ended: a cutover that gave up serves from its source again, and is watched."""
        if step in ENDS or (step is StepKind.QUIESCE and not ok):
            self.end(run, system)

    def end(self, run: str, system: str) -> None:
        """No silence of this item is left; done twice, it changes nothing."""
        if self.at is None:
            return
        key = f"{run}/{system}"
        try:
            for silence in self.at.ours(key):
                self.at.expire(silence.id)
                self.truth.audit(ENGINE, "silence.ended", key, id=silence.id)
        except AlertmanagerDown as error:
            self.truth.audit(ENGINE, "silence.failed", key, reason=str(error))

    def _put(self, key: str, codes: tuple[str, ...], step: StepKind, *, told: bool) -> None:
        """Ours of before is found by its key and extended; several, after a race, become one."""
        assert self.at is not None
        now, wanted = self.truth.clock(), (f"code=~{exactly(codes)}",)
        try:
            before = self.at.ours(key)
            same = next((one for one in before if one.matchers == wanted), None)
            why = f"割接中 / under way: {step}"
            made = self.at.put(key, codes, why, (now, now + LEASE), same)
            for other in before:
                if other is not same:
                    self.at.expire(other.id)
        except AlertmanagerDown as error:
            if told:
                self.truth.audit(ENGINE, "silence.failed", key, reason=str(error))
            return
        if told:
            until = (now + LEASE).isoformat(timespec="seconds")
            self.truth.audit(
                ENGINE, "silence.kept" if same else "silence.made", key, id=made, until=until,
                codes=list(codes), step=step,
            )  # fmt: skip


def codes_of(item: Item, estate: Estate) -> tuple[str, ...]:
    """What of the probers' list goes down with this one system: its entrance's content, and its own
    services on the host that it leaves and the one that it comes to. Not the entrance's node, which
    others use too, nor the hosts, which stay up."""
    hosts = {item.source.code: item.source, item.target.code: item.target}
    own = {
        service.code
        for service in estate.services
        if service.host in hosts and (service.system or hosts[service.host].system) == item.code
    }
    named = {
        s.code for s in estate.systems if s.code == item.code and s.entrance and s.entrance.name
    }
    return tuple(sorted(own | named | {f"{item.code}@{item.entrance.code}"}))

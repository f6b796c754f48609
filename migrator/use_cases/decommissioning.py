"""Use cases around the old host after the trial: archive, wipe, and what is left in its room.

Nothing here is a step of a run: an item is done when it is committed, and its old host stands by for the
days of its trial. To archive is an operator's; to wipe an approver's who is not the one that archived.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inventory.emptied import RoomLeft, room_left
from inventory.secrecy import hidden
from inventory.store import EstateStore
from migrator.attempts.ansible import Outcome
from migrator.attempts.crew import HOLD_SECONDS, Crew, Watch
from migrator.errors import Forbidden, Refused
from migrator.people.rights import Deed, Person
from migrator.planning.plan import Item, Plan, StepKind
from migrator.runs.records import ItemRecord, ItemState, StepState
from migrator.store.audit import Filter
from migrator.store.truth import Truth
from migrator.use_cases.looking import Looking

ARCHIVED, WIPED = "decommission.archive", "decommission.wipe"


@dataclass(frozen=True, kw_only=True)
class OldHost:
    """How the old host of an item stands. `trial_until`: the first day on which it may be archived;
    `archive`, `wipe`: evidence of the host, None before; `archived_by`: who is not to wipe it."""

    run: str
    item: Item
    plan_digest: str
    committed_at: str
    trial_until: date
    archive: dict[str, Any] | None
    archived_by: str
    wipe: dict[str, Any] | None
    wiped_by: str
    room: RoomLeft

    def as_json(self) -> dict[str, Any]:
        left = self.room
        return {
            "run": self.run,
            "system": self.item.code,
            "host": self.item.source.code,
            "room": left.room,
            "plan_digest": self.plan_digest,
            "committed_at": self.committed_at,
            "trial_until": self.trial_until.isoformat(),
            "archive": self.archive,
            "archived_by": self.archived_by,
            "wipe": self.wipe,
            "wiped_by": self.wiped_by,
            "room_check": {
                "state": left.state.value,
                "systems": list(left.systems),
                "devices": [one.code for one in left.devices],
                "untold": [one.code for one in left.untold],
                "access": [one.code for one in left.access],
            },
            "lines": [
                {"code": one.code, "name": one.name, "provider": one.provider,
                 "rent_per_year": one.rent_per_year,
                 "contract_end": one.contract_end and one.contract_end.isoformat()}
                for one in left.lines
            ],
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Decommissioning:
    truth: Truth
    estate: EstateStore
    timezone: str

    def look(self, run: str, system: str, person: Person) -> OldHost:
        """Raises NotFound, Forbidden; Refused before the commit."""
        self.truth.permit(person, Deed.EVIDENCE_READ, f"{run}/{system}")
        Looking(self.truth, self.estate).item(person, run, system)
        return self.standing(run, system)

    def standing(self, run: str, system: str) -> OldHost:
        """For who may act on it. Raises NotFound; Refused before the commit."""
        return self._old_host(self.truth.runs.item(run, system))

    def archive(
        self,
        run: str,
        system: str,
        crew: Callable[[], Crew],
        actor: Person,
        stop: Callable[[], str | None],
    ) -> Outcome:
        """Archive what is the system's on its old host. Raises Forbidden, NotFound; Refused before the
        commit, in the trial, or for what was classified since; AttemptAlive, Cancelled."""
        self._permit(actor, Deed.RUN_CONTROL, run, system)
        old = self._ready(run, system, actor, ARCHIVED)
        return self._play(old, StepKind.ARCHIVE, crew, actor, stop)

    def wipe(
        self, run: str, system: str, digest: str, crew: Callable[[], Crew], actor: Person
    ) -> Outcome:
        """Wipe what the archive with this digest holds off the old host; once begun it is not cut off.
        Raises as `archive`, and Forbidden for who archived it."""
        self._permit(actor, Deed.PLAN_DECIDE, run, system)
        old = self._ready(run, system, actor, WIPED)
        if old.archive is None:
            raise self._refused(actor, WIPED, old, "尚未归档 / nothing was archived; archive first")
        if old.archived_by == actor.name:
            self.truth.audit(actor.name, f"{WIPED}.refused", f"{run}/{system}", reason="four eyes")
            raise Forbidden(
                f"归档人 {actor.name} 不得自行清除 / who archived it must not wipe it: another approver"
            )
        if digest != old.archive["digest"]:
            raise self._refused(
                actor,
                WIPED,
                old,
                f"归档摘要不符 / another digest: read {digest!r}, expected {old.archive['digest']}; "
                "compare the manifest.json that was carried off",
            )
        return self._play(old, StepKind.WIPE, crew, actor, lambda: None, archive_digest=digest)

    def _permit(self, actor: Person, deed: Deed, run: str, system: str) -> None:
        """Raises Forbidden; NotFound for what the person does not see."""
        self.truth.permit(actor, deed, f"{run}/{system}")
        Looking(self.truth, self.estate).item(actor, run, system)

    def _ready(self, run: str, system: str, actor: Person, action: str) -> OldHost:
        old = self.standing(run, system)
        secret = hidden(self.estate.load())
        if system in secret.systems or old.item.source.code in secret.hosts:
            why = "已定为涉密，不再触碰 / classified since: it is not touched"
            raise self._refused(actor, action, old, why)
        if self.today() < old.trial_until:
            why = f"试运行至 {old.trial_until} / its trial lasts until then"
            raise self._refused(actor, action, old, why)
        return old

    def _refused(self, actor: Person, action: str, old: OldHost, why: str) -> Refused:
        self.truth.audit(actor.name, f"{action}.refused", f"{old.run}/{old.item.code}", reason=why)
        return Refused(f"{old.item.code}: {why}")

    def _play(
        self,
        old: OldHost,
        step: StepKind,
        crew: Callable[[], Crew],
        actor: Person,
        stop: Callable[[], str | None],
        **more: str,
    ) -> Outcome:
        hands = crew()  # what stands against it is told before a missing key
        action = ARCHIVED if step is StepKind.ARCHIVE else WIPED
        about = f"{old.run}/{old.item.code}"
        self.truth.audit(actor.name, f"{action}.begin", about, host=old.item.source.code, **more)
        watch = Watch(beat=lambda: None, stop=stop)
        outcome = hands.perform(old.run, old.item, step, watch, HOLD_SECONDS, more=more)
        found = _last(list(outcome.evidence), step.value)
        told = {"digest": found["digest"]} if found and "digest" in found else {}
        self.truth.audit(actor.name, action, about, ok=outcome.ok, message=outcome.message, **told)
        return outcome

    def _old_host(self, record: ItemRecord) -> OldHost:
        commit = record.step(StepKind.COMMIT)
        if record.state is not ItemState.DONE or commit.state is not StepState.DONE:
            raise Refused(
                f"{record.system} 尚未提交 / is not committed: read {record.state}, expected done; its old "
                "host is needed for the way back"
            )
        head = self.truth.runs.head(record.run)
        plan = self.truth.plans.load(head.plan)
        item = plan.item(record.system)
        at = commit.ended_at or head.ended_at or head.started_at
        evidence = self.truth.attempts.evidence_of(record.run, record.system)
        told = [one.content for one in evidence]
        about = f"{record.run}/{record.system}"
        return OldHost(
            run=record.run,
            item=item,
            plan_digest=plan.digest,
            committed_at=at,
            trial_until=self._trial_until(plan, at),
            archive=_last(told, "archive"),
            archived_by=self._who(ARCHIVED, about),
            wipe=_last(told, "wipe"),
            wiped_by=self._who(WIPED, about),
            room=room_left(self.estate.load(), item.source.place or ""),
        )

    def _trial_until(self, plan: Plan, at: str) -> date:
        city = plan.means.city
        day = datetime.fromisoformat(at).astimezone(ZoneInfo(self.timezone)).date()
        return day + timedelta(days=city.trial if city else 0)

    def today(self) -> date:
        """By the city's clock."""
        return self.truth.clock().astimezone(ZoneInfo(self.timezone)).date()

    def _who(self, action: str, about: str) -> str:
        """Who did it; where the process was killed before that was written, who began it last."""
        found, _ = self.truth.audit_found(Filter(action=action, object=about))
        done = [one for one in found if one.action == action and one.detail.get("ok") is True]
        begun = [one for one in found if one.action == f"{action}.begin"]
        return next((one.actor for one in (*done, *begun)), "")


def _last(told: list[dict[str, Any]], what: str) -> dict[str, Any] | None:
    """The newest of what the host said under that name."""
    found = (body[what] for body in reversed(told) if body.get("verb") == what and what in body)
    return next(found, None)

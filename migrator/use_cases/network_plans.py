"""Use cases around network plans: file, look, decide, start, go back, tell what was done by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from inventory.halves import labelled, together
from inventory.store import EstateStore
from migrator.errors import EngineDown, Forbidden, NotFound, Refused
from migrator.network.change_list import read_changes
from migrator.network.files import Checked
from migrator.network.package import checked
from migrator.people.names import same_person
from migrator.people.rights import Deed, Person
from migrator.planning.plan import StepKind
from migrator.runs.gates import GateVerdict
from migrator.runs.network_facts import concerned, devices, facts_changed
from migrator.runs.network_plan import Device, NetworkChange, NetworkPlan, NetworkRecord
from migrator.runs.network_plan import NetworkState as State
from migrator.runs.of_network import WaitFor, network_gates, next_of_network, touched
from migrator.runs.records import StepState, Wanted
from migrator.runs.rules import EngineRules
from migrator.store.truth import Truth
from migrator.use_cases.deciding import require_command

STARTS_FROM = frozenset({State.FILED, State.FAILED, State.ROLLED_BACK})
GOES_BACK_FROM = frozenset({State.DONE, State.FAILED})


@dataclass(frozen=True, kw_only=True)
class Networking:
    """`begin`: starts the plan's workflow; `wake`: wakes it; both may raise EngineDown."""

    truth: Truth
    estate: EstateStore
    timezone: str
    rules: EngineRules
    begin: Callable[[str], None]
    wake: Callable[[str], None]

    def file(
        self, actor: Person, path: Path, *, title: str, window: str, again: str | None = None
    ) -> NetworkRecord:
        """Render and check the list of changes, and keep it for approval. `window`: FROM/TO on the
        city's clock; `again`: the code of a plan that this takes the place of, whose approvals are void.

        Raises Forbidden, MeansRefused, NotFound; Refused as rendering does, for a window that is none,
        and for hosts that are not known or must not be touched.
        """
        self.truth.permit(actor, Deed.PLAN_MAKE, again or path.name)
        if again and not same_person(self.truth.network.record(again).author, actor.name):
            raise Refused(
                f"网络方案 {again} 由他人编制，不能改 / {again} was filed by somebody else: file one of your "
                "own, or it would be approved by one of its authors"
            )
        plan = self._plan(path, title, window)
        if again:
            return self.truth.network.replace(again, plan, actor.name)
        return self.truth.network.add(plan, actor.name)

    def _plan(self, path: Path, title: str, window: str) -> NetworkPlan:
        opens, closes = _window(window)
        now = self.truth.clock().astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        if not opens < closes or closes <= now:
            raise Refused(
                f"窗口应先开后关且未过 / the window must open before it closes, and not be over: "
                f"read {window}"
            )
        told = read_changes(path)
        rendered = checked(told)
        estate = self.estate.load()
        codes = [code for one in rendered if one.sent_by for code in one.hosts.values()]
        for one in rendered:
            if one.sent_by and not all(one.hosts.values()):
                raise Refused(
                    f"{one.name}: 缺少主机编号 / expected the code of its host in the inventory: host = "
                    '"…" (a virtual address: source_host and target_host)'
                )
        reached = devices(codes, estate)
        return NetworkPlan(
            title=title,
            timezone=self.timezone,
            opens=opens,
            closes=closes,
            confirm_seconds=told.confirm_seconds,
            touches=touched(*concerned(reached.values(), told.systems, estate)),
            changes=tuple(_change(n, one, reached) for n, one in enumerate(rendered, 1)),
        )

    def all(self, person: Person) -> list[NetworkRecord]:
        """Who is bound to organisations sees none: a device serves everybody. Raises Forbidden."""
        self.truth.permit(person, Deed.PLAN_READ, "network")
        return self.truth.network.all() if person.whole_city else []

    def look(self, person: Person, code: str) -> tuple[NetworkRecord, NetworkPlan]:
        """Raises Forbidden, NotFound; Refused where its bytes no longer fit its digest."""
        self.truth.permit(person, Deed.PLAN_READ, code)
        if not person.whole_city:
            raise NotFound(f"没有此网络方案 / no such network plan: {code}")
        return self.truth.network.record(code), self.truth.network.load(code)

    def approve(self, code: str, digest: str, actor: Person, reason: str = "") -> NetworkRecord:
        """Approve exactly what has this digest. Raises Forbidden for who filed it; Refused for another
        digest, or where its hosts are others now."""
        self.truth.permit(actor, Deed.PLAN_DECIDE, code)
        record, plan = self._same(code, digest, actor, "approve")
        if same_person(record.author, actor.name):
            self._no(actor, "approve", code, "author")
            raise Forbidden(
                f"编制人 {actor.name} 不能审批自己的网络方案 / who filed {code} cannot approve it; another "
                "person must"
            )
        if changed := facts_changed(plan, self.estate.load()):
            self._no(actor, "approve", code, "facts")
            raise Refused(together(*changed))
        return self._decide(code, "approve", digest, actor, reason)

    def reject(self, code: str, digest: str, actor: Person, reason: str) -> NetworkRecord:
        """Refuse it: every approval is void. Raises Refused for another digest or without a reason."""
        self.truth.permit(actor, Deed.PLAN_DECIDE, code)
        self._same(code, digest, actor, "reject")
        return self._decide(code, "reject", digest, actor, _needed(reason))

    def withdraw(self, code: str, digest: str, actor: Person, reason: str) -> NetworkRecord:
        """Take one's own approval back. Raises Refused where there is none."""
        self.truth.permit(actor, Deed.PLAN_DECIDE, code)
        record, _ = self._same(code, digest, actor, "withdraw")
        if not any(same_person(one, actor.name) for one in record.approvals):
            raise Refused(
                f"{actor.name} 没有可撤回的批准 / {actor.name} has no approval of {code} to withdraw"
            )
        return self._decide(code, "withdraw", digest, actor, _needed(reason))

    def put_evidence(
        self,
        code: str,
        digest: str,
        actor: Person,
        reason: str = "",
        *,
        remove: bool = False,
        **paper: str,
    ) -> NetworkRecord:
        """Put a paper down, or take it back: kind, reference, content (a file's SHA-256)."""
        self.truth.permit(actor, Deed.PLAN_EVIDENCE, code)
        self._same(code, digest, actor, "evidence")
        decision = "no-evidence" if remove else "evidence"
        return self._decide(code, decision, digest, actor, reason, **paper)

    def start(self, code: str, actor: Person) -> NetworkRecord:
        """Play it. Raises Refused: not approved, outside its window, in a freeze, hosts that are others
        now, not in a state to start. EngineDown leaves it recorded: it begins when the engine is back."""
        self.truth.permit(actor, Deed.RUN_START, code)
        record, plan = self.truth.network.record(code), self.truth.network.load(code)
        verdict = network_gates(plan, record, self.rules, self.truth.clock())
        reasons = (*verdict.reasons, *facts_changed(plan, self.estate.load()))
        if record.wanted is Wanted.ROLLBACK and record.state is State.FAILED:
            reasons += (
                f"上次回退未完成，先 / its rollback did not end: `qianyun network back {code}`",
            )
        if reasons:
            self._no(actor, "start", code, together(*reasons))
            told = f"网络方案 {code} 不能开始 / {code} can't start"
            raise Refused(labelled(told, together(*reasons)))
        self.truth.network.start(code, actor.name, Wanted.FORWARD, "", STARTS_FROM)
        self._begin(code)
        return self.truth.network.record(code)

    def back(self, code: str, actor: Person, reason: str) -> NetworkRecord:
        """Undo what was made of it, in the other order: while it is played, once it is done, or after a
        rollback that failed. Approved with it, so at any time. Raises Refused without a reason."""
        self.truth.permit(actor, Deed.RUN_CONTROL, code)
        require_command(self.truth, self.rules, actor, "rollback", code)
        why = _needed(reason)
        if self.truth.network.turn(code, actor.name, why):
            self._woken(code)
        elif self.truth.network.record(code).state is not State.RUNNING:
            self.truth.network.start(code, actor.name, Wanted.ROLLBACK, why, GOES_BACK_FROM)
            self._begin(code)
        return self.truth.network.record(code)

    def told(
        self, code: str, name: str, actor: Person, reason: str, *, reference: str, content: str = ""
    ) -> NetworkRecord:
        """A person's word, with a paper, that a change by hand is made, or undone where the way is back.
        Raises Refused unless the plan waits for that very word."""
        self.truth.permit(actor, Deed.RUN_CONTROL, code)
        record, plan = self.truth.network.record(code), self.truth.network.load(code)
        verdict = network_gates(plan, record, self.rules, self.truth.clock())
        move = next_of_network(plan, record, self.truth.clock(), lambda: verdict)
        waits = plan.change(move.hand).name if isinstance(move, WaitFor) and move.hand else None
        if record.state is not State.RUNNING or waits != name:
            expected = waits if record.state is State.RUNNING and waits else "—"
            raise Refused(
                f"网络方案 {code} 现在不等待 {name} / {code} does not wait for a word on {name}: expected "
                f"{expected}"
            )
        step = StepKind.ROLLBACK if record.wanted is Wanted.ROLLBACK else StepKind.SWITCH
        said = {"change": name, "reference": reference, "content": content}
        message = f"{actor.name}: {_needed(reason)} ({reference})"
        number = next(one.number for one in plan.changes if one.name == name)
        self.truth.network.finish(
            *(code, number, step),
            actor=actor.name,
            state=StepState.DONE,
            message=message,
            told=said,
        )
        self._woken(code)
        return self.truth.network.record(code)

    def gates(self, record: NetworkRecord, plan: NetworkPlan) -> GateVerdict:
        """What keeps it from beginning now."""
        return network_gates(plan, record, self.rules, self.truth.clock())

    def _same(
        self, code: str, digest: str, actor: Person, verb: str
    ) -> tuple[NetworkRecord, NetworkPlan]:
        record, plan = self.truth.network.record(code), self.truth.network.load(code)
        if record.digest != digest:
            self._no(actor, verb, code, f"digest {digest}")
            raise Refused(
                f"摘要不符 / another digest: read {digest!r}, {code} has {record.digest}; look at it again: "
                f"`qianyun network show {code}`"
            )
        return record, plan

    def _decide(
        self, code: str, decision: str, digest: str, actor: Person, reason: str, **paper: str
    ) -> NetworkRecord:
        told = {"digest": digest, "reason": reason}
        self.truth.network.decide(code, decision, actor.name, **told, **paper)
        return self.truth.network.record(code)

    def _no(self, actor: Person, verb: str, code: str, why: str) -> None:
        self.truth.audit(actor.name, f"network.{verb}.refused", code, reason=why)

    def _begin(self, code: str) -> None:
        try:
            self.begin(code)
        except EngineDown as error:
            raise EngineDown(
                f"{code} 已登记，引擎恢复后自动开始 / {code} is recorded and begins when the engine is back; "
                f"{error}"
            ) from error

    def _woken(self, code: str) -> None:
        self.wake(code)


def _change(number: int, one: Checked, reached: dict[str, Device]) -> NetworkChange:
    return NetworkChange(
        number=number,
        name=one.name,
        kind=one.kind,
        playbook=one.sent_by,
        hosts={group: reached[code] for group, code in one.hosts.items()},
        variables=dict(one.play),
        files=dict(one.files),
        notes=one.notes,
    )


def _window(text: str) -> tuple[datetime, datetime]:
    """Raises Refused."""
    try:
        first, last = (datetime.fromisoformat(part.strip()) for part in text.split("/"))
        if first.tzinfo or last.tzinfo:
            raise ValueError("zone")
    except ValueError as error:
        raise Refused(
            f"窗口 {text!r} 无法识别 / no window: read {text!r}, expected FROM/TO on the city's clock, such "
            "as 2026-11-24T22:00/2026-11-25T02:00"
        ) from error
    return first, last


def _needed(reason: str) -> str:
    """Raises Refused."""
    if not reason.strip():
        raise Refused("须写明理由 / a reason is needed: --reason")
    return reason

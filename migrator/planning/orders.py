"""What a city's policies order about its systems: clauses to stand on, and days to keep.

Nothing is listed by name here: an entry speaks of a topic when its conditions ask for the field that
the topic is about, so that a new pack is understood as it is. A pure function.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from inventory.model import Estate, Frozen
from inventory.policies.asking import meeting, paths
from inventory.policies.assess import facts_of
from inventory.policies.assessment import TargetResult, Verdict
from inventory.policies.conditions import Conditions, inner
from inventory.policies.facts import Facts
from inventory.policies.index import Index
from inventory.policies.measures import Share
from inventory.policies.pack import Entry, Pack, Phase, Rule, Target
from inventory.policies.records import Records
from inventory.policies.targets import judge
from inventory.policies.wording import Severity
from migrator.planning.plan import Ground


class Topic(StrEnum):
    """What a clause is about, as far as it decides what becomes of a system."""

    INTRANET = "intranet"  # classified: the intranet's own deployment
    EXCLUDED = "excluded"  # a network that the document leaves out
    CLEANUP = "cleanup"  # 僵尸系统
    SECRECY = "secrecy"  # to be confirmed before anything is planned
    WINDOW = "window"  # whom a cutover has to spare
    CLOUD = "cloud"
    XINCHUANG = "xinchuang"


class Duty(Frozen):
    """A target with a day that moving systems to the cloud serves. `open`: systems that are not
    done, `to_go`: how many of them would be enough."""

    policy: str
    entry: str
    clause: str
    title: str
    title_en: str
    severity: Severity
    deadline: date
    to_go: int
    open: tuple[str, ...]


@dataclass(frozen=True)
class Orders:
    """`grounds`: topic → system → the clauses that say so of it; `kept`: systems that may stay by a
    recorded exception → who approved it, on which paper."""

    grounds: Mapping[Topic, Mapping[str, tuple[Ground, ...]]] = field(default_factory=dict)
    duties: tuple[Duty, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)

    def of(self, topic: Topic, system: str) -> tuple[Ground, ...]:
        return self.grounds.get(topic, {}).get(system, ())


NO_ORDERS = Orders()


def orders_of(packs: Sequence[Pack], estate: Estate, records: Records, day: date) -> Orders:
    """What the packs that hold on `day` say of the estate's systems."""
    grounds: dict[Topic, dict[str, tuple[Ground, ...]]] = {topic: {} for topic in Topic}
    duties: list[Duty] = []
    kept: dict[str, str] = {}
    for pack in packs:
        index = Index(records, pack.id, day)
        facts = facts_of(pack, estate, index, None)
        for topic, ground, codes in _said(pack, facts):
            for code in codes:
                grounds[topic][code] = (*grounds[topic].get(code, ()), ground)
        for target in _of_cloud(pack):
            seen = judge(pack, target, facts, index)
            kept |= {e.code: f"{e.approver} {e.document}" for e in seen.exempt}
            if seen.verdict in _OPEN and seen.deadline and seen.to_go:
                duties.append(_duty(seen, seen.deadline, seen.to_go))
    ordered = sorted(duties, key=lambda duty: (duty.deadline, duty.policy, duty.entry))
    return Orders(grounds, tuple(ordered), kept)


def _duty(seen: TargetResult, deadline: date, to_go: int) -> Duty:
    return Duty(
        policy=seen.policy,
        entry=seen.entry,
        clause=seen.clause,
        title=seen.title,
        title_en=seen.title_en,
        severity=seen.severity,
        deadline=deadline,
        to_go=to_go,
        open=seen.open,
    )


def _said(pack: Pack, facts: Facts) -> Iterator[tuple[Topic, Ground, list[str]]]:
    """Every clause that speaks of a topic, and of which systems it does."""
    for topic, speaks in _SPEAKING.items():
        for entry in speaks(pack):
            if pack.in_force(facts.day, entry.clause):
                ground = Ground(policy=pack.id, entry=entry.id, clause=entry.clause)
                yield topic, ground, [s.code for s in meeting(entry.where, "systems", facts)]


def _of_intranet(pack: Pack) -> Iterable[Rule]:
    """Prohibitions that are about classified systems."""
    return (r for r in _rules(pack) if _says(r.where, "secrecy", "classified"))


def _of_excluded(pack: Pack) -> Iterable[Rule]:
    return (r for r in _rules(pack) if _says(r.where, "special_network_exclusion", None))


def _of_cleanup(pack: Pack) -> Iterable[Target]:
    return (t for t in _targets(pack) if "zombie" in paths(t.where))


def _of_cloud(pack: Pack) -> Iterable[Target]:
    return (
        t
        for t in _targets(pack)
        if isinstance(t.measure, Share) and "on_cloud" in paths(t.measure.done)
    )


def _of_xinchuang(pack: Pack) -> Iterable[Rule | Phase]:
    yield from _breached_by("xinchuang")(pack)
    for phase in pack.phases:
        needed = (path for proof in phase.leave for path in paths(proof.needs))
        if phase.set == "systems" and "xinchuang" in needed:
            yield phase


def _breached_by(path: str) -> Callable[[Pack], Iterable[Rule]]:
    return lambda pack: (r for r in _rules(pack) if path in paths(r.breach))


def _rules(pack: Pack) -> Iterable[Rule]:
    return (rule for rule in pack.rules if rule.set == "systems")


def _targets(pack: Pack) -> Iterable[Target]:
    return (target for target in pack.targets if target.set == "systems")


def _says(where: Conditions, path: str, value: str | None) -> bool:
    """Whether conditions hold for that field only when it is told so, not only when it isn't: what
    a clause leaves out (`none`) it is not about."""
    for one in where:
        if one.field == path and (value is None or one.is_ == value):
            return True
        if (one.any_ or one.all_) and _says(inner(one), path, value):
            return True
    return False


_OPEN = (Verdict.PENDING, Verdict.LATE)
_SPEAKING: Mapping[Topic, Callable[[Pack], Iterable[Entry | Phase]]] = {
    Topic.INTRANET: _of_intranet,
    Topic.EXCLUDED: _of_excluded,
    Topic.CLEANUP: _of_cleanup,
    Topic.SECRECY: _breached_by("secrecy"),
    Topic.WINDOW: _breached_by("window"),
    Topic.CLOUD: _of_cloud,
    Topic.XINCHUANG: _of_xinchuang,
}

"""How a target stands: its verdict, from what its measure found."""

from inventory.policies.assessment import TargetResult, Verdict
from inventory.policies.facts import Facts
from inventory.policies.index import Index
from inventory.policies.measuring import Seen, measure
from inventory.policies.pack import Pack, Target
from inventory.policies.wording import Severity


def judge(pack: Pack, target: Target, facts: Facts, index: Index) -> TargetResult:
    """One target on the day of the facts."""
    seen = measure(target, facts, index)
    shown = target.threshold
    return TargetResult(
        policy=pack.id,
        entry=target.id,
        of=target.of,
        title=target.title,
        title_en=target.title_en,
        clause=target.clause,
        quote=target.quote,
        severity=target.severity,
        kind=target.measure.kind,
        set=target.set,
        verdict=_verdict(pack, target, seen, facts),
        threshold=None if shown is None else str(shown.value),
        at_most=shown is not None and shown.at_most is not None,
        today=seen.today,
        baseline=seen.baseline,
        baseline_on=facts.baseline_on if seen.baseline else None,
        lineage=seen.lineage,
        groups=seen.groups,
        open=seen.open,
        to_go=seen.to_go,
        deadline=target.deadline,
        goal=target.goal,
        days=None if target.deadline is None else (target.deadline - facts.day).days,
        declaration=seen.declaration,
        exempt=seen.exempt,
        nothing=seen.nothing,
        born_late=_born_late(pack, target),
        roles=target.roles,
        consequences=target.consequences,
        notes=(*seen.notes, *([(target.note, target.note_en)] if target.note else [])),
    )


def _verdict(pack: Pack, target: Target, seen: Seen, facts: Facts) -> Verdict:
    if not pack.in_force(facts.day, target.clause):
        return Verdict.NOT_IN_FORCE
    reached, then = seen.reached, seen.baseline_reached
    if target.severity is Severity.INFO:
        return Verdict.TOLD
    if reached is None:
        return Verdict.UNJUDGED
    if then is not None and then is not reached:
        return Verdict.DISPUTED
    return Verdict.MET if reached else _unreached(pack, target, facts)


def _unreached(pack: Pack, target: Target, facts: Facts) -> Verdict:
    if target.deadline is None or facts.day <= target.deadline:
        return Verdict.PENDING
    return Verdict.BORN_LATE if _born_late(pack, target) else Verdict.LATE


def _born_late(pack: Pack, target: Target) -> bool:
    return target.deadline is not None and target.deadline < pack.validity.effective_from

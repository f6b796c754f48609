"""Checks of a pack's phases that their models can't make alone."""

from collections import Counter
from collections.abc import Iterator

from inventory.policies.conditions import Conditions, declared_in, faults_of
from inventory.policies.pack import Pack, Phase
from inventory.policies.places import Place

type Found = Iterator[tuple[Place, object, str]]


def review_phases(pack: Pack, names: set[str]) -> Found:
    """Every mistake: where, what was read, what was expected. `names`: of the organisations."""
    ids = Counter(phase.id for phase in pack.phases)
    entries = {entry.id for _, _, entry in pack.entries()}
    for index, phase in enumerate(pack.phases):
        at: Place = ("phases", index)
        if ids[phase.id] > 1:
            yield (*at, "id"), phase.id, "编号重复 / id told twice, expected one each"
        for role, number, name in phase.roles.named():
            if name not in names:
                wanted = "未列入 organisations，请补充 / not in [[organisations]], add it there"
                yield (*at, "roles", role, number), name, wanted
        for number, named in enumerate(phase.entries):
            if named not in entries:
                yield (*at, "entries", number), named, "没有此条目 / no such entry in this policy"
        yield from _order(pack, phase, at)
        for key, conditions in _lists(phase):
            for place, why in faults_of(conditions, phase.set, (*at, *key)):
                yield place, None, why
            for named in declared_in(conditions):
                if named not in entries:
                    yield (*at, *key), named, "没有此条目 / no such entry in this policy"
        yield from _clocks(pack, phase, at)


def _lists(phase: Phase) -> Iterator[tuple[Place, Conditions]]:
    yield ("where",), phase.where
    for key in ("enter", "leave"):
        for number, proof in enumerate(getattr(phase, key)):
            yield (key, number, "needs"), proof.needs


def _order(pack: Pack, phase: Phase, at: Place) -> Found:
    """What comes before has a lower number, so that no phase waits for itself."""
    before = {p.id for p in pack.phases if p.set == phase.set and p.number < phase.number}
    for number, named in enumerate(phase.after):
        if named not in before:
            known = "、".join(sorted(before)) or "—"
            wanted = (
                f"应为 number 更小的同类阶段 / expected one of its set with a lower number: {known}"
            )
            yield (*at, "after", number), named, wanted


def _clocks(pack: Pack, phase: Phase, at: Place) -> Found:
    fitting = {c.id for c in pack.clocks if c.set == phase.set and c.starts}
    for key in ("enter", "leave"):
        for number, proof in enumerate(getattr(phase, key)):
            if proof.clock is not None and proof.clock not in fitting:
                known = "、".join(sorted(fitting)) or "—"
                wanted = (
                    f"应为同类对象的、有起算字段的时限 / expected a clock of the same set with a field that "
                    f"starts it: {known}"
                )
                yield (*at, key, number, "clock"), proof.clock, wanted

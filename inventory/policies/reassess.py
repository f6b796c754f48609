"""An assessment that is kept up with changes of systems: the same answer as assessing anew, in a
fraction of the time, since only what a change can touch is judged again.

    kept = Reassessment(packs, estate, records, date(2018, 12, 31), baselines)
    kept.assessments                      # one for each pack
    kept.change(system.model_copy(update={"connected": True}))
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from inventory.canonical import RunningDigest
from inventory.model import Estate, System, content
from inventory.policies.assess import assess, facts_of, timed_in
from inventory.policies.assessment import Assessment, Unjudged, Violation
from inventory.policies.conditions import Conditions, inner, remembered
from inventory.policies.facts import Facts
from inventory.policies.fields import reads
from inventory.policies.index import Index
from inventory.policies.lineage import by_whom
from inventory.policies.measures import Per, Share
from inventory.policies.pack import Entry, Pack, Rule, Target
from inventory.policies.records import Records
from inventory.policies.rules import Finding, finder, told
from inventory.policies.targets import counted_then, judge

type Baselines = Mapping[str, tuple[date, Estate] | None]


class Reassessment:
    """`baselines` by the id of a pack. What is no system of the estate, or a new one, needs a new
    Reassessment: `change` refuses it."""

    def __init__(
        self,
        packs: Sequence[Pack],
        estate: Estate,
        records: Records,
        day: date,
        baselines: Baselines | None = None,
    ) -> None:
        self.estate = estate
        self._digest = RunningDigest(
            (kind, [(o.code, content(o)) for o in objects]) for kind, objects in estate.digested()
        )
        self._kept = [
            _Kept(pack, estate, records, day, (baselines or {}).get(pack.id)) for pack in packs
        ]

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        return tuple(kept.assessment for kept in self._kept)

    def change(self, *systems: System) -> tuple[Assessment, ...]:
        """The assessments once these systems are as given. Raises KeyError for a code that the
        estate has not."""
        new = {system.code: system for system in systems}
        known = {system.code: system for system in self.estate.systems}
        old = {code: known[code] for code in new}
        every = tuple(new.get(s.code, s) for s in self.estate.systems)
        self.estate = self.estate.model_copy(update={"systems": every})
        for system in systems:
            self._digest.replace("systems", system.code, content(system))
        digest = self._digest.value
        return tuple(kept.change(self.estate, digest, old, new) for kept in self._kept)


class _Kept:
    """One pack: its assessment, and what was found of each object by each of its entries."""

    def __init__(
        self,
        pack: Pack,
        estate: Estate,
        records: Records,
        day: date,
        baseline: tuple[date, Estate] | None,
    ) -> None:
        self.pack, self.index = pack, Index(records, pack.id, day)
        self.facts = facts_of(pack, estate, self.index, baseline, remember=True)
        self.assessment = assess(pack, estate, records, day, baseline, facts=self.facts)
        self.targets = {result.entry: result for result in self.assessment.targets}
        self.found = {rule.id: self._find(rule) for rule in pack.rules}
        self.rules = {rule.id: list(told(rule, self.found[rule.id].items())) for rule in pack.rules}

    def change(
        self, estate: Estate, digest: str, old: Mapping[str, System], new: Mapping[str, System]
    ) -> Assessment:
        before, self.facts = self.facts, self.facts.with_systems(estate)
        for target in self.pack.targets:
            if _touched(target) and self._turns(target, before, old, new):
                self.targets[target.id] = judge(self.pack, target, self.facts, self.index)
        for rule in self.pack.rules:
            if _touched(rule):
                self._again(rule, new)
        every = list(chain.from_iterable(self.rules[rule.id] for rule in self.pack.rules))
        timed = self.assessment.timed
        if any(_touched(entry) for entry in (*self.pack.clocks, *self.pack.reports)):
            timed = tuple(timed_in(self.pack, self.facts, self.index))
        self.assessment = self.assessment.model_copy(
            update={
                "estate": digest,
                "timed": timed,
                "targets": tuple(self.targets[target.id] for target in self.pack.targets),
                "violations": tuple(one for one in every if isinstance(one, Violation)),
                "unjudged": tuple(one for one in every if isinstance(one, Unjudged)),
            }
        )
        return self.assessment

    def _turns(
        self,
        target: Target,
        before: Facts,
        old: Mapping[str, System],
        new: Mapping[str, System],
    ) -> bool:
        """Whether a target has to be judged again; what is remembered of the changed is asked anew."""
        if not _alone(target):  # others of the same set may answer otherwise now
            self._forget(target.id, None)
            return True
        was = [self._trace(target, before, system) for system in old.values()]
        self._forget(target.id, new.keys())
        return was != [self._trace(target, self.facts, system) for system in new.values()]

    def _trace(self, target: Target, facts: Facts, system: System) -> tuple[Any, ...]:
        """All that a target's result can have of one system."""
        assert target.set is not None
        counts = remembered(target.id, "where", target.where, target.set, facts)(system)
        done = None
        if isinstance(target.measure, Share):
            done = remembered(target.id, "done", target.measure.done, target.set, facts)(system)
        own = (system.organisation, system.county, system.merged_into, system.zombie_decision)
        if facts.earlier is None or counts:
            return counts, done, own
        then, _ = counted_then(target, facts.earlier)
        return counts, done, own, by_whom(system, target, facts) if system.code in then else ""

    def _forget(self, entry: str, codes: Any) -> None:
        assert self.facts.answers is not None
        for part in ("where", "done"):
            known = self.facts.answers.get((entry, part), {})
            for code in tuple(known) if codes is None else codes:
                known.pop(code, None)

    def _find(self, rule: Rule) -> dict[str, Finding]:
        find = finder(self.pack, rule, self.facts, self.index)
        if find is None:
            return {}
        return {thing.code: find(thing) for thing in self.facts.members(rule.set)}

    def _again(self, rule: Rule, new: Mapping[str, System]) -> None:
        find = finder(self.pack, rule, self.facts, self.index)
        if find is None:
            return
        if _alone(rule) and rule.set == "systems":
            found = {code: find(system) for code, system in new.items()}
        else:
            found = {thing.code: find(thing) for thing in self.facts.members(rule.set)}
        held = self.found[rule.id]
        if any(held[code] != one for code, one in found.items()):
            held |= found  # a dict keeps the order of its keys
            self.rules[rule.id] = list(told(rule, held.items()))


def _touched(entry: Entry) -> bool:
    """Whether a change of a system can change what an entry says."""
    return entry.set == "systems" or "systems" in _reads(entry)


def _alone(entry: Entry) -> bool:
    """Whether an object's answer never hangs on a system other than itself."""
    return entry.set == "systems" and "systems" not in _reads(entry)


def _reads(entry: Entry) -> frozenset[str]:
    if entry.set is None:
        return frozenset()
    asked = [(entry.set, entry.where)]
    if isinstance(entry, Rule):
        asked.append((entry.set, entry.breach))
    if isinstance(entry, Target) and isinstance(entry.measure, Share):
        asked.append((entry.set, entry.measure.done))
    if isinstance(entry, Target) and isinstance(entry.measure, Per):
        asked.append((entry.measure.per, entry.measure.per_where))
    return frozenset[str]().union(
        *(reads(of, path) for of, conditions in asked for path in _paths(conditions))
    )


def _paths(conditions: Conditions) -> Iterator[str]:
    for condition in conditions:
        if condition.field:
            yield condition.field
        yield from _paths(inner(condition))

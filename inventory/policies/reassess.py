"""An assessment that is kept up with changes of systems: the same answer as assessing anew, in a
fraction of the time, since only what a change can touch is judged again.

    kept = Reassessment(packs, estate, records, date(2018, 12, 31), baselines)
    kept.assessments                      # one for each pack
    kept.change(system.model_copy(update={"connected": True}))

A process that keeps one does well to call `gc.freeze` when it is made: a large estate is a million
objects, and a collector that looks through them takes longer than a change.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from inventory.canonical import RunningDigest
from inventory.model import Estate, System, content
from inventory.policies.asking import answers_of, read_by, refresh
from inventory.policies.assess import assess, facts_of, timed_in, undecided_in, unowed
from inventory.policies.assessment import Assessment, Unjudged, Violation
from inventory.policies.conditions import Condition
from inventory.policies.facts import Facts
from inventory.policies.fields import reader
from inventory.policies.index import Index
from inventory.policies.lineage import by_whom
from inventory.policies.measures import Per, Share
from inventory.policies.measuring import counted_then
from inventory.policies.pack import Clock, Entry, Pack, Rule, Target
from inventory.policies.records import Records
from inventory.policies.rules import Finding, found, told
from inventory.policies.targets import judge

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
        old = {code: self.estate.system(code) for code in new}
        self.estate = self.estate.with_systems(new)
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
        self.records, self.day, self.baseline = records, day, baseline
        self.facts = facts_of(pack, estate, self.index, baseline)
        self.assessment = assess(pack, estate, records, day, baseline, facts=self.facts)
        self.targets = {result.entry: result for result in self.assessment.targets}
        self.found = {rule.id: found(pack, rule, self.facts, self.index) for rule in pack.rules}
        self.told = {rule.id: _told(rule, self.found[rule.id]) for rule in pack.rules}
        self.touched = [rule for rule in pack.rules if _touched(rule)]
        self.alone = {e.id for _, _, e in pack.entries() if _alone(e)}
        self.answers = {
            rule.id: _answers(rule, self.facts)
            for rule in self.touched
            if rule.id not in self.alone
        }
        self.counting = [target for target in pack.targets if _touched(target)]
        self.timed = any(_touched(entry) for entry in (*pack.clocks, *pack.reports))
        self.undecided = list(undecided_in(pack, self.facts))

    def change(
        self, estate: Estate, digest: str, old: Mapping[str, System], new: Mapping[str, System]
    ) -> Assessment:
        was = [self._traces(target, old) for target in self.counting]
        heads = self.facts.heads("systems")
        self.facts = self.facts.with_systems(estate, [(old[code], new[code]) for code in new])
        if (
            self.facts.heads("systems") != heads
        ):  # a ring of merges says who is live: rare, and all anew
            made = _Kept(self.pack, estate, self.records, self.day, self.baseline)
            self.__dict__.update(made.__dict__)
            return self.assessment
        refresh(self.facts, new)
        turned: dict[str, Any] = {"estate": digest}
        for target, before in zip(self.counting, was, strict=True):
            if before is None or before != self._traces(target, new):
                self.targets[target.id] = judge(self.pack, target, self.facts, self.index)
                turned["targets"] = ()
        if turned.get("targets") is not None:
            turned["targets"] = tuple(self.targets[target.id] for target in self.pack.targets)
        again = [self._again(rule, new) for rule in self.touched]
        if self.timed:
            self.undecided = list(undecided_in(self.pack, self.facts))
        if any(again) or self.timed:
            every = [self.told[rule.id] for rule in self.pack.rules]
            turned["violations"] = tuple(chain.from_iterable(broken for broken, _ in every))
            unjudged = chain.from_iterable(unknown for _, unknown in every)
            turned["unjudged"] = (*unjudged, *self.undecided)
        if self.timed:
            turned["timed"] = tuple(timed_in(self.pack, self.facts, self.index))
            turned["unowed"] = tuple(unowed(self.pack, self.facts))
        self.assessment = self.assessment.unchecked(turned)
        return self.assessment

    def _traces(self, target: Target, systems: Mapping[str, System]) -> list[Any] | None:
        """All that a target's result can have of some systems; None where it can have more of them
        than answers."""
        alone = target.id in self.alone
        if target.set is None or (isinstance(target.measure, Per) and not alone):
            return None
        counts = answers_of(target.where, target.set, self.facts)
        done = counts
        if isinstance(target.measure, Share):
            done = answers_of(target.measure.done, target.set, self.facts)
        # answers that hang on other systems too are asked anew as a whole, and compared as a whole
        traces: list[Any] = [] if alone else [counts, done]
        if target.set == "systems":
            at = self.facts.positions("systems")
            places = [(system, at[code]) for code, system in systems.items()]
            traces += [(counts[n], done[n], *self._own(target, s, counts[n])) for s, n in places]
            if isinstance(target.measure, Per):
                traces += map(reader("systems", target.measure.by, self.facts), systems.values())
        return traces

    def _own(self, target: Target, system: System, counts: bool | None) -> tuple[Any, ...]:
        own = (system.organisation, system.county, system.merged_into, system.zombie_decision)
        if self.facts.earlier is None or counts:
            return own
        then, _ = counted_then(target, self.facts.earlier)
        return (*own, by_whom(system, target, self.facts) if system.code in then else "")

    def _again(self, rule: Rule, new: Mapping[str, System]) -> bool:
        """Whether a rule says something else now."""
        held = self.found[rule.id]
        now = found(self.pack, rule, self.facts, self.index, self._turned(rule, new))
        if any(held.get(code) != one for code, one in now.items()):
            held |= now  # a dict keeps the order of its keys
            self.told[rule.id] = _told(rule, held)
            return True
        return False

    def _turned(self, rule: Rule, new: Mapping[str, System]) -> set[str]:
        """The objects of a rule's set of which it can say something else now."""
        codes = set(new) if rule.set == "systems" else set[str]()
        if rule.id in self.alone:
            return codes
        before, now = self.answers[rule.id], _answers(rule, self.facts)
        self.answers[rule.id] = now
        every = zip(self.facts.positions(rule.set), before, now, strict=True)
        return codes | {code for code, one, other in every if one != other}


def _answers(rule: Rule, facts: Facts) -> list[tuple[bool | None, bool | None]]:
    """Whether a rule applies to each object of its set, and whether it is broken."""
    asked = (rule.where, rule.breach)
    return list(zip(*(answers_of(one, rule.set, facts) for one in asked), strict=True))


def _told(rule: Rule, held: dict[str, Finding]) -> tuple[list[Violation], list[Unjudged]]:
    every = list(told(rule, held.items()))
    broken = [one for one in every if isinstance(one, Violation)]
    return broken, [one for one in every if isinstance(one, Unjudged)]


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
        asked.append((entry.set, (Condition(field=entry.measure.by, known=True),)))
    if isinstance(entry, Clock):
        times = (path for path in (entry.starts, entry.ends) if path)
        asked += [(entry.set, (Condition(field=path, known=True),)) for path in times]
    return frozenset[str]().union(*(read_by(of, conditions) for of, conditions in asked))

"""What a target's measure finds: what is counted, what of it is done, today and of the baseline."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inventory.policies.asking import Answers, answers_of
from inventory.policies.assessment import Group, Lineage, Ratio
from inventory.policies.facts import Facts
from inventory.policies.fields import reader
from inventory.policies.grouping import enough, every_one, grouped, missing, told_of_each
from inventory.policies.index import Index
from inventory.policies.lineage import lineage_of, successor
from inventory.policies.measures import Count, Declared, Each, Fewer, Items, Per, Share
from inventory.policies.pack import Target
from inventory.policies.records import Declaration, Exempt
from inventory.policies.wording import Severity

type Note = tuple[str, str]

_EMPTY = ("台账中没有这类对象", "the inventory has no object of this kind")
_NOTHING = (
    "没有对象计入，无从判定",
    "nothing was counted, so there is nothing to judge",
)
_NO_THRESHOLD = ("条文未给出阈值，只报数", "the text gives no threshold: told, not judged")
_BESIDE = (
    "是否完成由牵头部门申报，比例供参考",
    "the lead unit declares whether it is done; the number stands beside it",
)
_UNDECIDED = (
    "有对象是否计入尚未填报，填报后结论可能改变",
    "of some objects it is not told whether they count: it may turn the verdict",
)
_NO_BASELINE = ("未登记基线，只按今日口径", "no baseline on record: by today's number alone")


@dataclass
class Seen:
    """What a measure found. `reached` is None where it can't be said."""

    reached: bool | None
    today: Ratio | None = None
    baseline: Ratio | None = None
    baseline_reached: bool | None = None
    open: tuple[str, ...] = ()
    to_go: int | None = None
    lineage: Lineage | None = None
    groups: tuple[Group, ...] = ()
    nothing: bool = False
    declaration: Declaration | None = None
    exempt: tuple[Exempt, ...] = ()
    notes: list[Note] = field(default_factory=list)


def measure(target: Target, facts: Facts, index: Index) -> Seen:
    """What is found on the day of the facts."""
    return _MEASURES[type(target.measure)](target, facts, index)


@dataclass(frozen=True)
class Counted:
    """Which objects of a set count, and those of which it is not told."""

    members: tuple[Any, ...]
    undecided: int
    exempt: tuple[Exempt, ...]


def _counted(target: Target, facts: Facts, index: Index | None = None) -> Counted:
    """Without an index nothing is excepted. A soft target's exceptions leave the count (R0-2)."""
    assert target.set is not None
    answers = answers_of(target.where, target.set, facts)
    counting = zip(facts.members(target.set), answers, strict=True)
    members = [thing for thing, answer in counting if answer]
    exempt: list[Exempt] = []
    if index is not None and target.severity is not Severity.ERROR and index.has_exempt(target.id):
        found = {thing.code: _exempt(target, thing.code, index) for thing in members}
        exempt = [excepted for excepted in found.values() if excepted]
        members = [thing for thing in members if not found[thing.code]]
    return Counted(tuple(members), answers.count(None), tuple(exempt))


def _exempt(target: Target, code: str, index: Index | None) -> Exempt | None:
    if index is None or target.severity is Severity.ERROR:
        return None
    found = index.exempt(target.id, code)
    return found if found and index.holds(found) else None


def _share(target: Target, facts: Facts, index: Index) -> Seen:
    assert isinstance(target.measure, Share)
    assert target.set is not None
    return _parts(target, facts, index, answers_of(target.measure.done, target.set, facts))


def _each(target: Target, facts: Facts, index: Index) -> Seen:
    assert target.set is not None
    said = (index.said(target.id, code=code) for code in facts.positions(target.set))
    return _parts(target, facts, index, [told is not None and told.done for told in said])


def _parts(target: Target, facts: Facts, index: Index, done: Answers) -> Seen:
    """Both ratios: of what counts today, and of what counted on the day of the baseline. `done`: of
    each object of the set, in their order, whether it is."""
    assert target.set is not None
    codes = facts.positions(target.set)
    counts, exempt = _counts(target, facts, index)
    told = [(code, answer) for code, c, answer in zip(codes, counts, done, strict=True) if c]
    answers = [answer for _, answer in told]
    today = Ratio(
        done=answers.count(True),
        total=len(answers),
        undecided=counts.count(None),
        unknown=answers.count(None),
    )
    seen = Seen(enough(target, today), today, exempt=exempt)
    seen.open = tuple(sorted(code for code, answer in told if answer is not True))
    seen.to_go = missing(target, today)
    if target.groups or target.each_group:
        things = zip(facts.members(target.set), counts, done, strict=True)
        seen.groups = grouped(target, ((t, answer) for t, c, answer in things if c), facts)
    if target.each_group:
        seen.reached = every_one(target, seen.groups)
        seen.to_go = sum(group.to_go or 0 for group in seen.groups)
        seen.notes += told_of_each(seen.groups)
    if not facts.members(target.set):
        seen.reached = None
        seen.notes.append(_EMPTY)
    elif target.threshold is None and target.severity is Severity.DECLARED:
        seen.declaration = index.said(
            target.id
        )  # the number is told beside it, never instead (R0-4)
        seen.reached = seen.declaration is not None and seen.declaration.done
        seen.notes.append(_BESIDE)
    elif target.threshold is None:
        seen.notes.append(_NO_THRESHOLD)
    elif seen.reached and not _still(target, today, seen.groups):
        seen.reached = None
        seen.notes.append(_UNDECIDED)
    counting = {code for code, _ in told} | {excepted.code for excepted in exempt}
    finished = {code for code, answer in zip(codes, done, strict=True) if answer is True}
    _by_baseline(target, facts, finished, seen, counting)
    if seen.reached and target.threshold is not None and not counting:
        seen.notes.append(_NOTHING)
        seen.nothing = True
        if seen.baseline_reached is None:  # else the baseline says whether it was done
            seen.reached = None
    return seen


def _counts(target: Target, facts: Facts, index: Index) -> tuple[Answers, tuple[Exempt, ...]]:
    """Of each object whether it counts, and what is excepted, which then does not (R0-2)."""
    assert target.set is not None
    answers = answers_of(target.where, target.set, facts)
    if target.severity is Severity.ERROR or not index.has_exempt(target.id):
        return answers, ()
    told = list(zip(facts.positions(target.set), answers, strict=True))
    found = [_exempt(target, code, index) for code, answer in told if answer]
    exempt = tuple(one for one in found if one)
    out = {one.code for one in exempt}
    return [False if code in out else answer for code, answer in told], exempt


def _by_baseline(target: Target, facts: Facts, done: set[str], seen: Seen, today: set[str]) -> None:
    """`done`: the codes of what is; `today`: those that count, excepted or not."""
    assert target.set is not None
    if facts.earlier is None:
        if target.threshold is not None and target.set == "systems":
            seen.notes.append(_NO_BASELINE)
        return
    then, undecided = counted_then(target, facts.earlier)
    merged = then & facts.merges(target.set).keys()
    finished = (then - merged) & done
    for code in merged:
        now = successor(target.set, code, facts)
        if now is not None and now.code in done:
            finished |= {code}
    seen.baseline = Ratio(done=len(finished), total=len(then), undecided=undecided)
    if target.threshold is not None and then:
        seen.baseline_reached = enough(target, seen.baseline)
        if target.each_group:
            there = (facts.earlier.find(target.set, code) for code in then)
            groups = grouped(target, [(t, t.code in finished) for t in there if t], facts.earlier)
            seen.baseline_reached = every_one(target, groups)
    seen.lineage = lineage_of(target, then, today, facts)


def counted_then(target: Target, earlier: Facts) -> tuple[frozenset[str], int]:
    """The codes that counted on the day of the baseline, and of how many it is not told."""

    def count() -> tuple[frozenset[str], int]:
        found = _counted(target, earlier)
        return frozenset(thing.code for thing in found.members), found.undecided

    return earlier.remember(f"counted {target.of} {target.id}", count)


def _still(target: Target, ratio: Ratio, groups: tuple[Group, ...]) -> bool | None:
    """Whether it is reached too if all of which it is not told counted and were not done."""
    if target.each_group:
        return every_one(target, groups, ratio.undecided)
    return enough(target, Ratio(done=ratio.done, total=ratio.total + ratio.undecided))


def _count(target: Target, facts: Facts, index: Index) -> Seen:
    assert target.set is not None
    counted = _counted(target, facts, index)
    found = len(counted.members)
    whole = facts.members(target.set)
    seen = Seen(
        None,
        Ratio(done=found, total=len(whole), undecided=counted.undecided),
        open=tuple(sorted(thing.code for thing in counted.members)),
        exempt=counted.exempt,
    )
    if target.threshold is None or target.threshold.at_most is None:
        seen.notes.append(_NO_THRESHOLD)
        return seen
    seen.to_go = max(0, found - int(target.threshold.at_most))
    seen.reached = seen.to_go == 0
    if not whole:
        seen.reached = None
        seen.notes.append(_EMPTY)
    elif seen.reached and found + counted.undecided > target.threshold.at_most:
        seen.reached = None
        seen.notes.append(_UNDECIDED)
    return seen


def _per(target: Target, facts: Facts, index: Index) -> Seen:
    measure = target.measure
    assert isinstance(measure, Per)
    assert target.set is not None
    assert target.threshold is not None
    counted = _counted(target, facts)
    owner = reader(target.set, measure.by, facts)
    held: dict[str, int] = {}
    for thing in counted.members:
        held[owner(thing) or ""] = held.get(owner(thing) or "", 0) + 1
    answered = answers_of(measure.per_where, measure.per, facts)
    groups = list(zip(facts.members(measure.per), answered, strict=True))
    exempt = [(g, _exempt(target, g.code, index)) for g, answer in groups if answer]
    judged = [g for g, excepted in exempt if excepted is None]
    over = [g.code for g in judged if held.get(g.code, 0) > target.threshold.value]
    undecided = sum(answer is None for _, answer in groups) + counted.undecided
    today = Ratio(done=len(judged) - len(over), total=len(judged), undecided=undecided)
    seen = Seen(not over, today, open=tuple(over), to_go=len(over))
    seen.exempt = tuple(excepted for _, excepted in exempt if excepted)
    if not facts.members(target.set):
        seen.reached = None
        seen.notes.append(_EMPTY)
    elif seen.reached and undecided:
        seen.reached = None
        seen.notes.append(_UNDECIDED)
    elif not any(answer for _, answer in groups):
        seen.reached, seen.nothing = None, True
        seen.notes.append(_NOTHING)
    return seen


def _fewer(target: Target, facts: Facts, index: Index) -> Seen:
    counted = _counted(target, facts, index)
    now = len(counted.members)
    seen = Seen(None, Ratio(done=now, total=now, undecided=counted.undecided))
    if facts.earlier is None:
        seen.notes.append(_NO_BASELINE)
        return seen
    then, undecided = counted_then(target, facts.earlier)
    seen.baseline = Ratio(done=len(then), total=len(then), undecided=undecided)
    seen.reached = now + counted.undecided < len(then)
    seen.to_go = max(0, now - len(then) + 1)
    today = {thing.code for thing in counted.members}
    seen.lineage = lineage_of(target, then, today, facts)
    # what only left the inventory, or is only no longer told to count, is not one system fewer
    unaccounted = len(seen.lineage.gone) + len(seen.lineage.excluded)
    seen.baseline_reached = now + counted.undecided + unaccounted < len(then)
    return seen


def _declared(target: Target, _: Facts, index: Index) -> Seen:
    said = index.said(target.id)
    return Seen(said is not None and said.done, declaration=said)


def _items(target: Target, _: Facts, index: Index) -> Seen:
    assert isinstance(target.measure, Items)
    said = {item: index.said(target.id, item=item) for item in target.measure.items}
    open_ = tuple(item for item, told in said.items() if told is None or not told.done)
    today = Ratio(done=len(said) - len(open_), total=len(said))
    if target.threshold is None:  # the clause names them one by one: all of them
        return Seen(not open_, today, open=open_, to_go=len(open_))
    return Seen(enough(target, today), today, open=open_, to_go=missing(target, today))


_MEASURES: dict[type, Callable[[Target, Facts, Index], Seen]] = {
    Share: _share,
    Count: _count,
    Per: _per,
    Fewer: _fewer,
    Declared: _declared,
    Each: _each,
    Items: _items,
}

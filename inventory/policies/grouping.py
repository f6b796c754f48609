"""How much is enough, and a target by county: told of each, and judged of each where the clause is about
every county by itself."""

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil
from typing import Any

from inventory.policies.assessment import Group, Ratio
from inventory.policies.facts import Facts
from inventory.policies.fields import own_fields
from inventory.policies.pack import Target

type Answered = Iterable[tuple[Any, bool | None]]


def enough(target: Target, ratio: Ratio) -> bool | None:
    """Whether a ratio reaches the threshold; None without one."""
    if target.threshold is None or target.threshold.at_least is None:
        return None
    return ratio.done >= Fraction(target.threshold.at_least) * ratio.total


def missing(target: Target, ratio: Ratio) -> int | None:
    """How many more would be enough."""
    if target.threshold is None or target.threshold.at_least is None:
        return None
    return max(0, ceil(Fraction(target.threshold.at_least) * ratio.total) - ratio.done)


def grouped(target: Target, answers: Answered, facts: Facts) -> tuple[Group, ...]:
    """By county: the object's own, else that of its organisation; "" are the city's. Where each has
    to reach the threshold, a county of which nothing counts is there too, and what is of a county
    that nobody named stands under its organisation."""
    assert target.set is not None
    county_of = facts.remember(
        "county of", lambda: {o.code: o.county for o in facts.estate.organisations}
    )
    own, owned = "county" in own_fields(target.set), "organisation" in own_fields(target.set)
    total: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for thing, answer in answers:
        owner = thing.organisation if owned else None
        name = (thing.county if own else None) or county_of.get(owner or "") or ""
        if target.each_group and not name:
            body = facts.find("organisations", owner)
            name = body.name if body is not None else ""
        total[name] += 1
        done[name] += answer is True
    if target.each_group:
        total.update({county.code: 0 for county in facts.counties})
    made = ((name, Ratio(done=done[name], total=total[name])) for name in sorted(total))
    each = target.each_group
    return tuple(
        Group(name=name, ratio=ratio, to_go=missing(target, ratio) if each else None)
        for name, ratio in made
    )


def every_one(target: Target, groups: Iterable[Group], undecided: int = 0) -> bool | None:
    """Whether each group reaches the threshold by itself; None where of one nothing counts and the
    others do. `undecided`: objects of which it is not told whether they count, taken to be of each."""
    answers = [
        enough(target, Ratio(done=g.ratio.done, total=g.ratio.total + undecided))
        if g.ratio.total
        else None
        for g in groups
    ]
    return False if False in answers else None if None in answers else True


def told_of_each(groups: Iterable[Group]) -> Iterator[tuple[str, str]]:
    """Who falls short, and of whom nothing counts."""
    short = [g for g in groups if g.to_go]
    if short:
        zh = "、".join(f"{g.name} {g.ratio.done}/{g.ratio.total}（还差 {g.to_go}）" for g in short)
        en = ", ".join(f"{g.name} {g.ratio.done}/{g.ratio.total} ({g.to_go} to go)" for g in short)
        yield f"未达到：{zh}", f"short of it: {en}"
    if empty := [g.name for g in groups if not g.ratio.total]:
        yield (
            f"没有对象计入，无从判定：{'、'.join(empty)}",
            f"nothing was counted, so there is nothing to judge: {', '.join(empty)}",
        )

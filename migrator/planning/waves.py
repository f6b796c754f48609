"""Which item goes in which wave.

A plain heuristic: a system moves after the systems that it needs (those that need each other move
in one wave), a wave holds no more of a room's, a line's or the cloud's moves than the limits, and
the windows of its items have an hour in common.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from inventory.model import Dependency
from migrator.planning.plan import Item, Wave
from migrator.planning.windows import Window, common

type Needs = Mapping[str, set[str]]
type Group = tuple[str, ...]


@dataclass
class _Load:
    """What a wave carries so far."""

    resources: Counter[str] = field(default_factory=Counter)
    windows: list[Window] = field(default_factory=list)

    def add(self, items: Iterable[Item]) -> None:
        for item in items:
            self.resources.update(item.resources)
            if item.system.window:
                self.windows.append(Window.parse(item.system.window))

    def conflict(self, items: list[Item], limits: Mapping[str, int]) -> str | None:
        """Why these items cannot join, or None. An empty wave takes any group: where a group is
        larger than a limit, the engine lets its items queue."""
        if not self.resources:
            return None
        more = _Load()
        more.add(items)
        for resource, count in sorted(more.resources.items()):
            if self.resources[resource] + count > limits.get(resource, count):
                return f"{resource} ≤ {limits[resource]}"
        if not common(self.windows + more.windows):
            return "窗口不重叠 / windows do not overlap"
        return None


def arrange(
    items: Mapping[str, Item], dependencies: Iterable[Dependency], limits: Mapping[str, int]
) -> tuple[tuple[Wave, ...], dict[str, str]]:
    """Waves, and for each item the reason for its wave. `limits`: resource → items together."""
    needs: dict[str, set[str]] = {code: set() for code in sorted(items)}
    for edge in dependencies:
        if edge.system in needs and edge.needs in needs and edge.system != edge.needs:
            needs[edge.system].add(edge.needs)
    numbers: dict[str, int] = {}
    reasons: dict[str, str] = {}
    loads: list[_Load] = []
    for group in _ordered(_cycles(needs), needs):
        members = [items[code] for code in group]
        before = {n: numbers[n] for code in group for n in needs[code] if n not in group}
        number, reason = _place(members, before, loads, limits)
        while len(loads) <= number:
            loads.append(_Load())
        loads[number].add(members)
        for code in group:
            numbers[code], reasons[code] = number, reason
    waves = tuple(
        Wave(number=n + 1, items=tuple(items[c] for c in sorted(items) if numbers[c] == n))
        for n in range(len(loads))
    )
    return waves, reasons


def _place(
    members: list[Item], before: Mapping[str, int], loads: list[_Load], limits: Mapping[str, int]
) -> tuple[int, str]:
    """The first wave after everything the group needs that takes it, and what bound it."""
    number = 1 + max(before.values(), default=-1)
    reason = "无前置依赖 / needs nothing that moves"
    if before:
        last = sorted(code for code, at in before.items() if at == number - 1)
        reason = f"在其依赖 {', '.join(last)} 之后 / after what it needs"
    while number < len(loads) and (why := loads[number].conflict(members, limits)):
        reason = f"第 {number + 1} 批不容：{why} / wave {number + 1} cannot take it: {why}"
        number += 1
    if len(members) > 1:
        together = ", ".join(item.code for item in members)
        reason += f"；互相依赖，同批 {together} / they need each other"
    return number, reason


def _cycles(needs: Needs) -> list[Group]:
    """Groups of systems that need each other, directly or round a ring; most hold one system."""
    reach = {code: _reach(code, needs) for code in needs}
    groups = {
        tuple(sorted({code} | {n for n in reach[code] if code in reach[n]})) for code in needs
    }
    return sorted(groups)


def _reach(start: str, needs: Needs) -> set[str]:
    seen: set[str] = set()
    todo = list(needs[start])
    while todo:
        code = todo.pop()
        if code not in seen:
            seen.add(code)
            todo.extend(needs[code])
    return seen


def _ordered(groups: list[Group], needs: Needs) -> list[Group]:
    """Each group after the groups that it needs; ties by code."""
    member = {code: group for group in groups for code in group}
    sorter = TopologicalSorter(
        {g: {member[n] for code in g for n in needs[code]} - {g} for g in groups}
    )
    sorter.prepare()
    ordered: list[Group] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered.extend(ready)
        sorter.done(*ready)
    return ordered

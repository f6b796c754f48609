"""Sets of things of which not all can be kept: what of one can be taken away, a smallest one, and what
has to go so that nothing is left of any (a hitting set)."""

from collections.abc import Callable, Mapping, Sequence

MOST_ASKED = 300
"""Questions to the model for one smaller set, after which the one that was found stays."""
MOST_LOOKS = 20_000
"""Sets that are looked at for the lightest, after which the lightest so far stays."""

type Cost = tuple[int, ...]
"""One after another, none below 0: a later part counts between those that are alike in the former."""


def filtered[T](items: list[T], kept: Callable[[Sequence[T]], bool]) -> list[T]:
    """What is left of things that can't be kept together when all is taken away that has no part in
    it, the first first; each that is left has."""
    chunk = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items):
            rest = items[:at] + items[at + chunk :]
            if kept(rest):
                at += chunk
            else:
                items = rest
        if chunk == 1:
            return items
        chunk = max(1, chunk // 2)


def smaller[T](
    first: Sequence[T], items: Sequence[T], kept: Callable[[Sequence[T]], bool]
) -> tuple[list[T], bool]:
    """A smallest set that can't be kept, and whether that is proved. Each set that is kept is grown
    until nothing can be added: what is outside of it has to be hit by all that can't."""
    outside: list[frozenset[int]] = []
    asked = 0
    while asked < MOST_ASKED:
        hit = hitting(outside, len(first) - 1)
        if hit is None:
            return list(first), True
        asked += 1
        if not kept([items[n] for n in sorted(hit)]):
            return [items[n] for n in sorted(hit)], True
        inside = set(hit)
        for n in range(len(items) - 1, -1, -1):
            asked += 1
            if n not in inside and kept([items[i] for i in sorted({*inside, n})]):
                inside.add(n)
        outside.append(frozenset(range(len(items))) - inside)
    return list(first), False


def hitting(sets: Sequence[frozenset[int]], most: int) -> frozenset[int] | None:
    """A smallest set that has something of each of these; None where it is larger than `most`."""
    for size in range(most + 1):
        if (found := _hit(sets, size, frozenset())) is not None:
            return found
    return None


def _hit(sets: Sequence[frozenset[int]], size: int, held: frozenset[int]) -> frozenset[int] | None:
    open_ = [one for one in sets if not one & held]
    if not open_:
        return held
    if size == 0:
        return None
    least = sorted(open_, key=len)[0]
    for n in sorted(least, reverse=True):
        if (found := _hit(open_, size - 1, held | {n})) is not None:
            return found
    return None


def lightest(sets: Sequence[frozenset[int]], costs: Mapping[int, Cost]) -> frozenset[int]:
    """What has something of each of these sets and costs least together."""
    best: tuple[Cost, frozenset[int]] | None = None
    looks = 0

    def look(held: frozenset[int], cost: Cost) -> None:
        nonlocal best, looks
        looks += 1
        if best and (looks > MOST_LOOKS or best[0] <= cost):
            return
        open_ = [one for one in sets if not one & held]
        if not open_:
            best = (cost, held) if best is None or cost < best[0] else best
            return
        for n in sorted(sorted(open_, key=len)[0], key=lambda n: costs[n]):
            look(held | {n}, tuple(map(sum, zip(cost, costs[n], strict=True))))

    look(frozenset(), (0,) * len(next(iter(costs.values()), ())))
    return best[1] if best else frozenset()

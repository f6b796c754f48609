"""Machine code of the search that lets groups change nights (simulated annealing: Kirkpatrick,
Gelatt, Vecchi 1983): one goes to another night, or two trade theirs; copies go along, as late as
their roads let them. No state between two moves breaks a constraint.

All arrays count groups by their place in the task's lots. Everything compiled stands in this file,
as in schedule/kernel.py: kept code is renewed by the date of one file.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from migrator.schedule.compiled import compiled

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
STAGES = 3
"""Stages of lateness that come before what is annealed."""
ROAD, LONG, EACH, RESTS = 0, 1, 2, 3
TODAY, GAP, PILOT_DAYS = 0, 1, 2


class Board(NamedTuple):
    """`opened`: [group, night]; `free`: what crews, roads and forbidden pairs have left, `room`: what
    clouds have left after all that was taken by then, [resource, slot]. Rows that belong to a group
    (or a copy) stand in one table, those of group g from `…_at`[g] to `…_at`[g + 1]: `needs`
    (resource, amount), `copies` (road, slots, amount a slot, its row of `rests`), `takes` (store,
    amount), `before` and `after` (group), `near` (group, weight), `dues` (stage, slot, weight).
    `pilot`: 1 for those that go first, 0 for others, all 0 where there are none; `moving`: groups that
    may change their night; `told`: today, the nights from what is needed to what needs it, and a
    pilot's days. `cut` and `start`: the state. `first_on`, `next_on`: who is cut over on each night,
    as a chain that ends with -1. `rests`: 1 in the slots in which a copy does, [row, slot]."""

    opened: Mask
    free: Ints
    room: Ints
    needs: Ints
    needs_at: Ints
    copies: Ints
    copies_at: Ints
    takes: Ints
    takes_at: Ints
    before: Ints
    before_at: Ints
    after: Ints
    after_at: Ints
    near: Ints
    near_at: Ints
    dues: Ints
    dues_at: Ints
    pilot: Ints
    moving: Ints
    told: Ints
    cut: Ints
    start: Ints
    first_on: Ints
    next_on: Ints
    rests: Ints


class Aim(NamedTuple):
    """What is annealed: the nights that dependencies are stretched (`apart` 1) or the nights after
    `last` (`apart` 0); `end`: no group moves to that night or later."""

    apart: int
    last: int
    end: int


@compiled
def chance(seed: NDArray[np.uint64]) -> float:
    """From 0 to 1 (xorshift64*: Vigna 2016)."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def lift(g: int, b: Board, sign: int) -> None:
    """Give back what a group holds (sign 1), or take it again (-1)."""
    for at in range(b.needs_at[g], b.needs_at[g + 1]):
        b.free[b.needs[at, 0], b.cut[g]] += sign * b.needs[at, 1]
    for c in range(b.copies_at[g], b.copies_at[g + 1]):
        lift_copy(c, b, sign)


@compiled
def lift_copy(c: int, b: Board, sign: int) -> None:
    first, each = b.start[c], sign * b.copies[c, EACH]
    left, slot = b.copies[c, LONG], first
    while left > 0 and slot < b.free.shape[1]:
        if b.rests[b.copies[c, RESTS], slot] == 0:
            b.free[b.copies[c, ROAD], slot] += each
            left -= 1
        slot += 1
    for at in range(b.takes_at[c], b.takes_at[c + 1]):
        amount = sign * b.takes[at, 1]
        for slot in range(first, b.room.shape[1]):
            b.room[b.takes[at, 0], slot] += amount


@compiled
def latest(c: int, night: int, b: Board) -> int:
    """The last slot in which a copy can begin and be over before `night`, -1 for none."""
    last = night - b.copies[c, LONG]
    low = b.told[TODAY]
    for at in range(b.takes_at[c], b.takes_at[c + 1]):
        row, amount = b.takes[at, 0], b.takes[at, 1]
        for slot in range(b.room.shape[1] - 1, low - 1, -1):
            if b.room[row, slot] < amount:
                low = slot + 1
                break
    if last < low:
        return -1
    run = 0
    for slot in range(night - 1, low - 1, -1):
        if b.rests[b.copies[c, RESTS], slot] == 1:
            continue
        run = run + 1 if b.free[b.copies[c, ROAD], slot] >= b.copies[c, EACH] else 0
        if run >= b.copies[c, LONG]:
            return slot
    return -1


@compiled
def settle(g: int, night: int, b: Board) -> bool:
    """Put a group that holds nothing on a night, if there is room for it and its copies."""
    if not b.opened[g, night]:
        return False
    for at in range(b.needs_at[g], b.needs_at[g + 1]):
        if b.free[b.needs[at, 0], night] < b.needs[at, 1]:
            return False
    for c in range(b.copies_at[g], b.copies_at[g + 1]):
        slot = latest(c, night, b)
        if slot < 0:
            for done in range(b.copies_at[g], c):
                lift_copy(done, b, 1)
            return False
        b.start[c] = slot
        lift_copy(c, b, -1)
    b.cut[g] = night
    for at in range(b.needs_at[g], b.needs_at[g + 1]):
        b.free[b.needs[at, 0], night] -= b.needs[at, 1]
    return True


@compiled
def ordered(g: int, b: Board) -> bool:
    """Whether a group's night keeps the order with what it needs and what needs it."""
    for at in range(b.before_at[g], b.before_at[g + 1]):
        if b.cut[g] < b.cut[b.before[at]] + b.told[GAP]:
            return False
    for at in range(b.after_at[g], b.after_at[g + 1]):
        if b.cut[b.after[at]] < b.cut[g] + b.told[GAP]:
            return False
    return True


@compiled
def piloted(g: int, b: Board, others: Ints) -> bool:
    """Whether pilots still come first, with their days between. `others`: how many groups that are
    no pilots are cut over on each night."""
    wait = b.told[PILOT_DAYS]
    if wait < 0:
        return True
    first = 0
    while first < len(others) and others[first] == 0:
        first += 1
    if b.pilot[g] == 1:
        return bool(b.cut[g] + 1 + wait <= first)
    if b.cut[g] > first:
        return True
    for other in range(len(b.cut)):
        if b.pilot[other] == 1 and b.cut[other] + 1 + wait > b.cut[g]:
            return False
    return True


@compiled
def price(g: int, b: Board, aim: Aim, cost: Ints) -> None:
    """Add what a group's night costs, in the stages of lateness and then in what is annealed."""
    night = b.cut[g]
    for at in range(b.dues_at[g], b.dues_at[g + 1]):
        cost[b.dues[at, 0]] += b.dues[at, 2] * max(0, night + 1 - b.dues[at, 1])
    if aim.apart == 0:
        cost[STAGES] += max(0, night - aim.last)
        return
    for at in range(b.near_at[g], b.near_at[g + 1]):
        cost[STAGES] += b.near[at, 1] * abs(night - b.cut[b.near[at, 0]])


@compiled
def taken(old: Ints, new: Ints, heat: float, seed: NDArray[np.uint64]) -> bool:
    """Lateness decides alone where it differs, the hardest stage first."""
    for stage in range(STAGES):
        if new[stage] != old[stage]:
            return bool(new[stage] < old[stage])
    worse = float(new[STAGES] - old[STAGES])
    return worse <= 0 or (heat > 0 and chance(seed) < np.exp(-worse / heat))


@compiled
def wished(g: int, b: Board, aim: Aim, seed: NDArray[np.uint64]) -> int:
    """A night to try: near one of those that it hangs together with, or near its own."""
    draw = chance(seed)
    at = b.cut[g]
    count = b.near_at[g + 1] - b.near_at[g]
    if aim.apart == 0:
        return int(chance(seed) * aim.end)
    if count and draw < 0.7:
        at = b.cut[b.near[b.near_at[g] + int(chance(seed) * count), 0]]
    reach = 2 * b.told[GAP] + 2 if draw < 0.9 else aim.end
    return int(at + (2 * chance(seed) - 1) * (reach + 1))


@compiled
def anneal(
    b: Board, aim: Aim, heat: Ints, moves: int, others: Ints, seed: NDArray[np.uint64]
) -> int:
    """So many moves, while the heat falls from the first to the second (in thousandths); returns
    how many were made. What a move costs is looked at first, since only cutovers cost anything, and
    whether there is room for it last."""
    groups = len(b.cut)
    starts = np.empty(len(b.start), np.int64)
    old, new = np.zeros(STAGES + 1, np.int64), np.zeros(STAGES + 1, np.int64)
    hot, cold = heat[0] / 1000.0, max(1, heat[1]) / 1000.0
    made = 0
    for move in range(moves):
        now = hot * (cold / hot) ** (move / moves) if hot > 0 else 0.0
        g = int(chance(seed) * groups)
        night = wished(g, b, aim, seed)
        if not b.moving[g] or night < 0 or night >= aim.end or night == b.cut[g]:
            continue
        other = partner(g, night, b, seed) if b.opened[g, night] else -2
        if other == -2:
            continue
        old[:] = 0
        new[:] = 0
        back = b.cut[g]
        price(g, b, aim, old)
        if other >= 0:
            price(other, b, aim, old)
        renight(g, night, b, others)
        if other >= 0:
            renight(other, back, b, others)
        good = ordered(g, b) and piloted(g, b, others)
        if good and other >= 0:
            good = ordered(other, b) and piloted(other, b, others)
        if good:
            price(g, b, aim, new)
            if other >= 0:
                price(other, b, aim, new)
            good = taken(old, new, now, seed)
        renight(g, back, b, others)
        if other >= 0:
            renight(other, night, b, others)
        if good and change(g, other, night, b, others, starts):
            made += 1
    return made


@compiled
def partner(g: int, night: int, b: Board, seed: NDArray[np.uint64]) -> int:
    """-1 where the crews of that night can take the group beside all others, else one of those that
    may trade nights with it, -2 where there is none."""
    short = -1
    for at in range(b.needs_at[g], b.needs_at[g + 1]):
        if b.free[b.needs[at, 0], night] < b.needs[at, 1]:
            short = b.needs[at, 0]
            break
    if short < 0 and chance(seed) < 0.8:
        return -1
    found, seen = -1, 0
    other = b.first_on[night]
    while other >= 0:
        if b.moving[other] and b.opened[other, b.cut[g]] and shares(other, short, b):
            seen += 1
            if chance(seed) * seen < 1:
                found = other
        other = b.next_on[other]
    return -2 if short >= 0 and found < 0 else found


@compiled
def shares(g: int, short: int, b: Board) -> bool:
    """Whether a group holds some of a resource."""
    if short < 0:
        return True
    for at in range(b.needs_at[g], b.needs_at[g + 1]):
        if b.needs[at, 0] == short:
            return True
    return False


@compiled
def renight(g: int, night: int, b: Board, others: Ints) -> None:
    """Only the night of a group, nothing of what it holds."""
    if b.pilot[g] == 0:
        others[b.cut[g]] -= 1
        others[night] += 1
    b.cut[g] = night


@compiled
def chain(g: int, back: int, b: Board) -> None:
    """A group whose night was `back` into the chain of the night that it has now."""
    at = b.first_on[back]
    if at == g:
        b.first_on[back] = b.next_on[g]
    else:
        while b.next_on[at] != g:
            at = b.next_on[at]
        b.next_on[at] = b.next_on[g]
    b.next_on[g] = b.first_on[b.cut[g]]
    b.first_on[b.cut[g]] = g


@compiled
def change(g: int, other: int, night: int, b: Board, others: Ints, starts: Ints) -> bool:
    """Move one, or trade two; all is as before where there is no room. `starts`: where the copies
    were, to be written over."""
    back = b.cut[g]
    keep(g, b, starts)
    lift(g, b, 1)
    if other >= 0:
        keep(other, b, starts)
        lift(other, b, 1)
    if settle(g, night, b):
        if other < 0 or settle(other, back, b):
            b.cut[g] = back
            renight(g, night, b, others)
            chain(g, back, b)
            if other >= 0:
                b.cut[other] = night
                renight(other, back, b, others)
                chain(other, night, b)
            return True
        lift(g, b, 1)
    b.cut[g] = back
    again(g, b, starts)
    if other >= 0:
        again(other, b, starts)
    return False


@compiled
def keep(g: int, b: Board, starts: Ints) -> None:
    for c in range(b.copies_at[g], b.copies_at[g + 1]):
        starts[c] = b.start[c]


@compiled
def again(g: int, b: Board, starts: Ints) -> None:
    for c in range(b.copies_at[g], b.copies_at[g + 1]):
        b.start[c] = starts[c]
    lift(g, b, -1)

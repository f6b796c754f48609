"""What runs in machine code: placing activities, and a population of schedules that breed.

Serial schedule generation (Kelley 1963) over capacities that change with time, windows, arcs of both
signs and stores; improved by double justification, all as late as can be, then all as early as can
be (Valls, Ballestín, Quintanilla 2005); a genetic search over the lists that the serial scheme reads,
with two-point crossover (Hartmann 1998). Counts are of children, so that a run can be repeated.
All compiled functions stand in this one file: numba renews its kept code when the file of the
function changes, not when a file does that it calls into.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from migrator.schedule.compiled import compiled

Ints = NDArray[np.int64]

NEVER = 1 << 60


class Shape(NamedTuple):
    """The project in five tables; what is told of an activity x stands in the rows of `rows` from
    acts[x, NEEDS] to acts[x, END], kind after kind. Few and whole tables, since each array more
    makes compiling longer and every call dearer."""

    acts: Ints
    """An activity a row; columns DURATION, PLACE and where its lists begin: NEEDS … OPEN, END."""
    rows: Ints
    """Needs (renewable, amount) · takes (store, amount) · into (from, gap) · out (to, gap) ·
    open (first, last) · packed (word, amounts). Arcs are begin(to) >= begin(from) + gap, told at
    both ends; a limit is an arc that leads back."""
    capacity: Ints
    """Renewable × slot."""
    words: Ints
    """The same, several renewables in one word × slot, each in a lane of bits that is topped by a
    bit of `guard`: after words - amounts that bit is still set where there was enough, so that one
    subtraction asks for all of them."""
    guard: int
    pieces: Ints
    """Slots over which a store's capacity is constant: store, last slot, capacity; in order."""
    terms: Ints
    """What the stages count: kind, stage, two numbers, weight. LENGTH: floor, base · LATE: activity,
    due · APART: one, other · MOVED: activity, slot. Those of kind LENGTH come first, one a stage."""


DURATION, PLACE, NEEDS, TAKES, INTO, OUT, OPEN, PACKED, END = range(9)
LENGTH, LATE, APART, MOVED = range(4)


class Room(NamedTuple):
    """What placing needs to write to, made once."""

    free: Ints
    room: Ints
    late: Ints


class Crowd(NamedTuple):
    """`lists[k]` of individual k read by the serial scheme gives `starts[k]`, which costs
    `costs[k]`, a number a stage. `seed` is the state of the random numbers."""

    lists: Ints
    starts: Ints
    costs: Ints
    seed: NDArray[np.uint64]


@compiled
def earliest_open(x: int, start: int, shape: Shape) -> int:
    """The first open slot of x from `start` on, NEVER where there is none."""
    for at in range(shape.acts[x, OPEN], shape.acts[x, PACKED]):
        if start <= shape.rows[at, 1]:
            return max(start, int(shape.rows[at, 0]))
    return NEVER


@compiled
def latest_open(x: int, start: int, shape: Shape) -> int:
    """The last open slot of x up to `start`, -1 where there is none."""
    for at in range(shape.acts[x, PACKED] - 1, shape.acts[x, OPEN] - 1, -1):
        if start >= shape.rows[at, 0]:
            return min(start, int(shape.rows[at, 1]))
    return -1


@compiled
def stored_from(x: int, shape: Shape, room: Ints) -> int:
    """The first slot from which on every store has what x takes, to the end."""
    start = 0
    for at in range(shape.acts[x, TAKES], shape.acts[x, INTO]):
        for piece in range(room.size):
            if shape.pieces[piece, 0] == shape.rows[at, 0] and room[piece] < shape.rows[at, 1]:
                start = max(start, shape.pieces[piece, 1] + 1)
    return start


@compiled
def bounds(x: int, shape: Shape, starts: Ints) -> tuple[int, int]:
    """Between which slots the placed activities let x begin."""
    low, high = 0, shape.capacity.shape[1] - shape.acts[x, DURATION]
    for at in range(shape.acts[x, INTO], shape.acts[x, OUT]):
        other = starts[shape.rows[at, 0]]
        if other >= 0:
            low = max(low, other + shape.rows[at, 1])
    for at in range(shape.acts[x, OUT], shape.acts[x, OPEN]):
        other = starts[shape.rows[at, 0]]
        if other >= 0:
            high = min(high, other - shape.rows[at, 1])
    return low, high


@compiled
def early(x: int, low: int, high: int, shape: Shape, free: Ints, room: Ints) -> int:
    """The first slot in low … high where x fits, -1 where there is none. A stretch is looked at
    from its end, so that one clash leads past all before it; what was seen free is not seen again."""
    start = earliest_open(x, max(low, stored_from(x, shape, room)), shape)
    first, last = shape.acts[x, PACKED], shape.acts[x, END]
    seen, guard = -1, shape.guard
    while start <= high:
        end = start + shape.acts[x, DURATION] - 1
        clash = max(start - 1, seen)
        known = clash
        for at in range(first, last):
            word, amount = shape.rows[at, 0], shape.rows[at, 1]
            for slot in range(end, clash, -1):
                if (free[word, slot] - amount) & guard != guard:
                    clash = slot
                    break
        if clash == known:
            return start
        seen = end
        start = earliest_open(x, clash + 1, shape)
    return -1


@compiled
def late(x: int, low: int, high: int, shape: Shape, free: Ints, room: Ints) -> int:
    """The last slot in low … high where x fits, -1 where there is none."""
    low = max(low, stored_from(x, shape, room))
    start = latest_open(x, high, shape)
    first, last = shape.acts[x, PACKED], shape.acts[x, END]
    seen, guard = NEVER, shape.guard
    while start >= low:
        clash = min(start + shape.acts[x, DURATION], seen)
        known = clash
        for at in range(first, last):
            word, amount = shape.rows[at, 0], shape.rows[at, 1]
            for slot in range(start, clash):
                if (free[word, slot] - amount) & guard != guard:
                    clash = slot
                    break
        if clash == known:
            return start
        seen = start
        start = latest_open(x, clash - shape.acts[x, DURATION], shape)
    return -1


@compiled
def take(x: int, start: int, shape: Shape, room: Ints) -> None:
    for at in range(shape.acts[x, TAKES], shape.acts[x, INTO]):
        for piece in range(room.size):
            if shape.pieces[piece, 0] == shape.rows[at, 0] and shape.pieces[piece, 1] >= start:
                room[piece] -= shape.rows[at, 1]


@compiled
def put(x: int, start: int, shape: Shape, free: Ints, room: Ints) -> None:
    """Take what x needs from `free` (words, as those of the shape) and from `room`."""
    for at in range(shape.acts[x, PACKED], shape.acts[x, END]):
        word, amount = shape.rows[at, 0], shape.rows[at, 1]
        for slot in range(start, start + shape.acts[x, DURATION]):
            free[word, slot] -= amount
    take(x, start, shape, room)


@compiled
def listed(shape: Shape, priorities: Ints, order: Ints) -> None:
    """Write the activities in an order along the arcs with a gap >= 0, of those that are free to
    come next the one with the largest priority first."""
    waiting = np.zeros(order.size, np.int64)
    for x in range(order.size):
        for at in range(shape.acts[x, INTO], shape.acts[x, OUT]):
            if shape.rows[at, 1] >= 0:
                waiting[x] += 1
    for place in range(order.size):
        best = -1
        for x in range(order.size):
            if waiting[x] == 0 and (best < 0 or priorities[x] > priorities[best]):
                best = x
        order[place] = best
        waiting[best] = -1
        for at in range(shape.acts[best, OUT], shape.acts[best, OPEN]):
            if shape.rows[at, 1] >= 0:
                waiting[shape.rows[at, 0]] -= 1


@compiled
def clear(shape: Shape, free: Ints, room: Ints, starts: Ints) -> None:
    """Nothing is placed. (Loops, as in `copy`.)"""
    for row in range(free.shape[0]):
        for slot in range(free.shape[1]):
            free[row, slot] = shape.words[row, slot]
    for piece in range(room.size):
        room[piece] = shape.pieces[piece, 2]
    for x in range(starts.size):
        starts[x] = -1


@compiled
def forward(order: Ints, shape: Shape, free: Ints, room: Ints, starts: Ints) -> bool:
    """Place all as early as can be, in this order; False where one found no place."""
    clear(shape, free, room, starts)
    for x in order:
        low, high = bounds(x, shape, starts)
        start = early(x, low, high, shape, free, room)
        if start < 0:
            return False
        starts[x] = start
        put(x, start, shape, free, room)
    return True


@compiled
def backward(order: Ints, end: int, shape: Shape, free: Ints, room: Ints, starts: Ints) -> bool:
    """Place all as late as can be, none ending after `end`; False where one found no place."""
    clear(shape, free, room, starts)
    for x in order:
        low, high = bounds(x, shape, starts)
        start = late(x, low, min(high, end - shape.acts[x, DURATION]), shape, free, room)
        if start < 0:
            return False
        starts[x] = start
        put(x, start, shape, free, room)
    return True


@compiled
def below(seed: NDArray[np.uint64], bound: int) -> int:
    """A random number in 0 … bound-1 (xorshift64*, Vigna 2016)."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return int((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % bound


@compiled
def makespan(starts: Ints, shape: Shape) -> int:
    end = 0
    for x in range(starts.size):
        end = max(end, starts[x] + shape.acts[x, DURATION])
    return end


@compiled
def copy(source: Ints, to: Ints) -> None:
    """(Assigning whole arrays takes seconds to compile.)"""
    for at in range(source.size):
        to[at] = source[at]


@compiled
def measure(starts: Ints, shape: Shape, costs: Ints) -> None:
    """What a schedule costs, stage by stage."""
    end = makespan(starts, shape)
    for kind, stage, x, y, weight in shape.terms:
        if kind == LENGTH:
            costs[stage] = y + weight * max(end, x)
        elif kind == LATE:
            costs[stage] += weight * max(starts[x] + shape.acts[x, DURATION] - y, 0)
        elif kind == MOVED:
            costs[stage] += weight * abs(starts[x] - y)
        else:
            gap = starts[x] + shape.acts[x, DURATION] - starts[y] - shape.acts[y, DURATION]
            costs[stage] += weight * abs(gap)


@compiled
def cheaper(one: Ints, other: Ints) -> int:
    """Less than 0 where `one` is better in the first stage in which they differ, 0 where equal."""
    for stage in range(one.size):
        if one[stage] != other[stage]:
            return -1 if one[stage] < other[stage] else 1
    return 0


@compiled
def ranked(keys: Ints) -> Ints:
    """The places of the keys, smallest key first (Shell 1959: numpy's sort takes long to compile
    and the keys are nearly in order)."""
    order = np.arange(keys.size)
    for gap in (1750, 701, 301, 132, 57, 23, 10, 4, 1):
        for place in range(gap, order.size):
            one, at = order[place], place
            while at >= gap and keys[order[at - gap]] > keys[one]:
                order[at] = order[at - gap]
                at -= gap
            order[at] = one
    return order


@compiled
def by_start(starts: Ints, shape: Shape) -> Ints:
    """Activities as they begin; of those that begin together, as the arcs lead."""
    keys = np.empty_like(starts)
    for x in range(keys.size):
        keys[x] = starts[x] * keys.size + shape.acts[x, PLACE]
    return ranked(keys)


@compiled
def by_end(starts: Ints, shape: Shape) -> Ints:
    """Activities as they end, the last first."""
    keys = np.empty_like(starts)
    for x in range(keys.size):
        keys[x] = -(starts[x] + shape.acts[x, DURATION]) * keys.size - shape.acts[x, PLACE]
    return ranked(keys)


@compiled
def justify(starts: Ints, costs: Ints, shape: Shape, room: Room) -> None:
    """Push all to the right, then to the left; kept where it is not worse."""
    end = makespan(starts, shape)
    if not backward(by_end(starts, shape), end, shape, room.free, room.room, room.late):
        return
    again = np.empty_like(starts)
    if not forward(by_start(room.late, shape), shape, room.free, room.room, again):
        return
    cost = np.empty_like(costs)
    measure(again, shape, cost)
    if cheaper(cost, costs) <= 0:
        copy(again, starts)
        copy(cost, costs)


@compiled
def mix(one: Ints, other: Ints, first: int, last: int, child: Ints, taken: Ints) -> None:
    """`child` is `one` up to `first`, then what is left in the order of `other` up to `last`,
    then what is left in the order of `one`."""
    for x in range(taken.size):
        taken[x] = 0
    for at in range(first):
        child[at] = one[at]
        taken[one[at]] = 1
    at = first
    for x in other:
        if at == last:
            break
        if not taken[x]:
            child[at] = x
            taken[x] = 1
            at += 1
    for x in one:
        if not taken[x]:
            child[at] = x
            at += 1


@compiled
def follows(x: int, y: int, shape: Shape) -> bool:
    """Whether an arc with a gap >= 0 leads from x to y."""
    for at in range(shape.acts[y, INTO], shape.acts[y, OUT]):
        if shape.rows[at, 0] == x and shape.rows[at, 1] >= 0:
            return True
    return False


@compiled
def disturb(child: Ints, share: int, shape: Shape, seed: NDArray[np.uint64]) -> None:
    """Change neighbours in the list, each pair with a chance of `share` in 1000."""
    for at in range(child.size - 1):
        if below(seed, 1000) < share and not follows(child[at], child[at + 1], shape):
            child[at], child[at + 1] = child[at + 1], child[at]


@compiled
def present(crowd: Crowd, starts: Ints, costs: Ints) -> bool:
    """Whether the crowd has this very schedule."""
    for k in range(crowd.costs.shape[0]):
        if cheaper(costs, crowd.costs[k]) == 0:
            at = 0
            while at < starts.size and crowd.starts[k, at] == starts[at]:
                at += 1
            if at == starts.size:
                return True
    return False


@compiled
def settle(crowd: Crowd, k: int, starts: Ints, costs: Ints, shape: Shape) -> None:
    """Let a schedule take the place of individual k."""
    copy(by_start(starts, shape), crowd.lists[k])
    copy(starts, crowd.starts[k])
    copy(costs, crowd.costs[k])


@compiled
def found(crowd: Crowd, k: int, shape: Shape, room: Room) -> bool:
    """Read the list of individual k and improve it; False where it gives no schedule."""
    starts, costs = np.empty_like(crowd.starts[k]), np.empty_like(crowd.costs[k])
    if not forward(crowd.lists[k], shape, room.free, room.room, starts):
        return False
    measure(starts, shape, costs)
    justify(starts, costs, shape, room)
    settle(crowd, k, starts, costs, shape)
    return True


@compiled
def breed(crowd: Crowd, children: int, share: int, target: Ints, shape: Shape, room: Room) -> int:
    """Let the crowd have so many children, each of two parents taken at random; one that is no worse
    than the worse of the two takes its place, so that kin replaces kin and the crowd stays varied.
    Tells how many made the crowd better, -1 when one costs no more than `target` and the rest was
    left out."""
    size, count = crowd.lists.shape
    child, taken = np.empty(count, np.int64), np.empty(count, np.int64)
    starts, costs = np.empty(count, np.int64), np.empty(crowd.costs.shape[1], np.int64)
    accepted = 0
    for _ in range(children):
        one, other = below(crowd.seed, size), below(crowd.seed, size)
        a, b = below(crowd.seed, count + 1), below(crowd.seed, count + 1)
        mix(crowd.lists[one], crowd.lists[other], min(a, b), max(a, b), child, taken)
        disturb(child, share, shape, crowd.seed)
        if not forward(child, shape, room.free, room.room, starts):
            continue
        measure(starts, shape, costs)
        justify(starts, costs, shape, room)
        worse = one if cheaper(crowd.costs[one], crowd.costs[other]) > 0 else other
        if cheaper(costs, crowd.costs[worse]) > 0 or present(crowd, starts, costs):
            continue
        accepted += cheaper(costs, crowd.costs[worse]) < 0
        settle(crowd, worse, starts, costs, shape)
        if cheaper(costs, target) <= 0:
            return -1
    return accepted

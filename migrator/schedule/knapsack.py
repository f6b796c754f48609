"""Which of many fit into what there is of everything: the most valuable set, by one value after another.

    chosen = packed(wants, room, values)

Exact on all but the largest (CP-SAT, a worker alone, in its own deterministic time): the same on every
machine.
"""

from functools import lru_cache

from ortools.sat.python import cp_model

WORK = 2.0
"""Of one value, in CP-SAT's deterministic time; what is found until then counts."""

type Amounts = tuple[tuple[int, int], ...]
"""(place in `room`, how much of it), each place once."""


@lru_cache(maxsize=64)
def packed(
    wants: tuple[Amounts, ...], room: tuple[int, ...], values: tuple[tuple[int, ...], ...]
) -> frozenset[int]:
    """Who is taken, by place in `wants`. `values`: for each, the first value's first; none below 0."""
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in wants]
    for place, there in enumerate(room):
        model.add(
            sum(
                n * take
                for want, take in zip(wants, taken, strict=True)
                for at, n in want
                if at == place
            )
            <= there
        )
    found = greedy(wants, room, values)
    for value in zip(*values, strict=True):
        if not any(value):
            continue
        model.proto.clear_solution_hint()
        for n, take in enumerate(taken):
            model.add_hint(take, n in found)
        worth = sum(one * take for one, take in zip(value, taken, strict=True))
        model.maximize(worth)
        found = _better(model, taken, found)
        model.add(worth >= sum(value[n] for n in found))
    return found


def _better(
    model: cp_model.CpModel, taken: list[cp_model.IntVar], found: frozenset[int]
) -> frozenset[int]:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = WORK
    if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return found
    return frozenset(n for n, take in enumerate(taken) if solver.boolean_value(take))


def greedy(
    wants: tuple[Amounts, ...], room: tuple[int, ...], values: tuple[tuple[int, ...], ...]
) -> frozenset[int]:
    """One after another: the most valuable for the share of what there is that it takes."""
    left, found = list(room), set[int]()

    def rank(n: int) -> tuple[float, ...]:
        share = sum(amount / max(1, room[at]) for at, amount in wants[n]) or 1e-9
        return (*(-value / share for value in values[n]), n)

    for n in sorted(range(len(wants)), key=rank):
        if all(amount <= left[at] for at, amount in wants[n]):
            found.add(n)
            for at, amount in wants[n]:
                left[at] -= amount
    return frozenset(found)

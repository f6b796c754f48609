"""Which waiting items may begin: limits hold, waves share fairly, nobody starves. Pure.

`admit` is asked with all that waits and all that is under way, of every run; what it answers may begin
at once. Items of the group (a run's wave) that has least under way come first, in a group in their
order. An item that others have overtaken `PATIENCE` times comes before all that have not, and while it
does not fit, one unit of each thing that it needs is kept free for it: so it is overtaken a bounded
number of times, whatever arrives after it.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

PATIENCE = 4
"""How often an item may be overtaken before others wait for it."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What an item takes one unit of each while it is under way. `overtaken`: how many that share
    something with it began since it could have."""

    code: str
    group: str
    resources: tuple[str, ...]
    overtaken: int = 0


def admit(
    waiting: Sequence[Claim], under_way: Iterable[Claim], limits: Mapping[str, int]
) -> tuple[str, ...]:
    """Codes of those that begin now. A resource without a limit of its own is given to one."""
    held = Counter[str]()
    share = Counter[str]()
    for claim in under_way:
        held.update(claim.resources)
        share[claim.group] += 1
    begin: list[str] = []

    def take(claim: Claim) -> bool:
        if not all(held[r] < limits.get(r, 1) for r in claim.resources):
            return False
        begin.append(claim.code)
        held.update(claim.resources)
        share[claim.group] += 1
        return True

    patient = [c for c in waiting if c.overtaken < PATIENCE]
    for claim in (c for c in waiting if c.overtaken >= PATIENCE):
        if not take(claim):
            held.update(claim.resources)  # kept free for it
    _fairly(patient, share, take)
    return tuple(begin)


def _fairly(
    waiting: Iterable[Claim], share: Mapping[str, int], take: Callable[[Claim], bool]
) -> None:
    """Offer each claim once, always one of the group that has least."""
    queues: dict[str, deque[Claim]] = {}
    for claim in waiting:
        queues.setdefault(claim.group, deque()).append(claim)
    while queues:
        group = min(queues, key=lambda name: share[name])
        claim = queues[group].popleft()
        take(claim)
        if not queues[group]:
            del queues[group]

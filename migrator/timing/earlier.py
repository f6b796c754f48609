"""Groups that hang together, moved to earlier nights all by the same number: what is between them
stays as it is, nothing is later than it was, so no stage costs more. One alone could not go without
being torn from the others.

    slots = earlier(walk, slots)
"""

from collections.abc import Iterator, Mapping, Sequence

from migrator.planning.graph import joined
from migrator.timing.load import Load
from migrator.timing.lots import Lot, Task
from migrator.timing.mapping import PILOTS
from migrator.timing.walking import Walk

MOST = 60
"""Groups that are moved as one: of more hardly any could be."""


def earlier(walk: Walk, slots: Mapping[str, int]) -> dict[str, int]:
    """Each set that hangs together as early as it goes, the first first. Nothing is moved where a
    former plan's nights are to be kept."""
    found, task = dict(slots), walk.task
    if task.former or task.pins:
        return found
    low = task.calendar.today
    if PILOTS in found:
        low = max(low, found[PILOTS] + task.city.pilots.days)
    load = Load.of(task, found)
    for part in sorted(_parts(walk), key=lambda lots: min(found[lot.cut] for lot in lots)):
        first = min(found[lot.cut] for lot in part)
        part.sort(key=lambda lot: (found[lot.cut], lot.number))
        for lot in part:
            load.put(lot, found, -1)
        for back in range(first - low, 0, -1):
            if placed := _moved(part, back, found, walk, load):
                found |= placed
                break
        for lot in part:
            load.put(lot, found)
    return found


def _parts(walk: Walk) -> Iterator[list[Lot]]:
    """Sets of groups that hang together, without those that are pilots."""
    task: Task = walk.task
    pairs = [(str(task.of[t.system].number), str(task.of[t.needs].number)) for t in task.ties]
    for part in joined((str(n) for n in walk.lots), pairs):
        numbers = [int(n) for n in part]
        if len(numbers) <= MOST and not walk.pilots & set(numbers):
            yield [walk.lots[n] for n in numbers]


def _moved(
    part: Sequence[Lot], back: int, slots: Mapping[str, int], walk: Walk, load: Load
) -> dict[str, int] | None:
    """Their slots so many nights earlier, None where one has no room there. The load is as before."""
    if not all(walk.opened(lot.number)[slots[lot.cut] - back] for lot in part):
        return None
    placed: dict[str, int] = {}
    done: list[Lot] = []
    for lot in part:
        night = slots[lot.cut] - back
        own = {lot.cut: night}
        for at, (copy, begins) in enumerate(zip(lot.copies, load.begins(lot), strict=True)):
            own[lot.copy(at)] = int(load.latest(copy, begins)[night])
        crewed = all(load.left[code][night] >= amount for code, amount in load.needs(lot))
        if not crewed or min(own.values()) < 0:
            break
        placed |= own
        load.put(lot, placed)
        done.append(lot)
    for lot in done:
        load.put(lot, placed, -1)
    return placed if len(done) == len(part) else None

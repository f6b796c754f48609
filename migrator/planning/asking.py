"""Everything that a department will have to tell of a system before it can have a night, in one round:
what stands in its way first is told by its ruling, what would be asked after that stands beside it.
"""

from inventory.halves import labelled, together
from inventory.labels import field_label
from inventory.model import Secrecy, System
from migrator.planning.dispositions import undecided, untried
from migrator.planning.plan import Verdict
from migrator.planning.windows import Window
from migrator.timing.jobs import CAPACITIES, Measures

ORDER = (
    "target",
    "secrecy",
    "zombie_decision",
    "organisation",
    "room",
    "cpu_arch",
    "adaptation_passed",
    "cpu_cores",
    "memory_gib",
    "storage_gib",
    "window",
)
"""What is asked of a system that may move. Of others (to be merged, to be retired, not movable) only
what their ruling asks matters."""


def all_asked(
    system: System, asks: tuple[str, ...], known: Measures | None, clouds: frozenset[str]
) -> tuple[str, ...]:
    """The fields of `asks` and everything else that is unknown; `known` where there are means."""
    if not set(asks) <= set(ORDER):
        return asks
    found = set(asks) | {name for name in _unknown(system, known, clouds) if name not in asks}
    return tuple(name for name in ORDER if name in found)


def _unknown(system: System, known: Measures | None, clouds: frozenset[str]) -> set[str]:
    found = set[str]()
    if system.target not in clouds:
        found.add("target")
    if system.secrecy is Secrecy.UNKNOWN:
        found.add("secrecy")
    if system.place is None:
        found.add("room")
    if undecided(system):
        found.add("zombie_decision")
    if untried(system, clouds):
        found.add("adaptation_passed")
    if not _readable(system.window):
        found.add("window")
    return found | {name for name in _needed(system, known) if getattr(system, name) is None}


def _needed(system: System, known: Measures | None) -> set[str]:
    """What a timetable needs; of a system that has no target yet, what any cloud counts."""
    if known is None:
        return set()
    goes = system.target in known.clouds
    counted = (
        known.counted.get(system.target or "", ()) if goes else set().union(*known.counted.values())
    )
    needed = {"organisation", "storage_gib", *(CAPACITIES[name] for name in counted)}
    if known.city.nights.window is None:
        needed.add("window")
    kinds = known.kinds.get(system.target or "", frozenset()) if goes else frozenset[str]()
    return needed | {"cpu_arch"} if kinds and "" not in kinds else needed


def _readable(window: str | None) -> bool:
    try:
        Window.parse(window or "00:00-00:00")
    except ValueError:
        return False
    return True


def with_the_rest(verdict: Verdict, asks: tuple[str, ...]) -> Verdict:
    """A verdict that asks for all of these: its own reason, and what is asked with it."""
    rest = [name for name in asks if name not in (verdict.asks or ())]
    if not rest:
        return verdict
    names = "、".join(field_label("systems", name) for name in rest)
    told = labelled("一并请告 / also asked", f"{names} / {', '.join(rest)}")
    return verdict.model_copy(update={"reason": together(verdict.reason, told), "asks": asks})

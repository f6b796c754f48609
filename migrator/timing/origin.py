"""The facts that a night was chosen from, so that a plan can tell later which of them are other ones."""

from collections.abc import Iterator

from inventory.labels import field_label
from inventory.model import System
from migrator.planning.timetable import Appointment, MadeFrom
from migrator.timing.jobs import Measures, basis_of

RATE = "rate_kbps"


def made_from(system: System, known: Measures) -> MadeFrom:
    """What is known of it now, and the rate of the road that its copy would take."""
    told = {name: getattr(system, name) for name in MadeFrom.model_fields if hasattr(system, name)}
    basis = basis_of(system.place, system.target, known) if system.place and system.target else ""
    rate = None if isinstance(basis, str) else basis.rate_kbps
    return MadeFrom(**told | {"room": system.place, RATE: rate})


def with_origin(one: Appointment, known: Measures) -> Appointment:
    found = made_from(known.systems[one.system], known)
    return one.model_copy(update={"made_from": found})


def differences(one: Appointment, known: Measures) -> Iterator[str]:
    """Of a plan that still has what it was made from: each fact that is another one now, in both
    languages, with both values."""
    before, now = one.made_from, made_from(known.systems[one.system], known)
    if before is None or before == now:
        return
    for name in MadeFrom.model_fields:
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            label = "线路速率（kbit/s）" if name == RATE else field_label("systems", name)
            change = f"{'—' if old is None else old} → {'—' if new is None else new}"
            yield f"{label}：{change} / {name}: {change}"

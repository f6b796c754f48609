"""Somebody takes note of outages and says what the cause was: in the outages and in the audit."""

import time
from collections.abc import Sequence

from api.bootstrap import Qianyun
from api.errors import BadUsage
from migrator.people.rights import Deed, Person, permit
from migrator.store.audit import record
from migrator.store.truth import utc_now
from probes.errors import Misuse
from probes.watch.folder import Folder
from probes.watch.outages import Outage
from probes.watch.outages import acknowledge as write_down

LONGEST = 500  # characters of a cause


def acknowledge(
    product: Qianyun, numbers: Sequence[int], cause: str, actor: Person
) -> list[Outage]:
    """The outages as they are then. The audit's entry is of the same transaction: without it nothing
    is changed. Raises BadUsage for a cause that is none, Misuse for a number that is no outage,
    Forbidden, StoreDown."""
    permit(actor, Deed.PROBE_ACKNOWLEDGE)
    told = " ".join(cause.split())
    if not told or len(told) > LONGEST:
        raise BadUsage(
            f"读到 / read --cause {cause[:40]!r}; 应为 1 至 {LONGEST} 字的原因 / expected a cause of 1 to "
            f"{LONGEST} characters"
        )
    path = Folder(product.settings.state / "probes").outages
    if not path.exists():
        raise Misuse("没有中断记录 / no outages on record; 见 / see `qianyun probe outages`")
    with product.truth.writing() as connection:
        for number in numbers:
            record(
                connection,
                at=utc_now().isoformat(),
                actor=actor.name,
                action="outage.acknowledge",
                object=str(number),
                detail={"cause": told},
            )
        return write_down(path, numbers, by=actor.name, note=told, at=time.time_ns())

"""What hosts were found to be, beside what was declared: for the command line and the API alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.bootstrap import Qianyun
from api.days import SEEN_DAYS, city_today
from inventory.facts import Look
from inventory.idle import IdleSigns, idle_signs
from inventory.model import Estate
from inventory.seen import Seen, Standing, Stranger, seen
from inventory.unknown import UnknownService, unknown_services
from inventory.verification import Verification, verify
from migrator.errors import NotFound


@dataclass(frozen=True)
class Found:
    """`strangers`: hosts that ours talk with and that the inventory does not have."""

    checked: Verification
    services: tuple[UnknownService, ...]
    strangers: tuple[Stranger, ...]

    @property
    def ok(self) -> bool:
        checked = self.checked
        return not (checked.differences or self.services or self.strangers or checked.unread)


def looks_of(product: Qianyun, estate: Estate) -> Mapping[str, Look]:
    """The newest look of each host that is in the estate."""
    return product.truth.census.latest({host.code for host in estate.hosts})


def found(product: Qianyun, estate: Estate, only: frozenset[str] = frozenset()) -> Found:
    """Declared and found side by side; of some hosts, where they are named."""
    latest = dict(looks_of(product, estate))
    checked = verify(estate, latest, product.truth.census.failed(), city_today(product.settings))
    services = unknown_services(estate, latest)
    days = product.truth.census.recent(SEEN_DAYS)
    strangers = seen(estate, days, latest, product.settings.discover_within).strangers
    if only:
        mine = only | {h.system for h in estate.hosts if h.code in only and h.system}
        checked = checked.only(only, mine)
        services = tuple(one for one in services if one.code in only)
        strangers = tuple(one for one in strangers if only & set(one.talks_to))
    return Found(checked, tuple(services), tuple(strangers))


def talks(product: Qianyun, estate: Estate, days: int = SEEN_DAYS) -> tuple[Seen, bool]:
    """Dependencies seen beside those declared, and whether they are the same."""
    latest = dict(looks_of(product, estate))
    whole = seen(
        estate, product.truth.census.recent(days), latest, product.settings.discover_within
    )
    apart = (Standing.SEEN_ONLY, Standing.DECLARED_ONLY)
    return whole, all(one.standing not in apart for one in whole.dependencies)


def idle(
    product: Qianyun, estate: Estate, systems: frozenset[str] = frozenset()
) -> list[IdleSigns]:
    """Signs for the five zombie criteria. Raises NotFound for an unknown or classified system."""
    signs = idle_signs(estate, dict(looks_of(product, estate)), city_today(product.settings))
    if unknown := systems - {one.code for one in signs}:
        raise NotFound(
            f"台账库中没有此系统（或为涉密系统） / the inventory has no such system, or it is classified: "
            f"{', '.join(sorted(unknown))}"
        )
    return [one for one in signs if not systems or one.code in systems]

"""Alerts that came in, on the pages of probes and of what needs somebody now."""

from dataclasses import dataclass
from datetime import datetime

from api.http.alerts import mine
from api.pages.city import City
from api.pages.site import Site
from migrator.people.rights import Person
from migrator.people.scope import Owners
from migrator.store.alerts import Alert
from probes.watch.availability import thing_of

MOST = 100


@dataclass(frozen=True)
class AlertRow:
    """`to`: the object's page, "" where it has none; `state`: firing, unheard, resolved."""

    alert: Alert
    title: str
    to: str
    state: str


def alert_rows(city: City, kept: list[Alert], now: datetime) -> tuple[AlertRow, ...]:
    """Pure."""
    return tuple(
        AlertRow(
            alert=one,
            title=city.name(thing_of(one.code)) if one.code else "",
            to=_page(city, thing_of(one.code)),
            state="unheard" if one.unheard(now) else one.state,
        )
        for one in kept[:MOST]
    )


def alerts_of(site: Site, city: City, person: Person) -> tuple[AlertRow, ...]:
    """What the person may see of what came in, what fires first. Raises StoreDown."""
    truth = site.product.truth
    kept = truth.alerts.all()
    if not person.whole_city:
        kept = mine(kept, person, Owners(city.estate))
    return alert_rows(city, kept, truth.clock())


def _page(city: City, code: str) -> str:
    for kind, at in (("nodes", "/probes"), ("lines", "/lines"), ("systems", "/systems")):
        if code in city.by[kind]:
            return f"{at}/{code}"
    return ""

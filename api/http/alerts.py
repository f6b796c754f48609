"""/api/v1/probes/alerts: what fires now and what did of late, as Alertmanager told it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from migrator.people.rights import Deed, Person
from migrator.people.scope import Owners
from migrator.store.alerts import Alert
from probes.watch.availability import thing_of

router = APIRouter(prefix="/probes", tags=["probes"], route_class=Route)

SORTS = ("name", "code", "severity", "state", "began_at", "told_at")


class AlertAnswer(Answer):
    name: str
    code: str = Field(description="台账编号；空：未标明 / of the inventory; empty: none told")
    severity: str
    summary: str
    state: Literal["firing", "resolved"]
    unheard: bool = Field(
        description="逾一天未再收到，或已恢复 / not told again for a day: it may be over"
    )
    began_at: datetime
    told_at: datetime
    ended_at: datetime | None


@router.get(
    "/alerts",
    summary="收到的告警 / alerts that came in",
    responses=problems(),
    **right(Deed.PROBE_READ),
)
def alerts(
    person: Asking,
    look: Look,
    product: Product,
    paging: Paging,
    firing: Annotated[bool, Query(description="只看未恢复的 / only those that fire")] = False,
) -> Page[AlertAnswer]:
    """按单位可见；未标明编号的仅全市可见 / by organisation; without a code: for the whole city."""
    kept = product.truth.alerts.all()
    if not person.whole_city:
        kept = mine(kept, person, Owners(look.whole()))
    now = product.truth.clock()
    found = [
        AlertAnswer(**one.model_dump(exclude={"mark"}), unheard=one.unheard(now))
        for one in kept
        if one.state == "firing" or not firing
    ]
    return listed(found, paging, SORTS)


def mine(kept: Iterable[Alert], person: Person, owners: Owners) -> list[Alert]:
    """Those of what a person answers for."""
    own = person.organisations or frozenset()
    return [one for one in kept if owners.of_code(thing_of(one.code)).organisations <= own]

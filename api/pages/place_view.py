"""A room and a line as their pages show them. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from api.pages.city import City
from api.pages.looks import Looks
from api.pages.network_view import LinePage, RoomPage, SystemAt, line_row
from api.pages.system import facts_of
from api.words import Words
from inventory.model import Line, Room
from inventory.secrecy import is_classified, shown_name
from migrator.store.truth import Truth
from probes.watch.outages import Outage


def _at(city: City, code: str) -> tuple[SystemAt, ...]:
    return tuple(
        SystemAt(
            code=s.code,
            name=shown_name(s),
            organisation=city.name(s.organisation),
            target="" if is_classified(s) else city.name(s.target),
            cloud=s.cloud_status,
        )
        for s in city.systems_at.get(code, ())
    )


def room_page(
    city: City, code: str, seen: Looks, load: Mapping[str, float], today: date, say: Words
) -> RoomPage:
    """Raises NotFound."""
    room: Room = city.get("rooms", code)
    lines = [k for k in city.lines_at.get(code, ()) if k.cancelled_on is None]
    return RoomPage(
        code=code,
        name=room.name,
        organisation=city.name(room.organisation),
        site=city.name(room.site),
        facts=tuple(facts_of("rooms", room, ("code", "name", "contacts", "organisation"), say)),
        contacts=room.contacts,
        systems=_at(city, code),
        hosts=len(city.hosts_at.get(code, ())),
        lines=tuple(line_row(city, k, seen, load, today) for k in lines),
        nodes=tuple(
            (n.code, n.name, seen.worst(n.code, (4,)), seen.worst(n.code, (6,)))
            for n in city.nodes_at.get(code, ())
        ),
        rent=sum(k.rent_per_year or 0 for k in lines),
        cost=room.running_cost_per_year,
    )


def line_page(
    city: City,
    code: str,
    seen: Looks,
    load: Mapping[str, float],
    today: date,
    told: Sequence[Outage],
    say: Words,
) -> LinePage:
    """Raises NotFound. `behind`: systems in the rooms that it ends in."""
    line: Line = city.get("lines", code)
    ends = []
    for end in (line.a_end, line.z_end):
        kind = f"/rooms/{end}" if end in city.by["rooms"] else ""
        ends.append((end or "", city.name(end) or "—", kind))
    behind = [s for end, _, to in ends if to for s in _at(city, end)]
    return LinePage(
        row=line_row(city, line, seen, load, today),
        organisation=city.name(line.organisation),
        ends=tuple(ends),
        facts=tuple(facts_of("lines", line, ("code", "name", "contacts", "a_end", "z_end"), say)),
        contacts=line.contacts,
        outages=tuple(told)[:50],
        behind=tuple(behind),
        probed=seen.any,
    )


def loads(truth: Truth) -> dict[str, float]:
    """What the moves under way may take of each line, as a share of its rate."""
    taken: Counter[str] = Counter()
    rates: dict[str, int] = {}
    for code, system in truth.tallies.under_way():
        item = truth.plans.known(code).item(system)
        if item.line is not None and item.line.bandwidth_kbps:
            taken[item.line.code] += item.rate_kbps
            rates[item.line.code] = item.line.bandwidth_kbps
    return {code: taken[code] / rates[code] for code in taken}

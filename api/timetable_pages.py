"""Sheets of a timetable's workbook that speak of money and things: 费用, 资产清单, 资源需求."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from api.words import Words
from inventory.ledger_write.book import Head, Page
from inventory.ledger_write.reader import Cell
from inventory.model import Estate
from inventory.text import printable
from migrator.planning.costs import Cost
from migrator.planning.dispositions import grounds_text
from migrator.planning.plan import Disposition, Plan
from migrator.planning.timetable import Timetable

DAY = "yyyy-mm-dd"

type Takes = Mapping[str, Sequence[tuple[str, int]]]
"""System → what it takes of each capacity of its cloud."""


def heads_of(say: Words, *told: str) -> list[Head]:
    """Columns by the keys of their words; behind a colon their format, where it is none of numbers."""
    formats = {"": "General", "@": "@", "day": DAY}
    parts = (one.partition(":") for one in told)
    return [Head(say(f"column.{key}"), formats[form]) for key, _, form in parts]


def named(estate: Estate) -> Mapping[str, str]:
    """Code → the name with the code, of whatever people know by its name rather than its code."""
    several = (*estate.organisations, *estate.rooms, *estate.clouds)
    return {one.code: f"{printable(one.name)} ({one.code})" for one in several}


def costs_page(
    costs: Iterable[Cost], code: str, names: Mapping[str, str], estate: Estate, say: Words
) -> Page:
    """A row a system and year, sums of the year above them; prices are the means' `costs`."""
    heads = heads_of(
        say, "year", "code:@", "system:@", "owner:@", "moving", "cloud", "old", "freed"
    )
    years = defaultdict(list)
    for one in costs:
        years[one.year].append(one)
    known = named(estate)
    owners = {s.code: known.get(s.organisation or "", s.organisation) for s in estate.systems}
    rows: list[list[str | int | None]] = []
    for year, several in sorted(years.items()):
        sums = [
            sum(getattr(one, field) or 0 for one in several)
            for field in ("moving", "cloud", "old", "freed")
        ]
        rows.append([year, "", say("sheet.sum"), "", *sums])
        rows += [
            [
                year,
                c.system,
                names.get(c.system, ""),
                owners[c.system],
                c.moving,
                c.cloud,
                c.old,
                c.freed,
            ]
            for c in several
        ]
    return Page(say("sheet.costs"), say("sheet.costs.title", code=code), heads, rows)


def verdicts_page(plan: Plan, code: str, say: Words) -> Page:
    """去向: every system, what becomes of it, why and by which clause."""
    heads = heads_of(
        say, "code:@", "system:@", "disposition:@", "way:@", "wave", "reason:@", "grounds:@"
    )
    rows = [
        [
            v.system,
            v.name,
            say("item.done") if v.disposition is Disposition.DONE else say(v.disposition.value),
            say.known(v.way.value) if v.way else "",
            v.wave,
            say.half(v.reason),
            grounds_text(v.grounds),
        ]
        for v in plan.verdicts
    ]
    return Page(say("sheet.verdicts"), say("sheet.verdicts.title", code=code), heads, rows)


def assets_page(
    table: Timetable, code: str, names: Mapping[str, str], estate: Estate, say: Words
) -> Page:
    """Every host of a system that moves: what was bought goes along with its system, or is written
    off (大政办发〔2017〕135号 二(三))."""
    heads = heads_of(
        say, "code:@", "system:@", "night:day", "host:@", "asset_tag:@", "place:@", "rack:@",
        "arch:@", "os:@", "purchased:day", "domestic:@",
    )  # fmt: skip
    nights = {one.system: one.night for one in table.appointments}
    targets = {s.code: s.target for s in estate.systems}
    known, yes = named(estate), {True: say("yes"), False: say("no"), None: ""}
    rows: list[list[Cell]] = [
        [
            *(host.system, names.get(host.system, ""), nights[host.system], host.code),
            *(host.asset_tag or "", known.get(host.place or "", host.place or "")),
            *(host.rack or "", host.cpu_arch or "", host.os or "", host.purchased),
            yes[host.domestic],
        ]
        for host in sorted(estate.hosts, key=lambda one: (one.system or "", one.code))
        if host.system is not None and host.system in nights and host.place != targets[host.system]
    ]
    return Page(say("sheet.assets"), say("sheet.assets.title", code=code), heads, rows)


def requests_page(table: Timetable, code: str, takes: Takes, estate: Estate, say: Words) -> Page:
    """What clouds must have, by month; then what is missing for those that found no night."""
    heads = heads_of(say, "month:@", "resource:@", "new", "so_far")
    known = named(estate)
    rows: list[list[Cell]] = [
        [month, _resource(what, known, say), amount, whole]
        for month, what, amount, whole in _requests(table, takes)
    ]
    rows += [
        [
            say("not_delivered", there=short.there),
            _resource(short.what, known, say),
            short.missing,
            short.wanted,
        ]
        for short in table.short or ()
    ]
    return Page(say("sheet.requests"), say("sheet.requests.title", code=code), heads, rows)


def _resource(what: str, known: Mapping[str, str], say: Words) -> str:
    """cloud:YUN-1:arm:cores → 市政务云 (YUN-1) arm CPU 核数; a code has no colon."""
    _, cloud, *arch, field = what.split(":")
    return " ".join((known.get(cloud, cloud), *arch, say(f"capacity.{field}")))


def _requests(table: Timetable, takes: Takes) -> Iterator[tuple[str, str, int, int]]:
    """Machines are taken when a copy begins; what former plans took counts from the start."""
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for one in table.appointments:
        months[one.copy_from.strftime("%Y-%m")].update(dict(takes.get(one.system, ())))
    whole = Counter({one.what: one.amount for one in table.used})
    for month, counts in sorted(months.items()):
        whole.update(counts)
        for what, amount in sorted(counts.items()):
            yield month, what, amount, whole[what]

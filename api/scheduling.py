"""What a plan is made from, as the ways in ask for it: means of a file, orders of the policies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from api.bootstrap import Qianyun
from api.days import SEEN_DAYS
from api.errors import BadUsage
from inventory.frozen import Frozen
from inventory.model import Estate
from inventory.policies.shelf import Shelf
from inventory.seen import Seen, seen
from migrator.errors import NotFound
from migrator.planning.asking import all_asked, with_the_rest
from migrator.planning.dispositions import dispose
from migrator.planning.groups import found, shared_databases, ties_of
from migrator.planning.items import Index
from migrator.planning.means import CityMeans
from migrator.planning.means import Groups as Rules
from migrator.planning.means_file import changed, read_means
from migrator.planning.orders import NO_ORDERS, Orders, orders_of
from migrator.planning.plan import Disposition, Plan, Verdict
from migrator.planning.timetable import MoveGroup, Split
from migrator.timing.arranging import grouped
from migrator.timing.jobs import Measures, rulings, takes_of
from migrator.timing.why import Reasons, Why


@dataclass(frozen=True)
class Question:
    """What a department has to tell of one of its systems: fields of the ledger, and why."""

    system: str
    name: str
    organisation: str | None
    asks: tuple[str, ...]
    verdict: Verdict


def orders_on(product: Qianyun, policy: str | None, day: date) -> Orders:
    """What the city's own policies order, or one that is named; none without any: the deadlines of
    other cities are nobody's here."""
    shelf = Shelf(product.settings.state / "policies")
    named = (policy,) if policy else tuple(product.settings.policies)
    if not named:
        return Orders()
    packs = [shelf.pack(one) for one in named]
    return orders_of(packs, product.estate.load(), product.recording.book().records, day)


def means_of(file: Path, settings: Sequence[str], estate: Estate) -> CityMeans:
    """A city's means from its file, with values set otherwise. Raises MeansRefused."""
    means = read_means(file, estate)
    return changed(means, settings, estate) if settings else means


def means_told(text: str | None, settings: Sequence[str], estate: Estate) -> CityMeans | None:
    """The same from a text that was sent; None where none was. Raises MeansRefused, BadUsage."""
    if text is None:
        if settings:
            raise BadUsage(
                "改条件须与条件同给 / settings go with means: read settings alone, expected means too"
            )
        return None
    with TemporaryDirectory() as folder:
        file = Path(folder) / "means.toml"
        file.write_text(text)
        return means_of(file, settings, estate)


def seen_within(product: Qianyun) -> Seen:
    """What hosts were seen to talk with, in the days that `inventory seen` takes together."""
    census, within = product.truth.census, product.settings.discover_within
    return seen(product.estate.load(), census.recent(SEEN_DAYS), census.latest(), within)


def questions(
    estate: Estate, orders: Orders, city: CityMeans | None, organisation: str | None = None
) -> tuple[Question, ...]:
    """Everything that stands in the way of some system, or will after that, and that its department
    can tell: one round. Classified systems are never asked about. Raises NotFound for an unknown
    organisation."""
    if organisation and organisation not in {o.code for o in estate.organisations}:
        raise NotFound(
            f"没有此单位 / no such organisation: read {organisation}; `qianyun inventory export` has their "
            "codes"
        )
    places = Index.of(estate).places
    ruled = {s.code: dispose(s, places, orders) for s in estate.systems}
    known = Measures.of(estate, city) if city else None
    if known:
        moving = [s for s in estate.systems if ruled[s.code].disposition is Disposition.MOVE]
        ruled |= rulings(moving, known)[1]
    found = []
    for s in estate.systems:
        ruling = ruled[s.code]
        if ruling.asks and organisation in (None, s.organisation):
            asks = all_asked(s, ruling.asks, known, places)
            verdict = with_the_rest(ruling.verdict(s, orders), asks)
            found.append(Question(s.code, s.name, s.organisation, asks, verdict))
    return tuple(found)


def takes_in(plan: Plan, estate: Estate) -> dict[str, tuple[tuple[str, int], ...]] | None:
    """What each system of a timetable takes of its cloud; None where the facts are other ones now,
    so that a request never says what was not planned."""
    if plan.timetable is None or plan.means.city is None or plan.estate != estate.digest:
        return None
    known = Measures.of(estate, plan.means.city)
    return {
        one.system: takes_of(estate.system(one.system), known)
        for one in plan.timetable.appointments
    }


class Told(Frozen):
    """The network engineer's word: pin, split, forbid or at (a night). `systems`: those of it that
    move, of all that are `named`."""

    what: str
    systems: tuple[str, ...]
    named: tuple[str, ...]
    reason: str
    night: date | None = None


class NoNight(Frozen):
    """What no night takes, before any is looked for: contradictions, crews, copies."""

    systems: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Groups:
    """What moves together (`several`), how many systems may move `alone`, rings that are `split`, what
    the network engineer `told`, and what no night takes (`refused`)."""

    several: tuple[MoveGroup, ...]
    alone: int
    split: tuple[Split, ...] = ()
    told: tuple[Told, ...] = ()
    refused: tuple[NoNight, ...] = ()


def move_groups(product: Qianyun, city: CityMeans | None) -> Groups:
    """Of the systems that move, by the facts (with means: of which enough is told for a timetable)."""
    estate, talks = product.estate.load(), seen_within(product)
    places = Index.of(estate).places
    ruled = ((s, dispose(s, places, NO_ORDERS)) for s in estate.systems)
    moving = [s for s, ruling in ruled if ruling.disposition is Disposition.MOVE]
    ties, databases = ties_of(estate, talks), shared_databases(talks)
    if city is None:
        made = found((s.code for s in moving), ties, Rules(), databases)
        return Groups(*_several(made))
    jobs, _ = rulings(moving, Measures.of(estate, city))
    whole = grouped(jobs, ties, city, databases)
    refused: dict[str, list[str]] = {}
    for code, why in sorted(whole.refused.items()):
        refused.setdefault(why, []).append(code)
    nothing = tuple(NoNight(systems=tuple(codes), why=why) for why, codes in refused.items())
    told = tuple(_engineer(city.groups, set(jobs)))
    return Groups(*_several(whole.groups), whole.split, told, nothing)


def _several(made: Sequence[MoveGroup]) -> tuple[tuple[MoveGroup, ...], int]:
    several = tuple(one for one in made if len(one.systems) > 1)
    return several, len(made) - len(several)


def _engineer(rules: Rules, moving: set[str]) -> Iterator[Told]:
    for what in ("pin", "split", "forbid"):
        for one in getattr(rules, what):
            systems = tuple(code for code in one.systems if code in moving)
            yield Told(what=what, systems=systems, named=one.systems, reason=one.reason)
    for at in rules.at:
        systems = (at.system,) if at.system in moving else ()
        yield Told(what="at", systems=systems, named=(at.system,), reason=at.reason, night=at.night)


def left_out(plan: Plan, system: str) -> Verdict | None:
    """What is decided of a system that has no night; None of one that the plan doesn't know."""
    return next((v for v in plan.verdicts if v.system == system), None)


def why(reasons: Reasons, system: str) -> Why:
    """What binds a system to its night. Raises NotFound for one that has none."""
    lot = reasons.task.of.get(system)
    if lot is None:
        raise NotFound(f"{system} 不在方案中 / {system} is not in the plan: no such system in it")
    return reasons.of(lot)

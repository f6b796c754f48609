"""What a plan is made from, as the ways in ask for it: means of a file, orders of the policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from api.bootstrap import Qianyun
from api.days import SEEN_DAYS
from api.errors import BadUsage
from inventory.model import Estate, Secrecy
from inventory.policies.shelf import Shelf
from inventory.seen import Seen, seen
from migrator.asking import all_asked, with_the_rest
from migrator.dispositions import dispose
from migrator.errors import NotFound
from migrator.groups import found, shared_databases, ties_of
from migrator.items import Index
from migrator.means import CityMeans, Groups
from migrator.means_file import changed, read_means
from migrator.orders import Orders, orders_of
from migrator.plan import Disposition, Plan, Verdict
from migrator.timetable import MoveGroup
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


def move_groups(product: Qianyun, city: CityMeans | None) -> tuple[list[MoveGroup], int]:
    """Systems that must move in one night, and how many may move alone. Never a classified one."""
    estate, talks = product.estate.load(), seen_within(product)
    made = found(
        (s.code for s in estate.systems if s.secrecy is not Secrecy.CLASSIFIED),
        ties_of(estate, talks),
        city.groups if city else Groups(),
        shared_databases(talks),
    )
    several = [one for one in made if len(one.systems) > 1]
    return several, len(made) - len(several)


def why(plan: Plan, reasons: Reasons, system: str) -> Why:
    """What binds a system to its night. Raises NotFound for one that has none, with the verdict."""
    lot = reasons.task.of.get(system)
    if lot is None:
        verdict = next((v for v in plan.verdicts if v.system == system), None)
        reason = verdict.reason if verdict else "台账中无此系统 / the inventory has no such system"
        raise NotFound(f"{system} 不在时间表中 / is not in the timetable: {reason}")
    return reasons.of(lot)

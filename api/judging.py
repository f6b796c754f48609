"""How the city stands by its policies: the use case behind `policy assess|holds|lifecycle` and the
same routes. Every way in gives the estate that it may judge on."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from api.bootstrap import Qianyun
from inventory.model import Estate
from inventory.policies.assess import assess
from inventory.policies.assessment import Assessment
from inventory.policies.holds import Hold, holds
from inventory.policies.pack import Pack
from inventory.policies.phases import Standing, lifecycle
from inventory.policies.records import Records
from inventory.policies.shelf import Shelf
from migrator.errors import NotFound
from migrator.people.rights import Person
from migrator.people.scope import seen_estate


class Case(NamedTuple):
    """One policy, what it was judged on, and how it stands."""

    pack: Pack
    estate: Estate
    records: Records
    baseline: tuple[date, Estate] | None
    assessed: Assessment

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Whose money is on hold."""
        return tuple(holds(self.pack, self.estate, self.assessed, self.records, self.baseline))


def shelf_of(product: Qianyun) -> Shelf:
    return Shelf(product.settings.state / "policies")


def named(product: Qianyun, policy: str | None) -> Sequence[str]:
    """The policy that was asked for, else the city's own, else all."""
    if policy is not None:
        return (policy,)
    return product.settings.policies or shelf_of(product).names()


def cases(
    product: Qianyun, person: Person, estate: Estate, policy: str | None, day: date
) -> list[Case]:
    """Each policy judged on `estate` (the person's part of it). Raises PackError."""
    shelf, book = shelf_of(product), product.recording.book()
    found = []
    for pack in [shelf.pack(one) for one in named(product, policy)]:
        kept = book.baseline(pack.id, day)
        baseline = None if kept is None else (kept[0], seen_estate(person, kept[1]))
        assessed = assess(pack, estate, book.records, day, baseline)
        found.append(Case(pack, estate, book.records, baseline, assessed))
    return found


def standings(
    product: Qianyun,
    person: Person,
    estate: Estate,
    policy: str | None,
    day: date,
    *,
    code: str | None = None,
) -> list[tuple[Pack, tuple[Standing, ...]]]:
    """In which phase everything is, policy by policy. Raises NotFound for a code that is no system's,
    project's or line's, PackError."""
    if code is not None:
        every = (*estate.systems, *estate.projects, *estate.lines)
        if all(one.code != code for one in every):
            raise NotFound(
                f"没有此系统、项目或线路 / no such system, project or line: read {code}; `qianyun "
                "inventory show` counts what there is"
            )
    shelf, book = shelf_of(product), product.recording.book()
    codes = None if code is None else {code}
    found: list[tuple[Pack, tuple[Standing, ...]]] = []
    for pack in [shelf.pack(one) for one in named(product, policy)]:
        kept = book.baseline(pack.id, day)
        baseline = None if kept is None else (kept[0], seen_estate(person, kept[1]))
        every_one = lifecycle(pack, estate, book.records, day, baseline, codes=codes)
        found.append((pack, every_one))
    return found

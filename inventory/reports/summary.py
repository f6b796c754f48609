"""Figures of each organisation: catalogue, systems, sharing, what is late. One row an organisation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inventory.choices import ShareType
from inventory.model import Estate, Organisation, Resource, System
from inventory.policies.assessment import Assessment, TargetResult
from inventory.reports.case import Case
from inventory.reports.model import Cell


@dataclass(frozen=True)
class Figures:
    """Counts. `wanted`: systems that must connect to the sharing platform; `merged`: systems that
    went into another one; `late`: tasks of the policy that are late by this organisation's objects."""

    resources: int = 0
    published: int = 0
    unconditional: int = 0
    conditional: int = 0
    withheld: int = 0
    untold: int = 0
    opened: int = 0
    shared: int = 0
    systems: int = 0
    wanted: int = 0
    joined: int = 0
    connected: int = 0
    merged: int = 0
    retired: int = 0
    on_cloud: int = 0
    late: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        names = Figures.__dataclass_fields__
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in names})


def of_resources(resources: Iterable[Resource], case: Case) -> Figures:
    told = list(resources)
    kinds = [r.share_type for r in told]
    return Figures(
        resources=len(told),
        published=sum(bool(case.read("resources", "gathered", r)) for r in told),
        unconditional=kinds.count(ShareType.UNCONDITIONAL),
        conditional=kinds.count(ShareType.CONDITIONAL),
        withheld=kinds.count(ShareType.NONE),
        untold=kinds.count(None),
        opened=sum(r.open is True for r in told),
        shared=sum(bool(r.shared_with) for r in told),
    )


def of_systems(systems: Iterable[System], case: Case) -> Figures:
    """`systems` counts what is alive; classified ones are in it, as in every ratio."""
    told = list(systems)
    live = [s for s in told if case.read("systems", "live", s)]
    return Figures(
        systems=len(live),
        wanted=sum(s.must_connect is True for s in live),
        joined=sum(s.must_connect is True and s.connected is True for s in live),
        connected=sum(s.connected is True for s in live),
        merged=sum(s.merged_into is not None for s in told),
        retired=sum(s.merged_into is None for s in told) - sum(s.merged_into is None for s in live),
        on_cloud=sum(case.read("systems", "on_cloud", s) is True for s in live),
    )


def figures(case: Case, organisation: Organisation, late: dict[str, int] | None = None) -> Figures:
    """Those of one organisation."""
    code = organisation.code
    found = of_resources(case.owned("resources", code), case)
    found += of_systems(case.owned("systems", code), case)
    return found + Figures(late=(late or {}).get(code, 0))


def of_estate(case: Case, estate: Estate) -> Figures:
    """Of a whole part, also what nobody answers for."""
    return of_resources(estate.resources, case) + of_systems(estate.systems, case)


def late_by_owner(case: Case, assessed: Assessment) -> dict[str, int]:
    """Code of an organisation → how many of its tasks are late: targets that its objects keep open,
    and reports and clocks."""
    found: dict[str, set[str]] = {}
    for target in assessed.targets:
        if target.overdue:
            for owner in open_owners(case, target):
                found.setdefault(owner, set()).add(target.entry)
    for timed in assessed.timed:
        if timed.verdict == "late":
            found.setdefault(timed.code, set()).add(f"{timed.entry} {timed.period}")
    return {code: len(told) for code, told in found.items()}


def open_owners(case: Case, target: TargetResult) -> set[str]:
    """Codes of the organisations whose objects keep a target open."""
    # what is open of “one for each organisation” are the organisations that have more
    of = "organisations" if target.kind == "per" else target.set
    found = {_owner(case, of, code) for code in target.open} if of else set()
    return {owner for owner in found if owner}


def _owner(case: Case, of: str, code: str) -> str | None:
    thing = case.find(of, code)
    if thing is None:
        return None
    return str(thing.code) if of == "organisations" else getattr(thing, "organisation", None)


def by_organisation(case: Case) -> Iterator[tuple[Organisation, Figures]]:
    """Every organisation of the scope: the city's own first, then county by county."""
    late = late_by_owner(case, case.assessed)
    for one in sorted(case.members, key=lambda o: (o.county or "", o.code)):
        yield one, figures(case, one, late)


def grown(now: int, before: int | None) -> Cell:
    """What came since the cut-off day before; None where that is not known."""
    return None if before is None else now - before

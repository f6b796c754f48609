"""Any policy on any estate for any day: a pure function.

assessment = assess(pack, estate, records, date(2018, 12, 31))
"""

from collections.abc import Iterator
from datetime import date

from inventory.model import Estate
from inventory.policies.asking import answers_of
from inventory.policies.assessment import Assessment, Timed, Unjudged, Violation
from inventory.policies.facts import Facts
from inventory.policies.index import Index
from inventory.policies.naming import named_in, strange
from inventory.policies.pack import Pack
from inventory.policies.records import Records
from inventory.policies.rules import broken
from inventory.policies.targets import judge
from inventory.policies.timed import clocks, reports, undecided


def assess(
    pack: Pack,
    estate: Estate,
    records: Records,
    day: date,
    baseline: tuple[date, Estate] | None = None,
    *,
    facts: Facts | None = None,
) -> Assessment:
    """How the estate stands on `day`. `baseline`: the estate of an earlier day, against which ratios
    are told a second time (G2). `facts`: those of `facts_of`, where they are kept."""
    index = Index(records, pack.id, day)
    facts = facts or facts_of(pack, estate, index, baseline)
    found = [one for rule in pack.rules for one in broken(pack, rule, facts, index)]
    found += undecided_in(pack, facts)
    return Assessment(
        policy=pack.id,
        title=pack.title,
        title_en=pack.title_en,
        day=day,
        estate=estate.digest,
        in_force=pack.in_force(day),
        effective_from=pack.validity.effective_from,
        expires_on=pack.validity.expires_on,
        targets=tuple(judge(pack, target, facts, index) for target in pack.targets),
        violations=tuple(one for one in found if isinstance(one, Violation)),
        timed=tuple(timed_in(pack, facts, index)),
        unowed=tuple(unowed(pack, facts)),
        unjudged=tuple(one for one in found if isinstance(one, Unjudged)),
        strays=tuple(sorted(_strays(pack, records, facts))),
    )


def timed_in(pack: Pack, facts: Facts, index: Index) -> Iterator[Timed]:
    """Every run of a clock, then every report."""
    for clock in pack.clocks:
        yield from clocks(pack, clock, facts, index)
    for report in pack.reports:
        yield from reports(pack, report, facts, index)


def undecided_in(pack: Pack, facts: Facts) -> Iterator[Unjudged]:
    """Clocks and reports of which it is not told whether they concern an object."""
    for clock in pack.clocks:
        yield from undecided(pack, clock, facts)
    for report in pack.reports:
        yield from undecided(pack, report, facts)


def unowed(pack: Pack, facts: Facts) -> Iterator[str]:
    """Reports that are due from organisations of which the inventory has none: a duty must not
    vanish with a name (G18)."""
    for report in pack.reports:
        begun = pack.in_force(facts.day, report.clause) and report.set == "organisations"
        if begun and not any(answers_of(report.where, report.set, facts)):
            yield report.id


def facts_of(
    pack: Pack, estate: Estate, index: Index, baseline: tuple[date, Estate] | None
) -> Facts:
    """What the entries of a pack are judged on."""
    on, earlier = baseline or (None, None)
    return Facts(
        estate,
        index.day,
        earlier,
        on,
        declared=index.declared(pack),
        fates=index.fates,
        by_owner=index.by_owner(pack),
        since=pack.validity.effective_from,
        bodies={name: body.name for body in pack.organisations for name in (body.name, *body.also)},
    )


def _strays(pack: Pack, records: Records, facts: Facts) -> set[tuple[str, str]]:
    """Records of this policy about an object that is neither here nor in the baseline, or is none of
    the kind that the entry is about."""
    named = set(named_in(pack.id, records, pack))
    if not named:
        return set()
    return {(one.entry, one.code) for one in strange(named, facts.estate, facts.baseline)}

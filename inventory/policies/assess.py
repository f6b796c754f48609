"""Any policy on any estate for any day: a pure function.

assessment = assess(pack, estate, records, date(2018, 12, 31))
"""

from datetime import date

from inventory.model import Estate
from inventory.policies.assessment import Assessment, Timed, Unjudged, Violation
from inventory.policies.facts import Facts
from inventory.policies.index import Index
from inventory.policies.pack import Pack
from inventory.policies.records import Records
from inventory.policies.rules import broken
from inventory.policies.targets import judge
from inventory.policies.timed import clocks, reports


def assess(
    pack: Pack,
    estate: Estate,
    records: Records,
    day: date,
    baseline: tuple[date, Estate] | None = None,
) -> Assessment:
    """How the estate stands on `day`. `baseline`: the estate of an earlier day, against which ratios
    are told a second time (G2)."""
    on, earlier = baseline or (None, None)
    index = Index(records, pack.id, day)
    facts = Facts(estate, day, earlier, on, index.declared(pack))
    found = [one for rule in pack.rules for one in broken(pack, rule, facts, index)]
    timed: list[Timed] = []
    for clock in pack.clocks:
        timed += clocks(pack, clock, facts, index)
    for report in pack.reports:
        timed += reports(pack, report, facts, index)
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
        timed=tuple(timed),
        unjudged=tuple(one for one in found if isinstance(one, Unjudged)),
    )

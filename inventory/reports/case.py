"""What a report is made from: a policy, the estate as it stood on the cut-off day, and the part of
it that the report is about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from inventory.errors import ReportError
from inventory.model import Estate, Organisation
from inventory.policies.assess import assess, facts_of
from inventory.policies.assessment import Assessment, Timed
from inventory.policies.facts import Facts
from inventory.policies.fields import reader
from inventory.policies.holds import Hold, holds
from inventory.policies.index import Index
from inventory.policies.pack import Entry, Pack, Roles
from inventory.policies.pack import Report as ReportEntry
from inventory.policies.records import Records
from inventory.policies.rules import owner_of
from inventory.policies.timed import reports, schedule
from inventory.reports.model import Source
from inventory.reports.periods import Period, entry_for
from inventory.reports.veil import Veil
from inventory.verification import Verification

CITY_OFFICE = "市本级"
_OWNED = ("rooms", "lines", "nodes", "systems", "projects", "resources")


@dataclass(frozen=True)
class Scope:
    """Whose report it is: an organisation's (its code), a county's (its name), or neither: the
    whole place's."""

    organisation: str | None = None
    county: str | None = None

    @property
    def key(self) -> str:
        """How it is kept: "" for the whole place."""
        if self.organisation:
            return f"organisation:{self.organisation}"
        return f"county:{self.county}" if self.county else ""


PLACE = Scope()
"""The whole place."""


@dataclass(frozen=True)
class Sampling:
    """A sample that anybody can draw again: the seed and how many."""

    seed: str
    size: int


@dataclass(frozen=True)
class Case:
    """`estate` stood so on `as_of`: figures are worked out on it, and a form reads its objects from
    `own` and `find`, where nothing classified can be read. `day` is the day of the figures: the
    cut-off day, or today for a draft before it. `made_on` is the day that the report bears.
    `earlier`: the estate of the cut-off day before. `looks` says which looks at hosts a
    verification rests on."""

    pack: Pack
    form: str
    period: Period
    estate: Estate
    records: Records
    day: date
    made_on: date
    scope: Scope = PLACE
    as_of: str = ""
    baseline: tuple[date, Estate] | None = None
    earlier: Estate | None = None
    verification: Verification | None = None
    looks: str = ""
    sampling: Sampling | None = None
    remark: str = ""

    def __post_init__(self) -> None:
        if not self.members and (self.scope.organisation or self.scope.county):
            told = self.scope.organisation or self.scope.county
            raise ReportError(
                f"台账中没有此单位或区县“{told}”，请写全称或编号 / no such organisation or county in the "
                f"inventory: read {told}, expected a code or a name as it stands there"
            )
        if self.veil.text(self.remark) != self.remark:
            raise ReportError(
                "--remark 提到涉密系统的名称、编号或地址，不能写入报告，请改写 / --remark names a classified "
                "system, its code or address, which no report may: say it without"
            )

    @property
    def draft(self) -> bool:
        return self.day < self.period.last

    @cached_property
    def entry(self) -> Entry | None:
        """What of the policy asks for it."""
        return entry_for(self.pack, self.form)

    @cached_property
    def veil(self) -> Veil:
        """The one place that says how something classified is named."""
        return Veil(self.estate)

    def find(self, of: str, code: str | None) -> Any | None:
        """The object of a collection with that code, as a form may show it."""
        if of not in self._shown:
            if of == "counties":
                return self.facts.find(of, code)
            self._shown[of] = {o.code: o for o in getattr(self.veil.shown, of)}
        return None if code is None else self._shown[of].get(code)

    @cached_property
    def _shown(self) -> dict[str, dict[str, Any]]:
        return {}

    @cached_property
    def facts(self) -> Facts:
        return facts_of(
            self.pack, self.estate, Index(self.records, self.pack.id, self.day), self.baseline
        )

    @cached_property
    def assessed(self) -> Assessment:
        """The whole place."""
        return assess(self.pack, self.estate, self.records, self.day, self.baseline)

    def reported(self, entry: ReportEntry) -> list[Timed]:
        """Who had handed in a report about this period by the day that this one bears: most come
        after the cut-off day. Where it is no period of the entry, the last that has come due."""
        index = Index(self.records, self.pack.id, self.made_on)
        facts = facts_of(self.pack, self.own, index, None)
        told = dict(schedule(entry, self.made_on))
        due = [period for period, day in told.items() if day <= self.made_on]
        wanted = self.period.told if self.period.told in told else due[-1] if due else ""
        return [t for t in reports(self.pack, entry, facts, index) if t.period == wanted]

    @cached_property
    def own_assessed(self) -> Assessment:
        """The part that the report is about, as if it were alone."""
        if not self.scope.key:
            return self.assessed
        baseline = self.baseline and (self.baseline[0], self._part(self.baseline[1]))
        return assess(self.pack, self._part(self.estate), self.records, self.day, baseline)

    @cached_property
    def holds(self) -> tuple[Hold, ...]:
        """Money on hold within the scope."""
        found = holds(self.pack, self.estate, self.assessed, self.records, self.baseline)
        codes = {o.code for o in self.members}
        return tuple(h for h in found if not self.scope.key or h.organisation in codes)

    @cached_property
    def organisation(self) -> Organisation | None:
        """The one that it is about."""
        wanted = self.scope.organisation
        if wanted is None:
            return None
        every = self.veil.shown.organisations
        return next((o for o in every if wanted in (o.code, o.name, *o.aliases)), None)

    @cached_property
    def members(self) -> tuple[Organisation, ...]:
        """Organisations in the scope."""
        if self.scope.organisation is not None:
            return (self.organisation,) if self.organisation else ()
        return tuple(
            o
            for o in self.veil.shown.organisations
            if self.scope.county is None or o.county == self.scope.county
        )

    @cached_property
    def own(self) -> Estate:
        """The part of the estate that the report is about, as a form may show it."""
        return self._part(self.veil.shown) if self.scope.key else self.veil.shown

    @cached_property
    def own_earlier(self) -> Estate | None:
        return self._part(self.earlier) if self.earlier and self.scope.key else self.earlier

    def _part(self, estate: Estate) -> Estate:
        codes = {o.code for o in self.members}
        part: dict[str, Iterable[Any]] = {
            kind: [o for o in getattr(estate, kind) if self._is_own(o, codes)] for kind in _OWNED
        }
        part["organisations"] = [o for o in estate.organisations if o.code in codes]
        part["clouds"] = estate.clouds  # a place to move to is everybody's
        part["sites"] = estate.sites
        systems = {s.code for s in part["systems"]}
        rooms = {r.code for r in part["rooms"]}
        part["hosts"] = [
            h for h in estate.hosts if h.system in systems or (not h.system and h.place in rooms)
        ]
        part["dependencies"] = [d for d in estate.dependencies if d.system in systems]
        return Estate.model_validate({kind: tuple(told) for kind, told in part.items()})

    def _is_own(self, thing: Any, codes: set[str]) -> bool:
        if thing.organisation is not None:
            return thing.organisation in codes
        county = getattr(thing, "county", None)
        return self.scope.county is not None and county == self.scope.county

    def name_of(self, code: str | None) -> str:
        """An organisation's name; the code where there is none such; 未填报 for nobody."""
        if code is None:
            return "未填报单位"
        found = self.find("organisations", code)
        return found.name if found else self.veil.text(code)

    def names_of(self, codes: Iterable[str]) -> list[str]:
        return [self.name_of(code) for code in codes]

    def name_in(self, timed: Timed) -> str:
        """Whose a run of a clock or a report is."""
        of = next((e.set for _, _, e in self.pack.entries() if e.id == timed.entry), None) or ""
        found = self.find(of, timed.code) if of in self.veil.codes else None
        return found.name if found else self.veil.text(timed.name)

    def owned(self, of: str, code: str) -> list[Any]:
        """The objects of a collection that an organisation answers for."""
        return self._by_owner(of).get(code, [])

    def _by_owner(self, of: str) -> dict[str | None, list[Any]]:
        if of not in self._owners:
            found: dict[str | None, list[Any]] = {}
            for thing in getattr(self.own, of):
                found.setdefault(owner_of(of, thing), []).append(thing)
            self._owners[of] = found
        return self._owners[of]

    @cached_property
    def _owners(self) -> dict[str, dict[str | None, list[Any]]]:
        return {}

    def read(self, of: str, field: str, thing: Any) -> Any:
        """A field of an object, also one that is derived (on_cloud, live …)."""
        return reader(of, field, self.facts)(thing)

    @cached_property
    def issuer(self) -> str:
        """Who hands it in: the organisation, the county, or who the policy makes answer for it."""
        if self.organisation:
            return self.organisation.name
        if self.scope.county:
            return f"{self.scope.county}人民政府"
        roles = self.entry.roles if self.entry else Roles()
        named = [n for n in (*roles.lead, *roles.responsible) if n not in self._groups]
        return named[0] if named else self.compiler

    @cached_property
    def compiler(self) -> str:
        """Who sums up what everybody hands in: the office to which the text sends it; where it names
        none, the one that it lets lead most often."""
        asking = [e for e in (self.entry, *self.pack.reports) if e and e.to]
        if asking:
            return asking[0].to[0]
        leads = Counter(
            n for _, _, e in self.pack.entries() for n in e.roles.lead if n not in self._groups
        )
        return min(leads, key=lambda name: (-leads[name], name), default="")

    @cached_property
    def _groups(self) -> set[str]:
        """Names of the policy that stand for many, as 市政府各部门."""
        return {name for b in self.pack.organisations if b.group for name in (b.name, *b.also)}

    @cached_property
    def addressee(self) -> str:
        return "、".join(self.entry.to) if self.entry else ""

    @cached_property
    def source(self) -> Source:
        entry = self.entry
        return Source(
            policy=self.pack.id,
            entry=entry.id if entry else "",
            number=self.pack.number,
            clause=entry.clause if entry else "",
            quote=entry.quote if entry else (),
            estate=self.estate.digest,
            as_of=self.as_of,
            look=self.looks,
        )

    @property
    def basis(self) -> str:
        """《…》（文号）: what the text of a report refers to."""
        where = f"第{self.entry.clause}条" if self.entry and "条" in self.entry.clause else ""
        return f"《{self.pack.title}》（{self.pack.number}）{where.replace('第第', '第')}"

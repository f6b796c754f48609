"""政策: each target with its clause beside it, what is broken, exceptions with their review days, money."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.city import Case, City, Judged
from api.pages.frame import Crumb, Shell
from api.pages.listing import Listing, Query, listed, query_of
from api.pages.overview import Goal, goal_of
from api.pages.site import Site
from api.pages.tones import tone
from inventory.policies.assessment import Group, TargetResult, Timed, Verdict, Violation
from inventory.policies.holds import Hold, total
from inventory.policies.pack import Pack
from migrator.people.rights import Deed

BROKEN = 60
"""Violations of a policy's page; the rest is in its list."""
LINKS = {"systems": "/systems/", "rooms": "/rooms/", "lines": "/lines/"}


@dataclass(frozen=True)
class PolicyRow:
    """One policy in the list."""

    id: str
    title: str
    title_en: str
    number: str
    place: str
    in_force: bool
    since: date
    until: date | None
    targets: int
    met: int
    late: int
    violations: int
    alarms: int
    nearest: Goal | None


@dataclass(frozen=True)
class TargetView:
    """A target beside its clause. `next`: what has to be done, as a number of objects."""

    goal: Goal
    quote: str
    severity: str
    severity_tone: str
    kind: str
    set: str
    baseline: str
    baseline_on: date | None
    limit: str
    to_go: int | None
    open: tuple[tuple[str, str], ...]
    open_all: int
    groups: tuple[Group, ...]
    roles: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ExceptionRow:
    code: str
    name: str
    entry: str
    reason: str
    approver: str
    document: str
    review: date
    days: int
    lapsed: bool


@dataclass(frozen=True)
class PolicyPage:
    row: PolicyRow
    targets: tuple[TargetView, ...]
    violations: tuple[Violation, ...]
    violations_all: int
    timed: tuple[Timed, ...]
    exceptions: tuple[ExceptionRow, ...]
    unjudged: tuple[tuple[str, int], ...]
    consequences: Mapping[str, tuple[str, str]]
    day: date


def policy_row(case: Case) -> PolicyRow:
    pack, found = case.pack, case.assessed
    coming = [
        goal_of(t) for t in found.targets if t.verdict is Verdict.PENDING and t.days is not None
    ]
    return PolicyRow(
        id=pack.id,
        title=pack.title,
        title_en=pack.title_en,
        number=pack.number,
        place=pack.place,
        in_force=found.in_force,
        since=found.effective_from,
        until=found.expires_on,
        targets=len(found.targets),
        met=sum(t.verdict is Verdict.MET for t in found.targets),
        late=sum(t.overdue for t in found.targets),
        violations=sum(not v.passes for v in found.violations),
        alarms=found.alarms,
        nearest=min(coming, key=lambda g: g.days or 0, default=None),
    )


def policy_page(case: Case, city: City) -> PolicyPage:
    """One policy against the city; pure."""
    found = case.assessed
    late = (Verdict.LATE, Verdict.EARLY)
    open_ones = [v for v in found.violations if not v.passes]
    return PolicyPage(
        row=policy_row(case),
        targets=tuple(_target(t, city) for t in found.targets),
        violations=tuple(open_ones[:BROKEN]),
        violations_all=len(open_ones),
        timed=tuple(t for t in found.timed if t.verdict in late)[:BROKEN],
        exceptions=tuple(_exceptions(found.violations, found.day)),
        unjudged=tuple((u.entry, u.count) for u in found.unjudged),
        consequences={c.id: (c.title, c.title_en) for c in case.pack.consequences},
        day=found.day,
    )


def _target(found: TargetResult, city: City) -> TargetView:
    baseline = found.baseline
    told = "" if baseline is None else f"{baseline.done} / {baseline.total}"
    kinds = city.by.get(found.set or "", {})
    return TargetView(
        goal=goal_of(found),
        quote="".join(found.quote),
        severity=str(found.severity),
        severity_tone=tone(found.severity),
        kind=found.kind,
        set=found.set or "",
        baseline=told,
        baseline_on=found.baseline_on,
        limit=_limit(found),
        to_go=found.to_go,
        open=tuple(
            (code, city.system_name(code) if found.set == "systems" else _name(kinds.get(code)))
            for code in found.open[:6]
        ),
        open_all=len(found.open),
        groups=found.groups if len(found.groups) > 1 else (),
        roles=tuple(
            (role, "、".join(getattr(found.roles, role)))
            for role in type(found.roles).model_fields
            if getattr(found.roles, role)
        ),
        notes=found.notes,
    )


def _name(thing: object) -> str:
    return str(getattr(thing, "name", ""))


def _limit(found: TargetResult) -> str:
    if found.threshold is None:
        return ""
    if found.at_most:
        return f"≤ {found.threshold}"
    return f"≥ {float(found.threshold):.0%}"


def _exceptions(violations: Iterable[Violation], day: date) -> Iterable[ExceptionRow]:
    rows = []
    for one in violations:
        told = one.exception or one.lapsed
        if told is not None:
            rows.append(
                ExceptionRow(
                    code=one.code,
                    name=one.name,
                    entry=one.entry,
                    reason=told.reason,
                    approver=told.approver,
                    document=told.document,
                    review=told.review_on,
                    days=(told.review_on - day).days,
                    lapsed=one.lapsed is not None,
                )
            )
    return sorted(rows, key=lambda r: (r.review, r.code))[:BROKEN]


HOLD_FILTERS, HOLD_SORTS = ("q", "policy", "kind"), ("amount", "org", "code")


@dataclass(frozen=True)
class HoldsPage:
    list: Listing[Hold]
    yuan: int
    unknown: int
    shrinking: int
    shrinking_unknown: int


def holds_page(judged: Judged, query: Query) -> HoldsPage:
    """Whose money is on hold, with the clause and the facts that it rests on."""
    every = [hold for case in judged.cases for hold in case.holds]
    words = query["q"].casefold().split()

    def keep(one: Hold) -> bool:
        if query["policy"] and one.policy != query["policy"]:
            return False
        if query["kind"] and one.kind != query["kind"]:
            return False
        text = f"{one.code} {one.name} {one.organisation_name or ''} {one.entry}".casefold()
        return all(word in text for word in words)

    read: Mapping[str, Callable[[Hold], tuple[object, ...]]] = {
        "amount": lambda h: (h.amount is None, -(h.amount or 0)),
        "org": lambda h: (h.organisation_name or "",),
        "code": lambda h: (h.code,),
    }
    by = read[query.sort]
    found = listed(
        "/policies/holds",
        query,
        every,
        keep=keep,
        key=lambda h: (*by(h), h.code, h.entry),
        row=lambda h: h,
    )
    return HoldsPage(found, *total(every, "hold"), *total(every, "phase_out"))


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/policies")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.POLICY_READ)
        judged = site.judged(viewer)
        rows = [policy_row(case) for case in judged.cases] if judged else []
        shell = Shell(title=viewer.say("page.nav.policies"), at="policies")
        empty = not any(objects for _, objects in site.city(viewer).estate.collections())
        given: dict[str, Any] = {"judged": judged, "rows": rows, "empty": empty}
        return site.page(request, "policies.html", shell, viewer=viewer, **given)

    @router.get("/policies/holds")
    def holds(request: Request) -> Response:
        viewer = site.viewer(request, Deed.POLICY_READ)
        judged = site.judged(viewer)
        query = query_of(request.query_params, HOLD_FILTERS, HOLD_SORTS)
        view = holds_page(judged, query) if judged else None
        crumbs = (
            Crumb(viewer.say("page.nav.policies"), "/policies"),
            Crumb(viewer.say("page.money.held")),
        )
        shell = Shell(title=viewer.say("page.money.held"), at="policies", crumbs=crumbs)
        packs: tuple[Pack, ...] = tuple(c.pack for c in judged.cases) if judged else ()
        given: dict[str, Any] = {"view": view, "packs": packs, "links": LINKS, "judged": judged}
        return site.page(request, "holds.html", shell, viewer=viewer, **given)

    @router.get("/policies/{policy}")
    def one(request: Request, policy: str) -> Response:
        viewer = site.viewer(request, Deed.POLICY_READ)
        judged = site.judged(viewer)
        view = policy_page(judged.case(policy), site.city(viewer)) if judged else None
        crumbs = (Crumb(viewer.say("page.nav.policies"), "/policies"), Crumb(policy))
        shell = Shell(title=policy, at="policies", crumbs=crumbs)
        given: dict[str, Any] = {"view": view, "judged": judged, "links": LINKS, "tone": tone}
        return site.page(request, "policy.html", shell, viewer=viewer, **given)

    return router

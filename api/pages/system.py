"""One system: facts and where each was told, dependencies, its way through the policies, evidence,
IPv6 readiness, money. A classified one is a stub: nothing but that it is there (G7)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from api.pages.city import City, Judged
from api.pages.looks import Looks
from api.pages.tones import tone
from api.show.inventory import field_name, shown_value
from api.words import Words
from inventory.model import Contact, Provenance, System, content
from inventory.policies.phases import PhaseState
from inventory.secrecy import is_classified
from migrator.runs.records import ItemRecord
from probes.errors import Misuse
from probes.readiness.evidence import Readiness


@dataclass(frozen=True)
class Fact:
    """A field with its value as people read it, and where that was told: `raw` is the cell."""

    field: str
    name: str
    value: str
    source: str
    raw: str


@dataclass(frozen=True)
class Tie:
    """A dependency's other end."""

    code: str
    name: str
    kind: str
    place: str


@dataclass(frozen=True)
class Way:
    """Its phases by one policy."""

    policy: str
    title: str
    title_en: str
    phases: tuple[PhaseState, ...]
    now: str | None


@dataclass(frozen=True)
class Move:
    """What a run did with it."""

    run: str
    wave: int
    state: str
    tone: str
    note: str
    began: str | None


@dataclass(frozen=True)
class HostLine:
    code: str
    name: str
    place: str
    place_code: str
    ipv4: str
    ipv6: str
    os: str


@dataclass(frozen=True)
class Stop:
    """Money that a policy holds back."""

    policy: str
    entry: str
    title: str
    title_en: str
    clause: str
    kind: str
    amount: int | None


@dataclass(frozen=True)
class SystemPage:
    code: str
    name: str
    classified: bool
    organisation: str
    place: str
    place_code: str
    place_kind: str
    target: str
    facts: tuple[Fact, ...]
    contacts: tuple[Contact, ...]
    needs: tuple[Tie, ...]
    needed_by: tuple[Tie, ...]
    hosts: tuple[HostLine, ...]
    ways: tuple[Way, ...]
    moves: tuple[Move, ...]
    readiness: Readiness | None
    probed: bool
    stops: tuple[Stop, ...]
    construction: int | None
    running: int | None


_ELSEWHERE = frozenset({"code", "name", "contacts", "organisation", "room", "placement"})
"""Fields that have a place of their own on the page."""


def system_page(
    city: City,
    code: str,
    judged: Judged | None,
    seen: Looks,
    moved: Sequence[ItemRecord],
    say: Words,
) -> SystemPage:
    """Raises NotFound for a code that is no system's."""
    one: System = city.get("systems", code)
    secret = is_classified(one)
    rooms = city.by["rooms"]
    return SystemPage(
        code=code,
        name=say("classified_system") if secret else one.name,
        classified=secret,
        organisation=city.name(one.organisation),
        place="" if secret else city.name(one.place),
        place_code="" if secret else one.place or "",
        place_kind="rooms" if one.place in rooms else "",
        target="" if secret else city.name(one.target),
        facts=() if secret else tuple(facts_of("systems", one, _ELSEWHERE, say)),
        contacts=() if secret else one.contacts or (),
        needs=()
        if secret
        else tuple(_ties(city, ((d.needs, d.kind) for d in city.needs.get(code, ())))),
        needed_by=()
        if secret
        else tuple(_ties(city, ((d.system, d.kind) for d in city.needed_by.get(code, ())))),
        hosts=() if secret else tuple(_hosts(city, code)),
        ways=() if judged is None else tuple(_ways(judged, code)),
        moves=() if secret else tuple(_moves(moved)),
        readiness=None if secret else _readiness(city, code, seen),
        probed=seen.any,
        stops=() if judged is None or secret else tuple(_stops(judged, code)),
        construction=None if secret else one.construction_funds,
        running=None if secret else one.om_funds_per_year,
    )


def facts_of(kind: str, thing: Any, without: Iterable[str], say: Words) -> Iterator[Fact]:
    """What is told of an object, each field with its source; nested ones with dotted names."""
    told = {p.field: p for p in thing.provenance}
    left_out = frozenset(without)
    for field, value in content(thing).items():
        if field in left_out or value in ([], {}, ()):
            continue
        for name, shown in _flat(kind, field, value, say):
            found = told.get(field)
            source = _source(found) if found else ""
            yield Fact(field, name, shown, source, found.raw if found else "")


def _source(told: Provenance) -> str:
    """File, sheet, row, column: as a person finds it again."""
    file = PurePath(told.source).name
    row = f"{told.row}" if told.row else ""
    return " · ".join(part for part in (file, told.sheet, row, told.column) if part)


def _flat(
    kind: str, field: str, value: Any, say: Words, before: str = ""
) -> Iterator[tuple[str, str]]:
    name = before + field_name(kind, field, say).replace("_", " ")  # in English the model's own
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(kind, key, inner, say, f"{name} · ")
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value, start=1):
            for key, part in inner.items():
                yield from _flat(kind, key, part, say, f"{name} {number} · ")
    elif isinstance(value, list):
        yield name, "、".join(map(str, value))
    elif isinstance(value, int) and not isinstance(value, bool) and field not in _PLAIN:
        yield name, f"{value:,}"
    else:
        yield name, str(shown_value(kind, field, value, say))


_PLAIN = frozenset({"port", "backend_port", "ssh_port", "plan_year"})
"""Numbers that are names: no thousands in them."""


def _ties(city: City, ends: Iterable[tuple[str, str]]) -> Iterator[Tie]:
    for code, kind in ends:
        found = city.by["systems"].get(code)
        place = "" if found is None or is_classified(found) else city.name(found.place)
        yield Tie(code, city.system_name(code), kind, place)


def _hosts(city: City, code: str) -> Iterator[HostLine]:
    for host in city.hosts_of.get(code, ()):
        yield HostLine(
            code=host.code,
            name=host.name,
            place=city.name(host.place),
            place_code=host.place or "",
            ipv4=str(host.ipv4 or ""),
            ipv6=str(host.ipv6 or ""),
            os=host.os or "",
        )


def _ways(judged: Judged, code: str) -> Iterator[Way]:
    for case in judged.cases:
        standing = case.standing.get(("systems", code))
        if standing is not None and case.assessed.in_force:
            pack = case.pack
            yield Way(pack.id, pack.title, pack.title_en, standing.phases, standing.phase)


def _moves(moved: Sequence[ItemRecord]) -> Iterator[Move]:
    for item in reversed(moved):
        began = next((s.started_at for s in item.steps if s.started_at), None)
        state = str(item.state)
        yield Move(item.run, item.wave, state, tone(state), item.note, began)


def _readiness(city: City, code: str, seen: Looks) -> Readiness | None:
    try:
        return city.judge.told(seen.evidence).level_of(code)
    except Misuse:  # nothing of it can be looked at: no entrance, no address
        return None


def _stops(judged: Judged, code: str) -> Iterator[Stop]:
    for case in judged.cases:
        for hold in case.holds:
            if hold.set == "systems" and hold.code == code:
                yield Stop(
                    policy=hold.policy,
                    entry=hold.entry,
                    title=hold.title,
                    title_en=hold.title_en,
                    clause=hold.clause,
                    kind=str(hold.kind),
                    amount=hold.amount,
                )

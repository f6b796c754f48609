"""Estates that ledgers can tell: every kind and field, with text that spreadsheets are bad at."""

import types
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import EnumType
from ipaddress import IPv4Address, IPv6Address
from random import Random
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st

from inventory.changes import MODELS
from inventory.ledger import fields
from inventory.ledger.spelling import default_words
from inventory.model import (
    Cloud,
    Contact,
    Database,
    Dependency,
    Entrance,
    Estate,
    Host,
    Line,
    Link,
    Node,
    Organisation,
    Project,
    Resource,
    Room,
    Secrecy,
    Service,
    Site,
    System,
    Tree,
    Workload,
    Zone,
)
from inventory.references import REFERENCES
from tests.inventory.ledger_write.wild import WILD

TEXT = st.sampled_from(WILD) | st.text(
    st.characters(exclude_categories=["C"]) | st.sampled_from("\n\t=+-@'\"、;/\\_x"),
    min_size=1,
    max_size=12,
)
SHORT = TEXT.filter(lambda t: len(t) <= 30)
CODES = st.sampled_from(["007", "1e5", "NA", "none", "null", "n", "2016-06-01", "A", "a"]) | (
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
)
MONEY = st.none() | st.integers(0, 10**16)
DAY = st.none() | st.dates(date(1950, 1, 1), date(2100, 12, 31))
ZONE = st.none() | st.sampled_from(Zone)
PORT = st.integers(1, 65535)
# such as hosts have: a ledger that tells another is refused
V4 = st.none() | st.ip_addresses(v=4).filter(lambda a: 0 < int(a) >> 24 < 224 and not a.is_loopback)
V6 = st.none() | st.ip_addresses(v=6).filter(
    lambda a: not (a.is_unspecified or a.is_loopback or a.is_multicast)
)
_WORDS = default_words()
ROLES = st.sampled_from(sorted({h.role for h in _WORDS.contacts.values() if h.role}))
TREES = st.lists(st.sampled_from(["/srv/a", "/srv/b", "/opt/c/d"]), unique=True, max_size=3)
UNITS = st.lists(st.sampled_from(["none", "na", "nginx", "a@1.service"]), unique=True, max_size=3)
_CONTACTS = st.lists(
    st.builds(
        Contact,
        role=ROLES,
        name=SHORT,
        phone=st.sampled_from(["", "13800000001", "0999-6210003转801", "没有"]),
        email=st.sampled_from(["", "a.b@example.org"]),
    ),
    unique=True,
    max_size=4,
).map(tuple)


def _choice(name: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(sorted(set(_WORDS.choices[name].values())))


def _many(made: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    """Codes differ by more than case: to a ledger yz-001 is YZ-001 (test_codes_of_one_spelling…)."""
    unlike = st.lists(made, min_size=least, max_size=3, unique_by=lambda o: o.code.casefold())
    return unlike.map(tuple)


def _of(objects: tuple[Any, ...], *more: tuple[Any, ...]) -> st.SearchStrategy[str | None]:
    codes = [o.code for group in (objects, *more) for o in group]
    return st.none() | st.sampled_from(codes) if codes else st.none()


def _systems(places: Any, clouds: Any, nodes: Any, owner: Any) -> st.SearchStrategy[System]:
    workload = st.builds(
        lambda plain, data, databases, services: Workload(
            trees=(
                *(Tree(path=p) for p in plain),
                *(Tree(path=p, writable=True) for p in data),
            ),
            databases=tuple(databases),
            services=tuple(services),
        ),
        TREES,
        TREES,
        st.lists(
            st.builds(Database, version=st.just("15"), cluster=st.just("main"), port=PORT),
            max_size=2,
        ),
        UNITS,
    ).map(lambda w: None if w == Workload() else w)
    entrance: st.SearchStrategy[Entrance | None] = st.none()
    if nodes:
        entrance |= st.builds(
            Entrance,
            node=st.sampled_from([n.code for n in nodes]),
            port=PORT,
            backend_port=PORT,
            path=st.sampled_from(["/", "/healthz", "/'=1", '/"a"']),
            content=st.just("") | TEXT,
        )
    size = st.none() | st.integers(0, 10**7)
    return st.builds(
        System,
        code=CODES,
        name=TEXT,
        organisation=owner,
        function=st.none() | TEXT,
        secrecy=st.sampled_from(Secrecy),
        mlps_level=st.none() | st.integers(1, 5),
        construction_funds=MONEY,
        om_funds_per_year=MONEY,
        approval_date=DAY,
        cpu_cores=st.none() | st.integers(0, 10**6),
        memory_gib=size,
        storage_gib=size,
        network_domain=ZONE,
        room=_of(places, clouds),
        citizen_facing=st.none() | st.booleans(),
        connected=st.none() | st.booleans(),
        target=_of(clouds),
        window=st.none() | st.sampled_from(["22:00-06:00", "00:00-23:59"]),
        workload=workload,
        entrance=entrance,
    )


def _hosts(place: Any, system: Any) -> st.SearchStrategy[Host]:
    return st.builds(
        Host,
        code=CODES,
        name=TEXT,
        asset_tag=st.none() | TEXT,
        place=place,
        rack=st.none() | TEXT,
        system=system,
        zone=ZONE,
        ipv4=V4,
        ipv6=V6,
        cpu_arch=_choice("cpu_arch"),
        os=st.none() | TEXT,
        purchased=DAY,
        ssh_port=PORT,
        ssh_host_key=st.none() | st.just("ssh-ed25519 AAAA+/="),
    )


@st.composite
def _between(
    draw: st.DrawFn, hosts: Any, systems: Any, nodes: Any, least: int
) -> tuple[tuple[Service, ...], tuple[Link, ...], tuple[Dependency, ...]]:
    """What can't be without others."""
    services: tuple[Service, ...] = ()
    links: tuple[Link, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    if hosts:
        of_host = st.builds(
            Service,
            code=CODES,
            name=TEXT,
            host=_some(hosts),
            port=PORT,
            protocol=st.sampled_from(["tcp", "udp", "none"]),
            system=_of(systems),
        )
        services = draw(_many(of_host, least))
    if nodes:
        ends = {"a_node": _some(nodes), "z_node": _some(nodes)}
        links = draw(_many(st.builds(Link, code=CODES, name=TEXT, zone=ZONE, **ends), least))
    if len(systems) > 1:
        needs = st.builds(
            lambda pair, kind: Dependency(system=pair[0], needs=pair[1], kind=kind),
            st.permutations([s.code for s in systems]),
            st.just("declared") | TEXT,
        )
        dependencies = draw(_many(needs, min(least, 1)))
    return services, links, dependencies


def _some(objects: tuple[Any, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from([o.code for o in objects])


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Every kind, every field, references that lead somewhere; sometimes of each kind some."""
    least = draw(st.sampled_from([0, 2, 2]))  # two: what stands between needs both
    organisations = draw(
        _many(
            st.builds(
                Organisation,
                code=CODES,
                name=TEXT,
                aliases=st.lists(TEXT, unique=True, max_size=3).map(tuple),
                contacts=_CONTACTS,
            )
        )
    )
    owner = _of(organisations)
    sites = draw(
        _many(
            st.builds(
                Site, code=CODES, name=TEXT, region=st.none() | TEXT, address=st.none() | TEXT
            )
        )
    )
    crew = st.none() | st.integers(1, 1000)
    area = st.none() | st.decimals(0, 10**6, places=2).map(_plain)
    rooms = draw(
        _many(
            st.builds(
                Room,
                code=CODES,
                name=TEXT,
                organisation=owner,
                site=_of(sites),
                contacts=_CONTACTS,
                building=st.none() | TEXT,
                area_m2=area,
                racks=st.none() | st.integers(0, 10**6),
                running_cost_per_year=MONEY,
                created=DAY,
                upgraded=DAY,
                moves_at_once=crew,
            )
        )
    )
    taken = {r.code.casefold() for r in rooms}
    clouds = draw(
        _many(
            st.builds(
                Cloud,
                code=CODES.filter(lambda c: c.casefold() not in taken),
                name=TEXT,
                organisation=owner,
                site=_of(sites),
                moves_at_once=crew,
            )
        )
    )
    place = _of(rooms, clouds)
    lines = draw(
        _many(
            st.builds(
                Line,
                code=CODES,
                name=TEXT,
                provider=_choice("provider"),
                type=_choice("line_type"),
                a_end=place,
                z_end=place,
                bandwidth_kbps=st.none() | st.integers(1, 10**10),
                rent_per_year=MONEY,
                contract_end=DAY,
                organisation=owner,
                contacts=_CONTACTS,
                self_leased=st.none() | st.booleans(),
            )
        )
    )
    bare = draw(_many(st.builds(Node, code=CODES, name=TEXT), least))
    systems = draw(_many(_systems(rooms, clouds, bare, owner), least))
    hosts = draw(_many(_hosts(place, _of(systems)), least))
    nodes = tuple(
        draw(
            st.builds(
                Node,
                code=st.just(n.code),
                name=st.just(n.name),
                kind=_choice("node_kind"),
                organisation=owner,
                place=place,
                zone=ZONE,
                ipv4=V4,
                ipv6=V6,
                host=_of(hosts),
                ports=st.sets(PORT, max_size=3).map(lambda p: tuple(sorted(p))),
            )
        )
        for n in bare
    )
    services, links, dependencies = draw(_between(hosts, systems, nodes, least))
    people = st.none() | _CONTACTS
    projects = draw(_many(st.builds(Project, code=CODES, name=TEXT, contacts=people), least))
    resources = draw(_many(st.builds(Resource, code=CODES, name=TEXT), least))
    found = Estate(
        organisations=organisations, sites=sites, rooms=rooms, clouds=clouds, lines=lines,
        links=links, nodes=nodes, hosts=hosts, services=services, systems=systems,
        dependencies=dependencies, projects=projects, resources=resources,
    )  # fmt: skip
    return with_the_rest(found, Random(draw(st.integers(0, 2**32))), draw(SHARE))


SHARE = st.sampled_from([0.0, 0.3, 1.0])
# what a ledger takes besides any text, or a number within bounds
_FORMS: Mapping[str, tuple[Any, ...]] = {
    "cpu_arch": ("x86_64", "sw_64"),
    "type": ("extranet", "internet_leased"),
    "kind": ("front_end_machine", "access_point"),
    "power_kw": ("0", "40", "12.125", "123456789012345678.5"),
    "area_m2": ("0", "80.5"),
    "window": ("22:00-06:00",),
    "mlps_level": (1, 2, 3, 4, 5),
    "moves_at_once": (1, 1000),
    "plan_year": (1990, 2026, 2100),
    "ssh_host_key": ("ssh-ed25519 AAAAC3Nza+/=",),
    "provider": ("中国电信", "电信", "华数", "无", "甲、乙"),
}
_NOT_TOLD = ("placement", "workload", "entrance")  # of these, ledgers tell the parts


def with_the_rest(estate: Estate, random: Random, share: float) -> Estate:
    """The estate with a share of what is open in it filled in: every field that a ledger tells,
    found by the model's own types, so that a new one is here by itself."""
    codes = {kind: [o.code for o in objects] for kind, objects in estate.collections()}
    return Estate.model_validate(
        {
            kind: [_filled(kind, obj, codes, random, share) for obj in objects]
            for kind, objects in estate.collections()
        }
    )


def _filled(
    kind: str, obj: Any, codes: Mapping[str, list[str]], random: Random, share: float
) -> Any:
    told: dict[str, Any] = {}
    for name, info in MODELS[kind].model_fields.items():
        if getattr(obj, name) is not None or name in _NOT_TOLD or random.random() >= share:
            continue
        named = [c for k in REFERENCES.get(kind, {}).get(name, ()) for c in codes[k]]
        if name in REFERENCES.get(kind, {}):
            several = get_origin(_plain_type(info.annotation)) is tuple
            few = tuple(random.sample(named, min(len(named), random.randint(1, 3))))
            told[name] = (few if several else few[0]) if named else None
        elif name in fields.FIELDS[kind]:
            told[name] = _value(kind, name, _plain_type(info.annotation), random)
    return obj.model_copy(update=told)


def _plain_type(told: Any) -> Any:
    """Without None and without what is checked of it."""
    if get_origin(told) is Annotated:
        return _plain_type(get_args(told)[0])
    if get_origin(told) in (Union, types.UnionType):
        return _plain_type(next(a for a in get_args(told) if a is not type(None)))
    return told


def _value(kind: str, name: str, of: Any, random: Random) -> Any:
    if isinstance(of, EnumType):
        return random.choice(list(of))
    if name in _FORMS:
        return random.choice(_FORMS[name])
    if get_origin(of) is tuple:
        return tuple(dict.fromkeys(random.choices(WILD, k=3)))
    simple: dict[Any, Any] = {
        bool: random.random() < 0.5,
        date: date(1950, 1, 1) + timedelta(days=random.randrange(55_000)),
        int: random.choice((1, 7, 10**17 + 1 if name in fields.MONEY[kind] else 10**9)),
        str: random.choice(WILD),
        IPv4Address: IPv4Address(0x0A000000 + random.getrandbits(24)),
        IPv6Address: IPv6Address(0xFD << 120 | random.getrandbits(120)),
    }
    return simple[of]


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")

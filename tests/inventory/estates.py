"""Estates for tests: hypothesis strategies, and a small one by hand."""

from datetime import date
from ipaddress import IPv4Address
from typing import Any

from hypothesis import strategies as st

from inventory.model import (
    Dependency,
    Estate,
    Host,
    Organisation,
    Placement,
    Provenance,
    Room,
    System,
    Tree,
    Workload,
)

CODES = st.sampled_from([f"c{n}" for n in range(6)])
TEXT = st.text(max_size=12)
PROVENANCE = st.lists(
    st.builds(Provenance, field=TEXT, source=TEXT, row=st.integers(0, 9)), max_size=1
).map(tuple)


def _unique(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=5, unique_by=lambda o: o.code).map(tuple)


_PLACEMENTS = st.builds(
    Placement,
    place=CODES,
    hosts=st.tuples(CODES),
    run=TEXT,
    since=st.just("2026-01-02T03:04:05+08:00"),
)
_SYSTEMS = st.builds(
    System,
    code=CODES,
    name=TEXT,
    function=st.none() | TEXT,
    mlps_level=st.none() | st.integers(1, 5),
    approval_date=st.none() | st.dates(min_value=date(2000, 1, 1)),
    citizen_facing=st.none() | st.booleans(),
    workload=st.none() | st.just(Workload(trees=(Tree(path="/srv/a", writable=True),))),
    placement=st.none() | _PLACEMENTS,
    provenance=PROVENANCE,
)
ESTATES = st.builds(
    Estate,
    organisations=_unique(
        st.builds(Organisation, code=CODES, name=TEXT, aliases=st.lists(TEXT).map(tuple))
    ),
    rooms=_unique(st.builds(Room, code=CODES, name=TEXT, racks=st.none() | st.integers(0, 9))),
    hosts=_unique(
        st.builds(
            Host,
            code=CODES,
            name=TEXT,
            ipv4=st.none() | st.ip_addresses(v=4),
            ipv6=st.none() | st.ip_addresses(v=6),
            provenance=PROVENANCE,
        )
    ),
    systems=_unique(_SYSTEMS),
    dependencies=_unique(st.builds(Dependency, system=CODES, needs=CODES)),
)


def small_estate(hosts: int = 10) -> Estate:
    """One room, one system, `hosts` hosts: everything refers to something."""
    return Estate(
        organisations=(Organisation(code="O-1", name="澜江市交通运输局"),),
        rooms=(Room(code="R-1", name="交通运输局机房", organisation="O-1"),),
        systems=(System(code="S-1", name="门户", organisation="O-1", room="R-1"),),
        hosts=tuple(
            Host(
                code=f"h-{n}",
                name=f"h-{n}",
                place="R-1",
                system="S-1",
                ipv4=IPv4Address(f"10.21.0.{n + 1}"),
            )
            for n in range(hosts)
        ),
    )

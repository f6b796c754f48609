"""Hosts that tell the same address or the same asset number: a fault, or something shared. Pure.

A number on two assets, or an address on two machines of one network, is a fault of one of the rows
and is told at the later one, which stays: nobody knows which of the two is wrong. A cluster's or a
virtual address has several machines behind it; each department numbers its own assets, and may
have a 192.168 of its own: what may be so is noted with both places, and is no fault.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from inventory.labels import field_label
from inventory.ledger.names import name_key
from inventory.ledger.record import Record
from inventory.ledger.report import Ignored, Problem
from inventory.text import printable

_FIELDS = ("ipv4", "ipv6", "asset_tag")
_SHARED = re.compile(
    r"vip|虚拟|浮动|漂移|集群|双机|热备|主备|互备|负载|云主机|映射|nat|rac|scan|cluster|vm", re.I
)
_OWN = IPv4Network("192.168.0.0/16")  # which every office has behind its own router


def shared(hosts: Iterable[Record]) -> tuple[list[Problem], list[Ignored]]:
    """What two hosts tell alike; each is compared with the first that told it."""
    problems: list[Problem] = []
    ignored: list[Ignored] = []
    first: dict[tuple[str, Any], Record] = {}
    for record in hosts:
        for field, key in _told(record):
            before = first.setdefault((field, key), record)
            if before is record:
                continue
            may_be = field == "ipv6" or _may_be_shared(field, key, before, record)
            if may_be:
                ignored.append(_noted(before, record, field))
            else:
                problems.append(_twice(before, record, field))
    return problems, ignored


def _told(record: Record) -> Iterator[tuple[str, Any]]:
    for field in _FIELDS:
        value = record.values.get(field)
        if value is not None:
            yield field, name_key(value) if isinstance(value, str) else value


def _may_be_shared(field: str, key: Any, one: Record, other: Record) -> bool:
    """Whether both may be right."""
    if any(_SHARED.search(told.raw) for r in (one, other) for told in r.told.values()):
        return True
    if field == "asset_tag":
        return one.file != other.file
    if _differ("zone", one, other):
        return True
    private = {r.values.get("zone") for r in (one, other)} == {"private"}
    own = private or (isinstance(key, IPv4Address) and key in _OWN)
    return own and (one.file != other.file or _differ("place", one, other))


def _differ(field: str, one: Record, other: Record) -> bool:
    told = {name_key(str(r.values[field])) for r in (one, other) if field in r.values}
    return len(told) == 2


def _twice(before: Record, record: Record, field: str) -> Problem:
    label, raw = field_label("hosts", field), printable(record.told[field].raw)
    return record.problem(
        field,
        "duplicate",
        f"{label}“{raw}”已用于“{printable(before.name)}”（{printable(before.place)}），请更正其一；确为共用的，"
        f"在名称中写明集群、虚拟 IP 等 / {field} “{raw}” is that of “{printable(before.name)}” at "
        f"{printable(before.place)} already: correct one of them, or say in its name that it is shared "
        "(cluster, VIP)",
        refuses=False,
    )


def _noted(before: Record, record: Record, field: str) -> Ignored:
    told = record.told[field]
    where = f"“{printable(before.name)}”（{printable(before.place)}）"
    return Ignored(
        file=record.file,
        sheet=record.sheet,
        row=told.row or record.row,
        column=told.column,
        raw=told.raw,
        reason=f"与{where}相同，可能为共用或各自编号，请核对 / the same as that of {where}: shared, or "
        "each has numbers of its own, check it",
    )

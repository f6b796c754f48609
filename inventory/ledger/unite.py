"""Each object once: rows that tell of the same are merged, or are a conflict that names both."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from inventory.labels import field_label
from inventory.ledger.fields import CONTACTS
from inventory.ledger.names import name_key
from inventory.ledger.organisations import Organisations
from inventory.ledger.record import Record, derived_code
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.words import squeeze
from inventory.model import Estate
from inventory.text import printable

_ORGANISATIONS = ("organisation", "approving_department")
_NAMES = ("name", "place", "room", "system", "a_end", "z_end", "host", "site")


@dataclass(slots=True)
class United:
    """`again`: records of rows that were refused for saying otherwise what was said before."""

    records: list[Record] = field(default_factory=list)
    again: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)


def unite(
    records: Iterable[Record],
    known: Estate,
    organisations: Organisations,
    refused: frozenset[int] = frozenset(),
) -> United:
    """Merge the rows of one object. Two are of one object when they have the same code or, without
    one, the same name; systems of two owners may have the same name. `refused`: which of the
    records (by id) are of rows that were refused: they stay so, and what they tell is compared."""
    done = United()
    owners = {o.code: o.name for o in known.organisations}
    taken = {
        s.code: organisations.full(owners.get(s.organisation or "", "")) for s in known.systems
    }
    first: dict[tuple[str, ...], Record] = {}
    unread: dict[tuple[str, ...], Record] = {}
    for told in records:
        record = told
        if record.kind == "dependencies":
            done.records += [record] if id(told) not in refused else []
            continue
        key = _key(record)
        if (code := _of_another(record, taken, organisations)) is not None:
            record = replace(record, values={**record.values, "code": code})
            key = (record.kind, code)
        before = first.get(key)
        if id(told) in refused:
            if not record.code:
                continue
            if before is None:
                unread.setdefault(key, record)
            elif differs := _contradicts(before, record, organisations):
                done.problems.append(_conflict(before, record, differs))
            continue
        # where the first telling was refused, one that says otherwise doesn't win for that
        earlier = before or unread.get(key)
        if earlier is None:
            first[key] = record
        elif differs := _contradicts(earlier, record, organisations):
            done.problems.append(_conflict(earlier, record, differs))
            done.again.append(record)
        elif before is None:
            first[key] = record
        else:
            first[key] = _joined(before, record)
            done.ignored.append(_merged(before, record))
    done.records += first.values()
    return done


def _key(record: Record) -> tuple[str, ...]:
    """What an object is known by: ＯＡ系统 is OA系统, and yz-001 YZ-001. A service's code is made of its
    host and port, whatever it is called."""
    if "code" in record.told or record.kind == "services" or not record.name:
        return record.kind, "code", squeeze(record.number or record.code)
    if record.kind == "hosts":  # whose names are their codes
        return record.kind, "code", squeeze(record.name)
    return record.kind, "name", squeeze(record.name)


def _of_another(record: Record, taken: dict[str, str], organisations: Organisations) -> str | None:
    """A code for a system whose name another department's has already; `taken`: code → owner."""
    owner = _owner(record, organisations)
    if record.kind != "systems" or "code" in record.told or not owner:
        return None
    if taken.setdefault(record.code, owner) in ("", owner):
        return None
    return derived_code(record.kind, f"{owner}\n{record.name}")


def _owner(record: Record, organisations: Organisations) -> str:
    written = record.values.get("organisation")
    return organisations.full(written) if written else ""


def _contradicts(one: Record, other: Record, organisations: Organisations) -> tuple[str, ...]:
    """The fields of which the two say different things."""
    return tuple(
        name
        for name in one.values.keys() & other.values.keys()
        if name not in ("code", CONTACTS)
        and "unknown" not in (one.values[name], other.values[name])
        and _plain(name, one.values[name], organisations)
        != _plain(name, other.values[name], organisations)
    )


def _plain(name: str, value: Any, organisations: Organisations) -> Any:
    """A value so that two spellings of the same are equal."""
    if name in _ORGANISATIONS:
        return organisations.full(value)
    if name in _NAMES and isinstance(value, str):
        return name_key(value)
    if isinstance(value, str):
        return name_key(str(value))
    if name == "depends_on":  # names with spaces between them are split once all names are known
        return frozenset(part for names in value for part in names.split())
    return frozenset(map(str, value)) if isinstance(value, tuple) else value


def _joined(one: Record, other: Record) -> Record:
    """What both say together; where both do, as the first did."""
    values = {**other.values, **one.values}
    values |= {
        name: other.values[name]
        for name, v in one.values.items()
        if v == "unknown" and name in other.values
    }
    if CONTACTS in one.values and CONTACTS in other.values:
        people = dict.fromkeys((*one.values[CONTACTS], *other.values[CONTACTS]))
        values[CONTACTS] = tuple(people)
    return replace(one, values=values, more=(*one.more, other))


def _merged(before: Record, record: Record) -> Ignored:
    same = all(before.values.get(f) == v for f, v in record.values.items())
    reason = (
        f"与{before.place}相同 / the same as {before.place}"
        if same
        else f"并入{before.place}的同一对象 / merged with the same object at {before.place}"
    )
    return Ignored(file=record.file, sheet=record.sheet, row=record.row, reason=reason)


def _conflict(before: Record, record: Record, differs: tuple[str, ...]) -> Problem:
    by = "code" if "code" in record.told else "name"
    shown = printable(record.number or (record.code if by == "code" else record.name))
    zh = "、".join(field_label(record.kind, name) for name in sorted(differs))
    en = ", ".join(sorted(differs))
    message = (
        f"“{shown}”已出现于{before.place}，而{zh}不同，请更正其一 / “{shown}” was told at "
        f"{before.place} with another {en}: correct one of them"
    )
    return record.problem(by, "duplicate", message)

"""Objects of an estate → the rows of their kind's table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory.ledger.contacts import posts_of, read_contacts, write_contacts
from inventory.ledger.fields import CONTACTS, WITH_CONTACTS
from inventory.ledger.table import Column as HeaderColumn
from inventory.ledger.words import Words
from inventory.ledger_write.cells import cell
from inventory.ledger_write.columns import Column, columns, role_titles
from inventory.ledger_write.reader import Cell, Refused, finder, says_more
from inventory.model import Contact, Estate, System

NUMBER = "序号"
_NEEDS = "depends_on"  # a table of its own tells them, with their kind


@dataclass(frozen=True, slots=True)
class Inexact:
    """A cell that would not read back as what it stands for."""

    kind: str
    code: str
    title: str


@dataclass(slots=True)
class Filled:
    """A kind's table with its rows; `columns` are those without the running number (the first
    cell of a row) and people (the last ones, `people`)."""

    kind: str
    columns: tuple[Column, ...]
    people: tuple[str, ...]
    rows: list[list[Cell]] = field(default_factory=list)
    inexact: list[Inexact] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        return [NUMBER, *(c.title for c in self.columns), *self.people]


type Roles = Mapping[str, Mapping[str, str]]
"""Role → part of a person (name, phone, e-mail) → the header of its column."""


class Writer:
    """Writes objects of one estate; what a name means is looked up once."""

    def __init__(self, estate: Estate, words: Words) -> None:
        self._words = words
        self._find = finder(estate, words)
        self._asked: dict[tuple[str, str, type, Any], tuple[Cell, bool]] = {}
        self._by_code = {
            kind: {o.code: getattr(o, "name", o.code) for o in objects}
            for kind, objects in estate.collections()
        }

    def fill(self, kind: str, objects: Sequence[Any]) -> Filled:
        told = tuple(c for c in columns(kind, self._words) if c.field != _NEEDS)
        roles: Roles = self._roles(kind, objects) if kind in WITH_CONTACTS else {}
        people = tuple(title for titles in roles.values() for title in titles.values())
        table = Filled(kind, told, people)
        for number, obj in enumerate(objects, start=1):
            values = ledger_values(obj)
            row: list[Cell] = [number]
            for column in told:
                written, exact = self._cell(values.get(column.field), column)
                row.append(written)
                if not exact:
                    table.inexact.append(Inexact(kind, obj.code, column.title))
            people_cells, exact = self._people(getattr(obj, CONTACTS, None) or (), roles)
            if not exact:
                table.inexact.append(Inexact(kind, obj.code, people[0]))
            table.rows.append(row + people_cells)
        return table

    def _cell(self, value: Any, column: Column) -> tuple[Cell, bool]:
        """Blanks, choices and references are asked of the reader once each."""
        if value is not None and not column.options and not column.refers:
            return cell(value, column, self._words)
        key = (column.kind, column.field, type(value), value)
        if key not in self._asked:
            self._asked[key] = self._ask(value, column)
        return self._asked[key]

    def _ask(self, value: Any, column: Column) -> tuple[Cell, bool]:
        if not column.refers or value is None:
            return cell(value, column, self._words)
        if isinstance(value, tuple):
            named: Any = tuple(self._name(column.refers, code) for code in value)
            plain = "、".join(named)
        else:
            named = plain = self._name(column.refers, value)
        written, exact = cell(named, column, self._words)
        # a name that needs to be spelled out is harder to read than a code
        return (written, True) if exact and written == plain else cell(value, column, self._words)

    def _name(self, kinds: Sequence[str], code: str) -> str:
        """The name of an object where it means nothing else, else its code."""
        for kind in kinds:
            name = self._by_code[kind].get(code)
            if name and self._find(kinds, name) == {code}:
                return str(name)
        return code

    def _roles(self, kind: str, objects: Sequence[Any]) -> Roles:
        """The roles for which there are columns, in the words' order; the usual one always."""
        told = {c.role for o in objects for c in o.contacts or ()} | {self._words.some_role}
        known = dict.fromkeys(h.role for h in self._words.contacts.values() if h.role in told)
        titles = {role: role_titles(kind, role, self._words) for role in known if role}
        return {role: own for role, own in titles.items() if own}

    def _people(self, contacts: Sequence[Contact], roles: Roles) -> tuple[list[Cell], bool]:
        if not roles:
            return [], True
        cells: list[Cell] = list(_plain_people(contacts, roles))
        told_of_rows = any(says_more(c, self._words) for c in cells)
        if not told_of_rows and self._read_people(cells, roles) == tuple(contacts):
            return cells, True
        cells = [write_contacts(contacts), *[""] * (len(cells) - 1)]
        return cells, self._read_people(cells, roles) == tuple(contacts)

    def _read_people(self, cells: Sequence[Cell], roles: Roles) -> tuple[Contact, ...]:
        titles = [title for own in roles.values() for title in own.values()]
        posts = posts_of(
            (
                HeaderColumn(i, title, CONTACTS, contact=self._words.contacts[title])
                for i, title in enumerate(titles)
            ),
            self._words,
        )
        try:
            found = read_contacts(posts, cells, self._words)
        except Refused:
            return ()
        return () if found.faults else found.contacts


def _plain_people(contacts: Sequence[Contact], roles: Roles) -> Iterator[str]:
    for role, titles in roles.items():
        for part in titles:
            told = [str(getattr(c, part)) for c in contacts if c.role == role]
            yield "、".join(told) if any(told) else ""


def ledger_values(obj: Any) -> Mapping[str, Any]:
    """An object's facts by the names of a ledger's fields."""
    values = {name: getattr(obj, name) for name in type(obj).model_fields if name != "provenance"}
    return {**values, **dict(_of_system(obj))} if isinstance(obj, System) else values


def _of_system(system: System) -> Iterator[tuple[str, Any]]:
    """What a ledger tells of a system in columns of their own."""
    work, entrance = system.workload, system.entrance
    trees = work.trees if work else ()
    yield "program_trees", tuple(t.path for t in trees if not t.writable)
    yield "data_trees", tuple(t.path for t in trees if t.writable)
    yield "databases", work.databases if work else ()
    yield "services", work.services if work else ()
    yield "stateless", work.stateless if work else None
    if entrance:
        yield "entrance_node", entrance.node
        yield "entrance_port", entrance.port
        if entrance.name:
            yield "entrance_name", ("https://" if entrance.tls else "") + entrance.name
        yield "backend_port", entrance.backend_port
        yield "check_path", entrance.path
        yield "check_content", entrance.content or None

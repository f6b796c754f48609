"""People: several columns, and several people in a cell → contacts.

    联系人 | 联系电话      张三、李四 | 13800000001、13800000002
    运维人员及电话         张三 13800000001；李四（0551-6283 1234转801）

A number or address belongs to the person before it, in the cell or in the column to the left. What
can't be told apart is a fault of its cell and leaves the row as it is: no room is lost over the
telephone of its caretaker.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from inventory.ledger import literal
from inventory.ledger.cells import Cell, Refused, raw_text
from inventory.ledger.people import Kind, Person, checked, given_to, people_of
from inventory.ledger.table import Column
from inventory.ledger.words import Words
from inventory.model import Contact

REMEMBERED = 4096  # different people of rows, of one table


@dataclass(frozen=True, slots=True)
class Post:
    """The columns that tell people of one role, from left to right."""

    role: str
    columns: tuple[Column, ...]


@dataclass(slots=True)
class Found:
    """What the columns of a row tell; `faults`: cells that could not be taken."""

    contacts: tuple[Contact, ...] = ()
    told: list[tuple[str, str]] = field(default_factory=list)  # title, raw text
    faults: list[tuple[Column, str, Refused]] = field(default_factory=list)


def posts_of(columns: Iterable[Column], words: Words) -> tuple[Post, ...]:
    """Which columns belong together: a person, and the numbers and addresses to the right."""
    posts: list[tuple[str, list[Column]]] = []  # a column of names, where there is one, first
    before: list[Column] = []  # numbers with no person to their left
    told = [column for column in columns if column.contact is not None]
    named = {column.contact.role for column in told if column.contact and _names(column)}
    for column in told:
        assert column.contact is not None
        role, part = column.contact.role, column.contact.part
        if part != "name" and role == words.some_role and role not in named and posts:
            role = None  # 信息共享联络员 | 联络员电话: whoever stands to the left
        of_role = next((p for p in reversed(posts) if p[0] == role), None)
        nameless = of_role is not None and not _names(of_role[1][0])
        if role is not None and part == "name" and of_role and nameless:
            of_role[1].insert(0, column)  # 值班电话 | 值班人员
        elif role is not None and (part == "name" or of_role is None):
            posts.append((role, [column]))
        elif of_role or posts:
            (of_role or posts[-1])[1].append(column)
        else:
            before.append(column)
    if before and posts:
        posts[0][1].extend(before)
    elif before:
        posts.append((words.some_role, before))
    return tuple(Post(role, tuple(told)) for role, told in posts)


def _names(column: Column) -> bool:
    return column.contact is not None and column.contact.part == "name"


class ContactReader:
    """Reads the people of rows; departments write the same ones in row after row."""

    def __init__(self, posts: Sequence[Post], words: Words) -> None:
        self._posts, self._words = posts, words
        self._columns = [column.index for post in posts for column in post.columns]
        self._read: dict[tuple[tuple[type, Cell], ...], Found] = {}

    def read(self, cells: Sequence[Cell]) -> "Found":
        """As `read_contacts`; not to be changed."""
        told = (cells[index] if index < len(cells) else "" for index in self._columns)
        key = tuple((type(cell), cell) for cell in told)
        found = self._read.get(key)
        if found is None:
            found = read_contacts(self._posts, cells, self._words)
            if len(self._read) < REMEMBERED:
                self._read[key] = found
        return found


def read_contacts(posts: Iterable[Post], cells: Sequence[Cell], words: Words) -> Found:
    """The contacts that a row tells, each once, in the model's order."""
    found = Found()
    contacts: list[Contact] = []
    for post in posts:
        people: tuple[Person, ...] = ()
        for column in post.columns:
            cell = cells[column.index] if column.index < len(cells) else ""
            raw = raw_text(cell).strip()
            found.told.append((column.title, raw))
            try:
                people = _joined(people, people_of(cell, words), column)
            except Refused as refusal:
                found.faults.append((column, raw, refusal))
        contacts += [_contact(person.role or post.role, person) for person in people]
    unique = dict.fromkeys(contacts)
    found.contacts = tuple(sorted(unique, key=lambda c: (c.role, c.name, c.phone, c.email)))
    return found


def write_contacts(contacts: Iterable[Contact]) -> str:
    """People as a cell that reads back exactly, whatever their names hold: a JSON list behind a
    backslash, of [role, name, phone, email] each. For exports; nobody writes this by hand."""
    told = [[c.role, c.name, c.phone, c.email] for c in contacts]
    return "\\" + literal.shown(json.dumps(told, ensure_ascii=False))


def _contact(role: str, person: Person) -> Contact:
    """A number that nobody answers by name is that of the post: 值班 0551-62831234."""
    phone, email = "、".join(person.phones), "".join(person.emails)
    return Contact(role=role, name=person.name or role, phone=phone, email=email)


def _joined(
    people: tuple[Person, ...], more: tuple[Person, ...], column: Column
) -> tuple[Person, ...]:
    """The people of the columns so far with what one more column tells. Raises Refused."""
    if any(p.name for p in more):
        if not _names(column) and not all(p.phones or p.emails for p in more):
            raise Refused("bad_text", "电话或邮箱 / a telephone number or e-mail address")
        return checked((*people, *more))
    values: list[tuple[Kind, str]] = []
    for person in more:
        values += [("phone", v) for v in person.phones] + [("email", v) for v in person.emails]
    return checked(given_to(people, values, shared=True))

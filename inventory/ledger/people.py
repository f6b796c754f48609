"""The people of one cell: 张三 13800000001；李四（0551-6283 1234转801）. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from inventory.ledger import literal
from inventory.ledger.cells import Cell, Refused, is_blank, raw_text
from inventory.ledger.values import text
from inventory.ledger.words import Words, squeeze

MAX_NAME, MAX_PHONE, MAX_EMAIL = 100, 50, 254  # characters, as NetBox takes them
MAX_CELL = 1000  # characters; what is longer is no list of people, and slow to look through
_ENTRIES = re.compile(r"[、,;/\n]+")
_EMAIL = re.compile(
    r"[\w%+-]+(?:\.[\w%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII | re.I
)
_PHONE = re.compile(
    r"[+(]?[0-9](?:[0-9()-]|\s(?=[0-9(]))*[0-9](?:\s*(?:转|ext\.?)\s*[0-9]+)?", re.I
)
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_TOLD = TypeAdapter(list[tuple[str, str, str, str]])
_ALIGNED = re.compile(r"([\u4e00-\u9fff])\s+([\u4e00-\u9fff])")  # 张　三, as wide as 欧阳锋

type Kind = Literal["name", "phone", "email"]


@dataclass(frozen=True, slots=True)
class Person:
    """`role`: where the cell itself tells it (`write_contacts`)."""

    name: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    role: str = ""

    def with_(self, kind: Kind, value: str) -> "Person":
        if kind == "phone":
            return replace(self, phones=(*self.phones, value))
        return replace(self, emails=(*self.emails, value))


def people_of(cell: Cell, words: Words) -> tuple[Person, ...]:
    """The people of one cell; numbers alone are one person's without a name. Raises Refused."""
    if is_blank(cell, words):
        return ()
    if (written := raw_text(cell).strip()).startswith("\\["):
        return _literal_people(written, words)
    if isinstance(cell, bool | date) or len(raw_text(cell)) > MAX_CELL:
        raise Refused("bad_text", "姓名、电话或邮箱 / names, telephone numbers or e-mail addresses")
    tokens = [
        token
        for entry in _ENTRIES.split(unicodedata.normalize("NFKC", text(cell, "", words) or ""))
        if squeeze(entry) not in words.blank
        for token in _tokens(entry, words)
    ]
    kinds = [kind for kind, _ in tokens]
    backwards = len(kinds) > 1 and kinds[0] != "name" and kinds[-1] == "name"
    people = tuple(_read(tokens[::-1] if backwards else tokens))
    return people[::-1] if backwards else people


def _literal_people(written: str, words: Words) -> tuple[Person, ...]:
    """What `write_contacts` wrote. Raises Refused."""
    try:
        told = _TOLD.validate_json(written[1:])
    except ValidationError as error:
        raise Refused("bad_text", "导出的联系人 / contacts as exported") from error
    people = []
    for entry in told:
        role, name, phone, email = (
            text(literal.write(part), "", words) if part else "" for part in entry
        )
        phones, emails = (phone,) if phone else (), (email,) if email else ()
        people.append(Person(name or "", phones, emails, role or ""))
    return tuple(people)


def _read(tokens: Sequence[tuple[Kind, str]]) -> Iterator[Person]:
    """Runs of names, each with the run of numbers and addresses behind it."""
    names: list[Person] = []
    values: list[tuple[Kind, str]] = []
    for kind, value in tokens:
        if kind != "name":
            values.append((kind, value))
            continue
        if values:
            yield from given_to(tuple(names), values, shared=False)
            names, values = [], []
        names.append(Person(value))
    yield from given_to(tuple(names), values, shared=False)


def given_to(
    people: tuple[Person, ...], values: Sequence[tuple[Kind, str]], *, shared: bool
) -> tuple[Person, ...]:
    """People with the values told behind them: all are one person's, or each has one. A single
    one behind several is the last one's, or everybody's where `shared` and no mobile's."""
    given = list(people) or ([Person()] if values else [])
    for kind in ("phone", "email"):
        told = [value for k, value in values if k == kind]
        if not told:
            continue
        if len(given) == 1:
            pairs = [(0, value) for value in told]
        elif len(told) == len(given):
            pairs = list(enumerate(told))
        elif len(told) == 1 and not shared:
            pairs = [(len(given) - 1, told[0])]
        elif len(told) == 1 and kind == "phone" and not _MOBILE.fullmatch(told[0]):
            pairs = [(index, told[0]) for index in range(len(given))]
        else:
            raise Refused(
                "bad_text",
                f"{len(given)} 个人各一个号码或邮箱，依次以、分隔 / one number or address for "
                f"each of the {len(given)} people, in their order, with 、 between",
            )
        for index, value in pairs:
            given[index] = given[index].with_(kind, value)
    return tuple(given)


def checked(people: tuple[Person, ...]) -> tuple[Person, ...]:
    for person in people:
        if len(person.emails) > 1:
            raise Refused("bad_text", "每人一个邮箱 / one e-mail address per person")
        if len(person.name) > MAX_NAME or len("、".join(person.phones)) > MAX_PHONE:
            raise Refused(
                "bad_text",
                f"姓名至多 {MAX_NAME} 字，电话至多 {MAX_PHONE} 字 / a name of at most {MAX_NAME} "
                f"characters, numbers of at most {MAX_PHONE}",
            )
        if any(len(email) > MAX_EMAIL for email in person.emails):
            raise Refused("bad_text", f"至多 {MAX_EMAIL} 字 / at most {MAX_EMAIL} characters")
    return people


def _tokens(entry: str, words: Words) -> Iterator[tuple[Kind, str]]:
    """Names, numbers and addresses in the order in which they are written."""
    spans: list[tuple[int, int, Kind, tuple[str, ...]]] = [
        (m.start(), m.end(), "email", (m[0],)) for m in _EMAIL.finditer(entry)
    ]
    hidden = _EMAIL.sub(lambda m: "@" * len(m[0]), entry)
    dashes = re.sub(r"[‐-―−]", "-", hidden)
    spans += [
        (m.start(), m.end(), "phone", numbers)
        for m in _PHONE.finditer(dashes)
        if (numbers := tuple(_numbers(m, dashes)))
    ]
    at = 0
    for start, end, kind, values in sorted(spans):
        yield from _name(entry[at:start], words)
        yield from ((kind, value) for value in values)
        at = end
    yield from _name(entry[at:], words)


def _numbers(match: re.Match[str], entry: str) -> Iterator[str]:
    """The numbers of a stretch of digits; none where it is part of a word, such as 301室."""
    written = match[0] if match[0].count("(") == match[0].count(")") else match[0].strip("()")
    digits = len(re.findall(r"[0-9]", written))
    before, after = entry[: match.start()][-1:], entry[match.end() :][:1]
    if digits < 3 or (digits < 7 and (before.isalnum() or after.isalnum())):
        return
    parts = written.split()
    # two whole numbers side by side, or one written with spaces
    whole = len(parts) > 1 and all(len(re.findall(r"[0-9]", part)) >= 7 for part in parts)
    for part in parts if whole else ("".join(parts),):
        mobile = _MOBILE.fullmatch(re.sub(r"[()-]", "", part))
        if len(re.findall(r"[0-9]", part)) > 20:
            raise Refused("bad_text", "电话号码 / a telephone number")
        yield mobile[1] if mobile else part


def _name(written: str, words: Words) -> Iterator[tuple[Kind, str]]:
    """The name in what is left between numbers, without marks and labels such as 电话：."""
    name = re.sub(r"\s+", " ", written)
    while True:
        before = name
        name = name.strip(" :/|.·*-—_<>[]")
        if name.count("(") != name.count(")"):
            name = name.strip("()")
        name = name.removeprefix("()").removesuffix("()")
        first, last = _label_patterns(words.labels)
        if behind := last.search(name.casefold()):
            name = name[: len(name) - len(behind[0])]
        elif ahead := first.match(name.casefold()):
            name = name[len(ahead[1]) :]
        if name == before:
            break
    if not name:
        return
    if not any(c.isalpha() for c in name):
        raise Refused("bad_text", "姓名、电话或邮箱 / names, telephone numbers or e-mail addresses")
    yield "name", _ALIGNED.sub(r"\1\2", name) if _ALIGNED.fullmatch(name) else name


@lru_cache(maxsize=16)
def _label_patterns(labels: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Of a label ahead of a colon, and of one at the end; the longest goes first."""
    any_of = "|".join(map(re.escape, labels))
    return re.compile(f"({any_of}):"), re.compile(f"(?:{any_of})$")

"""Words of a city's ledgers, made quick to look up; `spelling.py` reads them from files."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from inventory.ledger.resemblance import Resemblance

if TYPE_CHECKING:
    from inventory.ledger.patterns import Spelt, Vocabulary


@lru_cache(maxsize=65536)
def squeeze(text: str) -> str:
    """How words are compared: NFKC (full width → half width), no white space, lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@dataclass(frozen=True, slots=True)
class KindWords:
    """`sheets`: words in the name of a sheet of this kind; `headers`: header → field; `like`: what
    a header has in it that no list spells out; `endings`: how names of this kind mostly end; `several`:
    header → the fields that it names together (a_end+z_end); `also`: field → another that the same
    column tells where no other does; `instead`: field → another that its
    headers may mean; `resemblance`: for what no list and no mark knows."""

    sheets: tuple[str, ...]
    headers: "Spelt"
    like: tuple["Likeness", ...]
    endings: tuple[str, ...]
    several: "Spelt"
    also: Mapping[str, str]
    instead: Mapping[str, str]
    resemblance: Resemblance

    def likely(self, header: str) -> str | None:
        """The one field that a header has the marks of."""
        found = {mark.field for mark in self.like if mark.fits(header)}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Likeness:
    """A field's header holds all of `has` and nothing of `lacks`."""

    field: str
    has: tuple[re.Pattern[str], ...]
    lacks: tuple[re.Pattern[str], ...]

    def fits(self, header: str) -> bool:
        return all(p.search(header) for p in self.has) and not any(
            p.search(header) for p in self.lacks
        )


type Part = Literal["name", "phone", "email"]


@dataclass(frozen=True, slots=True)
class ContactHeader:
    """What a header says of people: `role` None is that of the person in the column before,
    "" is that of whoever wrote the sheet, who answers for nothing."""

    role: str | None
    part: Part


@dataclass(frozen=True, slots=True)
class PeopleMarks:
    """How a header ends that names people and that no list spells out, how one that tells their
    numbers; nothing of `lacks` is in it."""

    name: re.Pattern[str]
    phone: re.Pattern[str]
    lacks: re.Pattern[str]

    def header(self, text: str) -> ContactHeader | None:
        """Its words before a part of a person are the role."""
        if self.lacks.search(text):
            return None
        if self.name.search(text):
            return ContactHeader(text.removesuffix("姓名").removesuffix("的"), "name")
        number = self.phone.search(text)
        of = text[: number.start()] if number else ""
        return ContactHeader(of, "phone") if self.name.search(of) else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What may stand around a number: `before` and `after` change nothing, `currency` makes it
    yuan, and a word of `zero` is 0."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    currency: tuple[str, ...]
    zero: frozenset[str]


@dataclass(frozen=True, slots=True)
class Bureaux:
    """`full`: short or other name of a department → its full one; `variants`: those of them that
    may be a full name too; `names`: all full ones."""

    full: Mapping[str, str]
    variants: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Words:
    """All keys are squeezed; factors are decimals towards the model's unit. `contacts`: header →
    what it says of people; `people`: what it ends in that is none of these; `some_role`: of
    people of whom no role is told; `labels`: words that
    stand before a number or address in a cell; `parts`: (part of a word, whether anywhere in it or
    at its beginning, what a word with it means) by choice; `samples`: a word for each meaning of a
    choice, to show; `vocabulary`: every header of every kind; `nouns`: by
    sort of unit, things that may stand behind it; `affixes`: what may stand before and behind the
    word of a choice; `never`: how a cell begins that says of a day that there was none;
    `products`: what names of databases begin with; `not_operators`: what holds a word of an operator
    and names none (移动办公)."""

    blank: frozenset[str]
    undecided: frozenset[str]
    ditto: frozenset[str]
    totals: tuple[str, ...]
    notes: tuple[str, ...]
    reporters: frozenset[str]
    quiet_headers: frozenset[str]
    asides: frozenset[str]
    remarks: frozenset[str]
    kinds: Mapping[str, KindWords]
    vocabulary: "Vocabulary"
    contacts: Mapping[str, ContactHeader]
    people: PeopleMarks
    some_role: str
    labels: tuple[str, ...]
    choices: Mapping[str, Mapping[str, str]]
    parts: Mapping[str, tuple[tuple[str, bool, str], ...]]
    samples: Mapping[str, tuple[str, ...]]
    units: Mapping[str, Mapping[str, Decimal]]
    any_unit: frozenset[str]
    never: tuple[str, ...]
    products: tuple[str, ...]
    nouns: Mapping[str, tuple[str, ...]]
    affixes: tuple[tuple[str, ...], tuple[str, ...]]
    numbers: Numbers
    bureaux: Bureaux
    not_operators: tuple[str, ...]

    @property
    def named_kinds(self) -> frozenset[str]:
        """The kinds whose names can be told by how they end."""
        return frozenset(kind for kind, known in self.kinds.items() if known.endings)

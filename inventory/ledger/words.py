"""The spellings in words.toml, loaded once and made quick to look up."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal


def squeeze(text: str) -> str:
    """How words are compared: NFKC (full width → half width), no white space, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class KindWords:
    """`sheets`: words in the name of a sheet of this kind; `headers`: header → field."""

    sheets: tuple[str, ...]
    headers: Mapping[str, str]


type Part = Literal["name", "phone", "email"]


@dataclass(frozen=True, slots=True)
class ContactHeader:
    """What a header says of people: `role` None is that of the person in the column before,
    "" is that of whoever wrote the sheet, who answers for nothing."""

    role: str | None
    part: Part


@dataclass(frozen=True, slots=True)
class Words:
    """All keys are squeezed; factors are decimals towards the model's unit. `contacts`: header →
    what it says of people; `some_role`: of people of whom no role is told; `labels`: words that
    stand before a number or address in a cell."""

    blank: frozenset[str]
    totals: tuple[str, ...]
    notes: tuple[str, ...]
    quiet_headers: frozenset[str]
    kinds: Mapping[str, KindWords]
    contacts: Mapping[str, ContactHeader]
    some_role: str
    labels: tuple[str, ...]
    choices: Mapping[str, Mapping[str, str]]
    units: Mapping[str, Mapping[str, Decimal]]
    short_names: Mapping[str, str]


@cache
def default_words() -> Words:
    """The shipped spellings."""
    text = files("inventory.ledger").joinpath("words.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    return Words(
        blank=frozenset(squeeze(w) for w in told["blank"]),
        totals=tuple(squeeze(w) for w in told["totals"]),
        notes=tuple(squeeze(w) for w in told["notes"]),
        quiet_headers=frozenset(squeeze(w) for w in told["quiet_headers"]),
        kinds={
            kind: KindWords(tuple(map(squeeze, table["sheets"])), _turned(table["headers"]))
            for kind, table in told["kinds"].items()
        },
        contacts=_contact_headers(told["contacts"]),
        some_role=next(iter(told["contacts"]["roles"])),
        labels=_labels(told["contacts"]["parts"]),
        choices={name: _turned(choice) for name, choice in told["choices"].items()},
        units={
            name: {squeeze(unit): Decimal(factor) for unit, factor in table.items()}
            for name, table in told["units"].items()
        },
        short_names=told["short_names"],
    )


def _contact_headers(told: Mapping[str, Any]) -> dict[str, ContactHeader]:
    """Every word of a role, alone and with each part; every part but a name alone."""
    parts: dict[Part, list[str]] = told["parts"]
    found: dict[str, ContactHeader] = {}
    for role, words in {**told["roles"], "": told["nobody"]}.items():
        for word in words:
            found[squeeze(word)] = ContactHeader(role, "name")
            for part, behind in parts.items():
                for of in behind:
                    found.setdefault(squeeze(word + of), ContactHeader(role, part))
                    for both in ("及", "和", "与", "、", "/", "及其"):
                        found.setdefault(squeeze(word + both + of), ContactHeader(role, "name"))
    for part in ("phone", "email"):
        for of in parts[part]:
            found.setdefault(squeeze(of), ContactHeader(None, part))
    return found


def _labels(parts: Mapping[str, list[str]]) -> tuple[str, ...]:
    labels = {squeeze(word) for part in ("phone", "email") for word in parts[part]}
    return tuple(sorted(labels | {"tel"}, key=lambda label: (-len(label), label)))


def _turned(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {squeeze(word): meaning for meaning, words in table.items() for word in words}

"""The spellings in `spellings/*.toml`, and a city's own over them → Words.

words = default_words()
words = load_words(Path("清河市.toml"))   # with what a city writes besides
"""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from inventory.errors import LedgerError
from inventory.ledger.merging import merged, unknown_keys
from inventory.ledger.patterns import Spelt, Vocabulary, spelt, spelt_out
from inventory.ledger.resemblance import Resemblance, Samples
from inventory.ledger.words import (
    Bureaux,
    ContactHeader,
    KindWords,
    Likeness,
    Numbers,
    Part,
    PeopleMarks,
    Words,
    squeeze,
)

_SAMPLE = 40  # words of a pattern that show what it is made of
SHIPPED = ("headers", "values", "people", "organisations")


@cache
def default_words() -> Words:
    """The shipped spellings."""
    return _words(_shipped())


def load_words(path: Path) -> Words:
    """The shipped spellings with a city's own over them; what the city says of a word goes before.

    Raises LedgerError when the file can't be read, or names something that doesn't exist.
    """
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LedgerError(
            f"词表无法读取，请检查路径与权限 / the word file can't be read, check its path and "
            f"rights: {path}: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(
            f"词表不是 UTF-8 的 TOML，请更正 / the word file is no TOML in UTF-8, correct it: "
            f"{path}: {error}"
        ) from error
    shipped = _shipped()
    if wrong := list(unknown_keys(shipped, own)):
        raise LedgerError(
            f"词表有不认识的键，请对照 docs/ledgers.md 更正 / the word file has keys that nobody "
            f"knows, see docs/ledgers.md: {path}: {'；'.join(wrong)}"
        )
    try:
        return _words(merged(shipped, own))
    except (InvalidOperation, KeyError, TypeError, AttributeError, re.error) as error:
        raise LedgerError(
            f"词表的值不合要求，请对照 docs/ledgers.md 更正 / a value in the word file can't be "
            f"used, see docs/ledgers.md: {path}: {type(error).__name__} {error}"
        ) from error


def _shipped() -> dict[str, Any]:
    told: dict[str, Any] = {}
    folder = files("inventory.ledger").joinpath("spellings")
    for name in SHIPPED:
        told |= tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    return told


def _words(told: Mapping[str, Any]) -> Words:
    groups = {name: list(map(squeeze, words)) for name, words in told["groups"].items()}
    contacts = _contact_headers(told["contacts"])
    quiet = spelt(told["quiet_headers"], groups)
    kinds = {
        kind: KindWords(
            tuple(map(squeeze, table["sheets"])),
            Spelt(table["headers"], groups),
            _likenesses(told["like"].get(kind, {})),
            tuple(map(squeeze, told["endings"].get(kind, ()))),
            Spelt(told["several"].get(kind, {}), groups),
            told["also"].get(kind, {}),
            told["instead"].get(kind, {}),
            Resemblance(partial(_sampled, table["headers"], told["quiet_headers"], groups)),
        )
        for kind, table in told["kinds"].items()
    }
    units = {
        name: {squeeze(unit): Decimal(factor) for unit, factor in table.items()}
        for name, table in told["units"].items()
    }
    numbers = {name: tuple(map(squeeze, words)) for name, words in told["numbers"].items()}
    return Words(
        blank=frozenset(map(squeeze, told["blank"])),
        undecided=frozenset(map(squeeze, told["undecided"])),
        ditto=frozenset(map(squeeze, told["ditto"])),
        totals=tuple(map(squeeze, told["totals"])),
        notes=tuple(map(squeeze, told["notes"])),
        reporters=frozenset(map(squeeze, told["reporters"])),
        quiet_headers=frozenset(quiet),
        asides=frozenset(spelt(told["asides"], groups)),
        remarks=frozenset(map(squeeze, told["remarks"])),
        kinds=kinds,
        vocabulary=Vocabulary(
            (table for k in kinds.values() for table in (k.headers, k.several)), quiet, contacts
        ),
        contacts=contacts,
        people=PeopleMarks(**{n: re.compile(m) for n, m in told["contacts"]["like"].items()}),
        some_role=next(iter(told["contacts"]["roles"])),
        labels=_labels(told["contacts"]["parts"]),
        choices={
            name: {w: m for w, m in Spelt(choice, groups).items() if not w.endswith("*")}
            for name, choice in told["choices"].items()
        },
        samples={name: _samples(choice, groups) for name, choice in told["choices"].items()},
        parts={name: _parts(choice) for name, choice in told["choices"].items()},
        units=units,
        any_unit=frozenset(unit for table in units.values() for unit in table if unit),
        products=tuple(map(squeeze, told["products"])),
        never=tuple(map(squeeze, told["never"])),
        nouns={name: _longest_first(map(squeeze, of)) for name, of in told["nouns"].items()},
        affixes=(
            _longest_first(map(squeeze, told["affixes"]["before"])),
            _longest_first(map(squeeze, told["affixes"]["after"])),
        ),
        numbers=Numbers(
            before=_longest_first(numbers["before"]),
            after=_longest_first(numbers["after"]),
            currency=numbers["currency"],
            zero=frozenset(numbers["zero"]),
        ),
        bureaux=_bureaux(told["bureaux"], told["variants"]),
        not_operators=_longest_first(map(squeeze, told["not_operators"])),
    )


def _sampled(
    headers: Mapping[str, list[str]], quiet: list[str], groups: Mapping[str, list[str]]
) -> Samples:
    """Of each pattern of each field some of the words, evenly out of all that it spells out."""
    return {
        meaning: tuple(
            tuple(words[:: 1 + len(words) // _SAMPLE])
            for pattern in patterns
            if (words := spelt([pattern], groups))
        )
        for meaning, patterns in {**headers, "": quiet}.items()
    }


def _samples(choice: Mapping[str, list[str]], groups: Mapping[str, list[str]]) -> tuple[str, ...]:
    """For each meaning the shortest of what its first word spells out."""
    first = (next((w for w in words if "*" not in w), meaning) for meaning, words in choice.items())
    spelt = (min((w for w in spelt_out(word, groups) if w), key=len) for word in first)
    return tuple(dict.fromkeys(spelt))


def _likenesses(told: Mapping[str, list[str]]) -> tuple[Likeness, ...]:
    return tuple(
        Likeness(
            field.partition("#")[0],  # a field may have several sets of marks: os, os#2
            tuple(re.compile(mark) for mark in marks if mark[:1] != "!"),
            tuple(re.compile(mark[1:]) for mark in marks if mark[:1] == "!"),
        )
        for field, marks in told.items()
    )


def _parts(choice: Mapping[str, list[str]]) -> tuple[tuple[str, bool, str], ...]:
    """已* is what begins so, *电信* what holds it."""
    return tuple(
        (squeeze(word.strip("*")), word.startswith("*"), meaning)
        for meaning, words in choice.items()
        for word in words
        if word.endswith("*")
    )


def _bureaux(short: Mapping[str, list[str]], variants: Mapping[str, list[str]]) -> Bureaux:
    full = {squeeze(word): name for name, words in short.items() for word in words}
    others = {squeeze(word): name for name, words in variants.items() for word in words}
    return Bureaux(others | full, frozenset(others), frozenset({*short, *variants}))


def _contact_headers(told: Mapping[str, Any]) -> dict[str, ContactHeader]:
    """Every word of a role, alone and with each part; every part but a name alone."""
    parts: dict[Part, list[str]] = {
        part: list(map(squeeze, words)) for part, words in told["parts"].items()
    }
    found: dict[str, ContactHeader] = {}
    for role, words in {**told["roles"], "": told["nobody"]}.items():
        name = ContactHeader(role, "name")
        headers = {part: ContactHeader(role, part) for part in parts}
        for word in map(squeeze, words):
            found[word] = name
            for part, behind in parts.items():
                for of in behind:
                    found.setdefault(word + of, headers[part])
                    for both in ("及", "和", "与", "、", "/", "及其"):
                        found.setdefault(word + both + of, name)
    for part in ("phone", "email"):
        for of in parts[part]:
            found.setdefault(of, ContactHeader(None, part))
    return found


def _labels(parts: Mapping[str, list[str]]) -> tuple[str, ...]:
    return _longest_first(
        {squeeze(word) for p in ("phone", "email") for word in parts[p]} | {"tel"}
    )


def _longest_first(words: Any) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))

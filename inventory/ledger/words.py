"""The spellings in words.toml, loaded once and made quick to look up."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files


def squeeze(text: str) -> str:
    """How words are compared: NFKC (full width → half width), no white space, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class KindWords:
    """`sheets`: words in the name of a sheet of this kind; `headers`: header → field."""

    sheets: tuple[str, ...]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """All keys are squeezed; factors are decimals towards the model's unit."""

    blank: frozenset[str]
    totals: tuple[str, ...]
    notes: tuple[str, ...]
    quiet_headers: frozenset[str]
    kinds: Mapping[str, KindWords]
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
        choices={name: _turned(choice) for name, choice in told["choices"].items()},
        units={
            name: {squeeze(unit): Decimal(factor) for unit, factor in table.items()}
            for name, table in told["units"].items()
        },
        short_names=told["short_names"],
    )


def _turned(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {squeeze(word): meaning for meaning, words in table.items() for word in words}

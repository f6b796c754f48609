"""The words of a choice that people are shown: in a template's drop-down, and where a cell is none of
them. Pure.
"""

from collections.abc import Sequence
from typing import Any

from inventory.labels import value_label
from inventory.ledger.cells import Refused
from inventory.ledger.choices import one_of
from inventory.ledger.fields import FIELDS
from inventory.ledger.words import Words, squeeze


def offered(kind: str, field: str, options: Sequence[tuple[str, Any]]) -> tuple[str, ...]:
    """One spelling of each meaning of the options (spelling, what it is read as): what the product
    calls it where the reader knows that, else the first."""
    first: dict[Any, str] = {}
    for spelling, meaning in options:
        if spelling:
            first.setdefault(meaning, spelling)
    for meaning in first:
        called = str(value_label(kind, field, meaning))
        if (squeeze(called), meaning) in options:
            first[meaning] = called
    return tuple(first.values())


_FOUND: dict[tuple[str, str, str, int], tuple[Words, tuple[str, ...]]] = {}


def _of_table(kind: str, field: str, of: str, words: Words) -> tuple[str, ...]:
    """What is offered of the table; none where the field takes other things as well. Kept by the
    words' identity, as a column may be wrong in every row."""
    key = kind, field, of, id(words)
    if key not in _FOUND:
        parser = FIELDS[kind][field]
        try:
            options = [(written, parser(written, "", words)) for written in words.choices[of]]
        except Refused:
            options = []
        _FOUND[key] = words, offered(kind, field, options)
    return _FOUND[key][1]


def with_offered(refusal: Refused, kind: str, field: str, words: Words) -> Refused:
    """The refusal, in the template's words of the choice, where it is of one; without its trace."""
    refusal = refusal.with_traceback(None)
    if refusal.of and field in FIELDS[kind]:
        told = _of_table(kind, field, refusal.of, words)
        if told:
            refusal.expected = one_of(refusal.of, told, words)
    return refusal

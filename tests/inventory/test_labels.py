"""Every field of the model has a Chinese name, and every word that it may hold."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args

import pytest

from inventory.changes import MODELS
from inventory.labels import FIELDS, VALUES, field_label, value_label, value_word
from inventory.ledger.spelling import default_words
from inventory.model import Frozen, Secrecy, Zone

OURS = {"provenance"}


def fields(kind: str, model: type[Frozen]) -> Iterator[tuple[str, str]]:
    """(collection, field) of a model and of the values in it."""
    for name, info in model.model_fields.items():
        if name not in OURS:
            yield kind, name
            for inner in classes(info.annotation):
                yield from fields(kind, inner)


def classes(annotation: Any) -> Iterator[type[Frozen]]:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        yield annotation
    for part in get_args(annotation):
        yield from classes(part)


ALL = sorted({part for kind, model in MODELS.items() for part in fields(kind, model)})


@pytest.mark.parametrize(("kind", "field"), ALL)
def test_every_field_has_a_chinese_name(kind: str, field: str) -> None:
    assert field_label(kind, field) != field


def test_every_name_is_of_a_field() -> None:
    known = {field for _, field in ALL} | {f"{kind}.{field}" for kind, field in ALL}
    assert FIELDS.keys() <= known
    assert VALUES.keys() <= known


def test_no_object_has_two_fields_of_one_name() -> None:
    for kind, model in MODELS.items():
        names = [field_label(kind, field) for field in model.model_fields if field not in OURS]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("kind", "field", "words"),
    [("hosts", "zone", Zone), ("systems", "network_domain", Zone), ("systems", "secrecy", Secrecy)],
)
def test_every_word_of_the_model_is_told_in_chinese(
    kind: str, field: str, words: type[StrEnum]
) -> None:
    for word in words:
        assert value_label(kind, field, word.value) != word.value


@pytest.mark.parametrize(
    ("kind", "field", "choice"),
    [
        ("lines", "type", "line_type"),
        ("nodes", "kind", "node_kind"),
        ("hosts", "zone", "network_domain"),
        ("systems", "secrecy", "secrecy"),
    ],
)
def test_every_word_that_a_ledger_is_read_as_is_told_in_chinese(
    kind: str, field: str, choice: str
) -> None:
    for word in set(default_words().choices[choice].values()):
        assert value_label(kind, field, word) != word


@pytest.mark.parametrize(("kind", "field"), [("lines", "type"), ("nodes", "kind")])
def test_a_word_comes_back_from_its_label_and_other_texts_stay(kind: str, field: str) -> None:
    words = VALUES[f"{kind}.{field}"]
    labels = [value_label(kind, field, word) for word in words]
    assert len(set(labels)) == len(words)
    assert [value_word(kind, field, label) for label in labels] == list(words)
    assert value_word(kind, field, "数字电路") == "数字电路"

"""The texts: every key that the code asks for is there, in both languages, with the same fields."""

import re
import string
from pathlib import Path

import pytest

import api
from api.words import TEXTS, Words
from migrator.planning.plan import Disposition, StepKind
from migrator.runs.records import ItemState, RunState, StepState
from probes.readiness.evidence import Verdict

SOURCES = sorted(Path(api.__file__).parent.rglob("*.py"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_the_same(key: str) -> None:
    chinese, english = TEXTS[key]
    assert chinese
    assert english
    assert fields(chinese) == fields(english)


def test_no_file_of_words_takes_anothers_key() -> None:
    """A file that says a key again would change what another's screens say."""
    told: dict[str, str] = {}
    for source in SOURCES:
        if source.parent.name == "words":
            for key in re.findall(r"^    \"([\w.]+)\": \(", source.read_text(), re.MULTILINE):
                assert told.setdefault(key, source.stem) == source.stem, key


def test_every_key_that_is_asked_for_exists() -> None:
    asked = {
        key
        for source in SOURCES
        for key in re.findall(r"(?:\bsay|\bwords)\(\s*\"([\w.]+)\"", source.read_text())
    }
    assert asked
    assert asked <= set(TEXTS)


def test_every_state_and_step_has_a_word() -> None:
    keys = {f"run.{state}" for state in RunState} | {f"item.{state}" for state in ItemState}
    keys |= {f"page.finding.{verdict}" for verdict in Verdict}
    keys |= {f"step.{state}" for state in StepState} | {kind.value for kind in StepKind}
    keys |= {d.value for d in Disposition if d is not Disposition.DONE}
    assert keys <= set(TEXTS)


@pytest.mark.parametrize(
    ("told", "zh", "en"),
    [
        ("无编号 / no code", "无编号", "no code"),
        ("读“a / b” / read “a / b”", "读“a / b”", "read “a / b”"),
        ("Enter a name / a slug", "Enter a name / a slug", "Enter a name / a slug"),
        ("必填", "必填", "必填"),
        ("甲 / a / b", "甲 / a / b", "甲 / a / b"),  # not told which: all of it
    ],
)
def test_a_reason_in_both_languages_is_shown_in_one(told: str, zh: str, en: str) -> None:
    assert (Words("zh").half(told), Words("en").half(told)) == (zh, en)


def test_an_unknown_word_of_the_data_is_shown_as_it_is() -> None:
    assert Words("zh").known("new-step") == "new-step"

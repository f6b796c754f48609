"""The coverage table is true, and nothing is dropped silently."""

from datetime import date

from inventory.policies.loader import load
from tests.inventory.policies import things, ways
from tests.inventory.policies.coverage import DOCS, LEFT_OUT, STANDS_FOR, required, rows, written
from tests.inventory.policies.rule_cases import XN
from tests.inventory.policies.texts import ROOT


def test_the_table_in_the_docs_is_the_one_of_today() -> None:
    text = DOCS.read_text("utf-8")
    assert written(text) == text, "run: python -m tests.inventory.policies.coverage"


def test_every_rule_has_an_entry_and_a_test_or_a_reason() -> None:
    found = rows()
    assert [r for r in found if bool(r.entries) == bool(r.reason)] == []
    assert [r for r in found if r.entries and not r.tests] == []


def test_the_requirements_numbers_are_all_there() -> None:
    told = {rule for _, rule in required()}
    assert sum(not rule.startswith("V-") for rule in told) == 118
    assert sum(rule.startswith("V-") for rule in told) == 64


def test_what_is_mapped_is_asked_for() -> None:
    assert {*LEFT_OUT, *STANDS_FOR} <= set(required())


def test_every_named_thing_has_a_line() -> None:
    found = things.things()
    assert len({thing.id for thing in found}) == len(found) == things.COUNT


def test_what_stands_for_a_thing_exists() -> None:
    wrong = [(thing.id, word) for thing in things.things() for word in things.unknown(thing)]
    assert wrong == []


def test_a_thing_for_which_nothing_stands_says_why() -> None:
    assert [thing.id for thing in things.things() if not thing.stands and not thing.rest] == []
    assert [t.id for t in things.things() if t.stands and not things.shown_by(t)] == []


def test_every_phase_is_in_the_table_and_none_is_made_up() -> None:
    told = [named for way in ways.WAYS for named in way.phases]
    assert sorted(told) == sorted(ways.phases())
    assert len(ways.WAYS) == 25  # 0 to 23, and 7a
    assert [way.number for way in ways.WAYS if not way.phases and not way.rest] == []


def test_what_shows_it_is_there() -> None:
    assert [path for path in things.SHOWN.values() if not (ROOT / path).is_dir()] == []


def test_xianning_s_instruments_end() -> None:
    pack = load(XN)
    last = date(2024, 1, 30)
    assert pack.in_force(last, "办法 第九条")
    assert not pack.in_force(date(2024, 1, 31), "办法 第九条")
    assert not pack.in_force(date(2024, 1, 31), "细则 第八条")
    assert pack.in_force(date(2024, 1, 31), "方案 二(七)")

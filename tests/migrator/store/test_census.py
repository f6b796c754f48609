"""Visits in the truth: written before and after, each with its audit entry; one read a sweep."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from inventory.facts import Failure, Package
from migrator.errors import NotFound
from migrator.store.audit import first_fault
from migrator.store.truth import Truth
from tests.inventory.looks import failed, look


class Clock:
    """A minute later at each look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return Truth.open(f"sqlite:///{tmp_path}/x.db", clock=Clock())


def begin(truth: Truth, sweep: str, code: str = "h1") -> int:
    return truth.census.begin(
        sweep, code=code, address="10.0.0.1", way="ssh", login="census", actor="zhang"
    )


def read(truth: Truth, sweep: str, code: str = "h1") -> int:
    number = begin(truth, sweep, code)
    packages = (Package("bash", "5"), Package("户", "1"))
    visit = look(code, "10.0.0.1").visit.model_copy(update={"package_list": packages})
    truth.census.end(number, visit, actor="zhang")
    return number


def test_a_sweep_and_what_was_read_in_it(truth: Truth) -> None:
    assert truth.census.sweep() is None
    first = truth.census.open("zhang")
    assert truth.census.sweep() == first
    number = read(truth, first.id)
    begin(truth, first.id, "h2")  # cut off: begun and never ended
    assert truth.census.read_in(first.id) == {"h1"}
    kept = truth.census.look(number)
    assert kept.visit.facts == look("h1", "10.0.0.1").facts
    assert kept.visit.package_list == (Package("bash", "5"), Package("户", "1"))
    second = truth.census.open("li")
    assert truth.census.sweep() == second
    assert truth.census.read_in(second.id) == frozenset()


def test_a_host_is_read_once_in_a_sweep(truth: Truth) -> None:
    sweep = truth.census.open("zhang").id
    read(truth, sweep)
    with pytest.raises(IntegrityError):
        read(truth, sweep)
    read(truth, truth.census.open("zhang").id)


def test_the_newest_look_and_failures_since(truth: Truth) -> None:
    sweep = truth.census.open("zhang").id
    first = read(truth, sweep)
    assert truth.census.failed() == {}
    number = begin(truth, sweep)
    truth.census.end(number, failed("h1", Failure.AUTH).visit, actor="zhang")
    assert truth.census.failed()["h1"].visit.failure is Failure.AUTH
    assert truth.census.latest()["h1"].id == first
    assert truth.census.latest(["h9"]) == {}
    second = read(truth, truth.census.open("zhang").id)
    assert truth.census.failed() == {}
    assert truth.census.latest()["h1"].id == second
    assert [one.id for one in truth.census.recent(30)] == [first, second]


def test_looks_that_are_none(truth: Truth) -> None:
    number = begin(truth, truth.census.open("zhang").id)
    for missing in (number, 99):
        with pytest.raises(NotFound):
            truth.census.look(missing)
    assert list(truth.census.recent(30)) == []


def test_the_audit_has_every_visit_before_and_after(truth: Truth) -> None:
    sweep = truth.census.open("zhang").id
    read(truth, sweep)
    truth.census.end(begin(truth, sweep, "h2"), failed("h2", Failure.TIMEOUT).visit, actor="zhang")
    chain = truth.audit_entries()
    assert first_fault(chain) is None
    assert [(e.action, e.object) for e in chain] == [
        ("sweep.begun", sweep),
        ("host.visit", "h1"),
        ("host.read", "h1"),
        ("host.visit", "h2"),
        ("host.failed", "h2"),
    ]
    assert chain[1].detail["as"] == "census"
    assert chain[2].detail["evidence"] == "0" * 64
    assert chain[4].detail["failure"] == "timeout"

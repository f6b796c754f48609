"""Entries of the audit that are written together are as many, and each is its own."""

import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from migrator.errors import StoreDown
from migrator.store.audit import VIA, first_fault
from migrator.store.noting import Noting
from migrator.store.truth import Truth
from tests.migrator.store_contract import errors, together

MANY = 12


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return Truth.open(f"sqlite:///{tmp_path}/qianyun.db")


class Held:
    """A store whose first transaction waits until so many others are there."""

    def __init__(self, truth: Truth) -> None:
        self.truth, self.begun = truth, 0
        self.go = threading.Event()
        self.first = threading.Event()
        self.down = False

    def writing(self) -> AbstractContextManager[Connection]:
        self.begun += 1
        if self.begun == 1:
            self.first.set()
            assert self.go.wait(30)
        elif self.down:
            raise StoreDown("away")
        return self.truth.writing()


def told(name: str, **detail: Any) -> dict[str, Any]:
    return {"at": "2026-01-02T00:00:00.000+00:00", "actor": name, "action": "audit.read",
            "object": "audit", "detail": detail}  # fmt: skip


def all_at_once(held: Held, noting: Noting) -> list[Any]:
    """One writes and is held up; the rest come meanwhile."""

    def one(number: int) -> None:
        if number:
            assert held.first.wait(30)
            VIA.set(f"token:{number}")
            if number == MANY - 1:
                while len(noting._waiting) < MANY - 2:  # the others wait by now
                    threading.Event().wait(0.001)
                held.go.set()
        noting.note(**told(f"u{number}", n=number))

    return together(MANY, one)


def test_who_comes_while_one_is_written_goes_together(truth: Truth) -> None:
    held = Held(truth)
    before = truth.audit_head()
    assert not errors(all_at_once(held, Noting(held.writing)))
    kept = truth.audit_after(before)
    assert sorted(e.actor for e in kept) == sorted(f"u{n}" for n in range(MANY))
    assert all(e.detail.get("via", "token:0") == f"token:{e.detail['n']}" for e in kept)
    assert first_fault(truth.audit_entries()) is None
    assert held.begun <= 3  # the first, those who waited, and perhaps the last


def test_whose_entry_was_not_written_hears_of_it(truth: Truth) -> None:
    held = Held(truth)
    held.down = True
    before = truth.audit_head()
    faults = errors(all_at_once(held, Noting(held.writing)))
    assert len(faults) == MANY - 1
    assert all(isinstance(fault, StoreDown) for fault in faults)
    assert [e.actor for e in truth.audit_after(before)] == ["u0"]


def test_what_cannot_be_written_is_no_fault_of_others(truth: Truth) -> None:
    noting = Noting(truth.writing)
    with pytest.raises(TypeError):
        noting.note(**told("li", of=object()))
    noting.note(**told("zhang"))
    assert truth.audit_entries()[-1].actor == "zhang"

"""Tasks and what ledgers said last, on a real SQLite and a real PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from inventory.changes import diff
from inventory.database import make_engine, reading, writing
from inventory.errors import ChangeRefused
from inventory.findings import Cause, Finding, Taken
from inventory.model import Estate, Provenance, Room
from inventory.precedence import Precedence
from inventory.reconcile import reconcile
from inventory.tables import ledger_facts, ledger_intents, metadata, tasks
from inventory.tasks import Tasks
from inventory.told import intend, last_told, remember, remember_written
from migrator.store.truth import HEAD, MIGRATIONS, upgrade
from tests.postgres import server

NOW, LATER = "2026-01-02T03:04:05.000+00:00", "2026-01-03T03:04:05.000+00:00"
TAKEN: tuple[Taken, ...] = ("netbox", "ledger")
EMPTY = Estate()
type Open = Callable[..., AbstractContextManager[Tasks]]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Engine]:
    with server() as url:
        engine = make_engine(url)
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at the newest schema whose tables of this module are empty."""
    if request.param == "postgresql":
        made: Engine = request.getfixturevalue("postgresql")
        with writing(made) as connection:
            for table in (tasks, ledger_facts, ledger_intents):
                connection.execute(delete(table))
        yield made
        return
    made = make_engine(f"sqlite:///{tmp_path}/qianyun.db")
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def store(engine: Engine) -> Open:
    @contextmanager
    def opened(now: str = NOW) -> Iterator[Tasks]:
        with writing(engine) as connection:
            yield Tasks(connection, now)

    return opened


def room(racks: int | None) -> Estate:
    return Estate(rooms=(Room(code="R", name="甲", racks=racks),))


def conflict(netbox: int | None = 2, ledger: int = 3) -> tuple[Finding, ...]:
    found = reconcile(room(1), room(netbox), room(ledger), Precedence()).findings
    assert found[0].conflict
    return found


def _of_the_search(name: str) -> bool:
    """What a database keeps to find words in logs by: its own, of which no table of ours tells."""
    return name.startswith("log_search") or name.endswith("_trigrams")


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        opts = {"include_object": lambda _, name, *more: not _of_the_search(name)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_a_conflict_becomes_one_task_however_often_it_is_found(store: Open) -> None:
    with store() as kept:
        (task,) = kept.note(conflict(), room(3), actor="张三").opened
    assert (task.kind, task.code, task.field) == ("rooms", "R", "racks")
    assert (task.netbox, task.ledger, task.snapshot, task.advice) == (2, 3, 1, "ask")
    assert (task.state, task.opened_at, task.opened_by) == ("open", NOW, "张三")
    with store(LATER) as kept:
        again = kept.note(conflict(), room(3), actor="李四")
        assert again.same == (task,)
        assert (again.opened, again.changed, again.gone) == ((), (), ())
        assert kept.listed("open") == kept.listed() == [task]


def test_what_is_no_conflict_opens_nothing(store: Open) -> None:
    found = reconcile(room(1), room(2), room(1), Precedence()).findings
    with store() as kept:
        kept.note(found, room(1), actor="张三")
        assert kept.listed() == []


def test_other_values_bring_the_open_task_up_to_date(store: Open) -> None:
    with store() as kept:
        (task,) = kept.note(conflict(), room(3), actor="张三").opened
    with store(LATER) as kept:
        (changed,) = kept.note(conflict(netbox=None, ledger=9), room(9), actor="李四").changed
        assert (changed.id, changed.netbox, changed.ledger) == (task.id, None, 9)
        assert changed.snapshot == 1
        assert changed.opened_at == NOW
        assert kept.listed() == [changed]


def test_a_conflict_that_is_no_more_closes_its_task(store: Open) -> None:
    with store() as kept:
        kept.note(conflict(), room(3), actor="张三")
        # ledgers that don't name the object say nothing about it
        assert not kept.note((), Estate(), actor="张三").gone
        (gone,) = kept.note((), room(2), actor="李四").gone
        assert (gone.state, gone.decision, gone.settled_by) == ("settled", "gone", "李四")
        assert kept.decisions() == {}


@pytest.mark.parametrize(("decision", "wanted"), [("ledger", 3), ("netbox", 2)])
def test_a_decision_is_honoured_for_its_values(store: Open, decision: Any, wanted: int) -> None:
    with store() as kept:
        (task,) = kept.note(conflict(), room(3), actor="张三").opened
        done = kept.settle(task, decision, reason="现场核对", actor="李四")
        assert (done.state, done.decision, done.reason) == ("settled", decision, "现场核对")
        assert (done.settled_by, done.settled_at) == ("李四", NOW)
        made = kept.decisions()
    found = reconcile(room(1), room(2), room(3), Precedence(), decisions=made)
    assert found.wanted == room(wanted)
    assert not found.conflicts
    assert reconcile(room(1), room(2), room(4), Precedence(), decisions=made).conflicts


def test_a_decision_for_the_ledger_is_used_once(store: Open) -> None:
    """NetBox changed to the very value again, later, is somebody's newer word."""
    with store() as kept:
        (task,) = kept.note(conflict(), room(3), actor="张三").opened
        kept.settle(task, "ledger", reason="甲", actor="李四")
        kept.note((), Estate(), actor="张三")  # other ledgers
        found = reconcile(room(1), room(2), room(3), Precedence(), decisions=kept.decisions())
        assert found.wanted == room(3)
    with store(LATER) as kept:
        kept.note(found.findings, room(3), actor="张三")
        assert kept.decisions() == {}
        (done,) = kept.listed()
        assert (done.decision, done.done_at) == ("ledger", LATER)
    assert reconcile(room(3), room(2), room(3), Precedence()).wanted == room(2)


def test_a_decision_that_is_held_back_waits(store: Open) -> None:
    with store() as kept:
        (task,) = kept.note(conflict(), room(3), actor="张三").opened
        kept.settle(task, "ledger", reason="甲", actor="李四")
        held = [f.model_copy(update={"cause": Cause.HELD}) for f in conflict()]
        kept.note(held, room(3), actor="张三")
        assert set(kept.decisions()) == {task.question}


def test_the_latest_decision_on_the_same_values_counts(store: Open) -> None:
    with store() as kept:
        for decision in TAKEN:
            (task,) = kept.note(conflict(), room(3), actor="张三").opened
            kept.settle(task, decision, reason="甲", actor="李四")
            assert set(kept.decisions().values()) == {decision}


def test_a_decision_is_made_once_and_for_a_reason(store: Open) -> None:
    with store() as kept:
        (task,) = kept.note(conflict(), room(3), actor="张三").opened
        with pytest.raises(ChangeRefused, match="reason"):
            kept.settle(task, "ledger", reason="  ", actor="李四")
        done = kept.settle(task, "ledger", reason="甲", actor="李四")
        with pytest.raises(ChangeRefused, match="李四"):
            kept.settle(done, "netbox", reason="乙", actor="王五")
        assert kept.find(task.id) == done
        assert kept.find(task.id + 1) is None


def test_of_two_open_tasks_on_one_field_the_database_takes_one(engine: Engine, store: Open) -> None:
    with store() as kept:
        kept.note(conflict(), room(3), actor="张三")
    with reading(engine) as connection:
        row = dict(connection.execute(select(tasks)).mappings().one())
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(insert(tasks).values(row | {"id": row["id"] + 1}))


def test_values_of_people_come_back_as_they_were(store: Open) -> None:
    wild = "甲\x1b[2J\u202e'); DROP TABLE tasks; --"
    sides = [Estate(rooms=(Room(code="R", name=n),)) for n in ("a", wild, '"\\')]
    with store() as kept:
        kept.note(reconcile(*sides, Precedence()).findings, sides[2], actor="张三")
        (task,) = kept.listed()
    assert (task.netbox, task.ledger) == (wild, '"\\')


class TestTold:
    def keep(self, connection: Connection, told: Estate, now: str = NOW) -> int:
        return remember(connection, told, now=now, actor="张三")

    def last(self, connection: Connection, declared: Estate, live: Estate = EMPTY) -> Estate:
        return last_told(connection, declared, snapshot=EMPTY, live=live)

    def test_is_kept_by_object(self, engine: Engine) -> None:
        told = (Provenance(field="name", source="a.xlsx"),)
        two = Estate(rooms=(Room(code="R", name="甲", provenance=told), Room(code="Q", name="乙")))
        with writing(engine) as connection:
            assert self.last(connection, two) == Estate()
            assert self.keep(connection, two) == 2
            assert self.keep(connection, two) == 0
            assert self.keep(connection, room(7), LATER) == 1
        with reading(engine) as connection:
            found = self.last(connection, two)
            assert {r.code: (r.name, r.racks) for r in found.rooms} == {
                "R": ("甲", 7),
                "Q": ("乙", None),
            }
            assert self.last(connection, room(1)) == room(7)
            assert self.last(connection, Estate()) == Estate()

    def test_facts_that_the_model_does_not_know_are_left_out(self, engine: Engine) -> None:
        with writing(engine) as connection:
            row = {"kind": "rooms", "code": "R", "facts": '{"code":"R","floors":3}'}
            row |= {"told_at": NOW, "told_by": "张三"}
            connection.execute(insert(ledger_facts).values(row))
            assert self.last(connection, room(1)) == Estate()
            assert self.keep(connection, room(1)) == 1
            assert self.last(connection, room(1)) == room(1)

    def test_of_a_write_that_was_cut_off_what_came_through_was_said(self, engine: Engine) -> None:
        """Two fields of R and one of Q were to be written; one of R was."""
        before = Estate(rooms=(Room(code="R", name="甲", racks=1), Room(code="Q", name="乙")))
        says = Estate(
            rooms=(
                Room(code="R", name="丙", racks=2, building="A 座"),
                Room(code="Q", name="丁"),
                Room(code="P", name="新", racks=5),
            )
        )
        live = Estate(
            rooms=(
                Room(code="R", name="甲", racks=2, building="别人的"),
                Room(code="Q", name="乙"),
                Room(code="P", name="新"),
            )
        )
        with writing(engine) as connection:
            self.keep(connection, before)
            *others, own = says.rooms
            wanted = Estate(rooms=(*others, own.model_copy(update={"building": None})))
            changes = diff(before, wanted)
            intend(connection, says, wanted, changes, now=NOW, actor="张三")
            assert self.last(connection, says, before) == before  # nothing was written
            came = Estate(
                rooms=(
                    Room(code="R", name="甲", racks=2, building="A 座"),
                    Room(code="Q", name="乙"),
                    Room(code="P", name="新"),
                )
            )
            assert self.last(connection, says, live) == came
            written = remember_written(
                connection, snapshot=before, live=live, now=LATER, actor="李四"
            )
            assert written == 2
            assert self.last(connection, says, before) == came  # kept, and no intent is left

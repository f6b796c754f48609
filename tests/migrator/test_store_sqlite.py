from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from migrator.errors import StoreDown
from migrator.store.audit import first_fault
from migrator.store.truth import Truth
from tests.migrator.store_contract import TruthContract, errors, together


class TestTruthOnSqlite(TruthContract):
    def drop_triggers(self, truth: Truth) -> None:
        for name in ("audit_no_update", "audit_no_delete", "audit_next"):
            self.change(truth, f"DROP TRIGGER {name}")

    @pytest.mark.parametrize(
        ("verb", "seq"), [("INSERT OR REPLACE", 2), ("INSERT", 9), ("INSERT OR REPLACE", 0)]
    )
    def test_an_entry_comes_only_after_the_last(self, truth: Truth, verb: str, seq: int) -> None:
        """OR REPLACE would pass by the trigger on delete."""
        self.three_entries(truth)
        columns = "seq, at, actor, action, object, detail, previous, hash"
        with pytest.raises(DatabaseError, match="follow each other"):
            self.change(
                truth, f"{verb} INTO audit ({columns}) VALUES (:s,'','','','','{{}}','','')", s=seq
            )
        assert len(truth.audit_entries()) == 3
        assert first_fault(truth.audit_entries()) is None


def test_opening_at_once_makes_one_schema(tmp_path: Path) -> None:
    def use(number: int) -> None:
        truth = Truth.open(f"sqlite:///{tmp_path}/new.db")
        truth.audit(f"p{number}", "note", "x")
        truth.engine.dispose()

    assert not errors(together(4, use))
    truth = Truth.open(f"sqlite:///{tmp_path}/new.db")
    assert len(truth.audit_entries()) == 4
    truth.engine.dispose()


def test_a_reader_is_not_held_up_by_a_writer(tmp_path: Path) -> None:
    truth = Truth.open(f"sqlite:///{tmp_path}/q.db")
    truth.audit("zhang", "note", "x")
    with truth.writing() as connection:
        connection.execute(text("DELETE FROM estate_snapshots"))
        assert len(truth.audit_entries()) == 1
    truth.engine.dispose()


def test_a_database_that_cannot_be_opened_is_told_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreDown, match="QIANYUN_DATABASE_URL"):
        Truth.open(f"sqlite:///{tmp_path}/folder")
    with pytest.raises(StoreDown) as told:
        Truth.open(f"postgresql+psycopg://u:geheim@/x?host={tmp_path}/nowhere")
    assert "geheim" not in str(told.value)


def test_a_database_that_breaks_is_store_down(tmp_path: Path) -> None:
    truth = Truth.open(f"sqlite:///{tmp_path}/q.db")
    truth.engine.dispose()
    (tmp_path / "q.db").write_bytes(b"not a database, whatever one hoped for" * 100)
    with pytest.raises(StoreDown):
        truth.audit_entries()
    with pytest.raises(StoreDown):
        truth.audit("zhang", "note", "x")
    truth.engine.dispose()

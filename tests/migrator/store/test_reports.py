"""Final reports in the truth: kept once, files as first written, what was handed in."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from inventory.reports.kinds import make
from inventory.reports.model import Report
from migrator.errors import NotFound, Refused, StoreDown
from migrator.store.audit import first_fault
from migrator.store.sendings import Sending
from migrator.store.truth import Truth
from tests.inventory.reports.samples import CZ, case


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return Truth.open(f"sqlite:///{tmp_path}/x.db")


@pytest.fixture(scope="module")
def report() -> Report:
    return make(case(CZ, "annual", "2018"))


def test_it_is_kept_as_it_is(truth: Truth, report: Report) -> None:
    kept = truth.reports.keep(report, {"html": b"<p>"}, actor="zhang")
    assert (kept.report, kept.digest, kept.revision) == (report, report.digest, 1)
    assert kept.files == {"html": hashlib.sha256(b"<p>").hexdigest()}
    assert truth.reports.find("annual", CZ, "2018", "") == kept == truth.reports.get(kept.id)
    assert truth.reports.content(kept.id, "html") == b"<p>"
    assert truth.reports.find("annual", CZ, "2017", "") is None
    assert truth.reports.faults() == []
    assert first_fault(truth.audit_entries()) is None


def test_it_is_final_once(truth: Truth, report: Report) -> None:
    truth.reports.keep(report, {}, actor="zhang")
    with pytest.raises(Refused, match="--revise"):
        truth.reports.keep(report, {}, actor="li")
    second = truth.reports.keep(report, {}, actor="li", reason="更正")
    assert (second.revision, second.reason) == (2, "更正")


def test_the_first_file_stays(truth: Truth, report: Report) -> None:
    kept = truth.reports.keep(report, {}, actor="zhang")
    for content in (b"one", b"two"):
        truth.reports.add_file(kept.id, "docx", content, actor="zhang")
    assert truth.reports.content(kept.id, "docx") == b"one"
    found = truth.reports.by_digest(hashlib.sha256(b"one").hexdigest())
    assert found is not None
    assert (found[0].id, found[1]) == (kept.id, "docx")
    assert truth.reports.by_digest("0" * 64) is None


@pytest.mark.parametrize("table", ["reports", "report_files", "report_sendings"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "UPDATE {} SET {}"])
def test_nothing_is_changed_or_taken_away(
    truth: Truth, report: Report, table: str, verb: str
) -> None:
    kept = truth.reports.keep(report, {"html": b"x"}, actor="zhang")
    truth.sendings.add(sending(report=kept.id), actor="zhang")
    column = {"reports": "title = ''", "report_files": "content = ''"}.get(table, "channel = ''")
    column = column.replace("title", "reason")
    with pytest.raises(IntegrityError, match="append-only"), truth.writing() as connection:
        connection.execute(text(verb.format(table, column)))


@pytest.mark.parametrize("table", ["report_files", "reports"])
def test_what_was_changed_behind_our_back_is_told(truth: Truth, report: Report, table: str) -> None:
    kept = truth.reports.keep(report, {"html": b"x"}, actor="zhang")
    forged = hashlib.sha256(b"y").hexdigest()
    with truth.writing() as connection:
        connection.execute(text(f"DROP TRIGGER {table}_no_update"))
        if table == "reports":
            connection.execute(text(f"UPDATE reports SET digest = '{forged}'"))
        else:  # with its digest: the audit still knows the old one
            connection.execute(
                text(f"UPDATE report_files SET content = x'79', digest = '{forged}'")
            )
    (fault,) = truth.reports.faults()
    assert f"report-{kept.id}" in fault


@pytest.mark.parametrize("table", ["report_files", "reports"])
def test_what_was_changed_is_not_handed_out(truth: Truth, report: Report, table: str) -> None:
    kept = truth.reports.keep(report, {"html": b"x"}, actor="zhang")
    column = "body" if table == "reports" else "content"
    with truth.writing() as connection:
        connection.execute(text(f"DROP TRIGGER {table}_no_update"))
        connection.execute(text(f"UPDATE {table} SET {column} = CAST('{{}}' AS BLOB)"))

    def ask() -> object:
        return truth.reports.content(kept.id, "html") and truth.reports.get(kept.id)

    with pytest.raises(StoreDown, match="report verify"):
        ask()


def test_what_is_gone_is_told(truth: Truth, report: Report) -> None:
    truth.reports.keep(report, {"html": b"x"}, actor="zhang")
    with truth.writing() as connection:
        connection.execute(text("DROP TRIGGER report_files_no_delete"))
        connection.execute(text("DELETE FROM report_files"))
    (fault,) = truth.reports.faults()
    assert "html" in fault


def sending(**more: object) -> Sending:
    told = {
        "policy": CZ,
        "entry": "CZ-21",
        "code": "O-0002",
        "period": "2018",
        "on": date(2019, 1, 2),
        "channel": "邮箱",
        "receiver": "领导小组办公室",
        "evidence": "回执",
    }
    return Sending(**(told | more))  # type: ignore[arg-type]


def test_what_was_handed_in_counts_as_a_record(truth: Truth) -> None:
    truth.sendings.add(sending(), actor="zhang")
    truth.sendings.add(sending(code="", entry=""), actor="zhang")  # of a place: nobody's duty
    (handed,) = truth.sendings.handed()
    assert (handed.entry, handed.code, handed.channels) == ("CZ-21", "O-0002", ("邮箱",))
    first, _ = truth.sendings.every()
    assert (first.by, first.on) == ("zhang", date(2019, 1, 2))
    with pytest.raises(Refused):
        truth.sendings.add(sending(), actor="li")


def test_there_is_no_such_report(truth: Truth) -> None:
    with pytest.raises(NotFound, match="report kept"):
        truth.reports.get(7)

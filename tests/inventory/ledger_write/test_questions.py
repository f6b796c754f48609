"""Questions to departments: exported, answered, read again."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from inventory.changes import merge_declared
from inventory.choices import Secrecy
from inventory.errors import LedgerError
from inventory.ledger import read_ledgers
from inventory.ledger_write.questions import questionnaire
from inventory.model import Estate, Organisation, Provenance, Room, System

ESTATE = Estate(
    organisations=(Organisation(code="O1", name="市教育局"),),
    rooms=(Room(code="R1", name="教育局机房"),),
    systems=(
        System(
            code="S1",
            name="=学籍系统",
            organisation="O1",
            room="R1",
            function="学籍",
            om_funds_per_year=120_000,
        ),
        System(code="S2", name="考务系统", organisation="O1", secrecy=Secrecy.NONE, memory_gib=8),
        System(code="S3", name="涉密", secrecy=Secrecy.CLASSIFIED),
    ),
)
ASKED = {"S1": ["secrecy", "storage_gib"], "S2": ["room"]}


def _answered(to: Path, answers: dict[tuple[str, str], object]) -> Path:
    """The workbook filled in by hand: (name of the system, header) → cell."""
    book = load_workbook(BytesIO(questionnaire(ESTATE, ASKED)))
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[3]}
    for row in sheet.iter_rows(min_row=4):
        for (name, head), value in answers.items():
            if row[heads["信息系统名称"] - 1].value == name:
                row[heads[head] - 1].value = value
    book.save(to)
    return to


def test_answers_come_back_and_change_nothing_else(tmp_path: Path) -> None:
    answers = {
        ("=学籍系统", "涉密情况"): "非涉密",
        ("=学籍系统", "存储(GB)"): 500,
        ("考务系统", "部署机房"): "教育局机房",
    }
    report = read_ledgers([_answered(tmp_path / "a.xlsx", answers)], known=ESTATE)
    assert report.problems == ()
    merged = merge_declared(ESTATE, report.estate)
    expected = ESTATE.model_copy(
        update={
            "systems": (
                ESTATE.system("S1").model_copy(
                    update={"secrecy": Secrecy.NONE, "storage_gib": 500}
                ),
                ESTATE.system("S2").model_copy(update={"room": "R1"}),
                ESTATE.system("S3"),
            )
        }
    )
    assert merged.digest == expected.digest


def test_unanswered_it_changes_nothing(tmp_path: Path) -> None:
    report = read_ledgers([_answered(tmp_path / "a.xlsx", {})], known=ESTATE)
    assert report.problems == ()
    assert merge_declared(ESTATE, report.estate).digest == ESTATE.digest


def test_what_is_asked_stands_first_and_red() -> None:
    sheet = load_workbook(BytesIO(questionnaire(ESTATE, ASKED))).worksheets[0]
    heads = [cell.value for cell in sheet[3]]
    red = [cell.value for cell in sheet[3] if cell.fill.start_color.rgb == "00C00000"]
    assert heads[1:4] == ["信息系统编号", "信息系统名称", "单位"]
    assert set(red) == {"涉密情况", "存储(GB)", "部署机房"}
    assert heads[4:7] == red


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"S3": ["storage_gib"]}, ValueError),
        ({"S1": ["placement"]}, ValueError),
        ({"S9": ["room"]}, KeyError),
    ],
)
def test_what_is_never_asked(asked: dict[str, list[str]], error: type[Exception]) -> None:
    with pytest.raises(error):
        questionnaire(ESTATE, asked)


def _later(**facts: object) -> Estate:
    """The estate after S1 was corrected by another ledger."""
    corrected = ESTATE.system("S1").model_copy(update=facts)
    now = {
        "provenance": (
            Provenance("storage_gib", "更正.xlsx", "信息系统", 5, "存储(GB)", "约4T"),
            Provenance("om_funds_per_year", "更正.xlsx", "信息系统", 5, "年运维费", "约12.8万元"),
        )
    }
    systems = (corrected.model_copy(update=now), *ESTATE.systems[1:])
    return ESTATE.model_copy(update={"systems": systems})


def test_what_was_not_asked_is_never_undone(tmp_path: Path) -> None:
    answers = {("=学籍系统", "涉密情况"): "非涉密"}
    now = _later(memory_gib=64, om_funds_per_year=128_000, function="学籍与学位")
    report = read_ledgers([_answered(tmp_path / "a.xlsx", answers)], known=now)
    assert (report.problems, report.ignored) == ((), ())
    kept = merge_declared(now, report.estate).system("S1")
    assert kept == now.system("S1").model_copy(
        update={"secrecy": Secrecy.NONE, "provenance": kept.provenance}
    )
    raw = {p.field: (p.source, p.raw) for p in kept.provenance}
    assert raw["om_funds_per_year"] == ("更正.xlsx", "约12.8万元")
    assert raw["secrecy"] == ("a.xlsx", "非涉密")


def test_an_answer_that_is_older_than_a_newer_fact_is_a_conflict(tmp_path: Path) -> None:
    answers = {("=学籍系统", "存储(GB)"): 500, ("考务系统", "部署机房"): "教育局机房"}
    now = _later(storage_gib=4096)
    report = read_ledgers([_answered(tmp_path / "a.xlsx", answers)], known=now)
    (told,) = report.problems
    assert (told.code, told.row, told.column, told.raw) == ("outdated", 4, "存储(GB)", "500")
    for part in ("4096", "更正.xlsx 信息系统 5", "500"):
        assert part in told.message
    merged = merge_declared(now, report.estate)
    assert merged.system("S1").storage_gib == 4096
    assert merged.system("S2").room == "R1"  # the rest is taken
    same = read_ledgers([_answered(tmp_path / "a.xlsx", answers)], known=_later(storage_gib=500))
    assert same.problems == ()


def test_a_change_that_nobody_asked_for_is_told_and_not_taken(tmp_path: Path) -> None:
    answers = {("考务系统", "内存(GB)"): 32}
    report = read_ledgers([_answered(tmp_path / "a.xlsx", answers)], known=ESTATE)
    (passed,) = report.ignored
    assert (passed.row, passed.column, passed.raw) == (5, "内存(GB)", "32")
    assert merge_declared(ESTATE, report.estate).digest == ESTATE.digest


def test_answers_about_what_is_gone_or_classified_since_say_nothing(tmp_path: Path) -> None:
    answers = {("=学籍系统", "存储(GB)"): 500, ("考务系统", "部署机房"): "教育局机房"}
    secret = ESTATE.system("S2").model_copy(update={"secrecy": Secrecy.CLASSIFIED})
    now = ESTATE.model_copy(update={"systems": (secret,)})
    report = read_ledgers([_answered(tmp_path / "a.xlsx", answers)], known=now)
    (told,) = report.problems
    assert "S1" in told.message
    assert merge_declared(now, report.estate).digest == now.digest


def test_a_record_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = _answered(tmp_path / "a.xlsx", {})
    book = load_workbook(path)
    book["问答底稿"].cell(3, 3).value = "改过"
    book.save(path)
    with pytest.raises(LedgerError, match="问答底稿"):
        read_ledgers([path], known=ESTATE)

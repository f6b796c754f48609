"""Questions to departments: exported, answered, read again."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from inventory.changes import merge_declared
from inventory.choices import Secrecy
from inventory.ledger import read_ledgers
from inventory.ledger_write.questions import questionnaire
from inventory.model import Estate, Organisation, Room, System

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

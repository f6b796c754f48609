"""A list that was sent again undoes nothing that it has no column for."""

from pathlib import Path

from inventory.ledger import read_ledgers
from inventory.model import Estate, Room, System

HEADS = "系统名称,所属单位,是否涉密,CPU核数,所在机房"
KNOWN = Estate(
    rooms=(Room(code="R-1", name="一号机房"),),
    systems=(
        System(
            code="S-1", name="门户", secrecy="none", cpu_cores=8, room="R-1", target="YUN-1",
            window="22:00-06:00", adaptation_passed=True,
        ),
    ),
)  # fmt: skip


def read(folder: Path, heads: str, *rows: str) -> System:
    file = folder / "系统.csv"
    file.write_text("\n".join((f"系统编号,{heads}", *rows)) + "\n")
    report = read_ledgers([file], known=KNOWN)
    return next(one for one in report.estate.systems if one.code == "S-1")


def test_what_has_no_column_stays(tmp_path: Path) -> None:
    found = read(tmp_path, HEADS, "S-1,门户,,否,16,一号机房")
    assert (found.cpu_cores, found.target, found.window) == (16, "YUN-1", "22:00-06:00")
    assert found.adaptation_passed is True


def test_a_blank_cell_of_a_column_says_that_there_is_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEADS},割接窗口", "S-1,门户,,否,,一号机房,")
    assert (found.cpu_cores, found.window) == (None, None)
    assert found.target == "YUN-1"


def test_a_blank_is_no_declaration_against_a_move(tmp_path: Path) -> None:
    heads = f"{HEADS},是否具备迁移条件,是否通过适配验证"
    found = read(tmp_path, heads, "S-1,门户,,否,8,一号机房,,")
    assert (found.migratable, found.adaptation_passed) == (None, None)
    told = read(tmp_path, heads, "S-1,门户,,否,8,一号机房,否,否")
    assert (told.migratable, told.adaptation_passed) == (False, False)

"""Text from people in exported files: it stays text, and none of it is lost."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook
from python_calamine import load_workbook as load_by_calamine

from inventory.errors import LedgerError
from inventory.ledger import literal, read_ledgers
from inventory.ledger_files.text_table import escape, unescape
from inventory.ledger_write import comma
from inventory.ledger_write.export import KINDS, export
from inventory.model import Contact, Estate, Organisation, System
from tests.inventory.ledger_write.wild import WILD

DANGEROUS = tuple("=+-@\t\r＝＋－＠")


def _estate(names: list[str]) -> Estate:
    return Estate(
        systems=tuple(System(code=f"S-{n}", name=t, function=t) for n, t in enumerate(names)),
        organisations=(Organisation(code="O-1", name="=O", aliases=("=1", "@a"), contacts=(
            Contact(role="联系人", name="=cmd|'/c calc'!A1", phone="+86 1", email=""),
        )),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("wild")
    export(_estate(WILD), folder / "a.xlsx")
    export(_estate(WILD), folder / "csv")
    return folder / "a.xlsx", folder / "csv"


def _same(report_of: list[Path]) -> None:
    report = read_ledgers(report_of)
    assert report.problems == ()
    assert report.estate.digest == _estate(WILD).digest


def test_wild_text_reads_back(files: tuple[Path, Path]) -> None:
    book, folder = files
    _same([book])
    _same(sorted(folder.iterdir()))


def test_a_workbook_holds_no_formula(files: tuple[Path, Path]) -> None:
    """By openpyxl the types of cells, by calamine their values."""
    book, _ = files
    for page in load_workbook(book).worksheets:
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                if isinstance(cell.value, str) and cell.value.startswith(DANGEROUS):
                    assert cell.quotePrefix
    rows = load_by_calamine(book).get_sheet_by_name("信息系统").to_python()
    names = [literal.read(str(row[2])) for row in rows[2:]]
    assert names == [s.name for s in _estate(WILD).systems]


def test_csv_holds_no_cell_that_begins_like_a_formula(files: tuple[Path, Path]) -> None:
    _, folder = files
    for path in folder.iterdir():
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        for separator in ",;\t":  # whatever the program takes for one
            for row in csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=separator):
                assert not [cell for cell in row if cell.startswith(DANGEROUS)]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_finds_no_formula(files: tuple[Path, Path], tmp_path: Path) -> None:
    book, folder = files
    saved = _converted([book], tmp_path)
    made = _converted(sorted(folder.iterdir()), tmp_path)
    assert (len(saved), len(made)) == (1, len(KINDS))
    for path in saved + made:
        for page in load_workbook(path).worksheets:
            formulas = [c.value for row in page.iter_rows() for c in row if c.data_type == "f"]
            assert formulas == []
    _same(saved)  # saved anew, it says the same


def _converted(paths: list[Path], to: Path) -> list[Path]:
    argv = ["soffice", "--headless", f"-env:UserInstallation=file://{to}/profile"]
    if paths[0].suffix == ".csv":
        argv.append("--infilter=CSV:44,34,76")  # commas, quotes, UTF-8
    argv += ["--convert-to", "xlsx", "--outdir", str(to / paths[0].suffix), *map(str, paths)]
    subprocess.run(argv, check=True, capture_output=True, timeout=300)
    return sorted((to / paths[0].suffix).iterdir())


@pytest.mark.parametrize("text", [*WILD, "", "'", "''=", "x=1", "中文"])
def test_escapes_are_undone(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(DANGEROUS)
    assert literal.read(literal.write(text)) == text


def test_a_text_longer_than_a_cell_is_refused_and_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = Estate(systems=(System(code="S-1", name="甲", function="字" * 32_768),))
    with pytest.raises(LedgerError, match=r"主要功能.*32768 字.*a cell of xlsx takes 32767"):
        export(long, tmp_path / "a.xlsx")
    assert not list(tmp_path.iterdir())
    export(long, tmp_path / "csv")
    assert read_ledgers(sorted((tmp_path / "csv").iterdir())).estate.digest == long.digest
    monkeypatch.setattr(comma, "MAX_STRING", 32_768)
    with pytest.raises(LedgerError, match="a CSV ledger takes 32768"):
        export(long, tmp_path / "other")
    full = Estate(systems=(System(code="S-1", name="甲", function="字" * 32_767),))
    assert export(full, tmp_path / "full.xlsx").changed == ()


def test_what_no_ledger_may_tell_is_told_by_the_export(tmp_path: Path) -> None:
    """Characters that can't be seen are refused in ledgers: shown as escapes, nothing is lost."""
    estate = Estate(
        systems=(
            System(code="S-1", name="甲\u200b乙", function="\x00\x1b[2J"),
            System(code="S-2", name="丙"),
        )
    )
    done = export(estate, tmp_path / "a.xlsx")
    assert done.changed == (("systems", "S-1"),)
    assert [(c.code, c.title) for c in done.inexact] == [
        ("S-1", "信息系统名称"),
        ("S-1", "主要功能"),
    ]
    rows = load_by_calamine(tmp_path / "a.xlsx").get_sheet_by_name("信息系统").to_python()
    assert rows[2][2] == '\\"甲\\u200b乙"'
    assert '\\"\\u0000\\u001b[2J"' in rows[2]
    report = read_ledgers([tmp_path / "a.xlsx"])
    assert [(p.row, p.code) for p in report.problems] == [(3, "bad_text"), (3, "bad_text")]
    assert [s.code for s in report.estate.systems] == ["S-2"]

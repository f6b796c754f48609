"""Files of reports: text from people stays text in each, figures stay figures."""

import fcntl
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook

from inventory.errors import ReportError, Unprintable
from inventory.report_write import pdf as printer
from inventory.report_write import write
from inventory.report_write.layout import groups, shown
from inventory.reports.kinds import make
from inventory.reports.model import (
    Blank,
    Column,
    Line,
    Report,
    Section,
    Source,
    Table,
    Text,
)
from tests.inventory.reports.samples import CZ, XN, case, first_office

HOSTILE = (
    "=1+1",
    "+86",
    "-2",
    "@SUM(A1)",
    "#N/A",
    '=HYPERLINK("x","y")',
    "<script>alert(1)</script>",
    "&amp; “引号” '单' \"双\"",
    "_x0041_",
    "a\x00b\x1b[2Jc",
    "一\n二",
    "{{ 7*7 }}",
)


def report(**more: Any) -> Report:
    table = Table(
        title="=表一",
        unit="单位：元",
        columns=(
            Column(title="序号", kind="number", width=3),
            Column(title="=名称", width=10),
            Column(title="金额", kind="money", group="经费"),
            Column(title="比例", kind="ratio", group="经费"),
            Column(title="日期", kind="date"),
        ),
        rows=tuple(
            (n, text, 1_234_567, 6667, "2018-12-31") for n, text in enumerate(HOSTILE, start=1)
        ),
        total=(None, "合计", 99, None, None),
        notes=("=注",),
    )
    told: dict[str, Any] = {
        "form": "lines",
        "numbers": ("F-08",),
        "layout": "form",
        "title": "=标题<b>",
        "place": "沧州市",
        "period": "2018",
        "issuer": "<i>市一局",
        "addressee": "@办公室",
        "made_on": date(2019, 1, 2),
        "cut_off": date(2018, 12, 31),
        "head": (Line(label="填报单位", value="=甲"), Line(label="日期", value="今日")),
        "foot": (Line(label="负责人"), Line(label="填表人")),
        "sections": (
            Section(
                heading="<一>",
                blocks=(Text(text="<p>段落</p>"), table, Blank(label="<留空>", lines=2)),
            ),
        ),
        "source": Source(policy=CZ, number="沧政办字", estate="0" * 64),
    }
    return Report.model_validate(told | more)


def written(made: Report, kind: str, scratch: Path = Path("no-folder-is-needed")) -> bytes:
    return write.written(made, kind, scratch)


def sheets(content: bytes) -> Iterator[Any]:
    yield from load_workbook(io.BytesIO(content)).worksheets


def test_nothing_is_a_formula() -> None:
    (sheet,) = sheets(written(report(), "xlsx"))
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    values = {cell.value for cell in cells}
    assert {"=1+1", "@SUM(A1)", "#N/A", "=标题<b>", "=名称"} <= values
    assert "_x005F_x0041_" in values  # how the format writes _x0041_, which it would read as A
    assert all(cell.quotePrefix for cell in cells if str(cell.value).startswith(("=", "@", "#")))


def test_figures_are_figures() -> None:
    (sheet,) = sheets(written(report(), "xlsx"))
    rows = [row for row in sheet.iter_rows() if row[1].value == "=1+1"]
    (row,) = rows
    assert (row[2].value, row[2].number_format) == (1_234_567, "#,##0")
    assert (row[3].value, row[3].number_format) == (0.6667, "0.0%")
    assert row[4].value.date() == date(2018, 12, 31)


def test_a_sheet_is_ready_to_print() -> None:
    (sheet,) = sheets(written(report(landscape=True), "xlsx"))
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "&P" in sheet.oddFooter.center.text
    head, foot = (int(n) for n in sheet.print_title_rows.replace("$", "").split(":"))
    assert foot == head + 1  # a header of two rows
    merged = {str(m) for m in sheet.merged_cells.ranges}
    assert "A1:E1" in merged
    assert f"C{head}:D{head}" in merged


def test_two_tables_of_one_name_are_two_sheets() -> None:
    (section,) = report().sections
    (table,) = report().tables()
    twice = section.model_copy(update={"blocks": (table, table)})
    assert len(list(sheets(written(report(sections=(twice,)), "xlsx")))) == 2


def test_a_report_without_a_table_is_no_workbook() -> None:
    with pytest.raises(ReportError, match="docx"):
        written(report(sections=()), "xlsx")


def test_a_text_that_no_cell_holds() -> None:
    (section,) = report().sections
    (table,) = report().tables()
    long = table.model_copy(update={"rows": ((1, "长" * 40_000, 1, 1, None),)})
    told = section.model_copy(update={"blocks": (long,)})
    with pytest.raises(ReportError, match="32767"):
        written(report(sections=(told,)), "xlsx")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_nothing_is_markup() -> None:
    content = written(report(), "html").decode()
    read = _Tags()
    read.feed(content)
    assert not {"script", "b", "i", "img", "a", "link"} & read.tags
    told = "".join(read.text)
    assert all(word in told for word in ("<script>alert(1)</script>", "=标题<b>", "=甲"))
    assert "\x1b" not in content
    assert "\x00" not in content
    assert "default-src 'none'" in content


def test_a_document_holds_all_of_it() -> None:
    made: Any = Document(io.BytesIO(written(report(layout="letter", seal=True), "docx")))
    lines = [p.text for p in made.paragraphs]
    assert lines[0] == "=标题<b>"
    assert "@办公室：" in lines
    assert "<p>段落</p>" in lines
    assert any(line.startswith("<i>市一局（盖章）") for line in lines)
    cells = {cell.text for row in made.tables[0].rows for cell in row.cells}
    assert {"=1+1", "1,234,567", "66.7%", "2018-12-31", "一\n二"} <= cells
    assert "a\\u0000b\\u001b[2Jc" in cells


def test_pages_have_numbers_and_wide_tables_their_own() -> None:
    wide = Table(title="宽", columns=tuple(Column(title=f"列{n}", width=10) for n in range(12)))
    sections = (Section(heading="一、", blocks=(Text(text="前"), wide, Text(text="后"))),)
    made: Any = Document(io.BytesIO(written(report(layout="letter", sections=sections), "docx")))
    turned = [section.page_width > section.page_height for section in made.sections]
    assert turned == [False, True, False]
    assert "PAGE" in made.sections[0].footer._element.xml
    assert "PAGE" in made.sections[0].even_page_footer._element.xml


def test_no_file_names_a_link_or_a_macro() -> None:
    for kind in ("xlsx", "docx"):
        names = zipfile.ZipFile(io.BytesIO(written(report(), kind))).namelist()
        assert not [n for n in names if "vba" in n.lower() or "external" in n.lower()]


def test_an_unknown_kind_of_file() -> None:
    with pytest.raises(ReportError, match="pdf"):
        written(report(), "wps")


def test_without_chromium_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(printer, "PROGRAMS", ("no-such-chromium",))
    with pytest.raises(Unprintable, match="apt-get install chromium"):
        written(report(), "pdf", tmp_path)


def test_a_printer_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(printer, "PROGRAMS", ("false",))
    with pytest.raises(Unprintable, match="html"):
        written(report(), "pdf", tmp_path / "printing")
    assert list((tmp_path / "printing").glob("print-*")) == []
    assert (tmp_path / "printing").stat().st_mode & 0o777 == 0o700


def test_what_a_killed_print_left_is_swept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the next print; one that is at work keeps its own."""
    monkeypatch.setattr(printer, "PROGRAMS", ("false",))
    left, working = tmp_path / "print-left", tmp_path / "print-working"
    for folder in (left, working):
        folder.mkdir()
        (folder / "report.html").write_text("报告", "utf-8")
    with (working / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unprintable):
            written(report(), "pdf", tmp_path)
        assert sorted(tmp_path.glob("print-*")) == [working]


@pytest.mark.skipif(
    not any(printer.shutil.which(name) for name in printer.PROGRAMS), reason="no chromium here"
)
def test_a_page_is_printed(tmp_path: Path) -> None:
    assert written(report(), "pdf", tmp_path).startswith(b"%PDF-")
    assert list(tmp_path.glob("print-*")) == []


@pytest.mark.parametrize("kind", [kind for kind in write.KINDS if kind != "pdf"])
@pytest.mark.parametrize(
    ("policy", "form"), [(CZ, "annual"), (XN, "briefing"), (XN, "self-audit"), (CZ, "holds")]
)
def test_real_reports_can_be_written(policy: str, form: str, kind: str) -> None:
    made = make(case(policy, form, scope=first_office(policy)))
    assert made.title.encode() in written(made, "html")
    assert written(made, kind)


def test_columns_that_share_a_title_above() -> None:
    (table,) = report().tables()
    assert groups(table) == [("经费", 2, 2)]
    assert shown(6667, table.columns[3]) == "66.7%"
    assert shown(None, table.columns[3]) == ""


def keeps(paragraph: Any) -> bool:
    return bool(paragraph.paragraph_format.keep_with_next)


def test_nothing_but_a_seal_begins_a_page() -> None:
    """From the last words to the last line of the colophon, each is kept with the next; an empty
    line is no words."""
    sections = (Section(heading="一、", blocks=(Text(text="前"), Blank(label="", lines=2))),)
    told = report(layout="letter", seal=True, sections=sections, foot=())
    made: Any = Document(io.BytesIO(written(told, "docx")))
    lines = made.paragraphs
    first = next(n for n, line in enumerate(lines) if line.text == "前")
    assert keeps(lines[first - 1])  # the heading
    assert all(keeps(line) for line in lines[first:-1])
    assert not keeps(lines[-1])


def test_a_last_row_stays_with_what_is_signed() -> None:
    made: Any = Document(io.BytesIO(written(report(landscape=True), "docx")))
    (table,) = made.tables
    blank = next(p for p in made.paragraphs if p.text == "<留空>")
    assert keeps(blank)
    (section,) = report().sections
    only = section.model_copy(update={"blocks": section.blocks[:2]})
    notes = only.blocks[1].model_copy(update={"notes": ()})
    only = only.model_copy(update={"blocks": (only.blocks[0], notes)})
    made = Document(io.BytesIO(written(report(sections=(only,)), "docx")))
    (table,) = made.tables
    assert all(keeps(p) for cell in table.rows[-1].cells for p in cell.paragraphs)
    assert not any(keeps(p) for cell in table.rows[1].cells for p in cell.paragraphs)


def test_a_heading_below_a_table_follows_no_empty_line() -> None:
    """LibreOffice would leave it at the foot of a page; two tables stay two."""
    (section,) = report().sections
    (table,) = report().tables()
    bare = table.model_copy(update={"title": "", "unit": "", "notes": ()})
    sections = (section.model_copy(update={"blocks": (bare, bare)}), Section(heading="二、"))
    made: Any = Document(io.BytesIO(written(report(sections=sections), "docx")))
    assert len(made.tables) == 2
    body = [e.tag.rpartition("}")[2] for e in made.element.body]
    at = [n for n, tag in enumerate(body) if tag == "tbl"]
    assert body[at[0] : at[1] + 1] == ["tbl", "p", "tbl"]
    after = next(p for p in made.paragraphs if p._p is made.element.body[at[1] + 1])
    assert (after.text, keeps(after)) == ("二、", True)


def test_a_page_keeps_its_end_together() -> None:
    sections = (Section(heading="一、", blocks=(Text(text="前"), Text(text="末段"))),)
    content = written(report(layout="letter", seal=True, sections=sections), "html").decode()
    before, _, last = content.partition('<div class="last">')
    assert "<p>前</p>" in before
    assert last.index("末段") < last.index("（盖章）") < last.index("报告核验码")


def test_labels_that_do_not_fit_stand_one_below_the_other() -> None:
    """The head of a narrow sheet: no label is cut by the grid."""
    head = tuple(Line(label=f"填报单位{n}", value="某市某县某某局" * 2) for n in range(3))
    (sheet,) = sheets(written(report(head=head), "xlsx"))
    places = [c for row in sheet.iter_rows() for c in row if str(c.value).startswith("填报单位")]
    assert [c.column for c in places] == [1, 1, 1]
    short = tuple(Line(label=f"甲{n}") for n in range(3))
    (sheet,) = sheets(written(report(head=short), "xlsx"))
    beside = [c for row in sheet.iter_rows() for c in row if str(c.value).startswith("甲")]
    assert len({c.row for c in beside}) == 1


def test_a_row_of_a_long_table_keeps_its_words() -> None:
    """Rows are copies of one; what each says is its own, blanks and line breaks with it."""
    (section,) = report().sections
    (table,) = report().tables()
    rows = (*((n, f" 甲{n} ", n, None, None) for n in range(50)), (50, "一\n二", 1, 1, None))
    told = section.model_copy(update={"blocks": (table.model_copy(update={"rows": rows}),)})
    made: Any = Document(io.BytesIO(written(report(sections=(told,)), "docx")))
    words = [row.cells[1].text for row in made.tables[0].rows[2:]]
    assert words == [*(f" 甲{n} " for n in range(50)), "一\n二", "合计"]


@pytest.mark.parametrize(
    ("title", "points"),
    [
        ("政务信息系统整合共享工作进展情况", 22),
        ("2019年12月政务信息系统整合共享工作进展情况", 18),  # its figures take room of their own
    ],
)
def test_a_title_that_just_does_not_fit_is_a_little_smaller(title: str, points: float) -> None:
    made: Any = Document(io.BytesIO(written(report(layout="briefing", title=title), "docx")))
    (line,) = (p for p in made.paragraphs if p.text == title)
    assert line.runs[0].font.size.pt == points

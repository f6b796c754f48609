"""A report as a Word document, laid out after GB/T 9704-2012: margins, fonts, 22 lines of 28 characters,
page numbers at the outer edge. Tables that don't fit get pages of their own, turned."""

import io
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.shared import Mm

from inventory.report_write import word_parts as parts
from inventory.report_write.layout import clean, colophon, lies
from inventory.report_write.word_parts import FANG, HEI, SONG, set_up, write
from inventory.report_write.word_table import add_table
from inventory.reports.model import Blank, Block, Report, Section, Table, Text
from inventory.reports.model import Line as Told
from inventory.reports.phrases import day

_UPRIGHT, _TURNED = (210, 297), (297, 210)
_TEXT_MM = {False: 156, True: 261}
_INDENT = 32  # two characters of 16 pt
_GAP = 10  # points below a table


def document(report: Report) -> bytes:
    """The file."""
    made: Any = Document()
    parts.language(made)
    made.core_properties.title = clean(report.title)
    made.core_properties.author = "迁云 Qianyun"
    made.core_properties.created = datetime.combine(report.made_on, time.min, UTC)
    made.settings.odd_and_even_pages_header_footer = True
    writer = _Writer(made, report, turned=lies(report))
    writer.write()
    packed = io.BytesIO()
    made.save(packed)
    return packed.getvalue()


class _Writer:
    """`turned`: whether the pages being written lie on their side."""

    def __init__(self, made: Any, report: Report, *, turned: bool) -> None:
        self.made, self.report, self.turned = made, report, turned
        self.home = turned
        self.under_table = False  # no line yet below a table
        _page(made.sections[0], turned=turned)
        _numbers(made.sections[0])

    def write(self) -> None:
        self._opening()
        for section in self.report.sections:
            self._section(section)
        parts.tie(self.made.element.body)
        self._ending()
        for annex in self.report.annexes:
            wide = any(isinstance(b, Table) and b.wide for b in annex.blocks)
            self._turn(turned=wide or self.home, anew=True)
            self._line(annex.heading, HEI, 16, align="left", keep=True)
            for block in annex.blocks:
                self._block(block)
        if self.under_table:
            self._line("", spacing=10)  # a document doesn't end with a table

    def _line(self, text: str, font: str = FANG, size: float = 16, **how: Any) -> Any:
        # room below a table, and no empty line: LibreOffice leaves a heading behind that follows one
        if self.under_table:
            how["before"] = how.get("before", 0) + _GAP
            self.under_table = False
        paragraph = set_up(self.made.add_paragraph(), **how)
        write(paragraph, text, font, size)
        return paragraph

    def _opening(self) -> None:
        report = self.report
        if report.layout == "briefing":
            self._masthead()
        self._line(
            report.title,
            SONG,
            _title_size(report.title),
            align="center",
            spacing=34,
            after=4,
            keep=True,
        )
        if report.subtitle:
            self._line(report.subtitle, align="center", keep=True)
        if report.draft:
            self._line("（草稿：数据未到截止日）", align="center")
        if report.layout == "letter" and report.addressee:
            self._line(f"{report.addressee}：", before=12)
        if report.head:
            self._apart(report.head)

    def _masthead(self) -> None:
        report = self.report
        name = self._line(report.masthead, SONG, 44, align="center", spacing=64, after=6)
        name.runs[0].font.color.rgb = parts.RED
        self._line(f"第{report.issue or '　'}期", align="center", after=6)
        told = (Told(label="", value=report.issuer), Told(label="", value=day(report.made_on)))
        last = self._apart(told)
        parts.rule(last, "bottom", colour="D00000", eighths=18)
        self._line("", spacing=14)

    def _apart(self, lines: tuple[Told, ...]) -> Any:
        """Side by side, the last at the right edge."""
        gap = _GAP if self.under_table else 0
        self.under_table = False
        paragraph = set_up(self.made.add_paragraph(), align="left", spacing=24, before=gap)
        room = _TEXT_MM[self.turned]
        for number, one in enumerate(lines):
            if number:
                last = number == len(lines) - 1 and len(lines) == 2
                at = Mm(room) if last else Mm(room * number / len(lines))
                stop = parts.WD_TAB_ALIGNMENT.RIGHT if last else parts.WD_TAB_ALIGNMENT.LEFT
                paragraph.paragraph_format.tab_stops.add_tab_stop(at, stop)
                write(paragraph, "", FANG, 14).add_tab()
            write(paragraph, f"{one.label}：{one.value}" if one.label else one.value, FANG, 14)
        return paragraph

    def _section(self, section: Section) -> None:
        if section.heading:
            self._line(section.heading, HEI, 16, indent=_INDENT, align="left", keep=True)
        for block in section.blocks:
            self._block(block)
        self._turn(turned=self.home)

    def _turn(self, *, turned: bool, anew: bool = False) -> None:
        """Go on, on pages that lie the other way."""
        if turned == self.turned and not anew:
            return
        section = self.made.add_section(WD_SECTION.NEW_PAGE)
        self.under_table = False
        _page(section, turned=turned)
        self.turned = turned

    def _block(self, block: Block) -> None:
        if isinstance(block, Table):
            self._turn(turned=self.home or block.wide)
            self._table(block)
            return
        self._turn(turned=self.home)
        if isinstance(block, Text):
            # a justified paragraph would stretch the lines before its own breaks
            where = "left" if "\n" in block.text else "justify"
            self._line(block.text, indent=_INDENT, align=where)
            return
        assert isinstance(block, Blank)
        if block.label:
            self._line(block.label, indent=_INDENT)
        for _ in range(block.lines):
            self._line("")

    def _table(self, table: Table) -> None:
        if table.title:
            self._line(table.title, HEI, 12, align="center", spacing=22, before=6, keep=True)
        if table.unit:
            self._line(table.unit, FANG, 9, align="right", spacing=14, keep=True)
        if self.under_table:
            self._line("", spacing=10)  # or Word makes one table of two
        add_table(self.made, table, _TEXT_MM[self.turned])
        several = len(table.notes) > 1
        for number, note in enumerate(table.notes, start=1):
            text = f"注{number if several else ''}：{note}"
            self._line(text, FANG, 9, align="left", spacing=13)
        self.under_table = True

    def _ending(self) -> None:
        report = self.report
        if report.seal:
            self._line("", keep=True)
            self._line(f"{report.issuer}（盖章）　　", align="right", keep=True)
            self._line(f"{day(report.made_on)}　　", align="right", keep=True)
        if report.foot:
            self._apart(report.foot).paragraph_format.keep_with_next = True
        for number, one in enumerate(report.copies):
            line = self._line(f"{one.label}：{one.value}", FANG, 14, align="left", keep=True)
            if number == 0:
                line.paragraph_format.space_before = parts.Pt(24)
                parts.rule(line, "top")
            parts.rule(line, "bottom", eighths=4)
        first, *others = colophon(report)
        lines = [self._line(first, FANG, 8, align="left", spacing=11, before=10, keep=bool(others))]
        lines += [self._line(text, FANG, 8, align="left", spacing=11) for text in others]
        for line in lines:
            line.runs[0].font.color.rgb = parts.GREY


def _title_size(title: str) -> float:
    """Points: a little smaller where that saves a second line with two or three characters. Beside
    figures a word processor leaves a quarter of a character."""
    wide = [ord(c) > 255 for c in title]
    length = sum(1.0 if one else 0.55 for one in wide)
    length += 0.25 * sum(one != other for one, other in pairwise(wide))
    if 22 < length <= 24.5:
        return 18
    return 20 if 19.5 < length <= 22 else 22


def _page(section: Any, *, turned: bool) -> None:
    across, down = _TURNED if turned else _UPRIGHT
    section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(across), Mm(down)
    if turned:
        section.top_margin, section.bottom_margin = Mm(22), Mm(20)
        section.left_margin, section.right_margin = Mm(18), Mm(18)
    else:
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(12 if turned else 25)


def _numbers(section: Any) -> None:
    parts.page_number(section.footer, "right")
    parts.page_number(section.even_page_footer, "left")

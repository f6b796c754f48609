"""What python-docx has no call for: fonts of Chinese text, page numbers, borders, header rows."""

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from inventory.report_write.layout import clean

SONG, FANG, HEI = "方正小标宋简体", "仿宋_GB2312", "黑体"
__all__ = ["ALIGN", "FANG", "GREY", "HEI", "RED", "SONG", "WD_TAB_ALIGNMENT", "Pt"]
LATIN = "Times New Roman"
RED, GREY = RGBColor(0xD0, 0, 0), RGBColor(0x7F, 0x7F, 0x7F)
ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


def write(
    paragraph: Any, text: str, font: str = FANG, size: float = 16, *, bold: bool = False
) -> Any:
    """A run of text in a Chinese font; its own line breaks are kept. Size in points."""
    run = paragraph.add_run(clean(text))
    run.font.size = Pt(size)
    run.font.name = LATIN
    run.bold = bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    return run


def set_up(
    paragraph: Any,
    *,
    align: str = "justify",
    spacing: float = 28,
    indent: float = 0,
    before: float = 0,
    after: float = 0,
    keep: bool = False,
) -> Any:
    """All in points; `keep`: on the page of what follows."""
    form = paragraph.paragraph_format
    form.alignment = ALIGN[align]
    form.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    form.line_spacing = Pt(spacing)
    form.first_line_indent = Pt(indent)
    form.space_before, form.space_after = Pt(before), Pt(after)
    form.keep_with_next = keep
    return paragraph


def field(paragraph: Any, code: str) -> None:
    """A field such as PAGE."""
    made = OxmlElement("w:fldSimple")
    made.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    made.append(run)
    paragraph._p.append(made)


def page_number(footer: Any, align: str) -> None:
    """— 1 —, at the outer edge (GB/T 9704 7.5)."""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = ALIGN[align]
    write(paragraph, "— ", "宋体", 14)
    field(paragraph, "PAGE")
    write(paragraph, " —", "宋体", 14)


def rule(paragraph: Any, where: str, *, colour: str = "000000", eighths: int = 8) -> None:
    """A line above or below a paragraph."""
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        # the schema wants it before what comes after it
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc"
        )
    line = OxmlElement(f"w:{where}")
    for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "1")):
        line.set(qn(f"w:{name}"), value)
    line.set(qn("w:color"), colour)
    borders.append(line)


def repeat(row: Any) -> None:
    """A header row: again on every page."""
    made = OxmlElement("w:tblHeader")
    made.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(made)


def whole(row: Any) -> None:
    """A row that no page break cuts."""
    made = OxmlElement("w:cantSplit")
    made.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(made)


def narrow(table: Any) -> None:
    """Little room at the sides of each cell, as forms have."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        made = OxmlElement(f"w:{side}")
        made.set(qn("w:w"), "40")  # twentieths of a point
        made.set(qn("w:type"), "dxa")
        margins.append(made)
    # the schema wants it before tblLook
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption")


def language(document: Any) -> None:
    """Chinese, and what is Latin in it English, never to be checked for spelling; default fonts."""
    style = document.styles["Normal"]
    style.font.name = LATIN
    properties = style.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), FANG)
    told = OxmlElement("w:lang")
    told.set(qn("w:val"), "en-US")  # or LibreOffice breaks 200GiB anywhere, as it may Chinese
    told.set(qn("w:eastAsia"), "zh-CN")
    properties.append(told)


def tie(body: Any) -> None:
    """Keep what stands last on the page of what comes next: empty lines, and the first paragraph or
    row above them that says something."""
    for element in reversed(list(body)):
        if element.tag == qn("w:tbl"):
            for paragraph in list(element.iter(qn("w:tr")))[-1].iter(qn("w:p")):
                _keep(paragraph)
            return
        if element.tag != qn("w:p"):
            continue
        if element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None:
            return
        _keep(element)
        if any(text.text for text in element.iter(qn("w:t"))):
            return


def _keep(paragraph: Any) -> None:
    properties = paragraph.get_or_add_pPr()
    properties.keepNext_val = True

"""A report as one HTML file, printable on A4. Everything that people wrote is escaped."""

from collections.abc import Iterable, Iterator
from html import escape

from inventory.report_write.layout import (
    DIGITS,
    align,
    clean,
    colophon,
    groups,
    lies,
    shown,
)
from inventory.reports.model import Blank, Block, Cell, Report, Section, Table, Text
from inventory.reports.model import Line as Told
from inventory.reports.phrases import day

_SONG = '"方正小标宋简体","FZXiaoBiaoSong-B05S","华文中宋","STZhongsong","SimSun","Noto Serif CJK SC",serif'
_FANG = '"仿宋_GB2312","仿宋","FangSong","STFangsong","Noto Serif CJK SC",serif'
_HEI = '"黑体","SimHei","Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif'

_CSS = f"""
@page {{ size: A4; margin: 37mm 26mm 35mm 28mm; @bottom-center {{ content: "— " counter(page) " —";
  font: 12pt {_SONG}; }} }}
@page wide {{ size: A4 landscape; margin: 20mm 15mm 18mm 15mm; }}
body {{ font: 16pt/28pt {_FANG}; color: #000; margin: 0 auto; max-width: 156mm; }}
body.wide {{ page: wide; max-width: 267mm; }}
h1 {{ font: 22pt/34pt {_SONG}; text-align: center; margin: 0 0 6pt;
  text-wrap: balance; }}
h2 {{ font: 16pt/28pt {_HEI}; margin: 0; text-indent: 2em; break-after: avoid; }}
p {{ margin: 0; text-indent: 2em; text-align: justify; white-space: pre-line; }}
p.to, p.middle, p.right, p.small, figure p {{ text-indent: 0; }}
p.middle {{ text-align: center; }} p.right {{ text-align: right; }}
p.small {{ font-size: 8pt; line-height: 12pt; color: #555; }}
.apart {{ display: flex; justify-content: space-between; font-size: 11pt; line-height: 20pt; }}
.apart span {{ flex: 1; }}
.annex {{ break-before: page; }} .annex.wide {{ page: wide; }} .hei {{ font-family: {_HEI}; }}
figure {{ margin: 8pt 0; }} figure.wide {{ page: wide; }}
figcaption {{ font: 12pt/20pt {_HEI}; text-align: center; }}
figure p {{ font-size: 9pt; line-height: 13pt; }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed;
  font-size: 9pt; line-height: 13pt; }}
thead {{ display: table-header-group; }} tr {{ break-inside: avoid; }}
th, td {{ border: 0.5pt solid #000; padding: 2pt 3pt; overflow-wrap: anywhere; white-space: pre-line; }}
th {{ font-family: {_HEI}; font-weight: normal; }}
td.right {{ text-align: right; }} td.center {{ text-align: center; }}
td.date {{ white-space: nowrap; padding: 2pt 0; }} .rule span:last-child {{ text-align: right; }}
tr.total td {{ font-weight: bold; }}
.blank {{ border-bottom: 0.5pt solid #999; height: 26pt; }}
.seal {{ margin: 28pt 2em 0 0; text-align: right; break-inside: avoid; }}
.seal p {{ text-indent: 0; text-align: right; }}
.masthead {{ font: 44pt/60pt {_SONG}; color: #d00; text-align: center; letter-spacing: 6pt; }}
.rule {{ border-bottom: 2pt solid #d00; margin-bottom: 16pt; }}
.copies {{ border-top: 1pt solid #000; border-bottom: 1pt solid #000; margin-top: 24pt;
  break-inside: avoid; }}
.copies p {{ text-indent: 0; font-size: 14pt; }}
figcaption, .unit, thead, thead tr {{ break-after: avoid; }} p.small, .last {{ break-before: avoid; }}
.last {{ break-inside: avoid; }} tr.total, tbody tr:last-child {{ break-before: avoid; }}
@media print {{ body, body.wide {{ max-width: none; }} }}
@media screen {{ body {{ padding: 12mm; }} }}
"""


def page(report: Report) -> bytes:
    """The file, UTF-8. It loads nothing and runs nothing."""
    wide = lies(report)
    parts = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        f"<title>{_e(report.title)}</title><style>{_CSS}{_marked(report)}</style></head>",
        f'<body class="{"wide" if wide else ""}">',
        *_opening(report),
        *_body(report, wide=wide),
        *(part for annex in report.annexes for part in _annex(annex)),
        "</body></html>",
    ]
    return "\n".join(parts).encode("utf-8", "backslashreplace")


def _marked(report: Report) -> str:
    """The digest at the foot of every sheet: one that lies alone can be told apart."""
    mark = f"核验码 {report.digest[:DIGITS]}"
    return f'@page {{ @bottom-right {{ content: "{mark}"; font: 9pt {_FANG}; }} }}'


def _e(text: str) -> str:
    return escape(clean(text))


def _opening(report: Report) -> Iterator[str]:
    if report.layout == "briefing":
        yield f'<div class="masthead">{_e(report.masthead)}</div>'
        yield f'<p class="middle">第{report.issue or "　"}期</p>'
        told = (Told(label="", value=report.issuer), Told(label="", value=day(report.made_on)))
        yield f'<div class="rule apart">{_spans(told)}</div>'
    yield f"<h1>{_e(report.title)}</h1>"
    if report.subtitle:
        yield f'<p class="middle">{_e(report.subtitle)}</p>'
    if report.draft:
        yield '<p class="middle">（草稿：数据未到截止日）</p>'
    if report.layout == "letter" and report.addressee:
        yield f'<p class="to">{_e(report.addressee)}：</p>'
    if report.head:
        yield f'<div class="apart">{_spans(report.head)}</div>'


def _spans(lines: Iterable[Told]) -> str:
    return "".join(
        f"<span>{_e(f'{one.label}：{one.value}' if one.label else one.value)}</span>"
        for one in lines
    )


def _section(section: Section, *, wide: bool) -> Iterator[str]:
    if section.heading:
        yield f"<h2>{_e(section.heading)}</h2>"
    for block in section.blocks:
        yield _block(block, wide=wide)


def _body(report: Report, *, wide: bool) -> Iterator[str]:
    """The sections. Nothing but a seal or a colophon never begins a page: it keeps the last
    paragraph with it."""
    parts = [part for section in report.sections for part in _section(section, wide=wide)]
    *_, last = report.sections[-1].blocks if report.sections else [None]
    with_it = [parts.pop()] if isinstance(last, Text | Blank) else []
    yield from parts
    yield '<div class="last">'
    yield from with_it
    yield from _ending(report)
    yield "</div>"


def _annex(annex: Section) -> Iterator[str]:
    turned = any(isinstance(b, Table) and b.wide for b in annex.blocks)
    yield f'<section class="annex{" wide" if turned else ""}">'
    yield f'<p class="to hei">{_e(annex.heading)}</p>'
    yield from (_block(block, wide=turned) for block in annex.blocks)
    yield "</section>"


def _block(block: Block, *, wide: bool) -> str:
    if isinstance(block, Table):
        return _table(block, wide=wide)
    if isinstance(block, Text):
        return f"<p>{_e(block.text)}</p>"
    assert isinstance(block, Blank)
    label = f"<p>{_e(block.label)}</p>" if block.label else ""
    return label + '<div class="blank"></div>' * block.lines


def _table(table: Table, *, wide: bool) -> str:
    total = table.width
    columns = "".join(f'<col style="width:{100 * c.width / total:.2f}%">' for c in table.columns)
    caption = f"<figcaption>{_e(table.title)}</figcaption>" if table.title else ""
    unit = f'<p class="right unit">{_e(table.unit)}</p>' if table.unit else ""
    rows = "".join(_row(table, row) for row in table.rows)
    if not table.rows:
        rows = f'<tr><td class="center" colspan="{len(table.columns)}">{_e(table.empty)}</td></tr>'
    if table.total:
        rows += _row(table, table.total, total=True)
    several = len(table.notes) > 1
    notes = "".join(
        f"<p>注{number if several else ''}：{_e(note)}</p>"
        for number, note in enumerate(table.notes, start=1)
    )
    turned = ' class="wide"' if table.wide and not wide else ""
    return (
        f"<figure{turned}>{caption}{unit}<table><colgroup>{columns}</colgroup>"
        f"<thead>{_heads(table)}</thead><tbody>{rows}</tbody></table>{notes}</figure>"
    )


def _heads(table: Table) -> str:
    grouped = {first: (title, count) for title, first, count in groups(table)}
    if not grouped:
        return f"<tr>{''.join(f'<th>{_e(c.title)}</th>' for c in table.columns)}</tr>"
    upper, lower = [], []
    for number, column in enumerate(table.columns):
        if number in grouped:
            title, count = grouped[number]
            upper.append(f'<th colspan="{count}">{_e(title)}</th>')
        if column.group:
            lower.append(f"<th>{_e(column.title)}</th>")
        else:
            upper.append(f'<th rowspan="2">{_e(column.title)}</th>')
    return f"<tr>{''.join(upper)}</tr><tr>{''.join(lower)}</tr>"


def _row(table: Table, row: tuple[Cell, ...], *, total: bool = False) -> str:
    cells = "".join(
        f'<td class="{align(column)} {column.kind}">{escape(shown(cell, column))}</td>'
        for cell, column in zip(row, table.columns, strict=True)
    )
    return f"<tr{' class="total"' if total else ''}>{cells}</tr>"


def _ending(report: Report) -> Iterator[str]:
    if report.seal:
        yield f'<div class="seal"><p>{_e(report.issuer)}（盖章）</p><p>{day(report.made_on)}</p></div>'
    if report.foot:
        yield f'<div class="apart">{_spans(report.foot)}</div>'
    if report.copies:
        told = "".join(f"<p>{_e(c.label)}：{_e(c.value)}</p>" for c in report.copies)
        yield f'<div class="copies">{told}</div>'
    for line in colophon(report):
        yield f'<p class="small">{_e(line)}</p>'

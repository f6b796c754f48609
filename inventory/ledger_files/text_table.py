"""CSV: UTF-8 with or without BOM, UTF-16 with BOM (what Excel calls Unicode text), GB18030;
separated by commas or tabs.

Text that a spreadsheet program would take for a formula stands behind an apostrophe in what we
export (and in what others harden alike): it is taken off again here.
"""

import csv
import io
import re
from collections.abc import Iterator

from inventory.ledger_files import limits
from inventory.ledger_files.limits import Refused, check_extent, too_wide

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@＝＋－＠\t\r]")


def escape(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet program takes for a formula; `unescape` undoes it.

    An apostrophe goes before = + - @ (full width too), tab and carriage return at the beginning,
    and before an apostrophe that would otherwise be taken for one of ours.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unescape(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _ESCAPED.match(cell) else cell


def read_text(data: bytes) -> list[list[str]]:
    """The rows of a CSV. Raises Refused."""
    text = _decoded(data)
    if "\0" in text:
        raise Refused("CSV 含二进制内容", "CSV holds binary data")
    stream = io.StringIO(text, newline="")
    separator = "\t" if _tabs(text) else ","
    csv.field_size_limit(limits.MAX_STRING)
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(_lines(stream), delimiter=separator, strict=True):
            cells += len(row)
            check_extent(len(rows) + 1, len(row))
            if cells > limits.MAX_CELLS:
                raise too_wide(len(rows) + 1, len(row))
            rows.append([unescape(cell) for cell in row])
    except csv.Error as error:
        raise Refused(f"CSV 格式错误（{error}）", f"CSV is broken: {error}") from error
    return rows


def _decoded(data: bytes) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(
        "CSV 编码无法识别，应为 UTF-8、UTF-16 或 GB18030",
        "CSV is neither UTF-8 nor UTF-16 nor GB18030",
    )


def _tabs(text: str) -> bool:
    """Whether tabs separate: by the first lines, which hold the header."""
    head = text[:20_000]
    return head.count("\t") > head.count(",")


def _lines(stream: io.StringIO) -> Iterator[str]:
    for line in stream:
        if len(line) > limits.MAX_LINE:
            raise Refused(
                f"CSV 一行超过 {limits.MAX_LINE} 字，不像表格",
                f"CSV has a line of more than {limits.MAX_LINE} characters, which is no table",
            )
        yield line

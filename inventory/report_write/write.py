"""Which writer for which kind of file."""

from collections.abc import Callable, Mapping
from pathlib import Path

from inventory.errors import ReportError
from inventory.reports.model import Report


def _xlsx(report: Report) -> bytes:
    from inventory.report_write.sheet import workbook  # noqa: PLC0415  one library a kind of file

    return workbook(report)


def _docx(report: Report) -> bytes:
    from inventory.report_write.word import document  # noqa: PLC0415

    return document(report)


def _html(report: Report) -> bytes:
    from inventory.report_write.page import page  # noqa: PLC0415

    return page(report)


_PLAIN: Mapping[str, Callable[[Report], bytes]] = {"xlsx": _xlsx, "docx": _docx, "html": _html}

KINDS = (*_PLAIN, "pdf")
"""Kinds of file, by how their names end."""


def written(report: Report, kind: str, scratch: Path) -> bytes:
    """The file of that kind; a PDF is printed in the folder `scratch`, which is made where it is not
    there. Raises ReportError for an unknown kind, Unprintable."""
    if kind == "pdf":
        from inventory.report_write.pdf import pdf  # noqa: PLC0415

        return pdf(_html(report), scratch)
    if kind not in _PLAIN:
        raise ReportError(
            f"不支持的文件类型 / no such kind of file: read .{kind}, expected one of "
            f"{'、'.join(f'.{name}' for name in KINDS)}"
        )
    return _PLAIN[kind](report)

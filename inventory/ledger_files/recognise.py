"""What a file is, by its first bytes; its name must say the same."""

import re
from enum import Enum

from inventory.ledger_files import limits
from inventory.ledger_files.compound import MAGIC
from inventory.ledger_files.limits import Refused, broken

TEXTS = (".csv", ".txt", ".tsv")
WORKBOOKS = (".xlsx", ".xlsm", ".ods")
SUFFIXES = (*WORKBOOKS, ".xls", *TEXTS)
_MARKS = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|meta|table|style|body|\?xml)", re.I
)


class FileKind(Enum):
    ARCHIVE = "archive"
    XLS = "xls"
    TEXT = "text"


def recognise(data: bytes, suffix: str) -> FileKind:
    """Raises Refused when the content is not what `suffix` says, naming what it is."""
    if not data:
        raise Refused("台账是空文件，请重新取得", "ledger is empty, get it again")
    if len(data) > limits.MAX_FILE:
        raise Refused(
            f"台账过大（上限 {limits.MAX_FILE >> 20} MiB），请拆分",
            f"ledger is too large, at most {limits.MAX_FILE} bytes are read, split it",
        )
    if data.startswith(b"PK\x03\x04"):
        return _archive(data, suffix)
    if data.startswith(MAGIC):
        return _compound(data, suffix)
    if suffix in TEXTS:
        return FileKind.TEXT
    if (marked := _MARKS.match(data[:1000])) is not None:
        raise _markup(data, marked[1].lower())
    if data[:5].lower() == b"mime-":
        raise Refused(
            "文件是单个网页（MHTML），不是工作簿，请用 Excel 或 WPS 打开后另存为 xlsx",
            "the file is a web archive (MHTML), open it in Excel or WPS and save it as xlsx",
        )
    if data[:4] in (b"%PDF", b"{\\rt", b"\x89PNG", b"Rar!", b"7z\xbc\xaf"):
        raise Refused(
            "文件不是表格（PDF、RTF、图片或压缩包），请索取原始表格",
            "the file is no table (PDF, RTF, picture or archive), ask for the spreadsheet itself",
        )
    if suffix == ".xls" and data[:1] == b"\x09":
        raise Refused(
            "文件是 Excel 95 以前的格式，请用 Excel 或 WPS 打开后另存为 xlsx",
            "the file is of Excel 95 or before, open it in Excel or WPS and save it as xlsx",
        )
    if _is_text(data):
        raise Refused(
            f"台账格式不符：内容是文本，不是 {suffix[1:]}；如为 CSV，请把扩展名改为 .csv",
            f"ledger is broken or not what its name says: it is text, not {suffix[1:]}; "
            "if it is CSV, name it .csv",
        )
    raise broken(f"不是 {suffix[1:]} 文件 / not an {suffix[1:]} file")


def _archive(data: bytes, suffix: str) -> FileKind:
    if suffix in WORKBOOKS:
        return FileKind.ARCHIVE
    ods = data[30:100].startswith(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
    real = "ods" if ods else "xlsx"
    raise Refused(
        f"文件是压缩格式（如 {real}），扩展名却是 {suffix}，请改为 .{real}",
        f"the file is a zip such as {real}, but its name ends in {suffix}: name it .{real}",
    )


def _compound(data: bytes, suffix: str) -> FileKind:
    if suffix == ".xls":
        return FileKind.XLS
    from inventory.ledger_files.compound import Compound, check_names  # noqa: PLC0415

    check_names(Compound(data))  # says that it is encrypted, or a Word document
    raise Refused(
        f"文件是 xls（Excel 97-2003），扩展名却是 {suffix}，请改为 .xls 或另存为 xlsx",
        f"the file is an xls (Excel 97-2003), but its name ends in {suffix}: name it .xls or save "
        "it as xlsx",
    )


def _markup(data: bytes, first: bytes) -> Refused:
    if first == b"?xml" and b"urn:schemas-microsoft-com:office:spreadsheet" in data[:4000]:
        return Refused(
            "文件是 XML 表格 2003，不是工作簿，请用 Excel 或 WPS 打开后另存为 xlsx",
            "the file is an XML spreadsheet of 2003, open it in Excel or WPS and save it as xlsx",
        )
    if first == b"?xml" and b"<html" not in data[:4000].lower():
        return broken("是 XML，不是工作簿 / XML, no workbook")
    return Refused(
        "文件是网页（HTML）表格，只是扩展名像工作簿，请用 Excel 或 WPS 打开后另存为 xlsx",
        "the file is an HTML table that is only named like a workbook, open it in Excel or WPS "
        "and save it as xlsx",
    )


def _is_text(data: bytes) -> bool:
    head = data[:4096]
    return b"\0" not in head and not any(b < 9 for b in head)

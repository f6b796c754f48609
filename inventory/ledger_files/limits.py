"""How much of a file from outside is read, and what its refusal says."""

MAX_FILE = 64 * 2**20  # bytes of the file
MAX_UNPACKED = 512 * 2**20  # bytes of all parts of an archive
MAX_PARTS = 10_000  # entries of an archive
MAX_SHEETS = 500
MAX_ROWS = 1_048_576
MAX_COLUMNS = 2_000
MAX_CELLS = 5_000_000  # of all sheets, as the rectangles that they span
MAX_MERGES = 100_000  # merged ranges of a sheet
MAX_STRING = 2**20  # bytes of one shared string or cell with its markup; Excel takes 32,767 letters
MAX_LINE = 4 * 2**20  # letters of one line of a CSV
MAX_FAULTS = 10_000  # cells of a sheet that are told one by one
MAX_MEMORY = 1024 * 2**20  # bytes of address space of the child
MAX_SECONDS = 60  # of processor time of the child
MAX_WAIT = 180.0  # seconds until the child must have answered
MAX_ANSWER = 512 * 2**20  # bytes of its answer


class Refused(Exception):
    """The file is not read; both languages say what was found and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


def broken(why: str) -> Refused:
    """Not what its name says, or damaged."""
    return Refused(
        f"台账已损坏或格式不符，请重新保存（{why}）",
        f"ledger is broken or not what its name says, save it again: {why}",
    )


def too_wide(rows: int, columns: int) -> Refused:
    return Refused(
        f"工作表有 {rows} 行 {columns} 列，请删除多余的行和列",
        f"a sheet spans {rows} rows and {columns} columns, at most {MAX_COLUMNS} columns and "
        f"{MAX_CELLS} cells are read, delete those that are not needed",
    )


def check_extent(rows: int, columns: int) -> None:
    """The parser lays a sheet out densely: one cell far out would cost gigabytes."""
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise too_wide(rows, columns)


PASSWORD = (
    "台账已加密，请去除密码后另存",
    "ledger is encrypted, save it without a password",
)
MERGES = (
    f"合并单元格超过 {MAX_MERGES} 处，请取消合并",
    f"a sheet has more than {MAX_MERGES} merged ranges, unmerge them",
)
MACROS = (
    "台账含宏，请另存为不含宏的 xlsx",
    "ledger holds macros, save it as xlsx without them",
)
LINKS = (
    "台账引用外部文件，请断开链接后保存",
    "ledger links to other files, break the links and save it",
)
OBJECTS = (
    "台账嵌有其他文件或控件（OLE 对象），请删除后保存",
    "ledger holds embedded objects (OLE, ActiveX), delete them and save it",
)
DDE = (
    "台账含 DDE 链接，可启动外部程序，请删除后保存",
    "ledger holds DDE links, which can start programs, delete them and save it",
)

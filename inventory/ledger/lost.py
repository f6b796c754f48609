"""Sheets that no header was found in, and that are called as a list of objects is: 链路表. Pure."""

import re

from inventory.ledger.sheets import Sheet
from inventory.ledger.words import Words, squeeze

_NO_LIST = re.compile(
    r"说明|须知|字典|代码|选项|封面|首页|目录|示例|样例|汇总|统计|合计|图|要求|口径|指南|流程|对照|参考|附注|备注|模板"
)
CELLS, ROWS = 3, 2
"""A list has so many filled cells in so many rows at least."""


def is_lost(sheet: Sheet, words: Words) -> bool:
    """Whether what stands in a sheet without a known header should have been read."""
    name = squeeze(sheet.name)
    named = any(word in name for kind in words.kinds.values() for word in kind.sheets)
    if sheet.hidden or not named or _NO_LIST.search(name):
        return False
    filled = (sum(cell not in (None, "") for cell in row) for row in sheet.rows)
    return sum(count >= CELLS for count in filled) >= ROWS

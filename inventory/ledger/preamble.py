"""What stands above a table and holds for all of it: the unit of its money, and whose it is. Pure.

云州市政务信息系统自查表
填报单位（盖章）：云州市民政局            单位：万元
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.ledger.cells import Cell, narrow
from inventory.ledger.titles import unit_of_sheet
from inventory.ledger.words import Words, squeeze

_BRACKETS = re.compile(r"\([^()]*\)")
_FEW = 2  # cells of a note
_LABELLED = re.compile(r"([^\s:]{2,12})\s*:\s*([^\s:]+)?")


@dataclass(frozen=True, slots=True)
class Preamble:
    """`money`: unit of amounts that have none of their own, `organisation`: of rows that name
    none; `titles`: all that was said."""

    money: str = ""
    organisation: str = ""
    titles: tuple[str, ...] = ()


def preamble(rows: Sequence[Sequence[Cell]], words: Words) -> Preamble:
    """What the rows above a header say."""
    money = organisation = ""
    titles: dict[str, None] = {}
    for row in rows:
        texts = [narrow(c) for c in row]
        for at, text in enumerate(texts):
            if not text:
                continue
            titles[text] = None
            money = money or unit_of_sheet(text, words)
            organisation = organisation or _reporter(texts, at, words)
    return Preamble(money, organisation, tuple(titles))


def unit_below(rows: Sequence[Sequence[Cell]], words: Words) -> str:
    """The unit of money that a note under a table sets: 注：金额单位为万元."""
    for row in rows:
        told = [text for c in row if c not in (None, "") and (text := narrow(c))]
        note = 0 < len(told) <= _FEW and squeeze(told[0]).startswith(tuple(words.notes))
        unit = unit_of_sheet(" ".join(told), words) if note else ""
        if unit:
            return unit
    return ""


def _reporter(texts: Sequence[str], at: int, words: Words) -> str:
    """The organisation that a cell names behind 填报单位, or the next cell does."""
    for match in _LABELLED.finditer(_BRACKETS.sub("", texts[at])):
        if squeeze(match[1]) in words.reporters:
            named = match[2] or next((t for t in texts[at + 1 :] if t), "")
            if squeeze(named) in words.any_unit:
                continue
            if len(named) > 1 and named.strip("_-—/") and not named.endswith(":"):
                return named
    return ""

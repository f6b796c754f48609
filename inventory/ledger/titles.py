"""One header cell: its words, and the unit that it names. Pure.

建设资金（万元）   *建设资金\n（单位：万元）   3.建设资金/万元   → 建设资金, 万元
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from inventory.ledger.words import Words, squeeze

_MARKS = "*★☆※●■◆#:;,.、。-_~·'\"“”‘’"
_NUMBERING = re.compile(
    r"\(?(?:\d{1,2}(?:\.\d{1,2})*|[一二三四五六七八九十]{1,3})(?:\)[.、]?|[.、:])(?=\D)"
)
_LOOSE_NUMBER = re.compile(r"\d{1,2}(?=[\u4e00-\u9fff])")
_FAMILY = re.compile(r"ip(?:地址)?\((?:ip)?v([46])(?:地址)?\)")  # which no bracket may be taken off
_YEAR = re.compile(r"20\d\d年?度?(?=[\u4e00-\u9fff])")
_BRACKETS = re.compile(r"[(\[【〔〈{<]([^()\[\]【】〔〕〈〉{}<>]*)[)\]】〕〉}>]")
_UNIT_LABEL = re.compile(r"^(?:计量|金额|货币)?单位[:：]?")
_LETTER = re.compile(r"(?<=[\u4e00-\u9fff])[gtmp]$")  # 硬盘T, 内存G, 带宽M
_TAIL = re.compile(r"[/:,，_\-]([^/:,，_\-]+)$")
# 单位：万元, and among others: 单位：平方米、架、万元
_SHEET_UNIT = re.compile(
    r"单位(?:[:：(]|均?为|是|统一为|均按)(?:[^:：]{1,8}[、,，/;；和])*?(?:人民币)?(亿元|百万元|万元|千元|元)"
    r"|(?:金额|货币|人民币)[:：(](?:人民币)?(亿元|百万元|万元|千元|元)"
    r"|^\((?:人民币)?(亿元|百万元|万元|千元|元)\)$"
    r"|[以按](亿元|百万元|万元|千元|元)(?:为单位|计算?|填报|填写)"
)
MAX_HEADER = 60  # characters; what is longer is a sentence


@dataclass(frozen=True, slots=True)
class Title:
    """`spellings`: what to look up, the most exact first; `unit`: squeezed, "" when none is told;
    `remark`: what else stood in brackets; `base`: without brackets."""

    text: str
    spellings: tuple[str, ...]
    unit: str = ""
    remark: str = ""
    base: str = ""

    def find(self, headers: Mapping[str, str]) -> str | None:
        """The field that the header means, among the headers of a kind."""
        return next((headers[s] for s in self.spellings if s in headers), None)


def title_of(text: str, words: Words) -> Title:
    """What a header cell says."""
    return _title(text, words.any_unit, words.remarks)


@lru_cache(maxsize=8192)
def _title(text: str, units: frozenset[str], remarks: frozenset[str]) -> Title:
    whole = squeeze(unicodedata.normalize("NFKC", text)).strip(_MARKS)
    if not whole or len(whole) > MAX_HEADER:
        return Title(text, (whole,) if whole else ())
    whole = _NUMBERING.sub("", whole, count=1) if _NUMBERING.match(whole) else whole
    whole = _FAMILY.sub(r"ipv\1地址", whole)
    unit, remark = "", ""
    for match in _BRACKETS.finditer(whole):
        inside = match[1].strip(_MARKS)
        if not unit and (named := _unit(inside, units)):
            unit = named
        elif inside not in remarks:
            remark = remark or inside
    base = _BRACKETS.sub("", whole).strip(_MARKS)
    spellings = [whole, *((base + remark, remark + base) if remark else ()), base]
    if not unit:
        for shorter, named in _tails(base, units):
            unit = unit or named
            spellings.append(shorter)
    spellings += [s[m.end() :] for s in tuple(spellings) if (m := _LOOSE_NUMBER.match(s))]
    spellings += [s[m.end() :] for s in tuple(spellings) if (m := _YEAR.match(s))]
    return Title(text, tuple(dict.fromkeys(s for s in spellings if s)), unit, remark, base)


def _unit(inside: str, units: frozenset[str]) -> str:
    """The unit that a bracket names: 万元, 单位:万元, 元/年; "" when it names none."""
    named = _UNIT_LABEL.sub("", inside)
    if named in units:
        return named
    parts = [part for part in re.split(r"[,;、]", named) if part in units]  # 含电费，万元
    if len(parts) == 1:
        return parts[0]
    amount, _, per = named.partition("/")
    if amount in units and per and f"/{per}" in units:
        return named
    return amount if amount in units and per in ("次", "秒", "s") else ""


def _tails(base: str, units: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(the rest, the unit) where a unit stands at the end without brackets: 投资/万元, 带宽Mbps."""
    if match := _TAIL.search(base):
        rest = base[: match.start()]
        named = _unit(match[1], units)
        yield rest, named
    if match := _LETTER.search(base):
        yield base[: match.start()], match[0]
        return
    for unit in sorted(units, key=len, reverse=True):
        if len(unit) > 1 and base.endswith(unit) and len(base) > len(unit):
            yield base[: -len(unit)].strip(_MARKS), unit
            return


def unit_of_sheet(text: str, words: Words) -> str:
    """The unit of money that a line above the table sets for all of it: （单位：万元）."""
    found = _SHEET_UNIT.search(squeeze(text))
    unit = next(filter(None, found.groups())) if found else ""
    return unit if unit in words.units["money"] else ""


def nearest_unit(told: Iterable[str], words: Words) -> str:
    """The first of the units that a header, its groups and its sheet tell, from the nearest on;
    /年 alone takes the money of one farther off."""
    found = ""
    for unit in told:
        if not found:
            found = unit
        elif found in words.units["per_year"] and unit in words.units["money"]:
            return unit + found
    return found

"""Cells that say one of a few things: choices, ticks, levels. Pure.

Every parser takes (cell, unit of the header or "", words), returns None for "not told" and raises
Refused.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from inventory.ledger import literal
from inventory.ledger.cells import (
    ASIDE,
    Cell,
    Parser,
    Partly,
    Refused,
    is_blank,
    narrow,
    raw_text,
)
from inventory.ledger.values import optional_text
from inventory.ledger.words import Words, squeeze

_SEVERAL = re.compile(r"[、,;/|+]")
_REMARK = re.compile(r"\([^()]*\)")
_WITH_WHY = re.compile(r"([是否])[,;。](?!.*[是否但])")
_NOT_SECRET = re.compile(
    r"(?:非|不|未|无)(?:涉及?)?(?:国家)?(?:秘)?密|涉密已?(?:脱密|解密)|工作秘密"
)
_DOUBT = re.compile(r"[待疑]|未定|再核|需确认")
_STANDARD = re.compile(r"[12]\.0")  # 等保2.0
_NO_LEVEL = re.compile(
    r"级(?:\([^()]*\))?以[下上内]|[\d.]{2,}级|[一二三四五六1-6]级?[-至到~—–或及和/、][一二三四五六1-6]级"
)
_BOXES = {"☑": "☑", "✓": "☑", "✔": "☑", "√": "☑", "■": "☑", "●": "☑", "▣": "☑", "◉": "☑", "☒": "☑", "✅": "☑",
    "□": "□", "☐": "□", "○": "□", "◯": "□", "◻": "□"}  # fmt: skip
_BRACKETED = re.compile(r"[(\[【〔]([√✓✔vx☑■●]?)[)\]】〕]")
_OPTION = re.compile(r"([☑□])([^☑□]+)")
_OPTION_BEFORE = re.compile(r"([^☑□]+)([☑□]|$)")
_GRADES = re.compile(r"(?:等保|定级)?(?:([一二三四五1-5])级)?\(?s([1-5])a([1-5])g([1-5])\)?")
_OF_WORDS = ("not_in_choices", "not_a_date", "not_a_number", "not_a_quantity")
_EXACT = ("secrecy", "mlps_level", "boolean", "address")  # where an affix may change it


def choice(of: str) -> Parser:
    """One of the choices of values.toml; "none" there means not told where the model has none. A
    remark that names another choice is left, and told."""
    plain = _choice(of)

    def parse(cell: Cell, unit: str, words: Words) -> str | Partly | None:
        found = plain(cell, unit, words)
        other = _otherwise(of, cell, found, words)
        return Partly(found, other, ASIDE) if other else found

    return parse


def _choice(of: str) -> Callable[[Cell, str, Words], str | None]:
    def parse(cell: Cell, _unit: str, words: Words) -> str | None:
        found = chosen(of, _ticked(squeeze(raw_text(cell))), words)
        if found is None and not is_blank(cell, words):
            raise Refused("not_in_choices", one_of(of, words.samples.get(of, ()), words), of=of)
        return found

    return parse


def one_of(of: str, offered: Collection[str], words: Words) -> str:
    """What the table of choices takes, in both languages."""
    zh = "、".join(offered or words.choices[of])
    en = ", ".join(dict.fromkeys(words.choices[of].values()))
    return f"其中之一：{zh} / one of {en}"


def _otherwise(of: str, cell: Cell, found: str | None, words: Words) -> str:
    """The remark that names another choice than was found: 未备案(自评二级)."""
    written = squeeze(raw_text(cell))
    if "(" not in written or written in words.choices[of]:
        return ""
    remarks = _REMARK.findall(written)
    means = (
        chosen(of, remark[1:-1], words) or by_part(of, remark[1:-1], words) for remark in remarks
    )
    return next((r for r, m in zip(remarks, means, strict=True) if m not in (None, found)), "")


def known_or_text(of: str) -> Parser:
    """One of the choices, or what was written: there are more than anybody lists."""

    def parse(cell: Cell, unit: str, words: Words) -> str | None:
        written = raw_text(cell).strip()
        known = None if literal.is_one(written) else chosen(of, _ticked(squeeze(written)), words)
        return known or optional_text(cell, unit, words)

    return parse


def _ticked(written: str) -> str:
    """The one option of several that is ticked: □是☑否 → 否, 是(√)否( ) → 是. "" where the boxes
    say nothing for sure, and the text itself where there are none."""
    boxed = _BRACKETED.sub(lambda m: "☑" if m[1] and m[1] != "x" else "□", written)
    boxed = "".join(_BOXES.get(c, c) for c in boxed)
    if not ("☑" in boxed or "□" in boxed) or not boxed.strip("☑□"):
        return written
    if boxed[0] in "☑□":
        options = [(box, text) for box, text in _OPTION.findall(boxed)]
    else:
        options = [(box, text) for text, box in _OPTION_BEFORE.findall(boxed)]
    ticked = [text.strip(",;、/。:") for box, text in options if box == "☑"]
    return ticked[0] if len(ticked) == 1 else "□☑"  # which is no word of any choice


def chosen(of: str, written: str, words: Words) -> str | None:
    """What a word means: as it stands, without a remark in brackets, then by a part of it that
    only one choice has (*电信*, 已*). Of several words each must mean the same."""
    choices = words.choices[of]
    bare = _REMARK.sub("", written).strip(".。,;、")
    found = choices.get(written) or choices.get(bare)
    if found is None and of not in _EXACT:
        found = _within_affixes(choices, bare, words)
    if found is not None or not bare:
        return found
    several = [part for part in _SEVERAL.split(bare) if part and not part.isdigit()]  # FT-2000+/64
    means = {choices.get(part) or by_part(of, part, words) for part in several}
    return means.pop() if len(means) == 1 else None


def _within_affixes(choices: Mapping[str, str], written: str, words: Words) -> str | None:
    """The choice that stands between affixes which change nothing: 仅本科室使用 → 科室."""
    before, after = words.affixes
    starts = {written, *(written.removeprefix(b) for b in before)}
    starts |= {s.removeprefix(b) for s in starts for b in before}
    bare = starts | {s.removesuffix(a) for s in starts for a in after}
    bare |= {s.removesuffix(a) for s in bare for a in after}
    means = {choices[s] for s in bare if s in choices}
    return means.pop() if len(means) == 1 else None


def by_part(of: str, written: str, words: Words) -> str | None:
    """The one meaning of which `written` holds a part."""
    within = {
        meaning
        for stem, anywhere, meaning in words.parts.get(of, ())
        if (stem in written if anywhere else written.startswith(stem))
    }
    return within.pop() if len(within) == 1 else None


def yes_no(cell: Cell, unit: str, words: Words) -> bool | None:
    """A tick column."""
    if squeeze(raw_text(cell)) in words.undecided:
        raise Refused("not_in_choices", "是或否 / yes or no")
    if match := _WITH_WHY.match(squeeze(raw_text(cell))):  # 是，面向企业
        return match[1] == "是"
    found = _choice("boolean")(cell, unit, words)
    if found == "unclear":
        raise Refused("not_in_choices", "是或否 / yes or no")
    return None if found in (None, "unknown") else found == "yes"


def yes_no_or(of: str) -> Parser:
    """A tick column whose answers may name the thing: 自行租用, 统一租用."""

    def parse(cell: Cell, unit: str, words: Words) -> bool | None:
        try:
            return yes_no(cell, unit, words)
        except Refused:
            found = chosen(of, _ticked(squeeze(raw_text(cell))), words)
            if found in (None, "unclear"):
                raise
            return found == "yes"

    return parse


def unless_yes(of: str) -> Parser:
    """A tick column that asks for the opposite: 是否统一租用 for 自行租用; its answers may name the thing
    all the same."""

    def parse(cell: Cell, unit: str, words: Words) -> bool | None:
        found = chosen(of, _ticked(squeeze(raw_text(cell))), words)
        try:
            told = yes_no(cell, unit, words)
        except Refused:
            if found is None:
                raise
            return found == "yes"
        return None if told is None else not told

    return parse


def asked_for(of: str, value: str, other: str) -> Parser:
    """A tick column that asks for one value of a choice: 是否闲置 for 使用情况; its answers may name the
    thing all the same."""

    def parse(cell: Cell, unit: str, words: Words) -> str | None:
        try:
            told = yes_no(cell, unit, words)
        except Refused:
            found: str | None = _choice(of)(cell, unit, words)
            return found
        return None if told is None else value if told else other

    return parse


def if_told(parser: Parser) -> Parser:
    """A field beyond the core of the census: words of those who haven't decided (待研究), or who say
    why there is no number or day (未验收, 视情况), leave it open and cost nothing. Other words (好几万,
    不是选项的字) are a fault that is told, and costs its field alone; what has digits in it and is no
    number or date is a fault like any other."""

    def parse(cell: Cell, unit: str, words: Words) -> Any:
        try:
            return parser(cell, unit, words)
        except Refused as refusal:
            if refusal.code not in _OF_WORDS:
                raise
            written = squeeze(narrow(cell))
            free = refusal.code != "not_in_choices"
            if free and any(c.isdigit() for c in written):
                raise
            tables = ("undecided", "untold") if free else ("undecided",)
            if any(chosen(of, written, words) is not None for of in tables):
                raise Refused(refusal.code, refusal.expected, open_=True) from refusal
            raise Refused(refusal.code, refusal.expected, aside=True, of=refusal.of) from refusal

    return parse


def secrecy(cell: Cell, unit: str, words: Words) -> str | None:
    """是否涉密; a no that a remark takes back, 否（拟涉密）, is none: people have to say which."""
    found = _choice("secrecy")(cell, unit, words)
    remark = "".join(_REMARK.findall(squeeze(raw_text(cell)).replace("（", "(").replace("）", ")")))
    doubted = "密" in _NOT_SECRET.sub("", remark) or _DOUBT.search(remark)
    if found == "none" and doubted:
        raise Refused("not_in_choices", "涉密或非涉密，不加保留 / classified or not, without a but")
    return found


def mlps(cell: Cell, unit: str, words: Words) -> int | Partly | None:
    """等保: 1 to 5, or S3A2G3 (GB/T 22240: the higher of business and service security); 二至三级,
    三级以下 and 2.5级 are none."""
    if match := _GRADES.fullmatch(squeeze(narrow(cell))):
        return _of_grades(*match.groups())
    if _NO_LEVEL.search(_STANDARD.sub("", _ticked(squeeze(narrow(cell))))):
        raise Refused("not_in_choices", "一级至五级之一 / one of the levels 1 to 5")
    found = _choice("mlps_level")(cell, unit, words)
    level = None if found in {None, "none"} else int(str(found))
    other = _otherwise("mlps_level", cell, found, words)
    return Partly(level, other, ASIDE) if other else level


def _of_grades(told: str | None, business: str, service: str, general: str) -> int:
    """The system's level is the higher of the two, and so is the third. Raises Refused."""
    level = max(business, service)
    if general != level or told not in (None, level, "一二三四五"[int(level) - 1]):
        raise Refused("not_in_choices", "相符的等级，如 S3A2G3 / grades that agree, such as S3A2G3")
    return int(level)

"""Days as people write them. Pure.

2016年6月1日  2016.6.1  2016-06  2016.3  20160601  二〇一六年三月  42522 (Excel)  → a date
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from inventory.ledger.cells import Cell, Refused, is_blank, narrow, raw_text
from inventory.ledger.words import Words, squeeze

_EPOCH = date(1899, 12, 30)  # day 0 of Excel's 1900 calendar as it counts after February 1900
DAYS_TO_1904 = 1462
_SERIALS = range(29221, 73416)  # 1980 to 2100: what is less is a slip (20150)
_TIME = re.compile(r"[ T日]\s*\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?秒?)?分?$")
_DATE = re.compile(
    r"(\d{4})\s*[-./年,、。·—–_\\]\s*(\d{1,2})(?:\s*[-./月,、。·—–_\\]\s*(\d{1,2})\s*[日号]?|\s*月?份?)"
)
_SHORT = re.compile(r"'?(\d{2})年(\d{1,2})月(?:(\d{1,2})[日号])?份?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_LEADING = re.compile(r"^(?:约|于|自|从|至|到|截至|截止|公元|建于|始建于|购于|建成于|立项于)+")
_TRAILING = re.compile(
    r"(?:止|起|到期|届满|为止|左右|投用|建成|启用|批|购|建|买|装|(?:批复|批准|审批|立项|核准|印发|下达|验收|签订|购置|采购|购买|购入|入库|上架|投入使用|上线|竣工|改造|完成|通过|发文)(?:同意|通过|完成)?|\(.*\)|[,、]?(?:星期|周|礼拜)[一二三四五六日天])$"
)
_WEEKDAY = re.compile(
    r"[,，、(（]?\s*(?:(?:星期|周|礼拜)[一二三四五六日天]|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)[)）]?,?",
    re.IGNORECASE,
)
# 岐发改〔2016〕19号, 《关于……的批复》(岐发改[2016]第19号)
_DOCUMENT = re.compile(
    r"(?:《[^《》]*》)?\(?(?:文号:?)?[\u4e00-\u9fffA-Za-z]{1,16}\s*[\[(〔【﹝{]\s*(?:19|20)\d\d\s*年?[\])〕】﹞}]\s*第?\s*\d{1,5}\s*号\)?"
)
_AROUND = " \n\t,，、;；/|()（）:：及"
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_MONTH = "(" + "|".join(_MONTHS) + ")[a-z]*"
# Oct-18 is what Excel shows of a month, and no day; 18-Oct-2018 and Oct 18, 2018 are days
_ENGLISH = (
    re.compile(rf"(?P<m>{_MONTH})\.?[-/ ]'?(?P<y>\d{{4}}|\d\d)"),
    re.compile(rf"(?P<d>\d{{1,2}})[-/ ]?(?P<m>{_MONTH})\.?[-/ ,]?'?(?P<y>\d{{4}}|\d\d)"),
    re.compile(rf"(?P<m>{_MONTH})\.? ?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? ?(?P<y>\d{{4}})"),
)
_UNTIL = re.compile(r"[-—–~～至到]+")
_OR_UNTIL = re.compile(r"/|起[,，;、]?|[;,，]")  # where no dash stands between the two
_NO_YEAR = re.compile(r"\d{1,2}月")
_REMARKED = re.compile(r"[^()]{1,6}\((.*\d{4}.*)\)")
_CHINESE = str.maketrans("〇零○Oo一二三四五六七八九元", "000001234567891")
_NUMERALS = re.compile(r"[〇零○Oo0一二三四五六七八九十元]+")


def day(cell: Cell, _unit: str, words: Words) -> date | None:
    """A date: a date cell, an Excel serial, or one of the spellings above; a month alone means its
    first day. A year alone is refused: no day is made up for it."""
    if is_blank(cell, words):
        return None
    expected = "日期，如 2016年6月1日 / a date such as 2016-06-01"
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif isinstance(cell, float) and _year_and_tenth(cell):
        raise Refused(
            "not_a_date",
            "年月，数字 2015.1 分不出 1 月与 10 月，请写成 2015-01 或 2015-10 / a month: as a number "
            "2015.1 may be January or October, write 2015-01 or 2015-10",
        )
    else:
        if squeeze(raw_text(cell)).startswith(words.never):
            return None
        try:
            found = _written_day(narrow(cell))
        except (ValueError, OverflowError) as error:
            raise Refused("not_a_date", expected) from error
    if not 1950 <= found.year <= 2100:
        raise Refused("out_of_range", "1950 至 2100 年 / a year from 1950 to 2100")
    return found


def _year_and_tenth(cell: float) -> bool:
    """2015.1 as a number, for which 2015.10 was typed as likely. Where the cell shows two digits,
    it is read as the text 2015.10."""
    return 1950 <= cell < 2100 and repr(cell).endswith(".1")


def issued_day(cell: Cell, unit: str, words: Words) -> date | None:
    """The date of a document, beside whose number it may stand: 岐发改〔2016〕19号，2016年6月19日."""
    written = narrow(cell) if isinstance(cell, str) else ""
    rest = _DOCUMENT.sub("", written).strip(_AROUND) if _DOCUMENT.search(written) else ""
    return day(rest or cell, unit, words)


def last_day(cell: Cell, unit: str, words: Words) -> date | None:
    """When something ends: a date, or the later one of a period, 2022.11.10-2025.11.10."""
    try:
        return day(cell, unit, words)
    except Refused as refusal:
        period = _period(cell, words) if refusal.code == "not_a_date" else None
        if period is None:
            raise
        return period[1]


def _period(cell: Cell, words: Words) -> tuple[date, date] | None:
    """The two whole dates of a period, in their order; None when a cell tells none."""
    written = re.sub(r"\s*\n\s*", "至", narrow(cell))
    written = re.sub(r"\s+", "", written)
    if match := _REMARKED.fullmatch(written):  # 1年（2023.1—2023.12）
        written = match[1]
    for marks in (_UNTIL, _OR_UNTIL):
        found = list(_periods(written, marks, words))
        if len(found) == 1:
            return found[0]
    return None


def _periods(written: str, marks: re.Pattern[str], words: Words) -> Iterator[tuple[date, date]]:
    for mark in marks.finditer(written):
        first = _day_or_none(written[: mark.start()], words)
        end = written[mark.end() :]
        if first and _NO_YEAR.match(end):  # 2022年1月1日-12月31日
            end = f"{first.year}年{end}"
        last = _day_or_none(end, words)
        if first and last and first < last:
            yield first, last


def _day_or_none(written: str, words: Words) -> date | None:
    try:
        return day(written, "", words)
    except Refused:
        return None


def _english(written: str) -> date | None:
    bare = re.sub(r"\s+", " ", written).strip().casefold()
    for form in _ENGLISH:
        if match := form.fullmatch(bare):
            told = match.groupdict()
            year = int(told["y"])
            year += 0 if year > 99 else 2000 if year < 50 else 1900
            return date(year, _MONTHS[told["m"][:3]], int(told.get("d") or 1))
    return None


def _written_day(written: str) -> date:
    if any(c.isalpha() for c in written):  # 星期一, Oct; most are digits and strokes
        written = _WEEKDAY.sub("", written).strip()
        if written.isascii() and (told := _english(written)):
            return told
    if re.fullmatch(r"\d{5}(?:\.\d+)?", written) and int(float(written)) in _SERIALS:
        return _EPOCH + timedelta(days=int(float(written)))
    written = _TIME.sub(lambda m: "日" if m[0].startswith("日") else "", written)
    written = _TRAILING.sub("", _LEADING.sub("", written).strip()).strip()
    written = re.sub(r"\s+", "", written).rstrip(".。,、;")
    if "年" in written:
        written = _NUMERALS.sub(lambda m: _numeral(m[0]), written)
    if match := _COMPACT.fullmatch(written):
        return date(int(match[1]), int(match[2]), int(match[3] or 1))
    if match := _SHORT.fullmatch(written):
        year = int(match[1])
        return date(year + (2000 if year < 50 else 1900), int(match[2]), int(match[3] or 1))
    match = _DATE.fullmatch(written)
    if not match:
        raise ValueError(written)
    return date(int(match[1]), int(match[2]), int(match[3] or 1))


def _numeral(written: str) -> str:
    """二〇一六 → 2016, 十二 → 12, 二十八 → 28."""
    if "十" not in written:
        return written.translate(_CHINESE)
    tens, _, ones = written.partition("十")
    value = int((tens or "一").translate(_CHINESE)) * 10 + int((ones or "零").translate(_CHINESE))
    return str(value)

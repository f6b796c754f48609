"""Pure parsers: one cell → one value in the model's unit, or Refused with a problem code.

Every parser takes (cell, unit of the header or "", words) and returns None for "not told".
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inventory.ledger import literal
from inventory.ledger.cells import Cell, Parser, Partly, Refused, is_blank, narrow, raw_text
from inventory.ledger.words import Words, squeeze
from inventory.paths import fault, plain

type Address = IPv4Address | IPv6Address
_SEPARATORS = re.compile(r"[、,，;；/|\n]+")
_ITEM_NUMBER = re.compile(r"^[(（]?\d{1,2}[)）]?[.、)）．]?\s*(?=\D)")
_MARKED = re.compile(r"^\s*(?:[(（]\d{1,2}[)）]|\d{1,2}[.、．)）]\s*(?=\D)|[①-⑳])")
_MARKS = re.compile(
    r"(?:(?<![^\s、,，;；。\n])|(?<=[\u4e00-\u9fff]))(?:[(（]\d{1,2}[)）][.、]?|(?<!\d)\d{1,2}[.、．)）](?!\d))\s*|[①-⑳][.、]?"
)
_UNSEEN_AT_ENDS = "\u200b\u2060\ufeff \t\r\n\u3000\u00a0"
_WRAPPED = re.compile(r"(?<=[\u4e00-\u9fff（）])[\r\n]+\s*(?=[\u4e00-\u9fff（）])")
# the joiner inside an emoji of several, such as a family
_JOINED = re.compile("(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2600-\U0001faff])")
_SEVERAL = re.compile(r"[、,;/|+]")
_REMARK = re.compile(r"\([^()]*\)")
_MASK = re.compile(r"/\d{1,3}$")
_PORTS = re.compile(r"(\d{1,6})(?:[-~至](\d{1,6}))?")
_NOT_SECRET = re.compile(
    r"(?:非|不|未|无)(?:涉及?)?(?:国家)?(?:秘)?密|涉密已?(?:脱密|解密)|工作秘密"
)
_STANDARD = re.compile(r"[12]\.0")  # 等保2.0
_NO_LEVEL = re.compile(
    r"级(?:\([^()]*\))?以[下上内]|[\d.]{2,}级|[一二三四五六1-6]级?[-至到~—–或及和/、][一二三四五六1-6]级"
)
_PLUS = re.compile(r"(?<=[^+\s])\s*[+＋&]\s*(?=[^+\s])|(?<=[\w)])\s*[和与及]\s*(?=[\w])")
_OR_PLUS = re.compile(f"{_SEPARATORS.pattern}|{_PLUS.pattern}")
_BOXES = {"☑": "☑", "✓": "☑", "✔": "☑", "√": "☑", "■": "☑", "●": "☑", "▣": "☑", "◉": "☑", "☒": "☑", "✅": "☑",
    "□": "□", "☐": "□", "○": "□", "◯": "□", "◻": "□"}  # fmt: skip
_BRACKETED = re.compile(r"[(\[【〔]([√✓✔vx☑■●]?)[)\]】〕]")
_OPTION = re.compile(r"([☑□])([^☑□]+)")
_OPTION_BEFORE = re.compile(r"([^☑□]+)([☑□]|$)")
_LABELLED_IP = re.compile(
    r"(?:^|(?<=[\s、,;|/]))(?:(?:[\u4e00-\u9fff]{1,6}|(?=[iv]))(?:ip)?(?:v[46])?(?:地址)?\s*:)\s*(?=[\da-f:.\[])"
)
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$")
_EXACT = ("secrecy", "mlps_level", "boolean", "address")  # where an affix may change it
MAX_PORTS = 200  # that a range may name
_CLUSTER = re.compile(r"(?:postgres|pg).*[/:]|\d/[a-z]|:\d")  # an attempt to tell a cluster
_DATABASE = re.compile(
    r"(postgresql|postgres|pg)\s*(\d{1,2})/([a-z][a-z0-9_]{0,30})(?::(\d{1,5}))?"
)


def text(cell: Cell, _unit: str, _words: Words) -> str | None:
    """People's text, unchanged but for white space at its ends (a literal keeps its own).

    What an approver reads must be what is there: characters that cannot be seen are refused.
    """
    value = literal.read(raw_text(cell).strip(_UNSEEN_AT_ENDS).strip())
    if not value.isprintable() and any(
        unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\r\t"
        for c in _JOINED.sub("", value)
    ):
        raise Refused("bad_text", "不含控制或不可见字符的文字 / text without hidden characters")
    return value or None


def optional_text(cell: Cell, unit: str, words: Words) -> str | None:
    return None if is_blank(cell, words) else text(cell, unit, words)


def name(cell: Cell, unit: str, words: Words) -> str | None:
    """What something is called; a name that was broken over two lines of its cell is one name."""
    value = optional_text(cell, unit, words)
    if value is None or literal.is_one(raw_text(cell).strip()):
        return value
    return re.sub(r"\s*[\r\n]+\s*", " ", _WRAPPED.sub("", value))


def text_list(cell: Cell, _unit: str, words: Words) -> tuple[str, ...]:
    """Several values in one cell, in their order."""
    return _listed(cell, _SEPARATORS, words)


def products(cell: Cell, _unit: str, words: Words) -> tuple[str, ...]:
    """Names of products, for which a + stands between two as well: Oracle 11g+Redis."""
    return _listed(cell, _OR_PLUS, words)


def _listed(cell: Cell, separators: re.Pattern[str], words: Words) -> tuple[str, ...]:
    if is_blank(cell, words):
        return ()
    written = raw_text(cell)
    if _MARKED.match(written):  # 1.甲系统 2.乙系统, （1）甲系统, ①甲系统②乙系统
        written = _MARKS.sub("\n", written)
    parts = (_item(part, words) for part in literal.split(written, separators))
    return tuple(dict.fromkeys(part for part in parts if part))


def _item(written: str, words: Words) -> str | None:
    """One of several values, without its number: 1.门户系统."""
    bare = written.strip()
    if not literal.is_one(bare):
        bare = bare.strip("。")
        if bare.isdigit():
            return None
    return text(bare, "", words)


def choice(of: str) -> Parser:
    """One of the choices of values.toml; "none" there means not told where the model has none."""

    def parse(cell: Cell, _unit: str, words: Words) -> str | None:
        found = _chosen(of, _ticked(squeeze(raw_text(cell))), words)
        if found is None and not is_blank(cell, words):
            zh = "、".join(words.samples.get(of) or words.choices[of])
            en = ", ".join(dict.fromkeys(words.choices[of].values()))
            raise Refused("not_in_choices", f"其中之一：{zh} / one of {en}")
        return found

    return parse


def known_or_text(of: str) -> Parser:
    """One of the choices, or what was written: there are more than anybody lists."""

    def parse(cell: Cell, unit: str, words: Words) -> str | None:
        written = raw_text(cell).strip()
        known = None if literal.is_one(written) else _chosen(of, _ticked(squeeze(written)), words)
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


def _chosen(of: str, written: str, words: Words) -> str | None:
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
    means = {choices.get(part) or _by_part(of, part, words) for part in several}
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


def _by_part(of: str, written: str, words: Words) -> str | None:
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
    found = choice("boolean")(cell, unit, words)
    return None if found in (None, "unknown") else found == "yes"


def yes_no_or(of: str) -> Parser:
    """A tick column whose answers may name the thing: 自行租用, 统一租用."""

    def parse(cell: Cell, unit: str, words: Words) -> bool | None:
        try:
            return yes_no(cell, unit, words)
        except Refused:
            found = _chosen(of, _ticked(squeeze(raw_text(cell))), words)
            if found is None:
                raise
            return found == "yes"

    return parse


def if_told(parser: Parser) -> Parser:
    """A field beyond the core of the census: words of those who haven't decided (待研究), or no try
    at a number or a date (未验收, 视情况), leave it open and cost nothing; what has digits in it, and
    is no date, is a fault like any other. What is none of its choices is a fault that is told, and
    costs its field alone."""

    def parse(cell: Cell, unit: str, words: Words) -> Any:
        try:
            return parser(cell, unit, words)
        except Refused as refusal:
            digits = any(c.isdigit() for c in narrow(cell))
            undecided = _chosen("undecided", squeeze(narrow(cell)), words) is not None
            if (refusal.code == "not_in_choices" and undecided) or (
                refusal.code in ("not_a_date", "not_a_number", "not_a_quantity") and not digits
            ):
                raise Refused(refusal.code, refusal.expected, open_=True) from refusal
            if refusal.code == "not_in_choices":
                raise Refused(refusal.code, refusal.expected, aside=True) from refusal
            raise

    return parse


def secrecy(cell: Cell, unit: str, words: Words) -> str | None:
    """是否涉密; a no that a remark takes back, 否（拟涉密）, is none: people have to say which."""
    found: str | None = choice("secrecy")(cell, unit, words)
    remark = "".join(_REMARK.findall(squeeze(raw_text(cell)).replace("（", "(").replace("）", ")")))
    if found == "none" and "密" in _NOT_SECRET.sub("", remark):
        raise Refused("not_in_choices", "涉密或非涉密，不加保留 / classified or not, without a but")
    return found


def mlps(cell: Cell, unit: str, words: Words) -> int | None:
    """等保: 1 to 5; 二至三级, 三级以下 and 2.5级 are none."""
    if _NO_LEVEL.search(_STANDARD.sub("", _ticked(squeeze(narrow(cell))))):
        raise Refused("not_in_choices", "一级至五级之一 / one of the levels 1 to 5")
    found = choice("mlps_level")(cell, unit, words)
    return None if found in {None, "none"} else int(str(found))


def ipv4(cell: Cell, _unit: str, words: Words) -> IPv4Address | Partly | None:
    """The first that the cell names."""
    found = _addresses(cell, words, IPv4Address)
    if any(isinstance(a, IPv6Address) for a in found):
        raise Refused("not_an_ip", "IPv4 地址 / an IPv4 address such as 10.1.2.3")
    return _first(found, found[0]) if found else None


def either_ip(cell: Cell, _unit: str, words: Words) -> dict[str, Any] | Partly:
    """A cell of a column of addresses that names no family: it may tell both fields."""
    found = _addresses(cell, words, IPv4Address)
    told: dict[str, Any] = {}
    for address in found:
        told.setdefault("ipv4" if isinstance(address, IPv4Address) else "ipv6", address)
    left: dict[str, Any] | Partly = _first(found, told, *told.values())
    return left


def ipv6(cell: Cell, _unit: str, words: Words) -> IPv6Address | Partly | None:
    """The first that the cell names."""
    found = _addresses(cell, words, IPv6Address)
    if any(isinstance(a, IPv4Address) for a in found):
        raise Refused("not_an_ip", "IPv6 地址 / an IPv6 address such as 2001:db8::1")
    return _first(found, found[0]) if found else None


def _first(found: list[Address], value: Any, *taken: Address) -> Any:
    """`value`, which holds the addresses `taken` or is one; what else was found is left."""
    left = [a for a in dict.fromkeys(found) if a != value and a not in taken]
    return Partly(value, "、".join(map(str, left))) if left else value


def _addresses(cell: Cell, words: Words, family: type[Address]) -> list[Address]:
    """In the order of the cell. Raises Refused."""
    if is_blank(cell, words):
        return []
    expected = (
        "IPv4 地址 / an IPv4 address such as 10.1.2.3"
        if family is IPv4Address
        else "IPv6 地址 / an IPv6 address such as 2001:db8::1"
    )
    found: list[Address] = []
    try:
        return [family(str(cell))]  # as most are written
    except AddressValueError:
        pass
    written = _REMARK.sub("", narrow(cell)).replace("。", ".").casefold()
    written = re.sub(r"(?<=\d)\s*\.\s*(?=\d)", ".", _LABELLED_IP.sub(" ", written))
    if _chosen("address", squeeze(written), words) == "none":
        return []
    for part in re.split(r"[、,;\s|]+|/(?=[^/]*[.:])", written):
        if not part:
            continue
        bare = _WITH_PORT.sub(r"\1", _MASK.sub("", part).rstrip(".").strip("[]"))
        try:
            found.append(IPv6Address(bare) if ":" in bare else IPv4Address(bare))
        except AddressValueError as error:
            raise Refused("not_an_ip", expected) from error
    return found


def port_list(cell: Cell, _unit: str, words: Words) -> tuple[int, ...]:
    """443/8443, TCP 443、8443, 8000-8003."""
    if is_blank(cell, words):
        return ()
    found: set[int] = set()
    bare = re.sub(r"(?:tcp|udp|https?|端口|\([^()]*\))[:/]?", " ", narrow(cell).casefold())
    for part in re.split(r"[、,;/|和与及\s]+", bare.strip()):
        if part:
            found.update(_port_range(part))
    return tuple(sorted(found))


def _port_range(part: str) -> Iterator[int]:
    match = _PORTS.fullmatch(part)
    if match is None:
        raise Refused("not_a_number", "端口，如 443、8443 / ports such as 443, 8443")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last <= 65535 or last - first > MAX_PORTS:
        raise Refused("out_of_range", "1 至 65535 / 1 to 65535")
    return iter(range(first, last + 1))


def strict(form: Any, expected: str) -> Parser:
    """Text that machines use: exactly the form of the model, or bad_text."""
    adapter: TypeAdapter[Any] = TypeAdapter(form)

    def parse(cell: Cell, unit: str, words: Words) -> Any:
        value = optional_text(cell, unit, words)
        return None if value is None else _checked(adapter, value, expected)

    return parse


def strict_list(form: Any, expected: str, separators: str) -> Parser:
    """Several of them; `separators` are those that can't be part of the form."""
    adapter: TypeAdapter[Any] = TypeAdapter(form)

    def parse(cell: Cell, unit: str, words: Words) -> tuple[Any, ...]:
        value = optional_text(cell, unit, words) or ""
        parts = (p.strip() for p in re.split(f"[{separators}]+", value))
        return tuple(_checked(adapter, p, expected) for p in dict.fromkeys(parts) if p)

    return parse


def folders(cell: Cell, _unit: str, words: Words) -> tuple[str, ...]:
    """Folders of a system's own. A single / is the whole host here, not a blank, and refused."""
    value = raw_text(cell).strip()
    if squeeze(value) == "/":
        raise Refused("bad_text", fault("/"))
    if is_blank(cell, words):
        return ()
    parts = [part for part in re.split(r"[、,，;；\s]+", value) if part]
    for part in parts:
        if why := fault(part):
            raise Refused("bad_text", why)
    return tuple(dict.fromkeys(map(plain, parts)))


def window(cell: Cell, unit: str, words: Words) -> str | None:
    """A cutover window in local time, 22:00-06:00 → the same with two digits each."""
    value = optional_text(cell, unit, words)
    if value is None:
        return None
    written = re.sub(r"[—–~至到]+", "-", squeeze(value))
    match = re.fullmatch(r"(?:次日)?(\d{1,2}):(\d{2})-(?:次日)?(\d{1,2}):(\d{2})", written)
    if not match:
        raise Refused("bad_text", "割接窗口，如 22:00-06:00 / a window such as 22:00-06:00")
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    if hour > 23 or end_hour > 24 or minute > 59 or end_minute > 59:
        raise Refused("out_of_range", "00:00 至 24:00 / times from 00:00 to 24:00")
    return f"{hour:02}:{minute:02}-{end_hour % 24:02}:{end_minute:02}"


def check_path(cell: Cell, unit: str, words: Words) -> str | None:
    """The path of a URL; a single / is a path here, not a blank."""
    value = text(cell, unit, words)
    if value is not None and not re.fullmatch(r"/[!-~]{0,200}", value):
        raise Refused("bad_text", "网址路径，如 /healthz / a URL path such as /healthz")
    return value


def databases(
    cell: Cell, unit: str, words: Words
) -> tuple[dict[str, Any], ...] | dict[str, tuple[str, ...]]:
    """`postgresql 15/main:5432`, several separated by 、 or ; → fields of model.Database; MySQL 5.7
    and 达梦V8, as most departments write, are the products."""
    found = []
    if is_blank(cell, words):
        return ()
    told = squeeze(raw_text(cell))
    for product in words.products:  # 人大金仓V8/MongoDB are two products
        told = told.replace(f"/{product}", f"、{product}")
    if not _CLUSTER.search(told):
        return {"database_products": products(cell, unit, words)}
    for part in re.split(r"[、,，;；\n]+", optional_text(cell, unit, words) or ""):
        if not part.strip():
            continue
        match = _DATABASE.fullmatch(part.strip().lower())
        if not match:
            raise Refused(
                "bad_text", "如 postgresql 15/main:5432 / such as postgresql 15/main:5432"
            )
        port = int(match[4] or 5432)
        if not 1 <= port <= 65535:
            raise Refused("out_of_range", "端口 1 至 65535 / a port from 1 to 65535")
        found.append({"version": match[2], "cluster": match[3], "port": port})
    return tuple(found)


def _checked(adapter: TypeAdapter[Any], value: str, expected: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise Refused("bad_text", expected) from error

r"""Text that a cell could not hold as it is: written by an export, undone by the reader.

A cell that says 无 tells nothing, one that says 甲、乙 tells two things, and white space at the ends
is dropped. Where such text is meant itself it stands as a JSON string behind a backslash:

    \"无"        \"甲、乙"、丙        \" 前后有空格 "

Nothing that people write begins so by accident; what is no JSON string behind the backslash is
taken as it is.
"""

import json
import re
import unicodedata

_LITERAL = re.compile(r'\\("(?:[^"\\\x00-\x1f]|\\.)*")')
_SHOWN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}  # what an editor would not show, or change


def write(text: str) -> str:
    """`text` as a literal; what can't be seen in it as \\uXXXX."""
    return "\\" + shown(json.dumps(text, ensure_ascii=False))


def shown(told: str) -> str:
    """JSON with what an editor would not show, or would change, as \\uXXXX."""
    seen = "".join(_escaped(c) if unicodedata.category(c) in _SHOWN else c for c in told)
    # spreadsheet programs read _x0041_ in a cell as a letter (ECMA-376 part 1, 22.9.2.19)
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", r"\\u005f", seen)


def is_one(written: str) -> bool:
    return _LITERAL.fullmatch(written) is not None


def read(written: str) -> str:
    """The text that a literal stands for; anything else unchanged."""
    if not (match := _LITERAL.fullmatch(written)):
        return written
    try:
        return str(json.loads(match[1]))
    except ValueError:
        return written


def split(written: str, separators: re.Pattern[str]) -> list[str]:
    """The parts of `written` between separators, literals whole, empty ones included."""
    if '\\"' not in written:
        return separators.split(written)
    parts, at = [""], 0
    while at < len(written):
        begins = not parts[-1].strip()
        if begins and (found := _LITERAL.match(written, at)):
            parts[-1] = found[0]
        elif found := separators.match(written, at):
            parts.append("")
        else:
            parts[-1] += written[at]
            at += 1
            continue
        at = found.end()
    return parts


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))

"""Reasons are told in both languages at once, "中文 / English", a line each. Here they are taken apart, and
several are put into one that reads as one in either language."""

import re

_HAN = re.compile(r"[\u4e00-\u9fff]")
_PLACE = re.compile(r"(?:[^\u4e00-\u9fff]*: )?")


def halves(told: str) -> tuple[str, str]:
    """Chinese and English of one line; what has no two halves counts for both.

    What either half quotes stands in both, so the " / " between them is the middle one. A place before
    both ("means.toml:3: …", "host: …") is written once, and counts for both.
    """
    parts = told.split(" / ")
    middle, odd = divmod(len(parts), 2)
    zh, en = " / ".join(parts[:middle]), " / ".join(parts[middle:])
    if odd or not _HAN.search(zh):
        return told, told
    place = _place(zh)
    return zh, en if en.startswith(place) else place + en


def _place(zh: str) -> str:
    found = _PLACE.match(zh)
    return found.group() if found else ""


def together(*told: str) -> str:
    """Chinese halves joined, then English ones."""
    found = [halves(one) for one in told if one]
    return f"{'；'.join(zh for zh, _ in found)} / {'; '.join(en for _, en in found)}"


def labelled(label: str, told: str) -> str:
    """A label of both languages before a reason of both, or before data."""
    (zh, en), (zh_told, en_told) = halves(label), halves(told)
    return f"{zh}：{zh_told} / {en}: {en_told}"

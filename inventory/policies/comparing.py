"""Quotes of a city's own pack against the text that it was taken from, where that stands beside it.

The texts of the shipped packs are not part of the product; a test compares those.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from inventory.errors import PackFault
from inventory.policies.faults import dotted, line_of, shown
from inventory.policies.places import Place

QUOTES = ("quote", "goal_quote")


def compared(
    raw: Mapping[str, Any],
    path: Path,
    places: Mapping[Place, int],
    inherited: Collection[Place] = (),
) -> list[PackFault]:
    """Every quote that does not stand in the text word for word; white space does not count. What
    is inherited quotes another text and is passed over: `inherited` are the places of such quotes."""
    named = raw.get("source_file")
    if not isinstance(named, str) or not named:
        return []
    text, fault = _text(path.parent, named)
    if fault:
        here = path.resolve().parent == Path(__file__).resolve().parent
        return [] if here else [_fault(path, places, ("source_file",), named, fault)]
    wanted = f"原文 {named} 中没有这句话 / the text {named} does not have these words"
    return [
        _fault(path, places, at, quote, wanted)
        for at, quote in _quotes(raw)
        if at not in inherited and _squeezed(quote) not in text
    ]


def _text(folder: Path, named: str) -> tuple[str, str]:
    """(the text without white space, what is wrong with the file)."""
    if Path(named).name != named:
        return (
            "",
            "应为政策文件旁的文件名，不含路径 / expected the name of a file beside the policy's, no path",
        )
    try:
        return _squeezed((folder / named).read_text("utf-8-sig")), ""
    except UnicodeDecodeError:
        return "", "应为 UTF-8 文字 / expected text in UTF-8"
    except OSError:
        return "", (
            "找不到原文，应放在政策文件旁；没有原文请删去 source_file / no such file beside the policy's: "
            "put the text there, or leave source_file out"
        )


def _quotes(raw: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Each quote, and where it stands."""
    for kind, entries in raw.items():
        if not isinstance(entries, list):
            continue
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict):
                continue
            for key in QUOTES:
                value = entry.get(key, ())
                for quote in (value,) if isinstance(value, str) else value:
                    if isinstance(quote, str):
                        yield (kind, number, key), quote


def _fault(path: Path, places: Mapping[Place, int], at: Place, read: str, wanted: str) -> PackFault:
    return PackFault(path.name, line_of(places, at), dotted(at), shown(read), wanted)


def _squeezed(text: str) -> str:
    return "".join(text.split())

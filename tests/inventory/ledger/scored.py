"""What the reader makes of a made-up city, beside what its maker meant (`expected.json`).

A field that nobody told is null, absent or empty; a fault may have one of several codes, and its
column is compared without brackets, since a header may stand in two rows.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inventory.ledger import read_ledgers

KINDS = ("rooms", "systems", "hosts", "nodes", "lines")
DAYS = ("created", "upgraded", "approval_date", "purchased", "contract_end")
SUFFIXES = {".xlsx", ".xls", ".ods", ".csv"}

type Fact = tuple[str, str, str]  # collection, name, field


@dataclass(frozen=True)
class Score:
    """`wrong`: fields that are not as meant; `missed`: faults that were not told; `false`: what was
    told as a fault and is none (headers that nobody knows apart)."""

    total: int
    wrong: tuple[Fact, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]

    @property
    def right(self) -> float:
        return 1 - len(self.wrong) / self.total


def score(folder: Path) -> Score:
    meant = json.loads((folder / "expected.json").read_text("utf-8"))
    told = read_ledgers(sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES)).as_json()
    wrong = [
        (kind, one[_key(kind)], field)
        for kind in KINDS
        for one, found in _pairs(kind, meant[kind], told["objects"][kind])
        for field, value in one.items()
        if not _same(field, value, found.get(field))
    ]
    left = list(told["problems"])
    missed = []
    for fault in meant["rejected"]:
        places = [fault, *({**fault, **other} for other in fault.get("alt", ()))]
        hit = next((p for p in left if any(_tells(p, at) for at in places)), None)
        if hit is None:
            missed.append(f"{fault['sheet']} {fault['row']} {fault['column']}: {fault['raw']}")
        else:
            left.remove(hit)
    soft = meant.get("soft_problems", [])  # that a reader may tell or not
    false = [
        f"{p['sheet']} {p['row']} {p['column']}: {p['raw']} {p['code']}"
        for p in left
        if p["code"] != "unknown_header" and not any(_in_row(p, s) for s in soft)
    ]
    total = sum(len(one) for kind in KINDS for one in meant[kind])
    return Score(total, tuple(wrong), tuple(missed), tuple(false))


def _key(kind: str) -> str:
    return "cid" if kind == "lines" else "name"


def _pairs(
    kind: str, meant: Iterable[dict[str, Any]], told: Iterable[dict[str, Any]]
) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    by_name = {_bare(one[_key(kind)]): one for one in told}
    return ((one, by_name.get(_bare(one[_key(kind)]), {})) for one in meant)


def _same(field: str, meant: Any, found: Any) -> bool:
    if meant in (None, []):
        return found in (None, [], "") or (field == "secrecy" and found == "unknown")
    if isinstance(meant, list):
        return sorted(map(_bare, meant)) == sorted(map(_bare, found or []))
    if field in DAYS and meant.endswith("-01") and str(found) == meant[:7]:
        return True
    return bool(meant == found) or _bare(meant) == _bare(found)


def _tells(problem: dict[str, Any], fault: dict[str, Any]) -> bool:
    columns = {_head(c) for c in (fault["column"], *fault.get("also_columns", ())) if c}
    codes = {fault["code"], *fault.get("also_codes", ())}
    where = fault["code"] == "duplicate" or _head(problem["column"]) in columns
    return _in_row(problem, fault) and problem["code"] in codes and where


def _in_row(problem: dict[str, Any], fault: dict[str, Any]) -> bool:
    file = fault.get("file")
    if file and problem["file"] != file:
        return False
    sheets = {fault["sheet"], fault["sheet"].removesuffix(".csv")}
    return problem["row"] == fault["row"] and problem["sheet"] in sheets


def _bare(value: object) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", "" if value is None else str(value)))


def _head(column: str) -> str:
    return re.sub(r"\([^()]*\)", "", re.split(r"[/>|→·]", _bare(column))[-1])

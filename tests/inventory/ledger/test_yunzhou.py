"""Another city's ledgers (tests/data/yunzhou), against what they mean."""

import json
from pathlib import Path
from typing import Any

import pytest

from inventory.ledger import read_ledgers, read_rows
from inventory.ledger.organisations import full_names
from inventory.ledger.records import Record, Rows
from inventory.ledger.words import default_words

DATA = Path(__file__).parents[2] / "data" / "yunzhou"
FILES = sorted(p for p in DATA.iterdir() if p.suffix in {".xlsx", ".csv"})
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
RENAMED = {("lines", "cid"): "code", ("hosts", "room"): "place"}


@pytest.fixture(scope="module")
def rows() -> list[Rows]:
    return read_rows(FILES, default_words())[0]


def _value(record: Record, field: str, full: dict[str, str]) -> Any:
    value = record.values.get(field)
    if field == "organisation":
        return full.get(str(value), value)
    if field == "area_m2":
        return float(str(value))
    if field == "depends_on":
        return list(value or ())
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, int) else str(value)


@pytest.mark.parametrize("kind", ["rooms", "systems", "hosts", "nodes", "lines"])
def test_every_field_is_read_right(rows: list[Rows], kind: str) -> None:
    records = [r for part in rows for r in part.records]
    owners = {str(r.values["organisation"]) for r in records if "organisation" in r.values}
    full = full_names(owners, default_words())
    key = "cid" if kind == "lines" else "name"
    read = {(r.code if kind == "lines" else r.name): r for r in records if r.kind == kind}
    assert set(read) == {wanted[key] for wanted in EXPECTED[kind]}
    wrong = [
        (wanted[key], field, value, found)
        for wanted in EXPECTED[kind]
        for field, value in wanted.items()
        if (found := _value(read[wanted[key]], RENAMED.get((kind, field), field), full)) != value
    ]
    assert not wrong


def test_every_bad_cell_is_refused_and_no_other(rows: list[Rows]) -> None:
    found = [
        {"sheet": p.sheet, "row": p.row, "column": p.column, "raw": p.raw, "code": p.code}
        for part in rows
        for p in part.problems
    ]
    order = ("sheet", "row", "column")
    assert sorted(found, key=lambda p: [p[k] for k in order]) == sorted(
        EXPECTED["rejected"], key=lambda p: [p[k] for k in order]
    )


def test_what_refers_to_refused_rows_is_told(rows: list[Rows]) -> None:
    report = read_ledgers(FILES)
    codes = {p.code for p in report.problems} - {e["code"] for e in EXPECTED["rejected"]}
    assert codes == {"unknown_reference"}
    assert report.estate.digest == read_ledgers(list(reversed(FILES))).estate.digest

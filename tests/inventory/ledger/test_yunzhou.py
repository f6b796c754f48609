"""Another city's ledgers (tests/data/yunzhou), whole, against what they mean."""

import json
from pathlib import Path
from typing import Any

import pytest

from inventory.ledger import LedgerReport, read_ledgers
from inventory.references import check_references

DATA = Path(__file__).parents[2] / "data" / "yunzhou"
FILES = sorted(p for p in DATA.iterdir() if p.suffix in {".xlsx", ".csv"})
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
KINDS = ("rooms", "systems", "hosts", "nodes", "lines")
PLACE = ("sheet", "row", "column", "raw", "code")


@pytest.fixture(scope="module")
def report() -> LedgerReport:
    return read_ledgers(FILES)


def by_key(kind: str, objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    key = "cid" if kind == "lines" else "name"
    found = {o[key]: o for o in objects}
    assert len(found) == len(objects)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_and_every_field_is_told(report: LedgerReport, kind: str) -> None:
    wanted = by_key(kind, EXPECTED[kind])
    told = by_key(kind, report.as_json()["objects"][kind])
    assert told.keys() == wanted.keys()
    assert {k: {f: told[k][f] for f in o} for k, o in wanted.items()} == wanted


def test_every_bad_cell_is_refused_and_no_other(report: LedgerReport) -> None:
    told = report.as_json()
    found = [{key: p[key] for key in PLACE} for p in told["problems"]]
    assert sorted(found, key=str) == sorted(EXPECTED["rejected"], key=str)
    assert told["counts"]["refused"] == len({(p["sheet"], p["row"]) for p in EXPECTED["rejected"]})


def test_the_answer_has_exactly_these_parts(report: LedgerReport) -> None:
    told = report.as_json()
    assert set(told) == {"objects", "problems", "ignored", "counts"}
    problem = {"file", "sheet", "row", "column", "raw", "code", "message"}
    assert all(set(p) == problem for p in told["problems"])
    whole = told | {"objects": {kind: list(objects) for kind, objects in told["objects"].items()}}
    assert json.loads(json.dumps(whole)) == whole
    for objects in told["objects"].values():
        assert len({frozenset(o) for o in objects}) <= 1  # every field of every object


def test_organisations_are_told_by_their_full_names(report: LedgerReport) -> None:
    names = {o["name"] for o in report.objects["organisations"]}
    assert names == {o["organisation"] for kind in KINDS if kind != "hosts" for o in EXPECTED[kind]}


def test_what_enters_the_estate_contradicts_itself_nowhere(report: LedgerReport) -> None:
    check_references(report.estate)
    for kind in KINDS:
        assert len(getattr(report.estate, kind)) == len(EXPECTED[kind])
    assert report.estate.digest == read_ledgers(list(reversed(FILES))).estate.digest


def test_what_stays_open_is_said(report: LedgerReport) -> None:
    """A refused room's systems stay, without a room; so do lines that end outside."""
    named = {
        (i.sheet, i.column)
        for i in report.ignored
        if i.column and "简称" not in i.reason and "约数" not in i.reason
    }
    assert named == {
        ("信息系统", "部署机房"),
        ("信息系统", "依赖系统"),
        ("服务器", "所在机房"),
        ("服务器", "所属系统"),
        ("04-线路清查.csv", "A端"),
        ("04-线路清查.csv", "Z端"),
    }

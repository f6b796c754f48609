"""An estate as ledgers, read back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from inventory.ledger import read_ledgers, sheets
from inventory.ledger.fields import FIELDS
from inventory.ledger_write.export import export
from inventory.model import Estate
from tests.inventory.ledger_write.estates import estates, with_the_rest
from tests.inventory.ledger_write.wild import read_here

SOME = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def here() -> Iterator[None]:
    """Files are read in this process: a child for each of hundreds would take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "read_file", read_here)
        yield


_NEEDED: dict[str, dict[str, object]] = {
    "links": {"a_node": "no-1", "z_node": "no-2"},
    "services": {"host": "ho-1", "port": 80},
}


def _same_again(estate: Estate, to: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = export(estate, Path(folder) / to)
        assert done.inexact == ()
        assert done.changed == ()
        report = read_ledgers(done.files)
        assert [p for p in report.problems if p.refuses] == []  # two with one address are told
        assert report.estate.digest == estate.digest == done.digest


ONE_OF_EACH = Estate.model_validate(
    {
        kind: [
            {"code": f"{kind[:2]}-{n}", "name": f"{kind}{n}", **_NEEDED.get(kind, {})}
            for n in (1, 2)
        ]
        for kind in Estate.model_fields
        if kind != "dependencies"
    }
    | {"dependencies": [{"system": "sy-1", "needs": "sy-2", "kind": "数据"}]}
)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("to", ["a.xlsx", "csv"])
def test_every_field_of_every_kind_reads_back(here: None, seed: int, to: str) -> None:
    full = with_the_rest(ONE_OF_EACH, Random(seed), 1.0)
    for kind, objects in full.collections():
        open_ = {f for o in objects for f in FIELDS[kind] if getattr(o, f, 0) is None}
        assert not open_, kind
    _same_again(full, to)


@SOME
@given(estates())
def test_a_workbook_reads_back_to_the_same_digest(here: None, estate: Estate) -> None:
    _same_again(estate, "a.xlsx")


@SOME
@given(estates())
def test_csv_reads_back_to_the_same_digest(here: None, estate: Estate) -> None:
    _same_again(estate, "csv")


def test_codes_of_one_spelling_are_told(here: None, tmp_path: Path) -> None:
    """A ledger's yz-001 is YZ-001: an estate that has both doesn't read back, and is told so."""
    two = Estate.model_validate({"lines": [{"code": c, "name": f"{c}专线"} for c in ("a", "A")]})
    assert export(two, tmp_path / "a.xlsx").changed == (("lines", "a"),)

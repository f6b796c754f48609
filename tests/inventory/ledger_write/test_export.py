"""An estate as ledgers, read back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from inventory.ledger import read_ledgers, sheets
from inventory.ledger_write.export import export
from inventory.model import Estate
from tests.inventory.ledger_write.estates import estates
from tests.inventory.ledger_write.wild import read_here

SOME = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def here() -> Iterator[None]:
    """Files are read in this process: a child for each of hundreds would take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "read_file", read_here)
        yield


def _same_again(estate: Estate, to: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = export(estate, Path(folder) / to)
        assert done.inexact == ()
        assert done.changed == ()
        report = read_ledgers(done.files)
        assert report.problems == ()
        assert report.estate.digest == estate.digest == done.digest


@SOME
@given(estates())
def test_a_workbook_reads_back_to_the_same_digest(here: None, estate: Estate) -> None:
    _same_again(estate, "a.xlsx")


@SOME
@given(estates())
def test_csv_reads_back_to_the_same_digest(here: None, estate: Estate) -> None:
    _same_again(estate, "csv")

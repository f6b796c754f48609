"""An estate as ledgers, read back."""

import csv
import io
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook

from inventory.errors import EstateError, LedgerError
from inventory.ledger import read_ledgers, sheets
from inventory.ledger_write.export import KINDS, comparable, export
from inventory.model import Dependency, Estate, Line, Organisation, Placement, Room, Site, System
from tests.inventory.ledger_write.estates import WILD, estates, read_here

SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.fixture(scope="module")
def here() -> "pytest.MonkeyPatch":  # type: ignore[misc]
    """Files are read in this process: one for each of hundreds of files would take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "read_file", read_here)
        yield patch


def _same_again(estate: Estate, to: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = export(estate, Path(folder) / to)
        assert done.inexact == ()
        assert done.changed == ()
        report = read_ledgers(done.files)
        assert report.problems == ()
        assert report.estate.digest == estate.digest == done.digest


@SLOW
@given(estates())
def test_a_workbook_reads_back_to_the_same_digest(here: object, estate: Estate) -> None:
    _same_again(estate, "a.xlsx")


@SLOW
@given(estates())
def test_csv_reads_back_to_the_same_digest(here: object, estate: Estate) -> None:
    _same_again(estate, "csv")

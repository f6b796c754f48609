"""docs/pains.md names a test for every pain; each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/pains.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][2:]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_its_tests_are_there(row: list[str]) -> None:
    named = re.findall(r"`(tests/\S+?\.py)::(test_\w+)`", row[-1])
    assert named
    for path, test in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^\s*def {test}\(", source, re.MULTILINE), f"{path}::{test}"

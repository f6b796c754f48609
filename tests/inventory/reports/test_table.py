"""The table of docs/reports.md has a line for each report of the requirements, and tells the truth."""

import re
from pathlib import Path

import pytest

from inventory.policies.forms import FORMS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "reports.md"
ROW = re.compile(r"^\| (F-\d\d) \|([^|]*)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
ROWS = {m[1]: (m[3].strip(), m[4].strip()) for m in ROW.finditer(DOCUMENT.read_text("utf-8"))}
MADE = {number: form.name for form in FORMS for number in form.numbers}


@pytest.mark.parametrize("number", [f"F-{n:02}" for n in range(1, 28)])
def test_a_report_has_its_command_or_says_why_not(number: str) -> None:
    command, why = ROWS[number]
    assert command == MADE.get(number, "")
    assert command or why


def test_there_are_no_others() -> None:
    assert len(ROWS) == 27
    assert set(MADE) <= set(ROWS)

"""Values that are no text → cells: exact, and numbers where a number keeps all its digits."""

from typing import Any

import pytest

from inventory.ledger.cells import Cell
from inventory.ledger.spelling import default_words
from inventory.ledger_write.cells import cell
from inventory.ledger_write.columns import columns
from inventory.model import Secrecy

WORDS = default_words()
COLUMNS = {(kind, c.field): c for kind in WORDS.kinds for c in columns(kind, WORDS)}

TOLD: list[tuple[str, str, Any, Cell]] = [
    ("lines", "bandwidth_kbps", 100_000, 100),
    ("lines", "bandwidth_kbps", 1_544, 1.544),
    ("lines", "bandwidth_kbps", 1, 0.001),
    ("lines", "bandwidth_kbps", 123_456_789_012_345_678, "123456789012345.678"),
    ("lines", "rent_per_year", 0, 0),
    ("lines", "rent_per_year", 999_999_999_999_999, 999_999_999_999_999),
    ("lines", "rent_per_year", 1_000_000_000_000_001, "1000000000000001"),
    ("lines", "self_leased", True, "是"),
    ("lines", "self_leased", False, "否"),
    ("lines", "self_leased", None, "未说明"),  # a blank is no
    ("lines", "rent_per_year", None, ""),
    ("rooms", "area_m2", "80.5", 80.5),
    ("rooms", "area_m2", "12", 12),
    ("systems", "secrecy", Secrecy.UNKNOWN, "未知"),
    ("systems", "secrecy", Secrecy.NONE, "非涉密"),
    ("systems", "mlps_level", 3, "3"),
    ("systems", "mlps_level", None, ""),
    ("systems", "services", ("none",), '\\"none"'),
    ("systems", "services", ("a", "b"), "a、b"),
    ("systems", "function", "无", '\\"无"'),
    ("systems", "function", "没有", '\\"没有"'),
    ("systems", "function", "没有人用", "没有人用"),
    ("organisations", "aliases", ("甲、乙", "丙"), '\\"甲、乙"、\\"丙"'),
    ("organisations", "name", "无", '\\"无"'),  # departments write it for none
    ("lines", "provider", "中国电信", "中国电信"),
    ("lines", "provider", "华数", "华数"),  # none of the choices, and as good
    ("lines", "provider", "电信", '\\"电信"'),  # would be 中国电信
    ("nodes", "ports", (80, 443), "80、443"),
]


@pytest.mark.parametrize(("kind", "field", "value", "wanted"), TOLD)
def test_the_cell_for_a_value(kind: str, field: str, value: Any, wanted: Cell) -> None:
    written, exact = cell(value, COLUMNS[kind, field], WORDS)
    assert (written, type(written)) == (wanted, type(wanted))
    assert exact


@pytest.mark.parametrize(
    ("kind", "field", "value", "wanted"),
    [
        ("lines", "type", "卫星", "卫星"),  # none of the choices
        ("rooms", "area_m2", "80.50", 80.5),
        ("nodes", "ports", (443, 80), "443、80"),
        ("systems", "function", "甲\u200b", '\\"甲\\u200b"'),
    ],
)
def test_what_no_cell_can_tell_is_written_as_people_read_it(
    kind: str, field: str, value: Any, wanted: Cell
) -> None:
    assert cell(value, COLUMNS[kind, field], WORDS) == (wanted, False)

"""Reasons in both languages: apart, together, with a place before them."""

import pytest

from api.words import Words
from inventory.errors import PackFault
from inventory.halves import halves, labelled, together

TOLD = [
    ("机房未知 / the room is unknown", ("机房未知", "the room is unknown")),
    (
        "读到 a / b，应为 c / read a / b, expected c",
        ("读到 a / b，应为 c", "read a / b, expected c"),
    ),
    ("gw-01: 连不上 / no connection", ("gw-01: 连不上", "gw-01: no connection")),
    (
        "f.toml:3: a.b: 多余 / f.toml:3: a.b: too many",
        ("f.toml:3: a.b: 多余", "f.toml:3: a.b: too many"),
    ),
    ("no half / at all", ("no half / at all",) * 2),
    ("系统: 已停 / stopped", ("系统: 已停", "stopped")),
    ("a / b / c", ("a / b / c",) * 2),
    ("", ("", "")),
]


@pytest.mark.parametrize(("told", "expected"), TOLD)
def test_each_half(told: str, expected: tuple[str, str]) -> None:
    assert halves(told) == expected


def test_several_read_as_one_in_either_language() -> None:
    both = together(labelled("连不上 / no connection", "ssh: a / b timed out"), "请检查 / check")
    assert halves(both) == (
        "连不上：ssh: a / b timed out；请检查",
        "no connection: ssh: a / b timed out; check",
    )


def test_a_place_counts_for_both_line_by_line() -> None:
    fault = PackFault("means.toml", 15, "crews.rom", "3", "不认识的键 / no such key: rom")
    two = f"{fault}\ngw-01: 连不上 / no connection"
    assert Words("zh").half(two) == "means.toml:15: crews.rom: 读到 3；不认识的键\ngw-01: 连不上"
    assert Words("en").half(two) == (
        "means.toml:15: crews.rom: read 3; no such key: rom\ngw-01: no connection"
    )

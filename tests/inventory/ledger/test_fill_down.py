"""Owners that are told once for the rows below."""

from inventory.ledger.headers import find_table
from inventory.ledger.records import Rows, read_table
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words

WORDS = default_words()
HEADER = ("主管单位", "系统名称", "建设资金（万元）", "等保级别")


def read(*rows: tuple[str, ...], merges: tuple[tuple[int, int, int, int], ...] = ()) -> Rows:
    found = find_table(Sheet("a.xlsx", "系统", (HEADER, *rows), merges=merges), WORDS)
    assert found is not None
    return read_table(found, WORDS)


def owners(found: Rows) -> list[str | None]:
    return [record.values.get("organisation") for record in found.records]


def test_a_blank_owner_is_the_one_above_where_others_are_merged() -> None:
    found = read(
        ("市教育局", "学籍系统", "10", "二级"),
        ("市教育局", "考试系统", "20", "二级"),
        ("市水利局", "水情系统", "30", "三级"),
        ("", "雨情系统", "40", "三级"),
        merges=((1, 0, 2, 0),),
    )
    assert owners(found) == ["市教育局", "市教育局", "市水利局", "市水利局"]
    assert any("1 行" in note.reason for note in found.ignored)


def test_a_total_ends_it() -> None:
    found = read(
        ("市教育局", "学籍系统", "10", "二级"),
        ("市教育局", "考试系统", "20", "二级"),
        ("小计", "", "30", ""),
        ("", "雨情系统", "40", "三级"),
        merges=((1, 0, 2, 0),),
    )
    assert owners(found) == ["市教育局", "市教育局", None]


def test_one_blank_among_many_is_unknown() -> None:
    rows = [("市教育局", f"系统{n}平台", "10", "二级") for n in range(9)]
    assert owners(read(*rows, ("", "雨情系统", "40", "三级")))[-1] is None


def test_a_csv_that_keeps_merged_cells_tells_each_owner_once() -> None:
    rows = [
        (owner if n == 0 else "", f"{owner}{n}平台", "10", "二级")
        for owner in ("市教育局", "市水利局")
        for n in range(3)
    ]
    assert owners(read(*rows)) == ["市教育局"] * 3 + ["市水利局"] * 3

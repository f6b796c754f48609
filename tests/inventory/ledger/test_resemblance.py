"""Headers that no list spells out are taken for what they resemble, where their cells fit."""

import pytest

from inventory.ledger.headers import find_table
from inventory.ledger.records import read_table
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words
from inventory.ledger.table import Table

WORDS = default_words()


def table(*rows: tuple[object, ...]) -> Table:
    sheet = Sheet("机房.xlsx", "机房", tuple(tuple(c for c in row) for row in rows))  # type: ignore[arg-type]
    found = find_table(sheet, WORDS)
    assert found is not None
    return found


def field_of(found: Table, title: str) -> str | None:
    return next(c.field for c in found.columns if c.title == title)


@pytest.mark.parametrize(
    ("kind", "header", "field"),
    [
        ("rooms", "最近翻新改造", "upgraded"),
        ("rooms", "何时建成的", "created"),
        ("hosts", "资产卡片编号", "asset_tag"),
        ("systems", "关联依赖的系统", "depends_on"),
    ],
)
def test_its_pieces_speak_for_the_field_in_whose_headers_they_stand(
    kind: str, header: str, field: str
) -> None:
    first, *_ = WORDS.kinds[kind].resemblance.ranked(header)
    assert first[1] == field
    assert 0 < first[0] <= 1


def test_what_resembles_nothing_speaks_for_nothing() -> None:
    (close, _), *_ = WORDS.kinds["rooms"].resemblance.ranked("抗震设防烈度")
    assert close < 0.3


def rooms(header: str, *cells: object) -> Table:
    rows = [(f"{n}号机房", "市教育局", f"{50 + n}", cell) for n, cell in enumerate(cells)]
    return table(("机房名称", "所属单位", "机房面积（平方米）", header), *rows)


def test_a_column_is_taken_where_its_cells_fit_and_that_is_told() -> None:
    found = rooms("何时翻修改造过", "2019-05", "2020.6", "2021年7月", "2018-01")
    assert field_of(found, "何时翻修改造过") == "upgraded"


def test_a_column_whose_cells_do_not_fit_is_not_taken() -> None:
    found = rooms("翻新改造厂家资质", "甲级", "乙级", "甲级", "丙级")
    assert field_of(found, "翻新改造厂家资质") is None


def test_a_field_that_another_column_tells_is_not_taken_again() -> None:
    found = rooms("使用平米面积数", "80", "90", "100", "70")
    assert [c.field for c in found.columns].count("area_m2") == 1


def test_it_is_noted_for_whoever_checks() -> None:
    rows = [(f"h-{n}", f"10.1.1.{n}", f"GZ-{n}A") for n in range(1, 6)]
    found = table(("主机名", "IP地址", "固定资产登记卡片编号"), *rows)
    read = read_table(found, WORDS)
    notes = [i.reason for i in read.ignored if i.column == "固定资产登记卡片编号"]
    taken = next(c for c in found.columns if c.title == "固定资产登记卡片编号")
    assert taken.field == "asset_tag"
    assert bool(notes) == taken.resembles

"""Organisations by whatever name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.ledger.organisations import Organisations
from inventory.ledger.spelling import default_words

WORDS = default_words()
TOLD = (
    "云州市人力资源和社会保障局",
    "云州市市场监督管理局",
    "云州市城市管理局",
    "云州市大数据发展局",
    "云州市经济发展局",
    "云州市自然资源和规划局",
    "云州市行政审批局",
    "东山区人民政府",
    "云州大学",
)
FULL = Organisations({}, TOLD, (), WORDS)


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("市人社局", "云州市人力资源和社会保障局"),
        ("云州市人社局", "云州市人力资源和社会保障局"),
        ("人力资源和社会保障局", "云州市人力资源和社会保障局"),
        ("市场监管局", "云州市市场监督管理局"),
        ("市监局", "云州市市场监督管理局"),
        ("城管局", "云州市城市管理局"),
        ("云州市城市管理局", "云州市城市管理局"),
        ("大数据局", "云州市大数据发展局"),  # by its letters: what a city tells goes first
        ("经发局", "云州市经济发展局"),
        ("自规局", "云州市自然资源和规划局"),
        ("云州市自然资源局", "云州市自然资源和规划局"),
        ("市审批局", "云州市行政审批局"),
        ("医保局", "云州市医疗保障局"),  # by what most cities call it
        ("市委网信办", "云州市委网络安全和信息化委员会办公室"),
        ("清河县人社局", "清河县人力资源和社会保障局"),
        ("东山区政府", "东山区人民政府"),
        ("云州大学", "云州大学"),
        ("市民中心", "市民中心"),
        ("某某公司", "某某公司"),
    ],
)
def test_a_spelling_means_a_full_name(written: str, full: str) -> None:
    assert FULL.full(written) == full
    assert FULL.full(full) == full


def test_a_table_goes_before_everything() -> None:
    fixed = dict.fromkeys(("O-1", "云州市政务局", "市大数据局"), "云州市政务局")
    assert Organisations(fixed, TOLD, (), WORDS).full("市大数据局") == "云州市政务局"


def test_the_city_is_told_by_the_title_where_no_name_has_it() -> None:
    told = Organisations({}, ("民政局", "市教育局"), ("沅宁市信息系统清查表",), WORDS)
    assert (told.full("民政局"), told.full("市教育局")) == ("沅宁市民政局", "沅宁市教育局")


def test_by_its_form_a_name_is_a_department_or_not() -> None:
    assert all(map(FULL.is_one, ("清河县人民政府", "市气象局", "人社局")))
    assert not any(map(FULL.is_one, ("风水先生", "某某公司")))


@settings(max_examples=80, deadline=None, database=None)
@given(st.text(max_size=12))
def test_any_text_means_something_and_always_the_same(written: str) -> None:
    full = FULL.full(written)
    assert FULL.full(full) == full
    assert bool(full) == bool(written)

"""Header cells as departments write them, and the fields that they mean."""

import re

import pytest

from inventory.ledger.fields import FIELDS
from inventory.ledger.headers import find_table
from inventory.ledger.headings import headings
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words
from inventory.ledger.titles import title_of

WORDS = default_words()


def _field(kind: str, header: str) -> str | None:
    (found,) = headings(Sheet("a.csv", "a", ((header,),)), 0, 1, WORDS.kinds[kind], WORDS)
    return found.field


@pytest.mark.parametrize(
    ("header", "field", "unit"),
    [
        ("建设资金（万元）", "construction_funds", "万元"),
        ("*建设资金\n（单位：万元）", "construction_funds", "万元"),
        ("3.建设资金/万元", "construction_funds", "万元"),
        ("投资额度（万元）", "construction_funds", "万元"),
        ("运维经费（万元/年）", "om_funds_per_year", "万元/年"),
        ("2018年运维经费（元）", "om_funds_per_year", "元"),
        ("1、系统名称", "name", ""),
        ("①系统名称", "name", ""),
        ("【必填】信息系统全称", "name", ""),
        ("责任单位（盖章）", "organisation", ""),
        ("二、所属单位", "organisation", ""),
        ("内存GB", "memory_gib", "gb"),
        ("存储（TB）", "storage_gib", "tb"),
        ("是否涉密（是/否）", "secrecy", ""),
        ("批复日期", "approval_date", ""),
        ("ＣＰＵ（核）", "cpu_cores", "核"),
    ],
)
def test_a_header_says_a_field_and_a_unit(header: str, field: str, unit: str) -> None:
    assert _field("systems", header) == field
    assert title_of(header, WORDS).unit == unit


@pytest.mark.parametrize(
    ("kind", "header", "field"),
    [
        ("systems", "批准建设时间", "approval_date"),
        ("systems", "服务公众（打√）", "citizen_facing"),
        ("systems", "共享平台对接情况", "connected"),
        ("systems", "需调用的系统", "depends_on"),
        ("systems", "运行网络", "network_domain"),
        ("hosts", "用于系统", "system"),
        ("hosts", "固定资产号", "asset_tag"),
        ("hosts", "IP地址（v6）", "ipv6"),
        ("lines", "用途分类", "type"),
        ("lines", "电路代号", "code"),
        ("lines", "租期截止", "contract_end"),
        ("lines", "月租费（元/月）", "rent_per_month"),
        ("rooms", "机架（个）", "racks"),
    ],
)
def test_headers_of_other_cities(kind: str, header: str, field: str) -> None:
    assert _field(kind, header) == field


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        (
            "systems",
            "开发语言 界面框架 软件著作权登记号 上线时间 验收时间 合同编号 中间件 安全责任人",
        ),
        ("hosts", "质保到期日 所在U位 机身颜色 序列号 内存 CPU核数 MAC地址 网关 采购金额 机架单元"),
        ("rooms", "UPS品牌 门禁厂家 消防设施 空闲机柜数 服务器数量 供电方式 单机柜功率 机柜使用率"),
        (
            "lines",
            "光纤芯数 客户经理 机房接线盒号 合同编号 合同开始时间 传输介质 接口类型",
        ),
        ("nodes", "ONU型号 开通日期 软件版本 设备型号 交换频率 数据量 品牌"),
    ],
)
def test_what_is_no_field_is_not_guessed(kind: str, headers: str) -> None:
    assert {h: _field(kind, h) for h in headers.split()} == dict.fromkeys(headers.split())


def test_every_field_has_a_header_and_no_header_two_fields() -> None:
    for kind, known in WORDS.kinds.items():
        assert set(known.headers.values()) == set(FIELDS[kind]), kind
        assert {mark.field for mark in known.like} <= set(FIELDS[kind])
        assert not known.headers.keys() & WORDS.quiet_headers, kind
        assert all(not re.search(r"[{}\[\]<>|]", header) for header in known.headers)


def test_a_contract_s_term_is_its_end_where_its_cells_are_periods() -> None:
    rows = [("线路编号", "使用单位", "合同期限")]
    periods = [(f"L{n}", "甲局", f"2021.{n + 1}-2024.{n + 1}") for n in range(6)]
    years = [(f"L{n}", "甲局", "三年") for n in range(6)]
    assert [
        [c.field for c in table.columns][2]
        for cells in (periods, years)
        if (table := find_table(Sheet("a.csv", "a", (*rows, *cells)), WORDS))
    ] == ["contract_end", None]


def test_a_likely_header_is_none_when_its_cells_say_otherwise() -> None:
    rows = [("系统名称", "所属单位", "批准建设时间")]
    dates = [(f"系统{n}", "甲局", f"201{n}年3月") for n in range(6)]
    words = [(f"系统{n}", "甲局", "见文件") for n in range(6)]
    table = find_table(Sheet("a.csv", "a", (*rows, *dates)), WORDS)
    assert table
    assert [c.field for c in table.columns] == ["name", "organisation", "approval_date"]
    table = find_table(Sheet("a.csv", "a", (*rows, *words)), WORDS)
    assert table
    assert [c.title for c in table.unknown] == ["批准建设时间"]

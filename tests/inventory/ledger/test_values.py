from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.ledger import addresses, choices, dates, numbers, values
from inventory.ledger.cells import Cell, Parser, Partly, Refused
from inventory.ledger.money import money, money_per_month, money_per_year
from inventory.ledger.spelling import default_words
from inventory.model import HostKey, UnitName

WORDS = default_words()
SOME = settings(max_examples=60, deadline=None, database=None)
COUNT = numbers.whole_number(0)
CELLS = st.one_of(
    st.text(max_size=20),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.none(),
)
PARSERS: dict[str, Parser] = {
    "text": values.text,
    "text_list": values.text_list,
    "count": COUNT,
    "cores": numbers.whole_number(0, units="cores"),
    "racks": numbers.whole_number(0, units="racks"),
    "port": numbers.whole_number(1, 65535),
    "area": numbers.area,
    "money": money,
    "rate": numbers.rate,
    "size": numbers.size,
    "day": dates.day,
    "yes_no": choices.yes_no,
    "mlps": choices.mlps,
    "zone": choices.choice("network_domain"),
    "ipv4": addresses.ipv4,
    "ipv6": addresses.ipv6,
    "ports": addresses.port_list,
    "paths": values.folders,
    "units": values.strict_list(UnitName, "", "、,，;；/\\s"),
    "key": values.strict(HostKey, ""),
    "databases": values.databases,
    "window": values.window,
    "check_path": values.check_path,
    "entrance_name": values.entrance_name,
}


@pytest.mark.parametrize(
    ("parser", "cell", "unit", "expected"),
    [
        ("count", 8.0, "", 8),
        ("count", "８", "", 8),
        ("count", "32核", "", 32),
        ("count", "1,024台", "", 1024),
        ("count", "无", "", None),
        ("cores", "2颗×16核", "", 32),
        ("cores", "16核*2", "", 32),
        ("cores", "2颗8核", "", 16),
        ("cores", "4*8", "", 32),
        ("racks", "12面", "", 12),
        ("racks", "2列×8个", "", 16),
        ("size", "8G×8", "", 64),
        ("size", "100G*2", "", 200),
        ("size", "2x100GB", "", 200),
        ("size", "4块600GB", "", 2400),
        ("size", "两块2T", "", 4096),
        ("size", "2T*4块（RAID5）", "", 8192),
        ("size", "500G*4+2T*2", "", 6096),
        ("size", "系统盘200G，数据盘2T", "", 2248),
        ("size", "2×（200G+300G）", "", 1000),
        ("size", "8*16", "gb", 128),
        ("size", "1,024G", "", 1024),
        ("rate", "100M×2", "", 200_000),
        ("area", "80.5平方米", "㎡", "80.5"),
        ("area", 200.0, "㎡", "200"),
        ("area", "１２０㎡", "", "120"),
        ("money", "12.8", "万元", 128_000),
        ("money", "约12.8万元", "万元", 128_000),
        ("money", "１２.５万", "元", 125_000),
        ("money", "¥1,200,000", "", 1_200_000),
        ("money", "24000元", "万元", 24_000),
        ("money", "0", "万元", 0),
        ("money", 486.0, "万元", 4_860_000),
        ("money", "1.2亿元", "", 120_000_000),
        ("rate", "100M", "", 100_000),
        ("rate", "2兆", "", 2_000),
        ("rate", "千兆", "", 1_000_000),
        ("rate", "1Gbps", "", 1_000_000),
        ("rate", "64kbps", "", 64),
        ("rate", "50 Mbps", "", 50_000),
        ("rate", 10.0, "Mbps", 10_000),
        ("size", "2TB", "", 2048),
        ("size", "512G", "", 512),
        ("size", 512.0, "", 512),
        ("size", "1.5T", "", 1536),
        ("size", "64", "GB", 64),
        ("day", "2016年6月1日", "", date(2016, 6, 1)),
        ("day", "2016-6-1", "", date(2016, 6, 1)),
        ("day", "2016/06/01", "", date(2016, 6, 1)),
        ("day", "2016.6.1", "", date(2016, 6, 1)),
        ("day", "20160601", "", date(2016, 6, 1)),
        ("day", "２０１６年６月", "", date(2016, 6, 1)),
        ("day", "2016.3", "", date(2016, 3, 1)),
        ("day", 42522.0, "", date(2016, 6, 1)),
        ("day", "42522", "", date(2016, 6, 1)),
        ("day", datetime(2016, 6, 1, 8, 30), "", date(2016, 6, 1)),
        ("day", "2016-06-01 00:00:00", "", date(2016, 6, 1)),
        ("day", "/", "", None),
        ("yes_no", "√", "", True),
        ("yes_no", "×", "", False),
        ("yes_no", "", "", None),
        ("yes_no", "Ｙ", "", True),
        ("mlps", "第三级", "", 3),
        ("mlps", 2.0, "", 2),
        ("mlps", "Ⅲ级", "", 3),
        ("mlps", "未定级", "", None),
        ("zone", "电子政务外网", "", "extranet"),
        ("text_list", "甲、乙；丙\n丁,甲", "", ("甲", "乙", "丙", "丁")),
        ("ports", "443/8443", "", (443, 8443)),
        ("ports", 22.0, "", (22,)),
        ("paths", "/srv/a、/srv/b /srv/c", "", ("/srv/a", "/srv/b", "/srv/c")),
        ("paths", "/srv/a/、/srv/a", "", ("/srv/a",)),
        ("paths", "无", "", ()),
        ("paths", None, "", ()),
        ("units", "pg@15-main.service、lj-app", "", ("pg@15-main.service", "lj-app")),
        (
            "databases",
            "MariaDB 10.11/main；redis 7.0/main:6380",
            "",
            (
                {"version": "10.11", "cluster": "main", "port": 3306, "engine": "mariadb"},
                {"version": "7.0", "cluster": "main", "port": 6380, "engine": "redis"},
            ),
        ),
        (
            "databases",
            "postgresql 15/main:5432",
            "",
            ({"version": "15", "cluster": "main", "port": 5432},),
        ),
        (
            "databases",
            "PostgreSQL 17/main",
            "",
            ({"version": "17", "cluster": "main", "port": 5432},),
        ),
        ("window", "22:00-06:00", "", "22:00-06:00"),
        ("window", "22：00至次日6：00", "", "22:00-06:00"),
        ("window", "00:00-24:00", "", "00:00-00:00"),
        ("check_path", "/", "", "/"),
        ("entrance_name", "WWW.Example.gov.cn", "", "www.example.gov.cn"),
        ("entrance_name", "https://a.example.gov.cn/", "", "https://a.example.gov.cn"),
    ],
)
def test_spellings_that_are_understood(
    parser: str, cell: Cell, unit: str, expected: object
) -> None:
    assert PARSERS[parser](cell, unit, WORDS) == expected


@pytest.mark.parametrize(
    ("parser", "cell", "unit", "code"),
    [
        ("count", "若干", "", "not_a_number"),
        ("count", 1.5, "", "not_a_number"),
        ("count", "8只", "", "not_a_number"),
        ("count", -1.0, "", "out_of_range"),
        ("count", True, "", "not_a_number"),
        ("count", date(2016, 1, 1), "", "not_a_number"),
        ("port", 70000.0, "", "out_of_range"),
        ("port", 0, "", "out_of_range"),
        ("area", "很大", "", "not_a_number"),
        ("money", "面议", "万元", "not_a_number"),
        ("money", "-3", "万元", "out_of_range"),
        ("money", "12$", "万元", "not_a_number"),
        ("rate", "不限速", "", "not_a_quantity"),
        ("rate", 100.0, "", "not_a_quantity"),
        ("rate", "0M", "", "out_of_range"),
        ("size", "很大", "", "not_a_quantity"),
        ("size", "12箱", "", "not_a_quantity"),
        ("size", "8*2", "", "not_a_quantity"),
        ("size", "16G/32G", "", "not_a_quantity"),
        ("size", "500G+足够", "", "not_a_quantity"),
        ("cores", "一台", "", "not_a_number"),
        ("cores", "2台", "", "not_a_number"),
        ("cores", "4核8G", "", "not_a_number"),
        ("racks", "5人", "", "not_a_number"),
        ("day", "2015年2月30日", "", "not_a_date"),
        ("day", "长期有效", "", "not_a_date"),
        ("day", "1-2-3", "", "not_a_date"),
        ("day", 3.0, "", "not_a_date"),
        ("day", True, "", "not_a_date"),
        ("day", "1016年1月1日", "", "out_of_range"),
        ("yes_no", "也许", "", "not_in_choices"),
        ("mlps", "七级", "", "not_in_choices"),
        ("zone", "局域网", "", "not_in_choices"),
        ("ipv4", "10.20.300.5", "", "not_an_ip"),
        ("ipv4", "fd00::1", "", "not_an_ip"),
        ("ipv6", "2408:8000::zz", "", "not_an_ip"),
        ("ports", "443,x", "", "not_a_number"),
        ("paths", "/srv/$(id)", "", "bad_text"),
        ("paths", "/srv/../etc", "", "bad_text"),
        ("paths", "srv", "", "bad_text"),
        ("paths", "/", "", "bad_text"),
        ("paths", "／ ", "", "bad_text"),
        ("paths", "/srv/a、/", "", "bad_text"),
        ("paths", "//etc/", "", "bad_text"),
        ("paths", "/var/lib", "", "bad_text"),
        ("units", "nginx;$(reboot)", "", "bad_text"),
        ("units", "-rf", "", "bad_text"),
        ("key", "ssh-ed25519 $(id)", "", "bad_text"),
        ("key", "ssh-ed25519 AAAA root@host", "", "bad_text"),
        ("databases", "mysql 8/main", "", "bad_text"),
        ("databases", "mariadb 10.11/other", "", "bad_text"),
        ("databases", "postgresql 15/main;x:1", "", "bad_text"),
        ("databases", "postgresql 15/main:99999", "", "out_of_range"),
        ("window", "夜间", "", "bad_text"),
        ("window", "25:00-26:00", "", "out_of_range"),
        ("check_path", "healthz", "", "bad_text"),
        ("check_path", "/a b", "", "bad_text"),
        ("entrance_name", "10.0.0.1", "", "bad_text"),
        ("entrance_name", "www.example.gov.cn/a", "", "bad_text"),
        ("text", "甲\x1b[2J", "", "bad_text"),
    ],
)
def test_what_is_refused_and_why(parser: str, cell: Cell, unit: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        PARSERS[parser](cell, unit, WORDS)
    assert caught.value.code == code


@pytest.mark.parametrize("name", PARSERS)
@SOME
@given(cell=CELLS, unit=st.sampled_from(["", "万元", "mbps", "gb", "奇"]))
def test_any_cell_is_either_a_value_or_refused(name: str, cell: Any, unit: str) -> None:
    try:
        PARSERS[name](cell, unit, WORDS)
    except Refused as refusal:
        assert refusal.code  # noqa: PT017


@SOME
@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 12, 31)))
def test_every_spelling_of_a_day_is_that_day(day: date) -> None:
    serial = float((day - date(1899, 12, 30)).days)
    spellings: list[Cell] = [
        day,
        *([serial] if day.year >= 1980 else []),  # a lower one is a slip of the pen
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
    ]
    assert {dates.day(s, "", WORDS) for s in spellings} == {day}


@SOME
@given(st.integers(0, 10**9))
def test_money_means_the_same_in_every_unit(yuan: int) -> None:
    wan = f"{yuan // 10_000}.{yuan % 10_000:04}"
    assert money(wan, "万元", WORDS) == yuan
    assert money(f"{yuan:,}元", "万元", WORDS) == yuan
    assert money(f"¥{yuan}", "", WORDS) == yuan


@SOME
@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs"]), min_size=1))
def test_people_s_text_is_left_as_it_is(name: str) -> None:
    assert values.text(name, "", WORDS) == (name.strip() or None)


_DIGITS = "〇一二三四五六七八九"


def _numeral(number: int) -> str:
    """12 → 十二, 28 → 二十八."""
    tens, ones = divmod(number, 10)
    before = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return before + (_DIGITS[ones] if ones or not tens else "")


@SOME
@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 12, 31)))
def test_days_in_chinese_numerals_full_width_and_by_month(day: date) -> None:
    year = "".join(_DIGITS[int(d)] for d in str(day.year))
    whole = f"{year}年{_numeral(day.month)}月{_numeral(day.day)}日"
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in str(day))
    assert {dates.day(s, "", WORDS) for s in (whole, wide, f"{day} 08:30:00")} == {day}
    months: list[Cell] = [
        f"{day:%Y%m}",
        f"{day.year}.{day.month}",
        f"{year}年{_numeral(day.month)}月",
    ]
    assert {dates.day(s, "", WORDS) for s in months} == {day.replace(day=1)}


@SOME
@given(st.integers(1, 9999))
def test_numbers_in_chinese_are_those_in_digits(number: int) -> None:
    written, rest = "", number
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, rest = divmod(rest, value)
        if digit:
            zero = "〇" if written and not written.endswith(_UNITS[value]) else ""
            written += zero + _DIGITS[digit] + unit
    assert COUNT(f"{written}个", "", WORDS) == number
    assert money(f"{written}万元", "", WORDS) == number * 10_000


_UNITS = {1000: "", 100: "千", 10: "百", 1: "十"}


@SOME
@given(st.integers(0, 10**7), st.sampled_from(["元", "万元"]))
def test_a_month_s_rent_is_a_twelfth_of_a_year_s(yuan: int, unit: str) -> None:
    year = money_per_year(f"{yuan}{unit}/月", "", WORDS)
    assert year == money_per_month(yuan, unit, WORDS)
    assert year == 12 * (money(yuan, unit, WORDS) or 0)


@SOME
@given(st.integers(1, 999))
def test_rates_and_sizes_mean_the_same_in_every_unit(number: int) -> None:
    assert numbers.rate(f"{number}G", "", WORDS) == numbers.rate(f"{number}000兆", "", WORDS)
    assert numbers.rate(number, "mbps", WORDS) == numbers.rate(f"{number},000K", "", WORDS)
    assert numbers.size(f"{number}TB", "", WORDS) == numbers.size(number * 1024, "gb", WORDS)


@SOME
@given(st.ip_addresses(network="10.0.0.0/8"), st.ip_addresses(network="2000::/3"))
def test_addresses_are_read_with_mask_and_both_in_one_cell(v4: Any, v6: Any) -> None:
    masked = addresses.ipv4(f" {v4}/24", "", WORDS)
    assert isinstance(masked, Partly)  # the mask is told to be left
    assert (masked.value, masked.left) == (v4, "/24")
    assert addresses.ipv6(f"[{v6.exploded.upper()}]", "", WORDS) == v6
    assert addresses.either_ip(f"{v4} / {v6}", "", WORDS) == {"ipv4": v4, "ipv6": v6}


@pytest.mark.parametrize(
    "cell", ["二至三级", "三级以下", "2.5级", "12级", "二级或三级", "六级", "等保2.0六级"]
)
def test_no_level_is_guessed(cell: str) -> None:
    with pytest.raises(Refused) as caught:
        choices.mlps(cell, "", WORDS)
    assert caught.value.code == "not_in_choices"


@pytest.mark.parametrize(
    "cell", ["等保2.0三级", "三级（S3A3G3）", "第三级", "3级", "已定三级", "叁级"]
)
def test_a_level_by_many_names(cell: str) -> None:
    assert choices.mlps(cell, "", WORDS) == 3


def test_of_several_addresses_the_first_is_taken_and_the_others_are_told() -> None:
    told = addresses.ipv4("10.1.2.3、10.1.2.4", "", WORDS)
    assert isinstance(told, Partly)
    assert (str(told.value), told.left) == ("10.1.2.3", "10.1.2.4")
    both = addresses.either_ip("10.1.2.3 / fd00::1，10.1.2.9", "", WORDS)
    assert isinstance(both, Partly)
    assert {k: str(v) for k, v in both.value.items()} == {"ipv4": "10.1.2.3", "ipv6": "fd00::1"}
    assert both.left == "10.1.2.9"


def test_a_database_that_is_no_cluster_is_a_product() -> None:
    assert values.databases("MySQL 5.7、达梦V8", "", WORDS) == {
        "database_products": ("MySQL 5.7", "达梦V8")
    }


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("否", "none"),
        ("非涉密（不涉及国家秘密）", "none"),
        ("是", "classified"),
        ("否(已备案)", "none"),
    ],
)
def test_secrecy_as_people_say_it(cell: str, told: str) -> None:
    assert choices.secrecy(cell, "", WORDS) == told


@pytest.mark.parametrize("cell", ["否（拟涉密）", "非涉密(部分涉密)"])
def test_a_no_with_a_but_is_no_no(cell: str) -> None:
    with pytest.raises(Refused):
        choices.secrecy(cell, "", WORDS)


def test_a_fraction_without_a_unit_is_not_taken_for_yuan() -> None:
    with pytest.raises(Refused):
        money("8.5", "", WORDS)
    assert money("8.5", "万元", WORDS) == 85_000
    assert money("12345.50", "", WORDS) == 12_346
    with pytest.raises(Refused):
        money("三五万", "", WORDS)


@pytest.mark.parametrize(
    ("told", "kbps"),
    [("上行20M/下行20M", 20_000), ("下行1G，上行1000M", 1_000_000), ("10GE", 10_000_000)],
)
def test_rates_up_and_down(told: str, kbps: int) -> None:
    assert numbers.rate(told, "", default_words()) == kbps


def test_different_rates_up_and_down_are_no_rate() -> None:
    with pytest.raises(Refused, match="上行与下行不同") as refused:
        numbers.rate("上行20M下行100M", "", default_words())
    assert refused.value.code == "not_a_quantity"


@pytest.mark.parametrize(
    "told",
    [
        "岐发改〔2016〕19号，2016年6月19日",
        "2016年6月19日（岐发改[2016]第19号）",
        "《关于平台立项的批复》（岐发改〔2016〕19号）2016.6.19",
        "2016-06-19",
    ],
)
def test_a_day_beside_the_number_of_its_document(told: str) -> None:
    assert dates.issued_day(told, "", default_words()) == date(2016, 6, 19)


@pytest.mark.parametrize("told", ["岐发改〔2016〕19号", "岐发改〔2016〕19号，2016年6月31日"])
def test_the_number_of_a_document_is_no_day(told: str) -> None:
    with pytest.raises(Refused):
        dates.issued_day(told, "", default_words())

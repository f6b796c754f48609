"""Bad ledgers, each named after its fault, with the place and code that must be reported."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.ledger import LedgerReport, read_ledgers
from inventory.ledger.record import derived_code, service_code
from inventory.model import Cloud, Estate, Organisation, Room, Service, Zone
from tests.inventory.ledger.books import ORGANISATIONS, ROOMS, Rows, write_book

CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)
SYSTEM_HEADERS = ["系统编号", "系统名称", "部署机房", "依赖系统"]


def _read(tmp_path: Path, sheets: dict[str, Rows], known: Estate | None = None) -> LedgerReport:
    path = write_book(tmp_path / "台账.xlsx", sheets)
    return read_ledgers([path], known=known or Estate())


Expected = tuple[str, int, str, str, str, bool]  # sheet, row, column, raw, code, refuses

BAD: dict[str, tuple[dict[str, Rows], list[Expected]]] = {
    "number": (
        {"机房": [["机房名称", "机柜数"], ["甲机房", "若干"], ["乙机房", 3]]},
        [("机房", 2, "机柜数", "若干", "not_a_number", True)],
    ),
    "two cells of one row": (
        {"机房": [["机房名称", "机柜数", "建成时间"], ["甲机房", "若干", "去年"]]},
        [
            ("机房", 2, "机柜数", "若干", "not_a_number", True),
            ("机房", 2, "建成时间", "去年", "not_a_date", True),
        ],
    ),
    "name missing": (
        {"机房": [["机房编号", "机房名称", "机柜数"], ["R-1", "", 3]]},
        [("机房", 2, "机房名称", "", "missing", True)],
    ),
    "column of the name missing": (
        {"机房": [["机房编号", "机柜数"], ["R-1", 3]]},
        [("机房", 2, "机房编号", "", "missing", True)],
    ),
    "half an entrance": (
        {"信息系统": [["系统名称", "入口端口", "后端端口"], ["甲系统", 8001, ""]]},
        [
            ("信息系统", 2, "系统名称", "", "missing", True),
            ("信息系统", 2, "后端端口", "", "missing", True),
        ],
    ),
    "same code, other facts": (
        {"机房": [["机房编号", "机房名称", "机柜数"], ["R-1", "甲", 3], ["R-1", "甲", 4]]},
        [("机房", 3, "机房编号", "R-1", "duplicate", True)],
    ),
    "same name, other facts, no codes": (
        {"机房": [["机房名称", "机柜数"], ["甲", 3], ["甲", 4]]},
        [("机房", 3, "机房名称", "甲", "duplicate", True)],
    ),
    "organisation not in the table": (
        {"单位": ORGANISATIONS, "机房": [["机房名称", "所属单位"], ["甲机房", "风水先生"]]},
        [("机房", 2, "所属单位", "风水先生", "unknown_reference", False)],
    ),
    "system that nobody lists": (
        {
            "服务器": [["设备名称", "所属系统"], ["h-1", "甲系统"]],
            "信息系统": [["系统名称", "主要功能"], ["乙系统", "x"]],
        },
        [("服务器", 2, "所属系统", "甲系统", "unknown_reference", False)],
    ),
    "ambiguous name": (
        {
            "机房": [["机房编号", "机房名称"], ["R-1", "主机房"], ["R-2", "主机房"]],
            "信息系统": [["系统名称", "部署机房"], ["甲系统", "主机房"], ["乙系统", "R-2"]],
        },
        [("信息系统", 2, "部署机房", "主机房", "unknown_reference", False)],
    ),
    "needed system unknown: the dependency is refused, not the system": (
        {"信息系统": [["系统名称", "依赖系统"], ["甲系统", "乙系统、丙系统"], ["乙系统", ""]]},
        [("信息系统", 2, "依赖系统", "乙系统、丙系统", "unknown_reference", False)],
    ),
    "system needs itself": (
        {"信息系统": [["系统名称", "依赖系统"], ["甲系统", "甲系统"]]},
        [("信息系统", 2, "依赖系统", "甲系统", "bad_text", False)],
    ),
    "dependency on nothing": (
        {
            "信息系统": [["系统名称", "主要功能"], ["甲系统", "x"]],
            "依赖关系": [["系统", "依赖系统"], ["甲系统", "丙系统"], ["甲系统", ""]],
        },
        [
            ("依赖关系", 2, "依赖系统", "丙系统", "unknown_reference", True),
            ("依赖关系", 3, "依赖系统", "", "missing", True),
        ],
    ),
    "site not in the table": (
        {
            "园区": [["园区编号", "园区名称"], ["P-1", "东园"]],
            "机房": [["机房名称", "所在园区"], ["甲机房", "西园"]],
        },
        [("机房", 2, "所在园区", "西园", "unknown_reference", False)],
    ),
    "link to a node that nobody declares": (
        {
            "交换节点": [["节点编号", "节点名称"], ["N-1", "甲节点"]],
            "链路": [
                ["链路编号", "A端节点", "Z端节点"],
                ["K-1", "甲节点", "乙节点"],
                ["K-2", "N-1", ""],
            ],
        },
        [
            ("链路", 2, "Z端节点", "乙节点", "unknown_reference", True),
            ("链路", 3, "Z端节点", "", "missing", True),
        ],
    ),
    "services": (
        {
            "服务器": [["设备名称", "IP地址"], ["h-1", "10.1.2.3"]],
            "服务": [
                ["服务名称", "服务器", "端口", "协议"],
                ["网站", "h-1", 70000, "TCP"],
                ["网站", "h-2", 80, "TCP"],
                ["网站", "h-1", "", "TCP"],
                ["域名", "h-1", 53, "TCP/UDP"],
                ["网站", "h-1", 80, "TCP"],
                ["门户", "h-1", 80, ""],
            ],
        },
        [
            ("服务", 2, "端口", "70000", "out_of_range", True),
            ("服务", 3, "服务器", "h-2", "unknown_reference", True),
            ("服务", 4, "端口", "", "missing", True),
            ("服务", 5, "协议", "TCP/UDP", "bad_text", True),
            ("服务", 7, "服务名称", "门户", "duplicate", True),
        ],
    ),
    "zone that is none": (
        {"服务器": [["设备名称", "网络域"], ["h-1", "局域网"]]},
        [("服务器", 2, "网络域", "局域网", "not_in_choices", True)],
    ),
    "header that nobody knows": (
        {"机房": [["标题"], ["机房名称", "机柜数", "风水"], ["甲机房", 3, "好"]]},
        [("机房", 2, "风水", "风水", "unknown_header", False)],
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_reported_at_its_place(tmp_path: Path, fault: str) -> None:
    sheets, expected = BAD[fault]
    report = _read(tmp_path, sheets)
    found = [(p.sheet, p.row, p.column, p.raw, p.code, p.refuses) for p in report.problems]
    assert sorted(found) == sorted(expected)
    assert report.counts["problems"] == len(expected)
    assert report.counts["refused"] == len({e[:2] for e in expected if e[5]})
    assert all(" / " in p.message and p.file == "台账.xlsx" for p in report.problems)


def test_good_rows_go_on(tmp_path: Path) -> None:
    report = _read(tmp_path, BAD["number"][0])
    assert [r.name for r in report.estate.rooms] == ["乙机房"]
    assert (report.counts["rooms"], report.counts["rows"]) == (1, 2)


def test_a_line_keeps_its_known_end_and_the_other_is_noted(tmp_path: Path) -> None:
    lines = [["线路编号", "A端", "Z端"], ["L-1", "交通局机房", "省中心"]]
    report = _read(tmp_path, {"机房": ROOMS, "线路": lines})
    (line,) = report.estate.lines
    assert (line.a_end, line.z_end, line.name) == ("R-1", None, "L-1")
    assert report.ok
    noted = [(i.row, i.column) for i in report.ignored if "简称" not in i.reason]
    assert noted == [(2, "Z端")]
    assert report.objects["lines"][0]["z_end"] == "省中心"


def test_a_refused_row_costs_nothing_else(tmp_path: Path) -> None:
    """What refers to it stays, with that reference open; the fault is told once, where it is."""
    sheets: dict[str, Rows] = {
        "机房": [["机房名称", "机柜数"], ["甲机房", "若干"]],
        "信息系统": [["系统名称", "部署机房"], ["甲系统", "甲机房"]],
        "服务器": [["设备名称", "所属系统"], ["h-1", "甲系统"]],
    }
    report = _read(tmp_path, sheets)
    assert [(p.sheet, p.row, p.code) for p in report.problems] == [("机房", 2, "not_a_number")]
    (system,), (host,) = report.estate.systems, report.estate.hosts
    assert (system.room, host.system) == (None, system.code)
    assert [(i.sheet, i.row, i.column) for i in report.ignored] == [("信息系统", 2, "部署机房")]
    assert "机房 第 2 行" in report.ignored[0].reason
    assert report.ignored[0].raw == "甲机房"
    assert report.objects["systems"][0]["room"] == "甲机房"
    assert not report.objects["rooms"]


def test_a_number_that_is_no_code_is_kept_as_told(tmp_path: Path) -> None:
    lines = [["电路编号", "带宽"], ["青岚 电001", "2M"]]
    systems = [["系统编号", "系统名称"], ["系统一", "甲系统"]]
    report = _read(tmp_path, {"线路": lines, "信息系统": systems})
    assert report.ok
    assert report.objects["lines"][0]["cid"] == "青岚 电001"
    assert report.estate.lines[0].code == derived_code("lines", "青岚 电001")
    assert report.objects["systems"][0]["code"] == "系统一"


def test_names_mean_codes_names_aliases_and_short_names(tmp_path: Path) -> None:
    rooms = [["机房名称", "所属单位"]] + [
        [f"机房{n}", owner]
        for n, owner in enumerate(
            ("O-1", "澜江市交通运输局", "市交通局", "澜江市交通局", "交通运输局")
        )
    ]
    report = _read(tmp_path, {"单位": ORGANISATIONS, "机房": rooms})
    assert not report.problems
    assert {r.organisation for r in report.estate.rooms} == {"O-1"}


def test_owners_without_a_table_are_taken_as_told_once(tmp_path: Path) -> None:
    rooms = [
        ["机房名称", "所属单位"],
        ["甲机房", "市人社局"],
        ["乙机房", "澜江市人力资源和社会保障局"],
    ]
    report = _read(tmp_path, {"机房": rooms})
    (owner,) = report.estate.organisations
    assert (owner.name, owner.aliases) == ("澜江市人力资源和社会保障局", ("市人社局",))
    assert {r.organisation for r in report.estate.rooms} == {owner.code}


def test_rows_may_refer_to_what_is_known_already(tmp_path: Path) -> None:
    known = Estate(
        organisations=(Organisation(code="O-1", name="澜江市交通运输局"),),
        rooms=(Room(code="R-1", name="交通局机房"),),
        clouds=(Cloud(code="C-1", name="政务云"),),
    )
    headers = ["系统编号", "系统名称", "所属单位", "部署机房", "迁移目标"]
    rows = [headers, ["S-1", "门户", "市交通局", "交通局机房", "政务云"]]
    report = _read(tmp_path, {"信息系统": rows}, known)
    assert not report.problems
    (system,) = report.estate.systems
    assert (system.organisation, system.room, system.target) == ("O-1", "R-1", "C-1")
    assert not report.estate.rooms


def test_the_same_row_twice_is_one_object(tmp_path: Path) -> None:
    rows: Rows = [["机房名称", "机柜数"], ["甲机房", 3]]
    report = _read(tmp_path, {"机房": rows, "机房（补）": rows})
    assert not report.problems
    assert len(report.estate.rooms) == 1
    (merged,) = report.ignored
    assert (merged.sheet, merged.row) == ("机房（补）", 2)


def test_codes_for_what_has_only_a_name(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "机房": [["机房名称", "机柜数"], ["甲机房", 3]],
        "服务器": [["设备名称", "所在机房"], ["web-01", "甲机房"], ["数据库服务器", "甲机房"]],
    }
    estate = _read(tmp_path, sheets).estate
    assert estate.rooms[0].code == derived_code("rooms", "甲机房") == "r-76df71d6"
    assert {h.code for h in estate.hosts} == {"web-01", derived_code("hosts", "数据库服务器")}


def test_a_dependency_told_in_both_places_is_one(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "信息系统": [SYSTEM_HEADERS, ["S-1", "甲", "", "乙"], ["S-2", "乙", "", ""]],
        "依赖关系": [["系统", "依赖系统", "依赖类型"], ["甲", "S-2", "接口"]],
    }
    report = _read(tmp_path, sheets)
    assert not report.problems
    assert [(d.code, d.kind) for d in report.estate.dependencies] == [("S-1>S-2", "接口")]


def test_one_name_that_holds_separators_can_be_needed(tmp_path: Path) -> None:
    rows = [
        SYSTEM_HEADERS,
        ["S-1", "甲", "", "收/发文；归档系统"],
        ["S-2", "收/发文；归档系统", "", ""],
    ]
    report = _read(tmp_path, {"信息系统": rows})
    assert not report.problems
    assert [d.code for d in report.estate.dependencies] == ["S-1>S-2"]


def test_every_field_says_where_it_was_told(tmp_path: Path) -> None:
    report = _read(
        tmp_path, {"机房": [["标题"], ["机房名称", "年运行费用(万元)"], ["甲机房", "12万"]]}
    )
    (room,) = report.estate.rooms
    (cost,) = [p for p in room.provenance if p.field == "running_cost_per_year"]
    assert room.running_cost_per_year == 120_000
    assert (cost.source, cost.sheet, cost.row, cost.column, cost.raw) == (
        "台账.xlsx",
        "机房",
        3,
        "年运行费用(万元)",
        "12万",
    )


def test_messages_cannot_drive_a_terminal(tmp_path: Path) -> None:
    headers = ["机房名称", "所属单位"]
    sheets: dict[str, Rows] = {
        "单位": ORGANISATIONS,
        "机房": [headers, ["甲机房", "局\u202e\u2028x"]],
    }
    (problem,) = _read(tmp_path, sheets).problems
    assert problem.raw == "局\u202e\u2028x"
    assert "\\u202e\\u2028" in problem.message
    assert "\u202e" not in problem.message


NETWORK: dict[str, Rows] = {
    "园区": [
        ["园区编号", "园区名称", "区县", "地址"],
        ["P-1", "东园", "东湖区", "湖滨路1号"],
    ],
    "机房": [["机房编号", "机房名称", "所在园区"], ["R-1", "甲机房", "东园"]],
    "政务云": [["云编号", "云名称", "园区"], ["C-1", "政务云", "P-1"]],
    "服务器": [
        ["设备编号", "设备名称", "所在机房", "机柜", "网络域"],
        ["H-1", "网站服务器", "甲机房", "A01", "电子政务外网"],
    ],
    "交换节点": [
        ["节点编号", "节点名称", "所在机房", "网络域"],
        ["N-1", "甲节点", "甲机房", "外网"],
        ["N-2", "乙节点", "政务云", "互联网"],
    ],
    "链路": [["链路编号", "A端", "Z端", "网络域"], ["K-1", "甲节点", "N-2", "外网"]],
    "服务": [
        ["服务名称", "服务器", "端口", "协议", "所属系统"],
        ["网站", "网站服务器", 443, "ＴＣＰ", "门户"],
    ],
    "信息系统": [["系统编号", "系统名称"], ["S-1", "门户"]],
}


def test_sites_links_and_services(tmp_path: Path) -> None:
    report = _read(tmp_path, NETWORK)
    assert not report.problems
    estate = report.estate
    (site,), (link,), (service,), (host,) = (
        estate.sites,
        estate.links,
        estate.services,
        estate.hosts,
    )
    assert (site.code, site.region, site.address) == ("P-1", "东湖区", "湖滨路1号")
    assert (estate.rooms[0].site, estate.clouds[0].site) == ("P-1", "P-1")
    assert (link.code, link.name, link.a_node, link.z_node) == ("K-1", "K-1", "N-1", "N-2")
    assert (host.rack, host.zone, link.zone) == ("A01", Zone.EXTRANET, Zone.EXTRANET)
    assert [(n.place, n.zone) for n in estate.nodes] == [
        ("R-1", Zone.EXTRANET),
        ("C-1", Zone.INTERNET),
    ]
    assert service.model_copy(update={"provenance": ()}) == Service(
        code="H-1-tcp-443", name="网站", host="H-1", port=443, protocol="tcp", system="S-1"
    )


def test_a_service_has_the_same_code_however_its_host_is_spelt(tmp_path: Path) -> None:
    head, (name, _, *rest) = NETWORK["服务"]
    by_code: Rows = [head, [name, "H-1", *rest]]
    codes = [
        _read(tmp_path, NETWORK | {"服务": rows}).estate.services[0].code
        for rows in (by_code, NETWORK["服务"])
    ]
    assert codes[0] == codes[1]
    twice = _read(tmp_path, NETWORK | {"服务（补）": by_code})
    assert not twice.problems
    assert [(i.sheet, i.row) for i in twice.ignored] == [("服务（补）", 2)]


@given(
    one=st.tuples(CODES, st.sampled_from(["tcp", "udp", "http"]), st.integers(1, 65535)),
    other=st.tuples(CODES, st.sampled_from(["tcp", "udp", "http"]), st.integers(1, 65535)),
)
@settings(max_examples=60, deadline=None, database=None)
def test_codes_of_services_are_codes_and_tell_them_apart(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    codes = [service_code(*told) for told in (one, other)]
    assert [Service(code=c, name="x", host="h", port=1).code for c in codes] == codes
    assert (codes[0] == codes[1]) == (one == other)


def test_sites_without_a_table_are_taken_as_told_once(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "机房": [["机房名称", "园区"], ["甲机房", "东园"], ["乙机房", "东园"], ["丙机房", ""]]
    }
    estate = _read(tmp_path, sheets).estate
    (site,) = estate.sites
    assert (site.code, site.name) == (derived_code("sites", "东园"), "东园")
    assert {r.site for r in estate.rooms} == {site.code, None}

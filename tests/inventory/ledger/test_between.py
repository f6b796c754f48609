"""Sheets of what stands between others, and other sheets as a fresh reviewer wrote them."""

from pathlib import Path

from inventory.ledger import LedgerReport, read_ledgers
from tests.inventory.ledger.books import Rows, write_book

NODES: Rows = [["节点名称", "IPv4地址"], ["民政前置机", "59.1.2.3"], ["财政前置机", "59.1.2.4"]]
HOSTS: Rows = [["主机名称", "IPv4地址"], ["MZ-APP-01", "10.1.2.3"]]


def _read(tmp_path: Path, sheets: dict[str, Rows]) -> LedgerReport:
    report = read_ledgers([write_book(tmp_path / "台账.xlsx", sheets)])
    assert report.problems == ()
    return report


def test_links_without_a_name_are_called_by_their_ends(tmp_path: Path) -> None:
    rows = [["本端节点", "对端节点", "所属网络"], ["民政前置机", "财政前置机", "政务外网"]]
    (link,) = _read(tmp_path, {"节点": NODES, "节点互联": rows}).estate.links
    assert link.name == "民政前置机—财政前置机"
    assert {link.a_node, link.z_node} <= {
        n.code for n in _read(tmp_path, {"节点": NODES}).estate.nodes
    }


def test_services_without_a_name_are_called_by_host_and_port(tmp_path: Path) -> None:
    for number, heads in enumerate((["服务器名", "监听端口"], ["所在主机", "服务端口"])):
        rows = [[*heads, "传输协议"], ["MZ-APP-01", 443, "TCP"]]
        folder = tmp_path / str(number)
        folder.mkdir()
        (service,) = _read(folder, {"设备清单": HOSTS, "端口服务": rows}).estate.services
        assert (service.name, service.port) == ("MZ-APP-01 443/tcp", 443)


def test_a_column_that_asks_whether_a_line_is_unused(tmp_path: Path) -> None:
    rows = [["专线号", "带宽", "是否闲置"], ["A-1", "100M", "否"], ["A-2", "100M", "是"]]
    lines = _read(tmp_path, {"租用专线": rows}).estate.lines
    assert [line.usage for line in lines] == ["used", "idle"]


def test_a_heading_in_brackets_is_no_host(tmp_path: Path) -> None:
    rows = [[*HOSTS[0], "操作系统"], ["【商务局】"], [*HOSTS[1], "麒麟V10"]]
    (host,) = _read(tmp_path, {"设备": rows}).estate.hosts
    assert host.code == "MZ-APP-01"


def test_a_county_as_an_owner_is_its_government(tmp_path: Path) -> None:
    sheets = {
        "单位": [["单位名称", "单位简称"], ["青山区人民政府", "青山区政府"]],
        "节点": [["节点名称", "权属单位", "IPv4地址"], ["青山区节点", "青山区", "59.1.2.3"]],
    }
    estate = _read(tmp_path, sheets).estate
    assert estate.nodes[0].organisation == estate.organisations[0].code


def test_a_room_that_goes_to_the_cloud_is_migrated(tmp_path: Path) -> None:
    rows = [["机房名称", "处置意见"], ["甲机房", "并入市政务云"], ["乙机房", "并入甲机房"]]
    rooms = _read(tmp_path, {"机房": rows}).estate.rooms
    assert [room.disposition for room in rooms] == ["migrate", "merge"]


def test_a_sheet_named_as_a_list_that_nobody_can_read_is_told(tmp_path: Path) -> None:
    rows = [["甲", "乙", "丙"], ["a", "b", "c"], ["d", "e", "f"]]
    for name, problems in (("链路表", 1), ("链路填报说明", 0), ("Sheet3", 0)):
        book = write_book(tmp_path / f"{name}.xlsx", {"节点": NODES, name: rows})
        report = read_ledgers([book])
        assert [(p.sheet, p.code) for p in report.problems] == [(name, "unknown_header")] * problems
        assert len(report.estate.nodes) == 2

from pathlib import Path

import pytest
from openpyxl import load_workbook

from inventory.changes import diff
from inventory.ledger import read_ledgers
from inventory.model import Secrecy, Zone
from inventory.references import check_references
from tests.lab import addresses
from tests.lab.ledger import CLASSIFIED, STAYS, with_faults, write_ledger
from tests.lab.ledger_places import FRONT_END

KEYS = {
    h.name: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{n:043}" for n, h in enumerate(addresses.HOSTS)
}
WILD = {
    "LJ-S-001": "{{ lookup('pipe','touch /tmp/pwned') }}",
    "LJ-S-002": '$(rm -rf x); "',
    "LJ-S-003": "=1+1",
    STAYS: "@cmd|'/c calc'!A1",
}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "澜江市台账.xlsx", host_keys=KEYS)


def test_it_imports_without_a_problem(ledger: Path) -> None:
    report = read_ledgers([ledger])
    assert report.problems == ()
    check_references(report.estate)
    assert report.counts["rows"] == sum(len(o) for _, o in report.estate.collections())


def test_the_same_ledger_has_the_same_digest(ledger: Path, tmp_path: Path) -> None:
    again = write_ledger(tmp_path / "另一份.xlsx", host_keys=KEYS)
    first, second = read_ledgers([ledger]).estate, read_ledgers([again]).estate
    assert first.digest == second.digest == read_ledgers([ledger]).estate.digest
    assert diff(first, second).empty


def test_hosts_lines_and_places_are_those_of_the_lab(ledger: Path) -> None:
    estate = read_ledgers([ledger]).estate
    hosts = {h.code: h for h in estate.hosts}
    for fact in addresses.HOSTS:
        told = hosts[fact.name]
        assert (told.ipv4, told.ipv6) == (fact.address, fact.address6)
        assert told.ssh_host_key == KEYS[fact.name]
        in_a_zone = fact.place is addresses.EXCHANGE
        assert told.place == (None if in_a_zone else fact.place.code)
    assert {(line.code, line.a_end, line.z_end, line.bandwidth_kbps) for line in estate.lines} == {
        (f.code, f.room, f.cloud, f.kbit) for f in addresses.LINES
    }
    assert [(o.code, o.name) for o in estate.organisations] == sorted(
        (o.code, o.name) for o in addresses.ORGANISATIONS
    )
    nodes = {n.code: n for n in estate.nodes}
    assert set(nodes) == {"LJ-GW-01", FRONT_END}
    node = nodes["LJ-GW-01"]
    assert (node.code, node.host, node.ports) == ("LJ-GW-01", "gw-01", (8001, 8002, 8003))
    # nobody in the lab would answer there
    assert (nodes[FRONT_END].ipv4, nodes[FRONT_END].ipv6) == (None, None)


def test_what_a_netbox_holds_besides(ledger: Path) -> None:
    estate = read_ledgers([ledger]).estate
    assert [(s.code, s.region) for s in estate.sites] == [
        ("LJ-YQ-01", "东湖区"),
        ("LJ-YQ-02", "新城区"),
    ]
    sites = {r.code: r.site for r in estate.rooms} | {c.code: c.site for c in estate.clouds}
    assert sites == {
        "LJ-RM-JT": "LJ-YQ-01",
        "LJ-RM-RS": "LJ-YQ-02",
        "LJ-CLOUD": "LJ-YQ-02",
    }
    assert {h.code: h.rack for h in estate.hosts if h.rack} == {
        "jt-web-01": "A01",
        "jt-file-01": "A01",
        "rs-app-01": "B-03",
    }
    assert {h.zone for h in estate.hosts} == {Zone.EXTRANET, Zone.INTERNET}
    assert {(n.code, n.place, n.zone) for n in estate.nodes} == {
        ("LJ-GW-01", "LJ-CLOUD", Zone.INTERNET),
        (FRONT_END, "LJ-RM-JT", Zone.EXTRANET),
    }
    assert [(k.code, k.a_node, k.z_node, k.zone) for k in estate.links] == [
        ("LJ-LL-01", FRONT_END, "LJ-GW-01", Zone.EXTRANET)
    ]
    assert [(s.code, s.host, s.port, s.system) for s in estate.services] == [
        ("gw-01-tcp-8001", "gw-01", 8001, None),
        ("rs-app-01-tcp-5432", "rs-app-01", 5432, "LJ-S-002"),
    ]


def test_who_answers_for_what(ledger: Path) -> None:
    estate = read_ledgers([ledger]).estate
    people = [(o.code, o.contacts) for o in estate.organisations]
    people += [(r.code, r.contacts) for r in estate.rooms]
    people += [(line.code, line.contacts) for line in estate.lines]
    told = {(of, c.role, c.name, c.phone, c.email) for of, found in people for c in found}
    assert told == {
        ("LJ-JT", "联系人", "张明", "0999-6210001", "zhang.ming@lanjiang.example"),
        ("LJ-RS", "联系人", "王芳", "13800001001", ""),
        ("LJ-RS", "联系人", "刘洋", "13800001002", ""),
        ("LJ-DSJ", "联系人", "李强(科长)", "0999-6210003转801", "li.qiang@lanjiang.example"),
        ("LJ-RM-JT", "负责人", "陈建国", "13800001003", ""),
        ("LJ-RM-JT", "值班", "值班", "0999-6210011", ""),
        ("LJ-RM-RS", "负责人", "周敏", "", ""),
        ("LJ-DX-1001", "运维", "孙磊", "13800001004", ""),
    }


@pytest.mark.parametrize("fact", addresses.SYSTEMS, ids=lambda f: f.code)
def test_systems_are_those_of_the_lab(ledger: Path, fact: addresses.SystemFact) -> None:
    estate = read_ledgers([ledger]).estate
    system = next(s for s in estate.systems if s.code == fact.code)
    assert system.workload
    assert system.entrance
    assert (system.name, system.organisation) == (fact.name, fact.organisation)
    assert (system.room, system.target) == (addresses.host(fact.source).place.code, "LJ-CLOUD")
    assert system.workload.services == fact.services
    assert {(t.path, t.writable) for t in system.workload.trees} == {
        (t.path, t.writable) for t in fact.trees
    }
    assert [(d.version, d.cluster, d.port) for d in system.workload.databases] == [
        (d.version, d.cluster, d.port) for d in fact.databases
    ]
    assert (system.entrance.node, system.entrance.port) == ("LJ-GW-01", fact.entrance_port)
    check = (system.entrance.backend_port, system.entrance.path, system.entrance.content)
    assert check == (fact.check.port, fact.check.path, fact.check.content)
    assert system.secrecy is Secrecy.NONE
    standing = {h.code for h in estate.hosts if h.system == fact.code}
    assert standing == {fact.source, fact.target}
    assert {d.needs for d in estate.dependencies if d.system == fact.code} == {
        d.needs for d in addresses.DEPENDENCIES if d.system == fact.code
    }


def test_there_is_something_to_refuse(ledger: Path) -> None:
    systems = {s.code: s for s in read_ledgers([ledger]).estate.systems}
    assert systems[CLASSIFIED].secrecy is Secrecy.CLASSIFIED
    assert (systems[CLASSIFIED].room, systems[CLASSIFIED].workload) == (None, None)
    assert systems[STAYS].target is None
    assert systems[STAYS].room == "LJ-RM-JT"


def test_wild_names_stay_text(tmp_path: Path) -> None:
    cells: dict[tuple[str, str, str], object] = {
        ("信息系统", STAYS, "系统名称"): WILD[STAYS],
        ("信息系统", STAYS, "主要功能"): "-1+cmd",
    }
    path = write_ledger(tmp_path / "a.xlsx", host_keys=KEYS, names=WILD, cells=cells)
    report = read_ledgers([path])
    assert report.problems == ()
    assert {s.code: s.name for s in report.estate.systems if s.code in WILD} == WILD
    for page in load_workbook(path).worksheets:
        assert not [c.coordinate for row in page.iter_rows() for c in row if c.data_type == "f"]


def test_some_systems_a_window_and_other_cells(tmp_path: Path) -> None:
    path = write_ledger(
        tmp_path / "a.xlsx",
        host_keys=KEYS,
        systems=[addresses.PORTAL, addresses.ENTRIES],
        window="",
        cells={("机房", "LJ-RM-JT", "同时迁移数"): 3},
    )
    report = read_ledgers([path])
    assert report.problems == ()
    assert {s.code for s in report.estate.systems} == {"LJ-S-001", "LJ-S-002", CLASSIFIED, STAYS}
    assert {s.window for s in report.estate.systems} == {None}
    assert report.estate.rooms[0].moves_at_once == 3
    with pytest.raises(KeyError):
        write_ledger(path, host_keys=KEYS, cells={("机房", "nobody", "机柜数"): 1})


def test_every_fault_is_found_and_costs_nothing_else(ledger: Path, tmp_path: Path) -> None:
    faults = with_faults(tmp_path / "错.xlsx", host_keys=KEYS)
    report = read_ledgers([tmp_path / "错.xlsx"])
    found = {(p.sheet, p.row, p.column, p.raw, p.code) for p in report.problems}
    assert found == {(f.sheet, f.row, f.column, f.raw, f.code) for f in faults}
    assert len(report.problems) == len(faults)
    assert {f.code for f in faults} == {
        "not_a_number",
        "not_a_date",
        "not_a_quantity",
        "not_an_ip",
        "not_in_choices",
        "out_of_range",
        "unknown_reference",
        "duplicate",
        "missing",
        "unknown_header",
        "bad_text",
    }
    assert report.estate.digest == read_ledgers([ledger]).estate.digest

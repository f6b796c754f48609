"""Two hosts with one address or one asset number: a fault, or something that several share."""

from pathlib import Path

import pytest

from inventory.ledger import read_ledgers

HEAD = "服务器名称,资产编号,所在机房,所在网络,IP地址\n"


def read(tmp_path: Path, *files: str) -> tuple[list[tuple[int, str, str]], list[str], int]:
    """(row, column, code) of the problems; the raw cells noted as alike; the hosts that stand."""
    paths = []
    for number, rows in enumerate(files):
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_text(HEAD + rows, encoding="utf-8")
    report = read_ledgers(paths)
    faults = [(p.row, p.column, p.code) for p in report.problems]
    alike = [i.raw for i in report.ignored if "共用" in i.reason]
    return faults, alike, len(report.estate.hosts)


def test_one_address_and_one_number_of_two_hosts_are_told_and_cost_no_row(tmp_path: Path) -> None:
    rows = "s1,GD-1,,,10.1.1.1\ns2,GD-2,,,10.1.1.1\ns3,gd-2,,,10.1.1.3\n"
    faults = [(3, "IP地址", "duplicate"), (4, "资产编号", "duplicate")]
    assert read(tmp_path, rows) == (faults, [], 3)
    (first, second) = read_ledgers([tmp_path / "0.csv"]).problems
    assert "“s1”（0.csv" in first.message
    assert "“s2”（0.csv" in second.message


@pytest.mark.parametrize(
    "rows",
    [
        "db1,A1,,,10.1.1.1\ndb2（双机热备）,A2,,,10.1.1.1\n",
        "web1,A1,,政务外网,10.1.1.1\nweb2,A2,,互联网,10.1.1.1\n",
        "web1,A1,甲机房,,192.168.1.1\nweb2,A2,乙机房,,192.168.1.1\n",
        "web1,A1,甲机房,业务专网,10.1.1.1\nweb2,A2,乙机房,业务专网,10.1.1.1\n",
    ],
)
def test_what_may_be_shared_is_noted_and_no_fault(tmp_path: Path, rows: str) -> None:
    faults, alike, hosts = read(tmp_path, rows)
    assert (faults, len(alike), hosts) == ([], 1, 2)


def test_departments_number_their_own_assets(tmp_path: Path) -> None:
    faults, alike, _ = read(tmp_path, "web1,GD-1,,,10.1.1.1\n", "web2,GD-1,,,10.1.1.2\n")
    assert (faults, alike) == ([], ["GD-1"])
    faults, alike, _ = read(tmp_path, "web1,GD-1,,,10.1.1.1\n", "web2,GD-2,,,10.1.1.1\n")
    assert ([code for *_, code in faults], alike) == (["duplicate"], [])

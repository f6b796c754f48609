"""An apply that came through only in part: what it wrote is known for ours, and the ledger's next
word is taken."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.office import REPO, Cells, Office, at_work
from tests.netbox.proxy import Meanwhile, Proxy, Rule
from tests.netbox.server import NetBox

ADDRESS = ("园区", "LJ-YQ-02", "地址")
RENT = ("线路", "LJ-DX-1001", "年租费(元)")
TAG = ("服务器", "jt-file-01", "资产编号")
TAKEN = "GDZC-OTHER"


@pytest.fixture
def office(netbox_server: NetBox, tmp_path: Path) -> Iterator[Office]:
    office = at_work(netbox_server, tmp_path / "office")
    office.does("inventory", "pull")
    return office


def address(office: Office) -> Any:
    return office.api().dcim.sites.get(name="市民中心园区").physical_address


def rent(office: Office) -> Any:
    line = office.api().circuits.circuits.get(cid="LJ-DX-1001")
    return line.custom_fields["qianyun_rent_per_year"]


def the_ledger_alone(office: Office, ledger: Path, field: str = "address") -> None:
    """The next change of the ledger is its own, shown as an update and then written."""
    told = office.asks("inventory", "diff", "--live", ledger, expect=1)["findings"]
    (found,) = (f for f in told if f["field"] == field)
    assert (found["winner"], found["cause"]) == ("ledger", "ledger")
    shown = office.asks("inventory", "apply", ledger)
    assert (shown["applied"], shown["counts"]["updates"]) == (False, 1)
    office.does(*shown["confirm_with"][1:])
    again = office.asks("inventory", "apply", ledger)
    assert (again["counts"]["updates"], again["findings"]) == (0, [])


@pytest.mark.slow
def test_after_a_refused_row_the_ledgers_next_change_is_taken(office: Office) -> None:
    office.brings(office.ledger("二", {ADDRESS: "2号"}))
    like = office.api().dcim.devices.get(name="jt-file-01")
    kind, role = like.device_type.id, like.role.id
    where = {"site": like.site.id, "device_type": kind, "role": role}
    office.api().dcim.devices.create(name="别人的机器", asset_tag=TAKEN, **where)
    wrong: Cells = {ADDRESS: "3号", TAG: TAKEN}
    third = office.ledger("三", wrong)
    shown = office.asks("inventory", "apply", third)
    refused = office.does(*shown["confirm_with"][1:], expect=1)
    assert "jt-file-01" in refused.err
    assert address(office) == "3号"

    the_ledger_alone(office, office.ledger("四", {ADDRESS: "4号"}))
    assert address(office) == "4号"
    # what was refused was not taken: the ledger says it anew
    told = office.asks("inventory", "diff", "--live", third, expect=1)["findings"]
    found = {(f["field"], f["winner"], f["cause"]) for f in told}
    assert found == {("address", "ledger", "ledger"), ("asset_tag", "ledger", "ledger")}


@pytest.mark.slow
def test_what_somebody_changed_after_a_refused_row_is_theirs(office: Office) -> None:
    """Our own half is accepted: what a person makes of it afterwards is their change alone."""
    where = office.api().dcim.devices.get(name="jt-file-01")
    office.api().dcim.devices.create(
        name="别人的机器",
        asset_tag=TAKEN,
        site=where.site.id,
        device_type=where.device_type.id,
        role=where.role.id,
    )
    ledger = office.ledger("三", {ADDRESS: "3号", TAG: TAKEN})
    shown = office.asks("inventory", "apply", ledger)
    office.does(*shown["confirm_with"][1:], expect=1)
    site = office.api().dcim.sites.get(name="市民中心园区")
    site.physical_address = "9号"
    assert site.save()
    told = office.asks("inventory", "diff", "--live", ledger, expect=1)["findings"]
    (found,) = (f for f in told if f["field"] == "address")
    assert (found["winner"], found["cause"]) == ("netbox", "netbox")
    assert address(office) == "9号"


@pytest.mark.slow
def test_after_a_killed_apply_the_ledgers_next_change_is_taken(office: Office) -> None:
    """The site was written, the line was not; then the ledger is edited."""
    ledger = office.ledger("三", {ADDRESS: "3号", RENT: "50000"})
    kill_at_second_write(office, office.asks("inventory", "apply", ledger)["confirm_with"][1:])
    assert address(office) == "3号"
    assert rent(office) != 50_000

    the_ledger_alone(office, office.ledger("四", {ADDRESS: "4号"}))
    assert address(office) == "4号"
    the_ledger_alone(office, office.ledger("五", {ADDRESS: "4号", RENT: "60000"}), "rent_per_year")
    assert rent(office) == 60_000


def kill_at_second_write(office: Office, words: list[str]) -> None:
    """NetBox sees the first write, and the process is gone before the second reaches it."""
    running: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        running[0].kill()
        running[0].wait(60)
        raise ConnectionAbortedError

    with Proxy(office.url) as proxy:
        proxy.add(Rule(Meanwhile(kill), method="POST|PATCH|DELETE", skip=1))
        argv = [sys.executable, "-m", "api.cli.main", "--as", "zhang", *words]
        process = subprocess.Popen(argv, env=office.having(proxy.url).environ, cwd=REPO)
        running.append(process)
        process.wait(240)
    assert process.returncode == -signal.SIGKILL

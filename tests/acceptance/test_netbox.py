"""Stories of the users with NetBox as the source of truth: by the real command, a real NetBox.

NetBox holds objects of others from the beginning; after each story they are what they were.
"""

import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.office import Office, Strangers, at_work, settle_in
from tests.netbox.server import NetBox

RATE = ("线路", "LJ-DX-1001", "带宽")
RENT = ("线路", "LJ-DX-1001", "年租费(元)")


@pytest.fixture
def office(netbox_server: NetBox, tmp_path: Path) -> Iterator[Office]:
    """An office at work: its NetBox holds the sample city."""
    office = at_work(netbox_server, tmp_path / "office")
    with unharmed(office):
        yield office


@contextmanager
def unharmed(office: Office) -> Iterator[None]:
    """What is not ours is the same at the end."""
    before = Strangers.of(office)
    yield
    after = Strangers.of(office)
    assert after.bodies == before.bodies
    assert {key: after.rows.get(key) for key in before.rows} == before.rows


# ── 1. a network engineer brings a city to NetBox ───────────────────────────────────────────────


def test_a_city_comes_to_netbox(netbox_server: NetBox, tmp_path: Path) -> None:
    office = settle_in(netbox_server, tmp_path)
    before = Strangers.of(office)
    _an_administrator_makes_it_ready(office)
    assert Strangers.of(office).told == before.told
    ledger = office.ledger()
    with unharmed(office):
        command = _first_it_is_only_shown(office, ledger)
        _a_wrong_digest_is_refused(office, ledger)
        _then_it_is_written(office, command)
        _again_there_is_nothing_to_do(office, ledger, command)
        _and_it_can_be_looked_at(office)
    audit = [e["action"] for e in office.asks("audit", "list")["entries"]]
    assert audit == ["netbox.bootstrap", "inventory.apply"]
    office.does("audit", "verify")


def _an_administrator_makes_it_ready(office: Office) -> None:
    admin = office.by_admin()
    missing = admin.does("netbox", "bootstrap", "--dry-run", actor="admin", expect=1)
    assert "+ extras/custom-fields/ qianyun_code" in missing.out
    made = admin.does("netbox", "bootstrap", "--token-file", office.token, actor="admin")
    assert stat.S_IMODE(office.token.stat().st_mode) == 0o600
    admin.does("netbox", "bootstrap", "--dry-run", actor="admin")
    secrets = (office.token.read_text().strip(), office.netbox.token)
    said = missing.out + missing.err + made.out + made.err + office.database()
    assert not any(secret in said for secret in secrets)
    refused = office.does("netbox", "bootstrap", expect=3)  # its own token may not
    assert "administrator" in refused.err


def _first_it_is_only_shown(office: Office, ledger: Path) -> list[str]:
    before = office.written(), office.saved()
    shown = office.does("inventory", "apply", ledger)
    assert (office.written(), office.saved()) == before
    assert "+ 线路 LJ-DX-1001" in shown.out
    (line,) = (line for line in shown.out.splitlines() if "--digest" in line)
    return shlex.split(line[line.index("qianyun ") :])[1:]


def _a_wrong_digest_is_refused(office: Office, ledger: Path) -> None:
    before = office.written(), office.saved(), office.database()
    right = office.asks("inventory", "apply", ledger)["digest"]
    for wrong in ("0" * 64, right[:12]):
        refused = office.does("inventory", "apply", ledger, "--digest", wrong, expect=1)
        assert wrong in refused.err
        assert right in refused.err
    assert (office.written(), office.saved(), office.database()) == before


def _then_it_is_written(office: Office, command: list[str]) -> None:
    before = office.written()
    done = replace(office, apart=True).does(*command)
    assert "已写入" in done.out
    assert office.written() > before
    (line,) = office.api().circuits.circuits.filter(cid="LJ-DX-1001")
    assert line.commit_rate == 100_000
    assert line.tenant.name == "澜江市交通运输局"


def _again_there_is_nothing_to_do(office: Office, ledger: Path, command: list[str]) -> None:
    before = office.written(), office.saved(), office.database()
    assert "没有变更" in office.does("inventory", "apply", ledger).out
    assert "没有变更" in office.does("inventory", "diff", ledger).out
    assert "一致" in office.does("inventory", "diff", "--live", ledger).out
    assert "没有变更" in office.does(*command).out
    assert (office.written(), office.saved(), office.database()) == before


def _and_it_can_be_looked_at(office: Office) -> None:
    shown = office.does("inventory", "show", "LJ-DX-1001").out
    for told in ("带宽（kbit/s）", "中国电信", "线路 3", "内部专网"):
        assert told in shown
    pulled = office.asks("inventory", "pull")
    assert (pulled["counts"]["lines"], pulled["counts"]["hosts"]) == (2, 7)
    assert {one["name"] for one in pulled["left_out"]} >= {"STRANGER"}
    assert "未纳入的对象" in office.does("inventory", "pull", "--full").out
    assert office.asks("inventory", "verify")["ok"]
    exported = office.asks("inventory", "export")
    assert exported["digest"] == pulled["digest"]
    assert {s["code"] for s in exported["systems"]} >= {"LJ-S-001", "LJ-S-002", "LJ-S-003"}


# ── 2. two people change the same ───────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_two_people_change_the_same(office: Office) -> None:
    _somebody_works_in_netbox(office)
    ledger = office.ledger("澜江市二", {RATE: "500M", RENT: "50000"})
    _the_difference_names_all(office, ledger)
    done = office.brings(ledger)
    assert len(done["tasks"]["opened"]) == 1
    line = office.api().circuits.circuits.get(cid="LJ-DX-1001")
    assert line.commit_rate == 200_000  # NetBox's, until a person has decided
    assert line.custom_fields["qianyun_rent_per_year"] == 50_000  # the rest goes on
    device = office.api().dcim.devices.get(name="门户一号机")
    assert device.custom_fields["qianyun_code"] == "jt-web-01"

    task = _a_person_decides(office)
    written = office.written()
    assert office.brings(ledger)["counts"]["updates"] == 1
    assert office.written() == written + 1
    assert office.api().circuits.circuits.get(cid="LJ-DX-1001").commit_rate == 500_000
    assert office.brings(ledger)["counts"]["updates"] == 0
    assert office.asks("inventory", "tasks")["tasks"] == []
    _the_audit_tells_all(office, task)


def _somebody_works_in_netbox(office: Office) -> None:
    api = office.api()
    device = api.dcim.devices.get(name="jt-web-01")
    device.name = "门户一号机"
    assert device.save()
    line = api.circuits.circuits.get(cid="LJ-DX-1001")
    line.commit_rate = 200_000
    line.changelog_message = "现场扩容"
    assert line.save()


def _the_difference_names_all(office: Office, ledger: Path) -> None:
    told = office.asks("inventory", "diff", "--live", ledger, expect=1)["findings"]
    found = {(f["code"], f["field"]): f for f in told}
    rate = found["LJ-DX-1001", "bandwidth_kbps"]
    assert (rate["netbox"], rate["ledger"], rate["snapshot"]) == (200_000, 500_000, 100_000)
    assert (rate["winner"], rate["conflict"]) == ("ask", True)
    assert rate["changed"]["by"] == office.netbox.keys.user
    assert rate["changed"]["at"]
    assert rate["changed"]["message"] == "现场扩容"
    assert found["jt-web-01", "name"]["winner"] == "netbox"
    assert found["LJ-DX-1001", "rent_per_year"]["winner"] == "ledger"
    assert set(found) == {
        ("LJ-DX-1001", "bandwidth_kbps"),
        ("LJ-DX-1001", "rent_per_year"),
        ("jt-web-01", "name"),
    }
    shown = office.does("inventory", "diff", "--live", ledger, expect=1).out
    for word in ("带宽（kbit/s）", "200000", "500000", "100000", "现场扩容", "待裁定", "冲突 1 处"):
        assert word in shown
    english = office.having(QIANYUN_LANG="en")
    shown = english.does("inventory", "diff", "--live", ledger, expect=1).out
    for word in ("line LJ-DX-1001", "bandwidth_kbps", "to be decided", "last snapshot"):
        assert word in shown


def _a_person_decides(office: Office) -> int:
    (task,) = office.asks("inventory", "tasks")["tasks"]
    assert (task["netbox"], task["ledger"], task["snapshot"]) == (200_000, 500_000, 100_000)
    assert "带宽（kbit/s）" in office.does("inventory", "tasks").out
    id: int = task["id"]
    decide = ("inventory", "settle", id, "--take", "ledger", "--reason", "合同已改为 500M")
    office.does(*decide, actor="li")
    refused = office.does(*decide, actor="wang", expect=1)
    assert "li" in refused.err
    return id


def _the_audit_tells_all(office: Office, task: int) -> None:
    entries = office.asks("audit", "list")["entries"]
    told = [(e["action"], e["actor"]) for e in entries][-4:]
    assert told == [
        ("inventory.apply", "zhang"),
        ("inventory.task.opened", "zhang"),
        ("inventory.task.settled", "li"),
        ("inventory.apply", "zhang"),
    ]
    settled = entries[-2]["detail"]
    assert (settled["task"], settled["reason"]) == (task, "合同已改为 500M")
    assert (settled["netbox"], settled["ledger"]) == (200_000, 500_000)
    office.does("audit", "verify")


@pytest.mark.slow
def test_an_object_that_was_saved_unchanged_is_written_all_the_same(office: Office) -> None:
    """Somebody opens a line in NetBox and presses "save": NetBox notes a new time, and no change."""
    office.does("inventory", "pull")
    line = office.api().circuits.circuits.get(cid="LJ-DX-1001")
    as_admin = {"Authorization": f"Bearer {office.netbox.token}"}
    for end in office.api().circuits.circuit_terminations.filter(circuit_id=line.id):
        press_save(end.url, as_admin, {"term_side": end.term_side})
    press_save(line.url, as_admin, {"commit_rate": line.commit_rate})
    saved = set(office.saved().splitlines())
    assert office.brings(office.ledger("二", {RENT: "50000"}))["counts"]["updates"] == 1
    changed = office.api().circuits.circuits.get(cid="LJ-DX-1001")
    assert changed.custom_fields["qianyun_rent_per_year"] == 50_000
    anew = {one.split()[0] for one in set(office.saved().splitlines()) - saved}
    assert anew == {"circuits.Circuit"}  # and nothing that did not change


def press_save(url: str, headers: dict[str, str], facts: dict[str, Any]) -> None:
    """pynetbox sends nothing where nothing changed; NetBox's own pages do."""
    written = requests.patch(url, json=facts, headers=headers, timeout=60)
    assert written.status_code == 200


@pytest.mark.slow
def test_what_was_handed_over_and_what_was_deleted(office: Office) -> None:
    """A device of people's own becomes ours by its code; one of ours that they delete is asked
    about."""
    api = office.api()
    room = api.dcim.locations.get(name="交通运输局机房")
    like = api.dcim.devices.get(name="jt-web-01")
    own = api.dcim.devices.create(
        name="旧文件机",
        site=room.site.id,
        location=room.id,
        device_type=like.device_type.id,
        role=like.role.id,
        comments="别人写的",
    )
    found = office.asks("inventory", "pull")
    assert "旧文件机" in {one["name"] for one in found["left_out"]}
    own.update({"custom_fields": {"qianyun_code": "jt-old-01"}})
    shown = office.does("inventory", "diff", "--live", expect=1).out
    assert "jt-old-01" in shown
    office.does("inventory", "pull")
    assert "旧文件机" in office.does("inventory", "show", "jt-old-01").out

    api.circuits.circuits.get(cid="LJ-YD-1002").delete()
    done = office.brings(office.ledger())
    assert len(done["tasks"]["opened"]) == 1
    shown = office.does("inventory", "tasks").out
    assert "（整个对象）" in shown
    assert api.circuits.circuits.get(cid="LJ-YD-1002") is None
    (task,) = office.asks("inventory", "tasks")["tasks"]
    office.does("inventory", "settle", task["id"], "--take", "ledger", "--reason", "误删")
    office.brings(office.ledger())
    assert api.circuits.circuits.get(cid="LJ-YD-1002").commit_rate == 200_000
    assert api.dcim.devices.get(own.id).comments == "别人写的"
    assert office.asks("inventory", "verify")["ok"]

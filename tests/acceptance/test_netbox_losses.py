"""What is lost in NetBox without anybody's hand on the objects: a custom field that was made anew, a
code that was emptied. It is seen, laid at the right door, and asked about."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.office import Office, at_work
from tests.netbox.server import NetBox


@pytest.fixture
def office(netbox_server: NetBox, tmp_path: Path) -> Office:
    office = at_work(netbox_server, tmp_path / "office")
    office.does("inventory", "pull")
    return office


def zones(office: Office) -> dict[str, Any]:
    return {h["code"]: h.get("zone") for h in office.asks("inventory", "export")["hosts"]}


@pytest.mark.slow
def test_a_custom_field_that_was_made_anew_is_asked_about(office: Office) -> None:
    before = zones(office)
    assert all(before.values())
    field = office.api().extras.custom_fields.get(name="zone")
    assert field.delete()
    admin = office.by_admin()
    refused = office.does("inventory", "pull", expect=3)
    assert "zone" in refused.err
    admin.does("netbox", "bootstrap", actor="admin")

    ledger = office.ledger()
    found = office.asks("inventory", "diff", "--live", ledger, expect=1)["findings"]
    lost = {f["code"]: f for f in found if (f["kind"], f["field"]) == ("hosts", "zone")}
    assert lost.keys() == before.keys()
    assert {(f["winner"], f["cause"], f["conflict"]) for f in lost.values()} == {
        ("ask", "lost", True)
    }
    assert {f["changed"]["by"] for f in lost.values()} == {
        office.netbox.keys.user
    }  # who deleted it
    assert "自定义字段" in office.does("inventory", "diff", "--live", ledger, expect=1).out
    office.does("inventory", "pull", "--full")
    assert not any(zones(office).values())
    opened = office.brings(ledger)["tasks"]["opened"]
    for task in office.asks("inventory", "tasks")["tasks"]:
        if (task["kind"], task["field"]) == ("hosts", "zone"):
            decide = ("inventory", "settle", task["id"], "--take", "ledger", "--reason", "误删字段")
            office.does(*decide)
            opened.remove(task["id"])
    office.brings(ledger)
    assert zones(office) == before
    assert office.asks("inventory", "verify")["ok"]


@pytest.mark.slow
def test_who_emptied_a_code_and_who_deleted_a_service_is_named(office: Office) -> None:
    api = office.api()
    site = api.dcim.sites.get(name="市民中心园区")
    site.custom_fields["qianyun_code"] = None
    assert site.save()
    (service,) = api.ipam.services.filter(name="就业登记数据库")
    assert service.delete()
    ledger = office.ledger()
    found = office.asks("inventory", "diff", "--live", ledger, expect=1)["findings"]
    gone = {f["code"]: f for f in found if f["field"] == "" and "netbox" in f["missing"]}
    kinds = {f["kind"] for f in gone.values()}
    assert kinds == {"sites", "services"}
    for one in gone.values():
        assert (one["winner"], one["cause"], one["conflict"]) == ("ask", "deleted", True)
        assert one["changed"]["by"] == office.netbox.keys.user
    shown = office.does("inventory", "diff", "--live", ledger, expect=1).out
    assert "已删除，台账中仍有" in shown
    assert "双方改动" not in shown

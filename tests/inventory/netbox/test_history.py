"""Who changed what, and when: by the change log of a real NetBox."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from inventory.changes import diff
from inventory.model import Estate
from inventory.netbox.client import Client
from inventory.netbox.store import NetBoxStore
from tests.inventory.netbox.city import changed, rich, without
from tests.netbox.server import NetBox

# kind, code, field → what somebody changes at which path, by the code of the row there
CHANGES: tuple[tuple[str, str, str, str, str, dict[str, Any]], ...] = (
    ("organisations", "O-1", "name", "tenancy/tenants/", "O-1", {"name": "改名局"}),
    ("sites", "SITE-1", "address", "dcim/sites/", "SITE-1", {"physical_address": "新址"}),
    ("rooms", "R-1", "building", "dcim/locations/", "R-1", {"qianyun_building": "C 座"}),
    (
        "clouds",
        "CL-1",
        "moves_at_once",
        "virtualization/clusters/",
        "CL-1",
        {"qianyun_moves_at_once": 9},
    ),
    ("lines", "L-1", "bandwidth_kbps", "circuits/circuits/", "L-1", {"commit_rate": 512}),
    ("links", "K-1", "name", "circuits/circuits/", "link:K-1", {"qianyun_name": "改名"}),
    ("nodes", "N-1", "kind", "dcim/devices/", "node:N-1", {"qianyun_kind": "汇聚"}),
    ("nodes", "N-1", "ipv4", "ipam/ip-addresses/", "node:N-1:4", {"address": "10.9.0.9/32"}),
    ("hosts", "H-1", "asset_tag", "dcim/devices/", "H-1", {"asset_tag": "ZC-9"}),
    (
        "hosts",
        "H-2",
        "ssh_port",
        "virtualization/virtual-machines/",
        "H-2",
        {"qianyun_ssh_port": 2022},
    ),
    ("hosts", "H-1", "ipv6", "ipam/ip-addresses/", "H-1:6", {"address": "fd00:21::9/128"}),
    ("services", "SV-1", "port", "ipam/services/", "SV-1", {"port_mappings": ["tcp/8443"]}),
)


def edit(client: Client, path: str, code: str, fields: dict[str, Any]) -> None:
    (row,) = client.page(path, {"cf_qianyun_code": code, "fields": "id"})["results"]
    own = {name: value for name, value in fields.items() if name.startswith("qianyun_")}
    told = {name: value for name, value in fields.items() if name not in own}
    body = {**told, **({"custom_fields": own} if own else {}), "changelog_message": "核对现场"}
    client.update(path, row["id"], body, "*")


@pytest.mark.slow
def test_who_changed_a_field_when_and_from_what(
    ready: NetBox, open_store: Callable[..., NetBoxStore]
) -> None:
    store = open_store()
    store.apply(diff(Estate(), rich()), actor="张三")
    made = store.last_change("rooms", "R-1", "")
    assert made is not None
    assert made.message.startswith("迁云 张三 ")
    client = Client(ready.url, ready.token)
    for kind, code, field, path, row, fields in CHANGES:
        ours = store.last_change(kind, code, field)
        assert (ours is None) == (field == "ssh_port"), (kind, field)  # 22 is not told
        assert ours is None or ours.message.startswith("迁云 张三 ")
        edit(client, path, row, fields)
        store.load()
        found = store.last_change(kind, code, field)
        assert found is not None, (kind, field)
        assert found.by == ready.keys.user
        assert found.message == "核对现场"
        assert found.at > made.at
        (value,) = fields.values()
        told = json.dumps(value) if isinstance(value, list) else value
        assert found.old != found.new == told


@pytest.mark.slow
def test_who_moved_an_end_assigned_a_person_and_deleted_an_object(
    ready: NetBox, open_store: Callable[..., NetBoxStore]
) -> None:
    store = open_store()
    store.apply(diff(Estate(), rich()), actor="张三")
    after = changed(rich(), "L-1", a_end="R-2")
    after = changed(without(after, "SV-2"), "R-1", contacts=())
    store.apply(diff(rich(), after), actor="李四")
    for kind, code, field in (
        ("lines", "L-1", "a_end"),
        ("services", "SV-2", ""),
        ("rooms", "R-1", "contacts"),
    ):
        found = store.last_change(kind, code, field)
        assert found is not None, field
        assert found.message.startswith("迁云 李四 ")
    other = store.last_change("lines", "L-1", "z_end")
    assert other is not None
    assert other.message.startswith("迁云 张三 ")
    for kind in ("systems", "dependencies"):
        assert store.last_change(kind, "S-1", "name") is None
    assert store.last_change("rooms", "R-404", "name") is None


@pytest.mark.parametrize("field", ["name", pytest.param("place", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_host_that_became_a_machine_is_asked_where_it_is_now(
    ready: NetBox, open_store: Callable[..., NetBoxStore], field: str
) -> None:
    store = open_store()
    store.apply(diff(Estate(), rich()), actor="张三")
    moved = changed(rich(), "H-1", place="CL-1")
    store.apply(diff(rich(), moved), actor="李四")
    edited = changed(moved, "H-1", **{field: {"name": "新名", "place": "R-2"}[field]})
    store.apply(diff(moved, edited), actor="王五")
    found = store.last_change("hosts", "H-1", field if field == "name" else "")
    assert found is not None
    assert found.message.startswith("迁云 王五 ")

"""What somebody typed into NetBox and nobody can understand costs that field, or that object, and is
told; the rest is read, and what was typed stays as it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inventory.changes import diff
from inventory.model import Estate
from inventory.netbox.client import Client
from inventory.netbox.store import NetBoxStore
from migrator.store.truth import Truth
from tests.inventory.netbox.city import changed, log_length, rich
from tests.netbox.server import NetBox

Open = Callable[..., NetBoxStore]


@pytest.fixture
def typed(ready: NetBox, open_store: Open) -> Callable[..., None]:
    """A NetBox that holds the city, and what types into a custom field of an object there."""
    store = open_store()
    store.apply(diff(store.load(), rich()), actor="张三")
    client = Client(ready.url, ready.token)

    def type_in(path: str, code: str, **fields: Any) -> None:
        (row,) = client.page(path, {"cf_qianyun_code": code, "fields": "id"})["results"]
        client.update(path, row["id"], {"custom_fields": fields}, "*")

    return type_in


def held(ready: NetBox, path: str, code: str | None = None) -> Any:
    filters = {"cf_qianyun_code": code} if code else {}
    (row,) = Client(ready.url, ready.token).page(path, filters)["results"]
    return row["custom_fields"]


def find(estate: Estate, kind: str, code: str) -> Any:
    return next((o for o in getattr(estate, kind) if o.code == code), None)


@pytest.mark.slow
def test_a_wrong_value_costs_its_field_and_stays_as_it_was_typed(
    ready: NetBox, open_store: Open, typed: Callable[..., None]
) -> None:
    typed("dcim/devices/", "H-1", system_code="LJ-S-999")
    typed("tenancy/tenants/", "O-1", qianyun_aliases={"a": 1})
    typed("dcim/devices/", "node:N-1", qianyun_host="H-99", qianyun_host_addresses=4)
    typed("circuits/circuits/", "link:K-1", qianyun_z_node="N-99")
    store = open_store()
    pulled = store.pull("李四")
    told = {(one.endpoint, one.name, one.field): one.reason for one in pulled.left_out}
    assert "system_code='LJ-S-999'" in told["dcim/devices", "数据库服务器", "system"]
    assert "qianyun_aliases={'a': 1}" in told["tenancy/tenants", "澜江市交通运输局", "aliases"]
    assert "qianyun_host='H-99'" in told["dcim/devices", "接入节点", "host"]
    assert "qianyun_z_node='N-99'" in told["circuits/circuits", "接入至汇聚", ""]
    assert len([one for one in pulled.left_out if one.name != "迁云未说明园区"]) == 4
    live = pulled.estate
    assert find(live, "hosts", "H-1").system is None
    assert find(live, "organisations", "O-1").aliases == ()
    assert find(live, "nodes", "N-1").host is None
    assert live.links == ()
    assert len(live.hosts) == len(rich().hosts)

    after = changed(changed(live, "H-1", name="新名"), "O-1", name="新局")
    changes = diff(live, after)
    assert store.apply(changes, actor="张三", confirmed=changes.digest) == after
    assert held(ready, "dcim/devices/", "H-1")["system_code"] == "LJ-S-999"
    assert held(ready, "tenancy/tenants/", "O-1")["qianyun_aliases"] == {"a": 1}
    assert held(ready, "circuits/circuits/", "link:K-1")["qianyun_z_node"] == "N-99"

    told_anew = changed(after, "H-1", system="S-1")  # a ledger says it: then it is written
    changes = diff(after, told_anew)
    store.apply(changes, actor="张三", confirmed=changes.digest)
    assert held(ready, "dcim/devices/", "H-1")["system_code"] == "S-1"
    assert open_store().verify().changes.empty


@pytest.mark.slow
def test_with_an_empty_state_all_but_the_systems_is_read(
    ready: NetBox, typed: Callable[..., None], tmp_path: Path
) -> None:
    """Systems are in our database alone: what names them is left out, and what to do is said."""
    assert typed
    truth = Truth.open(f"sqlite:///{tmp_path}/new.db")
    store = NetBoxStore(Client(ready.url, ready.token), truth.engine)
    pulled = store.pull("李四")
    assert [o.code for o in pulled.estate.hosts] == [o.code for o in rich().hosts]
    lost = [one for one in pulled.left_out if one.field == "system"]
    named = [o for o in (*rich().hosts, *rich().services) if o.system]
    assert len(lost) == len(named)
    assert all("QIANYUN_STATE" in one.reason for one in lost)
    before = log_length(ready)
    changes = diff(pulled.estate, rich())  # the ledgers, given again
    after = store.apply(changes, actor="张三", confirmed=changes.digest)
    assert after.digest == rich().digest
    assert log_length(ready) == before  # NetBox held it all
    truth.engine.dispose()


@pytest.mark.slow
def test_what_our_own_systems_name_and_is_no_more_is_told(
    open_store: Open, typed: Callable[..., None]
) -> None:
    typed("tenancy/tenants/", "O-1", qianyun_code=None)
    pulled = open_store().pull("李四")
    whose = [s.code for s in rich().systems if s.organisation == "O-1"]
    assert whose
    told = [one.name for one in pulled.left_out if one.endpoint == "systems"]
    assert told == whose
    kept = {s.code: s.organisation for s in pulled.estate.systems}
    assert kept == {s.code: s.organisation for s in rich().systems}  # ours stays as it is
    assert find(pulled.estate, "rooms", "R-1").organisation is None

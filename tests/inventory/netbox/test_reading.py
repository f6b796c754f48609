"""Reading a real NetBox: only what changed, never a part of it for the whole."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inventory.changes import diff
from inventory.errors import (
    NetBoxDenied,
    NetBoxMalformed,
    NetBoxUnavailable,
    NetBoxUnknown,
    StoreError,
)
from inventory.model import Estate
from inventory.netbox import changelog
from inventory.netbox.client import Client
from inventory.netbox.mirror import Mirror
from inventory.netbox.permissions import USER
from inventory.netbox.store import NetBoxStore
from inventory.netbox.tokens import issue
from migrator.store.truth import Truth
from tests.inventory.netbox.city import rich
from tests.netbox.proxy import Answer, CutBody, Hang, Meanwhile, Proxy, Rewrite, Rule
from tests.netbox.server import NetBox

SLOW = pytest.mark.slow  # make chaos runs them

Open = Callable[..., NetBoxStore]
FULL = "netbox_rich"


@pytest.fixture
def full(ready: NetBox, truth: Truth, tmp_path: Path, open_store: Open) -> NetBoxStore:
    """NetBox with the rich estate, and a store that has read it."""
    store = open_store()
    if ready.keeps(FULL):
        ready.reset(FULL)
    changes = diff(store.load(), rich())
    store.apply(changes, actor="张三", confirmed=changes.digest)
    ready.keep(FULL)
    return store


class Somebody:
    """Works in NetBox by its API, as its own pages do."""

    def __init__(self, netbox: NetBox) -> None:
        self.client = Client(netbox.url, netbox.token)

    def id(self, path: str, **asked: Any) -> int:
        (row,) = self.client.page(path, {**asked, "fields": "id"})["results"]
        return int(row["id"])

    def add(self, path: str, **row: Any) -> int:
        return int(self.client.create(path, [row])[0]["id"])

    def edit(self, path: str, id: int, **row: Any) -> None:
        self.client.update(path, id, row, "*")

    def drop(self, path: str, id: int) -> None:
        self.client.delete(path, id, "*", "清理")


@pytest.fixture
def somebody(ready: NetBox) -> Somebody:
    return Somebody(ready)


def fresh(ready: NetBox, truth: Truth) -> Estate:
    """What a first, full reading says."""
    return NetBoxStore(Client(ready.url, ready.token), truth.engine).load()


# ── only what changed ───────────────────────────────────────────────────────────────────────────


def by_code(code: str) -> dict[str, Any]:
    return {"cf_qianyun_code": code}


def _make(s: Somebody) -> None:
    site = s.id("dcim/sites/", **by_code("SITE-1"))
    own = {"qianyun_code": "R-9", "qianyun_racks": 3}
    s.add(
        "dcim/locations/", name="新机房", slug="new", site=site, status="active", custom_fields=own
    )


def _adopt(s: Somebody) -> None:
    site = s.add("dcim/sites/", name="他人园区", slug="theirs", status="active")
    s.edit("dcim/sites/", site, custom_fields={"qianyun_code": "SITE-9"})


def _hand_back(s: Somebody) -> None:
    room = s.id("dcim/locations/", **by_code("R-2"))
    s.edit("dcim/locations/", room, custom_fields={"qianyun_code": None})


def _drop(s: Somebody) -> None:
    s.drop("ipam/services/", s.id("ipam/services/", **by_code("SV-1")))
    s.drop("circuits/circuits/", s.id("circuits/circuits/", **by_code("L-1")))
    rows = s.client.page("tenancy/contact-assignments/", {"fields": "id"})["results"]
    s.drop("tenancy/contact-assignments/", rows[0]["id"])


def _rename_shared(s: Somebody) -> None:
    s.edit("circuits/providers/", s.id("circuits/providers/", name="中国电信"), name="云南电信")
    s.edit("dcim/racks/", s.id("dcim/racks/", name="A01"), name="A09")
    s.edit("dcim/platforms/", s.id("dcim/platforms/", name="Debian 12"), name="Debian 13")
    s.edit("dcim/regions/", s.id("dcim/regions/", name="江北区"), name="北区")


def _other_address(s: Somebody) -> None:
    device = s.id("dcim/devices/", **by_code("H-1"))
    port = s.add("dcim/interfaces/", device=device, name="eth0", type="other")
    row = {"assigned_object_type": "dcim.interface", "assigned_object_id": port}
    address = s.add("ipam/ip-addresses/", address="192.0.2.7/24", **row)
    s.edit("dcim/devices/", device, primary_ip4=address)
    s.edit("ipam/ip-addresses/", address, address="192.0.2.8/24")


def _no_address(s: Somebody) -> None:
    s.drop("ipam/ip-addresses/", s.id("ipam/ip-addresses/", **by_code("H-2:4")))


def _move_end(s: Somebody) -> None:
    room = s.id("dcim/locations/", **by_code("R-2"))
    end = s.id("circuits/circuit-terminations/", **by_code("L-1:A"))
    s.edit("circuits/circuit-terminations/", end, termination_id=room)


def _rename_owner(s: Somebody) -> None:
    owner = s.id("tenancy/tenants/", **by_code("O-1"))
    s.edit("tenancy/tenants/", owner, custom_fields={"qianyun_code": "O-7"})


def _person(s: Somebody) -> None:
    person = s.id("tenancy/contacts/", name="张三")
    s.edit("tenancy/contacts/", person, phone="0871-9")


@pytest.mark.parametrize(
    "work",
    [
        _make,
        _adopt,
        _hand_back,
        _drop,
        _rename_shared,
        _other_address,
        _no_address,
        _move_end,
        _rename_owner,
        _person,
    ],
)
@SLOW
def test_what_others_do_is_read_as_a_full_reading_has_it(
    ready: NetBox,
    truth: Truth,
    full: NetBoxStore,
    somebody: Somebody,
    work: Callable[[Somebody], None],
) -> None:
    before = full.load()
    work(somebody)
    asked = full._client.reads
    after = full.load()
    assert full._client.reads - asked <= 8
    assert after != before
    assert after == fresh(ready, truth)
    asked = full._client.reads
    assert full.load() is after or full.load() == after
    assert full._client.reads - asked <= 4


def test_another_process_reads_only_what_changed(
    ready: NetBox, truth: Truth, full: NetBoxStore, somebody: Somebody, tmp_path: Path
) -> None:
    full.pull("张三", full=True)
    somebody.edit("dcim/sites/", somebody.id("dcim/sites/", **by_code("SITE-1")), name="新名")
    with Proxy(ready.url) as proxy:
        store = NetBoxStore(Client(proxy.url, ready.token), truth.engine, tmp_path / "mirror.json")
        kept = (tmp_path / "mirror.json").read_text()
        (tmp_path / "mirror.json").write_text(kept.replace(ready.url, proxy.url))
        estate = store.load()
        assert len(proxy.requests) <= 5
        assert not any("/devices/" in seen.path for seen in proxy.requests)
    assert {s.name for s in estate.sites} == {"新名", "云基地"}


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 3, "of": 3}'])
@SLOW
def test_a_file_that_cannot_be_trusted_is_not(
    full: NetBoxStore, open_store: Open, tmp_path: Path, kept: bytes
) -> None:
    estate = full.load()
    (tmp_path / "mirror.json").write_bytes(kept)
    assert open_store().load() == estate


@SLOW
def test_a_file_with_a_table_too_few_is_not_trusted(
    full: NetBoxStore, open_store: Open, tmp_path: Path
) -> None:
    full.pull("张三", full=True)
    file = tmp_path / "mirror.json"
    kept = json.loads(file.read_bytes())
    del kept["tables"]["dcim/devices/"]
    file.write_text(json.dumps(kept))
    assert open_store().load() == full.load()


@SLOW
def test_a_log_that_was_pruned_is_no_ground_to_go_on(
    ready: NetBox,
    truth: Truth,
    full: NetBoxStore,
    somebody: Somebody,
    open_store: Open,
    tmp_path: Path,
) -> None:
    site = somebody.id("dcim/sites/", **by_code("SITE-1"))
    for name in ("甲", "乙"):
        somebody.edit("dcim/sites/", site, name=name)
        ready.shell("from core.models import ObjectChange; ObjectChange.objects.all().delete()")
        assert name in {s.name for s in full.load().sites}
    somebody.drop("ipam/services/", somebody.id("ipam/services/", **by_code("SV-1")))
    ready.shell("from core.models import ObjectChange; ObjectChange.objects.all().delete()")
    somebody.edit("dcim/sites/", somebody.id("dcim/sites/", **by_code("SITE-1")), name="新名")
    with pytest.raises(NetBoxDenied, match=r"SV-1.*mirror\.json"):
        full.load()
    (tmp_path / "mirror.json").unlink()
    estate = open_store().load()
    assert estate == fresh(ready, truth)
    assert [s.code for s in estate.services] == ["SV-2", "SV-3"]


@SLOW
def test_a_netbox_that_was_restored_from_a_backup_is_read_anew(
    ready: NetBox, truth: Truth, full: NetBoxStore, somebody: Somebody
) -> None:
    site = somebody.id("dcim/sites/", **by_code("SITE-1"))
    somebody.edit("dcim/sites/", site, name="甲")
    assert "甲" in {s.name for s in full.load().sites}
    ready.reset(FULL)
    somebody.edit("dcim/sites/", site, physical_address="别处")  # the log is as long again
    assert full.load() == fresh(ready, truth)


@SLOW
def test_a_change_that_is_committed_late_is_not_missed(
    ready: NetBox, truth: Truth, full: NetBoxStore, somebody: Somebody
) -> None:
    """Its number in the log is lower than that of a change that was seen before."""
    site = somebody.id("dcim/sites/", **by_code("SITE-1"))
    ready.shell(
        "from django.db import connection\n"
        "with connection.cursor() as c:\n"
        "    c.execute(\"select nextval(pg_get_serial_sequence('core_objectchange', 'id'))\")"
    )
    somebody.edit("dcim/sites/", site, physical_address="甲")
    full.load()
    ready.shell(
        "from core.models import ObjectChange; from dcim.models import Site\n"
        f"Site.objects.filter(id={site}).update(name='迟到')\n"
        f"of = dict(changed_object_id={site}, changed_object_type__model='site')\n"
        "seen = ObjectChange.objects.filter(**of).order_by('-id').first()\n"
        "seen.id -= 1; seen._state.adding = True; seen.save(force_insert=True)"
    )
    assert "迟到" in {s.name for s in full.load().sites}


@SLOW
def test_a_gap_that_stays_is_asked_for_no_longer(ready: NetBox, somebody: Somebody) -> None:
    now = [1000.0]
    client = Client(ready.url, ready.token)
    mirror = Mirror(client, clock=lambda: now[0])
    mirror.refresh()
    ready.shell(
        "from django.db import connection\n"
        "with connection.cursor() as c:\n"
        "    c.execute(\"select nextval(pg_get_serial_sequence('core_objectchange', 'id'))\")"
    )
    somebody.add("dcim/sites/", name="甲", slug="a", status="active")
    mirror.refresh()
    assert mirror.log.gaps
    now[0] += changelog.GAP_S
    mirror.refresh()
    assert not mirror.log.gaps


# ── never a part for the whole ──────────────────────────────────────────────────────────────────


def shortened(body: bytes) -> bytes:
    page = json.loads(body)
    page["results"] = page["results"][:-1]
    return json.dumps(page).encode()


def cut_off_from_the_rest(body: bytes) -> bytes:
    page = json.loads(body)
    page["results"] = page["results"][:1]
    page["next"] = None
    return json.dumps(page).encode()


def of_version(version: str) -> Rewrite:
    return Rewrite(
        lambda body: json.dumps({**json.loads(body), "netbox-version": version}).encode()
    )


DEVICES = "^/api/dcim/devices/"
FAULTS: dict[str, tuple[Rule, type[StoreError], str]] = {
    "forbidden": (
        Rule(Answer(403, b'{"detail": "no"}'), path=DEVICES),
        NetBoxDenied,
        "403 detail: no",
    ),
    "failed": (Rule(Answer(500, b"<html>"), path=DEVICES), NetBoxUnavailable, "500"),
    "gone for long": (Rule(Answer(502), path=DEVICES, times=3), NetBoxUnavailable, "502"),
    "no answer": (Rule(Hang(), path=DEVICES, times=None), NetBoxUnavailable, "超时 / timed out"),
    "cut off": (Rule(CutBody(after=200), path=DEVICES, times=3), StoreError, "GET .*dcim/devices/"),
    "no JSON": (
        Rule(Answer(200, b'{"count": 3, "res'), path=DEVICES),
        NetBoxMalformed,
        "cut off",
    ),
    "another page": (Rule(Answer(200, b'{"login": 1}'), path=DEVICES), NetBoxMalformed, "results"),
    "rows missing": (
        Rule(Rewrite(shortened), path=DEVICES, times=None),
        NetBoxMalformed,
        "列表不完整",
    ),
    "the rest missing": (
        Rule(Rewrite(cut_off_from_the_rest), path=DEVICES, times=None),
        NetBoxMalformed,
        "列表不完整",
    ),
    "elsewhere": (Rule(Answer(302), path=DEVICES), NetBoxMalformed, "cut off"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.slow
def test_a_fault_is_an_error_and_what_was_known_stands(
    ready: NetBox, truth: Truth, full: NetBoxStore, fault: str
) -> None:
    rule, error, said = FAULTS[fault]
    known = full.load()
    with Proxy(ready.url) as proxy:
        client = Client(proxy.url, ready.token, connections=2)
        store = NetBoxStore(client, truth.engine)
        assert store.load() == known
        proxy.add(rule)
        if isinstance(rule.action, Hang):
            client.timeout_s = (5, 0.5)
        with pytest.raises(error, match=said):
            store.refresh(full=True)
        proxy.clear()
        client.timeout_s = (5, 60)
        assert store.load() == known


@SLOW
def test_a_netbox_that_stumbles_once_is_asked_again(
    ready: NetBox, truth: Truth, full: NetBoxStore
) -> None:
    with Proxy(ready.url) as proxy:
        rule = proxy.add(Rule(Answer(502), path=DEVICES, times=2))
        store = NetBoxStore(Client(proxy.url, ready.token), truth.engine)
        assert store.load() == full.load()
        assert proxy.hits(rule) == 2


@pytest.mark.parametrize("version", ["4.2.0", "4.70.0", "5.0.0"])
@SLOW
def test_a_netbox_of_another_version_is_neither_read_nor_written(
    ready: NetBox, open_store: Open, version: str
) -> None:
    with Proxy(ready.url) as proxy:
        proxy.add(Rule(of_version(version), path="^/api/status/", times=None))
        with pytest.raises(NetBoxUnknown, match=version):
            open_store(proxy.url).load()
        with pytest.raises(NetBoxUnknown, match=version):
            open_store(proxy.url).apply(diff(Estate(), rich()), actor="张三")
        assert {seen.path for seen in proxy.requests} == {"/api/status/"}


@pytest.mark.slow
def test_a_netbox_without_bootstrap_is_not_taken_for_empty(netbox: NetBox, truth: Truth) -> None:
    store = NetBoxStore(Client(netbox.url, netbox.token), truth.engine)
    with pytest.raises(NetBoxUnknown, match="qianyun netbox bootstrap"):
        store.load()


@pytest.mark.slow
def test_a_token_that_sees_less_than_before_makes_no_shorter_inventory(
    ready: NetBox, truth: Truth, full: NetBoxStore, somebody: Somebody, tmp_path: Path
) -> None:
    issue(somebody.client, tmp_path / "token", USER)
    client = Client(ready.url, (tmp_path / "token").read_text().strip())
    own = NetBoxStore(client, truth.engine, tmp_path / "own.json")
    known = own.load()
    ready.shell(
        "from users.models import ObjectPermission as P\n"
        "P.objects.filter(name__contains='view').update(constraints={'pk__lt': 3})"
    )
    with pytest.raises(NetBoxDenied, match="no longer"):
        own.refresh(full=True)
    host = somebody.id("dcim/devices/", **by_code("H-1"))
    somebody.edit("dcim/devices/", host, serial="SN-1")
    later = NetBoxStore(client, truth.engine, tmp_path / "own.json")
    with pytest.raises(StoreError):  # it can't even see that bootstrap was run
        later.load()
    ready.shell(
        "from users.models import ObjectPermission as P\n"
        "P.objects.filter(name__contains='view').update(constraints=None)"
    )
    assert own.load() == later.load() == known


@SLOW
def test_what_is_written_while_it_is_read_is_read_too(
    ready: NetBox, truth: Truth, full: NetBoxStore, somebody: Somebody
) -> None:
    known = full.load()
    with Proxy(ready.url) as proxy:
        service = somebody.id("ipam/services/", **by_code("SV-3"))
        late = Meanwhile(lambda: somebody.drop("ipam/services/", service))
        proxy.add(Rule(late, path="^/api/dcim/locations/"))
        store = NetBoxStore(Client(proxy.url, ready.token), truth.engine)
        estate = store.load()
    assert len(estate.services) == len(known.services) - 1
    assert estate == fresh(ready, truth)

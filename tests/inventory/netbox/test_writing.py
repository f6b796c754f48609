"""Writing to a real NetBox: nothing twice, nothing of others', an error for each row that fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from inventory.changes import ChangeSet, diff
from inventory.errors import (
    ChangeRefused,
    EstateError,
    NetBoxRefused,
    NetBoxUnavailable,
    OutcomeUnknown,
    StaleEstate,
)
from inventory.model import Contact, Estate, Host, Organisation, Room, Site
from inventory.netbox.client import Client
from inventory.netbox.limits import LONGEST
from inventory.netbox.store import NetBoxStore
from migrator.store.truth import Truth
from tests.inventory.netbox.city import (
    altered,
    changed,
    codes,
    rich,
    told,
    twice,
    unmanaged,
    without,
)
from tests.netbox.proxy import Answer, Hang, Hold, LoseAnswer, Meanwhile, Proxy, Rule
from tests.netbox.server import NetBox

SLOW = pytest.mark.slow  # make chaos runs them

Open = Callable[..., NetBoxStore]
WRITE = "POST|PATCH|DELETE"


def apply(store: NetBoxStore, after: Estate) -> Estate:
    changes = diff(store.load(), after)
    return store.apply(changes, actor="张三", confirmed=changes.digest)


# ── errors of rows ──────────────────────────────────────────────────────────────────────────────


def test_a_row_that_fails_is_told_with_its_place_and_the_others_are_written(
    ready: NetBox, store: NetBoxStore
) -> None:
    ready.shell(
        "from dcim.models import Site, Location\n"
        "site = Site.objects.get(slug='qy-unspecified')\n"
        "Location.objects.create(site=site, name='档案室', slug='others', status='active')"
    )
    wrong = Contact(role="值班", name="张三", email="not an address")
    wanted = Estate(
        organisations=(
            Organisation(code="O-1", name="水务局", contacts=(wrong,), provenance=told(7)),
        ),
        rooms=(
            Room(code="R-1", name="档案室", provenance=told(5)),
            Room(code="R-2", name="机房", organisation="O-1"),
        ),
        hosts=(Host(code="H-1", name="甲", place="R-1", provenance=told(6)),),
    )
    with pytest.raises(NetBoxRefused) as refused:
        apply(store, wanted)
    said = str(refused.value)
    assert "台账.xlsx 机房 第 5 行" in said
    assert "rooms R-1" in said
    assert "organisations O-1（台账.xlsx 机房 第 7 行" in said
    assert "email" in said
    assert "hosts H-1（台账.xlsx 机房 第 6 行" in said  # its room is not there
    there = store.load()
    assert [o.code for o in there.organisations] == ["O-1"]
    assert [r.code for r in there.rooms] == ["R-2"]
    right = changed(changed(wanted, "R-1", name="新档案室"), "O-1", contacts=())
    assert apply(store, right) == right


@SLOW
def test_what_a_deletion_frees_can_be_had_by_another(ready: NetBox, store: NetBoxStore) -> None:
    """The address, the asset tag and the name of a host that goes, by one that comes."""
    apply(store, rich())
    old = next(h for h in rich().hosts if h.code == "H-1")
    new = old.model_copy(update={"code": "H-9"})
    after = without(rich(), "H-1")
    after = without(after.model_copy(update={"hosts": (*after.hosts, new)}), "SV-1")
    assert apply(store, after) == after
    assert not twice(codes(ready))


@SLOW
def test_a_shared_object_that_netbox_does_not_take_costs_its_rows_alone(store: NetBoxStore) -> None:
    wanted = Estate(
        rooms=(Room(code="R-1", name="机房"),),
        hosts=(
            Host(code="H-1", name="甲", place="R-1", rack="长" * 101),
            Host(code="H-2", name="乙", place="R-1", os="长" * 101),
            Host(code="H-3", name="丙", place="R-1"),
        ),
    )
    with pytest.raises(NetBoxRefused) as refused:
        apply(store, wanted)
    assert {row.split(":")[0] for row in refused.value.rows} == {"hosts H-1", "hosts H-2"}
    assert [h.code for h in store.load().hosts] == ["H-3"]


@SLOW
def test_more_than_a_share_of_changes_needs_the_digest(store: NetBoxStore) -> None:
    apply(store, rich())
    changes = diff(rich(), altered())
    with pytest.raises(ChangeRefused, match=changes.digest):
        store.apply(changes, actor="张三")
    with pytest.raises(ChangeRefused):
        store.apply(changes, actor="张三", confirmed="0" * 64)
    assert store.load() == rich()


# ── nothing twice ───────────────────────────────────────────────────────────────────────────────


@SLOW
def test_applied_again_it_writes_nothing(ready: NetBox, open_store: Open) -> None:
    changes = diff(Estate(), rich())
    with Proxy(ready.url) as proxy:
        open_store(proxy.url).apply(changes, actor="张三")
        assert proxy.writes
        proxy.clear()
        assert open_store(proxy.url).apply(changes, actor="张三") == rich()
        nothing = diff(rich(), rich())
        assert open_store(proxy.url).apply(nothing, actor="张三") == rich()
        assert proxy.writes == ()


_APPLY = """
import sys
from pathlib import Path
from inventory.changes import ChangeSet
from inventory.netbox.client import Client
from inventory.netbox.store import NetBoxStore
from migrator.store.truth import Truth
url, token, database, file, changes = sys.stdin.read().splitlines()
truth = Truth.open(database)
store = NetBoxStore(Client(url, token, connections=2), truth.engine, Path(file))
made = ChangeSet.model_validate_json(changes)
store.apply(made, actor="张三", confirmed=made.digest)
"""


def start(url: str, token: str, folder: Path, changes: ChangeSet) -> subprocess.Popen[bytes]:
    words = [url, token, f"sqlite:///{folder}/qianyun.db", str(folder / "mirror.json")]
    process = subprocess.Popen([sys.executable, "-c", _APPLY], stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write("\n".join([*words, changes.model_dump_json()]).encode())
    process.stdin.close()
    return process


def kill_at(write: int, ready: NetBox, folder: Path, changes: ChangeSet) -> None:
    """Applies `changes` in a process that is killed when it sends the write of that number."""
    with Proxy(ready.url) as proxy:
        held = Hold()
        proxy.add(Rule(held, method=WRITE, skip=write - 1))
        process = start(proxy.url, ready.token, folder, changes)
        assert held.reached.wait(120)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)


_ENDS: dict[str, tuple[int, dict[str, list[str]]]] = {}


def uninterrupted(ready: NetBox, open_store: Open) -> dict[str, tuple[int, dict[str, list[str]]]]:
    """How many writes it takes, and what NetBox holds in the end."""
    if not _ENDS:
        with Proxy(ready.url) as proxy:
            for name, estate in (("made", rich()), ("altered", altered())):
                proxy.clear()
                apply(open_store(proxy.url), estate)
                _ENDS[name] = len(proxy.writes), codes(ready)
    return _ENDS


@pytest.mark.parametrize(
    ("what", "share", "anew"),
    [("made", 0.3, False), ("made", 0.7, True), ("altered", 0.5, False), ("altered", 0.9, True)],
)
@SLOW
def test_killed_half_way_it_goes_on_to_the_same_end(
    ready: NetBox, open_store: Open, tmp_path: Path, what: str, share: float, anew: bool
) -> None:
    """With the same change, or with one made `anew` of what the killed one left."""
    writes, end = uninterrupted(ready, open_store)[what]
    ready.reset("netbox_ready")
    folder = tmp_path / "own"
    folder.mkdir()
    truth = Truth.open(f"sqlite:///{folder}/qianyun.db")

    def opened() -> NetBoxStore:
        return NetBoxStore(Client(ready.url, ready.token), truth.engine, folder / "mirror.json")

    before, after = (Estate(), rich()) if what == "made" else (rich(), altered())
    if what == "altered":
        apply(opened(), before)
    changes = diff(before, after)
    kill_at(int(writes * share), ready, folder, changes)
    store = opened()
    if anew:
        assert apply(store, after).digest == after.digest
    else:
        assert store.apply(changes, actor="张三", confirmed=changes.digest) == after
    assert opened().load().digest == after.digest
    assert codes(ready) == end
    assert not twice(end)
    truth.engine.dispose()


@pytest.mark.slow
def test_an_answer_that_is_lost_makes_nothing_twice(ready: NetBox, open_store: Open) -> None:
    with Proxy(ready.url) as proxy:
        for path in ("locations/$", "devices/$", "ip-addresses/$", "contacts/$"):
            proxy.add(Rule(LoseAnswer(), method="POST", path=path))
        assert apply(open_store(proxy.url), rich()) == rich()
        proxy.add(Rule(LoseAnswer(), method="PATCH", path="locations/"))
        proxy.add(Rule(LoseAnswer(), method="DELETE", path="services/"))
        after = without(changed(rich(), "R-1", name="新机房"), "SV-1")
        assert apply(open_store(proxy.url), after) == after
    assert not twice(codes(ready))


@SLOW
def test_a_netbox_that_fails_amid_writing_leaves_what_can_be_gone_on_with(
    ready: NetBox, open_store: Open
) -> None:
    changes = diff(Estate(), rich())
    with Proxy(ready.url) as proxy:
        proxy.add(Rule(Answer(503), method="POST", path="devices/"))
        with pytest.raises(NetBoxUnavailable):
            open_store(proxy.url).apply(changes, actor="张三")
        proxy.add(Rule(Answer(504), method="POST", path="devices/"))
        with pytest.raises(OutcomeUnknown):
            open_store(proxy.url).apply(changes, actor="张三")
    assert open_store().apply(changes, actor="张三") == rich()
    assert not twice(codes(ready))


@SLOW
def test_a_bulk_write_that_times_out_says_how_far_it_came(ready: NetBox, truth: Truth) -> None:
    wanted = Estate(
        organisations=tuple(Organisation(code=f"O-{n}", name=f"{n}局") for n in range(60))
    )
    changes = diff(Estate(), wanted)
    with Proxy(ready.url) as proxy:
        lost = proxy.add(Rule(Hang(), method="POST", path="tenants/$", skip=1))
        client = Client(proxy.url, ready.token, connections=1, timeout_s=(5, 3))
        store = NetBoxStore(client, truth.engine)
        with pytest.raises(OutcomeUnknown, match="写入结果不明") as met:
            store.apply(changes, actor="张三")
        assert "had confirmed by then: 50 of 60" in str(met.value)
        assert met.value.under_way
        assert proxy.hits(lost) == 1
        client.timeout_s = (5, 60)
        assert store.apply(changes, actor="张三") == wanted
    assert not twice(codes(ready))


# ── two people at once ──────────────────────────────────────────────────────────────────────────


def edit(ready: NetBox, path: str, code: str, **fields: Any) -> None:
    """Somebody else changes an object, as NetBox's own pages do."""
    client = Client(ready.url, ready.token)
    (row,) = client.page(path, {"cf_qianyun_code": code, "fields": "id"})["results"]
    client.update(path, row["id"], fields, "*")


@pytest.mark.slow
def test_an_object_that_somebody_changed_meanwhile_is_left_to_them(
    ready: NetBox, open_store: Open
) -> None:
    apply(open_store(), rich())
    after = changed(changed(rich(), "H-1", os="Debian 13"), "R-2", name="新二号机房")
    with Proxy(ready.url) as proxy:
        somebody = Meanwhile(lambda: edit(ready, "dcim/devices/", "H-1", serial="SN-7"))
        proxy.add(Rule(somebody, method="PATCH", path="devices/"))
        with pytest.raises(StaleEstate, match="hosts H-1"):
            apply(open_store(proxy.url), after)
    there = {h.code: h for h in open_store().load().hosts}
    assert there["H-1"].os == "麒麟 V10"
    assert [r.name for r in open_store().load().rooms if r.code == "R-2"] == ["新二号机房"]
    serial = "from dcim.models import Device; print(Device.objects.get(serial='SN-7').name)"
    assert ready.shell(serial).strip() == "数据库服务器"
    assert apply(open_store(), after) == after
    assert ready.shell(serial).strip() == "数据库服务器"


@SLOW
def test_what_others_do_elsewhere_meanwhile_is_no_fault(ready: NetBox, open_store: Open) -> None:
    apply(open_store(), rich())
    after = changed(rich(), "R-2", name="新二号机房")
    with Proxy(ready.url) as proxy:
        somebody = Meanwhile(lambda: edit(ready, "dcim/sites/", "SITE-2", name="他人所改"))
        proxy.add(Rule(somebody, method="PATCH", path="locations/"))
        done = apply(open_store(proxy.url), after)
    assert done == changed(after, "SITE-2", name="他人所改") == open_store().load()
    assert open_store().snapshot() == after  # what they did was not accepted by anybody


@SLOW
def test_what_refers_to_nothing_in_netbox_does_not_hold_up_a_change(
    ready: NetBox, open_store: Open
) -> None:
    apply(open_store(), rich())
    edit(ready, "dcim/devices/", "H-3", custom_fields={"system_code": "S-404"})
    before = open_store().load()
    after = changed(before, "R-2", name="新二号机房")
    assert apply(open_store(), after) == after
    with pytest.raises(EstateError, match=r"H-1\.system → S-405"):
        apply(open_store(), changed(after, "H-1", system="S-405"))


@SLOW
def test_an_edit_is_not_lost_when_another_row_is_refused_before(
    ready: NetBox, open_store: Open
) -> None:
    """After a refusal what stands is read anew, which must not make their edit ours."""
    apply(open_store(), rich())
    after = changed(rich(), "R-2", name="新二号机房", building="甲座")
    client = Client(ready.url, ready.token)
    (site,) = client.page("dcim/sites/", {"cf_qianyun_code": "SITE-1", "fields": "id"})["results"]
    theirs = {"name": "他人机房", "slug": "theirs", "site": site["id"]}
    client.create("dcim/locations/", [theirs])
    more = Room(code="R-9", name="他人机房", site="SITE-1")  # a name that is taken at that site
    after = after.model_copy(update={"rooms": (*after.rooms, more)})
    with Proxy(ready.url) as proxy:
        somebody = Meanwhile(lambda: edit(ready, "dcim/locations/", "R-2", name="他人所改"))
        proxy.add(Rule(somebody, method="POST", path="locations/"))
        with pytest.raises(NetBoxRefused, match="rooms R-2"):
            apply(open_store(proxy.url), after)
    (room,) = [r for r in open_store().load().rooms if r.code == "R-2"]
    assert (room.name, room.building) == ("他人所改", None)


@SLOW
def test_an_object_that_was_changed_past_the_log_is_read_anew(
    ready: NetBox, open_store: Open
) -> None:
    apply(open_store(), rich())
    open_store().load()
    ready.shell(
        "from dcim.models import Device\n"
        "d = Device.objects.get(custom_field_data__qianyun_code='H-3'); d.name = '他人所改'; d.save()"
    )
    after = changed(rich(), "H-3", cpu_arch="arm64")
    with pytest.raises(StaleEstate, match="hosts H-3"):
        apply(open_store(), after)
    assert {h.code: h.name for h in open_store().load().hosts}["H-3"] == "他人所改"
    assert apply(open_store(), after) == after


@SLOW
def test_an_object_that_somebody_changed_is_not_deleted(ready: NetBox, open_store: Open) -> None:
    apply(open_store(), rich())
    after = without(rich(), "H-3")
    with Proxy(ready.url) as proxy:
        somebody = Meanwhile(lambda: edit(ready, "dcim/devices/", "H-3", serial="SN-8"))
        proxy.add(Rule(somebody, method="DELETE", path="devices/"))
        with pytest.raises(StaleEstate, match="hosts H-3"):
            apply(open_store(proxy.url), after)
    assert open_store().load() == rich()


# ── what is not ours ────────────────────────────────────────────────────────────────────────────

OTHERS = """
from dcim.models import *
from ipam.models import *
from circuits.models import *
from virtualization.models import *
from tenancy.models import *
from extras.models import CustomField
from core.models import ObjectType
field = CustomField.objects.create(name='budget', type='text')
field.object_types.set([ObjectType.objects.get_for_model(m) for m in (Device, Location, Site)])
t = Tenant.objects.create(name='别家', slug='bj')
s = Site.objects.create(name='别处', slug='bc', tenant=t)
l = Location.objects.create(name='别家机房', slug='bjjf', site=s)
role = DeviceRole.objects.create(name='switch', slug='switch')
m = Manufacturer.objects.create(name='m', slug='m')
dt = DeviceType.objects.create(manufacturer=m, model='x', slug='x')
d = Device.objects.create(name='sw', site=s, location=l, role=role, device_type=dt)
i = Interface.objects.create(device=d, name='mgmt', type='other')
ip = IPAddress.objects.create(address='192.0.2.1/24', assigned_object=i)
p = Provider.objects.create(name='p', slug='p')
c = Circuit.objects.create(cid='c', provider=p, type=CircuitType.objects.create(name='t', slug='t'))
CircuitTermination.objects.create(circuit=c, term_side='A', termination=l)
"""


@SLOW
def test_what_is_not_ours_is_neither_changed_nor_deleted(ready: NetBox, store: NetBoxStore) -> None:
    ready.shell(OTHERS)
    before = unmanaged(ready)
    estate = rich()
    for after in (estate, altered(), without(altered(), "H-1", "SV-1", "L-1", "K-1", "N-1")):
        assert apply(store, after) == after
        now = unmanaged(ready)
        assert {key: now.get(key) for key in before} == before


@SLOW
def test_what_others_hung_on_our_objects_keeps_these(ready: NetBox, store: NetBoxStore) -> None:
    apply(store, rich())
    ready.shell(
        "from dcim.models import *; from ipam.models import *; from circuits.models import *\n"
        "d = Device.objects.get(custom_field_data__qianyun_code='H-1')\n"
        "Interface.objects.create(device=d, name='eth9', type='other')\n"
        "s = Site.objects.get(custom_field_data__qianyun_code='SITE-2')\n"
        "Prefix.objects.create(prefix='198.51.100.0/24', scope=s)\n"
        "l = Location.objects.get(custom_field_data__qianyun_code='R-2')\n"
        "VLANGroup.objects.create(name='g', slug='g', scope=l)"
    )
    before = unmanaged(ready)
    with pytest.raises(NetBoxRefused) as refused:
        apply(store, Estate())
    said = " ".join(refused.value.rows)
    for told_of in (
        "dcim/devices/ H-1",
        "dcim/interfaces/",
        "dcim/sites/ SITE-2",
        "ipam/prefixes/",
    ):
        assert told_of in said
    assert "dcim/locations/ R-2" in said
    assert "ipam/vlan-groups/" in said
    now = unmanaged(ready)
    assert {key: now.get(key) for key in before} == before
    assert {h.code for h in store.load().hosts} == {"H-1"}


@SLOW
def test_custom_fields_of_others_keep_their_values(ready: NetBox, store: NetBoxStore) -> None:
    ready.shell(OTHERS)
    apply(store, rich())
    for path, code in (("devices", "H-1"), ("locations", "R-1"), ("sites", "SITE-1")):
        edit(ready, f"dcim/{path}/", code, custom_fields={"budget": "甲类"}, comments="手写")
    assert apply(store, altered()) == altered()
    assert (
        ready.shell(
            "from dcim.models import *\n"
            "for m, code in ((Device, 'H-1'), (Location, 'R-1'), (Site, 'SITE-1')):\n"
            "    o = m.objects.get(custom_field_data__qianyun_code=code)\n"
            "    print(o.custom_field_data['budget'], o.comments)"
        ).splitlines()
        == ["甲类 手写"] * 3
    )


def test_what_netbox_would_refuse_for_its_length_is_told_before(
    ready: NetBox, store: NetBoxStore
) -> None:
    """As NetBox's own OPTIONS say, and found before anything is written."""
    for endpoint, longest in LONGEST.items():
        answer = httpx.options(
            f"{ready.url}/api/{endpoint.path}",
            headers={"Authorization": f"Bearer {ready.token}", "Accept": "application/json"},
        )
        posted = answer.json()["actions"]["POST"]
        assert longest == {name: posted[name]["max_length"] for name in longest}
    before = store.load()
    fits = Site(code="s-1", name="字" * 100, address="址" * 200)
    after = before.model_copy(update={"sites": (*before.sites, fits)})
    assert store.objections(diff(before, after)) == ()
    long = fits.model_copy(update={"name": "字" * 101, "region": "省" * 101})
    after = before.model_copy(update={"sites": (*before.sites, long)})
    told_of = store.objections(diff(before, after))
    assert {one.whose for one in told_of} == {"sites s-1"}
    assert [one.reason.split(":")[0] for one in told_of] == ["name", "region"]
    with pytest.raises(NetBoxRefused):
        apply(store, after)

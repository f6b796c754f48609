"""A NetBox full of things that others made: it is read, left as it is, and what is left out is told."""

from collections.abc import Callable

import pytest

from inventory.changes import diff
from inventory.errors import NetBoxUnknown
from inventory.model import Estate, Room
from inventory.netbox.client import Client
from inventory.netbox.store import NetBoxStore
from inventory.store import LeftOut
from migrator.store.truth import Truth
from tests.inventory.netbox.city import changed, log_length, unmanaged
from tests.netbox.server import NetBox

Open = Callable[..., NetBoxStore]

IMPORTS = """
from dcim.models import *
from ipam.models import *
from circuits.models import *
from virtualization.models import *
from tenancy.models import *
from extras.models import *
from core.models import ObjectType
"""
SLOW = pytest.mark.slow  # make chaos runs them
OTHERS = (
    IMPORTS
    + """
def field(name, kind, *models, **more):
    f = CustomField.objects.create(name=name, type=kind, **more)
    f.object_types.set([ObjectType.objects.get_for_model(m) for m in models])
field('preis', 'decimal', Device, VirtualMachine, Circuit)
field('eigner', 'object', Device, Site, related_object_type=ObjectType.objects.get_for_model(Tenant))
field('zonen', 'json', Device, IPAddress)
field('pruefdatum', 'datetime', Location)
Tag.objects.create(name='标签', slug='biaoqian')

top = Region.objects.create(name='省', slug='sheng')
city = Region.objects.create(name='市', slug='shi', parent=top)
tenant = Tenant.objects.create(name='别家', slug='bj')
site = Site.objects.create(name='别处', slug='bc', region=city, status='retired')
hall = Location.objects.create(name='楼', slug='lou', site=site)
room = Location.objects.create(name='间', slug='jian', site=site, parent=hall)
rack = Rack.objects.create(name='R1', site=site, location=room)
maker = Manufacturer.objects.create(name='厂', slug='chang')
kind = DeviceType.objects.create(manufacturer=maker, model='型', slug='xing', u_height=2)
role = DeviceRole.objects.create(name='交换机', slug='switch')
for n in range(3):  # without a name
    Device.objects.create(site=site, location=room, role=role, device_type=kind)
racked = Device.objects.create(
    name='架上', site=site, location=room, rack=rack, position=3, face='front', role=role,
    device_type=kind, tenant=tenant,
    custom_field_data={'preis': '1.50', 'eigner': tenant.pk, 'zonen': {'a': [1, None]}},
)
bay = ModuleBay.objects.create(device=racked, name='槽')
Module.objects.create(
    device=racked, module_bay=bay,
    module_type=ModuleType.objects.create(manufacturer=maker, model='卡'),
)
port = Interface.objects.create(device=racked, name='xe-0/0/0', type='10gbase-x-sfpp')
IPAddress.objects.create(address='192.0.2.1/24', assigned_object=port)
IPAddress.objects.create(address='192.0.2.2/24')
IPAddress.objects.create(address='2001:db8::1/64', role='anycast')
group = FHRPGroup.objects.create(protocol='vrrp3', group_id=7)
IPAddress.objects.create(address='192.0.2.3/24', assigned_object=group)
Service.objects.create(parent=group, name='vip', port_mappings=['tcp/443'])
Service.objects.create(parent=racked, name='many', port_mappings=['tcp/80', 'udp/53'])

provider = Provider.objects.create(name='运营商', slug='yys')
network = ProviderNetwork.objects.create(provider=provider, name='网')
sort = CircuitType.objects.create(name='类', slug='lei')
for number, ends in enumerate(((network, city), (site, room), (None, hall), (None, None))):
    circuit = Circuit.objects.create(cid=f'C {number}', provider=provider, type=sort)
    for side, end in zip('AZ', ends):
        if end:
            CircuitTermination.objects.create(circuit=circuit, term_side=side, termination=end)

ctype = ClusterType.objects.create(name='kvm', slug='kvm')
cluster = Cluster.objects.create(name='群', type=ctype, scope=city)
Cluster.objects.create(name='无处之群', type=ctype)
VirtualMachine.objects.create(name='无群', site=site)
machine = VirtualMachine.objects.create(name='有群', cluster=cluster, status='failed')
vport = VMInterface.objects.create(virtual_machine=machine, name='ens3')
machine.primary_ip4 = IPAddress.objects.create(address='198.51.100.1/24', assigned_object=vport)
machine.save()
person = Contact.objects.create(name='外人', phone='1')
duty = ContactRole.objects.create(name='外务', slug='waiwu')
for owner in (site, racked, circuit, provider):
    ContactAssignment.objects.create(object=owner, contact=person, role=duty, priority='primary')
"""
)


def adopt(ready: NetBox, model: str, code: str, **found: str) -> None:
    where = ", ".join(f"{name}={value!r}" for name, value in found.items())
    ready.shell(
        f"{IMPORTS}\no = {model}.objects.get({where})\n"
        f"o.custom_field_data['qianyun_code'] = {code!r}; o.save()"
    )


def reasons(left_out: tuple[LeftOut, ...]) -> dict[tuple[str, str], str]:
    return {(left.endpoint, left.name): left.reason for left in left_out}


@pytest.mark.slow
def test_it_is_read_changed_in_nothing_and_what_is_left_out_is_told(
    ready: NetBox, store: NetBoxStore
) -> None:
    ready.shell(OTHERS)
    before, log = unmanaged(ready), log_length(ready)
    pulled = store.pull("张三", full=True)
    assert pulled.estate == Estate()
    assert store.verify().changes.empty
    assert (unmanaged(ready), log_length(ready)) == (before, log)
    told = reasons(pulled.left_out)
    for place in (
        ("dcim/sites", "别处"),
        ("dcim/locations", "间"),
        ("dcim/devices", "架上"),
        ("dcim/devices", ""),
        ("circuits/circuits", "C 0"),
        ("virtualization/clusters", "无处之群"),
        ("virtualization/virtual-machines", "无群"),
        ("tenancy/tenants", "别家"),
        ("ipam/services", "vip"),
    ):
        assert "qianyun_code" in told[place]
    assert ("dcim/sites", "迁云未说明园区") not in told  # bootstrap's own: nothing to hand over
    counted = sum(left.endpoint == "dcim/devices" for left in pulled.left_out)
    assert counted == 4


@SLOW
def test_ours_live_among_them(ready: NetBox, store: NetBoxStore) -> None:
    ready.shell(OTHERS)
    before = unmanaged(ready)
    wanted = Estate(rooms=(Room(code="R-1", name="间"),))
    assert store.apply(diff(Estate(), wanted), actor="张三") == wanted
    assert store.apply(
        diff(wanted, Estate()), actor="张三", confirmed=diff(wanted, Estate()).digest
    )
    assert unmanaged(ready) == before


@pytest.mark.parametrize(
    ("name", "kind"), [("zone", "text"), ("system_code", "integer"), ("qianyun_code", "longtext")]
)
@SLOW
def test_a_field_of_our_name_and_of_another_type_is_an_error(
    netbox: NetBox, truth: Truth, name: str, kind: str
) -> None:
    netbox.shell(
        f"{IMPORTS}\nf = CustomField.objects.create(name={name!r}, type={kind!r})\n"
        "f.object_types.set([ObjectType.objects.get_for_model(Device)])"
    )
    store = NetBoxStore(Client(netbox.url, netbox.token), truth.engine)
    with pytest.raises(NetBoxUnknown, match=name):
        store.load()


@SLOW
def test_strange_objects_that_are_handed_over_are_read_or_left_out_with_a_reason(
    ready: NetBox, store: NetBoxStore
) -> None:
    ready.shell(OTHERS)
    adopt(ready, "VirtualMachine", "VM-1", name="无群")
    adopt(ready, "VirtualMachine", "VM-2", name="有群")
    adopt(ready, "Device", "VM-2", name="架上")  # the same code in two places
    adopt(ready, "Circuit", "L-0", cid="C 0")
    adopt(ready, "Circuit", "L-3", cid="C 3")
    adopt(ready, "Cluster", "CL-1", name="群")
    adopt(ready, "Location", "R 1", name="间")  # no code has a space
    adopt(ready, "Location", "R-2", name="楼")
    adopt(ready, "Site", "长" * 200, name="别处")
    adopt(ready, "Service", "SV-1", name="vip")
    adopt(ready, "Service", "SV-2", name="many")
    ready.shell(
        f"{IMPORTS}\nd = Device.objects.filter(name=None).first()\n"
        "d.custom_field_data['qianyun_code'] = 'H-1'; d.save()\n"
        "t = Tenant.objects.get(slug='bj')\n"
        "t.custom_field_data |= {'qianyun_code': 'O-1', 'qianyun_aliases': {'no': 'list'}}; t.save()\n"
        "c = Cluster.objects.get(name='无处之群')\n"
        "c.custom_field_data |= {'qianyun_code': 'CL-2', 'qianyun_moves_at_once': -4}; c.save()"
    )
    pulled = store.pull("张三", full=True)
    told = reasons(pulled.left_out)
    hosts = {h.code: h for h in pulled.estate.hosts}
    assert hosts.keys() == {"VM-1", "VM-2", "H-1"}
    assert hosts["H-1"].name == ""
    assert hosts["VM-1"].place is None
    assert {line.code: line.name for line in pulled.estate.lines} == {"L-0": "C 0", "L-3": "C 3"}
    assert {c.code: c.moves_at_once for c in pulled.estate.clouds} == {"CL-1": None, "CL-2": None}
    assert [r.code for r in pulled.estate.rooms] == ["R-2"]
    assert "重复 / has the code of dcim/devices/" in told["virtualization/virtual-machines", "有群"]
    assert "'R 1' 不是编号" in told["dcim/locations", "间"]
    assert 100 < len(told["dcim/sites", "别处"]) < 300  # it quotes the beginning
    assert "aliases" in told["tenancy/tenants", "别家"]
    assert "moves_at_once" in told["virtualization/clusters", "无处之群"]
    assert "host" in told["ipam/services", "vip"]
    assert [(s.code, s.port) for s in pulled.estate.services] == [("SV-2", 80)]


@SLOW
def test_a_change_of_an_adopted_object_leaves_what_people_made_of_it(
    ready: NetBox, store: NetBoxStore
) -> None:
    ready.shell(OTHERS)
    adopt(ready, "VirtualMachine", "VM-1", name="有群")
    adopt(ready, "VirtualMachine", "VM-2", name="无群")
    adopt(ready, "Device", "H-1", name="架上")
    adopt(ready, "Circuit", "L-1", cid="C 1")
    adopt(ready, "Service", "SV-1", name="many")
    before = store.load()
    ipv4 = {h.code: str(h.ipv4) for h in before.hosts}
    assert ipv4["VM-1"] == "198.51.100.1"
    others = unmanaged(ready)
    after = before
    for code in ("VM-1", "VM-2", "H-1"):
        after = changed(after, code, cpu_arch="x86_64")
    after = changed(changed(after, "L-1", bandwidth_kbps=10), "SV-1", port=8080)
    changes = diff(before, after)
    assert store.apply(changes, actor="张三", confirmed=changes.digest) == after
    now = unmanaged(ready)
    assert {key: now.get(key) for key in others} == others
    said = ready.shell(
        f"{IMPORTS}\n"
        "m = VirtualMachine.objects.get(name='有群'); d = Device.objects.get(name='架上')\n"
        "print(m.cluster, m.primary_ip4, VirtualMachine.objects.get(name='无群').site)\n"
        "print(d.location, d.rack, d.position, d.tenant, d.site, d.custom_field_data['preis'])\n"
        "c = Circuit.objects.get(custom_field_data__qianyun_code='L-1')\n"
        "print(c.cid, c.provider, c.type, c.commit_rate)\n"
        "print(Service.objects.get(name='many').port_mappings)\n"
        "print(Device.objects.count(), IPAddress.objects.count())"
    ).splitlines()
    assert said == [
        "群 198.51.100.1/24 别处",
        "间 R1 3.0 别家 别处 1.50",
        "C 1 运营商 类 10",
        "['tcp/8080', 'udp/53']",
        "4 5",
    ]

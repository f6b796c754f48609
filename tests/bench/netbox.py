"""NetBox as the store: reading, writing and keeping up, beside what the same server can do at best.

All figures of a run are taken on one real NetBox (2 workers) on this machine; ours and the limit
take turns, and each counts by its best of ROUNDS. The 10,000 objects are laid into NetBox's own
database by its models, since making them over HTTP would take ten minutes and is measured apart.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pynetbox
import urllib3

from inventory.changes import diff
from inventory.model import Cloud, Estate, Host, Line, Organisation, Room
from inventory.netbox.bootstrap import bootstrap
from inventory.netbox.client import Client
from inventory.netbox.store import NetBoxStore
from migrator.store.truth import Truth
from tests.netbox.server import NetBox

ROUNDS = 3
SHORT_ROUNDS = 10  # of what takes two requests: a single slow one would be the figure
WORKERS = 2  # of the server: as many connections
MACHINES, CIRCUITS = 4_000, 1_000
NEW = 200  # machines, addresses, and a quarter as many lines, that are made over HTTP
CHANGED = 20

# In NetBox's own shell: managed objects as our writer would have made them.
FILL = """
from django.contrib.contenttypes.models import ContentType
from circuits.models import Circuit, CircuitTermination, CircuitType, Provider
from dcim.models import Location, Site
from ipam.models import IPAddress
from virtualization.models import Cluster, ClusterType, VirtualMachine, VMInterface
n, lines, base = {machines}, {circuits}, "{base}"
site = Site.objects.get(slug="qy-unspecified")
own = lambda code, **more: {{"qianyun_code": code, **more}}
room = Location(name="机房", slug="r-1", site=site, custom_field_data=own("R-1"))
room.save()
cloud = Cluster(name="政务云", type=ClusterType.objects.get(slug="gov-cloud"),
    custom_field_data=own("C-1"))
cloud.save()
machines = VirtualMachine.objects.bulk_create(
    [VirtualMachine(name=f"vm-{{i}}", cluster=cloud, custom_field_data=own(f"H-{{i}}",
        qianyun_cpu_arch="x86_64", system_code=None)) for i in range(n)], 1000)
faces = VMInterface.objects.bulk_create(
    [VMInterface(name="mgmt", virtual_machine=m, custom_field_data=own(f"H-{{i}}:mgmt"))
        for i, m in enumerate(machines)], 1000)
kind = ContentType.objects.get_for_model(VMInterface)
import ipaddress
first = int(ipaddress.ip_address("10.0.0.1"))
addresses = IPAddress.objects.bulk_create(
    [IPAddress(address=f"{{ipaddress.ip_address(first + i)}}/32", assigned_object_type=kind,
        assigned_object_id=f.pk, custom_field_data=own(f"H-{{i}}:4"))
        for i, f in enumerate(faces)], 1000)
for m, a in zip(machines, addresses):
    m.primary_ip4 = a
VirtualMachine.objects.bulk_update(machines, ["primary_ip4"], 1000)
provider = Provider.objects.get(slug="qy-unspecified")
type = CircuitType.objects.get(slug="qy-unspecified")
made = Circuit.objects.bulk_create(
    [Circuit(cid=f"L-{{i}}", provider=provider, type=type, commit_rate=100000,
        custom_field_data=own(f"L-{{i}}", qianyun_name=f"线路 {{i}}")) for i in range(lines)], 1000)
place = ContentType.objects.get_for_model(Location)
CircuitTermination.objects.bulk_create(
    [CircuitTermination(circuit=c, term_side=side, termination_type=place, termination_id=room.pk,
        custom_field_data=own(f"L-{{i}}:{{side}}")) for i, c in enumerate(made) for side in "AZ"],
    1000)
print(VirtualMachine.objects.count())
"""
MEMORY = """
import resource, sys
from tests.bench.netbox import store_at
store = store_at(sys.argv[1], sys.argv[2], sys.argv[3])
estate = store.load()
count = sum(len(held) for _, held in estate.collections())
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def figures() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="qy-bench-nb-") as name:
        folder = Path(name)
        with NetBox(folder / "netbox") as netbox:
            bootstrap(Client(netbox.url, netbox.token), actor="bench")
            netbox.keep("bench_ready")
            yield _creates(netbox, folder)
            netbox.reset("bench_ready")
            fill(netbox, MACHINES, CIRCUITS)
            yield from _reading(netbox, folder)
            netbox.reset("bench_ready")
            fill(netbox, 10 * MACHINES, 10 * CIRCUITS)
            yield _memory(netbox, folder)


def fill(netbox: NetBox, machines: int, circuits: int) -> None:
    netbox.shell(FILL.format(machines=machines, circuits=circuits, base=""))


def store_at(url: str, token: str, folder: str) -> NetBoxStore:
    """A store that has read nothing yet, over a database in `folder`."""
    truth = Truth.open(f"sqlite:///{folder}/qianyun.db")
    return NetBoxStore(Client(url, token, connections=WORKERS), truth.engine)


def _timed[T](work: Callable[[], T]) -> tuple[float, T]:
    begun = time.monotonic()
    done = work()
    return time.monotonic() - begun, done


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _reading(netbox: NetBox, folder: Path) -> Iterator[dict[str, object]]:
    def fresh() -> NetBoxStore:
        return store_at(netbox.url, netbox.token, str(folder))

    fresh().pull("bench")  # the snapshot is in the database, as from the second command on
    urls = _pages(netbox)
    ours, limits, unchanged = [], [], []
    store = fresh()
    for _ in range(ROUNDS):
        store = fresh()
        took, estate = _timed(store.load)
        ours.append(took)
        limits.append(min(_plain(urls, netbox.token, n) for n in (1, WORKERS, 2 * WORKERS)))
        unchanged.append(_apply_unchanged(fresh()))
    count = sum(len(held) for _, held in estate.collections())
    load, limit = min(ours), min(limits)
    yield {
        "name": "netbox.load_10000",
        "value": round(limit / load, 2),
        "unit": f"of the limit; {load:.2f} s for {count} objects of the estate",
        "bar": "≥ 0.8",
        "ok": limit / load >= 0.8,
        "beside": round(limit, 2),
        "beside_is": f"s, a plain HTTP client (urllib3, best of 1, {WORKERS}, {2 * WORKERS} "
        "connections) that fetches the same pages and does not parse them",
    }
    peer, _ = _timed(lambda: _pynetbox(netbox))
    yield {
        "name": "netbox.load_over_pynetbox",
        "value": round(peer / load, 1),
        "unit": "times as fast",
        "bar": "≥ 3",
        "ok": peer / load >= 3,
        "beside": round(peer, 2),
        "beside_is": "s, pynetbox .all() on the same endpoints",
    }
    took, part, writes = min(unchanged)
    yield {
        "name": "netbox.apply_unchanged",
        "value": round(took / part, 2),
        "unit": f"of the load; {writes} writes",
        "bar": "≤ 1.2, 0 writes",
        "ok": took / part <= 1.2 and all(writes == 0 for _, _, writes in unchanged),
        "beside": round(part, 2),
        "beside_is": "s, the full load that it begins with",
    }
    yield _refresh(netbox, store, load)


def _apply_unchanged(store: NetBoxStore) -> tuple[float, float, int]:
    """Load, compare with what is wanted (the same), apply: seconds of all, of the load, and how
    many writes NetBox saw."""
    load, estate = _timed(store.load)
    rest, _ = _timed(lambda: store.apply(diff(estate, estate), actor="bench"))
    return load + rest, load, store.writes


def _refresh(netbox: NetBox, store: NetBoxStore, load: float) -> dict[str, object]:
    """A store that is up to date, after CHANGED machines were renamed by somebody else."""
    api = pynetbox.api(netbox.url, token=netbox.token)
    took = []
    for turn in range(SHORT_ROUNDS):
        machines = list(api.virtualization.virtual_machines.filter(limit=CHANGED, offset=turn * 40))
        machines = machines[:CHANGED]
        api.virtualization.virtual_machines.update(
            [{"id": m.id, "name": f"{m.name}-{turn}"} for m in machines]
        )
        seconds, estate = _timed(store.load)
        assert sum(h.name.endswith(f"-{turn}") for h in estate.hosts) >= CHANGED
        took.append(seconds)
    best = min(took)
    return {
        "name": "netbox.refresh_20",
        "value": round(load / best, 1),
        "unit": f"times as fast as the full load; {best * 1000:.0f} ms",
        "bar": "≥ 20",
        "ok": load / best >= 20,
        "beside": round(load, 2),
        "beside_is": "s, the full load",
    }


def _pages(netbox: NetBox) -> list[str]:
    """The addresses of the pages of objects that a full load fetches."""
    asked: list[str] = []

    class Noting(Client):
        def page(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
            if str(params.get("fields", "")).count(",") > 2 and not path.startswith(
                ("core/", "extras/")
            ):
                query = urlencode({k: str(v) for k, v in params.items()})
                asked.append(f"{self.url}/api/{path}?{query}")
            return super().page(path, params)

    with tempfile.TemporaryDirectory(prefix="qy-bench-") as folder:
        truth = Truth.open(f"sqlite:///{folder}/qianyun.db")
        NetBoxStore(Noting(netbox.url, netbox.token, connections=WORKERS), truth.engine).load()
    return asked


def _plain(urls: list[str], token: str, connections: int) -> float:
    pool = urllib3.PoolManager(maxsize=connections, block=True)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def fetch(url: str) -> int:
        answer = pool.request("GET", url, headers=headers)
        assert answer.status == 200, answer.data[:200]
        return len(answer.data)

    with ThreadPoolExecutor(connections) as threads:
        seconds, _ = _timed(lambda: list(threads.map(fetch, urls)))
    return seconds


def _pynetbox(netbox: NetBox) -> int:
    api = pynetbox.api(netbox.url, token=netbox.token)
    endpoints = (
        api.virtualization.virtual_machines,
        api.ipam.ip_addresses,
        api.circuits.circuits,
        api.circuits.circuit_terminations,
    )
    return sum(len(list(endpoint.all(limit=1000))) for endpoint in endpoints)


# ── writing ─────────────────────────────────────────────────────────────────────────────────────


def _estate() -> Estate:
    first = int(IPv4Address("10.0.0.1"))
    return Estate(
        organisations=(Organisation(code="O-1", name="单位"),),
        rooms=(Room(code="R-1", name="机房", organisation="O-1"),),
        clouds=(Cloud(code="C-1", name="政务云", organisation="O-1"),),
        hosts=tuple(
            Host(code=f"H-{i}", name=f"vm-{i}", place="C-1", ipv4=IPv4Address(first + i))
            for i in range(NEW)
        ),
        lines=tuple(
            Line(code=f"L-{i}", name=f"线路 {i}", a_end="R-1", z_end="C-1", bandwidth_kbps=10_000)
            for i in range(NEW // 4)
        ),
    )


def _creates(netbox: NetBox, folder: Path) -> dict[str, object]:
    wanted = _estate()
    ours, limits, posts = [], [], []
    for _ in range(ROUNDS - 1):
        netbox.reset("bench_ready")
        with tempfile.TemporaryDirectory(dir=folder) as own:
            store = store_at(netbox.url, netbox.token, own)
            store.load()
            took, _ = _timed(lambda s=store: s.apply(diff(Estate(), wanted), actor="bench"))
            ours.append(took)
        netbox.reset("bench_ready")
        whole, only = _bare(netbox)
        limits.append(whole)
        posts.append(only)
    apply, limit, only = min(ours), min(limits), min(posts)
    made = 3 * NEW + 3 * (NEW // 4)
    return {
        "name": "netbox.apply_creates",
        "value": round(limit / apply, 2),
        "unit": f"of the limit; {made / apply:.0f} objects/s, all verified by reading",
        "bar": "≥ 0.9",
        "ok": limit / apply >= 0.9,
        "beside": round(limit, 1),
        "beside_is": f"s for {made} objects ({NEW} machines, interfaces, addresses, {NEW // 4} "
        f"circuits with 2 ends): bare bulk POSTs and the PATCHes of primary addresses over "
        f"{WORKERS} connections; the POSTs alone {only:.1f} s, ours {apply:.1f} s",
    }


def _bare(netbox: NetBox) -> tuple[float, float]:
    """Seconds for the same objects without any of ours: with primary addresses, and POSTs alone."""
    pool = urllib3.PoolManager(maxsize=WORKERS, block=True)
    headers = {"Authorization": f"Bearer {netbox.token}", "Accept": "application/json"}
    tag = [{"slug": "qianyun"}]

    def send(verb: str, path: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = pool.request(verb, f"{netbox.url}/api/{path}", json=rows, headers=headers)
        assert answer.status in (200, 201), answer.data[:300]
        found: list[dict[str, Any]] = answer.json()
        return found

    def bulk(verb: str, path: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        parts = [rows[at : at + 50] for at in range(0, len(rows), 50)]
        with ThreadPoolExecutor(WORKERS) as threads:
            return [
                row for made in threads.map(lambda p: send(verb, path, p), parts) for row in made
            ]

    def own(code: str, **more: Any) -> dict[str, Any]:
        return {"tags": tag, "custom_fields": {"qianyun_code": code, **more}}

    def ids(path: str, slug: str) -> int:
        asked = f"{netbox.url}/api/{path}?slug={slug}"
        return int(pool.request("GET", asked, headers=headers).json()["results"][0]["id"])

    begun = time.monotonic()
    site = ids("dcim/sites/", "qy-unspecified")
    room = bulk(
        "POST", "dcim/locations/", [{"name": "机房", "slug": "r", "site": site, **own("R")}]
    )
    kind = ids("virtualization/cluster-types/", "gov-cloud")
    cloud = bulk("POST", "virtualization/clusters/", [{"name": "云", "type": kind, **own("C")}])
    provider = ids("circuits/providers/", "qy-unspecified")
    type = ids("circuits/circuit-types/", "qy-unspecified")
    lines = bulk(
        "POST",
        "circuits/circuits/",
        [
            {
                "cid": f"L-{i}",
                "provider": provider,
                "type": type,
                "status": "active",
                "commit_rate": 10_000,
                **own(f"L-{i}", qianyun_name=f"线路 {i}"),
            }
            for i in range(NEW // 4)
        ],
    )
    machines = bulk(
        "POST",
        "virtualization/virtual-machines/",
        [
            {"name": f"vm-{i}", "cluster": cloud[0]["id"], "status": "active", **own(f"H-{i}")}
            for i in range(NEW)
        ],
    )
    ends = [("A", "dcim.location", room[0]["id"]), ("Z", "dcim.site", site)]
    bulk(
        "POST",
        "circuits/circuit-terminations/",
        [
            {
                "circuit": line["id"],
                "term_side": side,
                "termination_type": at,
                "termination_id": id,
                **own(f"{line['cid']}:{side}"),
            }
            for line in lines
            for side, at, id in ends
        ],
    )
    faces = bulk(
        "POST",
        "virtualization/interfaces/",
        [
            {"name": "mgmt", "virtual_machine": m["id"], **own(f"{m['name']}:mgmt")}
            for m in machines
        ],
    )
    first = int(IPv4Address("10.0.0.1"))
    addresses = bulk(
        "POST",
        "ipam/ip-addresses/",
        [
            {
                "address": f"{IPv4Address(first + i)}/32",
                "assigned_object_type": "virtualization.vminterface",
                "assigned_object_id": face["id"],
                "status": "active",
                **own(f"{i}:4"),
            }
            for i, face in enumerate(faces)
        ],
    )
    only = time.monotonic() - begun
    owners = {face["id"]: face["virtual_machine"]["id"] for face in faces}
    bulk(
        "PATCH",
        "virtualization/virtual-machines/",
        [{"id": owners[a["assigned_object_id"]], "primary_ip4": a["id"]} for a in addresses],
    )
    return time.monotonic() - begun, only


# ── size ────────────────────────────────────────────────────────────────────────────────────────


def _memory(netbox: NetBox, folder: Path) -> dict[str, object]:
    """A process of its own that loads ten times as much: its peak."""
    own = folder / "memory"
    own.mkdir()
    argv = [sys.executable, "-c", MEMORY, netbox.url, netbox.token, str(own)]
    took, done = _timed(lambda: subprocess.run(argv, check=True, capture_output=True, text=True))
    count, kib = map(int, done.stdout.split())
    objects = 10 * (2 * MACHINES + 3 * CIRCUITS)
    return {
        "name": "netbox.memory_100000",
        "value": round(kib / 1024),
        "unit": f"MiB, peak of a process that loads {objects} objects of NetBox ({count} of the "
        f"estate) in {took:.0f} s",
        "bar": "≤ 1024",
        "ok": kib <= 1024 * 1024,
        "beside": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "beside_is": "MiB, peak of the bench itself",
    }

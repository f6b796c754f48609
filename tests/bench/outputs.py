"""The estate for other tools: Ansible's inventory and Prometheus's targets, at a province's size."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from api.bootstrap import Qianyun
from api.settings import load
from inventory.changes import diff
from inventory.model import Estate, Host, Node, Organisation, Room, System, Zone
from tests.running_api import running_api

HOSTS = 30_000
NODES = 5_000  # each over v4 and v6
V6 = IPv6Address("2001:db8::")
ROUNDS = 3
LIMIT = """
import json, sqlite3, sys
(text,) = sqlite3.connect(sys.argv[1]).execute(
    "SELECT estate FROM estate_snapshots ORDER BY id DESC LIMIT 1").fetchone()
sys.stdout.write(json.dumps(json.loads(text), ensure_ascii=False))
"""


def figures() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="qy-bench-") as folder:
        yield _ansible(Path(folder))
    with tempfile.TemporaryDirectory(prefix="qy-bench-") as folder:
        yield _discovery(Path(folder))


def _ansible(folder: Path) -> dict[str, object]:
    environ = _stored(folder, _hosts())
    argv = [sys.executable, "-m", "api.cli.main", "inventory", "ansible", "--list"]
    whole, size = _best(argv, environ)
    limit, _ = _best([sys.executable, "-c", LIMIT, f"{folder}/state/qianyun.db"], environ)
    assert size > HOSTS * 100
    return {
        "name": "netbox.ansible_30000",
        "value": round(whole, 2),
        "unit": f"s, the whole command, best of {ROUNDS}; {size / 1e6:.1f} MB",
        "bar": "≤ 3",
        "ok": whole <= 3,
        "beside": round(limit, 2),
        "beside_is": "s, a bare Python that reads and writes the stored JSON and does no more",
    }


def _best(argv: list[str], environ: dict[str, str]) -> tuple[float, int]:
    """Seconds, and bytes that it wrote."""
    took = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        done = subprocess.run(argv, env=environ, check=True, stdout=subprocess.PIPE)
        took.append(time.monotonic() - begun)
    return min(took), len(done.stdout)


def _discovery(folder: Path) -> dict[str, object]:
    environ = _stored(folder, _nodes())
    cold, warm = [], []
    for _ in range(ROUNDS):
        with running_api(folder, environ) as api:
            seconds, targets = _asked(f"{api}/sd/nodes")
            cold.append(seconds)
            warm.append(_asked(f"{api}/sd/nodes")[0])
    assert targets == 2 * NODES
    return {
        "name": "netbox.sd_10000",
        "value": round(min(cold), 3),
        "unit": f"s, first request to an API that has read nothing yet (cold), best of {ROUNDS}",
        "bar": "≤ 0.5",
        "ok": max(min(cold), min(warm)) <= 0.5,
        "beside": round(min(warm), 4),
        "beside_is": "s, the same again while nothing has changed (warm)",
    }


def _asked(url: str) -> tuple[float, int]:
    """Seconds to the last byte, and how many targets there are."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    begun = time.monotonic()
    with direct.open(url, timeout=60) as answer:
        body = answer.read()
    return time.monotonic() - begun, body.count(b'"targets":')


def _stored(folder: Path, estate: Estate) -> dict[str, str]:
    """The environment whose state holds `estate`."""
    set_here = {"QIANYUN_STATE": str(folder / "state"), "QIANYUN_ACTOR": "bench"}
    product = Qianyun(load(set_here))
    changes = diff(product.estate.load(), estate)
    product.estate.apply(changes, actor="bench", confirmed=changes.digest)
    product.truth.engine.dispose()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QIANYUN_")}
    return kept | set_here


def _hosts() -> Estate:
    systems = HOSTS // 10
    return Estate(
        organisations=tuple(Organisation(code=f"O-{n}", name=f"单位{n}") for n in range(100)),
        rooms=tuple(
            Room(code=f"R-{n}", name=f"机房{n}", organisation=f"O-{n % 100}") for n in range(300)
        ),
        systems=tuple(
            System(
                code=f"S-{n}",
                name=f"系统{n}",
                organisation=f"O-{n % 100}",
                room=f"R-{n % 300}",
            )
            for n in range(systems)
        ),
        hosts=tuple(
            Host(
                code=f"h-{n}",
                name=f"服务器{n}",
                place=f"R-{n % 300}",
                system=f"S-{n % systems}",
                zone=Zone.EXTRANET,
                ipv4=IPv4Address("10.0.0.0") + n,
                ipv6=V6 + n,
                os="银河麒麟 V10",
                rack="A1",
                asset_tag=f"ZC-{n}",
            )
            for n in range(HOSTS)
        ),
    )


def _nodes() -> Estate:
    return Estate(
        organisations=tuple(Organisation(code=f"O-{n}", name=f"单位{n}") for n in range(100)),
        rooms=tuple(Room(code=f"R-{n}", name=f"机房{n}") for n in range(300)),
        nodes=tuple(
            Node(
                code=f"n-{n}",
                name=f"交换节点{n}",
                kind="接入节点",
                organisation=f"O-{n % 100}",
                place=f"R-{n % 300}",
                zone=Zone.EXTRANET,
                ipv4=IPv4Address("10.0.0.0") + n,
                ipv6=V6 + n,
                ports=(443,),
            )
            for n in range(NODES)
        ),
    )

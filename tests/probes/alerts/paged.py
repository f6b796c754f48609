"""A line with two hundred nodes behind it, looked at by the real prober, Prometheus and Alertmanager.

The line is a veth to another network namespace, where every node's address answers; a cut drops what
comes over it. Beside it, on our own side of the line, an entrance with two systems.
"""

import contextlib
import http.server
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from inventory.model import Cloud, Entrance, Estate, Line, Node, Organisation, Room, System
from migrator.engine.alertmanager import Alertmanager
from probes.alerts.paging import Paging, Receiver, Timing
from probes.alerts.routes import alertmanager as alertmanager_config
from probes.alerts.routes import prometheus as prometheus_config
from probes.alerts.rules import rules
from probes.watch.folder import Folder
from probes.watch.of_estate import watches_of
from probes.watch.picture import Prober, of_folder
from probes.watch.watched import write
from tests.paging import Pager, alertmanager, asked, pager, prometheus, running, until
from tests.probes.conftest import another_namespace, cable, inside, ip

BEHIND = 200
INTERVAL = 1.0  # seconds between two looks at everything, where nothing else is said
TIMING = Timing(wait=1, interval=1, steady=5, margin=5)
PAGING = Paging(
    default="duty",
    receivers={"duty": Receiver(webhooks=("http://127.0.0.1:9099/",))},
    timing=TIMING,
)
KIND = "前置节点"
GATEWAY = "127.0.0.2"


def estate(behind: int = BEHIND) -> Estate:
    nodes = tuple(
        Node(
            code=f"N-{n}", name=f"节点{n}", kind=KIND, place="COUNTY", organisation="ORG-0",
            ipv4=IPv4Address("10.128.0.1") + n, ipv6=IPv6Address("fd00:128::1") + n,
        )
        for n in range(behind)
    )  # fmt: skip
    gateway = Node(code="GW", name="接入", kind="接入节点", place="C", ipv4=IPv4Address(GATEWAY))
    return Estate(
        organisations=tuple(Organisation(code=f"ORG-{n}", name=f"单位{n}") for n in range(2)),
        rooms=(Room(code="COUNTY", name="县机房"),),
        clouds=(Cloud(code="C", name="云"),),
        lines=(
            Line(code="L-1", name="县专线", a_end="COUNTY", z_end="C", ipv4_prefix="10.255.0.0/30"),
        ),
        nodes=(*nodes, gateway),
        systems=tuple(
            System(
                code=f"S{n}", name=f"系统{n}", organisation=f"ORG-{n}", room="C",
                entrance=Entrance(node="GW", port=8000, backend_port=80, path="/", content="200"),
            )
            for n in range(2)
        ),
    )  # fmt: skip


@dataclass
class City:
    """`far`: pid of the namespace behind the line."""

    folder: Folder
    far: int
    behind: int

    def cut(self) -> int:
        """From now on nothing comes over the line; ns since 1970 just before."""
        rule = "type filter hook input priority 0; policy drop;"
        text = f"table inet cut {{\nchain c {{\n{rule}\n}}\n}}\n"
        at = time.time_ns()
        inside(self.far, "nft", "-f", "-", text=text)
        return at

    def heal(self) -> None:
        inside(self.far, "nft", "delete", "table", "inet", "cut")

    def lose_first(self) -> None:
        """N-0 alone answers no more, over neither family."""
        drops = "ip daddr 10.128.0.1 drop\nip6 daddr fd00:128::1 drop"
        text = (
            f"table inet one {{\nchain c {{\ntype filter hook input priority 0;\n{drops}\n}}\n}}\n"
        )
        inside(self.far, "nft", "-f", "-", text=text)

    def find_first(self) -> None:
        inside(self.far, "nft", "delete", "table", "inet", "one")

    def seen(self) -> Prober:
        found = of_folder(self.folder)
        assert found is not None
        return found

    def line_down_since(self) -> int | None:
        """When the prober knew that the line's far end is gone, ns since 1970."""
        end = next((one for one in self.seen().sights if one.code == "L-1@1"), None)
        return end.since if end and not end.up else None

    def all_up(self) -> bool:
        sights = [one for one in self.seen().sights if one.check == "icmp"]
        return len(sights) == 2 * self.behind + 3 and all(one.up for one in sights)


@contextlib.contextmanager
def city(made: Path, behind: int = BEHIND, interval: float = INTERVAL) -> Iterator[City]:
    """In the calling thread's namespace: the line, what is behind it, and the prober, which knows all
    of it to be up."""
    folder = Folder(made / "probes")
    folder.path.mkdir(parents=True)
    with another_namespace() as far:
        cable(far, ("10.255.0.2/30", "10.255.0.1/30"), ("fd00:255::2/64", "fd00:255::1/64"))
        ip("route", "add", "10.128.0.0/16", "via", "10.255.0.1")
        ip("route", "add", "fd00:128::/64", "via", "fd00:255::1")
        inside(far, "ip", "route", "add", "local", "10.128.0.0/16", "dev", "lo")
        inside(far, "ip", "-6", "route", "add", "local", "fd00:128::/64", "dev", "lo")
        for key in ("net.ipv4.icmp_msgs_per_sec=100000", "net.ipv6.icmp.ratelimit=0"):
            inside(far, "sysctl", "-qw", key)
        watches = [replace(w, interval=interval) for w in watches_of(estate(behind))]
        write(folder.targets, watches)
        ours = (sys.executable, "-m", "api.cli.main", "probe")
        with (
            running(made / "prober.log", *ours, "prober", str(folder.path), "--vantage", "city"),
            running(made / "exporter.log", *ours, "exporter", str(folder.path)),
        ):
            until(folder.table.exists, "the prober to begin")
            until(folder.slots.exists, "the prober to begin")
            found = City(folder, far, behind)
            until(found.all_up, "everything to be up")
            yield found


@dataclass
class Watched:
    """A city with everybody who watches it."""

    city: City
    pager: Pager
    prometheus: str
    alertmanager: Alertmanager

    def wait_known(self, query: str, told: str) -> None:
        until(lambda: asked(self.prometheus, query), told)


@contextlib.contextmanager
def watched(made: Path, behind: int = BEHIND) -> Iterator[Watched]:
    told = estate(behind)
    (made / "rules.yml").write_text(rules(told, PAGING))
    url = "http://127.0.0.1:9093"
    (made / "prometheus.yml").write_text(prometheus_config(["127.0.0.1:9420"], url, interval=1))
    with (
        city(made, behind) as place,
        pager() as duty,
        alertmanager(made, alertmanager_config(told, PAGING)),
        prometheus(made) as asked_at,
    ):
        found = Watched(place, duty, asked_at, Alertmanager(url))
        up = f'qianyun_probe_up{{kind="{KIND}",check="icmp"}} == 1'  # paths are looked at in ten minutes
        found.wait_known(f"count({up}) == {2 * behind}", "all known")
        yield found


@contextlib.contextmanager
def entrance() -> Iterator[None]:
    """What both systems answer at the gateway."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"200")

        def log_message(self, format: str, *args: object) -> None:
            """Looks are no news."""

    server = http.server.ThreadingHTTPServer((GATEWAY, 8000), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

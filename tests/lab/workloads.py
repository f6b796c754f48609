"""What runs on the hosts: three systems on their source hosts, HAProxy at the entrance."""

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab import layers
from tests.lab.addresses import (
    ENTRIES,
    FILES,
    GATEWAY,
    PG_VERSION,
    PORTAL,
    SYSTEMS,
    HostFact,
    SystemFact,
    host,
)
from tests.lab.host import Host
from tests.lab.layers import enable, folders, write

PORTAL_PAGES = 150
STORED_FILES = 2_000
ROWS = 20_000
SEED = 20_170_157  # what the lab holds is the same every time
HOLD_LUA = Path(__file__).parents[2] / "playbooks/roles/gateway/files/hold.lua"

PORTAL_CONF = """\
server {
    listen 8080;
    listen [::]:8080;
    charset utf-8;
    root /srv/portal/html;
    index index.html;
}
"""
FILES_CONF = """\
server {
    listen 8080;
    listen [::]:8080;
    charset utf-8;
    root /srv/files/data;
    client_max_body_size 64m;
    client_body_buffer_size 64k;
    location / {
        dav_methods PUT;
        create_full_put_path on;
        dav_access user:rw group:r all:r;
    }
}
"""
HAPROXY_GLOBAL = """\
global
    user haproxy
    group haproxy
    daemon
    maxconn 2000
    stats socket /run/haproxy/admin.sock mode 660 level admin
    lua-load /etc/haproxy/hold.lua

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout http-keep-alive 30s

"""
CLUSTER_CONF = """\
listen_addresses = '*'
autovacuum_naptime = '1h'
"""


def portal(layer: Path) -> None:
    """LJ-S-001, a static site."""
    write(layer, "/srv/portal/conf/portal.conf", PORTAL_CONF)
    page = "<!doctype html><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p>\n"
    links = " ".join(f"<a href=/page/{n:03}.html>{n}</a>" for n in range(PORTAL_PAGES))
    write(layer, "/srv/portal/html/index.html", page.format(PORTAL.name, links))
    chance = random.Random(SEED)
    for number in range(PORTAL_PAGES):
        text = f"公开文件第 {number} 号 " * chance.randint(5, 200)
        title = f"{PORTAL.name} {number}"
        write(layer, f"/srv/portal/html/page/{number:03}.html", page.format(title, text))
    enable(layer, "nginx", 2)


def stored_files(layer: Path) -> None:
    """LJ-S-003, 2,000 files of 100 bytes to 200 kB, about 20 MB, and what clients add."""
    write(layer, "/srv/files/conf/files.conf", FILES_CONF)
    chance = random.Random(SEED)
    for number in range(STORED_FILES - 2):
        size = min(int(chance.paretovariate(0.9) * 1_000), 200_000)
        path = f"/srv/files/data/{number % 40:02}/{number:04}.bin"
        write(layer, path, chance.randbytes(size))
    write(layer, "/srv/files/data/index.txt", f"{FILES.name} {STORED_FILES}\n")
    user, group = layers.owner("www-data")
    for folder, _, names in os.walk(folders(layer, "/srv/files/data")):
        os.chown(folder, user, group)
        for name in names:
            os.chown(Path(folder, name), user, group)
    enable(layer, "nginx", 2)


def registration(layer: Path) -> None:
    """LJ-S-002, the application; its database is made by `fill_database` on the running host."""
    write(layer, "/srv/entries/app.py", (layers.FILES / "app.py").read_bytes())
    write(layer, "/etc/rc2.d/S01postgresql", (layers.FILES / "postgresql-boot").read_text(), 0o755)
    enable(layer, "lj-app", 2)


def fill_database(on: Host) -> None:
    """Makes the cluster and its rows on the host that is running, and stops the cluster."""
    cluster = [PG_VERSION, "main"]
    on.run(["pg_createcluster", *cluster, "--port", "5432", "--", "--no-sync", "-E", "UTF8"])
    conf = f"/etc/postgresql/{PG_VERSION}/main/conf.d/lab.conf"
    on.run(["sh", "-c", 'cat >"$1" && chown postgres: "$1"', "-", conf], text=CLUSTER_CONF)
    on.run(["/etc/rc2.d/S01postgresql", "start"])
    sql = f"""
    CREATE ROLE {layers.APP_LOGIN} LOGIN;
    CREATE DATABASE entries OWNER {layers.APP_LOGIN};
    \\connect entries
    SET ROLE {layers.APP_LOGIN};
    CREATE TABLE entries (id bigint PRIMARY KEY, body text NOT NULL, at timestamptz NOT NULL);
    INSERT INTO entries SELECT n, '登记 ' || md5(n::text), timestamptz '2026-01-01' + n * interval
      '1 minute' FROM generate_series(1, {ROWS}) n;
    RESET ROLE;
    VACUUM (FREEZE, ANALYZE);
    CHECKPOINT;
    """
    on.run(["runuser", "-u", "postgres", "--", "psql", "-qXv", "ON_ERROR_STOP=1"], text=sql)
    on.run(["pg_ctlcluster", *cluster, "stop", "-m", "fast"])


def entrance(layer: Path) -> None:
    """HAProxy with two frontends per system, each to the system's source host."""
    entrance_of(layer, [(system, host(system.source)) for system in SYSTEMS])


def entrance_of(layer: Path, systems: Sequence[tuple[SystemFact, HostFact]]) -> None:
    """The same of systems told with their source hosts."""
    parts = [HAPROXY_GLOBAL, *(_pair(system, source) for system, source in systems)]
    write(layer, "/etc/haproxy/haproxy.cfg", "".join(parts))
    write(layer, "/etc/haproxy/hold.lua", HOLD_LUA.read_text())
    states = "".join(f"{name} open\n" for system, _ in systems for name in system.frontends)
    write(layer, "/etc/haproxy/hold.map", states)
    enable(layer, "haproxy", 2)


FORWARDING = """\
table inet {table} {{
    map to4 {{
        type inet_service : ipv4_addr . inet_service
        elements = {{ {port} : {v4} . {backend} }}
    }}
    map to6 {{
        type inet_service : ipv6_addr . inet_service
        elements = {{ {port} : {v6} . {backend} }}
    }}
    set held {{
        type inet_service
        flags timeout
    }}
    set gone4 {{
        type ipv4_addr . inet_service
    }}
    set gone6 {{
        type ipv6_addr . inet_service
    }}
    chain hold {{
        type filter hook prerouting priority raw
        tcp dport @held tcp flags & (fin|syn|rst|ack) == syn drop
    }}
    chain way {{
        type nat hook prerouting priority dstnat
        dnat ip to tcp dport map @to4
        dnat ip6 to tcp dport map @to6
    }}
    chain back {{
        type nat hook postrouting priority srcnat
        ct status dnat masquerade
    }}
    chain over {{
        type filter hook forward priority filter
        meta l4proto tcp ct status dnat ct original proto-dst {port} jump gone
    }}
    chain gone {{
        ip daddr . tcp dport @gone4 reject with tcp reset
        ip6 daddr . tcp dport @gone6 reject with tcp reset
    }}
}}
"""
FORWARDER = """\
#!/bin/sh
[ "$1" = start ] || exit 2
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 && cat /etc/nftables.d/*.nft | nft -f -
"""


def forwarder(layer: Path) -> None:
    """The entrance without a proxy: the kernel forwards each system's port to its source host."""
    for system in SYSTEMS:
        table = "qy_" + system.slug.replace("-", "_")
        source = host(system.source)
        text = FORWARDING.format(
            table=table,
            port=system.entrance_port,
            v4=source.address,
            v6=source.address6,
            backend=system.check.port,
        )
        write(layer, f"/etc/nftables.d/{table}.nft", text)
    write(layer, "/etc/rc2.d/S02forwarder", FORWARDER, 0o755)


def _pair(system: SystemFact, source: HostFact) -> str:
    port = system.check.port
    v4, v6 = system.frontends
    binds = (f"0.0.0.0:{system.entrance_port}", f"[::]:{system.entrance_port} v6only")
    servers = (f"{source.address}:{port}", f"ipv6@{source.address6}:{port}")
    return "".join(
        f"frontend {name}\n    bind {bind}\n    http-request lua.hold\n"
        f"    default_backend {name}\n\nbackend {name}\n    server main {server}\n\n"
        for name, bind, server in zip((v4, v6), binds, servers, strict=True)
    )


BUILDERS: dict[str, Callable[[Path], None]] = {
    PORTAL.source: portal,
    ENTRIES.source: registration,
    FILES.source: stored_files,
    GATEWAY.name: entrance,
}

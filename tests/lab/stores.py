"""The registration over MariaDB or Redis, as a Python application under gunicorn: what the hosts
hold, and which acknowledged writes are missing. Needs `tools/setup roles`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab import layers
from tests.lab.addresses import ENTRIES, GATEWAY, DatabaseFact, SystemFact, host
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.measure import Line
from tests.lab.workloads import BUILDERS

ROWS = 20_000
REDIS_SECRET = "lab-redis-secret-5d1f"
MARIADB_CONF = """\
[mysqld]
bind-address = *
server_id = {number}
log_bin = /var/lib/mysql/log-bin
log_slave_updates = ON
skip-name-resolve
innodb_buffer_pool_size = 128M
innodb_log_file_size = 96M
"""
REDIS_CONF = f"""\
bind * -::*
port 6379
daemonize yes
supervised no
pidfile /run/redis/redis-server.pid
logfile /var/log/redis/redis-server.log
dir /var/lib/redis
appendonly yes
requirepass {REDIS_SECRET}
repl-diskless-sync-delay 0
"""


@dataclass(frozen=True)
class Kind:
    """One engine: the system as declared, and how its hosts are filled and asked."""

    system: SystemFact
    service: str
    layer: Callable[[Path, int], None]
    fill: Callable[[Host, int], None]
    ids: Callable[[Host], set[str]]


def _mariadb_layer(layer: Path, number: int) -> None:
    layers.write(layer, "/etc/mysql/mariadb.conf.d/99-lab.cnf", MARIADB_CONF.format(number=number))


def _redis_layer(layer: Path, number: int) -> None:
    user, group = layers.owner("redis")
    layers.write(layer, "/etc/redis/redis.conf", REDIS_CONF, 0o640)
    conf = layer / "etc/redis/redis.conf"
    for path in (conf, conf.parent):
        path.chmod(0o750 if path.is_dir() else 0o640)
        layers.os.chown(path, user, group)
    logs = layers.folders(layer, "/var/log/redis")
    layers.os.chown(logs, user, group)


def sql(on: Host, text: str) -> str:
    """What MariaDB's root is answered."""
    return on.run(["mariadb", "-N", "-B"], text=text, timeout=600).stdout


def redis(on: Host, *words: str, text: str | None = None) -> str:
    secret = {"REDISCLI_AUTH": REDIS_SECRET}
    return on.run(["redis-cli", *words], text=text, env=secret, timeout=600).stdout


def _mariadb_fill(on: Host, mib: int) -> None:
    rows = mib * (1 << 20) // 1_000
    sql(
        on,
        f"""
        CREATE DATABASE entries; USE entries;
        CREATE USER lj@localhost IDENTIFIED VIA unix_socket;
        GRANT ALL ON entries.* TO lj@localhost;
        CREATE TABLE entries (id bigint PRIMARY KEY, body text NOT NULL, at datetime NOT NULL);
        INSERT INTO entries SELECT seq, concat('登记 ', md5(seq)), '2026-01-01' FROM seq_1_to_{ROWS};
        CREATE TABLE archive (id bigint PRIMARY KEY, body text NOT NULL);
        INSERT INTO archive SELECT seq, repeat(md5(seq), 31) FROM seq_1_to_{max(rows, 1)};
        """,
    )


def _redis_fill(on: Host, mib: int) -> None:
    keys = mib * 1_024
    redis(on, "eval", f"for n = 1, {ROWS} do redis.call('set', 'old:' .. n, 'body ' .. n) end", "0")
    filler = f"for n = 1, {keys} do redis.call('set', 'archive:' .. n, string.rep('x', 980)) end"
    redis(on, "eval", filler, "0")
    redis(on, "set", "going", "soon", "ex", "3")


def _mariadb_ids(on: Host) -> set[str]:
    return set(sql(on, "SELECT id FROM entries.entries WHERE id > 1000000").split())


def _redis_ids(on: Host) -> set[str]:
    found = redis(on, "--scan", "--pattern", "entry:*").split()
    return {key.partition(":")[2] for key in found}


def _over(engine: str, version: str, port: int) -> SystemFact:
    database = DatabaseFact(version, "main", port, "entries", "entries", engine)
    return replace(ENTRIES, databases=(database,))


MARIADB = Kind(
    _over("mariadb", "10.11", 3306), "mariadb", _mariadb_layer, _mariadb_fill, _mariadb_ids
)
REDIS = Kind(_over("redis", "7.0", 6379), "redis-server", _redis_layer, _redis_fill, _redis_ids)


def lab(folder: Path, kind: Kind, mib: int = 8, disk_kib: int = 2 << 20) -> Lab:
    """A lab of source, target and gateway whose source serves; end it with `with`."""
    engine = kind.system.databases[0].engine

    def plain(name: str) -> Callable[[Path], None]:
        def build(layer: Path) -> None:
            kind.layer(layer, host(name).number)
            layers.write(layer, "/etc/init.d/lj-app", _file("lj-gunicorn"), 0o755)

        return build

    def serving(layer: Path) -> None:
        plain(ENTRIES.source)(layer)
        layers.write(layer, "/srv/entries/wsgi.py", _file("wsgi.py"))
        layers.write(layer, "/srv/entries/store", f"{engine}\n")
        layers.write(layer, "/srv/entries/secret", f"{REDIS_SECRET}\n", 0o600, layers.APP_ID)

    builders = {
        ENTRIES.source: serving,
        ENTRIES.target: plain(ENTRIES.target),
        GATEWAY.name: BUILDERS[GATEWAY.name],
    }
    made = Lab.up(folder, tuple(builders), builders)
    try:
        for name in (ENTRIES.source, ENTRIES.target):
            made.hosts[name].disk_kib = disk_kib
            made.reset(name)
            boot(made.hosts[name], kind)
        source = made.hosts[ENTRIES.source]
        kind.fill(source, mib)
        source.run(["service", "lj-app", "start"])
    except BaseException:
        made.down()
        raise
    return made


def boot(on: Host, kind: Kind) -> None:
    """An empty server of that kind, running."""
    if kind.service == "mariadb":
        on.run(["mariadb-install-db", "--user=mysql", "--skip-test-db"], timeout=300)
    else:
        on.run(["install", "-d", "-o", "redis", "-g", "redis", "/run/redis"])
    on.run(["service", kind.service, "start"], timeout=120)


def lost(lines: Iterable[Line], kind: Kind, serving: Host) -> list[Line]:
    """Acknowledged writes that the serving host does not have."""
    there = kind.ids(serving)
    return [line for line in lines if line.write and line.ok and str(line.id) not in there]


def _file(name: str) -> str:
    return (layers.FILES / name).read_text()


ALL: Sequence[Kind] = (MARIADB, REDIS)

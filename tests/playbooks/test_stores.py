"""The application over MariaDB and over Redis goes the whole way, under gunicorn, on real hosts."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import stores
from tests.lab.addresses import GATEWAY
from tests.lab.host import Host
from tests.lab.measure import outside_client, read, summarise
from tests.playbooks.ansible import FAILED, REPLICATION_PASSWORD, Mover
from tests.playbooks.test_whole_way import roles

from qianyun_agent import mariadb, mariadb_copy  # isort: skip  (conftest knows where it is)

PROGRAMS = {"mariadb": "mariadbd", "redis": "redis-server"}


@contextmanager
def written(mover: Mover, kind: stores.Kind, out: Path, serving: str) -> Iterator[None]:
    """A client writes all the while: none fails, and in the end none is missing."""
    with outside_client(mover.lab, out, (mover.system,)):
        yield
    lines = read(out)
    assert [one.first_errors for one in summarise(lines) if one.errors] == []
    assert sum(line.write for line in lines) > 20
    assert stores.lost(lines, kind, mover.lab.hosts[serving]) == []


def no_password_left(mover: Mover) -> None:
    for name in (mover.system.source, mover.system.target):
        places = ["/var/lib/qianyun", "/var/log", "/etc"]
        found = mover.lab.hosts[name].run(
            ["grep", "-rlF", REPLICATION_PASSWORD, *places], check=False
        )
        assert found.stdout == ""


def nothing_in_check_mode(mover: Mover) -> None:
    hosts = [mover.lab.hosts[n] for n in (mover.system.source, mover.system.target, GATEWAY.name)]
    before = [_still(host.tree()) for host in hosts]
    played = mover.play("preflight backup presync cutover rehearse rollback commit", "--check")
    assert played.code == 0, played.output
    assert [_still(host.tree()) for host in hosts] == before


def _syncs(source: Host, kind: stores.Kind) -> int:
    """How often Redis has sent all that it has; 0 of another engine."""
    if kind is not stores.REDIS:
        return 0
    told = stores.redis(source, "info", "stats").split()
    return next(int(one.partition(":")[2]) for one in told if one.startswith("sync_full:"))


def _still(tree: dict[str, str]) -> dict[str, str]:
    """Without what a database writes for itself."""
    own = ("/var/lib/mysql", "/var/lib/redis", "/var/log")
    return {path: told for path, told in tree.items() if not f"/{path.lstrip('/')}".startswith(own)}


@pytest.mark.slow
@pytest.mark.parametrize("stateless", [False, True])
@pytest.mark.parametrize("kind", stores.ALL, ids=lambda kind: kind.service)
def test_over_back_over_and_for_good(tmp_path: Path, kind: stores.Kind, *, stateless: bool) -> None:
    if not shutil.which(PROGRAMS[kind.system.databases[0].engine]):
        pytest.skip("tools/setup roles")
    with stores.lab(tmp_path / "lab", kind) as lab:
        changes = {"hold_seconds": 20, "stateless": stateless}
        mover = Mover(lab, kind.system, tmp_path, changes=changes)
        source, target = mover.system.source, mover.system.target
        if stateless:
            nothing_in_check_mode(mover)
        mover.done("preflight", "backup")
        syncs = _syncs(lab.hosts[source], kind)
        first = mover.done("presync").of(target)["clusters"][0]
        again = mover.done("presync").of(target)["clusters"][0]
        assert (first["copied"], again["copied"]) == (True, False)
        if kind is stores.REDIS:  # who followed the copy by the tunnel went on from where it ended
            assert _syncs(lab.hosts[source], kind) == syncs + 1
        with written(mover, kind, tmp_path / "over", target):
            told = mover.done("rehearse").of(target)
        assert [one["notes"] for one in told["runs"].values()] == [[], [], []]
        again = mover.done("cutover").of(target)
        assert again["attached"] is True
        with written(mover, kind, tmp_path / "back", source):
            mover.attempt("rollback")
        assert roles(mover) == {source: "active", target: ""}
        said = [line["text"] for line in mover.log if line["event"] == "ordered"]
        assert [("已下达" in one) for one in said] == [True]
        mover.done("rollback")  # nothing is left to do
        no_password_left(mover)
        with written(mover, kind, tmp_path / "again", target):
            mover.done("preflight", "presync", "cutover")
            mover.done("commit")
        assert roles(mover) == {source: "yielded", target: "active"}
        no_password_left(mover)


@pytest.mark.slow
def test_who_could_write_past_the_hold_is_found_before(tmp_path: Path) -> None:
    """An account with every privilege passes read_only; another engine's tables have no snapshot."""
    if not shutil.which("mariadbd"):
        pytest.skip("tools/setup roles")
    with stores.lab(tmp_path / "lab", stores.MARIADB) as lab:
        mover = Mover(lab, stores.MARIADB.system, tmp_path)
        source, target = (lab.hosts[n] for n in (mover.system.source, mover.system.target))
        stores.sql(source, "GRANT ALL ON *.* TO lj@localhost")
        stores.sql(source, "CREATE TABLE entries.old (id int) ENGINE=MyISAM")
        stores.sql(target, "CREATE DATABASE somebody")
        played = mover.play("preflight")
        assert played.code == FAILED
        told = " ".join(played.messages)
        for expected in ("past_read_only", "'lj'@'localhost'", "not_innodb", "0, or our own copy"):
            assert expected in told
        stores.sql(source, "REVOKE ALL ON *.* FROM lj@localhost")
        stores.sql(source, "GRANT ALL ON entries.* TO lj@localhost; DROP TABLE entries.old")
        refused = mover.play("presync")
        assert refused.code == FAILED
        assert "somebody" in " ".join(refused.messages)
        assert stores.sql(target, "SHOW DATABASES LIKE 'somebody'").strip() == "somebody"
        stores.sql(target, "DROP DATABASE somebody")
        mover.done("preflight", "presync")


def test_positions_are_compared_by_domain() -> None:
    assert mariadb.gtids("0-1-500, 1-7-3") == {"0": 500, "1": 3}
    assert mariadb.gtids("") == {}


@pytest.mark.parametrize(
    ("line", "own"),
    [
        (b"CREATE /*M!100103 OR REPLACE */ USER `root`@`localhost` IDENTIFIED VIA x;", True),
        (b"GRANT SELECT, DELETE ON `mysql`.`global_priv` TO `mariadb.sys`@`localhost`;", True),
        (b"/*M!100005 SET DEFAULT ROLE NONE FOR 'mysql'@'localhost' */;", True),
        (b"CREATE /*M!100103 OR REPLACE */ USER `root`@`10.0.0.1` IDENTIFIED BY 'x';", False),
        (b"GRANT ALL PRIVILEGES ON `entries`.* TO `lj`@`localhost`;", False),
    ],
)
def test_a_host_keeps_the_accounts_that_are_its_own(line: bytes, own: bool) -> None:
    assert bool(mariadb_copy.OWN.match(line)) is own

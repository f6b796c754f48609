"""Each system goes the whole way, with a client outside that misses nothing."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab import measure
from tests.lab.addresses import GATEWAY, PG_VERSION
from tests.lab.host import Host
from tests.playbooks.ansible import FAILED, HOSTILE, REPLICATION_PASSWORD, Mover, Played

CLUSTER = f"{PG_VERSION}/main"
PHASES = ["prepare", "quiesce", "final_sync", "start", "verify", "switch", "reverse"]


@contextmanager
def client(mover: Mover, out: Path, serving: list[str]) -> Iterator[None]:
    """Requests all the while; in the end none failed, and no acknowledged write is missing."""
    with measure.outside_client(mover.lab, out, [mover.system]):
        yield
    lines = measure.read(out)
    for summary in measure.summarise(lines):
        assert summary.errors == 0, summary
        assert summary.requests > 10
    hosts = {mover.system.code: mover.lab.hosts[serving[-1]]}
    assert measure.lost_writes(lines, hosts) == []


def roles(mover: Mover) -> dict[str, str]:
    """Role by host, from the records; a host without one is not in it."""
    found = {}
    for name in (mover.system.source, mover.system.target):
        path = mover.lab.hosts[name].root(f"/var/lib/qianyun/{mover.system.slug}/role.json")
        if path.exists():
            found[name] = json.loads(path.read_text())["role"]
    return found


def carried(mover: Mover, failures: int, *playbooks: str) -> Played | None:
    """Plays `playbooks` so that the source serves and the target follows, unless it is so already.

    `failures` are the session's tests that failed: what such a one may have left is wiped, and so
    is what another test left in another state.
    """
    source, target = mover.system.source, mover.system.target
    if mover.failures == failures and roles(mover) == {source: "active", target: "standby"}:
        return None
    mover.lab.reset(source, target, GATEWAY.name)
    played = mover.done(*playbooks)
    mover.failures = failures
    return played


def nothing_works(mover: Mover) -> None:
    """After a rollback: no slot, SQL role, key or process of ours; the target is nobody."""
    slug = mover.system.slug
    for name in (mover.system.source, mover.system.target, GATEWAY.name):
        host = mover.lab.hosts[name]
        assert [words for words in host.pids().values() if "/qianyun/" in words] == []
        keys = host.root("/home/qianyun/.ssh/authorized_keys")
        assert slug not in keys.read_text()
        assert not host.root(f"/etc/sudoers.d/zz-qianyun-{slug}").exists()
        left = {path.name for path in host.root(f"/var/lib/qianyun/{slug}").iterdir()}
        assert not left & {"move.json", "run.json", "pgpass", "id_ed25519"}
    assert roles(mover) == {mover.system.source: "active", mover.system.target: ""}
    if mover.system.databases:
        source, target = (mover.lab.hosts[n] for n in (mover.system.source, mover.system.target))
        for catalog in ("pg_replication_slots", "pg_stat_replication"):
            assert sql(source, f"SELECT count(*) FROM {catalog}") == "0"
        assert sql(source, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'qianyun%'") == "0"
        hba = source.root(f"/etc/postgresql/{CLUSTER}/pg_hba.conf").read_text()
        assert f"# qianyun {slug}" not in hba
        assert [words for words in target.pids().values() if "postgres" in words] == []


def sql(host: Host, query: str) -> str:
    return host.run(["runuser", "-u", "postgres", "--", "psql", "-XAtc", query]).stdout.strip()


def rolled_back_after_a_kill(mover: Mover) -> dict[str, Any]:
    """ansible-playbook dies when the source has just let go of the key; the next one ends it.

    Gives the evidence of the program, which the first had started.
    """
    token = next(mover.tokens)
    keys = mover.lab.hosts[mover.system.source].root("/home/qianyun/.ssh/authorized_keys")
    child = subprocess.Popen(
        mover.command("rollback", token=token),
        env=mover.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        limit = time.monotonic() + 120
        while mover.system.slug in keys.read_text():
            assert time.monotonic() < limit, "the key is still let in"
            time.sleep(0.01)
    finally:
        child.kill()
        child.wait()
    mover.done("rollback")
    host = mover.lab.hosts[mover.system.target]
    path = host.root(f"/var/lib/qianyun/{mover.system.slug}/cutover-{token}.jsonl")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert (events[-1]["event"], events[-1]["outcome"]) == ("end", "done")
    told = [
        {"phase": one["phase"], "ok": one["ok"], "ended": one["at"], "evidence": one["evidence"]}
        for one in events
        if one["event"] == "phase_end"
    ]
    held = [one["evidence"].get("hold_seconds") for one in told]
    return {"phases": told, "hold_seconds": max(one for one in held if one is not None)}


@pytest.fixture
def synced(entries: Mover, request: pytest.FixtureRequest) -> Mover:
    """The application, carried over and in replication."""
    entries.changes = {"hold_seconds": 12}
    source, target = entries.system.source, entries.system.target
    done = carried(entries, request.session.testsfailed, "preflight", "backup", "presync")
    if done is None:
        return entries
    told = {one["verb"]: one for one in done.evidence[source]}
    sizes = told["preflight"]["sizes"]
    assert sizes["clusters"]
    assert sizes["trees"]["/srv/entries"]["bytes"] > 0
    kept = {one["of"] for one in told["backup"]["files"]}
    assert {f"{CLUSTER} globals", f"{CLUSTER} entries"} <= kept
    assert done.of(target)["clusters"][0]["copied"] is True
    return entries


@pytest.mark.chaos
def test_target_database_that_stands_still(synced: Mover, tmp_path: Path) -> None:
    """The hold's time runs out before authority has moved: the source serves again."""
    target = synced.lab.hosts[synced.system.target]
    replaying = next(str(pid) for pid, words in target.pids().items() if ": startup" in words)
    with client(synced, tmp_path / "client", [synced.system.source]):
        target.run(["kill", "-STOP", replaying])
        try:
            played = synced.play("cutover")
        finally:
            target.run(["kill", "-CONT", replaying], check=False)
    assert played.code == FAILED
    told = played.of(target.name)
    assert (told["outcome"], told["phases"][-1]["phase"]) == ("aborted", "final_sync")
    assert roles(synced) == {synced.system.source: "active", target.name: "standby"}
    synced.done("rollback")
    nothing_works(synced)
    again = synced.done("presync").of(target.name)
    assert again["clusters"][0]["copied"] is True


@pytest.mark.slow
def test_application_with_database(synced: Mover, tmp_path: Path) -> None:
    entries = synced
    source, target = entries.system.source, entries.system.target
    serving = [source]
    with client(entries, tmp_path / "client", serving):
        there = entries.done("cutover").of(target)
        back = rolled_back_after_a_kill(entries)
        nothing_works(entries)
        entries.changes = {"hold_seconds": 16, "rate_kbps": 70_000, "name": "另名"}
        begun = entries.done("presync").of(target)
        entries.changes["hold_seconds"] = 15  # a retry may have other limits
        again = entries.done("cutover").of(target)
        serving.append(target)
    assert begun["clusters"][0]["copied"] is True  # the copy of the first move counts no more
    for told in (there, back, again):
        assert [phase["phase"] for phase in told["phases"]] == PHASES
        assert all(phase["ok"] and phase["ended"] for phase in told["phases"])
        verify = next(one["evidence"] for one in told["phases"] if one["phase"] == "verify")
        assert verify["probes"]["v4"]["ok"]
        assert verify["probes"]["v6"]["ok"]
        tables = verify["parity"]["databases"][CLUSTER]["tables"]
        assert [row["rows"] >= 20_000 for row in tables if row["table"] == "public.entries"] == [
            True
        ]
        assert told["hold_seconds"] < entries.move()["hold_seconds"]
    repeated = entries.done("cutover").of(target)
    assert (repeated["attached"], repeated["token"]) == (True, again["token"])

    entries.done("commit")
    assert roles(entries) == {source: "yielded", target: "active"}
    keys = entries.lab.hosts[source].root("/home/qianyun/.ssh/authorized_keys").read_text()
    assert entries.system.slug not in keys
    for name in (source, target):
        written = entries.lab.hosts[name].run(
            ["grep", "-rlF", REPLICATION_PASSWORD, "/var/lib/qianyun", "/var/log", "/etc"],
            check=False,
        )
        assert written.stdout == ""
        assert not entries.lab.hosts[name].root("/tmp/pwned").exists()
    assert not Path("/tmp/pwned").exists()


@pytest.mark.chaos
def test_static_site_is_never_held(portal: Mover, tmp_path: Path) -> None:
    source, target = portal.system.source, portal.system.target
    with client(portal, tmp_path / "client", [target]):
        told = portal.done("presync", "cutover", "commit").evidence[target][2]
    assert told["hold_seconds"] is None
    final = next(one["evidence"] for one in told["phases"] if one["phase"] == "final_sync")
    assert final["trees"]["/srv/portal"]["files"] > 150
    assert roles(portal) == {source: "yielded", target: "active"}


@pytest.mark.slow
def test_check_mode_changes_nothing(files: Mover) -> None:
    hosts = [files.lab.hosts[name] for name in (files.system.source, files.system.target, "gw-01")]
    before = [host.tree() for host in hosts]
    every = "preflight backup presync cutover rehearse rollback commit"
    played = files.play(every, "--check")
    assert played.code == 0, played.output
    told = {one["verb"] for host in hosts for one in played.evidence[host.name]}
    assert told >= {"preflight", "backup", "copy", "cutover", "practise", "rollback", "commit"}
    assert "abandon" in told
    assert [host.tree() for host in hosts] == before
    for host in hosts:
        assert host.run(["sh", "-c", "ls -A /tmp"]).stdout == ""


def test_refused_move_touches_nothing(files: Mover) -> None:
    """A service named like a command is refused, not run."""
    files.changes = {"services": [HOSTILE]}
    try:
        played = files.play("preflight")
    finally:
        files.changes = {}
    assert played.code == FAILED
    assert "迁移参数不合规" in played.messages[0]
    assert not Path("/tmp/pwned").exists()

"""The old host after the trial: archived, compared, wiped; and every way in which it must refuse."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.lab.host import Host
from tests.playbooks.ansible import FAILED, Mover

pytestmark = pytest.mark.slow


def old(mover: Mover) -> Host:
    return mover.lab.hosts[mover.system.source]


def entries_of(host: Host, path: str) -> int:
    return len(host.run(["find", path]).stdout.splitlines())


def home(mover: Mover) -> Path:
    return old(mover).root(f"/var/backups/qianyun/{mover.system.slug}/decommission")


def wiped(mover: Mover, digest: str) -> str:
    """The refusal of a wipe."""
    played = mover.play("wipe", archive_digest=digest)
    assert played.code == FAILED, played.output
    return played.messages[0]


def test_files_are_archived_and_wiped(files: Mover) -> None:
    host, path = old(files), files.system.trees[0].path
    files.done("preflight", "presync", "cutover")
    played = files.play("archive")
    assert played.code == FAILED
    assert "commit first" in played.messages[0]
    files.done("commit")

    many = entries_of(host, path)
    assert files.play("archive", "--check").code == 0
    assert not home(files).exists()
    made = files.done("archive").of(files.system.source)["archive"]
    manifest = (home(files) / "manifest.json").read_bytes()
    assert made["digest"] == hashlib.sha256(manifest).hexdigest()
    assert json.loads(manifest)["parts"][0]["entries"] == many
    again = files.done("archive").of(files.system.source)
    assert (again["repeated"], again["archive"]) == (True, made)

    assert "compare the manifest.json" in wiped(files, "0" * 64)
    host.run(["sh", "-c", f"echo late > {path}/late.txt"])
    assert "changed after it was archived" in wiped(files, made["digest"])
    host.run(["rm", f"{path}/late.txt"])
    part = home(files) / "part-0.tar"
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + b"x")
    assert "archive is damaged" in wiped(files, made["digest"])
    part.write_bytes(whole)
    assert entries_of(host, path) == many

    # a link that leads out is removed, what it leads to is not
    assert files.play("wipe", "--check", archive_digest=made["digest"]).code == 0
    assert entries_of(host, path) == many
    done = files.done("wipe", archive_digest=made["digest"]).of(files.system.source)["wipe"]
    assert not host.root(path).exists()
    assert done["wiped"][path]["files"] > 0
    assert done["wiped"][path]["bytes"] > 0
    assert done["media"][path]["reached"] is False  # the lab's disks are overlays in memory
    assert "NIST" in done["method"]
    again = files.done("wipe", archive_digest=made["digest"]).of(files.system.source)["wipe"]
    assert again["repeated"]

    # the archive brings it all back, as it was
    host.run(["sh", "-c", f"tar -xf {made['folder']}/part-0.tar --acls --xattrs -C /"])
    assert entries_of(host, path) == many


def test_a_database_is_archived_cold(entries: Mover) -> None:
    host = old(entries)
    entries.done("preflight", "presync", "cutover", "commit")
    made = entries.done("archive").of(entries.system.source)["archive"]
    data = next(one["of"] for one in made["parts"] if "postgresql" in one["of"])
    assert entries_of(host, data) > 900

    cluster = entries_cluster(entries)
    host.run(["pg_ctlcluster", *cluster, "start"])
    assert "an old database runs" in wiped(entries, made["digest"])
    host.run(["pg_ctlcluster", *cluster, "stop"])
    assert "changed after it was archived" in wiped(entries, made["digest"])
    home(entries).rename(home(entries).with_name("looked-at"))
    made = entries.done("archive").of(entries.system.source)["archive"]

    done = entries.done("wipe", archive_digest=made["digest"]).of(entries.system.source)["wipe"]
    assert done["wiped"][data]["bytes"] > 20_000_000
    assert not host.root(data).exists()
    served = entries.lab.ops.run(
        [
            "curl",
            "-sf",
            f"http://{entries.lab.hosts[entries.system.target].fact.address}:8080/healthz",
        ]
    )
    assert served.returncode == 0, "the system on the cloud serves on"


def entries_cluster(mover: Mover) -> list[str]:
    (one,) = mover.system.databases
    return [one.version, one.cluster]

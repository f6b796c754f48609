"""What the clock starts, and what NFS exports, is on one side alone: cron, timers, exports."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lab import layers, workloads
from tests.lab.addresses import FILES, GATEWAY
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.measure import lost_writes, outside_client, read, summarise
from tests.playbooks.ansible import FAILED, Mover
from tests.playbooks.test_agent import raw
from tests.playbooks.test_whole_way import roles

from qianyun_agent import move, units  # isort: skip  (conftest knows where it is)
from qianyun_agent.errors import AgentError, BadMove  # isort: skip

BEATS = "/srv/files/data/beats"
CRON = f"* * * * * root hostname >>{BEATS}\n"
EXPORTS = "/srv/files/data 10.30.0.0/24(ro,no_subtree_check)\n"
SYSTEM = replace(FILES, services=("nginx", "lj-report.cron", "lj-files.exports"))


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> units.File:
    monkeypatch.setattr(units, "ASIDE", tmp_path / "units")
    monkeypatch.setattr(units.Cron, "place", str(tmp_path / "cron.d"))
    found = units.of("lj-report.cron")
    assert isinstance(found, units.Cron)
    return found


def test_the_name_tells_the_kind() -> None:
    names = ("nginx", "lj@1.service", "a.timer", "a.cron", "a.exports")
    kinds = [type(units.of(name)).__name__ for name in names]
    assert kinds == ["Service", "Service", "Timer", "Cron", "Exports"]
    assert str(units.Cron("lj-report.cron").path) == "/etc/cron.d/lj-report"
    assert str(units.Exports("lj.exports").path) == "/etc/exports.d/lj.exports"


def test_a_file_counts_on_the_side_that_serves(cron: units.File) -> None:
    cron.keep({"text": CRON, "mode": 0o640})
    assert not cron.path.exists()
    for _ in range(2):
        cron.start(1)
        assert (cron.path.read_text(), cron.path.stat().st_mode & 0o777) == (CRON, 0o640)
    assert cron.offer() == {"text": CRON, "mode": 0o640}
    for _ in range(2):
        cron.stop(1)
        assert not cron.path.exists()
    cron.forget()
    assert list(units.ASIDE.iterdir()) == []
    with pytest.raises(AgentError, match="no such file"):
        cron.start(1)


def test_anothers_file_of_that_name_is_refused_and_left(cron: units.File) -> None:
    cron.path.parent.mkdir()
    cron.path.write_text("somebody's")
    with pytest.raises(AgentError, match="has a file of that name"):
        cron.keep({"text": CRON, "mode": 0o644})
    cron.stop(1)
    cron.forget()
    assert cron.path.read_text() == "somebody's"


def test_who_starts_by_the_clock_is_never_on_both_sides() -> None:
    made = move.parse(raw(databases=[], trees=[], services=["nginx", "a.timer"]))
    assert made.writes
    assert made.jobs == ("a.timer",)
    with pytest.raises(BadMove, match=r"a\.timer"):
        move.parse(raw(services=["nginx", "a.timer"], stateless=True))


def test_a_timer_waits_for_the_job_that_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a systemctl that plays its part: the lab's hosts have no systemd."""
    asked: list[str] = []
    states = iter(["active", "deactivating", "inactive", *["active"] * 1_000])

    def run(command: list[str], **_: Any) -> Any:
        asked.append(command[1])
        told = "a.service" if "--property=Unit" in command else next(states)
        return SimpleNamespace(code=0, output=f"{told}\n")

    monkeypatch.setattr(units, "check", lambda command, **_: asked.append(command[1]))
    monkeypatch.setattr(units, "run", run)
    units.of("a.timer").stop(30)
    assert asked[:2] == ["stop", "show"]
    assert next(states) == "active"  # it looked until the job was over, and no longer
    with pytest.raises(AgentError, match=r"still at work: a\.service"):
        units.of("a.timer").stop(0.01)


def _source(layer: Path) -> None:
    workloads.stored_files(layer)
    layers.write(layer, "/etc/cron.d/lj-report", CRON)
    layers.write(layer, "/etc/exports.d/lj-files.exports", EXPORTS)
    layers.enable(layer, "cron", 3)


def _lab(folder: Path) -> Lab:
    builders = {
        SYSTEM.source: _source,
        SYSTEM.target: lambda layer: layers.enable(layer, "cron", 3),
        GATEWAY.name: workloads.BUILDERS[GATEWAY.name],
    }
    return Lab.up(folder, tuple(builders), builders)


def _on(host: Host) -> tuple[bool, bool, bool]:
    """Whether cron has the file, NFS has it, and NFS' table has the folder."""
    table = host.run(["cat", "/var/lib/nfs/etab"], check=False).stdout
    files = ("/etc/cron.d/lj-report", "/etc/exports.d/lj-files.exports")
    cron_has, nfs_has = (host.root(path).exists() for path in files)
    return cron_has, nfs_has, "/srv/files/data" in table


def _beaten(host: Host) -> list[str]:
    path = host.root(BEATS)
    return path.read_text().split() if path.exists() else []


def _beats(host: Host) -> None:
    """Waits until cron's job runs on that host: at the next full minute."""
    until, before = time.monotonic() + 130, _beaten(host)
    while _beaten(host) == before:
        assert time.monotonic() < until, "no job"
        time.sleep(0.2)
    assert _beaten(host)[-1] == host.fact.name


def _still(host: Host) -> dict[str, str]:
    own = ("var/log", "srv/files/data/beats", "run/")
    return {
        path: told for path, told in host.tree().items() if not path.lstrip("/").startswith(own)
    }


@pytest.mark.slow
def test_jobs_and_exports_over_back_and_for_good(tmp_path: Path) -> None:
    if not (shutil.which("cron") and shutil.which("exportfs")):
        pytest.skip("tools/setup roles")
    with _lab(tmp_path / "lab") as lab:
        mover = Mover(lab, SYSTEM, tmp_path, changes={"hold_seconds": 20})
        source, target = lab.hosts[SYSTEM.source], lab.hosts[SYSTEM.target]
        source.run(["exportfs", "-ra"])
        before = [_still(host) for host in (source, target)]
        played = mover.play("preflight backup presync cutover rehearse rollback commit", "--check")
        assert played.code == 0, played.output
        assert [_still(host) for host in (source, target)] == before
        target.run(["sh", "-c", "mkdir -p /etc/cron.d; echo '# other' >/etc/cron.d/lj-report"])
        refused = mover.play("preflight")
        assert (refused.code, "has a file of that name" in str(refused.messages)) == (FAILED, True)
        target.run(["rm", "/etc/cron.d/lj-report"])
        _beats(source)
        out = tmp_path / "client"
        with outside_client(lab, out, (SYSTEM,)):
            mover.done("preflight", "presync")
            assert (_on(source), _on(target)) == ((True,) * 3, (False,) * 3)
            mover.done("presync", "rehearse")
            assert (_on(source), _on(target)) == ((False,) * 3, (True,) * 3)
            mover.done("rollback")
            assert (_on(source), _on(target)) == ((True,) * 3, (False,) * 3)
            assert list(target.root("/var/lib/qianyun/units").iterdir()) == []
            mover.done("preflight", "presync", "cutover", "commit")
        lines = read(out)
        assert [one.first_errors for one in summarise(lines) if one.errors] == []
        assert lost_writes(lines, {SYSTEM.code: target}) == []
        assert roles(mover) == {source.fact.name: "yielded", target.fact.name: "active"}
        assert (_on(source), _on(target)) == ((False,) * 3, (True,) * 3)
        last = _beaten(source)
        _beats(target)
        assert _beaten(source) == last

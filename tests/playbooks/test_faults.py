"""What goes wrong on purpose: every time the source serves on, and the next run puts it right."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import measure
from tests.lab.host import Host
from tests.playbooks.ansible import FAILED, Mover, read
from tests.playbooks.test_whole_way import roles

KILL, STOP, CONTINUE = 9, 19, 18
KILLER = (Path(__file__).parent / "killer.py").read_text()


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


@contextmanager
def struck(mover: Mover, phase: str, sign: int, *, guard: bool) -> Iterator[None]:
    """The cutover program gets a signal as soon as it is in that phase."""
    argv = ["/usr/bin/python3", "-c", KILLER, f"/var/lib/qianyun/{mover.system.slug}", phase]
    killer = mover.lab.hosts[mover.system.target].popen(
        [*argv, str(sign), str(int(guard))], stdout=subprocess.PIPE
    )
    assert killer.stdout is not None
    try:
        assert killer.stdout.readline() == "ready\n"
        yield
        assert killer.wait(60) == 0
    finally:
        killer.kill()
        killer.wait()
        killer.stdout.close()


@contextmanager
def served(mover: Mover, out: Path) -> Iterator[None]:
    """A client asks all the while: nothing it was told to be written is lost, no request fails."""
    with measure.outside_client(mover.lab, out, [mover.system]):
        yield
    lines = measure.read(out)
    assert [one.first_errors for one in measure.summarise(lines) if one.errors] == []
    active = [name for name, role in roles(mover).items() if role == "active"]
    assert len(active) == 1
    assert measure.lost_writes(lines, {mover.system.code: mover.lab.hosts[active[0]]}) == []


def agents(host: Host) -> list[str]:
    return [words for words in host.pids().values() if "qianyun/agent" in words]


def test_wrong_sudo_password(files: Mover) -> None:
    played = files.play("preflight", sudo_password="not-the-password")
    assert played.code == FAILED
    assert "sudo" in played.messages[0].lower() or "password" in played.messages[0].lower()


def test_full_disk_on_the_target(files: Mover, tmp_path: Path) -> None:
    target = files.lab.hosts[files.system.target]
    with measure.outside_client(files.lab, tmp_path / "client", [files.system]):
        target.fill_disk(4_096)
        try:
            played = files.play("presync")
        finally:
            target.free_disk()
        assert played.code == FAILED
        assert "目标磁盘空间不足" in played.messages[0]
        files.done("presync")
    assert all(one.errors == 0 for one in measure.summarise(measure.read(tmp_path / "client")))


def test_lower_token_is_refused(files: Mover) -> None:
    played = files.play("cutover", token=7)
    assert played.code == FAILED
    assert "令牌已过期" in played.messages[0]


def test_reap_leaves_no_process(files: Mover) -> None:
    """ansible-playbook is killed in the middle of a presync; what it left is found and ended."""
    source, target = (files.lab.hosts[name] for name in (files.system.source, files.system.target))
    target.run(["rm", "-rf", "/srv/files/data"])
    files.changes = {"rate_kbps": 4_000}
    token = next(files.tokens)
    child = subprocess.Popen(
        files.command("presync", token=token),
        env=files.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def carrying(host: Host) -> list[str]:
        return [words for words in host.pids().values() if words.startswith("rsync ")]

    try:
        wait_for(lambda: carrying(target) and carrying(source), "no rsync at work")
    finally:
        child.kill()
        child.wait()
    reaped = files.play("reap", reap_attempts=[f"attempt-{token}"])
    assert reaped.code == 0, reaped.output
    assert reaped.of(target.name)["killed"]
    assert carrying(source) == carrying(target) == []
    files.changes = {}
    files.done("presync")


def test_two_cutovers_at_once_are_one(files: Mover, tmp_path: Path) -> None:
    with served(files, tmp_path / "client"):
        commands = [files.command("cutover") for _ in range(2)]
        children = [
            subprocess.Popen(
                command, env=files.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for command in commands
        ]
        ended = [(child, *child.communicate(timeout=120)) for child in children]
        told = [read(child.returncode, out, err) for child, out, err in ended]
        fine = [one.of(files.system.target) for one in told if one.code == 0]
        assert fine, told[0].output
        assert len({one["token"] for one in fine}) == 1
        for one in told:
            assert one.code == 0 or "令牌已过期" in one.messages[0], one.output
        journals = files.lab.hosts[files.system.target].root(f"/var/lib/qianyun/{files.system.slug}")
        assert len(list(journals.glob("cutover-*.jsonl"))) == 1
        files.done("rollback")
    assert roles(files) == {files.system.source: "active", files.system.target: "standby"}


@pytest.mark.parametrize(
    ("phase", "guard", "outcome"),
    [("quiesce", False, "aborted"), ("start", False, "aborted"), ("final_sync", True, "died")],
)
def test_killed_cutover(files: Mover, tmp_path: Path, phase: str, guard: bool, outcome: str) -> None:
    """Killed before the switch: the source serves again, by the guard or by its own watchdog."""
    files.changes = {"hold_seconds": 3}
    files.done("presync")
    source = files.lab.hosts[files.system.source]
    with served(files, tmp_path / "client"):
        with struck(files, phase, KILL, guard=guard):
            played = files.play("cutover")
        assert played.code == FAILED
        assert played.of(files.system.target)["outcome"] == outcome
        wait_for(lambda: roles(files)[source.name] == "active", "the source did not come back")
        files.done("rollback")
    assert roles(files) == {source.name: "active", files.system.target: "standby"}
    wait_for(lambda: not agents(source), "an agent is left on the source")


def test_service_that_fails_on_the_target(files: Mover, tmp_path: Path) -> None:
    target = files.lab.hosts[files.system.target]
    files.changes = {"hold_seconds": 6}
    files.done("presync")
    script = target.root("/etc/init.d/nginx")
    good = script.read_text()
    script.write_text(good.replace("#!/bin/sh", '#!/bin/sh\n[ "$1" = start ] && { echo no; exit 1; }', 1))
    with served(files, tmp_path / "client"):
        played = files.play("cutover")
        assert played.code == FAILED
        assert "service nginx start" in played.messages[-1]
        script.write_text(good)
        assert files.done("cutover").of(target.name)["outcome"] == "done"
        files.done("rollback")


def test_target_database_that_stands_still(entries: Mover, tmp_path: Path) -> None:
    """The hold's time runs out before authority has moved; later the way is free again."""
    target = entries.lab.hosts[entries.system.target]
    entries.changes = {"hold_seconds": 3}
    entries.done("presync")
    with served(entries, tmp_path / "client"):
        walreceiver = next(pid for pid, words in target.pids().items() if "startup" in words)
        with struck(entries, "quiesce", 0, guard=False):
            target.run(["kill", f"-{STOP}", str(walreceiver)])
            played = entries.play("cutover")
        target.run(["kill", f"-{CONTINUE}", str(walreceiver)])
        assert played.code == FAILED
        assert played.of(target.name)["outcome"] == "aborted", played.output
        assert entries.done("cutover").of(target.name)["outcome"] == "done"

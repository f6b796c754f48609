"""What goes wrong on purpose: every time the source serves on, and the next run puts it right."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import measure
from tests.lab.host import Host
from tests.playbooks.ansible import FAILED, Mover, Played, read
from tests.playbooks.test_whole_way import nothing_works, roles

KILL = 9
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


@pytest.fixture(scope="module")
def ready(files: Mover) -> Mover:
    """The file service, carried over."""
    files.changes = {"hold_seconds": 4}
    files.done("presync")
    return files


def test_wrong_sudo_password(files: Mover) -> None:
    played = files.play("preflight", sudo_password="not-the-password")
    assert played.code == FAILED
    assert "password" in played.messages[0].lower()


def test_full_disk_on_the_target(files: Mover) -> None:
    target = files.lab.hosts[files.system.target]
    target.fill_disk(4_096)
    try:
        played = files.play("presync")
    finally:
        target.free_disk()
    assert played.code == FAILED
    assert "目标磁盘空间不足" in played.messages[0]


@pytest.mark.chaos
def test_reap_leaves_no_process(files: Mover) -> None:
    """ansible-playbook is killed in the middle of a presync; what it left is found and ended."""
    source, target = (files.lab.hosts[name] for name in (files.system.source, files.system.target))
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
    mark = f"attempt-{token}"
    orphan = target.popen(["sleep", "600"], env={"QIANYUN_ATTEMPT": mark})
    reaped = files.play("reap", reap_attempts=[mark])
    assert orphan.wait(20) == -KILL
    assert reaped.code == 0, reaped.output
    assert "sleep" in reaped.of(target.name)["killed"].values()
    assert carrying(source) == carrying(target) == []


def test_lower_token_is_refused(ready: Mover) -> None:
    played = ready.play("cutover", token=7)
    assert played.code == FAILED
    assert "令牌已过期" in played.messages[0]


KILLS = [
    pytest.param("quiesce", False, "aborted", marks=pytest.mark.chaos),
    pytest.param("verify", False, "aborted", marks=pytest.mark.chaos),
    pytest.param("quiesce", True, "died", marks=pytest.mark.chaos),
    pytest.param("start", True, "died", marks=pytest.mark.chaos),
    ("start", False, "aborted"),
    ("final_sync", True, "died"),
]


@pytest.mark.parametrize(("phase", "guard", "outcome"), KILLS)
def test_killed_cutover(
    ready: Mover, tmp_path: Path, phase: str, guard: bool, outcome: str
) -> None:
    """Killed before the switch: the source serves again, by the guard or by its own watchdog."""
    source, target = (ready.lab.hosts[name] for name in (ready.system.source, ready.system.target))
    forlorn = phase == "start" and guard
    ready.changes = {"hold_seconds": 25 if forlorn else 4}  # requests wait for the rollback
    with served(ready, tmp_path / "client"):
        with struck(ready, phase, KILL, guard=guard):
            played = ready.play("cutover")
        assert played.code == FAILED
        assert played.of(target.name)["outcome"] == outcome
        if forlorn:  # nobody holds authority: a run has to put it right
            ready.done("rollback", "presync")
        wait_for(lambda: roles(ready)[source.name] == "active", "the source did not come back")
    assert roles(ready) == {source.name: "active", target.name: "standby"}
    wait_for(lambda: not agents(source), "an agent is left on the source")


def test_rollback_after_all_died_gives_the_move_up(ready: Mover, tmp_path: Path) -> None:
    """The run before was killed with its guard; a rollback ends it, and a new move can begin."""
    with served(ready, tmp_path / "client"):
        ready.done("rollback")
        nothing_works(ready)
        ready.done("presync")
    assert roles(ready) == {ready.system.source: "active", ready.system.target: "standby"}


@pytest.mark.chaos
def test_service_that_does_not_start(ready: Mover, tmp_path: Path) -> None:
    """A service on the target fails: given up, lossless."""
    target = ready.lab.hosts[ready.system.target]
    script = target.root("/etc/init.d/nginx")
    good = script.read_text()
    script.write_text(good.replace("#!/bin/sh", '#!/bin/sh\n[ "$1" = start ] && exit 1', 1))
    with served(ready, tmp_path / "client"):
        played = ready.play("cutover")
        assert played.code == FAILED
        assert "service nginx start" in played.messages[-1]
    script.write_text(good)
    assert roles(ready) == {ready.system.source: "active", target.name: "standby"}


def test_two_cutovers_at_once_are_one(ready: Mover, tmp_path: Path) -> None:
    target = ready.lab.hosts[ready.system.target]
    with served(ready, tmp_path / "client"):
        told = _at_once(ready, 2)
        fine = [one for one in told if one.code == 0]
        assert len({one.of(target.name)["token"] for one in fine}) == 1, told[0].output
        late = [one for one in told if one.code != 0]  # the lower token came second
        assert all("令牌已过期" in one.messages[0] for one in late), told[1].output
    assert roles(ready) == {ready.system.source: "standby", target.name: "active"}


@contextmanager
def off(host: Host) -> Iterator[None]:
    host.stop()
    try:
        yield
    finally:
        host.start()


@pytest.mark.chaos
def test_target_out_of_reach(ready: Mover) -> None:
    """Serving, it must not be given up; as a standby it may, and a later presync starts afresh."""
    source, target = (ready.lab.hosts[name] for name in (ready.system.source, ready.system.target))
    ready.done("cutover")
    with off(target):
        refused = ready.play("rollback")
    assert refused.code == FAILED
    assert "原主机未在服务" in refused.messages[-1]
    ready.done("rollback", "presync")
    with off(target):
        told = ready.done("rollback").of(source.name)
    assert target.name in told["notes"][0]
    assert ready.system.slug not in source.root("/home/qianyun/.ssh/authorized_keys").read_text()
    ready.done("rollback")  # the target is back
    nothing_works(ready)
    ready.done("presync", "cutover")
    assert roles(ready) == {source.name: "standby", target.name: "active"}


def _at_once(mover: Mover, number: int) -> list[Played]:
    children = [
        subprocess.Popen(
            mover.command("cutover"),
            env=mover.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(number)
    ]
    ended = [child.communicate(timeout=120) for child in children]
    return [read(child.returncode, *told) for child, told in zip(children, ended, strict=True)]

"""What goes wrong on purpose: every time the source serves on, and the next run puts it right."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab import measure
from tests.lab.addresses import GATEWAY
from tests.lab.host import Host
from tests.playbooks.ansible import FAILED, Mover, Played, read
from tests.playbooks.test_whole_way import carried, nothing_works, roles

KILL = 9
EXIT = "sys.exit("  # how the launcher ends
KILLER = (Path(__file__).parent / "killer.py").read_text()


def wait_for(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


@contextmanager
def spoilt(host: Host, path: str, good: str, bad: str) -> Iterator[None]:
    """A file of the host has `bad` where `good` stood."""
    file = host.root(path)
    before = file.read_text()
    assert good in before
    file.write_text(before.replace(good, bad, 1))
    try:
        yield
    finally:
        file.write_text(before)


def killed(mover: Mover, place: str, *, guard: bool) -> dict[str, Any]:
    """A cutover whose program dies at that place (see killer.py); gives what it left to read."""
    target = mover.lab.hosts[mover.system.target]
    trap = f"{KILLER}\n\ntrap({place!r}, {guard!r})\n{EXIT}"
    with spoilt(target, "/usr/local/lib/qianyun/agent", EXIT, trap):
        played = mover.play("cutover")
    assert played.code == FAILED, played.output
    told = played.of(target.name)
    assert told["phases"][-1]["phase"] == PLACES[place], played.output
    assert told["phases"][-1]["ended"] is None
    if guard:
        assert (told["outcome"], told["error"]) == ("died", None)
    else:
        assert told["outcome"] == "aborted", played.output
        assert "割接程序意外中断" in told["error"]["what"]
    return told


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


@pytest.fixture
def ready(files: Mover, request: pytest.FixtureRequest) -> Mover:
    """The file service, carried over."""
    files.changes = {"hold_seconds": 15}
    carried(files, request.session.testsfailed, "presync")
    return files


@pytest.mark.slow
def test_wrong_sudo_password(files: Mover) -> None:
    played = files.play("preflight", sudo_password="not-the-password")
    assert played.code == FAILED
    assert "password" in played.messages[0].lower()


@pytest.mark.slow
def test_full_disk_on_the_target(files: Mover) -> None:
    target = files.lab.hosts[files.system.target]
    target.fill_disk(4_096)
    try:
        played = files.play("presync")
    finally:
        target.free_disk()
    assert played.code == FAILED
    assert "目标磁盘空间不足" in played.messages[0]


def test_lower_token_is_refused(ready: Mover) -> None:
    played = ready.play("cutover", token=7)
    assert played.code == FAILED
    assert "令牌已过期" in played.messages[0]


PLACES = {  # where it dies, and in which phase that is
    "fence": "quiesce",
    "digest": "final_sync",
    "yield": "start",
    "activate": "start",
    "service": "start",
    "probe": "verify",
}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("fence", marks=pytest.mark.chaos),
        pytest.param("yield", marks=pytest.mark.chaos),
        pytest.param("probe", marks=pytest.mark.chaos),
        "activate",
    ],
)
def test_killed_cutover_is_undone_by_its_guard(ready: Mover, tmp_path: Path, place: str) -> None:
    """Killed before the switch: the source serves again."""
    source, target = (ready.lab.hosts[name] for name in (ready.system.source, ready.system.target))
    with served(ready, tmp_path / "client"):
        killed(ready, place, guard=False)
        assert roles(ready) == {source.name: "active", target.name: "standby"}
    wait_for(lambda: not agents(source), "an agent is left on the source")


@pytest.mark.parametrize("place", [pytest.param("fence", marks=pytest.mark.chaos), "digest"])
@pytest.mark.slow
def test_rollback_after_all_died_gives_the_move_up(
    ready: Mover, tmp_path: Path, place: str
) -> None:
    """Killed with its guard: the source's watchdog brings it back; then a new move can begin."""
    source, target = (ready.lab.hosts[name] for name in (ready.system.source, ready.system.target))
    ready.changes = {"hold_seconds": 6}  # the watchdog waits for so long
    with served(ready, tmp_path / "client"):
        killed(ready, place, guard=True)
        wait_for(lambda: roles(ready)[source.name] == "active", "the source did not come back")
        assert roles(ready)[target.name] == "standby"
        wait_for(lambda: not agents(source), "an agent is left on the source")
        ready.done("rollback")
        nothing_works(ready)
        ready.done("presync")
    assert roles(ready) == {source.name: "active", target.name: "standby"}


@pytest.mark.chaos
@pytest.mark.parametrize(("place", "left"), [("activate", "standby"), ("service", "active")])
def test_rollback_when_nobody_serves(ready: Mover, tmp_path: Path, place: str, left: str) -> None:
    """Killed with its guard after the source has yielded: requests wait for the rollback."""
    source, target = ready.system.source, ready.system.target
    ready.changes = {"hold_seconds": 25}
    with served(ready, tmp_path / "client"):
        killed(ready, place, guard=True)
        assert roles(ready) == {source: "yielded", target: left}
        ready.done("rollback", "presync")
    assert roles(ready) == {source: "active", target: "standby"}


@pytest.mark.chaos
def test_service_that_does_not_start(ready: Mover, tmp_path: Path) -> None:
    """A service on the target fails: given up, lossless."""
    target = ready.lab.hosts[ready.system.target]
    first = "#!/bin/sh\n"
    refusing = first + '[ "$1" = start ] && exit 1\n'
    with (
        spoilt(target, "/etc/init.d/nginx", first, refusing),
        served(ready, tmp_path / "client"),
    ):
        played = ready.play("cutover")
        assert played.code == FAILED
        assert "service nginx start" in played.messages[-1]
        assert played.of(target.name)["outcome"] == "aborted"
    assert roles(ready) == {ready.system.source: "active", target.name: "standby"}


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_lies_on_the_target_is_never_wiped(files: Mover) -> None:
    """In preflight, in check mode and at presync; and again after a move was given up."""
    target = files.lab.hosts[files.system.target]
    files.lab.reset(files.system.source, target.name, GATEWAY.name)
    precious = target.root("/srv/files/other/precious.txt")

    def refused(*played: Played) -> None:
        for one in played:
            assert one.code == FAILED, one.output
            told = " ".join(one.messages)
            assert "entries, such as 'other/precious.txt'" in told
            assert "/srv/files" in told
        assert precious.read_text() == "precious\n"

    drop = "mkdir -p /srv/files/other; echo precious >/srv/files/other/precious.txt"
    target.run(["sh", "-c", drop])
    checks = [files.play(name, "--check") for name in ("preflight", "presync", "cutover")]
    refused(*checks, files.play("preflight"), files.play("presync"))
    assert not target.root(f"/var/lib/qianyun/{files.system.slug}/role.json").exists()
    target.run(["rm", "-r", "/srv/files"])
    files.done("presync", "rollback")
    nothing_works(files)
    target.run(["sh", "-c", drop])
    refused(files.play("preflight"), files.play("presync"))
    target.run(["rm", "-r", "/srv/files/other"])
    files.done("preflight", "presync", "cutover", "rollback", "preflight", "presync")
    assert roles(files) == {files.system.source: "active", target.name: "standby"}


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
    try:
        ended = [child.communicate(timeout=240) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    return [read(child.returncode, *told) for child, told in zip(children, ended, strict=True)]

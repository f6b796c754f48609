"""What holds on hosts whichever strategy runs the playbooks: marks, reaping, the agent itself."""

import subprocess
from collections.abc import Iterator

import pytest

from migrator.attempts.strategy import Strategy
from tests.lab.host import Host
from tests.playbooks.ansible import FAILED, HOSTILE, Mover
from tests.playbooks.test_faults import KILL, wait_for
from tests.playbooks.test_whole_way import PHASES, nothing_works, roles

each = pytest.mark.parametrize("mover", Strategy, indirect=True)
mitogen = pytest.mark.parametrize("mover", [Strategy.MITOGEN], indirect=True)


@pytest.fixture
def mover(files: Mover, request: pytest.FixtureRequest) -> Iterator[Mover]:
    """The file service's, on fresh hosts; its attempts run by the strategy that is asked for."""
    hosts = [files.lab.hosts[name] for name in (files.system.source, files.system.target)]
    files.lab.reset(*(host.name for host in hosts), "gw-01")
    files.strategy, files.changes = request.param, {}
    yield files
    files.strategy, files.changes = Strategy.PLAIN, {}


def marked(host: Host, mark: str) -> dict[int, str]:
    """Processes of the host that carry the attempt's mark in their environment, by command."""
    look = f"grep -lzx QIANYUN_ATTEMPT={mark} /proc/[0-9]*/environ"
    found = host.run(["sh", "-c", look], check=False).stdout.split()
    pids = {int(path.split("/")[2]) for path in found}
    return {pid: words for pid, words in host.pids().items() if pid in pids}


def carrying(host: Host) -> list[str]:
    return [words for words in host.pids().values() if words.startswith("rsync ")]


@pytest.mark.chaos
@each
def test_reap_leaves_no_process(mover: Mover) -> None:
    """ansible-playbook is killed in the middle of a presync, and what interprets it on the target
    cannot even notice: all of it is found by its mark and ended."""
    source, target = (mover.lab.hosts[name] for name in (mover.system.source, mover.system.target))
    mover.changes = {"rate_kbps": 4_000}
    token = next(mover.tokens)
    mark = f"attempt-{token}"
    child = subprocess.Popen(
        mover.command("presync", token=token),
        env=mover.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: carrying(target) and carrying(source), "no rsync at work")
        interpreters = [pid for pid, words in marked(target, mark).items() if "python3" in words]
        assert interpreters
        target.run(["kill", "-STOP", *map(str, interpreters)])
    finally:
        child.kill()
        child.wait()
    orphan = target.popen(["sleep", "600"], env={"QIANYUN_ATTEMPT": mark})
    assert set(interpreters) <= set(marked(target, mark))
    reaped = mover.play("reap", reap_attempts=[mark])
    assert orphan.wait(60) == -KILL
    assert reaped.code == 0, reaped.output
    killed = reaped.of(target.name)["killed"]
    assert {str(pid) for pid in interpreters} <= set(killed)
    assert "sleep" in killed.values()
    assert carrying(source) == carrying(target) == []
    for host in (source, target, mover.lab.hosts["gw-01"]):
        assert marked(host, mark) == {}


@pytest.mark.slow
@mitogen
def test_mitogen_looks_changes_nothing_and_leaves_nothing(mover: Mover) -> None:
    """Check mode and preflight: same evidence as ever, no trace on hosts, text stays text."""
    hosts = [mover.lab.hosts[n] for n in (mover.system.source, mover.system.target, "gw-01")]
    before = [traces(host) for host in hosts]
    token = next(mover.tokens)
    told = mover.play("preflight presync", "--check", token=token)
    assert told.code == 0, told.output
    assert told.of(mover.system.target)["verb"] == "copy"
    assert [traces(host) for host in hosts] == before
    assert [marked(host, f"attempt-{token}") for host in hosts] == [{}, {}, {}]
    assert mover.move()["name"] == HOSTILE
    assert not any(host.root("/tmp/pwned").exists() for host in hosts)


def traces(host: Host) -> list[str]:
    """Files where Ansible, Mitogen or the agent might leave some."""
    places = ["/tmp", "/var/tmp", "/dev/shm", "/root", "/home/qianyun", "/usr/local/lib"]
    return sorted(
        host.run(["find", *places, "/var/lib/qianyun", "-xdev"], check=False).stdout.split()
    )


@pytest.mark.slow
@mitogen
def test_the_whole_way_by_mitogen(mover: Mover) -> None:
    """The agent that Mitogen brought is installed whole, and does the cutover and all the rest."""
    source, target = mover.system.source, mover.system.target
    mover.done("preflight", "backup", "presync")
    told = mover.done("cutover").of(target)
    assert [phase["phase"] for phase in told["phases"]] == PHASES
    assert roles(mover) == {source: "standby", target: "active"}
    mover.done("rollback")
    nothing_works(mover)
    mover.done("presync", "cutover", "commit")
    assert roles(mover) == {source: "yielded", target: "active"}


@pytest.mark.slow
@each
def test_both_install_the_same_agent(mover: Mover) -> None:
    """Byte for byte: the folder is named after what is in it."""
    mover.done("presync")
    other = Strategy.MITOGEN if mover.strategy is Strategy.PLAIN else Strategy.PLAIN
    target = mover.lab.hosts[mover.system.target]
    installed = target.run(["ls", "/usr/local/lib/qianyun"]).stdout
    mover.strategy = other
    mover.done("presync")
    assert target.run(["ls", "/usr/local/lib/qianyun"]).stdout == installed


@pytest.mark.chaos
@each
def test_a_target_that_is_off_is_left_as_it_is(mover: Mover) -> None:
    """rollback.yml goes on without it (ignore_unreachable), where the source serves."""
    target = mover.lab.hosts[mover.system.target]
    mover.done("presync")
    target.stop()
    try:
        told = mover.play("rollback")
    finally:
        target.start()
    assert told.code == 0, told.output
    assert target.name in told.of(mover.system.source)["notes"][0]


@pytest.mark.chaos
@each
def test_what_fails_on_one_host_stops_all(mover: Mover) -> None:
    """any_errors_fatal: the target's disk is full, so that nothing is carried over."""
    target = mover.lab.hosts[mover.system.target]
    target.fill_disk(4_096)
    try:
        told = mover.play("presync")
    finally:
        target.free_disk()
    assert told.code == FAILED
    assert "目标磁盘空间不足" in told.messages[0]
    assert mover.play("preflight", sudo_password="not-the-password").code == FAILED

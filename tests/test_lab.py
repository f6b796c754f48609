"""The lab is what it claims: hosts, lines, systems, and nothing left of it afterwards."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.lab import machine, measure, registry, shell
from tests.lab.addresses import ENTRIES, FILES, HOSTS, SYSTEMS, SystemFact
from tests.lab.entrance import get, held, sessions, url
from tests.lab.errors import LabError
from tests.lab.lab import Lab

ROOT = Path(__file__).parents[1]
DEADLINE_S = 60.0


def link(path: str | Path) -> str:
    return str(Path(path).readlink())


def until(true: Callable[[], bool], what: str) -> None:
    """Waits for a condition; fails with `what` if it does not come about."""
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, f"not seen within {DEADLINE_S:.0f} s: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="module", autouse=True)
def fresh(lab: Lab) -> None:
    """Other tests of the session may have used the lab before."""
    lab.reset()


def test_the_setup_installs_what_the_lab_asks_for() -> None:
    packages = (ROOT / "tools/setup").read_text().split("PACKAGES=(")[1].split("\n)")[0]
    installed = {name for line in packages.splitlines() for name in line.split("#")[0].split()}
    assert {*machine.PACKAGES.values(), *machine.FILES.values()} <= installed


def test_hosts_are_hosts(lab: Lab) -> None:
    assert len(lab.hosts) >= 6
    said = {name: host.run(["hostname"]).stdout.strip() for name, host in lab.hosts.items()}
    assert said == {name: name for name in lab.hosts}
    assert len({host.host_key for host in lab.hosts.values()}) == len(HOSTS)
    for kind in ("net", "mnt", "pid", "uts", "ipc"):
        spaces = {link(f"/proc/{host.pid}/ns/{kind}") for host in lab.hosts.values()}
        assert len(spaces) == len(HOSTS), kind
        assert link(f"/proc/self/ns/{kind}") not in spaces


def test_a_host_sees_nothing_of_the_machine(lab: Lab) -> None:
    host = lab.hosts["zw-app-01"]
    for folder in ("/root", "/srv", "/usr/local", "/etc/postgresql", "/var/lib/qianyun", "/tmp"):
        assert host.run(["ls", "-A", folder]).stdout == "", folder
    assert not host.root(str(ROOT)).exists()
    assert all(str(ROOT) not in command for command in host.pids().values())


@pytest.mark.parametrize("family", [4, 6])
def test_ssh_with_strict_host_keys(lab: Lab, family: int) -> None:
    for name in lab.hosts:
        assert lab.ops.run(lab.ssh(name, ["hostname"], family)).stdout.strip() == name


def test_ssh_refuses_another_host_key(lab: Lab, tmp_path: Path) -> None:
    wrong = tmp_path / "known_hosts"
    other = lab.hosts["jt-web-01"].host_key
    wrong.write_text(f"{lab.hosts['gw-01'].fact.address} {other}\n")
    argv = [
        word.replace(str(lab.known_hosts), str(wrong)) for word in lab.ssh("gw-01", ["hostname"])
    ]
    done = lab.ops.run(argv, check=False)
    assert done.returncode == 255
    assert "host key verification failed" in done.stderr.lower()


def test_sudo_wants_the_password(lab: Lab) -> None:
    refused = lab.ops.run(lab.ssh("gw-01", ["sudo", "-n", "id", "-u"]), check=False)
    assert refused.returncode != 0
    asked = lab.ssh("gw-01", ["sudo", "-S", "-p", "", "id", "-u"])
    assert lab.ops.run(asked, text=f"{lab.sudo_password}\n").stdout == "0\n"


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.code)
def test_a_citizen_reaches_every_system(lab: Lab, system: SystemFact, family: int) -> None:
    assert system.check.content in get(lab, system, family)


def test_a_line_has_a_rate(lab: Lab) -> None:
    host = lab.hosts["jt-file-01"]
    big = f"http://{host.fact.address}:8080/big.bin"
    host.run(["sh", "-c", "head -c 1500000 /dev/urandom >/srv/files/data/big.bin"])

    def seconds(kbit: int) -> float:
        lab.set_rate("LJ-DX-1001", kbit)
        argv = ["curl", "-sSf", "-o", "/dev/null", "-w", "%{time_total}", big]
        return float(lab.ops.run(argv).stdout)

    try:
        quick, slow = seconds(40_000), seconds(4_000)
    finally:
        lab.set_rate("LJ-DX-1001", 100_000)
        lab.reset("jt-file-01")
    assert slow / quick >= 5


def test_reset_brings_the_first_state_back(lab: Lab) -> None:
    host = lab.hosts["jt-web-01"]
    first = host.tree_digest()
    get(lab, SYSTEMS[0], 4)
    assert host.tree_digest() == first, "being looked at is no change"
    host.run(["sh", "-c", "echo x >/srv/portal/html/new; rm /srv/portal/html/page/001.html"])
    host.run(["chmod", "600", "/etc/passwd"])
    changed = {"/srv/portal/html/new", "/srv/portal/html/page/001.html", "/etc/passwd"}
    assert changed <= set(host.tree())
    assert host.tree_digest() != first
    stray = host.popen(["sleep", "1000"])
    lab.reset("jt-web-01")
    assert host.tree_digest() == first
    assert stray.wait(DEADLINE_S) != 0
    assert SYSTEMS[0].check.content in get(lab, SYSTEMS[0], 6)


def test_a_host_goes_away_and_returns(lab: Lab) -> None:
    host = lab.hosts["zw-web-01"]
    host.run(["touch", "/etc/kept"])
    host.stop()
    knock = lab.ssh("zw-web-01", ["true"])
    knock[1:1] = ["-o", "ConnectTimeout=1"]
    assert lab.ops.run(knock, check=False).returncode == 255
    with pytest.raises(LabError, match="is off"):
        host.run(["true"])
    host.start()
    argv = lab.ssh("zw-web-01", ["ls", "/etc/kept"], family=6)
    assert lab.ops.run(argv).stdout == "/etc/kept\n"
    lab.reset("zw-web-01")


def test_a_full_disk_is_full(lab: Lab) -> None:
    host = lab.hosts["zw-file-01"]
    write = ["dd", "if=/dev/zero", "of=/srv/some", "bs=1M", "count=2"]
    host.fill_disk()
    full = host.run(write, check=False)
    assert full.returncode != 0
    assert os.strerror(errno.ENOSPC) in full.stderr
    assert host.run(["df", "--output=avail", "/srv"]).stdout.split()[-1] == "0"
    host.free_disk()
    host.run(write)
    lab.reset("zw-file-01")


def test_orphans_are_collected(lab: Lab) -> None:
    host = lab.hosts["zw-app-01"]
    host.run(["sh", "-c", "(sleep 0.1 &) ; exit 0"])
    states = ["sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null | cut -d' ' -f3"]
    until(lambda: "Z" not in host.run(states, check=False).stdout, "no zombie")


def test_the_application_starts_and_stops(lab: Lab) -> None:
    host = lab.hosts[ENTRIES.source]
    lj_app = ["service", "lj-app"]
    assert host.run([*lj_app, "status"]).returncode == 0
    host.run([*lj_app, "stop"])
    assert host.run([*lj_app, "status"], check=False).returncode == 3
    host.run([*lj_app, "start"])
    assert ENTRIES.check.content in get(lab, ENTRIES, 4)
    missing = lab.hosts[ENTRIES.target].run([*lj_app, "start"], check=False)
    assert missing.returncode == 5, "there is nothing to start on the target yet"


@pytest.mark.parametrize("family", [4, 6])
def test_the_gateway_holds_and_releases(lab: Lab, family: int, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    with held(lab, FILES, 600):
        argv = ["curl", "-sSf", "-m", "60", "-o", str(answer), url(FILES, family)]
        request = lab.citizen.popen(argv)
        until(lambda: sessions(lab, FILES) == 1, "a request that waits")
        assert ENTRIES.check.content in get(lab, ENTRIES, family), "others are not held"
        assert request.poll() is None
        assert not answer.exists()
    assert request.wait(DEADLINE_S) == 0
    assert FILES.check.content in answer.read_text()


def test_a_hold_ends_by_itself(lab: Lab) -> None:
    with held(lab, FILES, 1):
        assert FILES.check.content in get(lab, FILES, 4)


def test_the_client_measures(lab: Lab, tmp_path: Path) -> None:
    out = tmp_path / "client.jsonl"
    with measure.outside_client(lab, out, pace=0.05):
        with held(lab, ENTRIES, 600):
            until(lambda: sessions(lab, ENTRIES) >= 2, "both streams held")
            before = len(measure.read(out))
            until(lambda: len(measure.read(out)) > before + 50, "the others go on")
        until(
            lambda: (
                measure.read(out)[-1].system != ENTRIES.code
                and sum(line.system == ENTRIES.code for line in measure.read(out)) > 20
            ),
            "held requests were answered",
        )
    lines = measure.read(out)
    summaries = measure.summarise(lines, pace=0.05)
    assert [(s.system, s.family) for s in summaries] == [
        (system.code, family) for system in SYSTEMS for family in (4, 6)
    ]
    assert [s.errors for s in summaries] == [0] * 6
    held_ms = min(s.longest_ms for s in summaries if s.system == ENTRIES.code)
    assert held_ms > max(s.longest_ms for s in summaries if s.system == SYSTEMS[0].code)

    serving = {system.code: lab.hosts[system.source] for system in SYSTEMS}
    assert measure.lost_writes(lines, serving) == []
    row = next(line for line in lines if line.system == ENTRIES.code and line.ok)
    sql = f"DELETE FROM entries WHERE id = {row.id}"
    psql = ["runuser", "-u", "postgres", "--", "psql", "-Xq", "-d", "entries", "-c", sql]
    lab.hosts[ENTRIES.source].run(psql)
    file = next(line for line in lines if line.method == "PUT" and "again" not in line.path)
    lab.hosts[FILES.source].run(["rm", f"/srv/files/data{file.path}"])
    lost = measure.lost_writes(lines, serving)
    assert {line.system: line for line in lost} == {ENTRIES.code: row, FILES.code: file}
    assert len(lost) == 2
    lab.reset(ENTRIES.source, FILES.source)


# --- nothing is left


def spaces_of(pids: Iterable[str]) -> set[str]:
    """The namespaces those processes are in or hold open."""
    found = set()
    for pid in pids:
        for entry in (*Path(f"/proc/{pid}/ns").glob("*"), *Path(f"/proc/{pid}/fd").glob("*")):
            with suppress(OSError):
                found.add(link(entry))
    kinds = {"net", "mnt", "pid", "uts", "ipc"}
    return {name for name in found if name.split(":")[0] in kinds}


def inhabitants(spaces: set[str]) -> dict[int, str]:
    """Processes that are in one of the namespaces or hold it open: pid and start time."""
    pids = [entry.name for entry in Path("/proc").glob("[0-9]*")]
    return {int(pid): shell.start_time(int(pid)) or "" for pid in pids if spaces_of([pid]) & spaces}


@contextmanager
def lab_of_another(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A small lab whose owner is another process; gives it and what it said of the lab."""
    argv = [sys.executable, "-m", "tests.lab", "up", "--folder", str(folder), "jt-web-01", "gw-01"]
    owner = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert owner.stdin
    assert owner.stdout
    text = ""
    while not text.endswith("\n}\n"):
        line = owner.stdout.readline()
        assert line, "the other lab did not come up"
        text += line
    try:
        yield owner, json.loads(text)
    finally:
        owner.kill()
        owner.wait()
        owner.stdin.close()
        owner.stdout.close()


@pytest.mark.parametrize("how", ["kill -9", "SIGTERM", "end of input", "kill -9 keeper too"])
def test_nothing_is_left(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "other"
    with lab_of_another(folder) as (owner, facts):
        argv = [*facts["ops"].split(), "sleep", "1000"]
        visitor = subprocess.Popen(argv)
        keeper = int(facts["keeper"])
        until(lambda: Path(f"/proc/{visitor.pid}/comm").read_text() == "sleep\n", "a visitor")
        hosts = [command.split()[2] for command in facts["hosts"].values()]
        made = spaces_of([str(keeper), *hosts]) - spaces_of(["self"])
        assert len([name for name in made if name.startswith("net:")]) == 7
        # Namespaces are numbered anew from what became free, so it is by their inhabitants (the
        # keeper is one) that we see them end: with the last of them the kernel takes them away.
        living = inhabitants(made)
        assert {keeper, visitor.pid} < living.keys()
        assert owner.stdin
        if how == "SIGTERM":
            owner.send_signal(signal.SIGTERM)
        elif how == "end of input":
            owner.stdin.close()
        else:
            owner.kill()
        if how == "kill -9 keeper too":
            os.kill(keeper, signal.SIGKILL)
            owner.wait(DEADLINE_S)
            assert facts["id"] in registry.sweep()
        assert visitor.wait(DEADLINE_S) == -signal.SIGKILL
        owner.wait(DEADLINE_S)
        until(lambda: not folder.exists(), "the folder is gone")
        until(
            lambda: not any(shell.alive(pid, started) for pid, started in living.items()),
            "the lab's processes are gone, and its namespaces with them",
        )
    # Only the lab's own: tests beside this one mount and unmount as they please.
    assert str(folder) not in Path("/proc/self/mounts").read_text()
    assert not (registry.FOLDER / f"{facts['id']}.json").exists()


def test_labs_live_side_by_side(lab: Lab, tmp_path: Path) -> None:
    with Lab.up(tmp_path / "second", ["jt-web-01"]) as second:
        host, first = second.hosts["jt-web-01"], lab.hosts["jt-web-01"]
        assert host.fact.address == first.fact.address
        assert host.host_key != first.host_key
        assert second.ops.run(second.ssh("jt-web-01", ["hostname"])).stdout == "jt-web-01\n"
        host.run(["touch", "/etc/only-here"])
        assert not first.root("/etc/only-here").exists()
    assert SYSTEMS[0].check.content in get(lab, SYSTEMS[0], 4)


def test_nothing_shows_in_the_machines_network(lab: Lab) -> None:
    shown = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True, check=True).stdout
    assert not [line for line in shown.splitlines() if "10.21.0." in line or "fd21::" in line]


def test_a_machine_without_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SAFE_PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"apt-get install -y .*haproxy"):
        Lab.up(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_entered(lab: Lab) -> None:
    def here() -> str:
        return link("/proc/thread-self/ns/net")

    home = here()
    with lab.ops.entered():
        assert here() != home
    assert here() == home

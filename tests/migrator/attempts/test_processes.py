"""Pens hold what tries to get out, and let everything else be."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrator.attempts.processes import MARKER, Pen, marked, own_cgroup, start_python, sweep
from migrator.errors import AttemptAlive

UPPER = 30.0
REPO = Path(__file__).resolve().parents[3]

ESCAPES = {
    "plain": "",
    "session": "os.setsid()",
    "double fork": "os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0)",
    "deaf": "[signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]",
    "stopped": "note(); os.kill(os.getpid(), signal.SIGSTOP)",
    "threads": "threading.Thread(target=time.sleep, args=(600,)).start()",
    "breeding": "[os.fork() for _ in range(3)]",
}
"""What a child does before it settles down; `note` writes its process id to the list."""

CHILD = """
import os, signal, sys, threading, time
def note():
    with open(sys.argv[1], "a") as out:
        out.write(f"{os.getpid()}\\n")
%s
note()
time.sleep(600)
"""


def wait(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + UPPER
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


@pytest.fixture
def attempt() -> Iterator[str]:
    """A name that no other test uses; whatever a failed test left under it is ended."""
    name = f"t{secrets.token_hex(6)}"
    yield name
    for pid in marked(name):
        os.kill(pid, signal.SIGKILL)


def pen_of(attempt: str, way: str) -> Pen:
    if way == "marker":
        return Pen(attempt, None)
    if own_cgroup() is None:
        pytest.skip("no writable cgroup v2 on this machine")
    return Pen.make(attempt)


def spawn(pen: Pen, notes: Path, what: str, attempt: str | None) -> subprocess.Popen[bytes]:
    """A child that waits to be put into its pen, then does `what`."""
    program = "import sys; sys.stdin.read()\n" + CHILD % what
    env = {"PATH": os.environ["PATH"], "HOME": "/"} | ({MARKER: attempt} if attempt else {})
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(notes)], env=env, stdin=subprocess.PIPE
    )
    pen.put(child.pid)
    assert child.stdin is not None
    child.stdin.close()
    return child


def noted(notes: Path) -> list[int]:
    return [int(line) for line in notes.read_text().split()] if notes.exists() else []


@pytest.mark.parametrize("way", ["cgroup", "marker"])
@pytest.mark.parametrize("escape", ESCAPES)
def test_nothing_is_left(tmp_path: Path, attempt: str, way: str, escape: str) -> None:
    notes, calm = tmp_path / "pids", tmp_path / "calm"
    pen = pen_of(attempt, way)
    # in a cgroup a process is held also when it has dropped the marker
    child = spawn(pen, notes, ESCAPES[escape], attempt if way == "marker" else None)
    beside = Pen(f"{attempt}x", None)
    other = spawn(beside, calm, "", f"{attempt}x")
    many = 8 if escape == "breeding" else 1
    wait(lambda: len(noted(notes)) >= many and bool(noted(calm)), "children")
    pen.empty(UPPER)
    child.wait(UPPER)
    assert not [pid for pid in noted(notes) if alive(pid)]
    assert pen.pids() == set()
    assert pen.cgroup is None or not pen.cgroup.exists()
    assert alive(other.pid)
    beside.empty(UPPER)
    other.wait(UPPER)


def test_a_successor_finds_the_pen_by_name_and_place(tmp_path: Path, attempt: str) -> None:
    """The worker died; who comes after it knows only what the truth holds."""
    pen = Pen.make(attempt)
    child = spawn(pen, tmp_path / "pids", "os.setsid()", attempt)
    wait(lambda: bool(noted(tmp_path / "pids")), "child")
    successor = Pen(attempt, Path(str(pen.cgroup)) if pen.cgroup else None)
    assert child.pid in successor.pids()
    successor.empty(UPPER)
    child.wait(UPPER)
    assert successor.pids() == set()


def test_emptying_an_empty_pen_twice_is_no_error(attempt: str) -> None:
    pen = Pen.make(attempt)
    pen.empty(UPPER)
    pen.empty(UPPER)


def test_what_cannot_be_ended_is_told(attempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in uninterruptible sleep, say: here one that no signal reaches."""
    monkeypatch.setattr("migrator.attempts.processes._kill", lambda pid: None)
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={MARKER: attempt}
    )
    wait(lambda: child.pid in marked(attempt), "child")
    with pytest.raises(AttemptAlive, match=str(child.pid)):
        Pen(attempt, None).empty(0.1)
    child.kill()
    child.wait(UPPER)


def test_a_marker_is_compared_whole(attempt: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={MARKER: f"{attempt}1"}
    )
    wait(lambda: child.pid in marked(f"{attempt}1"), "child")
    assert marked(attempt) == set()
    child.kill()
    child.wait(UPPER)


PARENT = """
import os, signal, sys
from pathlib import Path
from migrator.attempts.processes import Pen, start_python
folder = Path(sys.argv[1])
child = start_python("migrator.attempts.attempt", Pen(sys.argv[2], None), {}, folder / "log")
(folder / "pid.new").write_text(str(child.pid))
(folder / "pid.new").rename(folder / "pid")
if sys.argv[3]:
    child.stdin.write(sys.argv[3])
    child.stdin.flush()
signal.pause()
"""


@pytest.mark.parametrize("told", ["", '{"attempt":"a1","secrets":{"P":"geheimnis'])
def test_an_attempt_whose_worker_died_before_the_order_does_nothing(
    tmp_path: Path, attempt: str, told: str
) -> None:
    """It reads end-of-file, after nothing or after half an order, and goes."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), attempt, told], cwd=REPO
    )
    wait((tmp_path / "pid").exists, "child")
    pid = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait(UPPER)
    wait(lambda: not alive(pid), "the attempt to end")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log", "pid"]
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.parametrize("told", ["", "{", '{"attempt":"a1","secrets":{"P":"geheimnis'])
def test_no_order_is_status_two_and_says_nothing(tmp_path: Path, attempt: str, told: str) -> None:
    child = start_python("migrator.attempts.attempt", Pen(attempt, None), {}, tmp_path / "log")
    child.communicate(told, UPPER)
    assert child.returncode == 2
    assert (tmp_path / "log").read_text() == ""


def test_an_attempt_gets_only_the_environment_it_is_given(
    tmp_path: Path, attempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_BECOME_PASSWORD", "geheimnis")
    pen = Pen.make(attempt)
    child = start_python(
        "migrator.attempts.attempt", pen, {"HOME": str(tmp_path)}, tmp_path / "log"
    )
    wait(lambda: child.pid in marked(attempt), "child")
    environ = Path(f"/proc/{child.pid}/environ").read_bytes()
    names = {entry.partition(b"=")[0].decode() for entry in environ.split(b"\0") if entry}
    assert names == {"PATH", "LANG", "PYTHONPATH", "HOME", MARKER}
    assert b"geheimnis" not in environ
    assert child.pid in pen.pids()
    pen.empty(UPPER)
    child.wait(UPPER)


OUTLIVED = """
import os, signal, subprocess, sys, time
from pathlib import Path
from migrator.attempts.processes import end_with
attempt, folder = os.environ["QIANYUN_ATTEMPT"], Path(sys.argv[1])
end_with(os.getppid(), attempt, lambda: (folder / "also").touch())
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True)
(folder / "pids.new").write_text(f"{os.getpid()} {child.pid}")
(folder / "pids.new").rename(folder / "pids")
time.sleep(600)
"""
OWNER = """
import subprocess, sys, time
from pathlib import Path
from migrator.attempts.processes import Pen
pen = Pen.make(sys.argv[2]) if sys.argv[3] == "cgroup" else Pen(sys.argv[2], None)
Path(sys.argv[1], "cgroup").write_text(str(pen.cgroup or ""))
child = subprocess.Popen(
    [sys.executable, "-c", sys.argv[4], sys.argv[1]], env={"QIANYUN_ATTEMPT": sys.argv[2]}
)
pen.put(child.pid)
time.sleep(600)
"""


@pytest.mark.parametrize("way", ["cgroup", "marker"])
def test_a_pen_that_must_not_outlive_its_owner_does_not(
    tmp_path: Path, attempt: str, way: str
) -> None:
    """Its owner is killed: its processes end by themselves, and its cgroup is swept by the next."""
    name = f"dry-run-{attempt}"
    argv = [sys.executable, "-c", OWNER, str(tmp_path), name, way, OUTLIVED]
    owner = subprocess.Popen(argv, cwd=REPO)
    try:
        wait((tmp_path / "pids").exists, "children")
    finally:
        owner.kill()
        owner.wait(UPPER)
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    wait(lambda: not [pid for pid in pids if alive(pid)], "children to end")
    assert (tmp_path / "also").exists()
    if cgroup := (tmp_path / "cgroup").read_text():
        wait(lambda: bool(sweep(name)) or not Path(cgroup).exists(), "the cgroup to be swept")
        assert not Path(cgroup).exists()


def test_sweeping_lets_the_living_be(tmp_path: Path, attempt: str) -> None:
    pen = pen_of(attempt, "cgroup")
    assert pen.cgroup is not None
    assert sweep(attempt) == 1  # nobody had been put in yet: it is made again
    child = spawn(pen, tmp_path / "pids", "", attempt)
    wait(lambda: bool(noted(tmp_path / "pids")), "child")
    assert sweep(attempt) == 0
    assert alive(child.pid)
    assert str(child.pid) in (pen.cgroup / "cgroup.procs").read_text().split()
    pen.empty(UPPER)
    child.wait(UPPER)

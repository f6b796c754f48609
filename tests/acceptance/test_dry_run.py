"""A dry run changes nothing; one that is stopped ends at once, in order, and nothing of it is left."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from migrator.attempts.processes import MARKER, own_cgroup
from tests.city import STRATEGIES, City, wait_until
from tests.lab.addresses import ENTRIES, FILES, SYSTEMS, SystemFact


def ours(city: City, plan: str) -> dict[int, str]:
    """Processes of this city's dry runs, on the operations machine and on the hosts, by command."""
    names = {f"{MARKER}={folder.name}-" for folder in folders(city, plan)}
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environ = (entry / "environ").read_bytes().decode(errors="replace")
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if any(name in environ for name in names):
                found[int(entry.name)] = words
    return found


def folders(city: City, plan: str) -> list[Path]:
    return sorted((city.state / "attempts").glob(f"dry-run-{plan}-*"))


def cgroups(city: City, plan: str) -> list[Path]:
    own = own_cgroup()
    names = [folder.name for folder in folders(city, plan)]
    return [path for name in names for path in (own.glob(f"qianyun-{name}-*") if own else ())]


def begun(city: City, plan: str, *options: str) -> subprocess.Popen[str]:
    """A dry run whose playbook is at work."""
    process = subprocess.Popen(
        city.argv(*options, "plan", "dry-run", plan),
        env=city.environment,
        cwd=city.state,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(
        lambda: any("ansible-playbook" in words for words in ours(city, plan).values()),
        90,
        "ansible-playbook",
        stop=lambda: None if process.poll() is None else "it ended",
    )
    return process


@pytest.fixture
def plan(city: City) -> str:
    city.load_ledger(systems=(FILES,))
    return str(city.json("plan", "make", "--ignore-windows")["code"])


@pytest.mark.parametrize(
    "systems", [(ENTRIES,), pytest.param(SYSTEMS, marks=pytest.mark.slow)], ids=["one", "all"]
)
def test_it_changes_nothing(city: City, systems: tuple[SystemFact, ...]) -> None:
    city.load_ledger(systems=systems)
    code = city.json("plan", "make", "--ignore-windows")["code"]
    before = {name: host.tree_digest() for name, host in city.lab.hosts.items()}
    done = city.json("plan", "dry-run", code)
    assert {step["system"] for step in done["steps"]} == {system.code for system in systems}
    assert {name: host.tree_digest() for name, host in city.lab.hosts.items()} == before


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_word_to_stop_ends_it_at_once(
    city: City, plan: str, number: signal.Signals, code: int
) -> None:
    process = begun(city, plan, "--json")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert [words for words in ours(city, plan).values() if "ansible" in words] == []
    assert cgroups(city, plan) == []
    assert "已中断" in err
    assert "stopped" in err
    assert "通过" not in err
    told = json.loads(out)
    assert (told["ok"], told["steps"]) == (False, [])
    assert number.name in told["stopped"]
    wait_until(lambda: not ours(city, plan), 30, "what was asked of the hosts to end")
    assert city.json("audit", "list")["entries"][-1]["action"] == "plan.dry-run"


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_killed_one_takes_its_playbooks_along_and_the_next_one_sweeps(
    city: City, plan: str, strategy: str
) -> None:
    city.use(strategy)
    process = begun(city, plan)
    process.kill()
    process.communicate()
    wait_until(lambda: not ours(city, plan), 30, "its processes to end")
    left = set(cgroups(city, plan))
    next_one = begun(city, plan)
    assert not left & set(cgroups(city, plan))
    next_one.send_signal(signal.SIGINT)
    next_one.communicate(timeout=60)
    assert cgroups(city, plan) == []

"""Chaos: kills, stops, cut databases and full disks over whole runs, judged by what hosts saw.

`make test` has a night of ten faults; `make chaos` ten nights of twenty and two full disks each, and the
builds that the judge must catch. A night tells how far it is (`-s`).
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.postgres import server
from tests.sim.night import Night

PER_NIGHT = 20
NIGHTS = 10
FULL_A_NIGHT = 2
KINDS = (
    "kill_worker",
    "kill_worker",
    "stop_worker",
    "kill_server",
    "kill_playbook",
    "kill_playbook",
    "stop_playbook",
    "kill_ssh",
    "kill_ssh",
    "cut_database",
    "kill_commander",
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MiB, which can really be full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "qianyun-chaos", str(disk)], check=True
    )
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def chosen(night: Night, count: int, full: int) -> list[Callable[[], bool | None]]:
    """Every kind at least once where there is room, the rest by the night's dice."""
    names = list(dict.fromkeys(KINDS))[:count]
    names += [night.dice.choice(KINDS) for _ in range(count - len(names))]
    names += ["fill_disk"] * full
    night.dice.shuffle(names)
    return [getattr(night, name) for name in names]


def test_ten_faults_in_a_small_night(tmp_path: Path, small_disk: Path) -> None:
    """One of each kind, over twenty items; the two hundred are below."""
    night = Night(tmp_path, small_disk, seed=11, seconds=0.1, heartbeat=2, at_once=20, recheck=2.0)
    try:
        night.begin()
        assert night.go(chosen(night, 9, 1), pace=0.4, deadline=200), night.open_items()
        assert night.judge() == []
        assert sum(night.faults.values()) == 10
    finally:
        night.close()


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1, NIGHTS + 1))
def test_a_night_of_faults_ends_right(tmp_path: Path, small_disk: Path, seed: int) -> None:
    """The last two on PostgreSQL, which drops its connections; on its nights only files want room."""
    with server() if seed > NIGHTS - 2 else nullcontext("") as url:
        night = Night(tmp_path, small_disk, seed=seed, seconds=1.0, url=url)
        try:
            night.begin()
            faults = chosen(night, PER_NIGHT, FULL_A_NIGHT)
            assert night.go(faults, pace=1.2, deadline=600), night.open_items()
            assert night.judge() == []
            assert sum(night.faults.values()) == PER_NIGHT + FULL_A_NIGHT
        finally:
            print(f"seed {seed}: {dict(night.faults)}")
            night.close()


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("broken", "seconds", "told"),
    [("unseen", 30.0, "overlap"), ("adopted", 15.0, "was never done")],
)
def test_a_broken_build_is_caught(tmp_path: Path, broken: str, seconds: float, told: str) -> None:
    """What a lost attempt left is believed gone, and two work at once (steps are long: on a busy machine
    the next worker needs ten seconds to be there); or what it was about is believed done."""
    night = Night(tmp_path, tmp_path, items=6, broken=broken, seconds=seconds)
    try:
        night.begin()
        night.go([night.kill_worker] * 3, pace=4, deadline=110, caught=told)
        assert any(told in line for line in night.judge())
    finally:
        night.close()

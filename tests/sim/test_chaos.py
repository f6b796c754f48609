"""Chaos: kills, stops, cut databases and full disks over whole runs, judged by what hosts saw.

`QIANYUN_CHAOS_KILLS=200` is what `make chaos` means by itself; one night takes about twenty.
"""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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


def chosen(night: Night, count: int, full: int) -> list[Callable[[], None]]:
    """Every kind at least once where there is room, the rest by the night's dice."""
    names = list(dict.fromkeys(KINDS))[:count]
    names += [night.dice.choice(KINDS) for _ in range(count - len(names))]
    names += ["fill_disk"] * full
    night.dice.shuffle(names)
    return [getattr(night, name) for name in names]


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1, NIGHTS + 1))
def test_a_night_of_faults_ends_right(tmp_path: Path, small_disk: Path, seed: int) -> None:
    night = Night(tmp_path, small_disk, seed=seed, seconds=1.0)
    try:
        night.begin()
        ended = night.go(chosen(night, PER_NIGHT, FULL_A_NIGHT), pace=1.2, deadline=600)
        assert ended, [
            i.model_dump(exclude={"steps"}) for i in night.truth.runs.get(night.run).items
        ]
        assert night.judge() == []
        assert sum(night.faults.values()) >= PER_NIGHT
    finally:
        print(f"seed {seed}: {dict(night.faults)}")
        night.close()


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_broken_build_is_caught(tmp_path: Path) -> None:
    """Attempts are believed gone without being seen: one stopped worker, and two work at once. Steps
    are long: on a busy machine the next worker needs ten seconds to be there."""
    night = Night(tmp_path, tmp_path, items=6, broken=True, seconds=30.0)
    try:
        night.begin()
        night.go([night.kill_worker] * 3, pace=6, deadline=110)
        told = Counter(line.split(": ")[1] for line in night.judge() if "overlap" in line)
        assert told["overlap"] > 0
    finally:
        night.close()

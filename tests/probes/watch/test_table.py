"""Counters in a mapped file: they outlive a killed process, and are never shown half."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probes.errors import Misuse
from probes.model import Failure, Target
from probes.watch.slots import Slots, read
from probes.watch.table import BUCKETS, COARSE, FINE, REASONS, State, Table, Word
from probes.watch.watched import Watch

COUNTING = """
import sys
from pathlib import Path
from probes.model import Failure
from probes.watch.table import COARSE, Table
table = Table(Path(sys.argv[1]), writable=True, capacity=8)
table.clear(3, 77)
for n in range(1000):
    table.answered(3, 0.01, COARSE)
table.failed(3, Failure.NO_ROUTE)
table.failed(3, Failure.NO_ROUTE)
print("counted", flush=True)
while True:
    table.answered(4, 0.01, COARSE)
"""


def test_every_reason_and_every_bucket_has_a_place() -> None:
    assert len(Failure) <= REASONS
    assert len(FINE) < BUCKETS
    assert Word.BUCKET + BUCKETS <= Word.FAILURE


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.bin"
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTING, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "counted\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    table = Table(path, writable=False)
    base = table.base(3)
    assert table.q[base] == 77
    assert table.q[base + Word.ANSWERED] == 1000
    assert table.q[base + Word.SUM] == 1000 * 10_000_000
    assert [table.q[base + Word.BUCKET + n] for n in range(5)] == [0, 1000, 1000, 1000, 1000]
    assert table.q[base + Word.FAILED] == 2
    assert table.q[base + Word.STATE] == State.DOWN
    buckets = [table.q[table.base(4) + Word.BUCKET + n] for n in range(5)]
    assert buckets == sorted(buckets)  # killed in the middle, still no bucket above a wider one
    table.close()


def test_up_and_down(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", writable=True, capacity=2)
    table.clear(0, 5)
    base = table.base(0)
    assert table.q[base + Word.STATE] == State.UNKNOWN
    assert table.answered(0, 0.001, COARSE) is State.UP
    assert table.answered(0, 0.001, COARSE) is None
    assert table.failed(0, Failure.TIMEOUT_ANSWER) is None  # one lost packet is no outage
    assert table.answered(0, 0.001, COARSE) is None
    assert table.failed(0, Failure.TIMEOUT_ANSWER) is None
    table.unmeasured(0)  # says nothing either way
    assert table.failed(0, Failure.REFUSED) is State.DOWN
    assert table.failed(0, Failure.REFUSED) is None
    assert table.q[base + Word.REASON] == list(Failure).index(Failure.REFUSED) + 1
    assert table.answered(0, 0.001, COARSE) is State.UP
    assert table.q[base + Word.REASON] == 0
    assert table.q[base + Word.UNMEASURED] == 1


def test_jitter_is_that_of_rfc_3550(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", writable=True, capacity=1)
    expected, before = 0.0, None
    for took in (0.010, 0.014, 0.009, 0.009, 0.030):
        table.answered(0, took, FINE)
        if before is not None:
            expected += (abs(took - before) - expected) / 16
        before = took
    assert table.q[table.base(0) + Word.JITTER] == pytest.approx(expected * 1e9, abs=50)


@pytest.mark.parametrize("content", [b"x" * 5000, b"", b"\1\2"])
def test_another_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(Misuse):
        Table(tmp_path / "t", writable=False)


def watches(*codes: str) -> tuple[Watch, ...]:
    return tuple(
        Watch(target=Target(code=c, check="icmp", family=4, address="10.0.0.1"), kind="node")
        for c in codes
    )


def test_seats_stay_whoever_comes_and_goes(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", writable=True, capacity=16)
    slots = Slots(tmp_path / "s", "city")
    first = slots.place(watches("a", "b", "c"), table)
    table.answered(first["b|icmp|4"], 0.001, COARSE)
    second = slots.place(watches("x", "c"), table)
    assert second["c|icmp|4"] == first["c|icmp|4"]
    assert second["x|icmp|4"] not in first.values()
    slots.write()
    assert [s.key for s in read(tmp_path / "s") if s.gone] == ["a|icmp|4", "b|icmp|4"]
    again = Slots.load(tmp_path / "s", "city").place(watches("b", "y"), table)
    assert again["b|icmp|4"] == first["b|icmp|4"]
    assert table.q[table.base(again["b|icmp|4"]) + Word.ANSWERED] == 1


def test_a_seat_whose_record_is_anothers_begins_anew(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", writable=True, capacity=16)
    slots = Slots(tmp_path / "s", "city")
    slot = slots.place(watches("a"), table)["a|icmp|4"]
    table.answered(slot, 0.001, COARSE)
    slots.write()
    table.close()
    (tmp_path / "t").unlink()  # only the list survived
    table = Table(tmp_path / "t", writable=True, capacity=16)
    again = Slots.load(tmp_path / "s", "city").place(watches("a"), table)["a|icmp|4"]
    assert table.q[table.base(again) + Word.STATE] == State.UNKNOWN
    assert table.q[table.base(again) + Word.ANSWERED] == 0

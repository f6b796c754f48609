"""A copy's rate changes in flight: what the worker asks for, what the attempt tells and hears."""

import json
import sys
import time
from pathlib import Path

from migrator.attempts.crew import Watch, _paced
from migrator.attempts.pacing import GOES, GRACE, WANTED, Pacing, Teller

ANSWER = """
import json, sys
word = sys.argv[-1].split()
assert word[6:] == ["pace", "lj-s-1", "7"], word
assert sys.stdin.readline() == "secret\\n"
for line in sys.stdin:
    open(FILE, "a").write(line)
    told = {"done": 5, "total": 10, "rate": 1, "kbps": int(line.split()[0])}
    print(json.dumps(told), flush=True)
"""


def test_a_copy_is_cut_off_only_where_it_does_not_follow(tmp_path: Path) -> None:
    rate, clock = [20_000], [0.0]
    pacing = Pacing(tmp_path, 20_000, lambda: rate[0], lambda: clock[0])
    assert pacing.stop() is None
    assert not (tmp_path / WANTED).exists()
    rate[0] = 10_000
    assert pacing.stop() is None
    assert json.loads((tmp_path / WANTED).read_text())["kbps"] == 10_000
    clock[0] += GRACE - 1
    assert pacing.stop() is None
    (tmp_path / GOES).write_text(json.dumps({"kbps": 10_000, "at": 0}))  # it followed
    clock[0] += GRACE
    assert pacing.stop() is None
    rate[0] = 30_000  # what rises is never a reason
    clock[0] += GRACE
    assert pacing.stop() is None
    assert json.loads((tmp_path / WANTED).read_text())["kbps"] == 30_000
    rate[0] = 5_000
    assert pacing.stop() is None
    clock[0] += GRACE + 1
    assert "5000 kbit/s" in str(pacing.stop())


def test_the_attempt_tells_the_rate_and_logs_how_far_it_is(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    program = ANSWER.replace("FILE", repr(str(orders)))
    told: list[str] = []
    ssh = [sys.executable, "-S", "-c", program]
    teller = Teller(tmp_path, ssh, "lj-s-1", 7, "secret", 20_000, told.append)
    (tmp_path / WANTED).write_text(json.dumps({"kbps": 10_000, "at": time.time() - 5}))
    teller.begin()
    until = time.monotonic() + 20
    while not (tmp_path / GOES).exists() and time.monotonic() < until:
        time.sleep(0.02)
    teller.end()
    assert json.loads((tmp_path / GOES).read_text())["kbps"] == 10_000
    kbps, late = orders.read_text().splitlines()[0].split()
    assert kbps == "10000"
    assert float(late) >= 5.5  # what went through too much since then is waited for
    assert told[0] == "copied 5 of 10 bytes at 1 bytes/s, may take 10000 kbit/s"


def test_a_cutover_is_told_its_rate_and_asked_nothing(tmp_path: Path) -> None:
    orders, told = tmp_path / "orders", list[str]()
    program = ANSWER.replace("FILE", repr(str(orders))).replace('"total": 10', '"total": 0')
    ssh = [sys.executable, "-S", "-c", program]
    teller = Teller(tmp_path, ssh, "lj-s-1", 7, "secret", 20_000, told.append, asks=False)
    teller.begin()
    (tmp_path / WANTED).write_text(json.dumps({"kbps": 10_000, "at": time.time()}))
    until = time.monotonic() + 20
    while not (tmp_path / GOES).exists() and time.monotonic() < until:
        time.sleep(0.02)
    teller.end()
    assert [line.split()[0] for line in orders.read_text().splitlines()] == ["10000"]
    assert told == []


def test_a_cutover_is_never_cut_off_for_its_rate(tmp_path: Path) -> None:
    for cancellable in (True, False):
        clock = iter([0.0, 0.0, GRACE + 1]).__next__
        watch = Watch(beat=lambda: None, stop=lambda: None, rate=lambda: 10)
        paced = _paced(watch, tmp_path, 20_000, cancellable=cancellable, steady=clock)
        assert paced.stop() is None
        assert bool(paced.stop()) is cancellable


def test_nobody_who_answers_is_no_fault(tmp_path: Path) -> None:
    def teller(*ssh: str) -> Teller:
        return Teller(tmp_path, list(ssh), "lj-s-1", 7, "", 1, lambda _: None)

    assert teller("false").tell(1, 0) == {}
    assert teller("echo", "{}").tell(1, 0) == {}
    assert teller("/no/such/program").tell(1, 0) == {}
    of = {"inventory": {}, "token": 1, "secrets": {}, "log": lambda _: None}
    assert Teller.of(tmp_path, variables={}, **of) is None  # type: ignore[arg-type]

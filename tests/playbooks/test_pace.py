"""How quickly a copy may go: the bucket, the sender, and who keeps count."""

import json
import os
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qianyun_agent import pace, record  # isort: skip
from qianyun_agent.errors import Fenced, Unreachable  # isort: skip

from tests.playbooks.ansible import PLAYBOOKS

SENDER = """
import sys
from pathlib import Path
from qianyun_agent import pace
pace.RUN = Path(sys.argv[1])
sys.exit(pace.sending("s", int(sys.argv[2]), ["head", "-c", sys.argv[3], "/dev/zero"], {}))
"""
OUTGOING = """
import sys
from pathlib import Path
from qianyun_agent import pace
pace.RUN = Path(sys.argv[1])
sys.exit(pace.outgoing("s", int(sys.argv[2]), ["sh", "-c", "{text}"]))
"""


@given(
    st.integers(64, 10**6), st.lists(st.floats(0, 0.2), min_size=1, max_size=9), st.floats(0, 60)
)
def test_ten_seconds_take_what_they_may(rate: int, late: list[float], pause: float) -> None:
    """Whoever wakes late now and then: over any ten seconds at least 90 % of the rate less what goes
    round rsync's bytes; after a pause, in which rsync had nothing to send, at most 105 % of it."""
    bucket, now, sent = pace.Bucket(rate, 0.0), 0.0, 0.0
    slack = pace.DEPTH * rate * 125
    for number in range(40_000):
        if now >= 10:
            break
        sent += bucket.block
        if wait := bucket.take(bucket.block, now):
            now += wait + late[number % len(late)] / 10
    assert sent >= 0.9 * rate * 125 * pace.WIRE * now - slack
    assert sent <= rate * 125 * now + slack
    now, sent = now + pause, 0.0
    until = now + 10
    while now < until:
        sent += bucket.block
        now += bucket.take(bucket.block, now)
    assert sent / pace.WIRE <= 1.05 * rate * 125 * 10 + 2 * bucket.block


def test_what_went_too_quickly_before_the_order_came_is_waited_for() -> None:
    bucket = pace.Bucket(8_000, 0.0)
    bucket.take(0, 10.0)
    bucket.change(4_000, late=3.0)
    # three seconds at twice the rate: of as many seconds of silence some is forgiven
    assert bucket.take(0, 10.0) == pytest.approx(3 - pace.FORGIVEN - 2 * pace.DEPTH)
    bucket.change(8_000, late=5.0)
    assert bucket.rate == 8_000 * 125 * pace.WIRE


def test_the_sender_follows_a_rate_in_flight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 1 kbit/s it would take a quarter of an hour; told 800 Mbit/s it is over at once."""
    run = tmp_path / "run"
    run.mkdir()
    env = {"PYTHONPATH": str(PLAYBOOKS / "module_utils"), "PATH": os.environ["PATH"]}
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(run), "1", "100000"], stdout=subprocess.PIPE, env=env
    )
    assert sender.stdout
    assert sender.stdout.read(1) == b"\0"
    monkeypatch.setattr(pace, "RUN", run)
    pace.order("s", 800_000, 0.0)
    assert len(sender.stdout.read()) == 99_999
    assert sender.wait(30) == 0
    assert pace.order("s", 800_000, 0.0) == 100_000


def test_all_who_send_for_a_system_share_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections of one copy take no more than one; a third that begins changes no rate."""
    monkeypatch.setattr(pace, "RUN", tmp_path)
    clock = [100.0]
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    one, other = pace.Limit("s", 8_000), pace.Limit("s", 8_000)
    rate = 8_000 * 125 * pace.WIRE
    assert one.take(int(rate)) == pytest.approx(1)
    assert other.take(int(rate)) == pytest.approx(2)
    pace.order("s", 4_000, 0.0)
    third = pace.Limit("s", 8_000)
    assert third.take(0) == pytest.approx(4)
    assert pace.order("s", 4_000, 0.0) == 2 * int(rate)
    for limit in (one, other, third):
        limit.close()
    clock[0] += pace.WINDOW  # nobody has sent for so long: another attempt, at its own rate
    assert pace.Limit("s", 8_000).take(int(rate)) == pytest.approx(1)


def test_who_sends_by_ssh_keeps_the_limit_and_tells_how_it_ended(tmp_path: Path) -> None:
    code = OUTGOING.format(text="cat; exit 3")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "run"), "80000"], input=b"x" * 100_000,
        capture_output=True, check=False, timeout=60,
        env={"PYTHONPATH": str(PLAYBOOKS / "module_utils"), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, b"x" * 100_000)
    assert (tmp_path / "run" / "s.limit").stat().st_size == pace.STATE.size


def test_who_sends_by_ssh_ends_with_it(tmp_path: Path) -> None:
    """Rsync waits for that, and keeps what we read open until then."""
    code = OUTGOING.format(text="read line; exit 4")
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run"), "80000"], stdin=subprocess.PIPE,
        env={"PYTHONPATH": str(PLAYBOOKS / "module_utils"), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert child.stdin
    child.stdin.write(b"a line\n")
    child.stdin.flush()
    assert child.wait(60) == 4
    child.stdin.close()


def test_a_target_hands_orders_on_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "RUN", tmp_path)
    monkeypatch.setattr(pace, "COUNT", 0.0)
    monkeypatch.setattr(record, "folder", lambda code: tmp_path / code)
    asked: list[dict[str, Any]] = []
    sent = [100]

    def source(verb: str, wait: float, **args: Any) -> int:
        asked.append(args)
        if sent[0] < 0:
            raise Unreachable("x", read="-", expected="-", do="-")
        return sent[0]

    assert pace.wanted("s", 1, 9_000, 3.0) == {}
    time.sleep(0.01)
    copy = pace.Progress("s", 8_000, 1_000, source)
    copy.tick()
    assert asked == [{"kbps": 8_000, "late": 0.0}]  # nothing of what was ordered before it began
    told = pace.wanted("s", 1, 4_000, 3.0)
    assert {k: told[k] for k in ("done", "total", "kbps")} == {
        "done": 0, "total": 1_000, "kbps": 8_000,
    }  # fmt: skip
    sent[0] = -1
    copy.tick()
    assert copy.kbps == 8_000  # the source did not answer: it is asked again
    sent[0] = 300
    copy.tick()
    assert asked[-1]["kbps"] == 4_000
    assert asked[-1]["late"] < 3  # no more than it has been under way
    sent[0] = 50  # the source was started anew
    copy.tick()
    sent[0] = 200
    copy.tick()
    told = pace.wanted("s", 1, 4_000, 0.0)
    assert (told["done"], told["kbps"]) == (350, 4_000)
    answered = StringIO()
    pace.session("s", 1, StringIO("a password\n9000 0.25\n9000 $(x)\n"), answered)
    assert json.loads(answered.getvalue())["done"] == 350
    with record.held("s"):
        record._write("s", record.Record(seen=5))
    with pytest.raises(Fenced):
        pace.wanted("s", 4, 1, 0)

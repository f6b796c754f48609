"""Many visits: never more at once than the limits say, and an end that leaves nothing behind."""

import threading
from collections import Counter
from ipaddress import ip_address

import pytest

from inventory.facts import Failure, Visit
from probes.census.model import Limits, Login, Stop, Target
from probes.census.session import Sessions
from probes.census.sweep import sweep
from probes.census.visit import Visited


def target(number: int, *lines: str) -> Target:
    login = Login(user="x")
    stop = Stop(code=f"h{number}", address=ip_address("192.0.2.1"), login=login)
    return Target(stop=stop, lines=lines)


def ended(target: Target) -> Visited:
    told = {"code": target.code, "address": "", "way": "ssh", "begun": "", "ended": ""}
    return Visited(Visit.model_validate(told | {"failure": Failure.AUTH}))


class Counting:
    """A visitor that lets visits end only once as many are under way as can be."""

    def __init__(self, expected: int) -> None:
        self.lock, self.full = threading.Condition(), expected
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.done = 0

    def __call__(self, target: Target, _sessions: Sessions) -> Visited:
        with self.lock:
            for name in ("", *target.lines):
                self.now[name] += 1
                self.most[name] = max(self.most[name], self.now[name])
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.now[""] >= self.full or self.done, 20)
            self.done += 1
            for name in ("", *target.lines):
                self.now[name] -= 1
        return ended(target)


def test_at_most_so_many_at_once() -> None:
    visitor, begun, done = Counting(4), [], []
    sweep(
        [target(n) for n in range(20)],
        Limits(at_once=4),
        begun=lambda t: begun.append(t.code),
        done=lambda t, _: done.append(t.code),
        visitor=visitor,
    )
    assert visitor.most[""] == 4
    assert begun == [f"h{n}" for n in range(20)]
    assert sorted(done) == sorted(begun)


def test_at_most_so_many_by_one_line() -> None:
    visitor = Counting(4)
    targets = [target(n, "L-1") for n in range(8)] + [target(n, "L-2") for n in range(8, 12)]
    done: list[str] = []
    sweep(
        targets,
        Limits(at_once=8, per_line=2),
        begun=lambda _: None,
        done=lambda t, _: done.append(t.code),
        visitor=visitor,
    )
    assert visitor.most["L-1"] == visitor.most["L-2"] == 2
    assert len(done) == 12


def test_an_interrupt_ends_every_session_and_begins_no_more() -> None:
    sessions: list[Sessions] = []
    begun: list[str] = []

    def visitor(target: Target, given: Sessions) -> Visited:
        sessions.append(given)
        if target.code != "h0":
            assert given.stopped.wait(20)  # as a session that is ended does
        return ended(target)

    def interrupted(_target: Target, _visited: Visited) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(
            [target(n) for n in range(50)],
            Limits(at_once=3),
            begun=lambda t: begun.append(t.code),
            done=interrupted,
            visitor=visitor,
        )
    assert sessions[0].stopped.is_set()
    assert len(begun) <= 4
    assert threading.active_count() < 20

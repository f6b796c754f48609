"""The ICMP engine over real sockets, beside hosts that answer in every wrong way."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import cast

import pytest

from probes.model import Failure, Family
from probes.watch import echo as module
from probes.watch.echo import Echo, Outcomes
from tests.probes.conftest import InNamespace, firewall, ip, sysctl
from tests.probes.watch.mirror import mirror, reply

BOTH = pytest.mark.parametrize("family", [4, 6])
SOCKETS = pytest.mark.parametrize("groups", ["1 0", "0 2147483647"], ids=["raw", "either"])
WAIT = 0.2
LONG = 20.0  # where an answer is to come: no test rests on being quicker
ENDED = ("answered", "failed", "unmeasured")


class Ends:
    """What became of the looks, by slot."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, object]] = []
        self.outcomes = Outcomes(
            answered=lambda slot, s: self.seen.append(("answered", slot, s)),
            failed=lambda slot, why: self.seen.append(("failed", slot, why)),
            unmeasured=lambda slot: self.seen.append(("unmeasured", slot, None)),
            duplicate=lambda slot: self.seen.append(("duplicate", slot, None)),
            late=lambda slot: self.seen.append(("late", slot, None)),
            stray=lambda: self.seen.append(("stray", -1, None)),
        )

    @property
    def counts(self) -> Counter[str]:
        return Counter(kind for kind, _, _ in self.seen)


async def until(echo: Echo, done: Callable[[], bool]) -> None:
    """Turns of the engine until `done` or, in the end, the test's own time."""
    loop = asyncio.get_running_loop()
    while not done():
        if echo.read():
            echo.expire(loop.time())
        await asyncio.sleep(0.002)


def story(
    in_namespace: InNamespace, family: int, addresses: list[str], *rules: str,
    looks: int = 1, prepare: Callable[[], None] = lambda: None, wait: float = LONG,
) -> Ends:  # fmt: skip
    """`looks` rounds at every address; ends when each look has an end."""
    seen = Ends()

    async def run() -> None:
        prepare()
        if rules:
            firewall("input", *rules)
        echo = Echo(cast(Family, family), seen.outcomes)
        pings = [echo.add(slot, address) for slot, address in enumerate(addresses)]
        loop = asyncio.get_running_loop()
        for number in range(1, looks + 1):
            for ping in pings:
                echo.send(ping, loop.time(), wait)
            await until(echo, lambda n=number: sum(seen.counts[k] for k in ENDED) >= n * len(pings))
        echo.close()

    in_namespace(run)
    return seen


LOCAL = {4: [f"127.0.0.{n}" for n in range(1, 9)], 6: ["::1"]}


@SOCKETS
@BOTH
def test_answers(in_namespace: InNamespace, family: int, groups: str) -> None:
    seen = story(
        in_namespace, family, LOCAL[family], looks=5,
        prepare=lambda: sysctl("ipv4/ping_group_range", groups),
    )  # fmt: skip
    assert seen.counts == {"answered": 5 * len(LOCAL[family])}
    assert all(0 < cast(float, s) < 1 for _, _, s in seen.seen)


@BOTH
def test_unprivileged(
    in_namespace: InNamespace, family: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to raw sockets, ping sockets do it, with several targets on one."""

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(module, "only_replies", refused)
    seen = story(
        in_namespace, family, LOCAL[family], looks=3,
        prepare=lambda: sysctl("ipv4/ping_group_range", "0 2147483647"),
    )  # fmt: skip
    assert seen.counts == {"answered": 3 * len(LOCAL[family])}


@BOTH
def test_silence_is_a_timeout(in_namespace: InNamespace, family: int) -> None:
    drop = ("icmp type echo-request drop", "icmpv6 type echo-request drop")
    seen = story(in_namespace, family, LOCAL[family], *drop, looks=2, wait=WAIT)
    assert {why for _, _, why in seen.seen} == {Failure.TIMEOUT_ANSWER}
    assert len(seen.seen) == 2 * len(LOCAL[family])


@BOTH
def test_unreachable_told_from_afar(in_namespace: InNamespace, family: int) -> None:
    """Of two targets one is blamed, the other answers: an error hits no neighbour."""
    told = {
        4: "ip daddr 127.0.0.2 icmp type echo-request reject with icmp host-unreachable",
        6: "ip6 daddr fd00::2 icmpv6 type echo-request reject with icmpv6 no-route",
    }[family]

    def prepare() -> None:
        ip("addr", "add", "fd00::2/128", "dev", "lo")

    addresses = {4: ["127.0.0.1", "127.0.0.2", "127.0.0.3"], 6: ["::1", "fd00::2"]}[family]
    seen = story(in_namespace, family, addresses, told, looks=4, prepare=prepare)
    assert {(kind, slot) for kind, slot, _ in seen.seen} == {
        ("failed" if slot == 1 else "answered", slot) for slot in range(len(addresses))
    }
    assert {why for kind, _, why in seen.seen if kind == "failed"} == {Failure.NO_ROUTE}


@BOTH
def test_no_route(in_namespace: InNamespace, family: int) -> None:
    addresses = {4: ["203.0.113.1", "127.0.0.1"], 6: ["2001:db8:113::1", "::1"]}[family]
    seen = story(in_namespace, family, addresses, looks=3)
    assert seen.counts == {"answered": 3, "failed": 3}
    assert {why for kind, _, why in seen.seen if kind == "failed"} == {Failure.NO_ROUTE}


def against(
    in_namespace: InNamespace, family: int, answering: Callable[[bytes], list[bytes]], looks: int = 4,
    more: Callable[[Ends], bool] = lambda _: True, wait: float = LONG,
) -> Ends:  # fmt: skip
    """Looks at a mirror, each for `wait` seconds; `more` says when enough has come."""
    seen = Ends()

    async def run() -> None:
        with mirror(family, answering) as address:
            echo = Echo(cast(Family, family), seen.outcomes)
            ping = echo.add(7, address)
            loop = asyncio.get_running_loop()
            for number in range(1, looks + 1):
                echo.send(ping, loop.time(), wait)
                await until(echo, lambda n=number: sum(seen.counts[k] for k in ENDED) >= n)
            await until(echo, lambda: more(seen))
            echo.close()

    in_namespace(run)
    return seen


@BOTH
def test_duplicates_are_counted_and_answer_once(in_namespace: InNamespace, family: int) -> None:
    seen = against(
        in_namespace, family, lambda p: [reply(family, p)] * 3,
        more=lambda s: s.counts["duplicate"] + s.counts["late"] == 8,
    )  # fmt: skip
    assert seen.counts["answered"] == 4
    assert seen.counts["failed"] == 0


@BOTH
def test_reordered_replies(in_namespace: InNamespace, family: int) -> None:
    """The answer to the first comes after that to the second: one lost, one late, none mixed up."""
    held: list[bytes] = []

    def answering(packet: bytes) -> list[bytes]:
        held.append(packet)
        return [reply(family, p) for p in reversed(held)] if len(held) == 2 else []

    seen = against(
        in_namespace, family, answering, looks=2, wait=0.5, more=lambda s: s.counts["late"] == 1
    )
    assert seen.counts == {"failed": 1, "answered": 1, "late": 1}


@BOTH
@pytest.mark.parametrize("byte", [8, 15, 19, 23], ids=["secret", "secret", "slot", "serial"])
def test_forged_replies_answer_nothing(in_namespace: InNamespace, family: int, byte: int) -> None:
    seen = against(
        in_namespace, family, lambda p: [reply(family, p, flip=byte)], looks=2, wait=WAIT
    )
    assert seen.counts["answered"] == 0
    assert seen.counts["failed"] == 2


@BOTH
def test_garbage_of_any_length(in_namespace: InNamespace, family: int) -> None:
    def answering(packet: bytes) -> list[bytes]:
        good = reply(family, packet)
        return [*(reply(family, packet[:n]) for n in range(4, len(packet))), good]

    seen = against(in_namespace, family, answering)
    assert seen.counts["answered"] == 4


def test_a_reply_of_somebody_else_does_not_count(in_namespace: InNamespace) -> None:
    """The right packet from the wrong address: whoever saw a request pass could send it."""
    seen = Ends()

    async def run() -> None:
        with mirror(4, lambda p: [reply(4, p)]):  # answers as 127.0.0.1
            echo = Echo(4, seen.outcomes)
            ping = echo.add(1, "127.0.0.5")
            echo.add(2, "127.0.0.1")
            loop = asyncio.get_running_loop()
            mirrored = echo.sock.sendto
            assert mirrored
            echo.send(ping, loop.time(), WAIT)
            await until(echo, lambda: seen.counts["failed"] == 1)
            echo.close()

    in_namespace(run)
    assert seen.counts["answered"] == 0


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_clock_that_is_set_gives_no_absurd_round_trip(
    in_namespace: InNamespace, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    real = time.time_ns
    monkeypatch.setattr(module.time, "time_ns", lambda: real() + hours * 3600 * 10**9)
    seen = story(in_namespace, 4, LOCAL[4], looks=2)
    assert seen.counts == {"answered": 16}
    assert all(0 < cast(float, s) < 5 for _, _, s in seen.seen)


def test_half_of_the_packets_lost(in_namespace: InNamespace) -> None:
    """What is counted as lost is exactly what was dropped."""
    rule = "icmp type echo-request icmp sequence & 1 == 1 drop"
    seen = story(in_namespace, 4, LOCAL[4], rule, looks=6, wait=0.5)
    assert seen.counts["answered"] == 24
    assert seen.counts["failed"] == 24
    for slot in range(8):
        kinds = [kind for kind, at, _ in seen.seen if at == slot]
        assert kinds.count("answered") == 3


def test_what_this_machine_throws_away_is_not_lost(
    in_namespace: InNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receive buffer that overflows: every look is answered or unmeasured, none is called lost."""
    monkeypatch.setattr(module, "RECEIVE_BUFFER", 1)  # the kernel gives its least
    count, seen = 400, Ends()

    async def run() -> None:
        echo = Echo(4, seen.outcomes)
        loop = asyncio.get_running_loop()
        pings = [echo.add(n, f"127.0.{n >> 8}.{(n & 255) or 1}") for n in range(count)]
        for ping in pings:
            echo.send(ping, loop.time(), WAIT)
        echo.read()
        echo.send(echo.add(count, "127.9.9.9"), loop.time(), WAIT)  # brings the news of the drops
        await until(echo, lambda: sum(seen.counts[k] for k in ENDED) == count + 1)
        assert echo.drops > 0
        echo.close()

    in_namespace(run)
    assert seen.counts["failed"] == 0
    assert seen.counts["unmeasured"] > 0
    assert seen.counts["answered"] > 0


def test_a_target_that_leaves_while_it_is_asked(in_namespace: InNamespace) -> None:
    seen = Ends()

    async def run() -> None:
        echo = Echo(4, seen.outcomes)
        loop = asyncio.get_running_loop()
        gone, stays = echo.add(0, "127.0.0.1"), echo.add(1, "127.0.0.1")
        echo.send(gone, loop.time(), WAIT)
        echo.send(stays, loop.time(), WAIT)
        echo.remove(gone)
        await until(echo, lambda: seen.counts["answered"] == 1)
        echo.expire(loop.time() + 9)
        echo.close()

    in_namespace(run)
    assert seen.counts == {"answered": 1, "stray": 1}


def test_an_id_sticks_only_while_it_works(in_namespace: InNamespace) -> None:
    """A firewall's broken session goes by the id: the next request comes with another."""
    heard: list[bytes] = []

    def answering(packet: bytes) -> list[bytes]:
        heard.append(packet[4:6])
        return [reply(4, packet)] if len(heard) in (1, 2) else []

    against(in_namespace, 4, answering, looks=5, wait=0.5)
    assert heard[0] == heard[1] == heard[2]
    assert len({*heard[2:]}) == 3

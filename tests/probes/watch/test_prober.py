"""The prober whole: real looks in a namespace, lists that change, kills, hostile targets."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probes.errors import Misuse
from probes.model import Failure, Target
from probes.watch.folder import Folder
from probes.watch.outages import LEFT, Outage, recorded
from probes.watch.prober import Prober
from probes.watch.slots import read
from probes.watch.table import FAILURES, Head, State, Table, Word
from probes.watch.watched import Watch, share, write
from tests.probes.conftest import InNamespace, ip, sysctl
from tests.probes.servers import free_port, serving, silent


def watch(code: str, address: str, check: str = "icmp", **more: Any) -> Watch:
    target = Target(
        code=code, check=check, family=6 if ":" in address else 4, address=address, **more
    )
    return Watch(target=target, kind="node", interval=0.1)


@asynccontextmanager
async def probing(folder: Folder, *watches: Watch, **more: Any) -> AsyncIterator[Prober]:
    write(folder.targets, watches)
    prober, stop, ready = Prober(folder, **more), asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(prober.run(stop, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            waiting.cancel()
            task.result()
        yield prober
    finally:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)


def words(folder: Folder) -> dict[str, dict[str, int]]:
    """Each target's record by its key."""
    table = Table(folder.table, writable=False)
    try:
        return {
            seat.key: {word.name: table.q[table.base(seat.slot) + word] for word in Word}
            for seat in read(folder.slots)
            if not seat.gone
        }
    finally:
        table.close()


async def when(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110  another process may be the one that writes
        await asyncio.sleep(0.01)


def reason(record: dict[str, int]) -> Failure | None:
    return FAILURES[record["REASON"] - 1] if record["REASON"] else None


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


type Story = Callable[[], Awaitable[None]]


def test_families_are_counted_apart_and_a_cut_is_an_outage(
    in_namespace: InNamespace, folder: Folder
) -> None:
    async def story() -> None:
        ip("addr", "add", "10.1.1.1/32", "dev", "lo")
        ip("addr", "add", "fd00::1/128", "dev", "lo")
        both = watch("N-1", "10.1.1.1"), watch("N-1", "fd00::1")
        async with probing(folder, *both):
            await when(lambda: all(w["ANSWERED"] > 2 for w in words(folder).values()))
            ip("addr", "del", "fd00::1/128", "dev", "lo")
            await when(lambda: words(folder)["N-1|icmp|6"]["STATE"] == State.DOWN)
            assert words(folder)["N-1|icmp|4"]["STATE"] == State.UP
            assert words(folder)["N-1|icmp|4"]["FAILED"] == 0
            ip("addr", "add", "fd00::1/128", "dev", "lo")
            await when(lambda: words(folder)["N-1|icmp|6"]["STATE"] == State.UP)

    in_namespace(story)
    (outage,) = recorded(folder.outages)
    assert (outage.code, outage.family, outage.reason) == ("N-1", 6, "no_route")
    assert outage.ended is not None
    assert outage.ended > outage.began
    assert recorded(folder.outages, "N-2") == []


def test_an_outage_ends_when_its_target_leaves_the_list(
    in_namespace: InNamespace, folder: Folder
) -> None:
    key, here, away = "N-9|icmp|4", watch("N-1", "127.0.0.1"), watch("N-9", "10.9.9.9")

    async def story() -> None:
        def down() -> bool:
            return key in words(folder) and words(folder)[key]["STATE"] == State.DOWN

        async with probing(folder, here, away):
            await when(down)
            write(folder.targets, [here])
            await when(lambda: key not in words(folder))
            ip("addr", "add", "10.9.9.9/32", "dev", "lo")
            write(folder.targets, [here, away])  # it comes back, well: nobody says that it is down
            await when(lambda: key in words(folder))
            states = set[int]()
            await when(lambda: states.add(words(folder)[key]["STATE"]) or State.UP in states)
            assert State.DOWN not in states
            ip("addr", "del", "10.9.9.9/32", "dev", "lo")
            await when(down)
        async with probing(folder, here):  # it left while no prober ran
            pass

    in_namespace(story)
    for outage in recorded(folder.outages):
        assert outage.ended is not None
        assert outage.began <= outage.ended
        assert outage.note == LEFT
    assert len(recorded(folder.outages)) == 2


def test_a_changed_list_loses_no_counter(in_namespace: InNamespace, folder: Folder) -> None:
    async def story() -> None:
        async with probing(folder, watch("a", "127.0.0.1"), watch("b", "127.0.0.2")):
            await when(lambda: all(w["ANSWERED"] > 3 for w in words(folder).values()))
            before = words(folder)
            # b moves to another address, a stays, a thousand are new: the table must grow
            more = [watch(f"n-{n}", f"127.1.{n >> 8}.{n & 255 or 1}") for n in range(1500)]
            write(folder.targets, (watch("a", "127.0.0.1"), watch("b", "127.0.0.9"), *more))
            await when(lambda: len(words(folder)) == 1502)
            for key in ("a|icmp|4", "b|icmp|4"):
                assert words(folder)[key]["ANSWERED"] >= before[key]["ANSWERED"]
            after = words(folder)
            await when(
                lambda: all(
                    words(folder)[k]["ANSWERED"] > after[k]["ANSWERED"]
                    for k in ("a|icmp|4", "b|icmp|4", "n-7|icmp|4")
                )
            )
            write(folder.targets, [watch("b", "127.0.0.9")])
            await when(lambda: len(words(folder)) == 1)
            gone = words(folder)["b|icmp|4"]["ANSWERED"]
            write(folder.targets, [watch("a", "127.0.0.1"), watch("b", "127.0.0.9")])
            await when(lambda: len(words(folder)) == 2)
            assert words(folder)["a|icmp|4"]["ANSWERED"] >= before["a|icmp|4"]["ANSWERED"]
            assert words(folder)["b|icmp|4"]["ANSWERED"] >= gone

    in_namespace(story)


@pytest.mark.parametrize(
    "text", ["not json\n", '{"target":{}}\n', '{"target":{"code":"a"},"kind":"node"}\n']
)
def test_a_list_that_cannot_be_read(in_namespace: InNamespace, folder: Folder, text: str) -> None:
    """At the start it is told; later the one before it goes on, and it is counted."""

    async def later() -> None:
        async with probing(folder, watch("a", "127.0.0.1")):
            folder.targets.write_text(text)
            table = Table(folder.table, writable=False)
            await when(lambda: table.q[Head.REFUSED] == 1)
            table.close()
            answered = words(folder)["a|icmp|4"]["ANSWERED"]
            await when(lambda: words(folder)["a|icmp|4"]["ANSWERED"] > answered)

    in_namespace(later)

    async def at_the_start() -> None:
        (folder.path / "other").mkdir()
        other = Folder(folder.path / "other")
        other.targets.write_text(text)
        with pytest.raises(Misuse, match=r"targets\.jsonl:1"):
            await Prober(other).run(asyncio.Event())

    in_namespace(at_the_start)


ALONE = """
import asyncio, os, sys
from pathlib import Path
from probes.watch.folder import Folder
from probes.watch.prober import Prober
async def main():
    ready = asyncio.Event()
    task = asyncio.create_task(Prober(Folder(Path(sys.argv[1]))).run(asyncio.Event(), ready))
    await ready.wait()
    print("ready", flush=True)
    await task
asyncio.run(main())
"""


async def alone(folder: Folder) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, str(folder.path), stdout=subprocess.PIPE
    )
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    return process


async def kill(process: asyncio.subprocess.Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    await process.communicate()


def test_killed_and_started_again_counters_and_outages_are_whole(
    in_namespace: InNamespace, folder: Folder
) -> None:
    told: list[list[Outage]] = []

    async def story() -> None:
        for address in ("10.1.1.1/32", "10.1.1.2/32", "10.1.1.3/32"):
            ip("addr", "add", address, "dev", "lo")
        write(folder.targets, [watch(f"N-{n}", f"10.1.1.{n}") for n in (1, 2, 3)])
        first = await alone(folder)
        await when(lambda: all(w["ANSWERED"] > 2 for w in words(folder).values()))
        for number in (2, 3):
            ip("addr", "del", f"10.1.1.{number}/32", "dev", "lo")
        for number in (2, 3):
            key = f"N-{number}|icmp|4"
            await when(lambda k=key: words(folder)[k]["STATE"] == State.DOWN)
        await when(lambda: len(recorded(folder.outages)) == 2)
        await kill(first)
        before = words(folder)
        ip("addr", "add", "10.1.1.3/32", "dev", "lo")  # comes back while nobody looks
        second = await alone(folder)
        await when(lambda: words(folder)["N-3|icmp|4"]["STATE"] == State.UP)
        await when(lambda: recorded(folder.outages, "N-3")[0].ended is not None)
        told.append(recorded(folder.outages))
        await kill(second)
        after = words(folder)
        for key, record in before.items():
            for word in ("ANSWERED", "FAILED", "SUM"):
                assert after[key][word] >= record[word], (key, word)
        assert after["N-2|icmp|4"]["SINCE"] == before["N-2|icmp|4"]["SINCE"]

    in_namespace(story)
    assert [(o.code, o.ended is None) for o in told[0]] == [("N-2", True), ("N-3", False)] or [
        (o.code, o.ended is None) for o in told[0]
    ] == [("N-3", False), ("N-2", True)]
    table = Table(folder.table, writable=False)
    assert table.q[Head.STARTS] == 2
    table.close()


def test_an_outage_that_was_not_written_down_is_found_in_the_table(
    in_namespace: InNamespace, folder: Folder
) -> None:
    """Killed between the table and the memory: the table is right."""

    async def story() -> None:
        async with probing(folder, watch("a", "203.0.113.1")):
            await when(lambda: words(folder)["a|icmp|4"]["STATE"] == State.DOWN)
        began = words(folder)["a|icmp|4"]["SINCE"]
        folder.outages.unlink()
        async with probing(folder, watch("a", "203.0.113.1")):
            await when(lambda: len(recorded(folder.outages)) == 1)
        (outage,) = recorded(folder.outages)
        assert outage.began == began
        assert outage.ended is None
        assert outage.reason == "no_route"

    in_namespace(story)


def test_hostile_and_hopeless_targets_beside_good_ones(
    in_namespace: InNamespace, folder: Folder
) -> None:
    """One that hangs, one that sends for ever, one that refuses, an address with a zone, one that is
    no address: each has its own reason, and the good one beside them is never late for it."""

    async def forever(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def story() -> None:
        async with serving(silent) as hangs, serving(forever) as sends:
            closed = free_port()
            bad = (
                watch("hangs", "127.0.0.1", "redis", port=hangs),
                watch("sends", "127.0.0.1", "redis", port=sends),
                watch("closed", "127.0.0.1", "tcp", port=closed),
                watch("zone", "fe80::1%lo"),
                watch("none", ""),
                watch("unknown", "127.0.0.1", "gopher", port=1),
            )
            good = (watch("good", "127.0.0.1"), watch("good", "127.0.0.1", "tcp", port=hangs))
            async with probing(folder, *bad, *good):
                await when(
                    lambda: all(
                        w["STATE"] == State.DOWN
                        for k, w in words(folder).items()
                        if "good" not in k
                    )
                )
                await when(
                    lambda: all(w["ANSWERED"] > 3 for k, w in words(folder).items() if "good" in k)
                )

    in_namespace(story)
    found = {key.partition("|")[0]: reason(record) for key, record in words(folder).items()}
    assert found == {
        "hangs": Failure.TIMEOUT_ANSWER,
        "sends": Failure.PROTOCOL,
        "closed": Failure.REFUSED,
        "zone": Failure.BAD_TARGET,
        "none": Failure.BAD_TARGET,
        "unknown": Failure.BAD_TARGET,
        "good": None,
    }
    assert sum(w["FAILED"] for k, w in words(folder).items() if k.startswith("good")) == 0


def test_without_descriptors_nobody_is_accused(in_namespace: InNamespace, folder: Folder) -> None:
    """The limit falls to what is open: looks that need a socket are unmeasured, pings go on."""

    async def story() -> None:
        async with serving(silent) as port:
            mine = watch("a", "127.0.0.1", "tcp", port=port)
            async with probing(folder, mine, watch("a", "127.0.0.1")):
                await when(lambda: words(folder)[mine.key]["ANSWERED"] > 2)
                table = Table(folder.table, writable=False)
                before = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
                try:
                    await when(lambda: table.q[Head.EXHAUSTED] >= 5)
                    pings = table.q[Head.RECEIVED]
                    await when(lambda: table.q[Head.RECEIVED] > pings + 3)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, before)
                table.close()
                assert words(folder)[mine.key]["STATE"] == State.UP
                assert words(folder)[mine.key]["FAILED"] == 0
                assert words(folder)[mine.key]["UNMEASURED"] >= 5

    in_namespace(story)


def test_without_ports_nobody_is_accused(in_namespace: InNamespace, folder: Folder) -> None:
    """Every local port is taken: a connect fails with the same errno as one without any address."""

    async def story() -> None:
        async with serving(silent, port=50000) as port:
            mine = watch("a", "127.0.0.1", "tcp", port=port)
            async with probing(folder, mine):
                await when(lambda: words(folder)[mine.key]["ANSWERED"] > 1)
                sysctl("ipv4/ip_local_port_range", "40000 40001")
                held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1)]
                table = Table(folder.table, writable=False)
                await when(lambda: table.q[Head.EXHAUSTED] >= 3)
                table.close()
                assert words(folder)[mine.key]["FAILED"] == 0
                assert words(folder)[mine.key]["STATE"] == State.UP
                for _, writer in held:
                    writer.close()

    in_namespace(story)


def test_a_prober_that_is_too_slow_accuses_nobody(
    in_namespace: InNamespace, folder: Folder
) -> None:
    """The server answers in time; our loop is held up for longer than a look may take."""

    def answer(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client:
                    client.recv(100)
                    time.sleep(0.2)  # longer than the window below: every look is held up
                    client.sendall(b"+PONG\r\n")

    async def story() -> None:
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        mine = watch("a", "127.0.0.1", "redis", port=server.getsockname()[1])
        mine = replace(mine, interval=1.0)
        async with probing(folder, mine):
            await when(lambda: words(folder)[mine.key]["ANSWERED"] > 0)
            while words(folder)[mine.key]["UNMEASURED"] < 2:
                time.sleep(1.5)  # noqa: ASYNC251  the fault itself
                await asyncio.sleep(0.1)
            assert words(folder)[mine.key]["FAILED"] == 0
            assert words(folder)[mine.key]["STATE"] == State.UP
        server.shutdown(socket.SHUT_RDWR)
        server.close()

    in_namespace(story)


def test_shards_share_the_list_and_keep_families_together() -> None:
    watches = [watch(f"N-{n}", a) for n in range(300) for a in ("10.0.0.1", "fd00::1")]
    parts = [share(watches, n, 3) for n in range(3)]
    assert sorted(w.key for part in parts for w in part) == sorted(w.key for w in watches)
    for part in parts:
        assert 120 < len(part) < 280
        codes = [w.target.code for w in part]
        assert all(codes.count(code) == 2 for code in codes)

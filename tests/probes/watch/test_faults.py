"""Faults of what a prober stands on: resolvers that hang, ICMP that is rationed, clocks that jump."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from probes.model import Failure, Target
from probes.names import Resolver
from probes.watch import outages as module
from probes.watch.exporter import View
from probes.watch.folder import Folder
from probes.watch.history import History, kept
from probes.watch.outages import Outages, Turn, recorded
from probes.watch.slots import read
from probes.watch.table import FAILURES, State, Table, Word
from probes.watch.watched import Watch, write
from tests.probes.conftest import InNamespace, firewall
from tests.probes.servers import free_port, serving, silent
from tests.probes.survey.test_survey import TWO, told
from tests.probes.test_dns import nameserver
from tests.probes.watch.test_history import NOON, City, S
from tests.probes.watch.test_prober import folder, probing, reason, watch, when, words

__all__ = ["folder"]
NAME = "www.a.gov.cn"


def named(code: str, host: str, family: int, port: int) -> Watch:
    target = Target(code=code, check="tcp", family=family, address="", host=host, port=port)  # type: ignore[arg-type]
    return Watch(target=target, kind="portal", interval=0.1)


def rationed(where: Folder, key: str) -> int:
    table = Table(where.table, writable=False)
    try:
        (slot,) = [seat.slot for seat in read(where.slots) if seat.key == key]
        return table.q[table.base(slot) + Word.FAILURE + FAILURES.index(Failure.ECHO_RATIONED)]
    finally:
        table.close()


def test_a_resolver_that_hangs_neither_blocks_nor_accuses(
    in_namespace: InNamespace, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that nobody tells, more than there are workers, beside one target by its address."""
    monkeypatch.setattr("probes.watch.workers.AT_ONCE", 4)

    async def story() -> None:
        firewall("input", "udp dport 53 drop")
        async with serving(silent) as port:
            hopeless = [named(f"n-{n}", f"h{n}.a.gov.cn", 4, port) for n in range(12)]
            good = watch("good", "127.0.0.1", "tcp", port=port)
            async with probing(folder, *hopeless, good, resolver=Resolver(("127.0.0.1",))):
                await when(lambda: words(folder)[good.key]["ANSWERED"] > 5)
                await when(lambda: all(words(folder)[w.key]["UNMEASURED"] > 2 for w in hopeless))
                found = words(folder)

        assert {found[w.key]["FAILED"] for w in hopeless} == {0}
        assert {found[w.key]["STATE"] for w in hopeless} == {State.UNKNOWN}
        assert {reason(found[w.key]) for w in hopeless} == {Failure.NO_RESOLVER}
        assert found[good.key]["FAILED"] == 0

    in_namespace(story)


def test_names_are_looked_up_by_family_and_stand_while_the_resolver_is_silent(
    in_namespace: InNamespace, folder: Folder
) -> None:
    async def story() -> None:
        records = {key: value for key, value in TWO.items() if key != (NAME, "AAAA")}
        records[NAME, "A"] = "127.0.0.1"
        async with (
            serving(silent) as port,
            nameserver(told(records), told(records), "127.0.0.1") as dns,
        ):
            four, six = (named("S", NAME, family, port) for family in (4, 6))
            resolver = Resolver(("127.0.0.1",), dns)
            async with probing(folder, four, six, resolver=resolver):
                await when(lambda: words(folder)[four.key]["ANSWERED"] > 1)
                await when(lambda: words(folder)[six.key]["STATE"] == State.DOWN)
                assert reason(words(folder)[six.key]) is Failure.NO_ADDRESS
                firewall("input", f"udp dport {dns} drop")
                answered = words(folder)[four.key]["ANSWERED"]
                await when(lambda: words(folder)[four.key]["ANSWERED"] > answered + 3)
                assert words(folder)[four.key]["FAILED"] == 0

    in_namespace(story)


def test_a_silent_resolver_is_told(
    in_namespace: InNamespace, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probes.watch.naming.DEADLINE", 0.2)

    def untold() -> int:
        text = View(folder).metrics().decode()
        (line,) = [t for t in text.splitlines() if t.startswith("qianyun_prober_names_untold ")]
        return int(float(line.split()[1]))

    async def story() -> None:
        async with serving(silent) as port:
            lost, good = named("S", "a.gov.cn", 4, port), watch("N", "127.0.0.1")
            resolver = Resolver(("127.0.0.1",), free_port())  # refused at once
            async with probing(folder, lost, good, resolver=resolver):
                await when(lambda: untold() == 1)
                write(folder.targets, [good])
                await when(lambda: untold() == 0)

    in_namespace(story)


def test_echoes_that_are_rationed_are_no_loss_of_the_node(
    in_namespace: InNamespace, folder: Folder
) -> None:
    async def story() -> None:
        firewall("input", "icmp type echo-request limit rate over 3/second burst 1 packets drop")
        async with serving(silent) as port:
            echo = watch("N", "127.0.0.1")
            async with probing(folder, echo, watch("N", "127.0.0.1", "tcp", port=port)):
                await when(lambda: rationed(folder, echo.key) > 5)
                failed = words(folder)[echo.key]["FAILED"]
                await when(lambda: rationed(folder, echo.key) > 15)
                assert words(folder)[echo.key]["FAILED"] == failed
                await when(lambda: words(folder)[echo.key]["STATE"] == State.UP)

    in_namespace(story)


def test_a_path_that_loses_is_not_called_rationed(
    in_namespace: InNamespace, folder: Folder
) -> None:
    """Echoes and connections alike: SYNs that are lost come a second later."""

    async def story() -> None:
        firewall("input", "ip protocol { icmp, tcp } numgen random mod 3 == 0 drop")
        async with serving(silent) as port:
            echo = watch("N", "127.0.0.1")
            slow = replace(watch("N", "127.0.0.1", "tcp", port=port), interval=0.5)
            async with probing(folder, echo, slow):
                await when(lambda: words(folder)[echo.key]["FAILED"] > 20)
                assert rationed(folder, echo.key) == 0

    in_namespace(story)


def test_a_clock_that_is_set_back_ends_no_outage_before_it_began(folder: Folder) -> None:
    outages = Outages(folder.outages)
    outages.tell(Turn("k", "N", "icmp", 4, True, NOON, "no_route"))
    outages.tell(Turn("k", "N", "icmp", 4, False, NOON - 3600 * S))
    outages.close()
    (one,) = recorded(folder.outages)
    assert (one.began, one.ended) == (NOON, NOON)


def test_a_clock_that_jumps_makes_no_time_that_was_not_watched(folder: Folder) -> None:
    """Back an hour, then a year ahead: nothing is negative, and no year was watched."""
    city = City(folder)
    with History(folder.history) as history:
        for at in (NOON, NOON - 3600 * S, NOON + 365 * 86400 * S):
            city.look("N-1|icmp|4", at)
            history.fold(folder)
    rows = kept(folder.history, "days", 0, 10**9)
    assert sum(row.answered for row in rows) == 3
    assert all(0 <= row.watched <= 3600 * S for row in rows)


def test_a_disk_that_is_full_for_a_while_loses_no_outage(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What could not be written is kept, said, and written with what came after."""
    really, refused = module._opened, [sqlite3.OperationalError("database or disk is full")] * 2

    def opened(path: Path) -> sqlite3.Connection:
        if refused:
            raise refused.pop()
        return really(path)

    outages = Outages(folder.outages)
    monkeypatch.setattr(module, "_opened", opened)
    monkeypatch.setattr(module, "AGAIN", 0.0)
    for down, at in ((True, NOON), (False, NOON + S)):
        outages.tell(Turn(key="n", code="n", check="tcp", family=4, down=down, at=at, reason="x"))
    outages.close()
    (one,) = recorded(folder.outages)
    assert (one.began, one.ended) == (NOON, NOON + S)
    assert "full" in capsys.readouterr().err

"""Several probers as one picture; what the gate is answered; the list as Prometheus discovers it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probes.asking import ask
from probes.errors import Unreachable
from probes.model import Failure, Target
from probes.watch.exporter import server
from probes.watch.folder import Folder
from probes.watch.green import SECOND, Answer, green
from probes.watch.outages import Outages, Turn
from probes.watch.picture import Picture, Prober, Sight, of_folder, outages_of, picture
from probes.watch.slots import Slots
from probes.watch.table import COARSE, Head, Table, Word
from probes.watch.watched import Watch, shard_of, share, write

NOW = 1_800_000_000 * SECOND


def watch(code: str, family: int = 4, port: int = 0) -> Watch:
    check = "tcp" if port else "icmp"
    address = "10.0.0.1" if family == 4 else "fd00::1"
    target = Target(code=code, check=check, family=family, address=address, port=port)  # type: ignore[arg-type]
    return Watch(target=target, kind="接入节点", organisation="ORG")


def folder(path: Path, vantage: str, up: dict[str, bool], beat: int | None = None) -> Folder:
    """A prober's files as it leaves them: who is up, who is down."""
    path.mkdir()
    made = Folder(path)
    table = Table(made.table, writable=True, capacity=8)
    slots = Slots(made.slots, vantage)
    watches = tuple(watch(code) for code in up)
    seats = slots.place(watches, table)
    slots.write()
    write(made.targets, watches)
    outages = Outages(made.outages)
    for code, good in up.items():
        slot = seats[f"{code}|icmp|4"]
        if good:
            table.answered(slot, 0.01, COARSE)
        else:
            table.failed(slot, Failure.TIMEOUT_ANSWER)
            table.failed(slot, Failure.TIMEOUT_ANSWER)
            outages.tell(Turn(f"{code}|icmp|4", code, "icmp", 4, True, 5, "timeout_answer"))
    outages.close()
    table.q[Head.BEAT] = time.time_ns() if beat is None else beat
    table.q[Head.STARTED] = 1 + len(vantage)
    table.close()
    return made


@contextmanager
def serving(made: Folder) -> Iterator[str]:
    exporter = server(made, "127.0.0.1", 0)
    thread = threading.Thread(target=exporter.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{exporter.server_address[1]}"
    finally:
        exporter.shutdown()
        thread.join()
        exporter.server_close()


def test_what_one_sees_down_is_down_and_each_shard_adds_its_own(tmp_path: Path) -> None:
    own = folder(tmp_path / "city", "city", {"A": True, "B": True})
    far = folder(tmp_path / "county", "county-3", {"B": False, "C": True})
    with serving(far) as url:
        seen = picture(own, (("county-3", url), ("again", url)))
        outages, missing = outages_of(own, (("county-3", url), ("gone", "http://127.0.0.1:9")), "B")
    assert seen.missing == ()
    assert sorted(one.vantage for one in seen.probers) == ["city", "county-3"]
    found = seen.standings()
    assert {key[0]: one.up for key, one in found.items()} == {"A": True, "B": False, "C": True}
    assert (found["B", "icmp", 4].answered, found["B", "icmp", 4].failed) == (1, 2)
    assert [(one.code, one.prober, one.began) for one in outages] == [("B", "county-3", 5)]
    assert [name for name, _ in missing] == ["gone"]


def test_who_does_not_answer_or_turn_is_named(tmp_path: Path) -> None:
    still = folder(tmp_path / "still", "still", {"A": True}, beat=time.time_ns() - 60 * SECOND)
    seen = picture(still, (("gone", "http://127.0.0.1:9"),))
    assert seen.probers == ()
    assert [name for name, _ in seen.missing] == ["still", "gone"]
    assert "127.0.0.1:9" in seen.missing[1][1]
    assert picture(Folder(tmp_path / "none"), ()) == Picture(())


def test_what_is_no_prober_s_state_is_told(tmp_path: Path) -> None:
    made = folder(tmp_path / "x", "x", {"A": True})
    with serving(made) as url:
        told = ask(f"{url}/standing")
        assert Prober.of_json(told) == of_folder(made)
        with pytest.raises(Unreachable, match="404"):
            ask(f"{url}/nothing")
        assert picture(Folder(tmp_path / "n"), (("x", f"{url}/sd?"),)).probers == ()
    with pytest.raises(ValueError, match="version 9"):
        Prober.of_json(told | {"version": 9})


def test_the_list_as_prometheus_discovers_it(tmp_path: Path) -> None:
    made = folder(tmp_path / "x", "x", {"A": True})
    write(made.targets, (watch("A"), watch("A", 6, 443)))
    with serving(made) as url:
        groups = ask(f"{url}/sd")
        assert [one["targets"] for one in groups] == [["10.0.0.1"], ["[fd00::1]:443"]]
        assert groups[1]["labels"] == {
            "__meta_qianyun_code": "A", "__meta_qianyun_kind": "接入节点",
            "__meta_qianyun_organisation": "ORG", "__meta_qianyun_family": "6",
            "__meta_qianyun_check": "tcp/443", "__meta_qianyun_interval": "5",
            "__meta_qianyun_path": "/",
        }  # fmt: skip
        made.targets.write_text("{half a list")
        with pytest.raises(Unreachable, match="503"):  # never a shorter list
            ask(f"{url}/sd")


def sight(code: str, *, up: bool = True, since: float = 3600, last: float = 1) -> Sight:
    """`since`, `last`: seconds ago."""
    at = (int(NOW - since * SECOND), int(NOW - last * SECOND))
    return Sight(code, "icmp", 4, up, *at, answered=9, failed=0, mean=0.01, interval=5.0)


def seen(*sights: Sight, started: float = 7200, vantage: str = "city") -> Prober:
    return Prober(vantage, NOW, int(NOW - started * SECOND), sights)


@pytest.mark.parametrize(
    ("probers", "answer", "told"),
    [
        ([seen(sight("A"))], Answer.GREEN, ""),
        ([seen(sight("A")), seen(sight("A"), vantage="far")], Answer.GREEN, ""),
        ([seen(sight("A")), seen(sight("B"), vantage="far")], Answer.GREEN, ""),  # shards
        ([seen(sight("A"), started=120)], Answer.WAIT, "2.0 min"),
        ([seen(sight("A", since=60))], Answer.WAIT, "1.0 min"),
        ([seen(sight("A", last=40))], Answer.WAIT, "no look for 40 s"),
        ([seen(sight("A", up=False))], Answer.WAIT, "A icmp v4@city is down"),
        ([seen(sight("A")), seen(sight("A", up=False), vantage="far")], Answer.WAIT, "v4@far is"),
        ([seen(sight("B"))], Answer.WAIT, "not been looked at"),
        ([], Answer.ASK, "probe serve"),
    ],
)
def test_green_for_ten_minutes(probers: list[Prober], answer: Answer, told: str) -> None:
    verdict = green([watch("A")], Picture(tuple(probers)), NOW, 10)
    assert (verdict.answer, told in verdict.reason) == (answer, True)
    assert (verdict.seconds > 0) == (answer is not Answer.GREEN)


def test_a_prober_that_does_not_answer_is_a_question(tmp_path: Path) -> None:
    seen_by_one = Picture((seen(sight("A")),), (("county-3", "refused"),))
    verdict = green([watch("A")], seen_by_one, NOW, 10)
    assert (verdict.answer, "county-3: refused" in verdict.reason) == (Answer.ASK, True)
    assert green([], Picture((seen(),)), NOW, 10).answer is Answer.ASK
    worst = green([watch("A"), watch("B")], Picture((seen(sight("A", since=60)),)), NOW, 10)
    assert "(+1)" in worst.reason  # the one that takes longest first, and how many more


CODES = tuple(f"N-{n}" for n in range(2000))


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 40])
def test_of_one_prober_more_each_gives_an_equal_part(shards: int) -> None:
    before = {code: shard_of(code, shards) for code in CODES}
    after = {code: shard_of(code, shards + 1) for code in CODES}
    moved = [code for code in CODES if before[code] != after[code]]
    assert {after[code] for code in moved} == {shards}
    assert len(moved) == pytest.approx(len(CODES) / (shards + 1), rel=0.35)
    assert set(before.values()) == set(range(shards))


def test_another_number_of_shards_costs_those_who_stay_nothing(tmp_path: Path) -> None:
    watches = tuple(watch(code) for code in CODES[:300])
    tables: list[tuple[Slots, Table]] = []
    for number in range(3):
        table = Table(tmp_path / f"{number}.bin", writable=True, capacity=512)
        slots = Slots(tmp_path / f"{number}.jsonl", f"city-{number}")
        for slot in slots.place(share(watches, number, 3), table).values():
            for _ in range(slot + 1):
                table.answered(slot, 0.01, COARSE)
        tables.append((slots, table))
    stayed = 0
    for number, (slots, table) in enumerate(tables):
        before = {
            key: table.q[table.base(seat.slot) + Word.ANSWERED] for key, seat in slots.seats.items()
        }
        now = slots.place(share(watches, number, 4), table)
        assert set(now) <= set(before)  # nobody comes to a prober that was there
        for key, slot in now.items():
            assert table.q[table.base(slot) + Word.ANSWERED] == before[key] > 0
        stayed += len(now)
        back = slots.place(
            share(watches, number, 3), table
        )  # and back again: theirs are still there
        assert {k: table.q[table.base(s) + Word.ANSWERED] for k, s in back.items()} == before
        table.close()
    assert stayed + len(share(watches, 3, 4)) == len(watches)


def test_the_state_is_plain_json(tmp_path: Path) -> None:
    found = of_folder(folder(tmp_path / "x", "x", {"A": True}))
    assert found is not None
    assert Prober.of_json(json.loads(json.dumps(found.as_json()))) == found

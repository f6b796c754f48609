"""History: what the counters grew by, once each; availability by time, of ends and families."""

from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from unittest import mock

import pytest

from probes.errors import Misuse
from probes.model import Failure, Target
from probes.watch.availability import available, common, months, of_folder, union
from probes.watch.folder import Folder
from probes.watch.history import History, Kept, begins, catch_up, day_of, kept
from probes.watch.outages import Outage, Outages, Turn, acknowledge, recorded
from probes.watch.slots import Slots
from probes.watch.table import COARSE, Head, Table
from probes.watch.watched import Watch

S = 10**9
DAY = date(2026, 11, 2)
NOON = begins(DAY) + 12 * 3600 * S


def at(now: int) -> AbstractContextManager[object]:
    """It is then."""
    return mock.patch("probes.watch.table.time.time_ns", return_value=now)


class City:
    """A table with counters that the test turns by hand, at times of its own."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        watches = [
            Watch(target=Target(code=code, check="icmp", family=family, address=""), kind="node")  # type: ignore[arg-type]
            for code in ("N-1", "N-2")
            for family in (4, 6)
        ]
        self.table = Table(folder.table, writable=True, capacity=8)
        slots = Slots.load(folder.slots, "local")
        self.slots = slots.place(watches, self.table)
        slots.write()
        self.table.q[Head.STARTED] = NOON - 3600 * S

    def look(self, key: str, when: int, *, ok: bool = True, times: int = 1) -> None:
        slot = self.slots[key]
        with at(when):
            for _ in range(times):
                if ok:
                    self.table.answered(slot, 0.002, COARSE)
                else:
                    self.table.failed(slot, Failure.TIMEOUT_ANSWER)


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(Folder(tmp_path))


def rows(city: City, grain: str = "days") -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = {}
    for row in kept(city.folder.history, grain, 0, 10**9):
        found.setdefault(f"{row.code}|{row.family}", []).append(row)
    return found


def test_what_was_counted_is_kept_once_however_often_it_is_folded_or_killed(city: City) -> None:
    city.look("N-1|icmp|4", NOON, times=5)
    with History(city.folder.history) as history:
        assert history.fold(city.folder) == 1
        assert history.fold(city.folder) == 0
    city.look("N-1|icmp|4", NOON + 300 * S, times=4)
    city.look("N-1|icmp|4", NOON + 310 * S, ok=False)
    with History(city.folder.history) as history:  # another process
        history.fold(city.folder)
    (day,) = rows(city)["N-1|4"]
    assert (day.answered, day.failed, day.at) == (9, 1, day_of(NOON))
    assert day.watched == 310 * S
    assert day.sum == pytest.approx(9 * 0.002 * S, rel=0.001)
    (hour,) = rows(city, "hours")["N-1|4"]
    assert hour.answered == 9
    assert "N-2|4" not in rows(city)


def test_days_are_chinas_and_hours_are_apart(city: City) -> None:
    midnight = begins(date(2026, 11, 3))
    with History(city.folder.history) as history:
        for at in (midnight - 60 * S, midnight + 60 * S):
            city.look("N-1|icmp|4", at)
            history.fold(city.folder)
    assert [row.answered for row in rows(city)["N-1|4"]] == [1, 1]
    assert [row.at for row in rows(city)["N-1|4"]] == [day_of(midnight) - 1, day_of(midnight)]


def test_time_in_which_nobody_looked_is_not_watched(city: City) -> None:
    with History(city.folder.history) as history:
        city.look("N-1|icmp|4", NOON)
        history.fold(city.folder)
        city.table.q[Head.STARTED] = NOON + 7000 * S  # it was down in between
        for second in (7000, 7100):
            city.look("N-1|icmp|4", NOON + second * S)
        history.fold(city.folder)
    assert sum(row.watched for row in rows(city)["N-1|4"]) == 100 * S


def test_what_was_watched_before_a_kill_counts_in_its_own_hour(city: City) -> None:
    with History(city.folder.history) as history:
        city.look("N-1|icmp|4", NOON)
        history.fold(city.folder)
    city.look("N-1|icmp|4", NOON + 280 * S)  # killed before the next fold
    catch_up(city.folder)
    city.table.q[Head.STARTED] = NOON + 7000 * S
    for second in (7100, 7150):
        city.look("N-1|icmp|4", NOON + second * S)
    catch_up(city.folder)
    found = rows(city, "hours")["N-1|4"]
    assert [(row.answered, row.watched // S) for row in found] == [(2, 280), (2, 50)]


def test_what_was_counted_of_a_target_that_left_the_list_is_kept(city: City) -> None:
    city.look("N-1|icmp|4", NOON, times=7)
    slots = Slots.load(city.folder.slots, "local")
    slots.place([], city.table)
    slots.write()
    catch_up(city.folder)
    assert rows(city)["N-1|4"][0].answered == 7


def test_marks_of_an_earlier_version_are_read(city: City) -> None:
    with History(city.folder.history) as history:
        city.look("N-1|icmp|4", NOON, times=7)
        history.fold(city.folder)
        history._database.execute("alter table marks drop column watched")
    city.look("N-1|icmp|4", NOON + 60 * S)
    catch_up(city.folder)
    (day,) = rows(city)["N-1|4"]
    assert (day.answered, day.watched) == (8, 60 * S)


def test_another_table_begins_at_nought(city: City) -> None:
    with History(city.folder.history) as history:
        city.look("N-1|icmp|4", NOON, times=50)
        history.fold(city.folder)
        base = city.table.base(city.slots["N-1|icmp|4"])
        city.table.clear(city.slots["N-1|icmp|4"], city.table.q[base])
        city.look("N-1|icmp|4", NOON + 60 * S, times=3)
        history.fold(city.folder)
    assert [row.answered for row in rows(city)["N-1|4"]] == [53]


def test_old_hours_go_and_days_stay_five_years(city: City) -> None:
    with History(city.folder.history) as history:
        city.look("N-1|icmp|4", NOON)
        history.fold(city.folder)
        history.forget(NOON + 63 * 86400 * S)
        assert rows(city, "hours") == {}
        assert "N-1|4" in rows(city)
        history.forget(NOON + 6 * 366 * 86400 * S)
        assert rows(city) == {}


def row(code: str, family: int, watched: int = 86400) -> Kept:
    return Kept(code, "icmp", family, day_of(NOON), 100, 0, 0, S, watched * S)


def outage(code: str, family: int, began: int, ended: int | None) -> Outage:
    end = None if ended is None else NOON + ended * S
    return Outage(code, "icmp", family, NOON + began * S, end, "timeout_answer", None)


def one(rows: list[Kept], outages: list[Outage]) -> tuple[float, int]:
    (found,) = available(rows, outages, DAY, DAY, NOON + 20000 * S)
    return found.down, found.outages


def test_a_node_is_down_while_neither_family_answers() -> None:
    both = [row("N", 4), row("N", 6)]
    assert one(both, [outage("N", 6, 0, 1000)]) == (0, 0)
    assert one(both, [outage("N", 6, 0, 1000), outage("N", 4, 900, 1500)]) == (100, 1)
    assert one([row("N", 6)], [outage("N", 6, 0, 1000)]) == (1000, 1)


def test_a_line_is_down_while_one_of_its_ends_is() -> None:
    ends = [row("L@1", 4), row("L@2", 4)]
    assert one(ends, [outage("L@1", 4, 0, 100), outage("L@2", 4, 50, 200)]) == (200, 1)
    assert one(ends, [outage("L@1", 4, 0, 100), outage("L@2", 4, 150, 200)]) == (150, 2)


def test_an_outage_that_lasts_ends_for_now_and_counts_in_its_own_days_alone() -> None:
    assert one([row("N", 4)], [outage("N", 4, 19000, None)]) == (1000, 1)
    assert one([row("N", 4)], [outage("N", 4, -3 * 86400, -86400)]) == (0, 0)
    (found,) = available([row("N", 4)], [outage("N", 4, 0, 8640)], DAY, DAY, NOON + 86400 * S)
    assert found.share == pytest.approx(0.9)
    assert found.families[0].delay == pytest.approx(0.01)
    (unseen,) = available([row("N", 4, watched=0)], [], DAY, DAY, NOON)
    assert unseen.share is None


def test_months() -> None:
    assert months(date(2026, 1, 15), date(2026, 3, 2)) == [
        (date(2026, 1, 15), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 2)),
    ]


def test_spans() -> None:
    assert union([(5, 6), (1, 3), (2, 4), (4, 5)]) == [(1, 6)]
    assert common([[(1, 5), (7, 9)], [(4, 8)]]) == [(4, 5), (7, 8)]
    assert common([]) == []


def test_from_files(city: City) -> None:
    with History(city.folder.history) as history:
        for seconds in range(0, 3601, 300):
            for key in city.slots:
                city.look(key, NOON + seconds * S)
            history.fold(city.folder)
    outages = Outages(city.folder.outages)
    for family in (4, 6):
        key = f"N-1|icmp|{family}"
        outages.tell(Turn(key, "N-1", "icmp", family, True, NOON, "no_route"))
        outages.tell(Turn(key, "N-1", "icmp", family, False, NOON + 360 * S))
    outages.close()
    (found,) = of_folder(city.folder, [(DAY, DAY)], NOON + 7200 * S, "N-1")
    assert found.share == pytest.approx(0.9)
    assert (found.down, found.outages, found.longest) == (360, 1, 360)
    assert len(of_folder(city.folder, [(DAY, DAY)], NOON + 7200 * S)) == 2


def test_who_acknowledged_and_why(city: City) -> None:
    outages = Outages(city.folder.outages)
    for number in (1, 2):
        key = f"N-{number}|icmp|4"
        outages.tell(Turn(key, f"N-{number}", "icmp", 4, True, NOON, "no_route"))
    outages.close()
    ids = [o.id for o in recorded(city.folder.outages)]
    with pytest.raises(Misuse, match="99"):
        acknowledge(city.folder.outages, [ids[0], 99], by="li", note="光缆被挖断", at=NOON)
    assert all(o.acknowledged_by is None for o in recorded(city.folder.outages))
    acknowledge(city.folder.outages, [ids[0]], by="li", note="光缆被挖断", at=NOON)
    first, second = recorded(city.folder.outages)
    assert (first.acknowledged_by, first.note, first.acknowledged_at) == ("li", "光缆被挖断", NOON)
    assert second.acknowledged_by is None

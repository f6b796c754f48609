"""The historian on real files: what is due, what it writes, and evidence gathered from it all."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from probes.answers import Silent
from probes.errors import Misuse
from probes.model import Target
from probes.names import Resolver
from probes.readiness.evidence import Seen, Thresholds, Verdict
from probes.survey.site import Bounds
from probes.survey.store import every, put
from probes.survey.survey import Surveyor
from probes.watch.evidence import gathered
from probes.watch.folder import Folder
from probes.watch.historian import Historian, surveyed
from probes.watch.history import History, begins, day_of
from probes.watch.outages import Outages, Turn
from probes.watch.picture import Picture, Prober, Sight, of_folder
from probes.watch.watched import Watch, number_of, write
from tests.probes.conftest import InNamespace, ip
from tests.probes.survey.test_survey import SITE, V4, V6, settled, web
from tests.probes.watch.test_history import City

S = 10**9
DAY = date(2026, 11, 9)
NOON = begins(DAY) + 12 * 3600 * S


class Nobody(Resolver):
    """Says at once that nobody tells."""

    async def records(self, name: str, kind: str, deadline: float) -> Silent:
        return Silent(name)


QUICK = Surveyor(Nobody(("127.0.0.1",)), Bounds(5, 5, 5.0, 30.0))


def listed(folder: Folder, port: int = 80) -> None:
    targets = [
        Target(code="S@N", check="http", family=4, address=V4, port=port, content="政务"),
        Target(code="S@N", check="http", family=6, address=V6, port=port, content="政务"),
        Target(code="N", check="icmp", family=6, address=V6),
    ]
    write(
        folder.targets, [Watch(target=t, kind="portal" if "@" in t.code else "n") for t in targets]
    )


def seen(day: date) -> Seen:
    return Seen("S@N", 7, day, begins(day), Verdict.PASSED, Verdict.PASSED, "", 1.0)


def test_an_entrance_is_due_once_a_day_in_its_own_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    listed(folder)
    phase = number_of("S@N") % 86400
    now = [begins(DAY) + (phase - 1) * S]
    historian = Historian(folder, pytest.fail, QUICK, lambda: now[0])
    assert historian.due() == "S@N"  # it never was
    put(folder.surveys, "local", [seen(DAY - timedelta(days=1))])
    assert historian.due() is None
    now[0] += 2 * S
    assert historian.due() == "S@N"
    put(folder.surveys, "local", [seen(DAY)])
    assert historian.due() is None


def test_a_survey_is_kept_and_others_codes_are_refused(
    in_namespace: InNamespace, tmp_path: Path
) -> None:
    folder = Folder(tmp_path)

    async def story() -> None:
        ip("addr", "add", f"{V6}/128", "dev", "lo", "nodad")
        ip("addr", "add", f"{V4}/32", "dev", "lo")
        await settled(V6)
        async with web(V6, SITE) as port, web(V4, SITE, port):
            listed(folder, port)
            assert await surveyed(folder, ["S"], QUICK, "city") == ["S@N"]
            assert await surveyed(folder, None, QUICK, "city") == ["S@N"]
            with pytest.raises(Misuse, match="N-9"):
                await surveyed(folder, ["N-9"], QUICK, "city")
            stop, troubles = asyncio.Event(), []
            historian = Historian(folder, troubles.append, QUICK)
            running = asyncio.create_task(historian.run(stop))
            stop.set()
            await running
            assert troubles == []  # no prober has begun yet: nothing to fold

    in_namespace(story)
    found = every([folder.surveys], date.min)
    assert found["S@N", 7][0].second == 1.0
    assert found["S@N", 2][0].verdict is Verdict.UNKNOWN


def test_a_table_of_another_version_is_told_and_ends_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.table.write_bytes(b"\1" * 9000)
    folder.slots.write_text("")
    troubles: list[Exception] = []
    stop = asyncio.Event()

    async def story() -> None:
        task = asyncio.create_task(Historian(folder, troubles.append, QUICK).run(stop))
        while not troubles:  # noqa: ASYNC110  a thread is what tells
            await asyncio.sleep(0.01)
        stop.set()
        await task

    asyncio.run(story())
    assert isinstance(troubles[0], Misuse)


def seen_by(folder: Folder) -> Picture:
    prober = of_folder(folder)
    assert prober is not None
    return Picture((prober,))


def test_evidence_from_a_folder(tmp_path: Path) -> None:
    city = City(Folder(tmp_path))
    with History(city.folder.history) as history:
        for seconds in (0, 600):
            city.look("N-1|icmp|6", NOON + seconds * S, times=3)
            history.fold(city.folder)
        found = gathered(seen_by(city.folder), city.folder, NOON + 700 * S, Thresholds())
        assert found.period("N-1", "icmp", 6).answered == 6  # type: ignore[union-attr]
        assert found.up("N-1", "icmp", 6) is Verdict.PASSED
        assert found.up("N-2", "icmp", 6) is Verdict.UNKNOWN
        assert found.today == DAY
        history._database.execute("update targets set check_name = 'pmtu', key = 'N-1|pmtu|6'")
        history._database.commit()
    outages = Outages(city.folder.outages)
    outages.tell(Turn("N-1|pmtu|6", "N-1", "pmtu", 6, True, NOON + 2 * S, "black_hole"))
    outages.close()
    later = NOON + 86400 * S
    assert day_of(later) == day_of(NOON) + 1
    found = gathered(Picture(()), city.folder, later, Thresholds(), [city.folder])
    assert found.days["N-1", "pmtu", 6] == {DAY: Verdict.FAILED}
    assert found.vantage == "local"
    assert ("N-1", "icmp", 6) in found.elsewhere["local"]


def test_each_vantage_point_speaks_for_itself(tmp_path: Path) -> None:
    key = ("N-1", "icmp", 6)

    def prober(vantage: str, *, up: bool, started: int) -> Prober:
        sight = Sight(*key, up, NOON, NOON, 9, 0, 0.01, 600.0)
        return Prober(vantage, NOON, started, (sight,))

    seen = Picture((prober("local", up=True, started=1), prober("county-3", up=False, started=2)))
    found = gathered(seen, Folder(tmp_path), NOON + 1700 * S, Thresholds())
    assert found.up(*key) is Verdict.FAILED  # what one sees down is down
    assert found.up_from(["local"], key) is Verdict.PASSED  # still fresh: three of its intervals
    assert found.up_from(["county-3"], key) is Verdict.FAILED
    assert found.up_from(["county-4"], key) is Verdict.UNKNOWN

"""One cut line, two hundred nodes behind it: who is woken, counted at the pager. Real Prometheus, real
Alertmanager, real prober; nothing here rests on how long anything takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.paging import ALERTMANAGER, MISSING, PROMETHEUS, asked, in_own_network, until
from tests.probes.alerts.paged import BEHIND, KIND, TIMING, Watched, entrance, watched

pytestmark = [
    pytest.mark.skipif(not (ALERTMANAGER and PROMETHEUS), reason=MISSING),
    pytest.mark.slow,
]
LONG = 2 + TIMING.margin + 10  # seconds after which a node alone would have been told long ago
SINCE = f'time() - qianyun_probe_state_since_timestamp_seconds{{kind="{KIND}",check="icmp"}}'
UP = f'qianyun_probe_up{{kind="{KIND}",check="icmp"}}'


def test_one_page_for_the_line_and_every_end(tmp_path: Path) -> None:
    in_own_network(lambda: _story(tmp_path))


def _story(tmp_path: Path) -> None:
    with watched(tmp_path) as seen:
        with entrance():
            seen.wait_known('count(qianyun_probe_up{kind="system"} == 1) == 2', "both systems up")
            seen.city.lose_first()  # and it is told, before its line goes
            until(lambda: seen.pager.pages, "the first node's page")
            seen.city.cut()
            until(lambda: len(seen.pager.pages) > 1, "the line's page")
            for state in (0, 1):  # as long as a single node's alert would need, both ways
                if state:
                    seen.city.find_first()
                    seen.city.heal()
                    until(lambda: len(seen.pager.pages) > 3, "both ends")
                every = f"count(({UP} == {state}) and ({SINCE} > {LONG})) == {2 * BEHIND}"
                seen.wait_known(every, f"all nodes for {LONG} s in state {state}")
            line, first = ("QianyunLineDown", "L-1"), ("QianyunNodeDown", "N-0")
            told = [
                ("firing", *first),
                ("firing", *line),
                ("resolved", *line),
                ("resolved", *first),
            ]
            assert seen.pager.told() == told
            history = 'count_over_time(ALERTS{alertname=~"Qianyun(Node|Family|Service)Down"}[1h])'
            fired = [
                one for one in asked(seen.prometheus, history) if one["alertstate"] == "firing"
            ]
            assert [one["code"] for one in fired] == ["N-0"]
            silence = _quiet(seen)
        # the entrance is gone for both systems; one of them is being cut over
        until(lambda: seen.pager.told()[4:], "the other system's page")
        until(lambda: _suppressed(seen, "S0@GW"), "the silenced alert to be there")
        assert seen.pager.told()[4:] == [("firing", "QianyunServiceDown", "S1@GW")]
        seen.alertmanager.expire(silence)
        until(lambda: len(seen.pager.told()) > 5, "what was silenced and is still down")
        with entrance():
            until(lambda: len(seen.pager.told()) > 7, "both ends")
        told = seen.pager.told()[4:]
        assert told[1] == ("firing", "QianyunServiceDown", "S0@GW")
        ends = [("resolved", "QianyunServiceDown", f"S{n}@GW") for n in range(2)]
        assert sorted(told[2:]) == ends


def _quiet(seen: Watched) -> str:
    now = datetime.now(UTC)
    return seen.alertmanager.put("R-1/S0", ("S0@GW",), "割接", (now, now + timedelta(hours=1)))


def _suppressed(seen: Watched, code: str) -> bool:
    from probes.asking import ask

    alerts = ask(f"{seen.alertmanager.url}/api/v2/alerts")
    return any(one["labels"].get("code") == code and one["status"]["silencedBy"] for one in alerts)

"""Availability, outages and readiness through the command line, from files that a prober left."""

import csv
import io
import json
import time
from pathlib import Path

import pytest

from probes.watch.folder import Folder
from probes.watch.history import History, begins, date_of
from probes.watch.outages import Outages, Turn
from tests.api.conftest import HOST_KEYS, Run
from tests.lab.ledger import write_ledger
from tests.probes.watch.test_history import City

S = 10**9


@pytest.fixture
def folder(run: Run, state: Path, tmp_path: Path) -> Folder:
    assert (
        run("inventory", "apply", write_ledger(tmp_path / "l.xlsx", host_keys=HOST_KEYS)).code == 0
    )
    folder = Folder(state / "probes")
    folder.path.mkdir()
    city = City(folder)
    begun = begins(date_of(time.time_ns())) - 20 * 3600 * S  # yesterday at four
    with History(folder.history) as history:
        for seconds in (0, 300, 600):
            for key in city.slots:
                city.look(key, begun + seconds * S, times=2)
            history.fold(folder)
    outages = Outages(folder.outages)
    for family in (4, 6):
        key = f"N-1|icmp|{family}"
        outages.tell(Turn(key, "N-1", "icmp", family, True, begun, "no_route"))
        outages.tell(Turn(key, "N-1", "icmp", family, False, begun + 60 * S))
    outages.close()
    return folder


def test_availability_outages_and_who_took_note(run: Run, folder: Folder, tmp_path: Path) -> None:
    yesterday = str(date_of(time.time_ns() - 86400 * S))
    span = ("--from", yesterday, "--until", yesterday)
    told = run("probe", "history", *span, "--json").json["history"]
    assert {one["code"]: one["availability"] for one in told} == {"N-1": 0.9, "N-2": 1.0}
    assert told[0]["success_v6"] == 1.0
    shown = run("probe", "history", "N-1", *span).out
    assert "90.0000%" in shown
    assert "N-2" not in shown
    sheet = tmp_path / "h.csv"
    assert run("probe", "history", *span, "--to", sheet).code == 0
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    assert [row["code"] for row in rows] == ["N-1", "N-2"]
    assert run("probe", "history", *span, "--to", sheet).code == 2  # it is there already

    first = run("probe", "outages", "--json").json["outages"][0]
    assert (first["seconds"], first["acknowledged_by"]) == (60.0, None)
    words = ("probe", "acknowledge", str(first["id"]), "--cause", "=HYPERLINK(光缆被挖断)")
    assert run(*words, "--as", "li").code == 0
    again = run("probe", "outages", "--json").json["outages"][0]
    assert (again["acknowledged_by"], again["cause"]) == ("li", "=HYPERLINK(光缆被挖断)")
    assert "挖断" in run("probe", "outages").out
    assert run("probe", "outages", "--to", tmp_path / "o.csv").code == 0
    assert '"=' not in (tmp_path / "o.csv").read_text("utf-8-sig")  # no formula
    entry = run("audit", "list", "--json")
    assert "outage.acknowledge" in entry.out
    assert run("probe", "acknowledge", "99", "--cause", "x").code == 2
    assert run("probe", "acknowledge", str(first["id"]), "--cause", " ").code == 2
    assert run("audit", "list", "--json").out.count("outage.acknowledge") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--month", "2026-13"),
        ("--month", "2026-11", "--year", "2026"),
        ("--year", "99999"),
        ("--from", "2026-02-01", "--until", "2026-01-01"),
    ],
)
def test_spans_that_are_none(run: Run, words: tuple[str, ...]) -> None:
    assert run("probe", "history", *words).code == 2


def test_no_history(run: Run) -> None:
    assert run("probe", "history", "--json").json == {"history": [], "file": None}
    assert "没有探测记录" in run("probe", "history", "--year", "2024").out


def test_the_citys_report_and_thresholds(run: Run, folder: Folder, tmp_path: Path) -> None:
    to = tmp_path / "r.html"
    done = run("probe", "level", "--to", to, "--success", "0.95", "--json")
    assert done.code == 0
    assert done.json["report"] == str(to)
    assert set(done.json["counts"]) == {"node", "link", "system"}
    text = to.read_text()
    assert "IPv6 就绪情况报告" in text
    assert "成功率不低于 95%" in text
    assert "LJ-GW-01" in text
    matrix = run("probe", "level")
    assert "9 10 11" in matrix.out
    node = done.json["nodes"][0]["code"]
    assert run("probe", "level", node, "--to", to).code == 2
    assert run("probe", "level", "--also", str(tmp_path / "none")).code == 2
    report = tmp_path / "h.docx"
    assert run("probe", "history", "--year", "2026", "--to", report).code == 0
    assert report.read_bytes()[:2] == b"PK"
    assert json.loads(run("probe", "level", node, "--json").out)["kind"] == "node"

"""Dashboards name nothing that the exporter does not give, and Prometheus can read what they ask."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from probes.dashboards import VARIABLES, dashboards
from probes.model import Failure, Target
from probes.watch.exporter import View
from probes.watch.folder import Folder
from probes.watch.slots import Slots
from probes.watch.table import COARSE, FINE, Table, Word
from probes.watch.watched import Watch

NAMES = re.compile(r"\bqianyun_\w+")
GROUPED = re.compile(r"\b(?:by|on|without)\s*\(([^)]*)\)")
MATCHED = re.compile(r"(\w+)(?:=~|!~|!=|=)\"")
EXPRESSIONS = [
    (name, panel["title"], panel["targets"][0]["expr"])
    for name, board in dashboards().items()
    for panel in board["panels"]
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every series' name → its labels, of a table with one of each kind."""
    folder = Folder(tmp_path_factory.mktemp("prober"))
    watches = [
        Watch(
            target=Target(code="L@1", check="icmp", family=4, address=""), kind="line", fine=True
        ),
        Watch(target=Target(code="S", check="http", family=6, address="", port=443), kind="portal"),
    ]
    table = Table(folder.table, writable=True, capacity=4)
    slots = Slots.load(folder.slots, "city")
    for slot in slots.place(watches, table).values():
        table.answered(slot, 0.01, FINE if slot == 0 else COARSE)
        table.failed(slot, Failure.RESET)
        table.q[table.base(slot) + Word.NOT_AFTER] = 1
    slots.write()
    found: dict[str, set[str]] = {}
    for metric in text_string_to_metric_families(View(folder).metrics().decode()):  # type: ignore[no-untyped-call]
        for sample in metric.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    table.close()
    return found


@pytest.mark.parametrize(("board", "title", "expr"), EXPRESSIONS)
def test_every_metric_and_label_is_exported(
    exported: dict[str, set[str]], board: str, title: str, expr: str
) -> None:
    names = set(NAMES.findall(expr))
    assert names
    assert names <= exported.keys(), (board, title)
    labels = {label.strip() for group in GROUPED.findall(expr) for label in group.split(",")}
    labels |= set(MATCHED.findall(expr))
    known = set.union(*(exported[name] for name in names))
    assert labels <= known, (board, title, labels - known)


def test_variables_are_labels(exported: dict[str, set[str]]) -> None:
    assert set(VARIABLES) <= exported["qianyun_probe_up"]


def test_boards_are_whole() -> None:
    for name, board in dashboards().items():
        assert json.loads(json.dumps(board)) == board
        assert name == f"{board['uid']}.json"
        places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]]
        assert len(set(places)) == len(places)
        assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in board["panels"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool")
def test_prometheus_reads_every_expression(tmp_path: Path) -> None:
    rules = [
        {"record": f"x:y{n}", "expr": expr.replace("$__rate_interval", "5m")}
        for n, (_, _, expr) in enumerate(EXPRESSIONS)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    subprocess.run(["promtool", "check", "rules", path], check=True, capture_output=True)

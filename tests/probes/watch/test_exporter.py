"""What Prometheus is given, read by prometheus_client's own parser; and the server before it."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from probes.errors import Misuse
from probes.model import Failure, Target
from probes.watch.exporter import View, server
from probes.watch.folder import Folder
from probes.watch.slots import Slots
from probes.watch.table import COARSE, FINE, Head, Table
from probes.watch.watched import LABELS, Watch, read, write

EVIL = 'a"} 1\n%s%%{{ x }}\\'


def watch(code: str, check: str = "icmp", port: int = 0, **more: object) -> Watch:
    target = Target(code=code, check=check, family=4, address="10.0.0.1", port=port)
    return Watch(target=target, kind="接入节点", organisation=EVIL, zone="extranet", **more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A node that answers, a line that is down, a service that was never looked at."""
    made = Folder(tmp_path)
    table = Table(made.table, writable=True, capacity=8)
    slots = Slots(made.slots, "city")
    seats = slots.place((watch("N-1"), watch("L-1", fine=True), watch("S-1", "tls", 443)), table)
    slots.write()
    table.q[Head.GENERATION] = 1
    for took in (0.001, 0.012, 0.3, 0.0125):
        table.answered(seats["N-1|icmp|4"], took, COARSE)
    table.answered(seats["L-1|icmp|4"], 0.0004, FINE)
    for failure in (Failure.TIMEOUT_ANSWER, Failure.NO_ROUTE, Failure.NO_ROUTE):
        table.failed(seats["L-1|icmp|4"], failure)
    table.unmeasured(seats["S-1|tls/443|4"])
    table.close()
    return made


def parsed(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]


def values(metric: Metric, code: str, **more: str) -> dict[str, float]:
    return {
        s.name.removeprefix(metric.name) + s.labels.get("le", "") + s.labels.get("result", "")
        + s.labels.get("reason", ""): s.value
        for s in metric.samples
        if s.labels["code"] == code and more.items() <= s.labels.items()
    }  # fmt: skip


def test_a_table_that_was_replaced_is_the_one_that_is_read(folder: Folder) -> None:
    view = View(folder)
    assert values(parsed(view.metrics().decode())["qianyun_probe_looks"], "N-1")["_totalanswered"]
    folder.table.rename(folder.table.with_suffix(".old"))
    table = Table(folder.table, writable=True, capacity=8)
    slots = Slots(folder.slots, "city")
    seats = slots.place([watch("N-2")], table)
    slots.write()
    table.q[Head.GENERATION] = 1  # as the other's: only the file tells
    table.answered(seats["N-2|icmp|4"], 0.001, COARSE)
    looks = parsed(view.metrics().decode())["qianyun_probe_looks"]
    assert values(looks, "N-2")["_totalanswered"] == 1
    assert values(looks, "N-1") == {}
    table.close()
    folder.table.write_bytes(b"no table")
    with pytest.raises(Misuse):
        view.metrics()
    folder.table.unlink()
    with pytest.raises(FileNotFoundError):
        view.metrics()


def test_the_whole_page_is_openmetrics(folder: Folder) -> None:
    found = parsed(View(folder).metrics().decode())
    looks = found["qianyun_probe_looks"]
    assert looks.type == "counter"
    assert values(looks, "N-1") == {
        "_totalanswered": 4, "_totalfailed": 0, "_totalunmeasured": 0,
    }  # fmt: skip
    assert values(looks, "L-1")["_totalfailed"] == 3
    assert values(looks, "S-1")["_totalunmeasured"] == 1
    rtt = values(found["qianyun_probe_rtt_seconds"], "N-1")
    assert rtt == {
        "_bucket0.005": 1, "_bucket0.02": 3, "_bucket0.1": 3, "_bucket0.5": 4, "_bucket+Inf": 4,
        "_count": 4, "_sum": pytest.approx(0.3255),
    }  # fmt: skip
    assert len(values(found["qianyun_probe_rtt_seconds"], "L-1")) == len(FINE) + 3
    assert values(found["qianyun_probe_failures"], "L-1") == {
        "_totaltimeout_answer": 1, "_totalno_route": 2,
    }  # fmt: skip
    assert values(found["qianyun_probe_failure"], "L-1") == {"no_route": 1}
    assert found["qianyun_prober_lateness_seconds"].type == "histogram"


def test_labels_are_few_and_text_from_people_stays_text(folder: Folder) -> None:
    for name, metric in parsed(View(folder).metrics().decode()).items():
        for sample in metric.samples:
            if name.startswith("qianyun_probe_"):
                assert set(sample.labels) - {"le", "result", "reason", "oddity"} == set(LABELS)
                assert sample.labels["organisation"] == EVIL
                assert sample.labels["vantage"] == "city"


def test_down_is_nought_and_never_nothing(folder: Folder) -> None:
    up = parsed(View(folder).metrics().decode())["qianyun_probe_up"]
    assert {s.labels["code"]: s.value for s in up.samples} == {"N-1": 1, "L-1": 0}
    table = Table(folder.table, writable=True)
    slots = Slots.load(folder.slots, "city")
    table.answered(slots.seats["S-1|tls/443|4"].slot, 0.1, COARSE)
    table.close()
    up = parsed(View(folder).metrics().decode())["qianyun_probe_up"]
    assert {s.labels["code"]: s.value for s in up.samples} == {"N-1": 1, "L-1": 0, "S-1": 1}


def test_a_changed_list_is_taken_over(folder: Folder) -> None:
    view = View(folder)
    assert b'"N-1"' in view.metrics()
    table = Table(folder.table, writable=True, capacity=5000)
    slots = Slots.load(folder.slots, "city")
    slots.place([watch("L-1", fine=True), watch("N-9")], table)
    slots.write()
    table.q[Head.GENERATION] += 1
    table.close()
    page = view.metrics()
    assert b'"N-1"' not in page
    assert b'"N-9"' in page
    assert values(parsed(page.decode())["qianyun_probe_looks"], "L-1")["_totalfailed"] == 3


def test_nothing_at_all(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    Table(folder.table, writable=True, capacity=1).close()
    folder.slots.write_text("")
    found = parsed(View(folder).metrics().decode())
    assert found["qianyun_probe_up"].samples == []
    assert found["qianyun_prober_targets"].samples[0].value == 0


@contextmanager
def serving(folder: Folder) -> Iterator[str]:
    made = server(folder, "127.0.0.1", 0)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def ask(url: str) -> tuple[int, str, str]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def test_served(folder: Folder) -> None:
    write(folder.targets, [watch("N-1")])
    with serving(folder) as url:
        status, kind, text = ask(f"{url}/metrics")
        assert (status, kind.partition(";")[0]) == (200, "application/openmetrics-text")
        assert "qianyun_probe_up" in parsed(text)
        status, _, text = ask(f"{url}/health")
        assert status == 503  # nobody turns
        table = Table(folder.table, writable=True)
        import time

        table.q[Head.BEAT] = time.time_ns()
        table.close()
        assert ask(f"{url}/health")[0] == 200
        assert ask(f"{url}/targets")[2] == folder.targets.read_text()
        assert ask(f"{url}/etc/passwd")[0] == 404


def test_before_the_prober_made_its_files(tmp_path: Path) -> None:
    with serving(Folder(tmp_path)) as url:
        status, _, text = ask(f"{url}/metrics")
        assert status == 503
        assert "not ready" in text


def test_the_list_reads_back_the_same(tmp_path: Path) -> None:
    one = Watch(
        target=Target(
            code="甲", check="http", family=6, address="fd00::1", port=443, tls=True,
            name="bm.lanjiang.gov.cn", path="/a?b", content="就业\n\"\u2028\x85", status=302, redirect="/x",
        ),
        kind="门户", organisation=EVIL, zone="internet", interval=0.5, fine=True,
    )  # fmt: skip
    path = tmp_path / "targets.jsonl"
    assert write(path, [one, watch("b")])
    assert read(path) == (one, watch("b"))
    assert not write(path, [one, watch("b")])

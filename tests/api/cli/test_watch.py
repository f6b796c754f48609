"""`qianyun probe serve` as processes of its own, in a network of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from api.bootstrap import Qianyun
from api.settings import load
from inventory.changes import diff
from inventory.model import Estate, Node
from migrator.engine.alertmanager import Alertmanager
from tests.paging import ALERTMANAGER, MISSING, alertmanager
from tests.probes.conftest import InNamespace, in_namespace
from tests.temporal import free_port

__all__ = ["in_namespace"]
LISTEN = "127.0.0.1:9420"


def store(environ: dict[str, str], *nodes: Node) -> None:
    product = Qianyun(load(environ))
    changes = diff(product.estate.load(), Estate(nodes=nodes))
    product.estate.apply(changes, actor="test", confirmed=changes.digest)
    product.truth.engine.dispose()


def node(code: str, host: int = 1) -> Node:
    return Node(
        code=code, name="节点", kind="接入节点", ipv4=IPv4Address(f"127.0.0.{host}"),
        ipv6=IPv6Address("::1"), probe_interval_s=1,
    )  # fmt: skip


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"QIANYUN_STATE": str(tmp_path / "state"), "QIANYUN_ACTOR": "test"}


def command(environ: dict[str, str], *words: str) -> list[str]:
    return [sys.executable, "-m", "api.cli.main", "probe", *words]


def whole(environ: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QIANYUN_")}
    return kept | environ


def answered() -> dict[tuple[str, str], float]:
    """(code, family) → looks that were answered."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://{LISTEN}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        (s.labels["code"], s.labels["family"]): s.value
        for metric in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for s in metric.samples
        if s.name == "qianyun_probe_looks_total"
        and s.labels["result"] == "answered"
        and s.labels["check"] == "icmp"
    }


async def when(
    done: Callable[[dict[tuple[str, str], float]], bool],
) -> dict[tuple[str, str], float]:
    while True:
        try:
            found = await asyncio.to_thread(answered)
        except urllib.error.URLError:
            found = {}
        if done(found):
            return found
        await asyncio.sleep(0.05)


def test_killed_changed_and_stopped(
    in_namespace: InNamespace, environ: dict[str, str], tmp_path: Path
) -> None:
    store(environ, node("N-1"))
    children: list[int] = []

    async def story() -> None:
        process = await asyncio.create_subprocess_exec(
            *command(environ, "serve", "--json", "--vantage", "city"),
            stdout=subprocess.PIPE, env=whole(environ),
        )  # fmt: skip
        assert process.stdout
        assert json.loads(await process.stdout.readline())["ready"] is True
        first = await when(lambda f: len(f) == 2 and min(f.values()) >= 2)
        told = json.loads((tmp_path / "state" / "probes" / "up.json").read_text())
        os.kill(told["children"]["prober"], signal.SIGKILL)
        after = await when(
            lambda f: bool(f) and all(f.get(key, 0) > first[key] + 1 for key in first)
        )
        await asyncio.to_thread(store, environ, node("N-1"), node("N-2", 2))
        changed = await when(lambda f: f.get(("N-2", "4"), 0) >= 1)
        assert all(changed[key] >= value for key, value in after.items())
        levels = await asyncio.to_thread(ran, environ, "level", "N-1", "--json")
        assert json.loads(levels.stdout)["level"] == 2, levels.stdout
        below = await asyncio.to_thread(ran, environ, "level", "--at-least", "3")
        assert below.returncode == 1
        assert "L2: 2" in below.stdout
        second = await asyncio.create_subprocess_exec(
            *command(environ, "serve"), env=whole(environ), stderr=subprocess.PIPE
        )
        _, told_second = await second.communicate()
        assert second.returncode == 1
        assert b"probe serve" in told_second
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0
        children.extend(told["children"].values())

    in_namespace(story)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.fixture
def stored(environ: dict[str, str]) -> dict[str, str]:
    store(environ, node("N-1"))
    return environ


def ran(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    argv, here = command(environ, *words), whole(environ)
    return subprocess.run(argv, check=False, env=here, capture_output=True, text=True, timeout=60)


def test_the_list_and_no_outages(stored: dict[str, str]) -> None:
    told = [json.loads(line) for line in ran(stored, "targets").stdout.splitlines()]
    assert [(t["target"]["check"], t["target"]["family"]) for t in told] == [
        ("icmp", 4), ("pmtu", 4), ("icmp", 6), ("pmtu", 6),
    ]  # fmt: skip
    assert json.loads(ran(stored, "outages", "--json").stdout) == {"outages": []}


def test_levels_where_nobody_probes(stored: dict[str, str]) -> None:
    told = json.loads(ran(stored, "level", "--json").stdout)
    none = dict.fromkeys("0123456", 0)
    assert told["counts"] == {"node": {**none, "1": 1}, "link": none, "system": none}
    assert told["blocking"] == [{"kind": "node", "number": 3, "count": 1}]
    shown = ran(stored, "level", "N-1").stdout
    assert "L1" in shown
    assert "#3" in shown
    unknown = ran(stored, "level", "N-9")
    assert unknown.returncode == 2
    assert "N-9" in unknown.stderr


def test_rules_are_written(stored: dict[str, str], tmp_path: Path) -> None:
    to = tmp_path / "rules"
    paging = tmp_path / "paging.toml"
    paging.write_text('[receivers.default]\nwebhooks = ["http://127.0.0.1:9/page"]\n')
    words = ("rules", "--to", str(to), "--severity", "接入节点=critical", "--paging", str(paging))
    done = ran(stored, *words, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads((to / "rules.yml").read_text())
    down = next(group for group in made["groups"] if group["name"] == "qianyun-down")
    nodes = next(rule for rule in down["rules"] if rule.get("alert") == "QianyunNodeDown")
    assert nodes["labels"]["severity"] == "critical"
    assert "N-1" in nodes["expr"]
    assert json.loads((to / "alertmanager.yml").read_text())["inhibit_rules"]
    assert "rules.yml" in (to / "prometheus.yml").read_text()
    paging.write_text('home = "nowhere"\n')
    refused = ran(stored, *words)
    assert (refused.returncode, "nowhere" in refused.stderr) == (2, True)
    for bad in (("--severity", "x=loud"), ("--home", "nowhere")):
        refused = ran(stored, "rules", "--to", str(to), *bad)
        assert refused.returncode == 2
        assert bad[1] in refused.stderr


@pytest.mark.parametrize("share", ["0/1", "2/1", "x", "1", "1/1001"])
def test_a_share_that_is_none(stored: dict[str, str], share: str) -> None:
    done = ran(stored, "serve", "--shard", share)
    assert done.returncode == 2
    assert "1/3" in done.stderr


def test_an_empty_inventory_is_told(environ: dict[str, str]) -> None:
    done = ran(environ, "serve")
    assert done.returncode == 2
    assert "QIANYUN_STATE" in done.stderr


@pytest.mark.skipif(ALERTMANAGER is None, reason=MISSING)
def test_silences_in_force(environ: dict[str, str], tmp_path: Path) -> None:
    assert "QIANYUN_ALERTMANAGER_URL" in ran(environ, "silences").stdout
    nobody = '{"route": {"receiver": "n"}, "receivers": [{"name": "n"}]}'
    with alertmanager(tmp_path / "am", nobody, free_port()) as url:
        now = datetime.now(UTC)
        made = Alertmanager(url)
        made.put("R-1/S0", ("S0@N1",), "割接", (now, now + timedelta(hours=1)))
        ended = made.put("R-1/S9", ("S9",), "", (now, now + timedelta(hours=1)))
        made.expire(ended)
        there = environ | {"QIANYUN_ALERTMANAGER_URL": url}
        shown = ran(there | {"COLUMNS": "200"}, "silences").stdout
        assert "R-1/S0" in shown
        assert "S9" not in shown
    gone = ran(there, "silences", "--json")
    assert (gone.returncode, url in gone.stderr) == (3, True)

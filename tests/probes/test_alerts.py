"""Rules made from an estate, judged by promtool: they are valid, fire when they should, and not else."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest

from inventory.model import Cloud, Estate, Line, Node, Room
from probes.alerts import Alerting, behind, inhibitions, rules

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool here: make setup-netbox brings it"
)
NODES = tuple(
    Node(
        code=f"N.{n}", name="n", kind="接入节点", place="R", ipv4=IPv4Address("10.0.0.1") + n,
        ipv6=IPv6Address("fd00::1") + n, probe_interval_s=5,
    )
    for n in range(3)
)  # fmt: skip
CITY = Estate(
    rooms=(Room(code="R", name="机房"), Room(code="R-2", name="两条线的机房")),
    clouds=(Cloud(code="C", name="云"),),
    lines=(
        Line(code="L-1", name="l", a_end="R", z_end="C", ipv4_prefix="10.255.0.0/30"),
        Line(code="L-2", name="l", a_end="R-2", z_end="C"),
        Line(code="L-3", name="l", a_end="R-2", z_end="C"),
        Line(code="L-4", name="l", a_end="R", z_end="C", cancelled_on=date(2020, 1, 1)),
    ),
    nodes=(
        *NODES,
        Node(code="M", name="m", kind="核心", place="R-2", ipv4=IPv4Address("10.0.1.1")),
    ),
)
ALERTING = Alerting({"核心": "critical"})


def promtool(tmp_path: Path, *tests: dict[str, Any]) -> None:
    (tmp_path / "rules.yml").write_text(rules(CITY, ALERTING))
    check = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "rules.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr
    told = {"rule_files": ["rules.yml"], "evaluation_interval": "5s", "tests": list(tests)}
    (tmp_path / "tests.yml").write_text(json.dumps(told))
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "tests.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def up(code: str, values: str, family: int = 4, kind: str = "接入节点") -> dict[str, str]:
    labels = f'code="{code}",kind="{kind}",organisation="",zone="",family="{family}"'
    return {
        "series": f'qianyun_probe_up{{{labels},vantage="city",check="icmp"}}', "values": values
    }  # fmt: skip


def case(
    series: Iterable[dict[str, str]], at: str, name: str, *labels: dict[str, str]
) -> dict[str, Any]:
    """At `at`, alerts `name` fire with just these labels."""
    return {
        "interval": "5s",
        "input_series": list(series),
        "alert_rule_test": [
            {
                "eval_time": at,
                "alertname": name,
                "exp_alerts": [{"exp_labels": one} for one in labels],
            }
        ],
    }


def told(code: str, **more: str) -> dict[str, str]:
    return {"code": code, "kind": "接入节点", "vantage": "city", "severity": "warning"} | more


def test_a_node_that_is_down_over_both_families(tmp_path: Path) -> None:
    series = (up("N.0", "1 0x20"), up("N.0", "1 0x20", 6), up("N.1", "1x21"), up("N.2", "1x21"))
    expected = told("N.0", line="L-1")
    annotated = {"summary": "节点 N.0 中断 / node N.0 is down"}
    fires = case(series, "60s", "QianyunNodeDown", expected)
    fires["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = annotated
    promtool(tmp_path, fires, case(series, "60s", "QianyunFamilyDown"))


def test_one_family_is_its_own_alert(tmp_path: Path) -> None:
    series = (up("N.0", "1x21"), up("N.0", "1 0x20", 6))
    fires = case(
        series, "60s", "QianyunFamilyDown", told("N.0", line="L-1", family="6", check="icmp")
    )
    fires["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = {
        "summary": "节点 N.0 仅 IPv6 中断 / node N.0 is down over IPv6 alone"
    }
    promtool(tmp_path, fires, case(series, "60s", "QianyunNodeDown"))


def test_a_line_is_told_before_what_lies_behind_it(tmp_path: Path) -> None:
    series = [up("L-1@1", "1x21", kind="line"), up("L-1@2", "1 0x20", kind="line")]
    series += [up(f"N.{n}", "1 0x20") for n in range(3)]
    line = case(
        series, "10s", "QianyunLineDown",
        {"line": "L-1", "severity": "critical", "vantage": "city"},
    )  # fmt: skip
    line["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = {
        "summary": "线路 L-1 中断 / line L-1 is down"
    }
    promtool(tmp_path, line, case(series, "10s", "QianyunNodeDown"))


def test_short_gaps_and_flapping(tmp_path: Path) -> None:
    gap = case([up("N.0", "1 0 0 1x20")], "60s", "QianyunNodeDown")
    flaps = [up("N.0", "0x10 1x3 0x3 1x3 0x20")]
    annotated = {"summary": "节点 N.0 中断 / node N.0 is down"}
    during = [
        case(flaps, at, "QianyunNodeDown", told("N.0", line="L-1")) for at in ("60s", "80s", "95s")
    ]
    for one in during:
        one["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = annotated
    promtool(tmp_path, gap, *during)


def test_severity_by_kind_and_the_prober_itself(tmp_path: Path) -> None:
    core = case(
        [up("M", "0x20", kind="核心")], "60s", "QianyunNodeDown",
        told("M", kind="核心", severity="critical"),
    )  # fmt: skip
    core["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = {
        "summary": "节点 M 中断 / node M is down"
    }
    beat = {"series": "qianyun_prober_heartbeat_timestamp_seconds", "values": "0x20"}
    silent = case([beat], "60s", "QianyunProberSilent", {"severity": "critical"})
    silent["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = {
        "summary": "探测进程停转，其余告警均不可信 / the prober does not turn: no other alert can be trusted"
    }
    alive = {"series": "qianyun_prober_heartbeat_timestamp_seconds", "values": "0+5x20"}
    promtool(tmp_path, core, silent, case([alive], "60s", "QianyunProberSilent"))


def test_recording_leaves_out_what_was_not_measured(tmp_path: Path) -> None:
    labels = 'code="a",kind="k",family="{f}",vantage="city",check="icmp"'

    def looks(result: str, values: str, family: int = 4) -> dict[str, str]:
        these = labels.format(f=family)
        return {
            "series": f'qianyun_probe_looks_total{{{these},result="{result}"}}', "values": values
        }  # fmt: skip

    series = [looks("answered", "0+3x90"), looks("failed", "0+1x90"), looks("unmeasured", "0+9x90")]
    for family, each in ((4, "0+0.010x90"), (6, "0+0.015x90")):
        these = labels.format(f=family)
        series += [
            {"series": f"qianyun_probe_rtt_seconds_sum{{{these}}}", "values": each},
            {"series": f"qianyun_probe_rtt_seconds_count{{{these}}}", "values": "0+1x90"},
        ]
    ratio = {
        "expr": "round(qianyun:success:ratio5m, 0.001)", "eval_time": "6m",
        "exp_samples": [{"labels": "{" + labels.format(f=4) + "}", "value": 0.75}],
    }  # fmt: skip
    degradation = {
        "expr": "round(qianyun:degradation:ratio5m, 0.001)", "eval_time": "6m",
        "exp_samples": [
            {"labels": '{code="a",kind="k",vantage="city",check="icmp"}', "value": 0.5}
        ],
    }  # fmt: skip
    promtool(
        tmp_path,
        {"interval": "5s", "input_series": series, "promql_expr_test": [ratio, degradation]},
    )


def test_a_certificate_before_it_ends(tmp_path: Path) -> None:
    name = 'qianyun_probe_certificate_not_after_timestamp_seconds{code="a"}'

    def ends(days: int) -> dict[str, Any]:
        series = {"series": name, "values": f"{days * 86400}x1000"}
        labels = ({"code": "a", "severity": "warning"},) if days < 14 else ()
        one = case([series], "62m", "QianyunCertificateEnds", *labels)
        for alert in one["alert_rule_test"][0]["exp_alerts"]:
            alert["exp_annotations"] = {
                "summary": "a 的证书将在十四天内到期 / the certificate of a ends within fourteen days"
            }
        return one

    promtool(tmp_path, ends(10), ends(20))


def test_what_lies_behind_one_line_alone() -> None:
    assert behind(CITY, None) == {"N.0": "L-1", "N.1": "L-1", "N.2": "L-1"}
    assert behind(CITY, "R") == {}


def test_every_alert_that_is_inhibited_is_one_that_is_made() -> None:
    made = {
        rule["alert"]
        for group in json.loads(rules(CITY, ALERTING))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    for one in inhibitions():
        for matcher in (one["source_matchers"][0], one["target_matchers"][0]):
            assert set(matcher.split('"')[1].split("|")) <= made

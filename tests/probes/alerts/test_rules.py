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

from inventory.model import Cloud, Estate, Host, Line, Link, Node, Room, Service
from probes.alerts.paging import Paging
from probes.alerts.rules import rules

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
LINES = (
    Line(code="L-1", name="l", a_end="R", z_end="C", ipv4_prefix="10.255.0.0/30"),
    Line(code="L-2", name="l", a_end="R-2", z_end="C"),
    Line(code="L-3", name="l", a_end="R-2", z_end="C"),
    Line(code="L-4", name="l", a_end="R", z_end="C", cancelled_on=date(2020, 1, 1)),
)
NO_PREFIX = {"ipv4_prefix": None}
CITY = Estate(
    rooms=(Room(code="R", name="机房"), Room(code="R-2", name="两条线的机房")),
    clouds=(Cloud(code="C", name="云"),),
    lines=LINES,
    nodes=(
        *NODES,
        Node(code="M", name="m", kind="核心", place="R-2", ipv4=IPv4Address("10.0.1.1")),
    ),
)
PAGING = Paging(severities={"核心": "critical"})


def promtool(
    tmp_path: Path,
    *tests: dict[str, Any],
    estate: Estate = CITY,
    paging: Paging = PAGING,
    every: str = "5s",
) -> None:
    (tmp_path / "rules.yml").write_text(rules(estate, paging))
    check = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", tmp_path / "rules.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr
    told = {"rule_files": ["rules.yml"], "evaluation_interval": every, "tests": joined(tests)}
    (tmp_path / "tests.yml").write_text(json.dumps(told))
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "tests.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def joined(tests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is asked of the same series is asked in one go: promtool evaluates them once."""
    found: dict[str, dict[str, Any]] = {}
    for one in tests:
        key = json.dumps([one["interval"], one["input_series"]])
        if key in found and "alert_rule_test" in one:
            found[key]["alert_rule_test"] += one["alert_rule_test"]
        else:
            found[key] = one
    return list(found.values())


def up(
    code: str,
    values: str,
    family: int = 4,
    kind: str = "接入节点",
    check: str = "icmp",
    vantage: str = "city",
) -> dict[str, str]:
    labels = f'code="{code}",kind="{kind}",organisation="",zone="",family="{family}"'
    return {
        "series": f'qianyun_probe_up{{{labels},vantage="{vantage}",check="{check}"}}',
        "values": values,
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


BEHIND = {"line": "L-1", "line_1": "L-1"}
LINE = BEHIND | {"cut": "line_1", "severity": "critical", "vantage": "city"}


def told(code: str, **more: str) -> dict[str, str]:
    return {"code": code, "kind": "接入节点", "vantage": "city", "severity": "warning"} | more


def summary(fires: dict[str, Any], text: str) -> dict[str, Any]:
    for one in fires["alert_rule_test"][0]["exp_alerts"]:
        one["exp_annotations"] = {"summary": text}
    return fires


def test_a_node_that_is_down_over_both_families(tmp_path: Path) -> None:
    series = (up("N.0", "1 0x20"), up("N.0", "1 0x20", 6), up("N.1", "1x21"), up("N.2", "1x21"))
    expected = told("N.0", node="N.0", **BEHIND)
    annotated = {"summary": "节点 N.0 中断 / node N.0 is down"}
    fires = case(series, "60s", "QianyunNodeDown", expected)
    fires["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = annotated
    promtool(tmp_path, fires, case(series, "60s", "QianyunFamilyDown"))


def test_one_family_is_its_own_alert(tmp_path: Path) -> None:
    series = (up("N.0", "1x21"), up("N.0", "1 0x20", 6))
    fires = case(
        series, "60s", "QianyunFamilyDown", told("N.0", family="6", check="icmp", **BEHIND)
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
        LINE,
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
        case(flaps, at, "QianyunNodeDown", told("N.0", node="N.0", **BEHIND))
        for at in ("60s", "80s", "95s")
    ]
    for one in during:
        one["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = annotated
    promtool(tmp_path, gap, *during)


def test_severity_by_kind_and_the_prober_itself(tmp_path: Path) -> None:
    core = case(
        [up("M", "0x20", kind="核心")], "60s", "QianyunNodeDown",
        told("M", kind="核心", severity="critical", node="M"),
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
    text = silent["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"]["summary"]
    gone = {"series": 'up{job="qianyun",instance="a:1"}', "values": "0x20"}
    labels = {"severity": "critical", "job": "qianyun", "instance": "a:1"}
    unanswered = summary(case([alive, gone], "60s", "QianyunProberSilent", labels), text)
    never = summary(case([], "60s", "QianyunProberSilent", {"severity": "critical"}), text)
    promtool(tmp_path, core, silent, unanswered, never)
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
        series = {"series": name, "values": f"{days * 86400}x100"}
        labels = ({"code": "a", "severity": "warning"},) if days < 14 else ()
        one = case([series], "62m", "QianyunCertificateEnds", *labels) | {"interval": "1m"}
        for alert in one["alert_rule_test"][0]["exp_alerts"]:
            alert["exp_annotations"] = {
                "summary": "a 的证书将在十四天内到期 / the certificate of a ends within fourteen days"
            }
        return one

    promtool(tmp_path, ends(10), ends(20), every="1m")


def test_what_hangs_on_a_line_is_not_told_but_what_was_told_is_ended(tmp_path: Path) -> None:
    """N.0 was down before the line; N.1 goes down with it; both come back with it."""
    series = [
        up("L-1@1", "1x50 0x60 1x100", kind="line"),
        up("N.0", "1x10 0x100 1x100"),
        up("N.1", "1x50 0x60 1x100"),
    ]
    first = told("N.0", node="N.0", **BEHIND)
    text = "节点 N.0 中断 / node N.0 is down"
    promtool(
        tmp_path,
        summary(case(series, "200s", "QianyunNodeDown", first), text),
        summary(case(series, "500s", "QianyunNodeDown", first), text),  # and not N.1
        summary(case(series, "600s", "QianyunLineDown", LINE), "线路 L-1 中断 / line L-1 is down"),
        # both lasted on: the line's ends first, so that nothing mutes the node's end
        case(series, "625s", "QianyunLineDown"),
        summary(case(series, "625s", "QianyunNodeDown", first), text),
        case(series, "640s", "QianyunNodeDown"),
    )


def test_a_family_that_was_told_is_told_until_it_is_back(tmp_path: Path) -> None:
    series = [
        up("L-1@1", "1x50 0x60 1x100", kind="line"),
        up("N.0", "1x50 0x60 1x100"),
        up("N.0", "1x10 0x100 1x100", 6),
    ]
    fires = told("N.0", family="6", check="icmp", **BEHIND)
    text = "节点 N.0 仅 IPv6 中断 / node N.0 is down over IPv6 alone"
    promtool(
        tmp_path,
        summary(case(series, "200s", "QianyunFamilyDown", fires), text),
        summary(case(series, "500s", "QianyunFamilyDown", fires), text),
        case(series, "500s", "QianyunNodeDown"),
        case(series, "640s", "QianyunFamilyDown"),
    )


def test_what_flaps_is_told_once(tmp_path: Path) -> None:
    """Up for two minutes is longer than an alert lasts on; three rounds of it are flapping."""
    series = [up("M", "1x5 " + "0x10 1x24 " * 8 + "1x240", kind="核心")]
    down = told("M", kind="核心", severity="critical", node="M")
    text = "节点 M 中断 / node M is down"
    promtool(
        tmp_path,
        summary(case(series, "60s", "QianyunNodeDown", down), text),
        case(series, "200s", "QianyunNodeDown"),  # the first round ended and was told
        summary(case(series, "1000s", "QianyunNodeDown", down), text),
        summary(case(series, "1100s", "QianyunNodeDown", down), text),
        summary(case(series, "1200s", "QianyunNodeDown", down), text),
        case(series, "2450s", "QianyunNodeDown"),
    )


def test_a_line_whose_ends_nobody_looks_at(tmp_path: Path) -> None:
    """All of its nodes down is the line; all but one is not."""
    estate = CITY.model_copy(update={"lines": (LINES[0].model_copy(update=NO_PREFIX), *LINES[1:])})
    all_down = [up(f"N.{n}", "1 0x40") for n in range(3)]
    but_one = [*all_down[:2], up("N.2", "1x41")]
    text = "线路 L-1 中断（其后 3 个节点全部中断） / line L-1 is down (all 3 nodes behind it are)"
    two = [told(f"N.{n}", node=f"N.{n}", **BEHIND) for n in range(2)]
    nodes = case(but_one, "60s", "QianyunNodeDown", *two)
    for n, one in enumerate(nodes["alert_rule_test"][0]["exp_alerts"]):
        one["exp_annotations"] = {"summary": f"节点 N.{n} 中断 / node N.{n} is down"}
    promtool(
        tmp_path,
        summary(case(all_down, "10s", "QianyunLineDown", LINE), text),
        case(all_down, "150s", "QianyunNodeDown"),
        case(but_one, "60s", "QianyunLineDown"),
        nodes,
        estate=estate,
    )


COUNTY = CITY.model_copy(
    update={
        "nodes": (
            Node(code="P", name="县级平台", kind="平台", ipv4=IPv4Address("10.1.0.1"), host="H"),
            Node(code="D", name="前置机", kind="前置", ipv4=IPv4Address("10.1.0.2"), platform="县级平台"),
        ),
        "hosts": (Host(code="H", name="h", ipv4=IPv4Address("10.1.0.3")),),
        "services": (
            Service(code="SV", name="s", host="H", protocol="tcp", port=9000),
        ),
    }
)  # fmt: skip
LINK = Link(code="K", name="k", a_node="N.0", z_node="M")
LINKED = COUNTY.model_copy(update={"nodes": (*CITY.nodes, *COUNTY.nodes), "links": (LINK,)})


def test_a_platform_and_what_hangs_on_it(tmp_path: Path) -> None:
    series = [
        up("P", "1x5 0x40 1x40", kind="平台"),
        up("D", "1x5 0x40 1x40", kind="前置"),
        up("SV", "1x5 0x40 1x40", kind="service", check="tcp/9000"),
    ]
    alone = [up("P", "1x90", kind="平台"), *series[1:]]
    platform = told("P", kind="平台", node="P", platform_1="P", cut="platform_1")
    front = told("D", kind="前置", node="D", platform_1="P")
    service = told("SV", kind="service", node="P", check="tcp/9000")
    promtool(
        tmp_path,
        summary(case(series, "60s", "QianyunNodeDown", platform), "节点 P 中断 / node P is down"),
        summary(case(series, "220s", "QianyunNodeDown", platform), "节点 P 中断 / node P is down"),
        case(series, "220s", "QianyunServiceDown"),
        case(series, "320s", "QianyunNodeDown"),
        summary(case(alone, "120s", "QianyunNodeDown", front), "节点 D 中断 / node D is down"),
        summary(
            case(alone, "120s", "QianyunServiceDown", service),
            "SV 的 tcp/9000 不通 / tcp/9000 of SV is down",
        ),
        estate=COUNTY,
    )


def test_the_prober_left_looks_out(tmp_path: Path) -> None:
    def counted(rate: int) -> list[dict[str, str]]:
        names = ("skipped", "unsent", "exhausted")
        return [
            {"series": f"qianyun_prober_looks_{n}_total", "values": f"0+{rate}x200"} for n in names
        ]

    text = "探测机力不从心，部分目标未按时探测 / the prober is overloaded: some looks are left out"
    promtool(
        tmp_path,
        summary(case(counted(1), "15m", "QianyunProberBehind", {"severity": "warning"}), text),
        case(counted(0), "15m", "QianyunProberBehind"),
        every="30s",
    )


def test_a_resolver_that_tells_nothing(tmp_path: Path) -> None:
    def untold(values: str) -> list[dict[str, str]]:
        return [{"series": "qianyun_prober_names_untold", "values": values}]

    text = (
        "解析器不应答，3 个域名只能按旧地址探测或无法探测 / the resolver tells nothing of 3 names: they are "
        "looked at where they led before, or not at all"
    )
    fires = case(untold("0 3x40"), "120s", "QianyunResolverSilent", {"severity": "warning"})
    promtool(tmp_path, summary(fires, text), case(untold("0x40"), "120s", "QianyunResolverSilent"))


def test_vantage_points_see_other_lines_before_a_node(tmp_path: Path) -> None:
    """From the room itself its own nodes hang on nothing."""
    paging = PAGING.model_copy(update={"homes": {"room": "R"}})
    series = [up("L-1@1", "0x41", kind="line", vantage="room")]
    series += [up("N.0", "0x40", vantage="room"), up("N.0", "0x40")]
    series += [up("L-1@1", "0x41", kind="line")]
    here = told("N.0", node="N.0", home="R") | {"vantage": "room"}
    promtool(
        tmp_path,
        summary(case(series, "60s", "QianyunNodeDown", here), "节点 N.0 中断 / node N.0 is down"),
        paging=paging,
    )


def test_a_link_that_is_cut_between_two_places_that_others_reach(tmp_path: Path) -> None:
    """Seen from its one end, whose prober reaches nothing of the other; a node that is gone for everybody
    is no link's fault, and a line that is down tells it all."""
    city = CITY.model_copy(update={"links": (LINK,)})
    paging = PAGING.model_copy(update={"homes": {"room": "R"}})
    cut = [up("K@M", "1 0x60", kind="link", vantage="room"), up("K@M", "1x61", kind="link")]
    gone = [up("K@M", "1 0x60", kind="link", vantage="room"), up("K@M", "1 0x60", kind="link")]
    over = [up("L-1@1", "0x61", kind="line", vantage="room"), *cut]
    link = {"code": "K@M", "severity": "warning", "line": "L-1", "kind": "link"}
    link |= {"vantage": "room", "home": "R"}
    text = (
        "链路端点 K@M 自观测点 room 不可达，他处可达 / the link's end K@M is not reached from room, but from "
        "elsewhere"
    )
    promtool(
        tmp_path,
        summary(case(cut, "120s", "QianyunLinkDown", link), text),
        case(gone, "120s", "QianyunLinkDown"),
        case(over, "120s", "QianyunLinkDown"),
        estate=city,
        paging=paging,
    )


def test_every_alert_has_its_test() -> None:
    made = {
        rule["alert"]
        for group in json.loads(rules(LINKED, PAGING.model_copy(update={"home": "R"})))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    ours = Path(__file__).read_text()
    assert {name for name in made if f'"{name}"' not in ours} == set()
    assert len(made) == 9


def test_the_prober_s_own_uplink_is_one_alert(tmp_path: Path) -> None:
    """Everything beyond it hangs on it: another county's line and its nodes, and the cloud's."""
    estate = Estate(
        rooms=(Room(code="HOME", name="h"), Room(code="COUNTY", name="c")),
        clouds=(Cloud(code="C", name="云"),),
        lines=(
            Line(code="UP", name="u", a_end="HOME", z_end="C", ipv4_prefix="10.255.1.0/30"),
            Line(code="L", name="l", a_end="COUNTY", z_end="C", ipv4_prefix="10.255.2.0/30"),
        ),
        nodes=(
            Node(code="IN-C", name="i", kind="接入节点", place="C", ipv4=IPv4Address("10.0.0.1")),
            Node(code="IN-L", name="i", kind="接入节点", place="COUNTY", ipv4=IPv4Address("10.0.0.2")),
        ),
    )  # fmt: skip
    down = "1x5 0x40 1x60"
    series = [up(f"{code}@1", down, kind="line") for code in ("UP", "L")]
    series += [up(code, down) for code in ("IN-C", "IN-L")]
    labels = LINE | {"line": "UP", "line_1": "UP"}
    text = "线路 UP 中断 / line UP is down"
    at_home = PAGING.model_copy(update={"home": "HOME"})
    promtool(
        tmp_path,
        *(
            summary(case(series, at, "QianyunLineDown", labels), text)
            for at in ("30s", "200s", "280s")
        ),
        *(case(series, at, "QianyunNodeDown") for at in ("100s", "220s", "300s")),
        case(series, "310s", "QianyunLineDown"),
        estate=estate,
        paging=at_home,
    )


def test_rules_that_differ_in_their_wait_alone_are_told_apart(tmp_path: Path) -> None:
    """And what is looked at rarely of a node does not look like the same rule as its ports."""
    node = NODES[0].model_copy(update={"probe_interval_s": 60, "ports": (443,)})
    slow = node.model_copy(update={"code": "SLOW", "place": "R-2"})
    fast = NODES[1].model_copy(update={"code": "FAST", "place": "R-2", "ports": (443,)})
    series = (up("SLOW", "1x5 0x60"), up("FAST", "1x5 0x60"))
    labels = told("FAST", node="FAST", after="10s")
    promtool(
        tmp_path,
        summary(
            case(series, "60s", "QianyunNodeDown", labels), "节点 FAST 中断 / node FAST is down"
        ),
        estate=CITY.model_copy(update={"nodes": (node, slow, fast)}),
    )


def test_what_is_looked_at_rarely_keeps_no_other_alert_waiting() -> None:
    """The MTU of a path every ten minutes: its rule waits for two looks, a node's and a port's do not."""
    nodes = tuple(n.model_copy(update={"ports": (22,)}) for n in NODES)
    groups = json.loads(rules(CITY.model_copy(update={"nodes": nodes}), PAGING))["groups"]
    (down,) = [group["rules"] for group in groups if group["name"] == "qianyun-down"]
    waits: dict[bool, set[int]] = {True: set(), False: set()}
    for rule in down:
        if "alert" in rule:
            waits['check="pmtu"' in rule["expr"]].add(int(rule["for"].removesuffix("s")))
    assert waits[True]
    assert min(waits[True]) >= 1200
    assert max(waits[False]) < 120

"""Prometheus's rules and Alertmanager's inhibitions, made from the estate. Pure.

Everything is data as JSON, which is YAML. Looks are never suppressed, alerts are: what lies behind
one line alone carries that line's code, and is inhibited while the line's own alert fires. What lies
behind two lines is behind neither.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.model import Estate, Line
from inventory.secrecy import hidden
from probes.watch.of_estate import watches_of
from probes.watch.watched import DEFAULT_INTERVAL

UP = "qianyun_probe_up"
LINE_DOWN, NODE_DOWN = "QianyunLineDown", "QianyunNodeDown"
SAME = "by (code, kind, organisation, zone, vantage)"
STEADY = "1m"
"""An alert goes on for so long after its cause is gone: one that flaps is told once."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """`severities`: node kind → severity (critical, warning, info); `default` for the others."""

    severities: Mapping[str, str]
    default: str = "warning"
    home: str | None = None  # code of the place where the prober stands

    def of(self, kind: str | None) -> str:
        return self.severities.get(kind or "", self.default)


def rules(estate: Estate, alerting: Alerting) -> str:
    """A file of rules for `--rule.files`."""
    groups = [
        {"name": "qianyun-recording", "rules": _recording()},
        {"name": "qianyun-prober", "rules": [_prober_silent(), _prober_behind()]},
        {"name": "qianyun-lines", "rules": _lines(estate)},
        {"name": "qianyun-nodes", "rules": _nodes(estate, alerting)},
        {"name": "qianyun-certificates", "rules": [_certificate()]},
    ]
    kept = [group for group in groups if group["rules"]]
    return json.dumps({"groups": kept}, ensure_ascii=False, indent=1) + "\n"


def inhibitions() -> list[dict[str, Any]]:
    """For Alertmanager's configuration, key `inhibit_rules`."""
    return [
        {
            "source_matchers": [f'alertname="{LINE_DOWN}"'],
            "target_matchers": [f'alertname=~"{NODE_DOWN}|QianyunFamilyDown"', 'line!=""'],
            "equal": ["line", "vantage"],
        },
        {
            "source_matchers": [f'alertname="{NODE_DOWN}"'],
            "target_matchers": ['alertname="QianyunFamilyDown"'],
            "equal": ["code", "vantage"],
        },
    ]


def behind(estate: Estate, home: str | None) -> dict[str, str]:
    """Node → the one line on its way. A place with several lines has none that all hangs on; nor has
    the place where the prober stands."""
    at: dict[str, set[str]] = defaultdict(set)
    for line in estate.lines:
        if line.cancelled_on is None and line.a_end and line.z_end:
            at[line.a_end].add(line.code)
            at[line.z_end].add(line.code)
    single = {
        place: next(iter(lines))
        for place, lines in at.items()
        if len(lines) == 1 and place != home and not _is_centre(estate, place)
    }
    return {n.code: single[n.place] for n in estate.nodes if n.place in single}


def _is_centre(estate: Estate, place: str) -> bool:
    """A cloud is where lines lead to: it does not hang on the only line that is on record."""
    return any(cloud.code == place for cloud in estate.clouds)


def _alert(
    name: str, expr: str, wait: str, labels: Mapping[str, str], *told: str
) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expr,
        "for": wait,
        "keep_firing_for": STEADY,
        "labels": dict(labels),
        "annotations": {"summary": " / ".join(told)},
    }


def _recording() -> list[dict[str, str]]:
    looks = "qianyun_probe_looks_total"
    measured = f'sum without (result) (rate({looks}{{result!="unmeasured"}}[5m]))'
    answered = f'sum without (result) (rate({looks}{{result="answered"}}[5m]))'
    delay = "rate(qianyun_probe_rtt_seconds_sum[5m]) / rate(qianyun_probe_rtt_seconds_count[5m])"
    same = "code, kind, organisation, zone, vantage, check"
    return [
        {"record": "qianyun:success:ratio5m", "expr": f"{answered} / ({measured} > 0)"},
        {"record": "qianyun:delay:mean5m", "expr": delay},
        {
            "record": "qianyun:degradation:ratio5m",
            "expr": f'qianyun:delay:mean5m{{family="6"}} / on ({same}) '
            f'qianyun:delay:mean5m{{family="4"}} - 1',
        },
    ]


def _lines(estate: Estate) -> list[dict[str, Any]]:
    """A line is down when an end of it answers over no family."""
    ends: dict[str, list[str]] = defaultdict(list)
    known = {line.code: line for line in estate.lines}
    for watch in watches_of(estate):
        if watch.kind == "line":
            code = watch.target.code
            line = code.rpartition("@")[0]
            if code not in ends[line]:
                ends[line].append(code)
    return [_line(known[code], codes) for code, codes in sorted(ends.items())]


def _line(line: Line, ends: list[str]) -> dict[str, Any]:
    found = f'max by (code, vantage) ({UP}{{code=~"{_any(ends)}",check="icmp"}})'
    return _alert(
        LINE_DOWN,
        f"min by (vantage) ({found}) == 0",
        "0s",
        {"severity": "critical", "line": line.code, "organisation": line.organisation or ""},
        f"线路 {line.code} 中断",
        f"line {line.code} is down",
    )


def _nodes(estate: Estate, alerting: Alerting) -> list[dict[str, Any]]:
    """One rule for each severity and line: few rules, whatever the number of nodes."""
    secret = hidden(estate)
    lines = behind(estate, alerting.home)
    groups: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for node in estate.nodes:
        if node.host in secret.hosts or secret.hides_at(node.ipv4, node.ipv6):
            continue
        wait = max(2, round(2 * (node.probe_interval_s or DEFAULT_INTERVAL)))
        groups[alerting.of(node.kind), lines.get(node.code, ""), wait].append(node.code)
    return [
        rule
        for (severity, line, wait), codes in sorted(groups.items())
        for rule in _of_group(severity, line, wait, codes)
    ]


def _of_group(severity: str, line: str, wait: int, codes: list[str]) -> list[dict[str, Any]]:
    """The wait gives the line's alert its time: it must be there before what it inhibits."""
    only = f'{UP}{{code=~"{_any(codes)}",check="icmp"}}'
    labels = {"severity": severity} | ({"line": line} if line else {})
    waits = f"{wait + (15 if line else 0)}s"
    return [
        _alert(
            NODE_DOWN,
            f"max {SAME} ({only}) == 0",
            waits,
            labels,
            "节点 {{ $labels.code }} 中断",
            "node {{ $labels.code }} is down",
        ),
        _alert(
            "QianyunFamilyDown",
            f"{only} == 0 and on (code, vantage) (max {SAME} ({only}) == 1)",
            waits,
            {**labels, "severity": "warning"},
            "节点 {{ $labels.code }} 仅 IPv{{ $labels.family }} 中断",
            "node {{ $labels.code }} is down over IPv{{ $labels.family }} alone",
        ),
    ]


def _prober_silent() -> dict[str, Any]:
    return _alert(
        "QianyunProberSilent",
        "time() - qianyun_prober_heartbeat_timestamp_seconds > 15",
        "15s",
        {"severity": "critical"},
        "探测进程停转，其余告警均不可信",
        "the prober does not turn: no other alert can be trusted",
    )


def _prober_behind() -> dict[str, Any]:
    ours = ("skipped", "unsent", "exhausted")
    return _alert(
        "QianyunProberBehind",
        " + ".join(f"rate(qianyun_prober_looks_{what}_total[5m])" for what in ours) + " > 0",
        "5m",
        {"severity": "warning"},
        "探测机力不从心，部分目标未按时探测",
        "the prober is overloaded: some looks are left out",
    )


def _certificate() -> dict[str, Any]:
    return _alert(
        "QianyunCertificateEnds",
        "qianyun_probe_certificate_not_after_timestamp_seconds - time() < 14 * 86400",
        "1h",
        {"severity": "warning"},
        "{{ $labels.code }} 的证书将在十四天内到期",
        "the certificate of {{ $labels.code }} ends within fourteen days",
    )


def _any(codes: list[str]) -> str:
    """Codes hold letters, digits and . _ - (and @): a dot alone means something in a pattern."""
    return "|".join(code.replace(".", "\\\\.") for code in codes)

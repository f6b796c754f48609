"""Grafana's dashboards as JSON, built from the names that the exporter gives. Pure.

A test renders a real table and asks whether every metric and label that a panel names is there.
Import them in Grafana (Dashboards → Import) or put them in a provisioned folder.
"""

from collections.abc import Iterable, Mapping
from typing import Any

UP = "qianyun_probe_up"
VARIABLES = ("vantage", "kind", "organisation", "zone")
ONLY = ",".join(f'{name}=~"${name}"' for name in VARIABLES)
SOURCE = {"type": "prometheus", "uid": "${source}"}
GREEN, YELLOW, RED = "green", "yellow", "red"
SCHEMA = 39  # Grafana 10


def dashboards() -> Mapping[str, dict[str, Any]]:
    """File name → dashboard."""
    return {
        "qianyun-city.json": _board("qianyun-city", "迁云：全市探测 / the city", _city()),
        "qianyun-ipv6.json": _board("qianyun-ipv6", "迁云：IPv6 对比 / IPv6 beside IPv4", _ipv6()),
        "qianyun-prober.json": _board("qianyun-prober", "迁云：探测机自身 / the prober", _prober()),
    }


def _city() -> Iterable[dict[str, Any]]:
    echo = f'{ONLY},check="icmp"'
    down = f"sum by (code, kind) ({UP}{{{echo}}}) == 0"
    yield _stat("在线 / up", f"sum({UP}{{{echo}}})", "none")
    yield _stat("中断 / down", f"count({UP}{{{echo}}}) - sum({UP}{{{echo}}})", "none", bad=1)
    yield _stat("成功率 / success", _ratio(f"{ONLY}", "$__rate_interval", "vantage"), "percentunit")
    yield _stat(
        "最近到期证书 / next certificate to end",
        f"min(qianyun_probe_certificate_not_after_timestamp_seconds{{{ONLY}}}) - time()",
        "s",
    )
    yield _table("两族均不应答 / down over every family", down)
    yield _series(
        "成功率 / success by kind", _ratio(ONLY, "$__rate_interval", "kind"), "percentunit"
    )
    yield _series(
        "失败原因 / why looks fail",
        f"sum by (reason) (rate(qianyun_probe_failures_total{{{ONLY}}}[$__rate_interval]))",
        "ops",
    )
    yield _series(
        "线路、链路时延 p95 / delay of lines and links",
        "histogram_quantile(0.95, sum by (le, code) (rate("
        f'qianyun_probe_rtt_seconds_bucket{{{ONLY},kind=~"line|link"}}[$__rate_interval])))',
        "s",
    )
    yield _series("抖动 / jitter", f"max by (code) (qianyun_probe_jitter_seconds{{{echo}}})", "s")


def _ratio(only: str, over: str, by: str) -> str:
    looks = "qianyun_probe_looks_total"
    answered = f'sum by ({by}) (rate({looks}{{{only},result="answered"}}[{over}]))'
    measured = f'sum by ({by}) (rate({looks}{{{only},result!="unmeasured"}}[{over}]))'
    return f"{answered} / ({measured} > 0)"


def _ipv6() -> Iterable[dict[str, Any]]:
    same = "code, kind, organisation, zone, vantage, check"
    for family in (4, 6):
        share = _ratio(f'{ONLY},family="{family}"', "$__rate_interval", "family")
        yield _stat(f"IPv{family} 成功率 / success", share, "percentunit")
    mean = (
        "rate(qianyun_probe_rtt_seconds_sum{{{only}}}[$__rate_interval]) / "
        "rate(qianyun_probe_rtt_seconds_count{{{only}}}[$__rate_interval])"
    )
    v4, v6 = (mean.format(only=f'{ONLY},family="{family}"') for family in (4, 6))
    yield _series(
        "时延劣化比 / degradation of the delay",
        f"({v6}) / on ({same}) ({v4}) - 1",
        "percentunit",
    )
    alone = (
        (6, 4, "仅 IPv4 可达 / up over IPv4 alone"),
        (4, 6, "仅 IPv6 可达（核查防火墙） / up over IPv6 alone: look at firewalls"),
    )
    for here, there, told in alone:
        yield _table(
            told,
            f'{UP}{{{ONLY},family="{here}"}} == 0 and on ({same}) {UP}{{{ONLY},family="{there}"}} == 1',
        )
    yield _table("路径 MTU 黑洞 / black holes", f'{UP}{{{ONLY},check="pmtu"}} == 0')


def _prober() -> Iterable[dict[str, Any]]:
    own = "qianyun_prober_"
    yield _stat(
        "心跳 / since its last turn", f"time() - {own}heartbeat_timestamp_seconds", "s", bad=15
    )
    yield _stat("目标 / targets", f"sum({own}targets)", "none")
    yield _series("ICMP 请求 / echoes", f"rate({own}echo_sent_total[$__rate_interval])", "ops")
    yield _series(
        "未按时探测 / left out, not sent, exhausted",
        " + ".join(
            f"rate({own}looks_{what}_total[$__rate_interval])"
            for what in ("skipped", "unsent", "exhausted")
        ),
        "ops",
    )
    yield _series(
        "迟到 p99 / lateness",
        "histogram_quantile(0.99, sum by (le) "
        f"(rate({own}lateness_seconds_bucket[$__rate_interval])))",
        "s",
    )
    drops = f"rate({own}receive_drops_total[$__rate_interval])"
    yield _series("本机丢弃 / replies dropped here", drops, "ops")


def _stat(title: str, expr: str, unit: str, *, bad: float | None = None) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": GREEN, "value": None}]
    if bad is not None:
        steps.append({"color": RED, "value": bad})
    return _panel("stat", title, expr, unit) | {
        "fieldConfig": {
            "defaults": {"unit": unit, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        }
    }


def _series(title: str, expr: str, unit: str) -> dict[str, Any]:
    return _panel("timeseries", title, expr, unit)


def _table(title: str, expr: str) -> dict[str, Any]:
    made = _panel("table", title, expr, "none")
    made["targets"][0] |= {"instant": True, "format": "table"}
    return made


def _panel(kind: str, title: str, expr: str, unit: str) -> dict[str, Any]:
    wide, high = (6, 4) if kind == "stat" else (12, 8)
    return {
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "targets": [{"refId": "A", "expr": expr, "datasource": SOURCE}],
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "gridPos": {"x": 0, "y": 0, "w": wide, "h": high},
    }


def _board(uid: str, title: str, panels: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": title,
        "tags": ["qianyun"],
        "timezone": "browser",
        "schemaVersion": SCHEMA,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_source(), *(_variable(name) for name in VARIABLES)]},
        "panels": _placed(panels),
    }


def _placed(panels: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """From left to right in 24 columns, in rows as high as their first."""
    placed, x, y, high = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        grid = panel["gridPos"]
        if x + grid["w"] > 24 or (x and grid["h"] != high):
            x, y = 0, y + high
        high = grid["h"]
        placed.append({"id": number, **panel, "gridPos": {**grid, "x": x, "y": y}})
        x += grid["w"]
    return placed


def _source() -> dict[str, Any]:
    return {
        "name": "source",
        "type": "datasource",
        "query": "prometheus",
        "label": "数据源 / source",
    }


def _variable(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": f"label_values({UP}, {name})", "refId": name},
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
    }

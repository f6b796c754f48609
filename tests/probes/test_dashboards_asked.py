"""Every expression of the dashboards, asked of a real Prometheus that scrapes a real prober."""

import sys
from pathlib import Path

import pytest

from probes.dashboards import VARIABLES, dashboards
from probes.model import Family, Target
from probes.watch.folder import Folder
from probes.watch.watched import Watch, write
from tests.paging import MISSING, PROMETHEUS, asked, in_own_network, prometheus, running, until
from tests.probes.servers import free_port

pytestmark = [pytest.mark.skipif(not PROMETHEUS, reason=MISSING), pytest.mark.slow]
EXPRESSIONS = sorted(
    {
        one["expr"]
        for board in dashboards().values()
        for panel in board["panels"]
        for one in panel["targets"]
    }
)
OURS: tuple[tuple[Family, str, str], ...] = (
    (4, "127.0.0.1", "203.0.113.10"),
    (6, "::1", "2001:db8:113::10"),
)
"""Family, an address of ours, one to which no way leads."""
NEEDS_TLS = "qianyun_probe_certificate"  # nobody here has a certificate


def filled(expr: str) -> str:
    """As Grafana asks it with all of every variable."""
    for name in VARIABLES:
        expr = expr.replace(f"${name}", ".*")
    return expr.replace("$__rate_interval", "10s").replace("$__range", "1m")


def test_a_real_prometheus_answers_every_panel(tmp_path: Path) -> None:
    in_own_network(lambda: _story(tmp_path))


def _story(made: Path) -> None:
    folder = Folder(made / "probes")
    folder.path.mkdir()
    only4, only6 = free_port(), free_port("::1")
    write(folder.targets, _watches(only4, only6))
    ours = (sys.executable, "-m", "api.cli.main", "probe")
    (made / "prometheus.yml").write_text(
        '{"global": {"scrape_interval": "1s"}, "scrape_configs": [{"job_name": "qianyun", '
        '"static_configs": [{"targets": ["127.0.0.1:9420"]}]}]}'
    )
    web = (sys.executable, "-m", "http.server")
    with (
        running(made / "only4.log", *web, str(only4), "--bind", "127.0.0.1"),
        running(made / "only6.log", *web, str(only6), "--bind", "::1"),
        running(made / "prober.log", *ours, "prober", str(folder.path), "--vantage", "city"),
        running(made / "exporter.log", *ours, "exporter", str(folder.path)),
        prometheus(made) as url,
    ):
        for expr in EXPRESSIONS:
            if NEEDS_TLS in expr:
                assert asked(url, filled(expr)) == []
            else:
                until(lambda e=expr: asked(url, filled(e)), f"an answer to {expr}")  # type: ignore[misc]


def _watches(only4: int, only6: int) -> list[Watch]:
    """Both families, a line, a node that is not there, ports that are open on one family alone."""
    return [
        Watch(
            target=Target(code=code, check=check, family=family, address=address, port=port),
            kind=kind,
            organisation="O",
            zone="extranet",
            interval=0.5,
            fine=kind == "line",
        )
        for family, here, gone in OURS
        for code, check, address, port, kind in (
            ("N", "icmp", here, 0, "接入节点"),
            ("N", "tcp", here, only4, "接入节点"),
            ("N", "tcp", here, only6, "接入节点"),
            ("G", "icmp", gone, 0, "接入节点"),
            ("G", "pmtu", gone, 0, "接入节点"),
            ("L@1", "icmp", here, 0, "line"),
        )
    ]

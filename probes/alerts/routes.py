"""Alertmanager's configuration, and Prometheus's, made from an estate and `Paging`. Pure. JSON, which
is YAML."""

import json
from typing import Any
from urllib.parse import urlsplit

from inventory.model import Estate
from probes.alerts.paging import Mailing, Paging, Receiver, Route
from probes.alerts.rules import JOB, spots_of
from probes.alerts.topology import Topology
from probes.alerts.words import CUT, FAMILY_DOWN, LINE_DOWN, NODE_DOWN, SERVICE_DOWN, any_of

PAGED_BY = ("alertname", "organisation", "line")
"""One page for: a line (its alert has its own code), the nodes of one party behind one line."""


def alertmanager(estate: Estate, paging: Paging) -> str:
    """A file for Alertmanager's `--config.file` (0.25 or later)."""
    timing = paging.timing
    receivers = paging.receivers or {paging.default: Receiver()}
    made = {
        "route": {
            "receiver": paging.default,
            "group_by": list(PAGED_BY),
            "group_wait": f"{timing.wait}s",
            "group_interval": f"{timing.interval}s",
            "repeat_interval": f"{timing.repeat}s",
            "routes": [_route(route) for route in paging.routes],
        },
        "receivers": [_receiver(n, r, paging.mail) for n, r in sorted(receivers.items())],
        "inhibit_rules": inhibitions(estate, paging),
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def inhibitions(estate: Estate, paging: Paging) -> list[dict[str, Any]]:
    """While one fires that others hang on, these are not told. Where an alert's own page may be out
    already its end still comes: it goes on longer than what it hangs on (`down`)."""
    above = [
        {
            "source_matchers": [f'alertname=~"{LINE_DOWN}|{NODE_DOWN}"', f'{CUT}="{label}"'],
            "target_matchers": [f'{label}!=""', f'{CUT}!="{label}"', _HANGING],
            "equal": [label, "vantage"],
        }
        for label in _labels(estate, paging)
    ]
    of_a_node = {
        "source_matchers": [f'alertname="{NODE_DOWN}"'],
        "target_matchers": [f'alertname="{SERVICE_DOWN}"', 'node!=""'],
        "equal": ["node", "vantage"],
    }
    return [*above, of_a_node]


_HANGING = f'alertname=~"{LINE_DOWN}|{NODE_DOWN}|{FAMILY_DOWN}|{SERVICE_DOWN}"'


def _labels(estate: Estate, paging: Paging) -> list[str]:
    """`line_1` … `platform_1` …: as deep as it goes from any of our vantage points."""
    lines = platforms = 0
    for spot in spots_of(paging):
        topology = Topology.of(estate, spot.home)
        lines = max((lines, *(len(chain) for chain in topology.places.values())))
        platforms = max((platforms, *(len(chain) for chain in topology.platforms.values())))
    return [
        *(f"line_{n}" for n in range(1, lines + 1)),
        *(f"platform_{n}" for n in range(1, platforms + 1)),
    ]


def _route(route: Route) -> dict[str, Any]:
    matchers = []
    if route.organisations:
        matchers.append(f'organisation=~"{any_of(route.organisations)}"')
    if route.severities:
        matchers.append(f'severity=~"{any_of(route.severities)}"')
    return {"receiver": route.receiver, "matchers": matchers, "continue": route.further}


def _receiver(name: str, receiver: Receiver, mail: Mailing | None) -> dict[str, Any]:
    """The end of an alert is always told."""
    told: dict[str, Any] = {"name": name}
    if receiver.webhooks:
        login: dict[str, Any] = {}
        if receiver.token_file:
            login = {"http_config": {"authorization": {"credentials_file": receiver.token_file}}}
        told["webhook_configs"] = [
            {"url": url, "send_resolved": True, **login} for url in receiver.webhooks
        ]
    if receiver.emails and mail:
        told["email_configs"] = [
            {
                "to": address,
                "from": mail.sender,
                "smarthost": mail.smarthost,
                "require_tls": mail.starttls,
                "send_resolved": True,
            }
            for address in receiver.emails
        ]
    return told


def prometheus(probers: list[str], alertmanager_url: str | None, interval: int = 5) -> str:
    """A file for Prometheus's `--config.file` (2.42 or later): who is asked, whom it tells.
    `probers`: HOST:PORT of exporters."""
    made: dict[str, Any] = {
        "global": {"scrape_interval": f"{interval}s", "evaluation_interval": f"{interval}s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [
            {"job_name": JOB, "static_configs": [{"targets": probers}]},
        ],
    }
    if alertmanager_url:
        parts = urlsplit(alertmanager_url)
        made["alerting"] = {
            "alertmanagers": [
                {
                    "scheme": parts.scheme,
                    "path_prefix": parts.path,
                    "static_configs": [{"targets": [parts.netloc]}],
                }
            ]
        }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"

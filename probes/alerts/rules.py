"""Prometheus's rules, made from the estate. Pure. Everything is data as JSON, which is YAML."""

import json
from typing import Any

from inventory.model import Estate
from probes.alerts.down import flapping, of_what_is_down
from probes.alerts.paging import Paging
from probes.alerts.words import Spot, alert, any_of

SILENT, BEHIND, CERTIFICATE = "QianyunProberSilent", "QianyunProberBehind", "QianyunCertificateEnds"


RESOLVER = "QianyunResolverSilent"
JOB = "qianyun"
_BEAT = "qianyun_prober_heartbeat_timestamp_seconds"


def rules(estate: Estate, paging: Paging) -> str:
    """A file of rules for `rule_files`."""
    spots = spots_of(paging)
    down = [rule for spot in spots for rule in of_what_is_down(estate, paging, spot)]
    steady = paging.timing.steady
    groups = [
        {"name": "qianyun-recording", "rules": _recording()},
        {"name": "qianyun-prober", "rules": _prober(steady)},
        # one group: its rules are evaluated one after the other, a line before what hangs on it
        {"name": "qianyun-down", "rules": [*flapping(), *down]},
        {"name": "qianyun-certificates", "rules": [_certificate(steady)]},
    ]
    kept = [group for group in groups if group["rules"]]
    return json.dumps({"groups": kept}, ensure_ascii=False, indent=1) + "\n"


def spots_of(paging: Paging) -> tuple[Spot, ...]:
    """Vantage points that stand elsewhere see other lines between themselves and a node."""
    if not paging.homes:
        return (Spot(paging.home),)
    places: dict[str, list[str]] = {}
    for vantage, place in sorted(paging.homes.items()):
        places.setdefault(place, []).append(vantage)
    own = [Spot(place, f'vantage=~"{any_of(names)}"') for place, names in places.items()]
    return (*own, Spot(paging.home, f'vantage!~"{any_of(sorted(paging.homes))}"'))


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


def _prober(steady: int) -> list[dict[str, Any]]:
    return [_prober_silent(steady), _prober_behind(steady), _resolver_silent(steady)]


def _prober_silent(steady: int) -> dict[str, Any]:
    """It does not turn, its exporter does not answer Prometheus, or nobody was ever asked."""
    return alert(
        SILENT,
        f'(time() - {_BEAT} > 15) or (up{{job="{JOB}"}} == 0) or absent({_BEAT})',
        15,
        steady,
        {"severity": "critical"},
        "探测进程停转，其余告警均不可信",
        "the prober does not turn: no other alert can be trusted",
    )


def _prober_behind(steady: int) -> dict[str, Any]:
    ours = ("skipped", "unsent", "exhausted")
    return alert(
        BEHIND,
        " + ".join(f"rate(qianyun_prober_looks_{what}_total[5m])" for what in ours) + " > 0",
        300,
        steady,
        {"severity": "warning"},
        "探测机力不从心，部分目标未按时探测",
        "the prober is overloaded: some looks are left out",
    )


def _resolver_silent(steady: int) -> dict[str, Any]:
    """What is known of names stands meanwhile, and `up` with it: nobody would hear of it else."""
    return alert(
        RESOLVER,
        "qianyun_prober_names_untold > 0",
        60,
        steady,
        {"severity": "warning"},
        "解析器不应答，{{ $value }} 个域名只能按旧地址探测或无法探测",
        "the resolver tells nothing of {{ $value }} names: they are looked at where they led before, "
        "or not at all",
    )


def _certificate(steady: int) -> dict[str, Any]:
    return alert(
        CERTIFICATE,
        "qianyun_probe_certificate_not_after_timestamp_seconds - time() < 14 * 86400",
        3600,
        steady,
        {"severity": "warning"},
        "{{ $labels.code }} 的证书将在十四天内到期",
        "the certificate of {{ $labels.code }} ends within fourteen days",
    )

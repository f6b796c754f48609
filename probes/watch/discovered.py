"""The prober's list as targets for Prometheus (http_sd_configs): for whoever wants to look with another
exporter at the same things, under the same names. Pure.

A group for each target; its address (with the port where there is one) is the target, the rest are
`__meta_qianyun_*` labels, which Prometheus drops unless a relabelling keeps them.
"""

from collections.abc import Iterable
from typing import Any

from probes.watch.watched import Watch


def groups(watches: Iterable[Watch]) -> list[dict[str, Any]]:
    """JSON as Prometheus reads it; complete, since Prometheus forgets what is not named."""
    return [{"targets": [_address(watch)], "labels": _labels(watch)} for watch in watches]


def _address(watch: Watch) -> str:
    target = watch.target
    host = f"[{target.address}]" if target.family == 6 and target.port else target.address
    return f"{host}:{target.port}" if target.port else host


def _labels(watch: Watch) -> dict[str, str]:
    told = watch.labels("") | {"interval": f"{watch.interval:g}", "path": watch.target.path}
    del told["vantage"]
    return {f"__meta_qianyun_{name}": value for name, value in told.items() if value}

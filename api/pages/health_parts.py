"""Parts beside those that the service itself needs: who does the steps, who looks, where it is written."""

import shutil
from datetime import UTC, datetime, timedelta

from api.bootstrap import Qianyun
from api.http.responses import CheckAnswer
from probes.errors import ProbeError

LATELY = timedelta(minutes=3)
"""A worker reports every minute or sooner."""

LEAST_FREE = 1 << 30
"""Bytes: with less, a ledger, a log and a backup may fail."""


def parts_beside(product: Qianyun) -> dict[str, CheckAnswer]:
    """By name. Blocks: asks the database and the probers. Raises StoreDown."""
    return {"worker": _worker(product), "prober": _prober(product), "disk": _disk(product)}


def _worker(product: Qianyun) -> CheckAnswer:
    known = [one for one in product.truth.machines.all() if one.gone_at is None]
    since = datetime.now(UTC) - LATELY
    late = [one for one in known if datetime.fromisoformat(one.seen_at) < since]
    if not known:
        return CheckAnswer(ok=False, detail="没有工作进程报到 / no worker has ever reported")
    if late:
        told = "、".join(f"{one.name} ({one.seen_at})" for one in late[:5])
        return CheckAnswer(ok=False, detail=f"未按时报到：{told} / not heard from lately: {told}")
    names = "、".join(one.name for one in known[:5])
    return CheckAnswer(ok=True, detail=names)


def _prober(product: Qianyun) -> CheckAnswer:
    try:
        found = product.seen()
    except (ProbeError, OSError) as error:
        return CheckAnswer(ok=False, detail=str(error))
    if found.missing:
        told = "; ".join(f"{name}: {why}" for name, why in found.missing[:5])
        return CheckAnswer(ok=False, detail=told)
    if not found.probers:
        return CheckAnswer(ok=False, detail="没有观测进程 / no prober runs: qianyun probe serve")
    return CheckAnswer(ok=True, detail="、".join(one.vantage for one in found.probers))


def _disk(product: Qianyun) -> CheckAnswer:
    free = shutil.disk_usage(product.settings.state).free
    told = f"{free / (1 << 30):.1f} GiB 可用 / {free / (1 << 30):.1f} GiB free"
    return CheckAnswer(ok=free >= LEAST_FREE, detail=told)

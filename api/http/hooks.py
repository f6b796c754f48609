"""POST /api/v1/hooks/alertmanager: what Alertmanager (webhook version 4) tells of alerts.

It proves itself by a bearer token of the settings (Alertmanager: `http_config.authorization`). What
fires is kept (`migrator/store/alerts.py`) until it is told to be over; each delivery is one audit entry,
which goes on as an event; the same one is taken once.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.errors import Unauthenticated
from api.http.people import Product
from api.http.problems import Refusal, problems
from api.http.responses import Answer
from api.http.rights import PUBLIC
from inventory.text import printable
from migrator.people.passwords import same
from migrator.store.alerts import Alert as Kept

router = APIRouter(prefix="/hooks", tags=["hooks"])

MOST = 50
"""Alerts of a delivery that are told by code in the audit; the others are counted."""
LONGEST = 1000
"""Characters of a summary that are kept."""


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("超出年份范围 / beyond the years that there are") from error


Moment = Annotated[datetime, AfterValidator(_utc)]


class Alert(BaseModel):
    """One alert; what else Alertmanager tells of it is not used."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = Field(default={}, max_length=100)
    annotations: dict[str, str] = Field(default={}, max_length=100)
    startsAt: Moment | None = None
    endsAt: Moment | None = None


class AlertDelivery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    version: Literal["4"] = "4"
    groupKey: str = Field(default="", max_length=4096)
    status: Literal["firing", "resolved"]
    alerts: list[Alert] = Field(max_length=10_000)


class Taken(Answer):
    status: Literal["accepted", "known"]


@router.post(
    "/alertmanager",
    summary="Alertmanager 告警 / alerts",
    status_code=202,
    responses=problems(409),
    **PUBLIC,
)
def alertmanager(told: AlertDelivery, request: Request, product: Product) -> Taken:
    """令牌在设置中；同一内容只收一次 / by the token of the settings; the same is taken once."""
    secret = product.settings.alertmanager_token
    if secret is None:
        raise Refusal(
            503, "未设 QIANYUN_ALERTMANAGER_TOKEN / QIANYUN_ALERTMANAGER_TOKEN is not set"
        )
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not same(token.strip(), secret.get_secret_value()):
        raise Unauthenticated(
            "令牌缺失或有误 / the token is missing or wrong: expected that of "
            "QIANYUN_ALERTMANAGER_TOKEN, see Alertmanager's http_config.authorization"
        )
    body = hashlib.sha256(told.model_dump_json().encode()).hexdigest()
    now = product.truth.clock()
    names = sorted({_name(alert) for alert in told.alerts})
    new = product.truth.alerts.take(
        body,
        [_kept(alert, now) for alert in told.alerts],
        f"alert.{told.status}",
        names[0] if len(names) == 1 else "alerts",
        alerts=names[:MOST],
        count=len(told.alerts),
    )
    return Taken(status="accepted" if new else "known")


def _kept(alert: Alert, now: datetime) -> Kept:
    """A resolved alert without its end, or with one to come, ended now."""
    labels = json.dumps(alert.labels, sort_keys=True).encode()
    ended = min(alert.endsAt or now, now) if alert.status == "resolved" else None
    return Kept(
        mark=hashlib.sha256(labels).hexdigest(),
        name=printable(alert.labels.get("alertname", ""))[:200],
        code=printable(alert.labels.get("code", ""))[:200],
        severity=printable(alert.labels.get("severity", ""))[:40],
        summary=printable(alert.annotations.get("summary", ""))[:LONGEST],
        state=alert.status,
        began_at=alert.startsAt or now,
        told_at=now,
        ended_at=ended,
    )


def _name(alert: Alert) -> str:
    name, code = alert.labels.get("alertname", ""), alert.labels.get("code", "")
    return printable(f"{name} {code}".strip())[:150] or "—"

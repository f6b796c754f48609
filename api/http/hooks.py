"""POST /api/v1/hooks/alertmanager: what Alertmanager (webhook version 4) tells of alerts.

It proves itself by a bearer token of the settings (Alertmanager: `http_config.authorization`). Each
delivery is one audit entry, which goes on as an event; the same one is taken once.
"""

import hashlib
from datetime import timedelta
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api.errors import Unauthenticated
from api.http.people import Product
from api.http.problems import Refusal, problems
from api.http.responses import Answer
from api.http.rights import PUBLIC
from inventory.deliveries import Deliveries
from inventory.text import printable
from migrator.people.passwords import same

router = APIRouter(prefix="/hooks", tags=["hooks"])

MOST = 50
"""Alerts of a delivery that are told by code; the others are counted."""


class Alert(BaseModel):
    """One alert; what else Alertmanager tells of it is not used."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = Field(default={}, max_length=100)


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
    deliveries = Deliveries(product.truth.engine, keep=timedelta(minutes=5))
    if not deliveries.take(f"{body}", product.truth.clock()):
        return Taken(status="known")
    names = sorted({_name(alert) for alert in told.alerts})
    product.truth.audit(
        "alertmanager",
        f"alert.{told.status}",
        names[0] if len(names) == 1 else "alerts",
        alerts=names[:MOST],
        count=len(told.alerts),
    )
    return Taken(status="accepted")


def _name(alert: Alert) -> str:
    name, code = alert.labels.get("alertname", ""), alert.labels.get("code", "")
    return printable(f"{name} {code}".strip())[:150] or "—"

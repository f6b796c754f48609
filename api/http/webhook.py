"""POST /netbox/webhook: NetBox's event rules say that something changed there.

What is in an event is not used, only that it came: the estate is refreshed from NetBox itself. The
body must carry the HMAC-SHA512 of the secret that both sides know (NetBox 4.7: `X-Hook-Signature`,
hexadecimal), must have been made within five minutes, and is taken once. NetBox sets `timestamp`
when it queues an event and keeps it when it tries again.

NetBox 4.7 posts to any address, loopback and private ones too; by HTTP_PROXIES where its settings
have that, which then must not catch ours. It does not try again by itself: the job stays among the
failed ones of its queue, and the next event or the next reading brings what was missed. This API
answers on loopback alone: a NetBox on another machine reaches it by a proxy there that speaks to it
as localhost.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.bootstrap import Qianyun
from api.http.estate_cache import EstateCache, Refreshable
from api.http.refresher import Refresher
from api.http.responses import Answer, Problem
from api.http.rights import PUBLIC
from inventory.deliveries import Deliveries

SIGNATURE = "X-Hook-Signature"
LARGEST = 4 * 1024 * 1024
"""Bytes of a body: an event with snapshots before and after can be some 100 kB."""
WINDOW = timedelta(minutes=5)
"""How far an event's time may be from ours, before or after."""

_log = structlog.get_logger("api.http.webhook")


class Accepted(Answer):
    status: Literal["accepted"] = "accepted"


_TEXTS = {
    400: "内容不是 NetBox 的事件 / the body is no event of NetBox",
    401: "签名缺失或有误 / the signature is missing or wrong",
    404: "未使用 NetBox / no NetBox is in use",
    409: "过旧、过早或已收过 / too old, too early or taken already",
    413: "内容过大 / the body is too large",
    503: "未设密钥或数据库不应答 / no secret is set, or the database does not answer",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": text,
        "content": {"application/problem+json": {}},
    }
    for status, text in _TEXTS.items()
}


class Refused(HTTPException):
    """A delivery that is not taken; `detail` says what was read and what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.title = _TEXTS[status]


def webhook(product: Qianyun, cache: EstateCache) -> APIRouter:
    """The endpoint over the product's store, which is opened at the first delivery. `cache` is
    what other endpoints read that store by: it is not refreshed while they load."""
    router = APIRouter(tags=["netbox"])

    def refresh() -> None:
        cache.alone(_refresh_of(product))

    refresher = Refresher(refresh)

    @router.post(
        "/netbox/webhook",
        summary="NetBox 事件 / NetBox's events",
        status_code=202,
        response_model=Accepted,
        responses=_PROBLEMS,
        **PUBLIC,
    )
    async def receive(request: Request) -> JSONResponse:
        """签名、时间与重放均经核对，随后在后台更新 / checked, then refreshed in the background."""
        try:
            await asyncio.to_thread(_refresh_of, product)
            secret = _secret(product)
            body = await _body(request)
            _check_signature(body, request.headers.get(SIGNATURE, ""), secret)
            await asyncio.to_thread(_take, product, body)
        except Refused as refused:
            _log.warning(
                "netbox event refused",
                status=refused.status_code,
                reason=refused.detail,
                peer=request.client.host if request.client else "",
            )
            raise
        refresher.ask()
        _log.info("netbox event accepted", bytes=len(body))
        return JSONResponse(Accepted().model_dump(), status_code=202)

    return router


def _refresh_of(product: Qianyun) -> Callable[[], object]:
    store = product.estate
    if not isinstance(store, Refreshable):
        raise Refused(404, "未设 QIANYUN_NETBOX_URL / QIANYUN_NETBOX_URL is not set")
    return store.refresh


def _secret(product: Qianyun) -> bytes:
    secret = product.settings.netbox_webhook_secret
    if secret is None:
        raise Refused(
            503,
            "未设 QIANYUN_NETBOX_WEBHOOK_SECRET，请设为 NetBox 中 webhook 的密钥 / "
            "QIANYUN_NETBOX_WEBHOOK_SECRET is not set: set it to the secret of NetBox's webhook",
        )
    return secret.get_secret_value().encode()


async def _body(request: Request) -> bytes:
    """The raw body, never more than LARGEST of it, whatever the request says of its length."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise Refused(413, f"应不超过 / expected at most {LARGEST} B")
        parts.append(part)
    return b"".join(parts)


def _check_signature(body: bytes, told: str, secret: bytes) -> None:
    right = hmac.digest(secret, body, "sha512").hex()
    if not hmac.compare_digest(right.encode(), told.strip().encode()):
        read = "有误 / is wrong" if told else "缺失 / is missing"
        raise Refused(
            401,
            f"{SIGNATURE} {read}: NetBox 与 QIANYUN_NETBOX_WEBHOOK_SECRET 应为同一密钥 / expected "
            "HMAC-SHA512 with the secret in QIANYUN_NETBOX_WEBHOOK_SECRET; check NetBox's webhook",
        )


def _take(product: Qianyun, body: bytes) -> None:
    """Refuse what is old, early or known; remember the rest."""
    now = product.truth.clock()
    made = _timestamp(body)
    if abs(now - made) > WINDOW:
        raise Refused(
            409,
            f"事件时间 / event of {made.isoformat()}, 此刻 / now {now.isoformat(timespec='seconds')}: "
            "应相差不到 5 分钟；请校准两机时钟，检查 NetBox 的 rqworker / expected less than 5 minutes "
            "between; check both clocks and NetBox's rqworker",
        )
    # kept longer than the latest moment at which the same event would still be young enough
    deliveries = Deliveries(product.truth.engine, keep=3 * WINDOW)
    if not deliveries.take(hashlib.sha256(body).hexdigest(), now):
        raise Refused(409, "此事件已收过 / this event was taken already")


def _timestamp(body: bytes) -> datetime:
    try:
        made = datetime.fromisoformat(json.loads(body)["timestamp"])
    except (ValueError, TypeError, KeyError, RecursionError):
        made = None
    if made is None or made.tzinfo is None:
        raise Refused(
            400,
            "没有带时区的 timestamp；NetBox 的 webhook 不应设 body_template / no `timestamp` with a "
            "zone in it: NetBox's webhook must have no body template",
        )
    return made

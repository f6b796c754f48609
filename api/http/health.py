"""Health: alive (this process answers), ready (what it needs answers too), and why not."""

import asyncio
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from api.bootstrap import Qianyun
from api.errors import Unauthenticated
from api.http.people import Visitor, visitor_of
from api.http.responses import Alive, CheckAnswer, HealthAnswer
from api.http.rights import PUBLIC
from api.settings import SettingsError
from inventory.errors import InventoryError
from migrator.errors import EngineDown, MigratorError
from migrator.people.rights import Deed, may

ENGINE_SECONDS = 3.0
"""How long the engine may take to answer before it counts as away."""

NETBOX_SECONDS = 3.0
"""How long NetBox may take to tell its version."""

_DOWN: dict[int | str, dict[str, Any]] = {
    503: {"model": HealthAnswer, "description": "有部件不应答 / a part does not answer"}
}


async def _whoever(request: Request) -> Visitor | None:
    """Who asks, and nobody for a token that has ended or while the database is away: whether the
    service is ready does not hang on who asks."""
    try:
        return await visitor_of(request)
    except (Unauthenticated, MigratorError):
        return None


Whoever = Annotated[Visitor | None, Depends(_whoever)]


def health(product: Qianyun) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/health/live", summary="在运行 / alive", **PUBLIC)
    async def live() -> Alive:
        """本进程应答；不问别的部件 / this process answers; no other part is asked."""
        return Alive(version=version("qianyun"))

    @router.get(
        "/health/ready",
        summary="可用 / ready",
        response_model=HealthAnswer,
        responses=_DOWN,
        **PUBLIC,
    )
    async def ready(visitor: Whoever) -> JSONResponse:
        """数据库与引擎应答才可用 / ready when database and engine answer."""
        return await _answer(product, visitor)

    @router.get(
        "/health", summary="健康 / health", response_model=HealthAnswer, responses=_DOWN, **PUBLIC
    )
    async def whole(visitor: Whoever) -> JSONResponse:
        """数据库、引擎与 NetBox 是否应答；原因只告知运维人员 / whether database, engine and NetBox answer;
        why not is told to who may read the system's state."""
        return await _answer(product, visitor)

    return router


async def _answer(product: Qianyun, visitor: Visitor | None) -> JSONResponse:
    needed, checks = await checked(product)
    told = visitor is not None and may(visitor.person, Deed.SYSTEM_READ)
    if not told:  # addresses and the errors of drivers are not everybody's
        checks = {name: CheckAnswer(ok=check.ok) for name, check in checks.items()}
    reasons = [
        f"{name}: {check.detail}" if check.detail else name
        for name, check in checks.items()
        if not check.ok
    ]
    down = not all(checks[name].ok for name in needed)
    answer = HealthAnswer(
        status="down" if down else "degraded" if reasons else "ok",
        version=version("qianyun"),
        checks=checks,
        reasons=reasons,
    )
    status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK
    return JSONResponse(answer.model_dump(mode="json"), status_code=status)


async def checked(product: Qianyun) -> tuple[tuple[str, ...], dict[str, CheckAnswer]]:
    """The names of the parts that are needed, and how every part is."""
    needed = {
        "database": await asyncio.to_thread(_database, product),
        "engine": await _engine(product),
    }
    more = {"netbox": await _netbox(product)} if product.settings.netbox_url else {}
    return tuple(needed), needed | more


def _database(product: Qianyun) -> CheckAnswer:
    try:
        product.truth.attempts.open_ones("")  # a read that finds nothing
    except Exception as error:  # whatever its driver says: it does not answer
        detail = f"数据库不应答 / the database does not answer: {type(error).__name__}"
        return CheckAnswer(ok=False, detail=detail)
    return CheckAnswer(ok=True)


async def _engine(product: Qianyun) -> CheckAnswer:
    try:
        await asyncio.wait_for(product.engine(), ENGINE_SECONDS)
    except EngineDown as error:
        return CheckAnswer(ok=False, detail=str(error))
    except TimeoutError:
        detail = (
            f"引擎 {ENGINE_SECONDS:.0f} 秒内未应答 / the engine at "
            f"{product.settings.temporal_address} did not answer in {ENGINE_SECONDS:.0f} s"
        )
        return CheckAnswer(ok=False, detail=detail)
    return CheckAnswer(ok=True)


async def _netbox(product: Qianyun) -> CheckAnswer:
    """By its version: it answers, takes our token, and is one that we know."""
    try:
        async with asyncio.timeout(NETBOX_SECONDS):
            await asyncio.to_thread(product.netbox_version)
    except (InventoryError, SettingsError) as error:
        return CheckAnswer(ok=False, detail=str(error))
    except TimeoutError:
        detail = (
            f"NetBox {NETBOX_SECONDS:.0f} 秒内未应答 / NetBox at {product.settings.netbox_url} did not "
            f"answer in {NETBOX_SECONDS:.0f} s"
        )
        return CheckAnswer(ok=False, detail=detail)
    return CheckAnswer(ok=True)

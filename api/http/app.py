"""The HTTP API: health, plans, runs, discovery (read only), metrics, and NetBox's webhook.

There is no sign-in yet, so it answers on loopback alone (`up.require_loopback`), and only to
requests that name a loopback host: a page in a browser here cannot read it by a name of its own.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from api.bootstrap import Qianyun
from api.errors import Exit, exit_of
from api.http.discovery import discovery
from api.http.estate_cache import EstateCache
from api.http.figures import TruthCollector
from api.http.responses import (
    CheckAnswer,
    HealthAnswer,
    PlanAnswer,
    PlansAnswer,
    Problem,
    RunAnswer,
    RunsAnswer,
)
from api.http.views import plan_summary, run_summary, run_whole
from api.http.webhook import Refused, webhook
from api.settings import SettingsError
from inventory.errors import InventoryError
from migrator.errors import EngineDown, MigratorError, NotFound

ENGINE_SECONDS = 3.0
"""How long the engine may take to answer before it counts as away."""

NETBOX_SECONDS = 3.0
"""How long NetBox may take to tell its version."""

_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "没有此对象 / there is no such object"}
}
_DESCRIPTION = """只读接口：健康、方案、执行、目标发现与指标，另收 NetBox 事件；尚无登录认证，只在本机
回环地址应答。

Read-only: health, plans, runs, discovery and metrics; besides, it takes NetBox's signed events. There
is no sign-in yet; it answers on loopback alone.
Problems take the form of RFC 9457."""


def make_app(product: Qianyun) -> FastAPI:
    """The app over one product. Endpoints are plain functions: the database blocks, threads wait."""
    app = FastAPI(
        title="迁云 Qianyun",
        version=version("qianyun"),
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # those pages load scripts from a CDN
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.middleware("http")(_only_loopback_names)
    app.include_router(_health(product))
    app.include_router(_plans(product), prefix="/api/v1")
    app.include_router(_runs(product), prefix="/api/v1")
    app.include_router(_metrics(product))
    estates = EstateCache.of(product)
    app.include_router(discovery(estates))
    app.include_router(webhook(product, estates))
    app.add_exception_handler(MigratorError, _fault)
    app.add_exception_handler(InventoryError, _fault)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http_fault)
    app.add_exception_handler(RequestValidationError, _bad_request)
    return app


def _health(product: Qianyun) -> APIRouter:
    router = APIRouter(tags=["health"])
    down: dict[int | str, dict[str, Any]] = {
        503: {"model": HealthAnswer, "description": "有部件不应答 / a part does not answer"}
    }

    @router.get("/health", summary="健康 / health", response_model=HealthAnswer, responses=down)
    async def health() -> JSONResponse:
        """数据库、引擎与 NetBox 是否应答 / whether database, engine and NetBox answer."""
        needed = {
            "database": await asyncio.to_thread(_database, product),
            "engine": await _engine(product),
        }
        checks = needed | (
            {"netbox": await _netbox(product)} if product.settings.netbox_url else {}
        )
        reasons = [f"{name}: {check.detail}" for name, check in checks.items() if not check.ok]
        down = not all(check.ok for check in needed.values())
        answer = HealthAnswer(
            status="down" if down else "degraded" if reasons else "ok",
            version=version("qianyun"),
            checks=checks,
            reasons=reasons,
        )
        status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK
        return JSONResponse(answer.model_dump(mode="json"), status_code=status)

    return router


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


def _plans(product: Qianyun) -> APIRouter:
    router = APIRouter(tags=["plans"])

    @router.get("/plans", summary="方案一览 / all plans", response_model=PlansAnswer)
    def plans() -> dict[str, Any]:
        """按编制时间 / in the order in which they were made."""
        return {"plans": [plan_summary(record) for record in product.truth.plans.all()]}

    @router.get(
        "/plans/{code}",
        summary="方案全文 / one plan whole",
        response_model=PlanAnswer,
        responses=_NOT_FOUND,
    )
    def plan(code: str) -> dict[str, Any]:
        """内容与摘要已核对 / its content has been checked against its digest."""
        record = product.truth.plans.record(code)
        return plan_summary(record) | {"plan": product.truth.plans.load(code)}

    return router


def _runs(product: Qianyun) -> APIRouter:
    router = APIRouter(tags=["runs"])

    @router.get("/runs", summary="执行一览 / all runs", response_model=RunsAnswer)
    def runs() -> dict[str, Any]:
        """按开始时间 / in the order in which they were started."""
        return {"runs": [run_summary(run) for run in product.truth.runs.all()]}

    @router.get(
        "/runs/{code}",
        summary="一次执行 / one run whole",
        response_model=RunAnswer,
        responses=_NOT_FOUND,
    )
    def run(code: str) -> dict[str, Any]:
        """步骤、尝试与证据 / its steps, attempts and evidence."""
        return run_whole(product.truth, product.truth.runs.get(code))

    return router


def _metrics(product: Qianyun) -> APIRouter:
    router = APIRouter(tags=["metrics"])
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registered: list[TruthCollector] = []

    @router.get("/metrics", summary="Prometheus 指标 / metrics", response_class=Response)
    def metrics() -> Response:
        """执行、迁移项、尝试、步骤用时与进程 / runs, items, attempts, step times, this process."""
        if not registered:  # the database may have been away when we started
            registered.append(TruthCollector(product.truth))
            registry.register(registered[0])
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _only_loopback_names(
    request: Request, pass_on: Callable[[Request], Awaitable[Response]]
) -> Response:
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    try:
        ours = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        ours = False
    if not ours:
        title = "只在本机回环地址应答 / answers to loopback names alone"
        return _problem(request, HTTPStatus.MISDIRECTED_REQUEST, title)
    return await pass_on(request)


def _problem(request: Request, status: int, title: str, detail: str = "") -> JSONResponse:
    body = Problem(title=title, status=status, detail=detail, instance=request.url.path)
    return JSONResponse(
        body.model_dump(), status_code=status, media_type="application/problem+json"
    )


def _fault(request: Request, error: Exception) -> JSONResponse:
    """One of our own errors: what it says is meant for people."""
    if isinstance(error, NotFound):
        return _problem(request, 404, "没有此对象 / not found", str(error))
    if exit_of(error) is Exit.OUTSIDE:
        return _problem(request, 503, "外部故障 / something outside failed", str(error))
    return _problem(request, 409, "答案为否 / the answer is no", str(error))


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return _problem(request, error.status_code, error.title, error.detail)


def _http_fault(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = {404: "没有此地址 / no such address", 405: "不支持此方法 / method not allowed"}
    return _problem(request, status, title.get(status, HTTPStatus(status).phrase))


def _bad_request(request: Request, error: Exception) -> JSONResponse:
    return _problem(request, 422, "请求有误 / bad request", str(error))

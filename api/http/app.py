"""The HTTP API: what the command line can do, under /api/v1; health, metrics, discovery, hooks.

Every route has its rule (`rights.py`), everybody but health proves who they are (`people.py`). It
answers to loopback names, and to the name of QIANYUN_PUBLIC_URL: a page elsewhere cannot read it by
a name of its own (DNS rebinding).
"""

import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from api.bootstrap import Qianyun
from api.http import (
    alerts,
    events,
    filters,
    hooks,
    hosts,
    inventory,
    ledgers,
    network,
    oidc,
    old_hosts,
    plan_checks,
    plan_work,
    plans,
    policies,
    probe_work,
    probes,
    reports,
    run_gates,
    runs,
    session,
    trail,
    users,
)
from api.http.callers import Callers
from api.http.calm import Calm
from api.http.discovery import discovery
from api.http.document import Api
from api.http.estate_cache import EstateCache
from api.http.feed import Feeds
from api.http.figures import TruthCollector
from api.http.guard import Guard
from api.http.health import health
from api.http.kept import KeptAnswers
from api.http.problems import handle, problems
from api.http.rights import right_or_local
from api.http.sending import sending_of
from api.http.webhook import webhook
from api.pages.site import pages
from migrator.people.rights import Deed

_DESCRIPTION = """迁云的接口：凡命令行能做的皆在此。以会话（Cookie 加 X-CSRF-Token）或 API 令牌（Bearer）
证明身份；出错时按 RFC 9457 以所选语言（Accept-Language）说明。

What the command line can do. Sign in by session (cookie, and X-CSRF-Token to change anything) or by
API token (Bearer). Problems take the form of RFC 9457, in the language of Accept-Language."""


@cache
def _v1() -> APIRouter:
    """What needs no product of its own. Included once: FastAPI makes the models of an included router
    again for each app, 0.7 s of processor time."""
    router = APIRouter(generate_unique_id_function=_operation)
    for part in (
        session,
        oidc,
        events,
        hooks,
        hosts,
        ledgers,
        inventory,
        network,
        plan_checks,
        plan_work,
        plans,
        run_gates,
        old_hosts,
        runs,
        policies,
        reports,
        probe_work,
        alerts,
        probes,
        users,
        filters,
        trail,
    ):
        router.include_router(part.router, prefix="/api/v1")
    return router


def make_app(product: Qianyun) -> FastAPI:
    """The app over one product. Endpoints are plain functions: the database blocks, threads wait."""
    app = Api(
        title="迁云 Qianyun",
        version=version("qianyun"),
        description=_DESCRIPTION,
        lifespan=sending_of(product),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # those pages load scripts from a CDN
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        generate_unique_id_function=_operation,
    )
    app.state.product = product
    app.state.callers = callers = Callers(product)
    app.state.stopping = threading.Event()
    app.state.feeds = Feeds(lambda: product.truth, app.state.stopping)
    app.state.estates = estates = EstateCache.of(product)
    app.include_router(health(product))
    app.include_router(_metrics(product))
    app.router.routes.extend(_v1().routes)
    app.include_router(discovery(estates))
    app.include_router(webhook(product, estates))
    app.state.calm = calm = Calm()
    site = pages(product, estates, callers, calm, app.state.stopping)
    app.state.warm = (site.state.site.judge, app.written)
    site.state.beside = tuple(app.router.routes)
    app.mount("", site)  # last: pages take what nobody else answers
    handle(app)
    settings = product.settings
    secure = settings.tls_cert is not None or (settings.public_url or "").startswith("https:")
    app.add_middleware(KeptAnswers, product=product, callers=callers)
    app.add_middleware(Guard, names=_names(product), secure=secure, calm=calm)
    return app


def _operation(route: APIRoute) -> str:
    """What generated clients call an operation: plans_approve."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def _metrics(product: Qianyun) -> APIRouter:
    router = APIRouter(tags=["metrics"])
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registered: list[TruthCollector] = []

    @router.get(
        "/metrics",
        summary="Prometheus 指标 / metrics",
        response_class=Response,
        responses=problems(),
        **right_or_local(Deed.PROBE_READ),
    )
    def metrics() -> Response:
        """执行、迁移项、尝试、步骤用时与进程 / runs, items, attempts, step times, this process."""
        if not registered:  # the database may have been away when we started
            registered.append(TruthCollector(product.truth, product.gates.rules.limits))
            registry.register(registered[0])
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _names(product: Qianyun) -> Callable[[], frozenset[str]]:
    public = urlsplit(product.settings.public_url or "").hostname
    names = frozenset({"localhost", *([public] if public else [])})
    return lambda: names

"""The HTTP server around the app."""

import uvicorn

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.logs import configure
from api.up import require_loopback, split


def serve(product: Qianyun) -> None:
    """Answer until SIGTERM or SIGINT. Raises Exposed for an address that is not loopback."""
    settings = product.settings
    require_loopback(settings.api_address)
    configure(secrets=settings.secrets())
    host, port = split(settings.api_address)
    uvicorn.run(
        make_app(product),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )

"""The HTTP server around the app: TLS where a certificate is set, and a graceful stop: requests under
way end, streams are told to, and after four seconds nothing is waited for."""

import signal
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.logs import configure
from api.up import require_guarded, split

GRACE_SECONDS = 4
TURN_SECONDS = 0.0005
"""After which a thread lets another go on: while a city is judged, which takes seconds, an answer gives
the interpreter away at each question to the database and would wait 5 ms each time to have it back."""


class Server(uvicorn.Server):
    """Tells the app's streams that it stops: they would hold it up."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.stopping.set()
        super().handle_exit(sig, frame)


def serve(product: Qianyun) -> None:
    """Answer until SIGTERM or SIGINT. Raises Exposed for an address in the clear that is not
    loopback."""
    settings = product.settings
    require_guarded(settings)
    configure(secrets=settings.secrets())
    host, port = split(settings.api_address)
    app = make_app(product)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=GRACE_SECONDS,
        http="h11",  # which bounds what a head may hold, as httptools does not
        h11_max_incomplete_event_size=64 * 1024,
    )
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.setswitchinterval(TURN_SECONDS)
    Server(config, app).run()

"""One HTTP question to a service of our own kind (an exporter, Alertmanager), past every proxy.

urllib of the standard library: a few small answers on a network of ours need no more.
"""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from probes.errors import Unreachable

TIMEOUT = 5.0  # seconds until it is connected, and between two reads
LARGEST = 64 * 1024 * 1024  # bytes of an answer


class _Stay(urllib.request.HTTPRedirectHandler):
    """What sends us elsewhere is not what was set."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        return None


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())


def ask(url: str, *, method: str = "GET", told: object = None, timeout: float = TIMEOUT) -> Any:
    """The JSON that is answered, None for an empty answer. `told`: JSON to send. Raises Unreachable
    with what was asked, what was read, and what to do."""
    body = None if told is None else json.dumps(told).encode()
    headers = {"Content-Type": "application/json"} if body else {}
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  a setting's
    try:
        with _DIRECT.open(request, timeout=timeout) as answer:
            text = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(500).decode(errors="replace").strip()
        raise _unreachable(method, url, f"{error.code} {said}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(method, url, str(getattr(error, "reason", error))) from error
    if len(text) > LARGEST:
        raise _unreachable(method, url, f"> {LARGEST} bytes")
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise _unreachable(method, url, repr(text[:80])) from error


def _unreachable(method: str, url: str, read: str) -> Unreachable:
    return Unreachable(
        f"{method} {url}: 读到 {read}，应为 2xx 的 JSON，请检查该服务与地址 / read {read}, expected JSON "
        "with a 2xx status: check that service and its address"
    )

"""Our events to others: each entry of the audit that a receiver asked for, signed, in order, at least
once.

    # QIANYUN_RECEIVERS, a TOML file
    [oa]
    url = "https://oa.example/hooks/qianyun"
    secret = "file:/etc/qianyun/oa.secret"       # 32 characters or more
    actions = ["run.", "plan.approve"]           # beginnings

POST of {"seq", "at", "action", "object", "actor"} with `X-Qianyun-Timestamp` (Unix seconds) and
`X-Qianyun-Signature: sha256=HEX`, the HMAC-SHA256 of "TIMESTAMP.BODY". A receiver that does not answer
2xx is asked again later, with back-off, and what comes after waits. Nothing follows a redirect.
"""

import asyncio
import hashlib
import hmac
import json
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import structlog
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from api.bootstrap import Qianyun
from api.http.warming import warmed
from api.secret_files import open_to_others, secret_text
from api.settings import SettingsError
from api.settings_types import HttpUrl
from inventory.expected import expected
from inventory.halves import labelled, together
from migrator.store.audit import Entry
from migrator.store.truth import Truth

PACE = 1.0
LONGEST_WAIT = 300.0
TIMEOUT = 5.0

_log = structlog.get_logger("api.http.sending")


class To(BaseModel):
    """A receiver as the file tells it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: HttpUrl
    secret: SecretStr = Field(min_length=32)
    actions: tuple[str, ...] = Field(min_length=1)


def read_receivers(path: Path) -> dict[str, To]:
    """Raises SettingsError."""
    try:
        told = tomllib.loads(path.read_bytes().decode())
        found = {}
        for name, raw in told.items():
            inline = not str(raw.get("secret", "")).startswith("file:")
            if inline and open_to_others(path):
                raise ValueError(f"{name}: a secret in a file that others can read: chmod 600")
            found[name] = To.model_validate({**raw, "secret": secret_text(raw.get("secret", ""))})
    except ValidationError as error:
        faults = together(*(f"{name}.{e['loc'][0]}: {expected(e)}" for e in error.errors()))
        refused = "接收方文件有误 / receivers refused"
        raise SettingsError(labelled(refused, together(str(path), faults))) from None
    except (OSError, ValueError, AttributeError) as error:
        raise SettingsError(f"接收方文件有误 / receivers refused: {path}: {error}") from error
    return found


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a receiver works out too, and compares in constant time."""
    return (
        "sha256="
        + hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hex()
    )


class Sender:
    """Tells one receiver."""

    def __init__(self, truth: Truth, name: str, to: To, client: httpx.Client) -> None:
        self._truth, self._name, self._to, self._client = truth, name, to, client

    def step(self) -> float:
        """Tell what is new; how many seconds to wait before the next step."""
        stands = self._truth.receivers.get(self._name)
        for entry in self._truth.audit_after(stands.seq):
            if entry.action.startswith(self._to.actions):
                error = self._told(entry)
                if error:
                    failures = stands.failures + 1
                    self._truth.receivers.failed(self._name, failures, error)
                    _log.warning(
                        "receiver refused", receiver=self._name, seq=entry.seq, error=error
                    )
                    return float(min(LONGEST_WAIT, PACE * 2.0 ** min(failures, 12)))
            self._truth.receivers.told(self._name, entry.seq)
        return PACE

    def _told(self, entry: Entry) -> str:
        """What went wrong, "" for nothing."""
        data = {n: getattr(entry, n) for n in ("seq", "at", "action", "object", "actor")}
        body, now = json.dumps(data, ensure_ascii=False).encode(), str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Qianyun-Timestamp": now,
            "X-Qianyun-Signature": signature(self._to.secret.get_secret_value(), now, body),
        }
        try:
            answer = self._client.post(self._to.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return type(error).__name__
        return "" if answer.is_success else f"HTTP {answer.status_code}"


def sending_of(product: Qianyun) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The app's life: while it runs, its receivers are told; soon after its start, what takes long is
    made beforehand."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        path = product.settings.receivers
        tasks = []
        if path is not None:
            client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)
            for name, to in read_receivers(path).items():
                sender = Sender(product.truth, name, to, client)
                tasks.append(asyncio.create_task(_keep(sender)))
        warmed(app.state.stopping, app.state.warm)
        yield
        app.state.stopping.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    return life


async def _keep(sender: Sender) -> None:
    while True:
        wait = PACE
        try:
            wait = await asyncio.to_thread(sender.step)
        except Exception as error:  # the database may be away: later events still go out
            _log.error("sending failed", kind=type(error).__name__)
        await asyncio.sleep(wait)

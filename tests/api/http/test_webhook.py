"""NetBox's events: signed, timely, once; and many of them lead to few refreshes."""

import hashlib
import hmac
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api.bootstrap import Qianyun
from api.http.refresher import Refresher
from api.http.webhook import LARGEST, SIGNATURE
from api.logs import configure
from api.settings import load
from inventory.store_embedded import EmbeddedStore
from inventory.tables import netbox_deliveries
from tests.running_api import Client

SECRET = "a-secret-of-both-sides"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
UPPER = 60.0


class Mirror(EmbeddedStore):
    """A store that can be refreshed; it says how often."""

    def __init__(self, product: Qianyun) -> None:
        super().__init__(product.truth.engine)
        self.refreshed = threading.Semaphore(0)

    def refresh(self) -> None:
        self.refreshed.release()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mirrored(state: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Qianyun:
    """The product over a mirror, with the secret set."""
    monkeypatch.setenv("QIANYUN_NETBOX_WEBHOOK_SECRET", SECRET)
    product = Qianyun(load())
    product.truth.clock = clock
    vars(product)["estate"] = Mirror(product)
    return product


@pytest.fixture
def mirror(mirrored: Qianyun) -> Mirror:
    store = mirrored.estate
    assert isinstance(store, Mirror)
    return store


@pytest.fixture
def client(mirrored: Qianyun) -> Client:
    return Client(mirrored)


def body(at: datetime = NOW, **more: Any) -> bytes:
    """As NetBox 4.7 makes it (extras/webhooks.py)."""
    event = {
        "event": "updated",
        "timestamp": at.isoformat(),
        "object_type": "dcim.device",
        "data": {"id": 7, "name": "交换机 one"},
        "request": {"id": "4d1c", "method": "PATCH", "path": "/api/dcim/devices/7/", "user": "li"},
        "snapshots": {"prechange": {"name": "一"}, "postchange": {"name": "二"}},
    }
    return json.dumps(event | more).encode()


def sign(content: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha512).hexdigest()


def post(client: Client, content: bytes, signature: str | None = None) -> httpx.Response:
    headers = {SIGNATURE: sign(content) if signature is None else signature}
    return client.ask("POST", "/netbox/webhook", content=content, headers=headers)


def test_an_event_is_accepted_and_the_store_refreshed(client: Client, mirror: Mirror) -> None:
    answer = post(client, body())
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert mirror.refreshed.acquire(timeout=UPPER)


@pytest.mark.parametrize(
    "signature",
    ["", "0" * 128, sign(body(), "another-secret-of-somebody"), sign(body())[:-1], "密é"],
    ids=["none", "zeros", "other secret", "cut off", "not ascii"],
)
def test_a_wrong_signature_is_refused(client: Client, mirror: Mirror, signature: str) -> None:
    headers = [(SIGNATURE.encode(), signature.encode())]
    answer = client.ask("POST", "/netbox/webhook", content=body(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert not mirror.refreshed.acquire(blocking=False)


def test_a_request_without_the_header_is_refused(client: Client) -> None:
    answer = client.ask("POST", "/netbox/webhook", content=body())
    assert answer.status_code == 401
    assert "is missing" in answer.json()["detail"]


def test_a_body_that_was_altered_is_refused(client: Client) -> None:
    altered = body().replace(b"dcim.device", b"dcim.site__")
    assert post(client, altered, sign(body())).status_code == 401


def test_the_same_event_is_taken_once(client: Client, mirrored: Qianyun) -> None:
    answers = [post(client, body()).status_code for _ in range(3)]
    assert answers == [202, 409, 409]
    # also by a process that starts anew
    assert post(Client(mirrored), body()).status_code == 409


def test_one_of_many_at_once_is_taken(client: Client) -> None:
    answers: list[int] = []
    start = threading.Barrier(6)

    def deliver() -> None:
        start.wait()
        answers.append(post(client, body()).status_code)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("seconds", "status"), [(-301, 409), (-300, 202), (0, 202), (300, 202), (301, 409)]
)
def test_the_window_of_five_minutes(client: Client, seconds: int, status: int) -> None:
    answer = post(client, body(NOW + timedelta(seconds=seconds)))
    assert answer.status_code == status


def test_a_replay_is_refused_at_every_moment_and_then_forgotten(
    client: Client, clock: Clock, mirrored: Qianyun
) -> None:
    early = body(NOW + timedelta(minutes=5))
    assert post(client, early).status_code == 202
    for minutes in range(1, 30):
        clock.now = NOW + timedelta(minutes=minutes)
        assert post(client, early).status_code == 409
    assert post(client, body(clock.now)).status_code == 202
    with mirrored.truth.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(netbox_deliveries)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'"timestamp"',
        b"[" * 100_000,
        body(timestamp=None),
        body(timestamp=1700000000),
        body(timestamp="yesterday"),
        body(timestamp="2026-11-22T12:00:00"),
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)
def test_what_is_no_event_of_netbox(client: Client, content: bytes) -> None:
    answer = post(client, content)
    assert answer.status_code == 400
    assert "body template" in answer.json()["detail"]


def test_a_large_event_is_taken_and_too_large_a_one_is_not(client: Client) -> None:
    room = LARGEST - len(body(data=""))
    assert post(client, body(data="x" * room)).status_code == 202
    answer = post(client, body(data="x" * (room + 1)))
    assert answer.status_code == 413
    assert str(LARGEST) in answer.json()["detail"]


def test_without_a_secret_nothing_is_taken(
    state: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    product = Qianyun(load())
    vars(product)["estate"] = Mirror(product)
    answer = post(Client(product), body())
    assert answer.status_code == 503
    assert "QIANYUN_NETBOX_WEBHOOK_SECRET" in answer.json()["detail"]


def test_without_netbox_there_is_no_such_thing(
    monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    monkeypatch.setenv("QIANYUN_NETBOX_WEBHOOK_SECRET", SECRET)
    answer = post(Client(Qianyun(load())), body())
    assert answer.status_code == 404
    assert "QIANYUN_NETBOX_URL" in answer.json()["detail"]


def test_a_database_that_is_away(client: Client, mirrored: Qianyun, state: Path) -> None:
    mirrored.truth.engine.dispose()
    for file in state.glob("qianyun.db*"):
        file.unlink()
    assert post(client, body()).status_code == 503


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure(form="json", stream=stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)


def test_the_log_says_what_happened_and_neither_secret_nor_body(
    client: Client, logged: io.StringIO
) -> None:
    post(client, body())
    post(client, body(), "0" * 128)
    post(client, body())
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    told = [(e["event"], e.get("status")) for e in events if e["logger"] == "api.http.webhook"]
    assert told == [
        ("netbox event accepted", None),
        ("netbox event refused", 401),
        ("netbox event refused", 409),
    ]
    for hidden in (SECRET, sign(body()), "0" * 128, "交换机", "dcim.device", "4d1c"):
        assert hidden not in logged.getvalue()


# ── the refresher ───────────────────────────────────────────────────────────────────────────────


class Work:
    """A refresh that takes as long as the test lets it; `faults`: how many fail first."""

    def __init__(self, faults: int = 0) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.count = 0
        self.at_once = 0
        self.most = 0
        self.faults = faults

    def __call__(self) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.begun.release()
        assert self.go.acquire(timeout=UPPER)
        self.count += 1
        self.at_once -= 1
        if self.count <= self.faults:
            raise OSError("away")


def wait_for(condition: Callable[[], bool]) -> None:
    """Until a thread that is about to end has ended."""
    for thread in threading.enumerate():
        if thread.name == "netbox-refresh":
            thread.join(UPPER)
    assert condition()


def test_many_requests_few_refreshes() -> None:
    work = Work()
    refresher = Refresher(work)
    refresher.ask()
    assert work.begun.acquire(timeout=UPPER)
    for _ in range(1000):  # while it runs: what they tell of it may have missed
        refresher.ask()
    work.go.release(2)
    assert work.begun.acquire(timeout=UPPER)
    wait_for(lambda: (work.count, work.most) == (2, 1))
    refresher.ask()
    work.go.release()
    wait_for(lambda: work.count == 3)


def test_a_refresh_that_fails_is_tried_again() -> None:
    work = Work(faults=2)
    work.go.release(100)
    Refresher(work, delays_s=(0, 0, 0)).ask()
    wait_for(lambda: work.count == 3)


def test_it_gives_up_and_begins_again_with_the_next_request() -> None:
    work = Work(faults=3)
    work.go.release(100)
    refresher = Refresher(work, delays_s=(0, 0))
    refresher.ask()
    wait_for(lambda: work.count == 3)
    refresher.ask()
    wait_for(lambda: work.count == 4)


def test_a_request_ends_the_waiting_after_a_failure() -> None:
    work = Work(faults=1)
    work.go.release(100)
    refresher = Refresher(work, delays_s=(3600,))
    refresher.ask()
    assert work.begun.acquire(timeout=UPPER)
    refresher.ask()
    wait_for(lambda: work.count == 2)

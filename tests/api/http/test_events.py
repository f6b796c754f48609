"""Events of a run and of the city: from a cursor on, without a gap or a repeat; and to receivers."""

import asyncio
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.http.feed import Feeds, Happened, Journal
from api.http.sending import Sender, To, read_receivers
from api.settings import SettingsError
from migrator.people.rights import Role, local
from migrator.planning.plan import StepKind
from migrator.runs.records import StepState
from tests.api.http.client import LOCAL, Client, token_of

SECRET = "s" * 40


@pytest.fixture
def begun(plan: dict[str, Any], product: Qianyun) -> str:
    truth = product.truth
    return truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code


async def some(feeds: Feeds, run: str, cursor: str | None, count: int) -> list[Happened]:
    found: list[Happened] = []
    async for event in feeds.listen(run, cursor):
        found.append(event)
        if len(found) == count:
            break
    return found


def test_a_cut_stream_goes_on_where_it_was(product: Qianyun, begun: str) -> None:
    feeds = Feeds(lambda: product.truth, threading.Event())

    async def story() -> tuple[list[Happened], list[Happened], list[Happened]]:
        first = await some(feeds, begun, None, 4)  # the run and its three systems
        done = {"state": StepState.DONE, "started_at": None, "ended_at": None}
        product.truth.runs.set_step(begun, "LJ-S-002", StepKind.PREFLIGHT, **done)
        second = await some(feeds, begun, first[-1].cursor, 1)
        product.truth.runs.set_step(begun, "LJ-S-002", StepKind.BACKUP, **done)
        third = await some(feeds, begun, second[-1].cursor, 1)
        return first, second, third

    first, second, third = asyncio.run(story())
    assert [event.name for event in first] == ["state"] * 4
    numbers = [int(e.cursor.partition(".")[2]) for e in (*first, *second, *third)]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert {second[0].data["system"], third[0].data["system"]} == {"LJ-S-002"}


def test_what_no_event_tells_is_told_too(product: Qianyun, begun: str) -> None:
    journal = Journal(product.truth, begun, "boot")
    assert len(journal.look()) == 4
    journal.look()
    assert journal.look() == []
    product.truth.runs.set_item(begun, "LJ-S-002", note="等待 / waits")
    assert journal.look() == []  # looked for now and then
    journal.stale()
    ((name, told),) = journal.look()
    assert (name, told["system"], told["note"]) == ("state", "LJ-S-002", "等待 / waits")


@pytest.mark.parametrize("cursor", ["other.1", "nonsense", "1", ".", "x.99999999999999999999"])
def test_a_cursor_of_another_process_starts_anew(product: Qianyun, begun: str, cursor: str) -> None:
    feeds = Feeds(lambda: product.truth, threading.Event())
    (event,) = asyncio.run(some(feeds, begun, cursor, 1))
    assert event.name == "reset"


def test_the_stream_of_an_unknown_run_is_an_answer(product: Qianyun) -> None:
    client = Client(product, token_of(product, Role.VIEWER))
    assert client.get("/api/v1/runs/R-20200101-1/events").status_code == 404
    assert Client(product).get("/api/v1/events").status_code == 401


def test_a_stopping_server_ends_its_streams(product: Qianyun, begun: str) -> None:
    app = make_app(product)
    app.state.stopping.set()
    client = Client(product, token_of(product, Role.VIEWER), app)
    assert client.get(f"/api/v1/runs/{begun}/events").status_code == 200
    answer = client.get("/api/v1/events?cursor=0")
    assert answer.headers["content-type"].startswith("text/event-stream")


class Receiver:
    """A real HTTP server that takes events; `status` is what it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.taken.append((dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


def test_a_receiver_is_told_signed_in_order_and_again(product: Qianyun) -> None:
    receiver, truth = Receiver(), product.truth
    to = To(url=receiver.url, secret=SecretStr(SECRET), actions=("run.", "plan.approve"))
    with httpx.Client(trust_env=False) as client:
        sender = Sender(truth, "oa", to, client)
        sender.step()  # begins at the end of the audit
        truth.audit("li", "plan.approve", "P-1")
        truth.audit("li", "user.add", "nobody's business")
        receiver.status = 500
        assert sender.step() > 1
        receiver.status = 302  # a redirect is no answer
        assert sender.step() > 2
        truth.audit("wang", "run.start", "R-1")
        receiver.status = 204
        sender.step()
    told = [json.loads(body) for _, body in receiver.taken]
    assert [t["action"] for t in told] == ["plan.approve"] * 3 + ["run.start"]
    headers, body = receiver.taken[-1]
    stamp = headers["X-Qianyun-Timestamp"]
    right = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Qianyun-Signature"] == f"sha256={right}"
    assert truth.receivers.get("oa").seq == truth.audit_head()
    receiver.server.shutdown()


def test_the_file_of_receivers(tmp_path: Path) -> None:
    file = tmp_path / "receivers.toml"
    file.write_text(
        f'[oa]\nurl = "https://oa.example/x"\nsecret = "{SECRET}"\nactions = ["run."]\n'
    )
    file.chmod(0o600)
    assert read_receivers(file)["oa"].actions == ("run.",)
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_receivers(file)
    file.chmod(0o600)
    file.write_text('[oa]\nurl = "ftp://x"\nsecret = "short"\nactions = []\n')
    with pytest.raises(SettingsError) as refused:
        read_receivers(file)
    assert "short" not in str(refused.value)


def test_nobody_without_the_right_is_told_of_sign_ins(product: Qianyun) -> None:
    product.accounts.add(local("root"), "li", [Role.VIEWER], password="correct horse battery")
    app = make_app(product)
    client = Client(product, token_of(product, Role.VIEWER), app)
    threading.Timer(1.5, app.state.stopping.set).start()
    product.truth.audit("wang", "run.start", "R-1")
    told = client.get("/api/v1/events?cursor=0").text
    assert "run.start" in told
    assert "user." not in told


def test_a_stream_ends_with_the_right_to_read(
    product: Qianyun, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.http.events.ASKED_AGAIN", 0.0)
    token = token_of(product, Role.OPERATOR)
    app = make_app(product)

    async def heard(path: str) -> None:
        """To its end, which comes only because the token is revoked."""
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
            "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        opened = asyncio.Event()
        statuses: list[int] = []
        bodies = [{"type": "http.request", "body": b"", "more_body": False}]

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))
            opened.set()

        async def receive() -> Any:
            if bodies:
                return bodies.pop()
            return await asyncio.Event().wait()

        listening = asyncio.create_task(app(scope, receive, send))
        await opened.wait()
        assert statuses[0] == 200
        name = product.accounts.by_token(token)
        assert name is not None
        await asyncio.to_thread(product.accounts.change, LOCAL, name.name, disabled=True)
        await listening

    async def story() -> None:
        async with app.router.lifespan_context(app):
            await heard(f"/api/v1/runs/{begun}/events")

    asyncio.run(story())

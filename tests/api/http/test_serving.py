"""The server as a process: TLS by its settings, a stop that is graceful, a log without secrets."""

import datetime as dt
import ipaddress
import json
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import executable

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from tests.api.http.client import LOCAL, token_of
from tests.children import Child, spawn
from tests.running_api import ROOT, UPPER
from tests.temporal import free_port

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Served:
    port: int
    child: Child
    log: Path
    authority: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def client(self, **more: object) -> httpx.Client:
        verify = ssl.create_default_context(cafile=str(self.authority))
        return httpx.Client(base_url=self.url, verify=verify, trust_env=False, timeout=60, **more)  # type: ignore[arg-type]


def certificate(folder: Path) -> tuple[Path, Path]:
    """One of our own for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "qianyun test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    secret.chmod(0o600)
    return cert, secret


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    cert, key = certificate(folder)
    port = free_port()
    told = {
        "QIANYUN_API_ADDRESS": f"127.0.0.1:{port}",
        "QIANYUN_TLS_CERT": str(cert),
        "QIANYUN_TLS_KEY": str(key),
    }
    log = folder / "api.log"
    child = spawn(
        [executable, "-m", "api.cli.main", "api"], log, environ=dict(os.environ) | told, folder=ROOT
    )
    made = Served(port, child, log, cert)

    def answers() -> bool:
        try:
            with made.client() as client:
                return client.get("/health/live").is_success
        except httpx.TransportError:
            return False

    try:
        child.wait_until(answers, 60)
        yield made
    finally:
        child.stop()


def test_tls_by_the_settings(product: Qianyun, tmp_path: Path) -> None:
    product.accounts.add(LOCAL, "li", [Role.VIEWER], password=PASSWORD)
    with served(tmp_path) as api:
        with api.client() as client:
            told = client.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
            assert told.status_code == 201
            assert "secure" in told.headers["set-cookie"].lower()
            assert "max-age" in told.headers["strict-transport-security"]
            assert client.get("/health/ready").status_code == 503  # the engine is away; alive it is
        with socket.create_connection(("127.0.0.1", api.port)) as plain:
            context = ssl.create_default_context(cafile=str(api.authority))
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                assert secure.version() in {"TLSv1.2", "TLSv1.3"}
        old = ssl.create_default_context(cafile=str(api.authority))
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", api.port)) as plain,
            pytest.raises(ssl.SSLError),
        ):
            old.wrap_socket(plain, server_hostname="127.0.0.1")
        with pytest.raises(httpx.TransportError):  # nothing is said in the clear
            httpx.get(f"http://127.0.0.1:{api.port}/health/live", trust_env=False)
        with pytest.raises(httpx.ConnectError):  # and nobody else's authority is enough
            httpx.get(f"{api.url}/health/live", trust_env=False)


def test_a_head_has_a_bound(product: Qianyun, tmp_path: Path) -> None:
    """Whichever parser is installed: a head that never ends is no way to the memory."""
    with served(tmp_path) as api, api.client() as client:
        answer = client.get("/health/live", headers={"x-filler": "x" * 200_000})
        assert answer.status_code in (400, 431)
        assert client.get("/health/live").status_code == 200


def test_fifty_streams_do_not_hold_up_a_stop(product: Qianyun, tmp_path: Path) -> None:
    """Checklist 8: it stops by itself, and says so by its exit status; how soon is measured by
    `make bench ONLY=web.stop`."""
    token = token_of(product, Role.OPERATOR)
    headers = {"Authorization": f"Bearer {token}"}
    with served(tmp_path) as api, ExitStack() as stack:
        client = stack.enter_context(api.client(headers=headers, limits=httpx.Limits()))
        streams = []
        for _ in range(50):
            answer = stack.enter_context(client.stream("GET", "/api/v1/events"))
            assert answer.status_code == 200
            streams.append(answer)
        api.child.process.send_signal(signal.SIGTERM)
        assert api.child.wait(UPPER)
        for answer in streams:
            answer.close()
    assert api.child.process.returncode in {0, -signal.SIGTERM}


def test_no_secret_reaches_the_log(product: Qianyun, tmp_path: Path) -> None:
    product.accounts.add(LOCAL, "li", [Role.VIEWER, Role.ADMIN], password=PASSWORD)
    token = token_of(product, Role.ADMIN)
    with served(tmp_path) as api, api.client() as client:
        headers = {"Authorization": f"Bearer {token}"}
        client.get(f"/api/v1/plans?q={token}", headers=headers)
        client.get(f"/api/v1/plans?access_token={token}")
        client.get("/api/v1/plans", headers={"Authorization": "Bearer qy_wrong-but-secret"})
        made = client.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
        client.post("/api/v1/session", json={"name": "li", "password": "wrong-but-secret"})
        drawn = client.post(
            "/api/v1/users",
            headers=headers,
            json={"name": "wang", "roles": ["viewer"]},
        ).json()["password"]
        hidden = [token, PASSWORD, "wrong-but-secret", drawn, client.cookies["qianyun_session"]]
    text = api.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    asked = [one for one in lines if one["event"] == "request"]
    assert {(one["method"], one["status"]) for one in asked} >= {("GET", 401), ("POST", 201)}
    assert all({"ms", "path", "peer"} <= one.keys() for one in asked)
    assert made.json()["csrf"] not in text
    kept = _database(product)
    assert not [secret for secret in hidden if secret in text or secret.encode() in kept]


def _database(product: Qianyun) -> bytes:
    return b"".join(path.read_bytes() for path in product.settings.state.glob("qianyun.db*"))

"""WinRM against a stand-in: an HTTPS server that speaks as much of MS-WSMV as a visit needs.

There is no Windows here. What is tested: TLS, its certificate, the login (basic over TLS), the order
of messages, streams, faults, bounds. NTLM, Kerberos and a real WinRM service were never met.
"""

import base64
import json
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from inventory.facts import Failure, Visit
from probes.census.model import Limits, Login, Stop, Target, Trust, Way
from probes.census.session import Sessions
from probes.census.visit import visit
from tests.census.hosts import LONG_AGO
from tests.probes.census.test_windows import SERVER

PASSWORD = "Geheim-1"
SOAP = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
    'xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" '
    'xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault">'
    "<s:Header><a:RelatesTo>{to}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
FAULT = '<s:Fault><s:Detail><f:WSManFault Code="{code}"/></s:Detail></s:Fault>'


@dataclass
class StandIn:
    """`how`: what goes wrong. Remembers what it was sent."""

    how: str = ""
    actions: list[str] = field(default_factory=list)
    command: str = ""
    script: str = ""
    late: int = 1
    asked: threading.Event = field(default_factory=threading.Event)

    def answer(self, message: str) -> tuple[int, str]:
        action = re.search(r"Action[^>]*>([^<]*)<", message)
        assert action
        name = action[1].rsplit("/", 1)[1]
        self.actions.append(name)
        if self.how == "garbage":
            return 200, "<html>"
        if self.how == "fault":
            return 500, FAULT.format(code=5)
        body = getattr(self, f"_{name.lower()}")(message)
        return (500 if "Fault" in body else 200), body

    def _create(self, _message: str) -> str:
        return "<rsp:Shell><rsp:ShellId>S</rsp:ShellId></rsp:Shell>"

    def _command(self, message: str) -> str:
        self.command = " ".join(re.findall(r"<\w+:(?:Command|Arguments)>([^<]*)<", message))
        return "<rsp:CommandResponse><rsp:CommandId>C</rsp:CommandId></rsp:CommandResponse>"

    def _send(self, message: str) -> str:
        for piece in re.findall(r"Name=\"stdin\"[^>]*>([^<]*)<", message):
            self.script += base64.b64decode(piece).decode()
        return "<rsp:SendResponse/>"

    def _receive(self, _message: str) -> str:
        self.asked.set()
        if self.late:  # nothing to say yet, as a real one answers after its operation's time
            self.late -= 1
            return FAULT.format(code=2150858793)
        boundary = re.search(r"\$B = '(\w+)'", self.script)
        assert boundary
        said = f"\n{boundary[1]} begin\n{json.dumps(SERVER)}\n{boundary[1]} end\n".encode()
        state = "Done"
        if self.how == "endless":
            said, state = said + b"x" * 1_000_000, "Running"
        stream = base64.b64encode(said).decode()
        place = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState"
        return (
            f'<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="C">{stream}</rsp:Stream>'
            f'<rsp:CommandState CommandId="C" State="{place}/{state}"><rsp:ExitCode>0</rsp:ExitCode>'
            "</rsp:CommandState></rsp:ReceiveResponse>"
        )

    def _signal(self, _message: str) -> str:
        return "<rsp:SignalResponse/>"

    def _delete(self, _message: str) -> str:
        return ""


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        login = base64.b64encode(f"census:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            status, text = 401, ""
        else:
            status, body = self.stand_in.answer(message)
            to = re.search(r"MessageID[^>]*>([^<]*)<", message)
            whole = body != "<html>"
            text = SOAP.format(to=to[1] if to else "", body=body) if whole else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "win-01")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(LONG_AGO)
        .not_valid_after(LONG_AGO.replace(year=2100))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("winrm") / "win.pem"
    encoding, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, pkcs8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(encoding))
    return path


@pytest.fixture
def stand_in(pem: Path) -> Iterator[tuple[StandIn, int]]:
    """A stand-in that listens on loopback, and its port."""
    made = StandIn()
    handler = type("Handler", (_Handler,), {"stand_in": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made, server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def gone_to(port: int, password: str = PASSWORD, **trust: object) -> Visit:
    login = Login(user="census", password=SecretStr(password))
    stop = Stop(code="win-01", address=ip_address("127.0.0.1"), port=port, login=login)
    how = Trust.model_validate({"auth": "basic", **trust})
    target = Target(stop=stop, way=Way.WINRM, trust=how)
    limits = Limits(connect_seconds=5, host_seconds=30, output_bytes=3_000_000)
    return visit(target, Sessions(limits)).visit


def test_a_visit(stand_in: tuple[StandIn, int], pem: Path) -> None:
    server, port = stand_in
    found = gone_to(port, ca=pem)
    assert found.failure is None, found.message
    assert found.facts
    assert found.facts.hostname == "WEB-01"
    assert server.actions == ["Create", "Command", "Send", "Receive", "Receive", "Signal", "Delete"]
    assert server.command.startswith("powershell -NoProfile -NonInteractive -EncodedCommand ")
    assert "Win32_OperatingSystem" in server.script


def test_a_certificate_that_nobody_vouches_for(stand_in: tuple[StandIn, int], pem: Path) -> None:
    server, port = stand_in
    found = gone_to(port)
    assert found.failure is Failure.TLS
    assert server.actions == []  # neither login nor script was sent
    assert gone_to(port, verify=False).failure is None


def test_another_password(stand_in: tuple[StandIn, int], pem: Path) -> None:
    found = gone_to(stand_in[1], password="other-1", ca=pem)
    assert found.failure is Failure.AUTH
    assert "other-1" not in found.message


@pytest.mark.parametrize(
    ("how", "failure"),
    [("garbage", Failure.PROTOCOL), ("fault", Failure.REFUSED), ("endless", None)],
)
def test_servers_that_misbehave(
    stand_in: tuple[StandIn, int], pem: Path, how: str, failure: Failure | None
) -> None:
    server, port = stand_in
    server.how = how
    assert gone_to(port, ca=pem).failure is failure


def test_nobody_there_and_no_password_in_the_clear(pem: Path) -> None:
    assert gone_to(9, ca=pem).failure is Failure.UNREACHABLE
    assert gone_to(9, tls=False).failure is Failure.NO_LOGIN


def test_a_sweep_that_is_stopped_waits_for_no_server(
    stand_in: tuple[StandIn, int], pem: Path
) -> None:
    server, port = stand_in
    server.late = 1_000_000  # it never has anything to say
    sessions = Sessions(Limits(connect_seconds=5, host_seconds=300))
    login = Login(user="census", password=SecretStr(PASSWORD))
    stop = Stop(code="win-01", address=ip_address("127.0.0.1"), port=port, login=login)
    target = Target(stop=stop, way=Way.WINRM, trust=Trust(auth="basic", ca=pem))
    met: list[Visit] = []
    going = threading.Thread(target=lambda: met.append(visit(target, sessions).visit))
    going.start()
    assert server.asked.wait(30)
    sessions.stop()
    going.join(60)
    assert [one.failure for one in met] == [Failure.TIMEOUT]

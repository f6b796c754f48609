"""TLS over real sockets: a certificate wrong in one way at a time; HTTPS with the same."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from probes.model import Failure, Family, ProbeResult, Target
from probes.table import probe
from tests.probes.certificates import Authority
from tests.probes.conftest import InNamespace
from tests.probes.servers import answering, hanging_up, serving, silent

NAME = "bm.lanjiang.gov.cn"
DAY = timedelta(days=1)


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority.new(tmp_path)


def look(
    in_namespace: InNamespace, pem: Path, address: str = "127.0.0.1", check: str = "tls", **more: object
) -> ProbeResult:  # fmt: skip
    async def story() -> ProbeResult:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        async with serving(answering(b"fine"), address, ssl=context) as port:
            return await probe(target(address, port, check, **more), 20)

    result: ProbeResult = in_namespace(story)
    return result


def target(address: str, port: int, check: str = "tls", **more: object) -> Target:
    family: Family = 6 if ":" in address else 4
    more = {"name": NAME, "tls": True} | more
    return Target(code="x", check=check, family=family, address=address, port=port, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("check", ["tls", "http"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_good(in_namespace: InNamespace, ca: Authority, address: str, check: str) -> None:
    result = look(in_namespace, ca.issue(NAME), address, check, authorities=ca.file)
    assert result.ok, result.evidence
    assert {"connect", "tls", "total"} <= set(result.timings)
    assert result.evidence["subject"] == NAME
    assert result.evidence["issuer"] == "Lab CA"
    assert result.evidence["not_after"].endswith("+00:00")


@pytest.mark.parametrize("check", ["tls", "http"])
@pytest.mark.parametrize(
    ("names", "validity", "trusted", "failure"),
    [
        ((NAME,), (-9 * DAY, -DAY), True, Failure.EXPIRED),
        ((NAME,), (DAY, 2 * DAY), True, Failure.NOT_YET_VALID),
        (("other.gov.cn",), (-DAY, DAY), True, Failure.WRONG_NAME),
        ((NAME,), (-DAY, DAY), False, Failure.UNTRUSTED),
    ],
)
def test_wrong_in_one_way(
    in_namespace: InNamespace,
    ca: Authority,
    names: tuple[str, ...],
    validity: tuple[timedelta, timedelta],
    trusted: bool,
    failure: Failure,
    check: str,
) -> None:
    pem = ca.issue(*names, begins=validity[0], ends=validity[1])
    more = {"authorities": ca.file} if trusted else {}
    result = look(in_namespace, pem, check=check, **more)
    assert result.failure is failure, result.evidence


def test_without_a_name_the_address_is_the_name(in_namespace: InNamespace, ca: Authority) -> None:
    good = look(in_namespace, ca.issue("::1"), "::1", name="", authorities=ca.file)
    assert good.ok, good.evidence
    other = look(in_namespace, ca.issue("127.0.0.1"), "::1", name="", authorities=ca.file)
    assert other.failure is Failure.WRONG_NAME


@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (silent, Failure.TIMEOUT_TLS),
        (hanging_up, Failure.RESET),
        (answering(b"plain"), Failure.TIMEOUT_TLS),
    ],
)
@pytest.mark.parametrize("check", ["tls", "http"])
def test_no_tls_there(
    in_namespace: InNamespace, talk: object, failure: Failure, check: str
) -> None:
    async def story() -> ProbeResult:
        async with serving(talk) as port:  # type: ignore[arg-type]
            return await probe(target("127.0.0.1", port, check), 0.5)

    assert in_namespace(story).failure is failure


def test_a_plain_answer_to_a_tls_greeting(in_namespace: InNamespace) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def story() -> ProbeResult:
        async with serving(talk) as port:
            return await probe(target("127.0.0.1", port), 20)

    assert in_namespace(story).failure is Failure.PROTOCOL


def test_authorities_that_cannot_be_read(in_namespace: InNamespace, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("gone.pem", "empty.pem"):
        for check in ("tls", "http"):
            one = target("127.0.0.1", 443, check, authorities=str(tmp_path / name))

            async def story(one: Target = one) -> ProbeResult:
                return await probe(one, 5)

            result = in_namespace(story)
            assert result.failure is Failure.BAD_TARGET
            assert name in result.evidence["read"]


def test_a_certificate_replaced_on_disk_is_read_again(
    in_namespace: InNamespace, tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    old, new = Authority.new(tmp_path / "one"), Authority.new(tmp_path / "two")
    shared = tmp_path / "shared.pem"
    shared.write_bytes(Path(old.file).read_bytes())
    assert look(in_namespace, old.issue(NAME), authorities=str(shared)).ok
    shared.write_bytes(Path(new.file).read_bytes())
    assert look(in_namespace, new.issue(NAME), authorities=str(shared)).ok


def test_where_a_redirect_leads(in_namespace: InNamespace, ca: Authority) -> None:
    async def story() -> list[ProbeResult]:
        talk = answering(b"", "301 Moved", "Location: https://bm.lanjiang.gov.cn/login")
        async with serving(talk) as port:
            return [
                await probe(target("127.0.0.1", port, "http", tls=False, status=301, redirect=r), 9)
                for r in ("https://bm.lanjiang.gov.cn/", "https://elsewhere/", "")
            ]

    right, wrong, unasked = in_namespace(story)
    assert right.ok
    assert unasked.ok
    assert wrong.failure is Failure.WRONG_REDIRECT
    assert "bm.lanjiang" in wrong.evidence["read"]

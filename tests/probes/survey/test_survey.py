"""Surveys of real servers in a network of their own, with both families and with IPv6 alone."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from probes.answers import Found, Nameless, Silent
from probes.model import Target
from probes.names import Resolver
from probes.readiness.evidence import Seen, Verdict
from probes.survey import alone, store
from probes.survey.site import Bounds
from probes.survey.survey import Surveyor
from tests.probes.conftest import InNamespace, firewall, ip
from tests.probes.servers import serving
from tests.probes.test_dns import nameserver

V4, V6 = "10.1.1.1", "fd00::1"
NAME = "www.a.gov.cn"
BOUNDS = Bounds(second=5, third=5, look=5.0, whole=40.0)
ZONE = {
    (NAME, "AAAA"): V6,
    (NAME, "A"): V4,
    ("a.gov.cn", "SOA"): "ns1.a.gov.cn. x.a.gov.cn. 1 2 3 4 5",
    ("a.gov.cn", "NS"): "ns1.a.gov.cn.",
    ("ns1.a.gov.cn", "AAAA"): V6,
    ("dark.gov.cn", "A"): "10.2.2.2",
    ("both.gov.cn", "AAAA"): "fd00::99",
}
TWO = {**ZONE, ("a.gov.cn", "NS"): "ns1.a.gov.cn. ns2.a.gov.cn.", ("ns2.a.gov.cn", "AAAA"): V6}
SITE = {
    "/": '<title>政务</title><a href="/two">2</a><a href="/only4">4</a><img src="/i.png">'
    '<a href="http://both.gov.cn/">b</a>',
    "/two": '<a href="/three">3</a><a href="/">home</a>',
    "/three": "三级",
    "/only4": "只有四",
    "/i.png": "png",
}
type Pages = Mapping[str, str]


def told(records: Mapping[tuple[str, str], str]):  # type: ignore[no-untyped-def]
    def answer(query: dns.message.Message) -> list[bytes]:
        asked = query.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True), asked.rdtype.name
        made = dns.message.make_response(query)
        made.flags |= 0x0480
        if text := records.get((name, kind)):
            values = text.split() if kind == "NS" else [text]
            made.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *values))
        elif not any(known == name for known, _ in records):
            made.set_rcode(3)
        return [made.to_wire()]

    return answer


@asynccontextmanager
async def web(address: str, pages: Pages, port: int = 0) -> AsyncIterator[int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = pages.get(path, "").encode()
        status = "200 OK" if path in pages else "404 Not Found"
        kind = "image/png" if path.endswith("png") else "text/html; charset=utf-8"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async with serving(talk, address, port) as bound:
        yield bound


async def settled(address: str) -> None:
    """An address that was just given is not at once one to connect to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect((address, 9))
            except OSError:
                await asyncio.sleep(0.01)
            else:
                return


def survey(
    over4: Pages | None,
    over6: Pages,
    records: Mapping[tuple[str, str], str] = TWO,
    name: str = NAME,
    bounds: Bounds = BOUNDS,
):  # type: ignore[no-untyped-def]
    async def story() -> dict[int, Seen]:
        ip("addr", "add", f"{V6}/128", "dev", "lo", "nodad")
        await settled(V6)
        async with AsyncExitStack() as stack:
            port = await stack.enter_async_context(web(V6, over6))
            targets = [_target(V6, port, name)]
            if over4 is not None:
                ip("addr", "add", f"{V4}/32", "dev", "lo")
                await stack.enter_async_context(web(V4, over4, port))
                targets.append(_target(V4, port, name))
            asked = await stack.enter_async_context(nameserver(told(records), told(records), V6))  # type: ignore[arg-type]
            resolver = Resolver((V6,), asked)
            found = await Surveyor(resolver, bounds, asked).entrance(targets)
        return {one.number: one for one in found}

    return story


def _target(address: str, port: int, name: str) -> Target:
    return Target(
        code="S@N", check="http", family=6 if ":" in address else 4, address=address, port=port,
        name=name, content="政务",
    )  # fmt: skip


def test_links_of_the_second_and_third_level_over_both(in_namespace: InNamespace) -> None:
    without = {path: text for path, text in SITE.items() if path != "/only4"}
    seen = in_namespace(survey(SITE, without))
    assert set(seen) == {1, 2, 6, 7}
    assert seen[6].verdict is Verdict.PASSED
    assert seen[6].similar == 1.0
    assert (seen[7].second, seen[7].third) == (0.5, 1.0)
    assert "/only4" in seen[7].told
    assert seen[7].skylights == ()
    assert seen[1].verdict is Verdict.PASSED
    assert seen[2].verdict is Verdict.PASSED, seen[2].told


def test_what_is_missing_is_told(in_namespace: InNamespace) -> None:
    """A picture that IPv6 lacks, others' things with IPv4 alone, one name server, another page."""
    over4 = {
        **SITE,
        "/": SITE["/"] + '<script src="//dark.gov.cn/x"></script><a href=http://10.7.7.7/>',
    }
    over6 = {**over4, "/": "<p>welcome to nginx</p>"}
    del over6["/i.png"]
    seen = in_namespace(survey(over4, over6, ZONE))
    assert seen[2].verdict is Verdict.FAILED
    assert seen[6].verdict is Verdict.FAILED
    assert "wrong_content" in seen[6].told
    assert seen[6].similar is not None
    assert seen[6].similar < 0.5
    assert seen[7].verdict is Verdict.FAILED
    assert "/i.png" in seen[7].told
    assert set(seen[7].skylights) == {"dark.gov.cn", "10.7.7.7"}


def test_a_name_without_aaaa_and_no_name(in_namespace: InNamespace) -> None:
    records = {key: value for key, value in TWO.items() if key != (NAME, "AAAA")}
    seen = in_namespace(survey(SITE, SITE, records))
    assert seen[1].verdict is Verdict.FAILED
    assert seen[2].verdict is Verdict.FAILED  # its servers have no answer for AAAA
    seen = in_namespace(survey(SITE, SITE, TWO, ""))
    assert 1 not in seen
    assert seen[2].verdict is Verdict.UNKNOWN


def test_a_large_site_is_bounded(in_namespace: InNamespace) -> None:
    pages = {f"/{n}": "".join(f"<a href=/{n}{m}>" for m in range(9)) for n in range(40)}
    pages["/"] = "政务" + "".join(f"<a href=/{n}>" for n in range(40))
    seen = in_namespace(survey(pages, pages))
    assert "5/5" in seen[7].told
    assert "bounded" in seen[7].told


def test_from_a_network_with_ipv6_alone(in_namespace: InNamespace) -> None:
    seen = in_namespace(survey(None, SITE))
    assert set(seen) == {11}
    assert seen[11].verdict is Verdict.PASSED, seen[11].told
    lacking = {path: text for path, text in SITE.items() if path != "/three"}
    seen = in_namespace(survey(None, lacking))
    assert seen[11].verdict is Verdict.FAILED
    assert "/three" in seen[11].told
    dark = {**SITE, "/three": "<img src=http://dark.gov.cn/i>"}
    assert "dark.gov.cn" in in_namespace(survey(None, dark))[11].told
    named = {key: value for key, value in TWO.items() if key != (NAME, "AAAA")}
    assert in_namespace(survey(None, SITE, named))[11].verdict is Verdict.FAILED


def test_nodes_from_there(in_namespace: InNamespace) -> None:
    async def story() -> list[Verdict]:
        ip("addr", "add", f"{V6}/128", "dev", "lo", "nodad")
        await settled(V6)
        found = []
        async with web(V6, SITE) as port:
            surveyor = Surveyor(Resolver((V6,)))
            for asked in (port, port + 1 if port < 65535 else 1):
                targets = [
                    Target(code="N", check="icmp", family=6, address=V6),
                    Target(code="N", check="tcp", family=6, address=V6, port=asked),
                ]
                found += [s.verdict for s in await surveyor.node("N", targets)]
        ip("addr", "add", f"{V4}/32", "dev", "lo")
        assert await surveyor.node("N", targets) == []  # this is no such network any more
        return found

    assert in_namespace(story) == [Verdict.PASSED, Verdict.FAILED]


def test_whether_there_is_ipv6_alone(in_namespace: InNamespace) -> None:
    async def story() -> tuple[bool, bool, bool]:
        before = alone.ipv6_alone()
        ip("route", "add", "default", "dev", "lo")
        routed = alone.has_way(4)
        ip("addr", "add", f"{V4}/32", "dev", "lo")
        return before, routed, alone.ipv6_alone()

    before, _, after = in_namespace(story)
    assert before
    assert not after


def test_a_resolver_that_hangs_is_silent_and_no_fault_of_the_name(
    in_namespace: InNamespace,
) -> None:
    async def story() -> list[object]:
        firewall("input", "udp dport 53 drop")
        hangs = Resolver(("127.0.0.1",))
        async with nameserver(told(TWO), told(TWO), "127.0.0.1") as port:  # type: ignore[arg-type]
            good = Resolver(("127.0.0.1",), port)
            return [
                await hangs.addresses(NAME, 6, 0.3),
                await good.addresses(NAME, 6, 5),
                await good.addresses("nothing.gov.cn", 6, 5),
                await good.addresses("dark.gov.cn", 6, 5),
                await good.addresses("a..b", 6, 5),
            ]

    kinds = [type(answer) for answer in in_namespace(story)]
    assert kinds == [Silent, Found, Nameless, Nameless, Nameless]


def test_what_was_seen_is_kept_and_the_worst_of_a_day_stands(tmp_path: Path) -> None:
    day = date(2026, 11, 2)

    def seen(verdict: Verdict, at: int, day: date = day) -> Seen:
        return Seen("S@N", 2, day, at, verdict, verdict, "甲", 0.5, None, None, ("x",))

    path = tmp_path / "seen.db"
    store.put(path, "a", [seen(Verdict.FAILED, 1)])
    store.put(path, "a", [seen(Verdict.PASSED, 2)])
    store.put(path, "a", [seen(Verdict.PASSED, 3, date(2026, 11, 3))])
    first, second = store.every([path, tmp_path / "none.db"], day)["S@N", 2]
    assert (first.verdict, first.worst, first.at) == (Verdict.PASSED, Verdict.FAILED, 2)
    assert (second.worst, second.second, second.skylights) == (Verdict.PASSED, 0.5, ("x",))
    store.put(path, "b", [seen(Verdict.FAILED, 4, date(2026, 11, 3))])
    assert store.every([path], date(2026, 11, 3))["S@N", 2][0].verdict is Verdict.FAILED


@pytest.mark.parametrize("name", ["", "x" * 64 + ".cn", "."])
def test_names_that_are_none(in_namespace: InNamespace, name: str) -> None:
    async def story() -> object:
        return await Resolver(("127.0.0.1",), 9).addresses(name, 4, 0.5)

    assert isinstance(in_namespace(story), Nameless | Silent)

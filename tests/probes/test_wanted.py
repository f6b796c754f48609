"""What people type to look at, and the screen that answers."""

import asyncio
import io
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from rich.console import Console

from api.probing_once import _look
from api.show.probe import probe_screen
from api.words import Words
from inventory.choices import Secrecy
from inventory.model import Estate, Host, System
from inventory.secrecy import hidden
from probes.answers import Found, Nameless, Silent
from probes.errors import Misuse
from probes.model import Failure, ProbeResult, Target
from probes.names import Resolver
from probes.wanted import as_train, located, targets_for, unhidden


@pytest.mark.parametrize(
    ("text", "check", "port", "families", "host"),
    [
        ("10.1.1.1", "icmp", 0, [4], ""),
        ("fd00::1", "icmp", 0, [6], ""),
        ("WWW.a.gov.cn", "icmp", 0, [4, 6], "www.a.gov.cn"),
        ("tcp://[fd00::1]:443", "tcp", 443, [6], ""),
        ("https://www.a.gov.cn/x?y=1", "http", 443, [4, 6], "www.a.gov.cn"),
        ("http://10.1.1.1:8080", "http", 8080, [4], ""),
        ("tls://www.a.gov.cn", "tls", 443, [4, 6], "www.a.gov.cn"),
        ("ssh://10.1.1.1", "banner", 22, [4], ""),
        ("pmtu://fd00::1", "", 0, [], ""),
        ("pmtu://[fd00::1]", "pmtu", 0, [6], ""),
    ],
)
def test_what_is_meant(text: str, check: str, port: int, families: list[int], host: str) -> None:
    if not check:
        with pytest.raises(Misuse):
            targets_for(text)
        return
    found = targets_for(text)
    assert [t.family for t in found] == families
    assert {(t.check, t.port, t.host) for t in found} == {(check, port, host)}
    assert all(t.tls == text.startswith("https") for t in found)
    assert all(t.code == text for t in found)


@pytest.mark.parametrize(
    "text",
    [
        "gopher://a.cn",
        "tcp://a.cn",
        "tcp://a.cn:99999",
        "http://[bad",
        "a b.cn",
        "10.1.1.300:5",
        "-.",
    ],
)
def test_what_is_not(text: str) -> None:
    with pytest.raises(Misuse):
        targets_for(text)


class Told(Resolver):
    def __init__(self, answer: Found | Nameless | Silent) -> None:
        super().__init__(("127.0.0.1",))
        self.answer = answer

    async def addresses(self, name: str, family: int, deadline: float) -> Found | Nameless | Silent:
        return self.answer


def test_a_name_is_looked_up_for_its_own_family_and_says_why_not() -> None:
    (target, _) = targets_for("www.a.gov.cn")

    def at(answer: Found | Nameless | Silent) -> Target | ProbeResult:
        (found,) = asyncio.run(located(target, Told(answer), 1.0))
        return found

    assert at(Found(("10.1.1.1",), 60)) == replace(target, address="10.1.1.1")
    nameless, silent = at(Nameless("NXDOMAIN")), at(Silent("?"))
    assert isinstance(nameless, ProbeResult)
    assert isinstance(silent, ProbeResult)
    assert (nameless.failure, silent.failure) == (Failure.NO_ADDRESS, Failure.NO_RESOLVER)


def test_all_addresses_of_a_name_are_looked_at_up_to_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = tuple(f"127.0.0.{n}" for n in range(1, 10))
    monkeypatch.setattr("api.probing_once.Resolver", lambda: Told(Found(several, 60)))
    four = targets_for("tcp://www.a.gov.cn:9", [4])
    found = asyncio.run(_look(four, hidden(Estate()), 1.0))
    assert [one.target.address for one in found] == list(several[:4])
    assert {one.evidence["addresses"] for one in found} == {"4/9"}
    text = shown(*found, lang="en")
    assert all(address in text for address in several[:4])
    assert "4/9" in text
    last = Host(code="h", name="h", ipv4=IPv4Address(several[-1]), system="S")
    system = System(code="S", name="s", secrecy=Secrecy.CLASSIFIED)
    with pytest.raises(Misuse, match=several[-1]):
        asyncio.run(_look(four, hidden(Estate(hosts=(last,), systems=(system,))), 1.0))


def test_what_is_classified_has_no_address_to_type() -> None:
    host = Host(code="h", name="h", ipv4=IPv4Address("10.9.9.9"), system="S")
    system = System(code="S", name="s", secrecy=Secrecy.CLASSIFIED)
    secret = hidden(Estate(hosts=(host,), systems=(system,)))
    with pytest.raises(Misuse, match=r"10\.9\.9\.9"):
        unhidden(targets_for("tcp://10.9.9.9:443"), secret)
    assert unhidden(targets_for("10.9.9.8"), secret)


def shown(*results: ProbeResult, lang: str = "zh", width: int = 120) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, markup=False, emoji=False, highlight=False)
    for part in probe_screen(results, Words(lang)):  # type: ignore[arg-type]
        console.print(part)
    return out.getvalue()


def test_v4_stands_beside_v6_and_bars_are_of_one_measure() -> None:
    four, six = targets_for("https://www.a.gov.cn/")
    good = ProbeResult(
        target=replace(four, address="10.1.1.1"), ok=True,
        timings={"connect": 5.0, "tls": 10.0, "first_byte": 10.0, "body": 5.0, "total": 30.0},
        evidence={"status": "200"},
    )  # fmt: skip
    bad = ProbeResult(
        target=six, ok=False, failure=Failure.NO_ADDRESS, timings={"total": 1.0},
        evidence={"read": "x\x1b[31m"},
    )  # fmt: skip
    text = shown(good, bad)
    assert "\x1b" not in text
    assert any("✓" in line and "✗" in line for line in text.splitlines())
    assert "█" * 30 in text
    half = replace(good, target=replace(six, address="fd00::1"), timings={"connect": 15.0})
    longest = max(line.count("█") for line in shown(good, half).splitlines())
    assert longest == 30 + 15
    assert "域名无此族地址" in text
    assert "no address of this family" in shown(bad, lang="en")


def test_eighty_columns_hold_both_families_and_one_language_each() -> None:
    four, six = targets_for("https://portal.a-long-name.example.gov.cn/path/healthz")
    good = ProbeResult(
        target=replace(four, address="203.0.113.10"), ok=True,
        timings={"connect": 5.0, "tls": 10.0, "first_byte": 10.0, "body": 5.0, "total": 30.0},
    )  # fmt: skip
    bad = ProbeResult(
        target=replace(six, address="2001:db8:1234:5678::10"), ok=False,
        failure=Failure.UNTRUSTED, timings={"connect": 15.0, "total": 20.0},
        evidence={"error": "self-signed certificate"},
    )  # fmt: skip
    english, chinese = shown(good, bad, lang="en", width=80), shown(good, bad, width=80)
    assert "2001:db8:1234:5678::10 " in english  # whole, beside the other
    assert "send the whole chain" in " ".join(english.split())
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in english)
    assert "读到 self-signed certificate" in " ".join(chinese.split())
    assert "补全证书链" in chinese
    assert "trusted" not in chinese


def test_echoes_are_several() -> None:
    assert as_train(Target(code="N", check="icmp", family=4, address="10.1.1.1")).count == 5
    assert as_train(Target(code="N", check="tcp", family=4, address="10.1.1.1")).count == 1

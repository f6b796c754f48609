"""A night with NetBox: away, denying, unknown, half an answer. Every command ends with exit 3 and a
message for the operator, and nothing has changed; when NetBox is back, all goes on.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.office import Office, at_work
from tests.netbox.proxy import Answer, CutBody, Proxy, Refuse, Rewrite, Rule
from tests.netbox.server import NetBox

READING = (
    ("inventory", "pull", "--full"),
    ("inventory", "verify"),
    ("inventory", "diff", "--live"),
)
ASKING = (
    *READING,
    ("inventory", "pull"),
    ("inventory", "export"),
    ("inventory", "show", "jt-web-01"),
    ("inventory", "ansible", "--list"),
    ("probe", "sd", "nodes"),
    ("plan", "make"),
)


@pytest.fixture
def office(netbox_server: NetBox, tmp_path: Path) -> Office:
    return at_work(netbox_server, tmp_path / "office")


@pytest.fixture
def proxy(netbox_server: NetBox) -> Iterator[Proxy]:
    with Proxy(netbox_server.url) as proxy:
        yield proxy


@pytest.fixture
def behind(office: Office, proxy: Proxy) -> Office:
    """The office, that knows NetBox by the proxy."""
    through = office.having(proxy.url)
    through.does("inventory", "pull")
    return through


def all_end(office: Office, *told: str, commands: tuple[tuple[str, ...], ...] = ASKING) -> None:
    """Every command ends with exit 3, says `told` in both languages, and changes nothing."""
    ledger = office.ledger("新", {("线路", "LJ-DX-1001", "带宽"): "900M"})
    held = office.state / "netbox" / "mirror.json"
    before = office.database(), office.saved_or_away(), held.read_bytes()
    writing = [("inventory", "apply", str(ledger), *more) for more in ((), ("--digest", "0" * 64))]
    for words in (*commands, *writing):
        ended = office.does(*words, expect=3)
        assert ended.out == "", words
        for word in told:
            assert word in ended.err, (words, ended.err)
        assert "Traceback" not in ended.err
        assert office.token.read_text().strip() not in ended.err
    failed = office.does("--json", "inventory", "export", expect=3)
    assert failed.json["error"]["message"] in failed.err
    assert (office.database(), office.saved_or_away(), held.read_bytes()) == before


def all_goes_on(office: Office) -> None:
    """As if nothing had been: also what the night held up."""
    for words in (("inventory", "pull"), ("inventory", "verify"), ("inventory", "diff", "--live")):
        office.does(*words)
    done = office.brings(office.ledger("新", {("线路", "LJ-DX-1001", "带宽"): "900M"}))
    assert done["counts"]["updates"] == 1
    office.does("audit", "verify")


@pytest.mark.slow
def test_netbox_is_down(office: Office) -> None:
    office.netbox.stop_web()
    try:
        all_end(office, office.url, "没有应答", "no answer", "try again")
    finally:
        office.netbox.start_web()
    all_goes_on(office)


@pytest.mark.slow
def test_the_token_may_not(office: Office) -> None:
    key, secret = "k" * 12, "s" * 40
    office.netbox.shell(
        "from users.models import Token, User\n"
        "user = User.objects.create_user('li', password='A-pass-word-1')\n"
        f"Token(user=user, version=2, key={key!r}, token={secret!r}).save()\n"
    )
    own = office.token.read_text()
    office.token.write_text(f"nbt_{key}.{secret}")
    all_end(office, "403", "qianyun netbox permissions")
    office.token.write_text(f"nbt_{key}.{'x' * 40}")
    all_end(office, "拒绝了令牌", "denies the token", commands=READING[:1])
    office.token.write_text(own)
    all_goes_on(office)


@pytest.mark.slow
def test_a_netbox_of_an_unknown_version(behind: Office, proxy: Proxy) -> None:
    def of_tomorrow(body: bytes) -> bytes:
        return json.dumps(json.loads(body) | {"netbox-version": "9.9.1"}).encode()

    proxy.add(Rule(Rewrite(of_tomorrow), path=r"^/api/status/", times=None))
    all_end(behind, "9.9.1", "4.7.", "Qianyun", commands=READING)
    proxy.clear()
    all_goes_on(behind)


@pytest.mark.slow
def test_half_a_page(behind: Office, proxy: Proxy) -> None:
    proxy.add(Rule(CutBody(200), path=r"^/api/(dcim/devices|core/object-changes)/", times=None))
    all_end(behind, "GET", "try again", commands=READING)
    assert not proxy.writes
    proxy.clear()
    all_goes_on(behind)


@pytest.mark.slow
def test_something_else_answers(behind: Office, proxy: Proxy) -> None:
    page = b"<html>the portal of the house</html>"
    for action, told in (
        (Answer(500, b"<h1>Server Error</h1>", "text/html"), "500"),
        (Answer(200, page, "text/html"), "QIANYUN_NETBOX_URL"),
        (Answer(200, b"{}"), "QIANYUN_NETBOX_URL"),
        (Refuse(), "no answer"),
    ):
        proxy.add(Rule(action, times=None))
        all_end(behind, told, commands=READING[:1])
        proxy.clear()
    all_goes_on(behind)


@pytest.mark.slow
def test_down_amid_writing(behind: Office, proxy: Proxy) -> None:
    """What was written is found again; nothing is written twice."""
    cells = {("线路", "LJ-DX-1001", "带宽"): "900M", ("线路", "LJ-YD-1002", "带宽"): "800M"}
    ledger = behind.ledger("新", cells)
    shown = behind.asks("inventory", "apply", ledger)
    proxy.add(Rule(Refuse(), method="PATCH", skip=1, times=None))
    failed = behind.does(*shown["confirm_with"][1:], expect=3)
    assert "NetBox" in failed.err
    entries = behind.asks("audit", "list")["entries"]
    assert entries[-1]["action"] == "inventory.apply.failed"
    proxy.clear()
    behind.brings(ledger)
    rates = {c.cid: c.commit_rate for c in behind.api().circuits.circuits.all()}
    assert (rates["LJ-DX-1001"], rates["LJ-YD-1002"]) == (900_000, 800_000)
    assert behind.asks("inventory", "tasks")["tasks"] == []
    assert behind.asks("inventory", "verify")["ok"]
    behind.does("audit", "verify")

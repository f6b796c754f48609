"""`qianyun netbox` against a real NetBox."""

import stat
from pathlib import Path

import pytest

from tests.api.conftest import Run
from tests.netbox.certificates import certificate
from tests.netbox.proxy import Answer, Proxy, Rule
from tests.netbox.server import NetBox

SECRET = "a-secret-of-thirty-two-characters"


@pytest.fixture
def set_up(netbox: NetBox, monkeypatch: pytest.MonkeyPatch) -> NetBox:
    monkeypatch.setenv("QIANYUN_NETBOX_URL", netbox.url)
    monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", netbox.token)
    monkeypatch.setenv("QIANYUN_NETBOX_WEBHOOK_SECRET", SECRET)
    return netbox


def test_permissions_need_no_netbox(run: Run) -> None:
    told = run("netbox", "permissions", "--json")
    assert told.code == 0
    assert told.json["user"] == "qianyun"
    for grant in told.json["permissions"]:
        assert set(grant["actions"]) <= {"view", "add", "change", "delete"}
        if {"change", "delete"} & set(grant["actions"]):
            assert "custom_field_data__qianyun_code__regex" in grant["constraints"]
    shown = run("netbox", "permissions").out
    assert "virtualization.vminterface" in shown
    assert "\\u000a" not in shown


@pytest.mark.slow  # the story of a city's NetBox does it too
def test_bootstrap_by_the_command_line(run: Run, set_up: NetBox, tmp_path: Path) -> None:
    missing = run("netbox", "bootstrap", "--dry-run", "--json")
    assert missing.code == 1
    assert len(missing.json["missing"]) > 50
    assert run("audit", "list", "--json").json["entries"] == []

    path = tmp_path / "token"
    hook = "http://127.0.0.1:9/netbox/webhook"
    done = run("netbox", "bootstrap", "--token-file", path, "--webhook", hook)
    assert done.code == 0
    assert "+ extras/custom-fields/ qianyun_code" in done.err
    assert str(path) in done.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    again = run("netbox", "bootstrap", "--token-file", path, "--webhook", hook, "--json")
    assert again.code == 0
    assert again.json["made"] == []
    assert again.json["token"] == "kept"
    assert run("netbox", "bootstrap", "--dry-run", "--webhook", hook).code == 0

    (entry,) = run("audit", "list", "--json").json["entries"]
    assert (entry["action"], entry["object"], entry["actor"]) == (
        "netbox.bootstrap",
        set_up.url,
        "zhang",
    )
    assert entry["detail"]["token"] == "written"
    assert "extras/custom-fields/qianyun_code" in entry["detail"]["made"]
    said = done.out + done.err + again.out + again.err + str(entry)
    for secret in (path.read_text().strip(), set_up.token, SECRET):
        assert secret not in said


def test_a_token_without_rights_is_told_what_is_needed(
    run: Run, set_up: NetBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = "k" * 12, "s" * 40
    set_up.shell(
        "from users.models import Token, User\n"
        "user = User.objects.create_user('li', password='A-pass-word-1')\n"
        f"Token(user=user, version=2, key={key!r}, token={secret!r}).save()\n"
    )
    monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", f"nbt_{key}.{secret}")
    refused = run("netbox", "bootstrap")
    assert refused.code == 3
    assert "administrator" in refused.err
    assert "QIANYUN_NETBOX_TOKEN" in refused.err
    assert secret not in refused.err
    assert run("audit", "list", "--json").json["entries"] == []


def test_what_is_there_and_cannot_serve(run: Run, set_up: NetBox) -> None:
    set_up.shell(
        "from extras.models import CustomField\nCustomField(name='zone', type='text').save()"
    )
    for argv in (("--dry-run",), ()):
        refused = run("netbox", "bootstrap", *argv)
        assert refused.code == 3
        assert "zone" in refused.err


def test_what_was_made_before_a_refusal_is_in_the_audit(run: Run, set_up: NetBox) -> None:
    set_up.shell(
        "from extras.models import Tag\n"
        "Tag(name='迁云', slug='a').save()\n"
        "Tag(name='迁云（迁云）', slug='b').save()\n"
    )
    assert run("netbox", "bootstrap").code == 1
    (entry,) = run("audit", "list", "--json").json["entries"]
    assert "extras/custom-fields/qianyun_code" in entry["detail"]["made"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--webhook", "ftp://x.example"), "ftp://x.example"),
        (("--webhook", "http://x.example/{{ data }}"), "braces"),
        (("--token-file", "/none/such/token"), "/none/such"),
    ],
)
def test_bad_options(run: Run, set_up: NetBox, argv: tuple[str, str], said: str) -> None:
    refused = run("netbox", "bootstrap", *argv)
    assert refused.code == 2
    assert said in refused.err


def test_a_webhook_needs_its_secret(
    run: Run, set_up: NetBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QIANYUN_NETBOX_WEBHOOK_SECRET")
    refused = run("netbox", "bootstrap", "--webhook", "http://127.0.0.1:9/")
    assert refused.code == 2
    assert "QIANYUN_NETBOX_WEBHOOK_SECRET" in refused.err


def test_no_netbox(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("netbox", "bootstrap").code == 2
    monkeypatch.setenv("QIANYUN_NETBOX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "x" * 40)
    refused = run("netbox", "bootstrap")
    assert refused.code == 3
    assert "http://127.0.0.1:9" in refused.err


READING = [("inventory", "pull"), ("netbox", "bootstrap", "--dry-run")]


@pytest.mark.parametrize("argv", READING)
@pytest.mark.parametrize(
    ("path", "token", "code", "said"),
    [
        ("/foo", "t" * 40, 3, "/foo/api/"),
        ("", "nbt_秘密", 2, "QIANYUN_NETBOX_TOKEN"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    path: str,
    token: str,
    code: int,
    said: str,
) -> None:
    with Proxy("http://127.0.0.1:9") as netbox:
        netbox.add(Rule(Answer(404, b"<h1>Not Found</h1>", "text/html"), times=None))
        monkeypatch.setenv("QIANYUN_NETBOX_URL", netbox.url + path)
        monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", token)
        refused = run(*argv)
    assert refused.code == code
    assert said in refused.err
    assert "QIANYUN_NETBOX_" in refused.err
    assert "秘密" not in refused.err
    assert "unforeseen" not in refused.err


@pytest.mark.parametrize("argv", READING)
def test_https_where_there_is_none(
    run: Run, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    with Proxy("http://127.0.0.1:9") as netbox:
        monkeypatch.setenv("QIANYUN_NETBOX_URL", netbox.url.replace("http:", "https:"))
        monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "t" * 40)
        refused = run(*argv)
    assert refused.code == 3
    assert "plain http" in refused.err


@pytest.mark.parametrize("argv", READING)
def test_a_private_ca_is_trusted_where_it_is_set(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    cert, context = certificate(tmp_path, "IP:127.0.0.1")
    with Proxy("http://127.0.0.1:9", context) as netbox:
        netbox.add(Rule(Answer(200, b'{"netbox-version": "4.2.0"}'), times=None))
        monkeypatch.setenv("QIANYUN_NETBOX_URL", netbox.url)
        monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "t" * 40)
        refused = run(*argv)
        assert refused.code == 3
        assert "QIANYUN_NETBOX_CA" in refused.err
        assert not netbox.requests
        monkeypatch.setenv("QIANYUN_NETBOX_CA", str(cert))
        answered = run(*argv)
        assert netbox.requests
    assert answered.code == 3  # what it hears is no NetBox that it knows
    assert "QIANYUN_NETBOX_CA" not in answered.err

"""Signing in by OpenID Connect at a real, certified provider (npm's oidc-provider, run by node)."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from api.bootstrap import Qianyun
from api.settings import load
from migrator.people.rights import Role
from tests.api.http.client import Client
from tests.temporal import free_port

PROVIDER = Path(__file__).resolve().parents[2] / "oidc" / "provider.mjs"
CALLBACK = "http://127.0.0.1/api/v1/oidc/callback"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """OIDC_PROVIDER_NODE_MODULES names a folder in which it is installed already."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("没有 node 与 npm / no node and npm here: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("oidc")
    shutil.copy(PROVIDER, folder)
    if there := os.environ.get("OIDC_PROVIDER_NODE_MODULES"):
        (folder / "node_modules").symlink_to(there)
    else:
        subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "oidc-provider@9"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    port = free_port()
    process = subprocess.Popen(
        [node, "provider.mjs", str(port), CALLBACK], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline().strip() == "ready"
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(30)


@pytest.fixture
def product(state: Path, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Qianyun:
    monkeypatch.setenv("QIANYUN_OIDC_ISSUER", issuer)
    monkeypatch.setenv("QIANYUN_OIDC_CLIENT_ID", "qianyun")
    monkeypatch.setenv("QIANYUN_OIDC_CLIENT_SECRET", "a-secret-of-the-client")
    return Qianyun(load())


def at_the_provider(url: str, name: str) -> str:
    """As a browser does: sign in, consent; the address at which we are called back."""
    with httpx.Client(trust_env=False) as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                url = urljoin(str(answer.url), answer.headers["location"])
                if url.startswith(CALLBACK):
                    return url
                answer = browser.get(url)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, answer.text[:500]
            prompt = "login" if 'name="login"' in answer.text else "consent"
            data = {"prompt": prompt, "login": name, "password": "x"}
            answer = browser.post(urljoin(str(answer.url), form[1]), data=data)
    raise AssertionError("the provider never came back")


def begun(client: Client, name: str) -> str:
    start = client.get("/api/v1/oidc/start?next=/plans")
    assert start.status_code == 303
    back = at_the_provider(start.headers["location"], name)
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def test_somebody_comes_in_with_roles_and_scope(product: Qianyun) -> None:
    client = Client(product)
    answer = client.get(begun(client, "zhang"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
    me = client.get("/api/v1/session").json()
    assert (me["name"], me["roles"], me["organisations"]) == ("zhang", ["planner"], ["U-1"])
    assert me["csrf"]
    account = product.truth.people.get("zhang")
    assert account.subject == "zhang"
    product.accounts.change(_root(), "zhang", disabled=True)
    assert client.get("/api/v1/session").status_code == 401
    assert client.get(begun(client, "zhang")).status_code == 401


def test_an_answer_is_taken_once_and_by_its_own_browser(product: Qianyun) -> None:
    client = Client(product)
    back = begun(client, "li")
    other = Client(product, app=client.app)
    assert other.get(back).status_code == 401  # another browser: login CSRF
    assert client.get(back).status_code == 401  # and the state is used up by it
    again = begun(client, "li")
    assert client.get(again).status_code == 303
    assert client.get(again).status_code == 401


def test_who_has_no_role_stays_outside(product: Qianyun) -> None:
    client = Client(product)
    assert client.get(begun(client, "nobody-here")).status_code == 401
    assert product.truth.people.count() == 0


def test_an_account_of_the_same_name_is_not_taken_over(product: Qianyun) -> None:
    product.accounts.add(_root(), "wang", [Role.ADMIN], password="correct horse battery")
    client = Client(product)
    assert client.get(begun(client, "wang")).status_code == 409
    assert client.get("/api/v1/session").status_code == 401


def test_a_code_of_another_sign_in_does_not_fit(product: Qianyun) -> None:
    one, other = Client(product), Client(product)
    first, second = begun(one, "zhao"), begun(other, "qian")
    code = re.search(r"code=([^&]+)", second)
    assert code
    mixed = re.sub(r"code=[^&]+", f"code={code[1]}", first)
    assert one.get(mixed).status_code == 401  # PKCE and the nonce


def _root():  # type: ignore[no-untyped-def]
    from migrator.people.rights import local

    return local("root")

"""What Prometheus and Ansible are told: by commands, by the API, and to a real Prometheus."""

import json
import os
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.http.estate_cache import EstateCache
from inventory.ansible import inventory_of
from inventory.changes import diff
from inventory.errors import StoreError
from inventory.model import Estate, Host, Line, Node, Organisation, Room, Service
from migrator.errors import NotFound
from migrator.people.rights import Role
from probes.discovery import VIEWS
from tests.api.conftest import Run
from tests.api.http.client import Client as Asker
from tests.api.http.client import token_of
from tests.children import spawn
from tests.documents import example
from tests.inventory.estates import small_estate
from tests.running_api import Client, running_api
from tests.temporal import free_port

CITY = Estate(
    rooms=(Room(code="R-1", name="机房 {{ 1 }}"),),
    hosts=(Host(code="h-1", name="一", place="R-1", ipv4="127.0.0.1", ipv6="::1"),),
    nodes=(
        Node(code="n-1", name="节点 “甲”", ports=(443,), ipv4="127.0.0.1", ipv6="::1"),
        Node(code="n-2", name="没有端口", ipv4="127.0.0.1"),
    ),
    lines=(Line(code="L-1", name="专线", provider="电信"),),
    services=(Service(code="v-1", name="网页", host="h-1", port=80),),
)
PATHS = {"/ansible/inventory": "ansible", **{f"/sd/{name}": name for name in VIEWS}}


def store(product: Qianyun, estate: Estate) -> None:
    changes = diff(product.estate.load(), estate)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)


@pytest.fixture
def client(product: Qianyun) -> Client:
    return Client(product)


def expected(path: str, estate: Estate) -> Any:
    name = PATHS[path]
    told = inventory_of(estate) if name == "ansible" else [g.as_json() for g in VIEWS[name](estate)]
    return json.loads(json.dumps(told))


@pytest.mark.parametrize("path", PATHS)
def test_the_api_tells_the_estate(product: Qianyun, client: Client, path: str) -> None:
    store(product, CITY)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"  # Prometheus insists
    assert answer.json() == expected(path, CITY)
    assert answer.json()


@pytest.mark.parametrize("path", PATHS)
def test_what_is_known_is_not_told_again(product: Qianyun, client: Client, path: str) -> None:
    store(product, CITY)
    first = client.get(path)
    tag = first.headers["etag"]
    for told in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": told})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_change_is_told_at_once(product: Qianyun, client: Client) -> None:
    store(product, CITY)
    tag = client.get("/sd/lines").headers["etag"]
    changed = CITY.model_copy(update={"lines": (Line(code="L-2", name="新"),)})
    store(product, changed)
    answer = client.get("/sd/lines", headers={"If-None-Match": tag})
    assert answer.json() == expected("/sd/lines", changed)


@pytest.mark.parametrize("path", PATHS)
def test_an_empty_inventory_is_an_error_and_no_short_list(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "QIANYUN_STATE" in answer.json()["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_a_database_that_is_away(product: Qianyun, client: Client, path: str, state: Path) -> None:
    store(product, CITY)
    assert client.get(path).status_code == 200
    product.truth.engine.dispose()
    for file in state.glob("qianyun.db*"):
        file.unlink()
    assert client.get(path).status_code == 503


class Counted:
    """A store's `load` and `version`, counted."""

    def __init__(self) -> None:
        self.now: str | None = "1"
        self.loads = 0
        self.fails = False

    def version(self) -> str | None:
        return self.now

    def load(self) -> Estate:
        self.loads += 1
        if self.fails:
            raise StoreError("away")
        return small_estate(self.loads)

    @property
    def cache(self) -> EstateCache:
        return EstateCache(self.load, self.version)


def test_the_cache_loads_only_what_has_changed() -> None:
    counted = Counted()
    cache = counted.cache
    assert cache.estate() is cache.estate()
    first = cache.rendered("v", lambda estate: str(len(estate.hosts)).encode())
    assert cache.rendered("v", lambda _: b"not asked") is first
    assert counted.loads == 1
    counted.now = "2"
    second = cache.rendered("v", lambda estate: str(len(estate.hosts)).encode())
    assert (first.body, second.body) == (b"1", b"2")
    assert first.etag != second.etag


def test_without_a_version_it_always_loads() -> None:
    counted = Counted()
    counted.now = None
    cache = counted.cache
    cache.estate()
    cache.estate()
    assert counted.loads == 2


def test_after_a_fault_nothing_old_is_told_as_new() -> None:
    counted = Counted()
    cache = counted.cache
    cache.estate()
    counted.now, counted.fails = "2", True
    for _ in range(2):
        with pytest.raises(StoreError):
            cache.estate()
    counted.fails = False
    assert len(cache.estate().hosts) == 4


def test_an_empty_estate_is_not_held() -> None:
    with pytest.raises(NotFound):
        EstateCache(Estate, lambda: "1").estate()


@pytest.mark.parametrize("view", VIEWS)
def test_the_command_tells_the_same(run: Run, product: Qianyun, view: str) -> None:
    store(product, CITY)
    assert run("probe", "sd", view).json == expected(f"/sd/{view}", CITY)


def test_the_command_of_ansible(run: Run, product: Qianyun) -> None:
    store(product, CITY)
    told = run("inventory", "ansible", "--list").json
    assert told == expected("/ansible/inventory", CITY)
    assert run("inventory", "ansible", "--host", "h-1").json == told["_meta"]["hostvars"]["h-1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("inventory", "ansible", "--list"), "QIANYUN_STATE"),  # nothing is in it
        (("probe", "sd", "nodes"), "QIANYUN_STATE"),
        (("inventory", "ansible"), "--host CODE"),
        (("inventory", "ansible", "--list", "--host", "h-1"), "--host CODE"),
        (("probe", "sd", "hosts"), "services"),
    ],
)
def test_commands_that_fail_say_why_and_print_nothing(
    run: Run, words: tuple[str, ...], said: str
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_an_unknown_host_is_refused(run: Run, product: Qianyun) -> None:
    store(product, CITY)
    done = run("inventory", "ansible", "--host", "nobody")
    assert (done.code, done.out) == (2, "")
    assert "nobody" in done.err


def test_a_real_prometheus_discovers_them(product: Qianyun, tmp_path: Path) -> None:
    """By the documented configuration. Its targets are all turned to our own API: it must not leave
    this machine."""
    program = shutil.which("prometheus")
    assert program, "没有 prometheus，请安装 / no prometheus here: apt-get install prometheus"
    store(product, CITY)
    with running_api(tmp_path, os.environ) as api:
        (tmp_path / "prometheus.yml").write_text(_config(api))
        address = f"127.0.0.1:{free_port()}"
        child = spawn(
            [
                program,
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/data",
                f"--web.listen-address={address}",
            ],
            tmp_path / "prometheus.log",
            environ={"PATH": os.environ["PATH"]},
        )
        try:
            child.wait_until(lambda: len(_seen(address)) == 5, 90)
            seen = _seen(address)
        finally:
            child.stop()
    assert {(t["instance"], t["code"], t.get("family")) for t in seen} == {
        ("127.0.0.1:443", "n-1", "v4"),
        ("[::1]:443", "n-1", "v6"),
        ("127.0.0.1:80", "v-1", "v4"),
        ("[::1]:80", "v-1", "v6"),
        ("L-1", "L-1", None),
    }
    assert {t["name"] for t in seen} == {"节点 “甲”", "网页", "专线"}
    (line,) = (t["asked"] for t in seen if t["job"] == "lines")
    assert line == f"{api}/line?code=L-1"
    (node,) = (t["asked"] for t in seen if t["instance"] == "[::1]:443")
    assert node.startswith(f"{api}/probe?module=tcp_connect&target=%5B%3A%3A1%5D%3A443")


def _config(api: str) -> str:
    """The one of docs/outputs.md, with every exporter turned to our own API."""
    told = example("docs/outputs.md", "prometheus.yml", "yaml")
    for documented in ("127.0.0.1:8400", "127.0.0.1:9115", "127.0.0.1:9200"):
        assert documented in told
        told = told.replace(documented, api.removeprefix("http://"))
    return told


def _seen(address: str) -> list[dict[str, str]]:
    """The labels of its active targets; none while it starts."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{address}/api/v1/targets", timeout=30) as answer:
            found = json.load(answer)["data"]["activeTargets"]
            return [t["labels"] | {"asked": t["scrapeUrl"]} for t in found]
    except OSError:
        return []


def test_answers_name_a_loopback_host(client: Client) -> None:
    assert client.get("/sd/nodes", headers={"host": "evil.example"}).status_code == 421


OWNED = Estate(
    organisations=(Organisation(code="U-1", name="甲局"), Organisation(code="U-2", name="乙局")),
    rooms=tuple(
        Room(code=f"R-{n}", name=f"机房{n}", organisation=f"U-{n}") for n in (1, 2)
    ),
    hosts=tuple(
        Host(code=f"H-{n}", name=f"web-{n}", place=f"R-{n}", ipv4=f"192.0.2.{n}", ssh_port=22)
        for n in (1, 2)
    ),
    lines=tuple(
        Line(code=f"L-{n}", name=f"专线{n}", organisation=f"U-{n}", a_end=f"R-{n}") for n in (1, 2)
    ),
)  # fmt: skip


@pytest.mark.parametrize(("path", "other"), [("/ansible/inventory", "H-2"), ("/sd/lines", "L-2")])
def test_who_is_bound_is_told_of_his_own_alone(product: Qianyun, path: str, other: str) -> None:
    store(product, OWNED)
    app = make_app(product)

    def told(organisations: tuple[str, ...] | None) -> str:
        token = token_of(product, Role.VIEWER, organisations=organisations)
        return Asker(product, token, app).get(path).text

    mine = other.replace("2", "1")
    assert mine in told(None)
    assert other in told(None)
    assert mine in told(("U-1",))
    assert other not in told(("U-1",))
    assert mine not in told(())
    assert other not in told(())

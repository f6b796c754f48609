"""The dynamic inventory as Ansible itself reads it: by the script and by the plugin."""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.settings import load
from inventory.changes import diff
from inventory.model import Estate, Host, Organisation, Room, Service, System
from tests.documents import example
from tests.running_api import running_api

type Shell = Callable[[str], str]

# each is a start of Ansible, a second and a half: the others of a kind are make chaos's
seldom = partial(pytest.param, marks=pytest.mark.slow)

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """The file that a rendered name would make."""
    return tmp_path / "pwned"


@pytest.fixture
def hostile(trap: Path) -> str:
    return f"{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}}"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("QIANYUN_STATE", str(tmp_path / "state"))
    (tmp_path / "ansible.cfg").touch()
    return os.environ | {
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_INVENTORY_PLUGINS": str(PLAYBOOKS / "inventory_plugins"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONWARNINGS": "ignore",
        "COLUMNS": "400",  # messages are not broken
    }


@pytest.fixture
def city(environ: dict[str, str], hostile: str) -> Estate:
    """Every text in it is a template that would leave a trace."""
    estate = Estate(
        organisations=(Organisation(code="O-1", name=hostile),),
        rooms=(Room(code="R-1", name=hostile, organisation="O-1"),),
        systems=(System(code="S-1", name=hostile, room="R-1"),),
        hosts=(
            Host(
                code="h-1",
                name=hostile,
                place="R-1",
                system="S-1",
                ipv4="127.0.0.1",
                rack=hostile,
                os=hostile,
                asset_tag=hostile,
                cpu_arch=hostile,
            ),
        ),
        services=(Service(code="v-1", name=hostile, host="h-1", port=80, protocol=hostile),),
    )
    product = Qianyun(load())
    changes = diff(product.estate.load(), estate)
    product.estate.apply(changes, actor="zhang", confirmed=changes.digest)
    return estate


class Ansible:
    """Ansible's programs over one inventory source."""

    def __init__(self, source: Path, environ: dict[str, str]) -> None:
        self.source = source
        self.environ = environ

    def __call__(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [str(PROGRAMS / program), "-i", str(self.source), *words]
        return subprocess.run(
            argv, env=self.environ, capture_output=True, text=True, check=False, timeout=300
        )

    def json(self, *words: str) -> Any:
        done = self("ansible-inventory", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def config(folder: Path, **options: Any) -> Path:
    file = folder / "city.qianyun.yml"
    file.write_text(json.dumps({"plugin": "qianyun"} | options))  # JSON is YAML
    return file


def script(folder: Path, text: str) -> Path:
    """A program that prints `text`."""
    file = folder / "script"
    file.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(text)}\n")
    file.chmod(0o755)
    return file


@pytest.fixture(params=["script", seldom("plugin by command"), "plugin by url"])
def ansible(
    request: pytest.FixtureRequest, tmp_path: Path, environ: dict[str, str], city: Estate
) -> Iterator[Ansible]:
    program = PROGRAMS / "qianyun-inventory"
    assert program.exists(), "run make setup again: pyproject.toml has a new script"
    if request.param == "script":
        yield Ansible(program, environ)
    elif request.param == "plugin by command":
        yield Ansible(config(tmp_path, command=[str(program), "--list"]), environ)
    else:
        with running_api(tmp_path, environ) as api:
            yield Ansible(config(tmp_path, url=f"{api}/ansible/inventory"), environ)


def test_ansible_reads_it_and_renders_no_name(ansible: Ansible, trap: Path, hostile: str) -> None:
    told = ansible.json("--list")
    assert told["place_R_1"]["hosts"] == told["qianyun_live"]["hosts"] == ["h-1"]
    facts = ansible.json("--host", "h-1")
    assert (facts["ansible_host"], facts["qianyun_place_group"]) == ("127.0.0.1", "R-1")
    texts = ("name", "rack", "os", "asset_tag", "cpu_arch", "place_name", "system_name")
    message = "".join(f"[{{{{ qianyun_{name} }}}}]" for name in texts)
    message += "[{{ qianyun_services[0].protocol }}][{{ qianyun_organisation_name }}]"
    shown = ansible("ansible", "h-1", "-c", "local", "-m", "debug", "-a", f"msg={message}")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.count(f"[{hostile}]") == len(texts) + 2
    assert not trap.exists()


@pytest.mark.slow  # the same two ways as above, by what the documents say
class TestDocumented:
    """The examples of docs/outputs.md; /opt/qianyun is this checkout."""

    @pytest.fixture
    def shell(self, tmp_path: Path, environ: dict[str, str], city: Estate) -> Shell:
        """Runs an example in a folder of its own, in which Ansible's programs are found."""
        del environ["ANSIBLE_INVENTORY_PLUGINS"]
        environ["PATH"] = f"{PROGRAMS}:{environ['PATH']}"

        def run(under: str) -> str:
            words = ["sh", "-ec", documented(under, "sh")]
            done = subprocess.run(
                words, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        return run

    def test_the_script(self, shell: Shell) -> None:
        told = shell("脚本 / the script")
        assert "|--@place_R_1:\n  |  |--h-1" in told
        assert '"qianyun_place": "R-1"' in told

    def test_the_plugin_by_command(self, shell: Shell, tmp_path: Path) -> None:
        (tmp_path / "city.qianyun.yml").write_text(documented("city.qianyun.yml", "yaml"))
        told = shell("插件 / the plugin")
        assert "|--@place_R_1:\n  |  |--h-1" in told
        assert "hosts (1):\n    h-1" in told

    @pytest.mark.slow
    def test_the_plugin_by_url(self, shell: Shell, tmp_path: Path, environ: dict[str, str]) -> None:
        told = documented("api.qianyun.yml", "yaml")
        assert "http://127.0.0.1:8400" in told
        with running_api(tmp_path, environ) as api:
            told = told.replace("http://127.0.0.1:8400", api)
            (tmp_path / "city.qianyun.yml").write_text(told)
            assert "hosts (1):\n    h-1" in shell("插件 / the plugin")


def documented(under: str, language: str) -> str:
    told = example("docs/outputs.md", under, language)
    told = told.replace("/opt/qianyun/.venv/bin", str(PROGRAMS))
    return told.replace("/opt/qianyun", str(PLAYBOOKS.parent))


def test_the_trap_would_snap(
    tmp_path: Path, environ: dict[str, str], trap: Path, hostile: str
) -> None:
    """A script inventory's texts are templates to Ansible unless they are marked."""
    told = {"_meta": {"hostvars": {"h-1": {"qianyun_name": hostile}}}, "all": {"hosts": ["h-1"]}}
    ansible = Ansible(script(tmp_path, json.dumps(told)), environ)
    ansible("ansible", "h-1", "-c", "local", "-m", "debug", "-a", "msg={{ qianyun_name }}")
    assert trap.exists()


WHOLE = {"_meta": {"hostvars": {"h-1": {}}}, "g": {"hosts": ["h-1"]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected JSON"),
        seldom("<html>", "expected JSON"),
        seldom(json.dumps(WHOLE)[:-3], "expected JSON"),
        ("[]", "_meta.hostvars"),
        seldom(json.dumps({"_meta": {"hostvars": {}}}), "it has no host"),
        (json.dumps(WHOLE | {"g": {"hosts": ["h-1", "h-2"]}}), "it lacks ['h-2']"),
    ],
)
def test_what_is_no_whole_inventory_fails(
    tmp_path: Path, environ: dict[str, str], text: str, said: str
) -> None:
    command = [str(script(tmp_path, text))]
    _fails(Ansible(config(tmp_path, command=command), environ), said)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["sh", "-c", "echo reason >&2; exit 3"], "ended with 3: reason"),
        seldom(["/nonexistent/qianyun-inventory"], "cannot run"),
        seldom(["sleep", "600"], "did not end in 1 s"),
    ],
)
def test_a_command_that_fails_fails_the_inventory(
    tmp_path: Path, environ: dict[str, str], command: list[str], said: str
) -> None:
    _fails(Ansible(config(tmp_path, command=command, timeout=1), environ), said)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/403", "answered 403: no permission"),
        seldom("/503", "answered 503"),
        seldom("/302", "answered 302"),
        seldom("/204", "answered 204"),
        ("/half", "half an answer"),
        seldom("/nothing", "does not answer"),
    ],
)
def test_an_api_that_refuses_fails_the_inventory(
    tmp_path: Path, environ: dict[str, str], refusing: str, path: str, said: str
) -> None:
    _fails(Ansible(config(tmp_path, url=f"{refusing}{path}"), environ), said)


@pytest.mark.parametrize(
    "url", [seldom("http://127.0.0.1:9/"), "file:///etc/passwd", seldom("http://[/")]
)
def test_an_address_that_leads_nowhere_fails_the_inventory(
    tmp_path: Path, environ: dict[str, str], url: str
) -> None:
    _fails(Ansible(config(tmp_path, url=url), environ), "qianyun: ")


def test_a_playbook_does_not_go_on_without_hosts(tmp_path: Path, environ: dict[str, str]) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text("- hosts: localhost\n  gather_facts: false\n  tasks: [{debug: {}}]\n")
    ansible = Ansible(config(tmp_path, command=["false"]), environ)
    done = ansible("ansible-playbook", str(playbook))
    assert done.returncode != 0
    assert "PLAY" not in done.stdout


def test_the_script_fails_loudly_where_ansible_is_told_to(environ: dict[str, str]) -> None:
    """Of a script's failure Ansible only warns by itself; it shows what was said, and stops where
    it is set to. Here the estate is empty."""
    strict = environ | {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}
    done = Ansible(PROGRAMS / "qianyun-inventory", strict)("ansible-inventory", "--list")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "the inventory is empty" in done.stderr


def test_its_documentation_can_be_read(environ: dict[str, str]) -> None:
    argv = [PROGRAMS / "ansible-doc", "-t", "inventory", "-j", "qianyun"]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True)
    options = json.loads(done.stdout)["qianyun"]["doc"]["options"]
    assert options["command"]["default"] == ["qianyun-inventory", "--list"]
    assert set(options) >= {"plugin", "command", "url", "timeout"}


def _fails(ansible: Ansible, said: str) -> None:
    done = ansible("ansible-inventory", "--list")
    assert done.returncode != 0
    assert done.stdout == ""
    assert said in done.stderr, done.stderr


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/nothing":
            return
        if self.path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"_meta"')
            return
        self.send_response(int(self.path[1:]))
        self.send_header("Location", "/half")
        self.end_headers()
        if self.path == "/403":
            self.wfile.write(b"no permission")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

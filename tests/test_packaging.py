"""The wheel: the packages and the playbooks, nothing else, and it works away from the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.city import STRATEGIES

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("inventory", "probes", "migrator", "api", "playbooks")


def run(argv: Sequence[str | Path], cwd: Path) -> str:
    """Standard output of a command that must succeed, free of this checkout's environment."""
    environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> Path:
    own = ROOT / ".tools" / "bin" / "uv"
    found = own if own.exists() else shutil.which("uv")
    assert found, "没有 uv，请先运行 make setup / no uv here, run make setup first"
    return Path(found)


@pytest.fixture(scope="module")
def wheel(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", out, ROOT]
    run(build, out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(uv: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment with the wheel in it.

    What the wheel depends on is lent by a .pth line from the environment of these tests: a .pth
    found by way of such a line is not read, so this checkout itself stays out of sight.
    """
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run([uv, "venv", "--quiet", "--python", sys.executable, venv], venv.parent)
    python = venv / "bin" / "python"
    run(
        [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], venv
    )
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin"


def test_wheel_holds_what_the_folders_hold(wheel: Path) -> None:
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert names == {
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_carries_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [n for n in names if n.endswith("/licenses/LICENSE")]


def test_installed_wheel_answers_help(installed: Path, tmp_path: Path) -> None:
    assert "qianyun" in run([installed / "qianyun", "--help"], tmp_path)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_installed_wheel_runs_a_playbook(installed: Path, tmp_path: Path, strategy: str) -> None:
    """As an attempt does, by either strategy, with the plugins of the wheel; ansible-playbook itself
    is lent like all that the wheel depends on."""
    (tmp_path / "play.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n"
    )
    code = f"""
import json, os, sys
os.environ["PATH"] += {":" + str(Path(sys.executable).parent)!r}
from migrator.attempts.ansible import Order, run_playbook
here = {{"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
order = Order(attempt="a", token=1, folder={str(tmp_path)!r}, sockets={str(tmp_path / "s")!r},
              playbook={str(tmp_path / "play.yml")!r}, variables={{}},
              inventory={{"all": {{"hosts": {{"here": here}}}}}}, known_hosts="", secrets={{}},
              strategy={strategy!r})
lines = []
outcome = run_playbook(order, lines.append, lambda: "now")
print(json.dumps([outcome.ok, outcome.tasks, outcome.message,
                  [line["text"] for line in lines if line["event"] == "strategy"]]))
"""
    assert run([installed / "python", "-c", code], tmp_path).splitlines()[-1] == '[true, 1, "", []]'


def test_installed_wheel_finds_its_playbooks(installed: Path, tmp_path: Path) -> None:
    code = "from migrator.attempts.ansible import PLAYBOOKS; print(PLAYBOOKS)"
    playbooks = Path(run([installed / "python", "-c", code], tmp_path).strip())
    assert playbooks.is_relative_to(installed.parent)
    kinds = ("preflight", "backup", "presync", "cutover", "rollback", "commit", "reap")
    assert {f"{kind}.yml" for kind in kinds} <= {path.name for path in playbooks.iterdir()}

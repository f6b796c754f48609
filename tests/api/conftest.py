"""A state folder of its own and the command line in this process, as `main` runs it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.cli.main import main
from api.settings import load
from tests.lab.addresses import HOSTS
from tests.lab.ledger import write_ledger

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1" + "a" * 40
HOST_KEYS = {host.name: KEY for host in HOSTS}


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


type Run = Callable[..., Done]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder; no engine answers at the address that is set."""
    folder = tmp_path / "state"
    monkeypatch.setenv("QIANYUN_STATE", str(folder))
    monkeypatch.setenv("QIANYUN_TEMPORAL_ADDRESS", "127.0.0.1:9")
    monkeypatch.setenv("QIANYUN_ACTOR", "zhang")
    monkeypatch.setenv("COLUMNS", "140")
    return folder


@pytest.fixture
def run(state: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: `run("plan", "list")`."""

    def execute(*argv: object) -> Done:
        code = main([str(argument) for argument in argv])
        captured = capsys.readouterr()
        return Done(int(code), captured.out, captured.err)

    return execute


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The sample city's ledger."""
    return write_ledger(tmp_path / "澜江市.xlsx", host_keys=HOST_KEYS)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the sample city and a draft by zhang: made once, copied often."""
    folder = tmp_path_factory.mktemp("planned")
    path = write_ledger(folder / "澜江市.xlsx", host_keys=HOST_KEYS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANYUN_STATE", str(folder / "state"))
        patch.setenv("QIANYUN_ACTOR", "zhang")
        assert main(["inventory", "apply", str(path)]) == 0
        assert main(["plan", "make", "--ignore-windows"]) == 0
    return folder / "state"


@pytest.fixture
def plan(run: Run, planned: Path, state: Path) -> dict[str, Any]:
    """A draft by zhang over the sample city, as `plan show --json` gives it."""
    shutil.copytree(planned, state)
    (made,) = run("plan", "list", "--json").json["plans"]
    whole: dict[str, Any] = run("plan", "show", made["code"], "--json").json
    return whole


@pytest.fixture
def product(state: Path) -> Qianyun:
    """The same product by hand, to bring the truth into a state."""
    return Qianyun(load())

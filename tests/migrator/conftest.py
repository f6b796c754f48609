"""A stage for every test: the real migrator on a fresh database, without hosts."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import migrator.engine.perform
import migrator.engine.watching
from inventory.database import make_engine
from migrator.store.truth import Truth
from tests.migrator.scripted import Clock, Stage
from tests.temporal import temporal_address

__all__ = ["temporal_address"]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest schema, to be copied: the migrations run once."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    truth = Truth.open(f"sqlite:///{path}")
    truth.engine.dispose()  # the last connection to go writes the log back into the file
    return path


@pytest.fixture
def make_stage(
    empty_database: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Stage]]:
    """Makes stages; the last one made is what probes look at."""
    made: list[Stage] = []

    def make() -> Stage:
        root = tmp_path_factory.mktemp("stage")
        shutil.copy(empty_database, root / "qianyun.db")
        clock = Clock()
        truth = Truth(make_engine(f"sqlite:///{root}/qianyun.db"), clock)
        stage = Stage(truth, root, clock)
        monkeypatch.setattr(migrator.engine.perform, "look", stage.world.look)
        monkeypatch.setattr(migrator.engine.watching, "look", stage.world.look)
        made.append(stage)
        return stage

    monkeypatch.setattr(migrator.engine.watching, "PACE", 0.01)
    yield make
    for stage in made:
        stage.truth.engine.dispose()


@pytest.fixture
def stage(make_stage: Callable[[], Stage]) -> Stage:
    return make_stage()

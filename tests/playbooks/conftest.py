"""Movers for the systems of the lab; each test module begins with hosts as they were first."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.addresses import ENTRIES, FILES, GATEWAY, PORTAL, SystemFact
from tests.lab.lab import Lab
from tests.playbooks.ansible import PLAYBOOKS, Mover

sys.path.append(str(PLAYBOOKS / "module_utils"))  # where hosts have qianyun_agent from


def _mover(lab: Lab, folder: Path, system: SystemFact) -> Iterator[Mover]:
    hosts = (system.source, system.target, GATEWAY.name)
    lab.reset(*hosts)
    yield Mover(lab, system, folder)
    lab.reset(*hosts)


@pytest.fixture(scope="module")
def entries(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    """The application with PostgreSQL."""
    yield from _mover(lab, tmp_path_factory.mktemp("entries"), ENTRIES)


@pytest.fixture(scope="module")
def files(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    """The file service: nothing but a tree that is written."""
    yield from _mover(lab, tmp_path_factory.mktemp("files"), FILES)


@pytest.fixture(scope="module")
def portal(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    """The static site: nothing is written, so nothing is held."""
    yield from _mover(lab, tmp_path_factory.mktemp("portal"), PORTAL)
